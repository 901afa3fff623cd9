//! The trusted set: metadata a client has verified, in the order TUF's client
//! workflow prescribes (TUF 1.0.34, section 5).
//!
//! Each update takes bytes and `now` and either extends what is trusted or says
//! why not. An update may be offered at any time: a set lives as long as its
//! isolate and is refreshed in place, and what a refresh did not change stays
//! loaded. Nothing is handed out without checking again that every role on the
//! way is current, signed by its present delegator, and not expired.

mod lookup;

use std::collections::BTreeMap;

use super::Sha256;
use super::error::{RoleMeta, TrustError, Wanted};
use super::metadata::{Envelope, Root, Snapshot, Targets, Timestamp};
use super::verify::Signers;

pub use lookup::FoundTarget;

/// The most root rotations one set follows: more than a decade of monthly ones,
/// few enough that a hostile store cannot keep a request busy.
const MAX_ROTATIONS: usize = 256;

/// Whether an update taught the set anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Update {
    /// It is now trusted.
    Loaded,
    /// The set already trusts this version.
    Unchanged,
}

/// Versions known from elsewhere, below which nothing is believed: the rollback
/// memory of a caller that keeps no metadata.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Floor {
    /// The least root version.
    pub root: u64,
    /// The least timestamp version.
    pub timestamp: u64,
    /// The least snapshot version.
    pub snapshot: u64,
}

/// Verified metadata.
#[derive(Debug, Clone)]
pub struct TrustedSet {
    root: Root,
    rotations: usize,
    floor: Floor,
    timestamp: Option<Timestamp>,
    snapshot: Option<(Snapshot, Sha256)>,
    roles: BTreeMap<String, Vec<Loaded>>,
}

/// A targets role together with what it was verified against.
#[derive(Debug, Clone)]
struct Loaded {
    delegator: String,
    signers: Signers,
    meta: RoleMeta,
    targets: Targets,
}

impl TrustedSet {
    /// Starts from a root the caller trusts, however it got it. The root may
    /// have expired: it can still lead to a newer one (5.3).
    pub fn new(root: &[u8], floor: Floor) -> Result<Self, TrustError> {
        let envelope = Envelope::parse("root", root)?;
        let root = Root::read(&envelope)?;
        envelope.verify(&root.root, floor.root)?;
        check_floor("root", floor.root, root.header.version)?;
        Ok(Self {
            root,
            rotations: 0,
            floor,
            timestamp: None,
            snapshot: None,
            roles: BTreeMap::new(),
        })
    }

    /// Follows one root rotation: the next version, signed by the old root's
    /// keys and by its own (5.3.4 to 5.3.6).
    pub fn update_root(&mut self, bytes: &[u8]) -> Result<Update, TrustError> {
        if self.rotations >= MAX_ROTATIONS {
            return Err(TrustError::TooManyRotations);
        }
        let new = next_root(&self.root, bytes)?;
        // 5.3.11: when the keys that vouched for them are gone, so is what they
        // vouched for. This is the way out of a fast-forward attack.
        if !keeps_online_keys(&self.root, &new) {
            self.timestamp = None;
            self.snapshot = None;
            self.floor = Floor::default();
        }
        self.root = new;
        self.rotations += 1;
        Ok(Update::Loaded)
    }

    /// Takes a timestamp (5.4). One that has expired is remembered against
    /// rollbacks, and the error says that it has expired.
    pub fn update_timestamp(&mut self, bytes: &[u8], now: u64) -> Result<Update, TrustError> {
        self.root.header.check_expiry("root", now)?;
        let trusted = self.timestamp.as_ref();
        let trusted_version = trusted.map_or(0, |timestamp| timestamp.header.version);
        let envelope = Envelope::parse("timestamp", bytes)?;
        envelope.verify(&self.root.timestamp, trusted_version)?;
        let new = Timestamp::read(&envelope)?;
        let least = trusted_version.max(self.floor.timestamp);
        check_floor("timestamp", least, new.header.version)?;
        if let Some(trusted) = trusted {
            if new.header.version == trusted.header.version {
                trusted.header.check_expiry("timestamp", now)?;
                return Ok(Update::Unchanged);
            }
            check_floor("snapshot", trusted.snapshot.version, new.snapshot.version)?;
        }
        let header = new.header;
        self.timestamp = Some(new);
        header.check_expiry("timestamp", now)?;
        Ok(Update::Loaded)
    }

    /// Takes the snapshot the timestamp names (5.5).
    pub fn update_snapshot(&mut self, bytes: &[u8], now: u64) -> Result<Update, TrustError> {
        let meta = self.timestamp(now)?.snapshot.clone();
        if self.current_snapshot(&meta).is_some() {
            return self.snapshot(now).map(|_| Update::Unchanged);
        }
        meta.check_bytes("snapshot", bytes)?;
        let new = self.read_snapshot(bytes)?;
        meta.check_version("snapshot", new.header.version)?;
        let header = new.header;
        self.roles.retain(|role, loaded| {
            loaded.retain(|loaded| new.roles.get(role) == Some(&loaded.meta));
            !loaded.is_empty()
        });
        self.snapshot = Some((new, Sha256::of(bytes)));
        header.check_expiry("snapshot", now)?;
        Ok(Update::Loaded)
    }

    /// Remembers a snapshot this client verified earlier and kept, so that the
    /// next one cannot roll back behind it. It may be older than the timestamp's.
    pub fn restore_snapshot(&mut self, bytes: &[u8]) -> Result<(), TrustError> {
        let snapshot = self.read_snapshot(bytes)?;
        self.snapshot = Some((snapshot, Sha256::of(bytes)));
        Ok(())
    }

    fn read_snapshot(&self, bytes: &[u8]) -> Result<Snapshot, TrustError> {
        let trusted = self.snapshot.as_ref().map(|(snapshot, _)| snapshot);
        let trusted_version = trusted.map_or(0, |snapshot| snapshot.header.version);
        let envelope = Envelope::parse("snapshot", bytes)?;
        envelope.verify(&self.root.snapshot, trusted_version)?;
        let new = Snapshot::read(&envelope)?;
        check_floor("snapshot", self.floor.snapshot, new.header.version)?;
        if let Some(trusted) = trusted {
            new.check_follows(&trusted.roles)?;
        }
        Ok(new)
    }

    /// Takes the metadata of a targets role a lookup asked for (5.6). One that
    /// has expired is kept, so that the next lookup knows without asking again,
    /// and the error says that it has expired.
    pub fn update_role(
        &mut self,
        wanted: &Wanted,
        bytes: &[u8],
        now: u64,
    ) -> Result<Update, TrustError> {
        let Wanted {
            role, delegator, ..
        } = wanted;
        let meta = self.listed(role, now)?.clone();
        let signers = self.signers(role, delegator)?.clone();
        if self.find_loaded(role, delegator, &signers, &meta).is_some() {
            return Ok(Update::Unchanged);
        }
        meta.check_bytes(role, bytes)?;
        let envelope = Envelope::parse(role, bytes)?;
        let earlier = self.roles.get(role).into_iter().flatten();
        let trusted = earlier.map(|loaded| loaded.targets.header.version).max();
        envelope.verify(&signers, trusted.unwrap_or_default())?;
        meta.check_version(role, envelope.header.version)?;
        let targets = Targets::read(role, &envelope, Sha256::of(bytes))?;
        let header = targets.header;
        let loaded = self.roles.entry(role.clone()).or_default();
        loaded.retain(|loaded| loaded.delegator != *delegator);
        loaded.push(Loaded {
            delegator: delegator.clone(),
            signers,
            meta,
            targets,
        });
        header.check_expiry(role, now)?;
        Ok(Update::Loaded)
    }

    /// The signers of `role` according to `delegator`, whose metadata must be loaded.
    fn signers(&self, role: &str, delegator: &str) -> Result<&Signers, TrustError> {
        if delegator == "root" && role == "targets" {
            return Ok(&self.root.targets);
        }
        self.roles
            .get(delegator)
            .into_iter()
            .flatten()
            .find_map(|loaded| loaded.targets.delegations.get(role))
            .map(|delegated| &delegated.signers)
            .ok_or_else(|| TrustError::Unknown {
                path: role.to_owned(),
            })
    }
}

/// Verifies that `bytes` are the root that follows `trusted`.
pub(super) fn next_root(trusted: &Root, bytes: &[u8]) -> Result<Root, TrustError> {
    let envelope = Envelope::parse("root", bytes)?;
    let trusted_version = trusted.header.version;
    envelope.verify(&trusted.root, trusted_version)?;
    check_floor("root", trusted_version, envelope.header.version)?;
    let wanted = trusted_version.saturating_add(1);
    if envelope.header.version != wanted {
        return Err(TrustError::WrongVersion {
            role: "root".to_owned(),
            wanted,
            offered: envelope.header.version,
        });
    }
    let new = Root::read(&envelope)?;
    envelope.verify(&new.root, trusted_version)?;
    Ok(new)
}

/// Whether timestamps and snapshots `older` accepted are accepted by `newer`.
pub(super) fn keeps_online_keys(older: &Root, newer: &Root) -> bool {
    newer.timestamp.accepts_all_of(&older.timestamp)
        && newer.snapshot.accepts_all_of(&older.snapshot)
}

fn check_floor(role: &str, trusted: u64, offered: u64) -> Result<(), TrustError> {
    if offered >= trusted {
        return Ok(());
    }
    Err(TrustError::Rollback {
        role: role.to_owned(),
        trusted,
        offered,
    })
}
