//! Snapshot metadata: which version of every targets role is current.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Envelope, Header, RawMeta};
use crate::trust::error::{RoleMeta, TrustError};

/// Snapshot metadata.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// Version and expiry.
    pub header: Header,
    /// What is current, by role name (without `.json`).
    pub roles: BTreeMap<String, RoleMeta>,
}

#[derive(Deserialize)]
struct Raw {
    meta: BTreeMap<String, RawMeta>,
}

impl Snapshot {
    pub(in crate::trust) fn read(envelope: &Envelope) -> Result<Self, TrustError> {
        let raw: Raw = envelope.read()?;
        let mut roles = BTreeMap::new();
        for (file, meta) in raw.meta {
            let role = file
                .strip_suffix(".json")
                .ok_or_else(|| envelope.malformed("it lists a file that is not .json"))?;
            let meta = meta.check().map_err(|why| envelope.malformed(why))?;
            roles.insert(role.to_owned(), meta);
        }
        Ok(Self {
            header: envelope.header,
            roles,
        })
    }

    /// Refuses to follow `older`: no role may vanish, no version may fall
    /// (TUF 1.0.34, 5.5.5).
    pub(in crate::trust) fn check_follows(
        &self,
        older: &BTreeMap<String, RoleMeta>,
    ) -> Result<(), TrustError> {
        for (role, trusted) in older {
            let offered = self.roles.get(role).ok_or_else(|| TrustError::Vanished {
                role: role.clone(),
                trusted: trusted.version,
            })?;
            if offered.version < trusted.version {
                return Err(TrustError::Rollback {
                    role: role.clone(),
                    trusted: trusted.version,
                    offered: offered.version,
                });
            }
        }
        Ok(())
    }
}
