//! A JSON Web Key Set (RFC 7517), of which we keep the Ed25519 keys.

use std::fmt;

use serde_json::{Map, Value, json};

use super::json::JsonError;
use super::keys::VerifyingKey;
use super::{base64url, json as strict};

/// A key set larger than this is no key set of a marketplace; the text may come
/// from a URL, so it is bounded before it is parsed.
pub const MAX_JWKS_BYTES: usize = 64 * 1024;

/// Enough for years of rotation; each key of the same `kid` may cost one
/// signature check.
const MAX_KEYS: usize = 64;

/// Names longer than this are not picked by anyone.
const MAX_KID: usize = 256;

/// Why a text is no key set. Fit for a problem's `detail`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JwksError {
    /// Longer than [`MAX_JWKS_BYTES`].
    TooLong(usize),
    /// Not one JSON object with distinct members.
    Json,
    /// The object has no array `keys`.
    NoKeys,
    /// The array holds more than 64 keys.
    TooMany(usize),
    /// None of the keys is an Ed25519 key for signatures.
    NoneUsable,
}

impl fmt::Display for JwksError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong(found) => write!(
                f,
                "a key set has at most {MAX_JWKS_BYTES} bytes; this one has {found}"
            ),
            Self::Json => f.write_str("a key set is one JSON object in which no name occurs twice"),
            Self::NoKeys => f.write_str("a key set has an array named \"keys\""),
            Self::TooMany(found) => {
                write!(
                    f,
                    "a key set has at most {MAX_KEYS} keys; this one has {found}"
                )
            }
            Self::NoneUsable => {
                f.write_str("the key set holds no Ed25519 signature key (kty OKP, crv Ed25519)")
            }
        }
    }
}

impl std::error::Error for JwksError {}

/// The usable keys of an issuer, each with its `kid`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Jwks {
    keys: Vec<(String, VerifyingKey)>,
}

impl Jwks {
    /// A set of one key, named by its thumbprint: the edge's own.
    #[must_use]
    pub fn of(key: VerifyingKey) -> Self {
        Self {
            keys: vec![(key.thumbprint(), key)],
        }
    }

    /// No keys.
    pub(super) const fn none() -> Self {
        Self { keys: Vec::new() }
    }

    /// Parses a key set. Keys of another kind or purpose, and broken ones, are
    /// passed over (RFC 7517 §5); a private `d` is not an error and not kept.
    pub fn parse(text: &[u8]) -> Result<Self, JwksError> {
        if text.len() > MAX_JWKS_BYTES {
            return Err(JwksError::TooLong(text.len()));
        }
        let set = strict::object(text).map_err(|_: JsonError| JwksError::Json)?;
        Self::from_members(&set)
    }

    /// The same from a value that was parsed strictly already.
    pub(super) fn from_members(set: &Map<String, Value>) -> Result<Self, JwksError> {
        let listed = set
            .get("keys")
            .and_then(Value::as_array)
            .ok_or(JwksError::NoKeys)?;
        if listed.len() > MAX_KEYS {
            return Err(JwksError::TooMany(listed.len()));
        }
        let keys: Vec<_> = listed.iter().filter_map(usable).collect();
        if keys.is_empty() {
            return Err(JwksError::NoneUsable);
        }
        Ok(Self { keys })
    }

    /// The keys with this name: one, unless the issuer was careless.
    pub fn named<'a>(&'a self, kid: &'a str) -> impl Iterator<Item = &'a VerifyingKey> {
        self.keys
            .iter()
            .filter(move |(name, _)| name == kid)
            .map(|(_, key)| key)
    }

    /// The key, if there is exactly one.
    #[must_use]
    pub fn only(&self) -> Option<&VerifyingKey> {
        match self.keys.as_slice() {
            [(_, key)] => Some(key),
            _ => None,
        }
    }

    /// How many keys are usable.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The set as `/.well-known/jwks.json` serves it.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let keys: Vec<Value> = self
            .keys
            .iter()
            .map(|(kid, key)| {
                let mut jwk = key.jwk();
                if let Some(members) = jwk.as_object_mut() {
                    members.insert("kid".to_owned(), json!(kid));
                }
                jwk
            })
            .collect();
        json!({ "keys": keys })
    }
}

fn usable(jwk: &Value) -> Option<(String, VerifyingKey)> {
    let text = |name: &str| jwk.get(name).map(Value::as_str);
    let is = |name: &str, wanted: &[&str]| {
        text(name).is_none_or(|value| value.is_some_and(|value| wanted.contains(&value)))
    };
    let for_us = text("kty") == Some(Some("OKP"))
        && text("crv") == Some(Some("Ed25519"))
        && is("use", &["sig"])
        && is("alg", &["EdDSA", "Ed25519"])
        && may_verify(jwk);
    if !for_us {
        return None;
    }
    let bytes = base64url::decode_array(text("x")??)?;
    let key = VerifyingKey::from_bytes(bytes).ok()?;
    let kid = match jwk.get("kid") {
        None => key.thumbprint(),
        Some(kid) => kid.as_str().filter(|kid| kid.len() <= MAX_KID)?.to_owned(),
    };
    Some((kid, key))
}

/// RFC 7517 §4.3: `key_ops`, if present, must list what we do with the key. A
/// private key may say `sign`; its public half then verifies.
fn may_verify(jwk: &Value) -> bool {
    jwk.get("key_ops").is_none_or(|ops| {
        ops.as_array().is_some_and(|ops| {
            ops.iter()
                .any(|op| matches!(op.as_str(), Some("verify" | "sign")))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::keys::SigningKey;

    const X: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

    fn parse(text: &str) -> Result<Jwks, JwksError> {
        Jwks::parse(text.as_bytes())
    }

    #[test]
    fn ed25519_keys_are_kept_and_others_passed_over() {
        let set = parse(&format!(
            r#"{{"keys":[
            {{"kty":"RSA","n":"AQAB","e":"AQAB","kid":"r"}},
            {{"kty":"EC","crv":"P-256","x":"a","y":"b","kid":"e"}},
            {{"kty":"OKP","crv":"X25519","x":"{X}","kid":"dh"}},
            {{"kty":"OKP","crv":"Ed25519","x":"{X}","kid":"enc","use":"enc"}},
            {{"kty":"OKP","crv":"Ed25519","x":"{X}","kid":"alg","alg":"ES256"}},
            {{"kty":"OKP","crv":"Ed25519","x":"{X}","kid":"ops","key_ops":["encrypt"]}},
            {{"kty":"OKP","crv":"Ed25519","x":"AAAA","kid":"short"}},
            {{"kty":"OKP","crv":"Ed25519","x":"{X}","kid":7}},
            {{"kty":"OKP","crv":"Ed25519","x":"{X}","kid":"k1","use":"sig","alg":"Ed25519"}},
            {{"kty":"OKP","crv":"Ed25519","x":"{X}","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"}},
            7]}}"#
        ))
        .unwrap();
        assert_eq!(set.len(), 2);
        assert_eq!(set.named("k1").count(), 1);
        assert_eq!(
            set.named("kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k")
                .count(),
            1
        );
        assert!(set.only().is_none());
        assert!(
            !format!("{set:?}{}", set.to_json()).contains("nWGx"),
            "`d` was kept"
        );
    }

    #[test]
    fn a_bad_set_says_why() {
        let many = format!("{{\"keys\":[{}]}}", vec!["{}"; 65].join(","));
        for (text, reason) in [
            ("", JwksError::Json),
            ("[]", JwksError::Json),
            (r#"{"keys":[],"keys":[]}"#, JwksError::Json),
            ("{}", JwksError::NoKeys),
            (r#"{"keys":{}}"#, JwksError::NoKeys),
            (r#"{"keys":[]}"#, JwksError::NoneUsable),
            (many.as_str(), JwksError::TooMany(65)),
            (
                &" ".repeat(MAX_JWKS_BYTES + 1),
                JwksError::TooLong(MAX_JWKS_BYTES + 1),
            ),
        ] {
            assert_eq!(parse(text), Err(reason));
        }
    }

    #[test]
    fn our_own_set_reads_back() {
        let ours = Jwks::of(SigningKey::from_seed([3; 32]).unwrap().public());
        assert_eq!(parse(&ours.to_json().to_string()), Ok(ours));
    }
}
