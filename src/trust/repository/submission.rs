//! A submission: metadata files offered together, by role.

use std::collections::{BTreeMap, BTreeSet};

use super::SubmitError;
use crate::trust::{DropPath, Name};

/// The most roles one submission may hold: each costs a signature check, and a
/// request has some seconds. A larger catalogue is published in several.
const MAX_ROLES: usize = 256;

/// Metadata files to publish together, each under a name that may be submitted.
#[derive(Debug, Clone)]
pub struct Submission {
    roles: BTreeMap<String, Vec<u8>>,
}

impl Submission {
    /// Collects role names and their files. Timestamp and snapshot are the
    /// edge's alone, and names outside the marketplace's form are refused.
    pub fn new(files: Vec<(String, Vec<u8>)>) -> Result<Self, SubmitError> {
        if files.is_empty() {
            return Err(SubmitError::Count("the submission is empty"));
        }
        if files.len() > MAX_ROLES {
            return Err(SubmitError::Count("more than 256 roles in one submission"));
        }
        let mut roles = BTreeMap::new();
        for (role, bytes) in files {
            let is_ours = ["root", "targets"].contains(&role.as_str())
                || Name::parse_creator(&role).is_ok()
                || DropPath::from_role(&role).is_some();
            if !is_ours {
                return Err(SubmitError::RoleName(role.chars().take(140).collect()));
            }
            if roles.insert(role, bytes).is_some() {
                return Err(SubmitError::Count(
                    "one role occurs twice in the submission",
                ));
            }
        }
        Ok(Self { roles })
    }

    /// The file of a role, if it was submitted.
    pub(super) fn get(&self, role: &str) -> Option<&[u8]> {
        self.roles.get(role).map(Vec::as_slice)
    }

    /// The drops that were submitted, by role name.
    pub(super) fn drops(&self) -> impl Iterator<Item = (&str, DropPath)> {
        self.roles
            .keys()
            .filter_map(|role| Some((role.as_str(), DropPath::from_role(role)?)))
    }

    /// The creators it touches: those whose role or drop was submitted.
    pub(super) fn creators(&self) -> BTreeSet<&str> {
        self.roles
            .keys()
            .filter_map(|role| role.split('.').next())
            .filter(|role| !["root", "targets"].contains(role))
            .collect()
    }
}
