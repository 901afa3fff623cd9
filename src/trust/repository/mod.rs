//! The edge as a TUF repository: it publishes what the chain of signatures
//! already allows, and signs only that it is current.
//!
//! Whoever holds the online key can withhold updates, never forge a file: every
//! role below the snapshot is verified against its delegator as it will be
//! *after* the submission, so that a creator's key can change that creator's
//! roles and nothing else, and all roles of a submission land or none.

mod accept;
mod error;
mod shape;
mod sign;
mod submission;

use std::collections::BTreeMap;

use super::error::{RoleMeta, TrustError, Wanted};
use super::key::Signer;
use super::metadata::{Envelope, Root, Snapshot, Targets, Timestamp};
use super::trusted_set::{Floor, TrustedSet};
use super::{Sha256, verify::Signers};

pub use error::{Fault, SubmitError};
pub use submission::Submission;

/// What the repository remembers: the three files everything else hangs on. It
/// is also the rollback memory, since the snapshot holds every role's version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The newest root.
    pub root: Vec<u8>,
    /// The newest timestamp.
    pub timestamp: Vec<u8>,
    /// The newest snapshot.
    pub snapshot: Vec<u8>,
}

/// A metadata file to store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetadataFile {
    /// Its role.
    pub role: String,
    /// Its version.
    pub version: u64,
    /// Its digest, the key it is stored under.
    pub sha256: Sha256,
    /// The file.
    pub bytes: Vec<u8>,
}

impl MetadataFile {
    fn new(role: &str, version: u64, bytes: Vec<u8>) -> Self {
        Self {
            role: role.to_owned(),
            version,
            sha256: Sha256::of(&bytes),
            bytes,
        }
    }

    /// The name stock clients ask for: `3.alice.json`, and `timestamp.json`,
    /// which alone has no version in its name.
    #[must_use]
    pub fn file_name(&self) -> String {
        match self.role.as_str() {
            "timestamp" => "timestamp.json".to_owned(),
            role => format!("{}.{role}.json", self.version),
        }
    }

    fn meta(&self) -> RoleMeta {
        RoleMeta {
            version: self.version,
            length: u64::try_from(self.bytes.len()).ok(),
            sha256: Some(self.sha256),
        }
    }
}

/// What came of a submission or of a renewal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// The head to remember, in one transaction, after the files are stored.
    pub head: Head,
    /// The new files, the snapshot and the timestamp last. None when the
    /// submission was published already.
    pub files: Vec<MetadataFile>,
}

/// A repository that verified its own head.
#[derive(Debug, Clone)]
pub struct Repository {
    head: Head,
    root: Root,
    timestamp: Timestamp,
    snapshot: Snapshot,
}

impl Repository {
    /// Founds a repository on a root and top-level targets that were signed offline.
    pub fn initialise(
        root: Vec<u8>,
        targets: Vec<u8>,
        online: &dyn Signer,
        now: u64,
    ) -> Result<Accepted, SubmitError> {
        let trusted = TrustedSet::new(&root, Floor::default())?;
        let trusted = trusted.root();
        trusted.header.check_expiry("root", now)?;
        sign::check_online_key(trusted, online)?;
        let read = read_role("targets", &targets, &trusted.targets, 0)?;
        read.header.check_expiry("targets", now)?;
        shape::check_targets(&read)?;
        let targets = MetadataFile::new("targets", read.header.version, targets);
        let roles = BTreeMap::from([("targets".to_owned(), targets.meta())]);
        let (head, signed) = Head::sign(root.clone(), (0, 0), &roles, online, now)?;
        let root = MetadataFile::new("root", trusted.header.version, root);
        let mut files = vec![root, targets];
        files.extend(signed);
        Ok(Accepted { head, files })
    }

    /// Opens the head it remembered. It may have expired: renew it then.
    pub fn open(head: Head) -> Result<Self, TrustError> {
        let set = TrustedSet::new(&head.root, Floor::default())?;
        let root = set.root().clone();
        let envelope = Envelope::parse("timestamp", &head.timestamp)?;
        envelope.verify(&root.timestamp, 0)?;
        let timestamp = Timestamp::read(&envelope)?;
        timestamp.snapshot.check_bytes("snapshot", &head.snapshot)?;
        let envelope = Envelope::parse("snapshot", &head.snapshot)?;
        envelope.verify(&root.snapshot, 0)?;
        let snapshot = Snapshot::read(&envelope)?;
        Ok(Self {
            head,
            root,
            timestamp,
            snapshot,
        })
    }

    /// The head as a client's trusted set, ready for lookups once its targets
    /// roles are loaded.
    pub fn trusted_set(&self, now: u64) -> Result<TrustedSet, TrustError> {
        let mut set = TrustedSet::new(&self.head.root, Floor::default())?;
        set.update_timestamp(&self.head.timestamp, now)?;
        set.update_snapshot(&self.head.snapshot, now)?;
        Ok(set)
    }

    /// What is published for each role.
    #[must_use]
    pub fn published(&self) -> &BTreeMap<String, RoleMeta> {
        &self.snapshot.roles
    }

    /// When timestamp and snapshot expire, in unix seconds.
    #[must_use]
    pub fn expiry(&self) -> (u64, u64) {
        (self.timestamp.header.expires, self.snapshot.header.expires)
    }

    /// The published roles [`Self::accept`] must be handed for a submission: the
    /// top-level targets, and the role of each creator it touches.
    #[must_use]
    pub fn needs(&self, submission: &Submission) -> Vec<Wanted> {
        let creators = submission.creators();
        let creators = creators.into_iter().map(|creator| (creator, "targets"));
        [("targets", "root")]
            .into_iter()
            .chain(creators)
            .filter_map(|(role, delegator)| {
                Some(Wanted {
                    role: role.to_owned(),
                    delegator: delegator.to_owned(),
                    meta: self.snapshot.roles.get(role)?.clone(),
                })
            })
            .collect()
    }

    /// Signs the timestamp again when it is due, and the snapshot when that is.
    /// `None` when neither is. To be called every few minutes.
    pub fn renew(&self, online: &dyn Signer, now: u64) -> Result<Option<Accepted>, SubmitError> {
        let (timestamp, snapshot) = (self.timestamp.header, self.snapshot.header);
        if sign::snapshot_is_due(snapshot.expires, now) {
            return self.sign(self.head.root.clone(), &self.snapshot.roles, online, now);
        }
        if !sign::timestamp_is_due(timestamp.expires, now) {
            return Ok(None);
        }
        sign::check_online_key(&self.root, online)?;
        let version = timestamp.version.saturating_add(1);
        let file = sign::sign_timestamp(version, &self.timestamp.snapshot, online, now)?;
        let head = Head {
            timestamp: file.bytes.clone(),
            ..self.head.clone()
        };
        Ok(Some(Accepted {
            head,
            files: vec![file],
        }))
    }

    fn sign(
        &self,
        root: Vec<u8>,
        roles: &BTreeMap<String, RoleMeta>,
        online: &dyn Signer,
        now: u64,
    ) -> Result<Option<Accepted>, SubmitError> {
        sign::check_online_key(&self.root, online)?;
        let versions = (self.timestamp.header.version, self.snapshot.header.version);
        let (head, files) = Head::sign(root, versions, roles, online, now)?;
        Ok(Some(Accepted { head, files }))
    }
}

/// Verifies and reads a targets role.
fn read_role(
    role: &str,
    bytes: &[u8],
    signers: &Signers,
    published: u64,
) -> Result<Targets, TrustError> {
    let envelope = Envelope::parse(role, bytes)?;
    envelope.verify(signers, published)?;
    Targets::read(role, &envelope, Sha256::of(bytes))
}
