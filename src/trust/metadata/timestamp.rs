//! Timestamp metadata: which snapshot is current.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Envelope, Header, RawMeta};
use crate::trust::error::{RoleMeta, TrustError};

/// Timestamp metadata.
#[derive(Debug, Clone)]
pub struct Timestamp {
    /// Version and expiry.
    pub header: Header,
    /// The current snapshot.
    pub snapshot: RoleMeta,
}

#[derive(Deserialize)]
struct Raw {
    meta: BTreeMap<String, RawMeta>,
}

impl Timestamp {
    pub(in crate::trust) fn read(envelope: &Envelope) -> Result<Self, TrustError> {
        let mut raw: Raw = envelope.read()?;
        let snapshot = raw
            .meta
            .remove("snapshot.json")
            .ok_or("it lists no snapshot.json")
            .and_then(RawMeta::check)
            .map_err(|why| envelope.malformed(why))?;
        Ok(Self {
            header: envelope.header,
            snapshot,
        })
    }
}
