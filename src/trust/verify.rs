//! Who must sign a role, and whether enough of them did.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::key::PublicKey;

/// The keys of a role and how many of them must sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signers {
    threshold: usize,
    keys: BTreeMap<String, PublicKey>,
}

impl Signers {
    /// Picks a role's keys out of its delegator's. Key ids nothing defines and
    /// keys of other types are left out: they can never sign for us, and the
    /// threshold stays as it is.
    pub(super) fn resolve(
        key_ids: &[String],
        threshold: u64,
        keys: &Keys,
    ) -> Result<Self, &'static str> {
        let distinct: BTreeSet<&String> = key_ids.iter().collect();
        if distinct.len() != key_ids.len() {
            return Err("a role lists a key id twice");
        }
        if threshold == 0 {
            return Err("a role's threshold is 0");
        }
        let keys = distinct
            .into_iter()
            .filter_map(|id| Some((id.clone(), *keys.0.get(id)?)));
        Ok(Self {
            threshold: usize::try_from(threshold).unwrap_or(usize::MAX),
            keys: keys.collect(),
        })
    }

    /// How many distinct keys of this role signed `message`. Stops when the
    /// threshold is met.
    pub(super) fn count(&self, message: &[u8], signatures: &Signatures) -> usize {
        let mut signed_by = BTreeSet::new();
        for (id, key) in &self.keys {
            if signed_by.len() >= self.threshold {
                break;
            }
            let signature = signatures.0.get(id);
            // One key under two ids is still one key.
            if !signed_by.contains(key)
                && signature.is_some_and(|signature| key.verify(message, signature))
            {
                signed_by.insert(*key);
            }
        }
        signed_by.len()
    }

    /// How many distinct keys must sign.
    #[must_use]
    pub fn threshold(&self) -> usize {
        self.threshold
    }

    /// The distinct keys.
    #[must_use]
    pub fn keys(&self) -> BTreeSet<PublicKey> {
        self.keys.values().copied().collect()
    }

    /// Whether whatever `older` accepted is still accepted: no key is gone and
    /// no more of them are asked for.
    pub(super) fn accepts_all_of(&self, older: &Self) -> bool {
        self.threshold <= older.threshold
            && older
                .keys
                .iter()
                .all(|(id, key)| self.keys.get(id) == Some(key))
    }
}

/// The Ed25519 keys a delegator defines, by key id.
#[derive(Debug, Clone, Default)]
pub(super) struct Keys(BTreeMap<String, PublicKey>);

impl Keys {
    /// Reads TUF's `keys` object. A key id may be any text: the specification
    /// no longer ties it to the key's digest. Keys of other types than Ed25519
    /// are skipped; a malformed Ed25519 key is an error.
    pub(super) fn read(keys: &BTreeMap<String, Value>) -> Result<Self, &'static str> {
        let mut out = BTreeMap::new();
        for (id, key) in keys {
            let text = |name: &str| key.get(name).and_then(Value::as_str);
            let (Some(kind), Some(scheme)) = (text("keytype"), text("scheme")) else {
                return Err("a key has no keytype or no scheme");
            };
            if kind != "ed25519" || scheme != "ed25519" {
                continue;
            }
            let public = key.pointer("/keyval/public").and_then(Value::as_str);
            let Some(public) = public.and_then(PublicKey::from_hex) else {
                return Err("an ed25519 key is not 64 hexadecimal digits");
            };
            out.insert(id.clone(), public);
        }
        Ok(Self(out))
    }
}

/// A metadata file's signatures, by key id. What is not hexadecimal is kept as
/// no bytes at all: tools leave an empty signature as a place to sign.
#[derive(Debug, Clone, Default)]
pub(super) struct Signatures(pub(super) BTreeMap<String, Vec<u8>>);
