//! The gate as a back end meets it: tokens in, verdicts out.

mod decisions;
mod defects;
mod libraries;
mod wycheproof;

use serde_json::{Value, json};

use super::*;
use crate::trust::TargetPath;

/// The second at which the fixtures were minted.
const NOW: u64 = 1_800_000_000;
const SHOP: &str = "https://shop.example";
const EDGE: &str = "https://edge.example";
const KID: &str = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k";

/// The key of RFC 8037, appendix A.
fn key() -> SigningKey {
    let seed = base64url::decode_array("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A");
    SigningKey::from_seed(seed.unwrap()).unwrap()
}

fn gate() -> Gate {
    let jwk = |seed: u8| SigningKey::from_seed([seed; 32]).unwrap().public().jwk();
    let config = json!([
        {"iss": SHOP, "jwks": {"keys": [key().public().jwk()]}},
        {"iss": "two-keys", "jwks": {"keys": [jwk(1), jwk(2)]}},
        {"iss": "away", "jwks_uri": "https://away.example/jwks.json"},
    ]);
    Gate {
        audience: EDGE.to_owned(),
        issuers: Issuers::from_config(&config.to_string()).unwrap().into(),
        tiers: Tiers::parse("bronze, silver, gold"),
        seen: Seen::default(),
    }
}

fn header() -> Value {
    json!({"alg": "EdDSA", "kid": KID})
}

fn payload() -> Value {
    json!({"iss": SHOP, "aud": EDGE, "exp": NOW + 60, "paths": ["alice/drop-7/*"]})
}

/// The payload with one claim replaced, or taken away by `null`.
fn claim(name: &str, value: Value) -> Value {
    let mut claims = payload();
    let members = claims.as_object_mut().unwrap();
    match value {
        Value::Null => members.remove(name),
        value => members.insert(name.to_owned(), value),
    };
    claims
}

/// JSON as a value, or as a text that no value would print as.
trait Json {
    fn text(self) -> String;
}

impl Json for Value {
    fn text(self) -> String {
        self.to_string()
    }
}

impl Json for &str {
    fn text(self) -> String {
        self.to_owned()
    }
}

/// Signs any two texts, however wrong, with the shop's key.
fn signed(header: impl Json, payload: impl Json) -> String {
    let encode = |text: String| base64url::encode(text);
    let text = format!("{}.{}", encode(header.text()), encode(payload.text()));
    format!("{text}.{}", base64url::encode(key().sign(text.as_bytes())))
}

fn good() -> String {
    signed(header(), payload())
}

fn path(text: &str) -> TargetPath {
    TargetPath::parse(text).unwrap()
}

fn access<'a>(path: &'a TargetPath, policy: &'a Policy) -> Access<'a> {
    Access {
        path,
        policy,
        consent: &[],
        now: NOW,
        address: None,
        country: None,
        colo: None,
    }
}

/// Decides on `alice/drop-7/master.zip` at [`NOW`].
fn decide(token: &str) -> Decision {
    let path = path("alice/drop-7/master.zip");
    gate().decide(Some(token), &access(&path, &Policy::Grant))
}
