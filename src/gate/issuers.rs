//! Who may mint grants: issuers and their keys, from config or from a URL.
//!
//! This room never fetches. The edge asks [`Issuers::due`] which URLs it wants,
//! fetches them (bounded by [`MAX_JWKS_BYTES`](super::MAX_JWKS_BYTES)), and hands
//! each answer, good or bad, to [`Issuers::refreshed`]. An issuer that fails
//! keeps the keys it had and never touches another's.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Map, Value};

use super::json as strict;
use super::jwks::{Jwks, JwksError};
use super::keys::VerifyingKey;

/// How long fetched keys are good without asking again. A new key is found
/// sooner, because a grant that names it asks ([`Issuers::wants`]).
const FRESH: u64 = 300;

/// The pause after a failed fetch, and between two fetches that only an unknown
/// `kid` asked for: a stranger with made-up names must not make us hammer an
/// issuer.
const PAUSE: u64 = 30;

/// Keys that could not be fetched again for a day are given up: a withdrawn key
/// must not live for ever behind a blocked URL.
const STALE: u64 = 86_400;

/// More issuers than this is not a config but an accident.
const MAX_ISSUERS: usize = 256;

/// Why the config is not a list of issuers. Fit to be shown to the operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IssuersError {
    /// Not JSON, or a name occurs twice in one object.
    Json,
    /// Not an array of objects.
    NotList,
    /// More than 256 entries.
    TooMany(usize),
    /// The entry at this place has no string `iss`.
    NoName(usize),
    /// Two entries have this name.
    Twice(String),
}

impl fmt::Display for IssuersError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json => f.write_str("the issuers are not JSON with distinct names"),
            Self::NotList => f.write_str(
                "the issuers are an array of {\"iss\", \"jwks\"} or {\"iss\", \"jwks_uri\"} objects",
            ),
            Self::TooMany(found) => {
                write!(f, "at most {MAX_ISSUERS} issuers can be configured; found {found}")
            }
            Self::NoName(place) => write!(f, "issuer number {place} has no string \"iss\""),
            Self::Twice(name) => write!(f, "the issuer {name:?} is configured twice"),
        }
    }
}

impl std::error::Error for IssuersError {}

/// Why one issuer has no (new) keys; the others are not touched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IssuerFault {
    /// The key set is none.
    Jwks(JwksError),
    /// The entry has neither or both of `jwks` and `jwks_uri`.
    NoSource,
    /// The `jwks_uri` is not https (or http to this machine).
    BadUri,
    /// The edge could not fetch the URL.
    Unreachable,
}

impl fmt::Display for IssuerFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Jwks(error) => error.fmt(f),
            Self::NoSource => f.write_str("an issuer needs exactly one of jwks and jwks_uri"),
            Self::BadUri => f.write_str("a jwks_uri is an https URL"),
            Self::Unreachable => f.write_str("the jwks_uri could not be fetched"),
        }
    }
}

impl std::error::Error for IssuerFault {}

#[derive(Debug, Clone, Default)]
struct Issuer {
    keys: Jwks,
    uri: Option<String>,
    /// When the keys last arrived.
    fetched: Option<u64>,
    /// When the URL was last asked, whatever came of it.
    asked: Option<u64>,
    /// When a fetch began that nobody waits for.
    begun: Option<u64>,
    fault: Option<IssuerFault>,
}

/// The issuers this edge trusts.
#[derive(Debug, Clone, Default)]
pub struct Issuers(BTreeMap<String, Issuer>);

impl Issuers {
    /// Parses `[{"iss": "...", "jwks": {"keys": []}}, {"iss": "...", "jwks_uri":
    /// "https://..."}]`. An entry whose keys are bad is kept without keys and
    /// told by [`Issuers::faults`]: it must not take the others down.
    pub fn from_config(text: &str) -> Result<Self, IssuersError> {
        let list = strict::value(text).map_err(|_| IssuersError::Json)?;
        let list = list.as_array().ok_or(IssuersError::NotList)?;
        if list.len() > MAX_ISSUERS {
            return Err(IssuersError::TooMany(list.len()));
        }
        let mut issuers = BTreeMap::new();
        for (place, entry) in list.iter().enumerate() {
            let entry = entry.as_object().ok_or(IssuersError::NotList)?;
            let name = entry
                .get("iss")
                .and_then(Value::as_str)
                .ok_or(IssuersError::NoName(place))?;
            if issuers.insert(name.to_owned(), configured(entry)).is_some() {
                return Err(IssuersError::Twice(name.to_owned()));
            }
        }
        Ok(Self(issuers))
    }

    /// Adds an issuer whose one key is known: the edge itself.
    #[must_use]
    pub fn with(mut self, name: &str, key: VerifyingKey) -> Self {
        let issuer = Issuer {
            keys: Jwks::of(key),
            ..Issuer::default()
        };
        self.0.insert(name.to_owned(), issuer);
        self
    }

    /// The URLs whose keys should be fetched now: `(issuer, url)`.
    #[must_use]
    pub fn due(&self, now: u64) -> Vec<(&str, &str)> {
        self.0
            .iter()
            .filter(|(_, issuer)| {
                let idle = elapsed(issuer.asked, now, PAUSE) && elapsed(issuer.begun, now, PAUSE);
                idle && elapsed(issuer.fetched, now, FRESH)
            })
            .filter_map(|(name, issuer)| Some((name.as_str(), issuer.uri.as_deref()?)))
            .collect()
    }

    /// Notes that a fetch of what was due has begun, so that it is not due again.
    pub fn begin(&mut self, issuer: &str, now: u64) {
        if let Some(issuer) = self.0.get_mut(issuer) {
            issuer.begun = Some(now);
        }
    }

    /// The URL to fetch because a grant named an unknown key of this issuer, if
    /// it was not asked just now.
    #[must_use]
    pub fn wants(&self, issuer: &str, now: u64) -> Option<&str> {
        let issuer = self.0.get(issuer)?;
        issuer
            .uri
            .as_deref()
            .filter(|_| elapsed(issuer.asked, now, PAUSE))
    }

    /// Takes what a fetch brought: the body, or `None` if there was none. On a
    /// fault the former keys stay.
    pub fn refreshed(
        &mut self,
        issuer: &str,
        body: Option<&[u8]>,
        now: u64,
    ) -> Result<(), IssuerFault> {
        let Some(issuer) = self.0.get_mut(issuer) else {
            return Ok(());
        };
        issuer.asked = Some(now);
        let outcome = body
            .ok_or(IssuerFault::Unreachable)
            .and_then(|body| Jwks::parse(body).map_err(IssuerFault::Jwks));
        match outcome {
            Ok(keys) => {
                issuer.keys = keys;
                issuer.fetched = Some(now);
                issuer.fault = None;
                Ok(())
            }
            Err(fault) => {
                issuer.fault = Some(fault.clone());
                Err(fault)
            }
        }
    }

    /// What is wrong with which issuer, for health checks and logs.
    pub fn faults(&self) -> impl Iterator<Item = (&str, &IssuerFault)> {
        self.0
            .iter()
            .filter_map(|(name, issuer)| Some((name.as_str(), issuer.fault.as_ref()?)))
    }

    /// The keys of an issuer; `None` if nobody configured it. Fetched keys that
    /// are older than a day count as none.
    #[must_use]
    pub fn keys(&self, issuer: &str, now: u64) -> Option<&Jwks> {
        static NONE: Jwks = Jwks::none();
        let issuer = self.0.get(issuer)?;
        let stale = issuer.uri.is_some() && elapsed(issuer.fetched, now, STALE);
        Some(if stale { &NONE } else { &issuer.keys })
    }
}

/// Whether `wait` seconds have passed since `then`, or it never was.
fn elapsed(then: Option<u64>, now: u64, wait: u64) -> bool {
    then.is_none_or(|then| now.saturating_sub(then) >= wait)
}

fn configured(entry: &Map<String, Value>) -> Issuer {
    let source = match (entry.get("jwks"), entry.get("jwks_uri")) {
        (Some(set), None) => set
            .as_object()
            .ok_or(JwksError::Json)
            .and_then(Jwks::from_members)
            .map(|keys| (keys, None))
            .map_err(IssuerFault::Jwks),
        (None, Some(uri)) => uri
            .as_str()
            .filter(|uri| fetchable(uri))
            .map(|uri| (Jwks::default(), Some(uri.to_owned())))
            .ok_or(IssuerFault::BadUri),
        _ => Err(IssuerFault::NoSource),
    };
    match source {
        Ok((keys, uri)) => Issuer {
            keys,
            uri,
            ..Issuer::default()
        },
        Err(fault) => Issuer {
            fault: Some(fault),
            ..Issuer::default()
        },
    }
}

/// Whether the edge may fetch it: https everywhere; plain http only from this
/// machine, for development.
#[must_use]
pub fn fetchable(uri: &str) -> bool {
    let local = ["http://127.0.0.1:", "http://localhost:", "http://[::1]:"];
    let scheme = uri.starts_with("https://") || local.iter().any(|start| uri.starts_with(start));
    scheme && uri.len() <= 2048 && uri.bytes().all(|b| b.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::keys::SigningKey;

    fn jwks(seed: u8) -> String {
        Jwks::of(SigningKey::from_seed([seed; 32]).unwrap().public())
            .to_json()
            .to_string()
    }

    #[test]
    fn a_bad_issuer_does_not_take_the_others_down() {
        let good = jwks(1);
        let issuers = Issuers::from_config(&format!(
            r#"[{{"iss":"good","jwks":{good}}},{{"iss":"rsa","jwks":{{"keys":[{{"kty":"RSA"}}]}}}},
                {{"iss":"plain","jwks_uri":"http://example.com/jwks"}},{{"iss":"none"}},
                {{"iss":"both","jwks":{good},"jwks_uri":"https://example.com/"}},
                {{"iss":"later","jwks_uri":"https://example.com/jwks.json"}}]"#
        ))
        .unwrap();
        assert_eq!(issuers.keys("good", 0).unwrap().len(), 1);
        assert!(issuers.keys("rsa", 0).unwrap().is_empty());
        assert!(issuers.keys("stranger", 0).is_none());
        let faults: Vec<&str> = issuers.faults().map(|(name, _)| name).collect();
        assert_eq!(faults, ["both", "none", "plain", "rsa"]);
        assert_eq!(issuers.due(0), [("later", "https://example.com/jwks.json")]);
    }

    #[test]
    fn keys_rotate_and_survive_a_failing_url() {
        let config = r#"[{"iss":"shop","jwks_uri":"http://127.0.0.1:9/jwks"}]"#;
        let mut issuers = Issuers::from_config(config).unwrap();
        assert!(issuers.refreshed("shop", None, 1000).is_err());
        assert!(issuers.due(1029).is_empty() && issuers.wants("shop", 1029).is_none());
        assert_eq!(issuers.due(1030).len(), 1);
        issuers
            .refreshed("shop", Some(jwks(1).as_bytes()), 1030)
            .unwrap();
        let first = issuers.keys("shop", 1030).unwrap().clone();
        assert!(issuers.due(1329).is_empty());
        assert_eq!(issuers.due(1330).len(), 1);
        assert!(issuers.wants("shop", 1060).is_some());

        for body in [None, Some(&b"<html>"[..]), Some(b"{\"keys\":[]}")] {
            assert!(issuers.refreshed("shop", body, 2000).is_err());
            assert_eq!(issuers.keys("shop", 2000), Some(&first));
        }
        issuers
            .refreshed("shop", Some(jwks(2).as_bytes()), 2100)
            .unwrap();
        assert_ne!(issuers.keys("shop", 2100), Some(&first));
        assert_eq!(issuers.faults().count(), 0);
        assert!(issuers.keys("shop", 2100 + STALE).unwrap().is_empty());
        assert!(issuers.refreshed("stranger", None, 0).is_ok());
    }

    #[test]
    fn a_bad_config_says_why() {
        for (text, reason) in [
            ("", IssuersError::Json),
            (r#"[{"iss":"a","iss":"b"}]"#, IssuersError::Json),
            ("{}", IssuersError::NotList),
            ("[1]", IssuersError::NotList),
            (r#"[{"iss":"a"},{"iss":7}]"#, IssuersError::NoName(1)),
            (
                r#"[{"iss":"a"},{"iss":"a"}]"#,
                IssuersError::Twice("a".to_owned()),
            ),
            (
                &format!("[{}]", vec!["{}"; 257].join(",")),
                IssuersError::TooMany(257),
            ),
        ] {
            assert_eq!(Issuers::from_config(text).err(), Some(reason));
        }
    }
}
