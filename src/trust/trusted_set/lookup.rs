//! What a trusted set answers. Every answer checks expiry on its whole way.

use std::collections::BTreeSet;

use super::{Loaded, TrustedSet};
use crate::trust::drop::{DropManifest, FileEntry};
use crate::trust::error::{RoleMeta, TrustError, Wanted};
use crate::trust::key::PublicKey;
use crate::trust::metadata::{DelegatedRole, Root, Snapshot, TargetInfo, Targets, Timestamp};
use crate::trust::verify::Signers;
use crate::trust::{DropPath, Name, TargetPath};

/// The most delegated roles one search visits, as stock clients have it. The
/// marketplace's own paths need two.
const MAX_DELEGATIONS: usize = 32;

/// A target as a stock TUF client finds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FoundTarget<'a> {
    /// The role that names it.
    pub role: &'a str,
    /// Length and digest.
    pub info: &'a TargetInfo,
}

impl TrustedSet {
    /// The root; it may have expired.
    #[must_use]
    pub fn root(&self) -> &Root {
        &self.root
    }

    /// The timestamp, unless it or the root has expired.
    pub fn timestamp(&self, now: u64) -> Result<&Timestamp, TrustError> {
        self.root.header.check_expiry("root", now)?;
        let timestamp = self
            .timestamp
            .as_ref()
            .ok_or(TrustError::NotReady { role: "timestamp" })?;
        timestamp.header.check_expiry("timestamp", now)?;
        Ok(timestamp)
    }

    /// The snapshot the timestamp names, unless one of them has expired.
    pub fn snapshot(&self, now: u64) -> Result<&Snapshot, TrustError> {
        let meta = &self.timestamp(now)?.snapshot;
        let snapshot = self
            .current_snapshot(meta)
            .ok_or(TrustError::NotReady { role: "snapshot" })?;
        snapshot.header.check_expiry("snapshot", now)?;
        Ok(snapshot)
    }

    /// The top-level targets, if the whole chain to them stands.
    pub fn targets(&self, now: u64) -> Result<&Targets, TrustError> {
        self.role("targets", "root", &self.root.targets, now)
    }

    /// What the snapshot lists for a role, for finding its file.
    pub fn listed(&self, role: &str, now: u64) -> Result<&RoleMeta, TrustError> {
        let listed = self.snapshot(now)?.roles.get(role);
        listed.ok_or_else(|| TrustError::NotInSnapshot {
            role: role.to_owned(),
        })
    }

    /// The drop's manifest, if it is open.
    pub fn drop(&self, path: &DropPath, now: u64) -> Result<&DropManifest, TrustError> {
        let manifest = self.manifest(path, now)?;
        check_open(manifest, now)?;
        Ok(manifest)
    }

    /// The drop's manifest even before it opens, for announcing it.
    pub fn manifest(&self, path: &DropPath, now: u64) -> Result<&DropManifest, TrustError> {
        let (wanted, folder) = (path.role(), path.to_string());
        let (_, targets) = self.search(
            &folder,
            |delegated| delegated.covers_folder(&folder),
            |role, targets| role == wanted && targets.manifest.is_some(),
            now,
        )?;
        targets.manifest.as_ref().ok_or_else(|| unknown(path))
    }

    /// A file and the manifest that names it, if the drop is open. It is found
    /// the way a stock client finds it, and must be found in its drop's own role.
    pub fn file(
        &self,
        path: &TargetPath,
        now: u64,
    ) -> Result<(&DropManifest, &FileEntry), TrustError> {
        let text = path.to_string();
        let (_, targets) = self.search_target(&text, now)?;
        let manifest = targets
            .manifest
            .as_ref()
            .filter(|manifest| manifest.path == path.drop)
            .ok_or_else(|| unknown(path))?;
        check_open(manifest, now)?;
        let entry = manifest.file(&path.file).ok_or_else(|| unknown(path))?;
        Ok((manifest, entry))
    }

    /// A target of any path, as a stock client finds it.
    pub fn find(&self, path: &str, now: u64) -> Result<FoundTarget<'_>, TrustError> {
        let (role, targets) = self.search_target(path, now)?;
        let info = targets.targets.get(path).ok_or_else(|| unknown(path))?;
        Ok(FoundTarget { role, info })
    }

    /// The role to fetch next before [`Self::file`] can answer, if any.
    pub fn next_role_for(&self, path: &TargetPath, now: u64) -> Result<Option<Wanted>, TrustError> {
        wanted_by(self.file(path, now))
    }

    /// The role to fetch next before [`Self::drop`] can answer, if any.
    pub fn next_role_for_drop(
        &self,
        path: &DropPath,
        now: u64,
    ) -> Result<Option<Wanted>, TrustError> {
        wanted_by(self.drop(path, now))
    }

    /// The creators the marketplace delegates to, in its order.
    pub fn creators(&self, now: u64) -> Result<Vec<Name>, TrustError> {
        let roles = self.targets(now)?.delegations.roles.iter();
        Ok(roles
            .filter_map(|role| Name::parse_creator(&role.name).ok())
            .collect())
    }

    /// The keys of a creator, any of which may authorise an upload.
    pub fn creator_keys(&self, creator: &Name, now: u64) -> Result<Vec<PublicKey>, TrustError> {
        let delegated = self.delegation_to(creator, now)?;
        Ok(delegated.signers.keys().into_iter().collect())
    }

    /// The drops a creator has published, in the creator's order.
    pub fn drops(&self, creator: &Name, now: u64) -> Result<Vec<DropPath>, TrustError> {
        let delegated = self.delegation_to(creator, now)?;
        let role = self.role(creator.as_str(), "targets", &delegated.signers, now)?;
        let listed = &self.snapshot(now)?.roles;
        Ok(role
            .delegations
            .roles
            .iter()
            .filter(|drop| listed.contains_key(&drop.name))
            .filter_map(|drop| DropPath::from_role(&drop.name))
            .filter(|drop| drop.creator == *creator)
            .collect())
    }

    fn delegation_to(&self, creator: &Name, now: u64) -> Result<&DelegatedRole, TrustError> {
        let delegated = self.targets(now)?.delegations.get(creator.as_str());
        delegated.ok_or_else(|| unknown(creator))
    }

    fn search_target(&self, path: &str, now: u64) -> Result<(&str, &Targets), TrustError> {
        self.search(
            path,
            |delegated| delegated.covers(path),
            |_, targets| targets.targets.contains_key(path),
            now,
        )
    }

    /// The pre-order, depth-first search of TUF 1.0.34, 5.6.7: a role is
    /// visited once, and a terminating delegation that covers the path ends the
    /// search after its own branch.
    fn search(
        &self,
        path: &str,
        covers: impl Fn(&DelegatedRole) -> bool,
        found: impl Fn(&str, &Targets) -> bool,
        now: u64,
    ) -> Result<(&str, &Targets), TrustError> {
        let mut to_visit = vec![("targets", "root", &self.root.targets)];
        let mut visited = BTreeSet::new();
        while let Some((role, delegator, signers)) = to_visit.pop() {
            if !visited.insert(role) {
                continue;
            }
            // The top-level targets are no delegation.
            if visited.len() > MAX_DELEGATIONS + 1 {
                return Err(TrustError::TooManyDelegations);
            }
            let targets = self.role(role, delegator, signers, now)?;
            if found(role, targets) {
                return Ok((role, targets));
            }
            let mut children = Vec::new();
            for child in targets.delegations.roles.iter().filter(|role| covers(role)) {
                children.push((child.name.as_str(), role, &child.signers));
                if child.terminating {
                    to_visit.clear();
                    break;
                }
            }
            to_visit.extend(children.into_iter().rev());
        }
        Err(unknown(path))
    }

    /// A loaded role, if it is the listed version, was signed by its present
    /// delegator's keys and has not expired.
    fn role(
        &self,
        role: &str,
        delegator: &str,
        signers: &Signers,
        now: u64,
    ) -> Result<&Targets, TrustError> {
        let meta = self.listed(role, now)?;
        let loaded = self
            .find_loaded(role, delegator, signers, meta)
            .ok_or_else(|| {
                TrustError::NotLoaded(Box::new(Wanted {
                    role: role.to_owned(),
                    delegator: delegator.to_owned(),
                    meta: meta.clone(),
                }))
            })?;
        loaded.targets.header.check_expiry(role, now)?;
        Ok(&loaded.targets)
    }

    pub(super) fn find_loaded(
        &self,
        role: &str,
        delegator: &str,
        signers: &Signers,
        meta: &RoleMeta,
    ) -> Option<&Loaded> {
        self.roles.get(role)?.iter().find(|loaded| {
            loaded.delegator == delegator && loaded.signers == *signers && loaded.meta == *meta
        })
    }

    pub(super) fn current_snapshot(&self, meta: &RoleMeta) -> Option<&Snapshot> {
        let (snapshot, sha256) = self.snapshot.as_ref()?;
        let is_current = snapshot.header.version == meta.version
            && meta.sha256.is_none_or(|listed| listed == *sha256);
        is_current.then_some(snapshot)
    }
}

fn check_open(manifest: &DropManifest, now: u64) -> Result<(), TrustError> {
    match manifest.facts.not_before {
        Some(not_before) if now < not_before => Err(TrustError::NotYet {
            drop: manifest.path.to_string(),
            not_before,
        }),
        _ => Ok(()),
    }
}

fn wanted_by<T>(answer: Result<T, TrustError>) -> Result<Option<Wanted>, TrustError> {
    match answer {
        Err(TrustError::NotLoaded(wanted)) => Ok(Some(*wanted)),
        Err(other) => Err(other),
        Ok(_) => Ok(None),
    }
}

fn unknown(path: impl std::fmt::Display) -> TrustError {
    TrustError::Unknown {
        path: path.to_string(),
    }
}
