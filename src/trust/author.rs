//! Writing metadata: drafts of root, targets, creator and drop roles, and their
//! signatures. Members a draft does not know are kept as they were, so that
//! metadata other tools began can be continued.

use std::collections::BTreeSet;
use std::fmt;

use serde_json::{Map, Value, json};

use super::canonical::canonical;
use super::drop::{DropFacts, FileEntry};
use super::key::{PublicKey, Signer, hex};
use super::metadata::{Envelope, byte_limit};
use super::time::format_time;
use super::{DropPath, Name, TrustError, json as strict};

/// The version of the specification this code was written against.
const SPEC_VERSION: &str = "1.0.34";

/// Why metadata could not be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuthorError {
    /// The metadata to continue is malformed.
    Malformed(TrustError),
    /// A signer failed; its own words.
    Signer(String),
    /// The result is longer than clients accept.
    TooLarge {
        /// The bound in bytes.
        limit: usize,
        /// The length it would have.
        length: usize,
    },
}

impl fmt::Display for AuthorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(error) => error.fmt(f),
            Self::Signer(why) => write!(f, "the signer failed: {why}"),
            Self::TooLarge { limit, length } => write!(
                f,
                "the metadata would have {length} bytes; clients accept {limit}"
            ),
        }
    }
}

impl std::error::Error for AuthorError {}

impl From<TrustError> for AuthorError {
    fn from(error: TrustError) -> Self {
        Self::Malformed(error)
    }
}

/// Who signs what, for a new root.
#[derive(Debug, Clone)]
pub struct RootKeys<'a> {
    /// The offline keys of the root.
    pub root: &'a [PublicKey],
    /// How many of them must sign.
    pub root_threshold: u64,
    /// The keys that delegate to creators; one must sign.
    pub targets: &'a [PublicKey],
    /// The edge's key for timestamp and snapshot. Two while it is replaced.
    pub online: &'a [PublicKey],
}

/// A delegation to write.
#[derive(Debug, Clone)]
pub struct Delegation<'a> {
    /// The role it names.
    pub role: String,
    /// The path patterns it covers.
    pub paths: Vec<String>,
    /// The keys of the role; one must sign.
    pub keys: &'a [PublicKey],
}

impl<'a> Delegation<'a> {
    /// The marketplace's delegation to a creator: role `alice`, `alice/*/*`.
    #[must_use]
    pub fn to_creator(creator: &Name, keys: &'a [PublicKey]) -> Self {
        Self {
            role: creator.to_string(),
            paths: vec![format!("{creator}/*/*")],
            keys,
        }
    }

    /// A creator's delegation to a drop: role `alice.drop-7`, `alice/drop-7/*`.
    #[must_use]
    pub fn to_drop(drop: &DropPath, keys: &'a [PublicKey]) -> Self {
        Self {
            role: drop.role(),
            paths: vec![format!("{drop}/*")],
            keys,
        }
    }
}

/// Metadata that is not signed yet.
#[derive(Debug, Clone)]
pub struct Draft {
    signed: Map<String, Value>,
}

impl Draft {
    /// Version 1 of a root.
    #[must_use]
    pub fn root(keys: &RootKeys<'_>, expires: u64) -> Self {
        let mut draft = Self::new("root", expires);
        draft.set("consistent_snapshot", json!(true));
        draft.set_root_keys(keys);
        draft
    }

    /// Version 1 of a targets role that names and delegates nothing: the
    /// marketplace's top-level targets or a creator's role.
    #[must_use]
    pub fn targets(expires: u64) -> Self {
        let mut draft = Self::new("targets", expires);
        draft.set("targets", json!({}));
        draft.set("delegations", json!({"keys": {}, "roles": []}));
        draft
    }

    /// Version 1 of a drop's manifest.
    #[must_use]
    pub fn manifest(facts: &DropFacts, files: &[FileEntry], expires: u64) -> Self {
        let mut draft = Self::new("targets", expires);
        let entries = files
            .iter()
            .map(|file| (file.path.to_string(), file.to_tuf()));
        draft.set("targets", Value::Object(entries.collect()));
        draft.set("x-drop", facts.to_json());
        draft
    }

    /// Version 1 of a snapshot or timestamp that lists `meta`.
    pub(super) fn listing(role: &str, meta: Value, expires: u64) -> Self {
        let mut draft = Self::new(role, expires);
        draft.set("meta", meta);
        draft
    }

    /// The next version of published metadata. Its signatures are not checked
    /// here: whoever signs it again says so.
    pub fn next(role: &str, published: &[u8], expires: u64) -> Result<Self, AuthorError> {
        let envelope = Envelope::parse(role, published)?;
        let Value::Object(signed) = envelope.signed else {
            return Err(TrustError::malformed(role, "signed is not an object").into());
        };
        let version = envelope.header.version.saturating_add(1);
        let mut draft = Self { signed };
        draft.set("expires", json!(format_time(expires)));
        Ok(draft.with_version(version))
    }

    fn new(kind: &str, expires: u64) -> Self {
        let mut draft = Self { signed: Map::new() };
        draft.set("_type", json!(kind));
        draft.set("spec_version", json!(SPEC_VERSION));
        draft.set("version", json!(1));
        draft.set("expires", json!(format_time(expires)));
        draft
    }

    /// The same with another version.
    #[must_use]
    pub fn with_version(mut self, version: u64) -> Self {
        self.set("version", json!(version));
        self
    }

    /// The version it will have.
    #[must_use]
    pub fn version(&self) -> u64 {
        let version = self.signed.get("version").and_then(Value::as_u64);
        version.unwrap_or_default()
    }

    /// Replaces who signs the four top-level roles.
    pub fn set_root_keys(&mut self, keys: &RootKeys<'_>) {
        let role = |keys: &[PublicKey], threshold: u64| json!({"keyids": key_ids(keys), "threshold": threshold});
        let all = [keys.root, keys.targets, keys.online].concat();
        self.set("keys", key_map(&all));
        self.set(
            "roles",
            json!({
                "root": role(keys.root, keys.root_threshold),
                "targets": role(keys.targets, 1),
                "snapshot": role(keys.online, 1),
                "timestamp": role(keys.online, 1),
            }),
        );
    }

    /// The unsigned metadata, for showing what would be signed.
    #[must_use]
    pub fn into_value(self) -> Value {
        Value::Object(self.signed)
    }

    /// Adds a delegation, or replaces the one to the same role in its place.
    pub fn delegate(&mut self, delegation: &Delegation<'_>) {
        let new = json!({
            "name": delegation.role,
            "keyids": key_ids(delegation.keys),
            "threshold": 1,
            "terminating": true,
            "paths": delegation.paths,
        });
        let (mut keys, mut roles) = self.take_delegations();
        let place = roles.iter_mut().find(|role| names(role, &delegation.role));
        match place {
            Some(place) => *place = new,
            None => roles.push(new),
        }
        if let Value::Object(added) = key_map(delegation.keys) {
            keys.extend(added);
        }
        self.put_delegations(keys, &roles);
    }

    /// Removes the delegation to a role; whether there was one.
    pub fn undelegate(&mut self, role: &str) -> bool {
        let (keys, mut roles) = self.take_delegations();
        let before = roles.len();
        roles.retain(|delegated| !names(delegated, role));
        let removed = roles.len() < before;
        self.put_delegations(keys, &roles);
        removed
    }

    fn take_delegations(&mut self) -> (Map<String, Value>, Vec<Value>) {
        let taken = self.signed.remove("delegations").unwrap_or_default();
        let keys = taken.get("keys").and_then(Value::as_object);
        let roles = taken.get("roles").and_then(Value::as_array);
        (
            keys.cloned().unwrap_or_default(),
            roles.cloned().unwrap_or_default(),
        )
    }

    fn put_delegations(&mut self, mut keys: Map<String, Value>, roles: &[Value]) {
        let used: BTreeSet<&str> = roles
            .iter()
            .filter_map(|role| role.get("keyids")?.as_array())
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        keys.retain(|id, _| used.contains(id.as_str()));
        self.set("delegations", json!({"keys": keys, "roles": roles}));
    }

    fn set(&mut self, name: &str, value: Value) {
        self.signed.insert(name.to_owned(), value);
    }

    /// Signs it with each of `signers` and writes the file of `role`.
    pub fn sign(&self, role: &str, signers: &[&dyn Signer]) -> Result<Vec<u8>, AuthorError> {
        let signed = Value::Object(self.signed.clone());
        let message = canonical(&signed);
        let signatures = signers
            .iter()
            .map(|signer| signature(*signer, &message))
            .collect::<Result<Vec<_>, _>>()?;
        write(role, &signed, &signatures)
    }
}

/// Adds or replaces one signer's signature on the file of `role`: the second
/// holder of a root key signs what the first one sent.
pub fn add_signature(role: &str, file: &[u8], signer: &dyn Signer) -> Result<Vec<u8>, AuthorError> {
    let envelope = Envelope::parse(role, file)?;
    let document = strict::parse(file).map_err(|why| TrustError::malformed(role, why))?;
    let new = signature(signer, &canonical(&envelope.signed))?;
    let present = document.get("signatures").and_then(Value::as_array);
    let mut signatures = present.cloned().unwrap_or_default();
    signatures.retain(|signature| signature.get("keyid") != new.get("keyid"));
    signatures.push(new);
    write(role, &envelope.signed, &signatures)
}

fn signature(signer: &dyn Signer, message: &[u8]) -> Result<Value, AuthorError> {
    let signature = signer.sign(message).map_err(AuthorError::Signer)?;
    let key = signer.public_key();
    if !key.verify(message, &signature) {
        let why = format!(
            "its signature does not verify with its key {}",
            key.to_hex()
        );
        return Err(AuthorError::Signer(why));
    }
    Ok(json!({"keyid": key.key_id(), "sig": hex(&signature)}))
}

fn write(role: &str, signed: &Value, signatures: &[Value]) -> Result<Vec<u8>, AuthorError> {
    let file = json!({"signatures": signatures, "signed": signed})
        .to_string()
        .into_bytes();
    let (limit, length) = (byte_limit(role), file.len());
    if length > limit {
        return Err(AuthorError::TooLarge { limit, length });
    }
    Ok(file)
}

fn names(delegated: &Value, role: &str) -> bool {
    delegated.get("name").and_then(Value::as_str) == Some(role)
}

fn key_ids(keys: &[PublicKey]) -> BTreeSet<String> {
    keys.iter().map(|key| key.key_id()).collect()
}

fn key_map(keys: &[PublicKey]) -> Value {
    let entries = keys.iter().map(|key| (key.key_id(), key.to_tuf()));
    Value::Object(entries.collect())
}
