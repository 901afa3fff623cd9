//! Reading metadata without believing it: which file comes next on the way
//! down the chain, and which files a verified submission names.

use super::error::{RoleMeta, TrustError};
use super::metadata::{Envelope, Targets, Timestamp};
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
