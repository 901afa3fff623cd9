//! Targets metadata: files, and whom to ask for the others.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::delegations::RawDelegations;
use super::{Delegations, Envelope, Header, RawHashes};
use crate::trust::drop::DropManifest;
use crate::trust::error::TrustError;
use crate::trust::{DropPath, Sha256};

/// Targets metadata, top-level or delegated.
#[derive(Debug, Clone)]
pub struct Targets {
    /// Version and expiry.
    pub header: Header,
    /// The files it names, by path.
    pub targets: BTreeMap<String, TargetInfo>,
    /// Whom it trusts for other files.
    pub delegations: Delegations,
    /// The drop it describes, when it has the signed member `x-drop`.
    pub manifest: Option<DropManifest>,
}

/// What targets metadata says of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetInfo {
    /// The length in bytes.
    pub length: u64,
    /// The digest of the whole file.
    pub sha256: Sha256,
}

#[derive(Deserialize)]
struct Raw {
    targets: BTreeMap<String, RawTarget>,
    #[serde(default)]
    delegations: RawDelegations,
    #[serde(rename = "x-drop")]
    drop: Option<Value>,
}

#[derive(Deserialize)]
struct RawTarget {
    length: u64,
    hashes: RawHashes,
    custom: Option<Value>,
}

impl Targets {
    /// Reads the targets metadata of `role`, whose file has the digest `sha256`.
    pub(in crate::trust) fn read(
        role: &str,
        envelope: &Envelope,
        sha256: Sha256,
    ) -> Result<Self, TrustError> {
        let raw: Raw = envelope.read()?;
        let delegations =
            Delegations::read(raw.delegations).map_err(|why| envelope.malformed(why))?;
        let mut targets = BTreeMap::new();
        let mut customs = BTreeMap::new();
        for (path, target) in raw.targets {
            let info = TargetInfo {
                length: target.length,
                sha256: target.hashes.sha256,
            };
            customs.insert(path.clone(), target.custom);
            targets.insert(path, info);
        }
        let manifest = match (DropPath::from_role(role), raw.drop) {
            (Some(path), Some(facts)) => Some(
                DropManifest::read(path, envelope.header, sha256, &facts, &targets, customs)
                    .map_err(|why| envelope.malformed(why))?,
            ),
            _ => None,
        };
        Ok(Self {
            header: envelope.header,
            targets,
            delegations,
            manifest,
        })
    }
}
