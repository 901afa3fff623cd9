//! Root metadata: who signs the four top-level roles.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::{Envelope, Header, TOP_LEVEL};
use crate::trust::error::TrustError;
use crate::trust::verify::{Keys, Signers};

/// Root metadata.
#[derive(Debug, Clone)]
pub struct Root {
    /// Version and expiry.
    pub header: Header,
    /// Who signs the root.
    pub root: Signers,
    /// Who signs the timestamp.
    pub timestamp: Signers,
    /// Who signs the snapshot.
    pub snapshot: Signers,
    /// Who signs the top-level targets.
    pub targets: Signers,
}

#[derive(Deserialize)]
struct Raw {
    consistent_snapshot: Option<bool>,
    keys: BTreeMap<String, Value>,
    roles: BTreeMap<String, RawRole>,
}

#[derive(Deserialize)]
struct RawRole {
    keyids: Vec<String>,
    threshold: u64,
}

impl Root {
    pub(in crate::trust) fn read(envelope: &Envelope) -> Result<Self, TrustError> {
        let raw: Raw = envelope.read()?;
        if raw.consistent_snapshot != Some(true) {
            return Err(envelope.malformed("consistent_snapshot is not true"));
        }
        if raw
            .roles
            .keys()
            .any(|role| !TOP_LEVEL.contains(&role.as_str()))
        {
            return Err(envelope.malformed("it names a role that is not top-level"));
        }
        let keys = Keys::read(&raw.keys).map_err(|why| envelope.malformed(why))?;
        let signers = |name: &str| {
            let role = raw.roles.get(name).ok_or("a top-level role is missing");
            role.and_then(|role| Signers::resolve(&role.keyids, role.threshold, &keys))
                .map_err(|why| envelope.malformed(why))
        };
        Ok(Self {
            header: envelope.header,
            root: signers("root")?,
            timestamp: signers("timestamp")?,
            snapshot: signers("snapshot")?,
            targets: signers("targets")?,
        })
    }
}
