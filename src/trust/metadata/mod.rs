//! The five kinds of TUF metadata, parsed: behind these types nothing is unchecked.

mod delegations;
mod root;
mod snapshot;
mod targets;
mod timestamp;

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

pub(super) use delegations::Scope;
pub use delegations::{DelegatedRole, Delegations};
pub use root::Root;
pub use snapshot::Snapshot;
pub use targets::{TargetInfo, Targets};
pub use timestamp::Timestamp;

use super::canonical::canonical;
use super::error::{RoleMeta, TrustError};
use super::key;
use super::time::parse_time;
use super::verify::{Signatures, Signers};
use super::{Sha256, json};

/// The names no delegated role may take.
pub(super) const TOP_LEVEL: [&str; 4] = ["root", "timestamp", "snapshot", "targets"];

/// The most bytes each role may have, checked before anything is parsed. They
/// are the bounds stock clients use by default.
pub(super) fn byte_limit(role: &str) -> usize {
    match role {
        "root" => 512_000,
        "timestamp" => 16_384,
        "snapshot" => 2_000_000,
        _ => 5_000_000,
    }
}

/// What every role's metadata begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// The version, at least 1.
    pub version: u64,
    /// When it stops being valid, in unix seconds.
    pub expires: u64,
}

impl Header {
    /// Refuses metadata that has expired: valid before `expires`, not at it.
    pub fn check_expiry(self, role: &str, now: u64) -> Result<(), TrustError> {
        if now < self.expires {
            return Ok(());
        }
        Err(TrustError::Expired {
            role: role.to_owned(),
            version: self.version,
            expires: self.expires,
        })
    }
}

/// A metadata file split into what is signed and who signed it; nothing in it
/// is trusted yet.
pub(super) struct Envelope {
    role: String,
    pub(super) header: Header,
    pub(super) signed: Value,
    message: Vec<u8>,
    signatures: Signatures,
}

#[derive(Deserialize)]
struct RawEnvelope {
    signatures: Vec<RawSignature>,
    signed: Value,
}

#[derive(Deserialize)]
struct RawSignature {
    keyid: String,
    sig: String,
}

#[derive(Deserialize)]
struct RawHeader {
    #[serde(rename = "_type")]
    kind: String,
    spec_version: String,
    version: u64,
    expires: String,
}

impl Envelope {
    /// Splits the file of `role`.
    pub(super) fn parse(role: &str, bytes: &[u8]) -> Result<Self, TrustError> {
        let limit = byte_limit(role);
        if bytes.len() > limit {
            return Err(TrustError::TooLarge {
                role: role.to_owned(),
                limit,
                length: bytes.len(),
            });
        }
        let malformed = |why: String| TrustError::Malformed {
            role: role.to_owned(),
            why,
        };
        let document = json::parse(bytes).map_err(malformed)?;
        let raw: RawEnvelope =
            serde_json::from_value(document).map_err(|error| TrustError::malformed(role, error))?;
        let header = RawHeader::deserialize(&raw.signed)
            .map_err(|error| TrustError::malformed(role, error))?;
        Ok(Self {
            header: check_header(role, &header).map_err(malformed)?,
            signatures: read_signatures(raw.signatures).map_err(malformed)?,
            message: canonical(&raw.signed),
            signed: raw.signed,
            role: role.to_owned(),
        })
    }

    /// Refuses it unless enough of `signers` signed. `trusted` is the version
    /// already trusted, for the error.
    pub(super) fn verify(&self, signers: &Signers, trusted: u64) -> Result<(), TrustError> {
        let valid = signers.count(&self.message, &self.signatures);
        if valid >= signers.threshold() {
            return Ok(());
        }
        Err(TrustError::BadSignature {
            role: self.role.clone(),
            trusted,
            offered: self.header.version,
            valid,
            threshold: signers.threshold(),
        })
    }

    /// Reads the signed part as `T`.
    fn read<T: DeserializeOwned>(&self) -> Result<T, TrustError> {
        T::deserialize(&self.signed).map_err(|error| TrustError::malformed(&self.role, error))
    }

    fn malformed(&self, why: impl std::fmt::Display) -> TrustError {
        TrustError::malformed(&self.role, why)
    }
}

fn check_header(role: &str, raw: &RawHeader) -> Result<Header, String> {
    let kind = if TOP_LEVEL.contains(&role) {
        role
    } else {
        "targets"
    };
    if raw.kind != kind {
        return Err(format!("its _type is {:?}, not {kind:?}", raw.kind));
    }
    let mut numbers = raw.spec_version.split('.');
    let is_number = |part: &str| part.bytes().all(|b| b.is_ascii_digit()) && !part.is_empty();
    let parts = numbers.clone().count();
    if numbers.next() != Some("1") || !(2..=3).contains(&parts) || !numbers.all(is_number) {
        return Err(format!("spec_version {:?} is not 1.x", raw.spec_version));
    }
    if raw.version == 0 {
        return Err("version is 0".to_owned());
    }
    let expires = parse_time(&raw.expires)
        .ok_or_else(|| format!("expires {:?} is not YYYY-MM-DDTHH:MM:SSZ", raw.expires))?;
    Ok(Header {
        version: raw.version,
        expires,
    })
}

fn read_signatures(raw: Vec<RawSignature>) -> Result<Signatures, String> {
    let mut out = BTreeMap::new();
    for RawSignature { keyid, sig } in raw {
        let bytes = key::from_hex(&sig).unwrap_or_default();
        if out.insert(keyid, bytes).is_some() {
            return Err("one key id signs twice".to_owned());
        }
    }
    Ok(Signatures(out))
}

#[derive(Deserialize)]
struct RawMeta {
    version: u64,
    length: Option<u64>,
    hashes: Option<RawHashes>,
}

#[derive(Deserialize)]
struct RawHashes {
    sha256: Sha256,
}

impl RawMeta {
    fn check(self) -> Result<RoleMeta, &'static str> {
        if self.version == 0 {
            return Err("it lists a version 0");
        }
        Ok(RoleMeta {
            version: self.version,
            length: self.length,
            sha256: self.hashes.map(|hashes| hashes.sha256),
        })
    }
}

impl RoleMeta {
    /// Refuses bytes that are not the listed file.
    pub(super) fn check_bytes(&self, role: &str, bytes: &[u8]) -> Result<(), TrustError> {
        let length_is_good = self
            .length
            .is_none_or(|length| u64::try_from(bytes.len()) == Ok(length));
        if length_is_good && self.sha256.is_none_or(|sha256| Sha256::of(bytes) == sha256) {
            return Ok(());
        }
        Err(TrustError::WrongBytes {
            role: role.to_owned(),
            version: self.version,
        })
    }

    /// Refuses another version than the listed one.
    pub(super) fn check_version(&self, role: &str, offered: u64) -> Result<(), TrustError> {
        if offered == self.version {
            return Ok(());
        }
        Err(TrustError::WrongVersion {
            role: role.to_owned(),
            wanted: self.version,
            offered,
        })
    }
}
