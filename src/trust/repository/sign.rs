//! What the edge signs with its online key: snapshot and timestamp.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{Head, MetadataFile, SubmitError};
use crate::trust::author::{AuthorError, Draft};
use crate::trust::error::RoleMeta;
use crate::trust::key::Signer;
use crate::trust::metadata::Root;

/// How long a timestamp lives: the time within which a retired drop is gone
/// everywhere, even for a client shown an old copy.
const TIMESTAMP_LIFE: u64 = 15 * 60;

/// A timestamp is signed again once it has this long to live, five minutes
/// after it was made: two cron runs may fail before anyone notices.
const TIMESTAMP_RENEW: u64 = 10 * 60;

/// How long a snapshot lives.
const SNAPSHOT_LIFE: u64 = 7 * 86_400;

/// A snapshot is signed again at half its life.
const SNAPSHOT_RENEW: u64 = SNAPSHOT_LIFE / 2;

/// Whether a timestamp that expires at `expires` should be signed again.
pub(super) fn timestamp_is_due(expires: u64, now: u64) -> bool {
    expires <= now.saturating_add(TIMESTAMP_RENEW)
}

/// Whether a snapshot that expires at `expires` should be signed again.
pub(super) fn snapshot_is_due(expires: u64, now: u64) -> bool {
    expires <= now.saturating_add(SNAPSHOT_RENEW)
}

/// Whether `root` lets the online key sign timestamp and snapshot alone.
pub(super) fn check_online_key(root: &Root, online: &dyn Signer) -> Result<(), SubmitError> {
    let key = online.public_key();
    let alone = [&root.timestamp, &root.snapshot]
        .iter()
        .all(|role| role.threshold() == 1 && role.keys().contains(&key));
    alone.then_some(()).ok_or(SubmitError::OnlineKey)
}

/// Signs a snapshot of `roles`.
pub(super) fn sign_snapshot(
    version: u64,
    roles: &BTreeMap<String, RoleMeta>,
    online: &dyn Signer,
    now: u64,
) -> Result<MetadataFile, SubmitError> {
    sign(
        "snapshot",
        version,
        now.saturating_add(SNAPSHOT_LIFE),
        roles,
        online,
    )
}

/// Signs a timestamp over `snapshot`.
pub(super) fn sign_timestamp(
    version: u64,
    snapshot: &RoleMeta,
    online: &dyn Signer,
    now: u64,
) -> Result<MetadataFile, SubmitError> {
    let roles = BTreeMap::from([("snapshot".to_owned(), snapshot.clone())]);
    sign(
        "timestamp",
        version,
        now.saturating_add(TIMESTAMP_LIFE),
        &roles,
        online,
    )
}

fn sign(
    role: &str,
    version: u64,
    expires: u64,
    listed: &BTreeMap<String, RoleMeta>,
    online: &dyn Signer,
) -> Result<MetadataFile, SubmitError> {
    let bytes = Draft::listing(role, meta_of(listed), expires)
        .with_version(version)
        .sign(role, &[online])
        .map_err(|error| match error {
            AuthorError::TooLarge { .. } => SubmitError::Full,
            other => SubmitError::Signing(other.to_string()),
        })?;
    Ok(MetadataFile::new(role, version, bytes))
}

fn meta_of(listed: &BTreeMap<String, RoleMeta>) -> Value {
    let mut out = Map::new();
    for (role, meta) in listed {
        let mut entry = json!({"version": meta.version});
        if let (Some(length), Some(sha256), Value::Object(entry)) =
            (meta.length, meta.sha256, &mut entry)
        {
            entry.insert("length".to_owned(), json!(length));
            entry.insert("hashes".to_owned(), json!({"sha256": sha256}));
        }
        out.insert(format!("{role}.json"), entry);
    }
    Value::Object(out)
}

impl Head {
    /// Signs the snapshot of `roles` and the timestamp over it, as the versions
    /// after `versions` (timestamp, snapshot), and returns the head and its files.
    pub(super) fn sign(
        root: Vec<u8>,
        versions: (u64, u64),
        roles: &BTreeMap<String, RoleMeta>,
        online: &dyn Signer,
        now: u64,
    ) -> Result<(Self, Vec<MetadataFile>), SubmitError> {
        let (timestamp, snapshot) = versions;
        let snapshot = sign_snapshot(snapshot.saturating_add(1), roles, online, now)?;
        let timestamp = sign_timestamp(timestamp.saturating_add(1), &snapshot.meta(), online, now)?;
        let head = Self {
            root,
            timestamp: timestamp.bytes.clone(),
            snapshot: snapshot.bytes.clone(),
        };
        Ok((head, vec![snapshot, timestamp]))
    }
}
