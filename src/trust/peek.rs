//! Reading metadata without believing it: which file comes next on the way
//! down the chain, and which files a verified submission names.

use super::error::{RoleMeta, TrustError};
use super::metadata::{DelegatedRole, Envelope, Header, Root, Targets, Timestamp};
use super::{DropManifest, Sha256};

/// The snapshot that a timestamp names.
pub fn snapshot_of(timestamp: &[u8]) -> Result<RoleMeta, TrustError> {
    let envelope = Envelope::parse("timestamp", timestamp)?;
    Ok(Timestamp::read(&envelope)?.snapshot)
}

/// The drop manifest in the file of `role`; `None` if the role is no drop's.
pub fn manifest_of(role: &str, bytes: &[u8]) -> Result<Option<DropManifest>, TrustError> {
    let envelope = Envelope::parse(role, bytes)?;
    Ok(Targets::read(role, &envelope, Sha256::of(bytes))?.manifest)
}

/// Version and expiry of the file of `role`.
pub fn header_of(role: &str, bytes: &[u8]) -> Result<Header, TrustError> {
    Ok(Envelope::parse(role, bytes)?.header)
}

/// What a root file says, whoever signed it.
pub fn root_of(bytes: &[u8]) -> Result<Root, TrustError> {
    Root::read(&Envelope::parse("root", bytes)?)
}

/// The roles that the file of `role` delegates to.
pub fn delegated_by(role: &str, bytes: &[u8]) -> Result<Vec<DelegatedRole>, TrustError> {
    let envelope = Envelope::parse(role, bytes)?;
    Ok(Targets::read(role, &envelope, Sha256::of(bytes))?
        .delegations
        .roles)
}
