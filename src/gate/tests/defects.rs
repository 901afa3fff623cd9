//! Each way in which a token can be wrong, and the reason it is told.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use GateError::{Base64, ClaimBound, ClaimType, ClaimValue, Duplicate, EmptyPart, NoClaim};

const LIST: &str = "an array of at least one string";
const DATE: &str = "a date: seconds since 1970 as a number";

fn own(text: &str) -> String {
    text.to_owned()
}

/// Replaces one of the three parts.
fn part(place: usize, text: &str) -> String {
    let token = good();
    let mut parts: Vec<&str> = token.split('.').collect();
    parts[place] = text;
    parts.join(".")
}

fn encoded(place: usize, text: &[u8]) -> String {
    part(place, &base64url::encode(text))
}

fn alg(name: &str) -> (String, GateError) {
    let token = signed(json!({"alg": name, "kid": KID}), payload());
    (token, GateError::Algorithm(own(name)))
}

fn wrong(name: &'static str, value: Value, wanted: &'static str) -> (String, GateError) {
    (
        signed(header(), claim(name, value)),
        ClaimType(name, wanted),
    )
}

fn meaningless(name: &'static str, value: Value, shown: &str) -> (String, GateError) {
    (
        signed(header(), claim(name, value)),
        ClaimValue(name, own(shown)),
    )
}

fn bound(name: &'static str, value: Value, most: u64) -> (String, GateError) {
    (signed(header(), claim(name, value)), ClaimBound(name, most))
}

fn shape() -> Vec<(String, GateError)> {
    vec![
        (own(""), GateError::Parts(1)),
        (own("a.b"), GateError::Parts(2)),
        (format!("{}.x", good()), GateError::Parts(4)),
        (own("a.b.c.d.e"), GateError::Encrypted),
        (own("a.b.c.d.e.f"), GateError::Parts(6)),
        ("x".repeat(MAX_TOKEN + 1), GateError::TooLong(MAX_TOKEN + 1)),
        (part(0, ""), EmptyPart(Part::Header)),
        (part(1, ""), EmptyPart(Part::Payload)),
        (part(2, ""), EmptyPart(Part::Signature)),
        (format!(" {}", good()), Base64(Part::Header)),
        (part(1, "eyJ9=="), Base64(Part::Payload)),
        (format!("{}\n", good()), Base64(Part::Signature)),
        (
            encoded(0, b"{\"\xff\":1}"),
            GateError::NotUtf8(Part::Header),
        ),
        (
            encoded(1, b"{\"\xff\":1}"),
            GateError::NotUtf8(Part::Payload),
        ),
        (encoded(0, b"{"), GateError::NotJson(Part::Header)),
        (encoded(1, b"{} {}"), GateError::NotJson(Part::Payload)),
        (encoded(0, b"\"x\""), GateError::NotObject(Part::Header)),
        (encoded(1, b"[]"), GateError::NotObject(Part::Payload)),
        (
            signed(r#"{"alg":"EdDSA","alg":"none"}"#, payload()),
            Duplicate(Part::Header, own("alg")),
        ),
        (
            signed(header(), r#"{"iss":"a","iss":"b"}"#),
            Duplicate(Part::Payload, own("iss")),
        ),
        (
            signed(header(), r#"{"lim":{"bytes":1,"bytes":9}}"#),
            Duplicate(Part::Payload, own("bytes")),
        ),
        (encoded(2, &[1; 63]), GateError::SignatureLength(63)),
        (encoded(2, &[1; 65]), GateError::SignatureLength(65)),
    ]
}

fn head() -> Vec<(String, GateError)> {
    let with = |header: Value| signed(header, payload());
    vec![
        (with(json!({"kid": KID})), GateError::NoAlgorithm),
        (with(json!({"alg": 1})), GateError::HeaderType("alg")),
        alg("none"),
        alg("None"),
        alg("HS256"),
        alg("HS512"),
        alg("RS256"),
        alg("PS256"),
        alg("ES256"),
        alg("ES256K"),
        alg("Ed448"),
        alg("eddsa"),
        alg("EdDSA "),
        alg(""),
        (
            with(json!({"alg": "EdDSA", "crit": ["b64"], "b64": false})),
            GateError::Critical,
        ),
        (
            with(json!({"alg": "EdDSA", "kid": 7})),
            GateError::HeaderType("kid"),
        ),
        (
            with(json!({"alg": "EdDSA", "typ": []})),
            GateError::HeaderType("typ"),
        ),
        (
            with(json!({"alg": "EdDSA", "kid": KID, "typ": "upload+jwt"})),
            GateError::OtherPurpose(own("upload+jwt")),
        ),
        (
            with(json!({"alg": "EdDSA", "kid": KID, "typ": "application/StatusList+JWT"})),
            GateError::OtherPurpose(own("statuslist+jwt")),
        ),
        (
            with(json!({"alg": "EdDSA", "kid": "other"})),
            GateError::UnknownKey {
                issuer: own(SHOP),
                kid: own("other"),
            },
        ),
        (
            // A key that the token brings along is not looked at.
            with(json!({"alg": "EdDSA", "kid": "mine", "jwk": key().public().jwk()})),
            GateError::UnknownKey {
                issuer: own(SHOP),
                kid: own("mine"),
            },
        ),
        (
            signed(json!({"alg": "EdDSA"}), claim("iss", json!("two-keys"))),
            GateError::NoKeyId(own("two-keys")),
        ),
        (encoded(2, &[0; 64]), GateError::BadSignature),
    ]
}

fn types() -> Vec<(String, GateError)> {
    let missing = |name| (signed(header(), claim(name, Value::Null)), NoClaim(name));
    let many = |item: &str, count: usize| json!(vec![item; count]);
    vec![
        missing("iss"),
        missing("aud"),
        missing("exp"),
        missing("paths"),
        (
            signed(header(), claim("lim", json!({"bytes": 1}))),
            NoClaim("jti"),
        ),
        wrong("iss", json!(["https://shop.example"]), "a string"),
        wrong("aud", json!({}), LIST),
        wrong("exp", json!("1800000060"), DATE),
        wrong("nbf", json!(-1), DATE),
        wrong("iat", json!(true), DATE),
        wrong("sub", json!(17), "a string"),
        wrong("jti", json!({}), "a string"),
        wrong("tier", json!(3), "a string"),
        wrong("paths", json!("alice/drop-7/*"), LIST),
        wrong("net", json!([]), LIST),
        wrong("geo", json!("PT"), LIST),
        wrong("colo", json!(["LIS", 7]), "a string"),
        wrong("consent", json!({}), LIST),
        wrong("lim", json!(5), "an object"),
        wrong("grace", json!(1.5), "a whole number"),
        wrong("once", json!("yes"), "true or false"),
        wrong(
            "status",
            json!({"status_list": {"idx": -1, "uri": "x"}}),
            "{\"status_list\": {\"idx\", \"uri\"}}",
        ),
        bound("exp", json!(u64::MAX), 1 << 53),
        bound("grace", json!(86_401), 86_400),
        bound("jti", json!("x".repeat(257)), 256),
        bound("paths", many("alice/*", 65), 64),
        bound("net", many("::/0", 65), 64),
        bound("aud", many("a", 17), 16),
        meaningless("paths", json!(["alice/../bob/*"]), "alice/../bob/*"),
        meaningless("paths", json!(["*"]), "*"),
        meaningless("net", json!(["192.0.2.1/24"]), "192.0.2.1/24"),
        meaningless("geo", json!(["Portugal"]), "Portugal"),
        meaningless("colo", json!(["L1S"]), "L1S"),
        meaningless("consent", json!(["receipt-1"]), "receipt-1"),
        meaningless("lim", json!({"views": 1}), "views"),
    ]
}

fn limits() -> Vec<(String, GateError)> {
    let with = |name: &str, value: Value| signed(header(), claim(name, value));
    vec![
        (
            with("iss", json!("stranger")),
            GateError::UnknownIssuer(own("stranger")),
        ),
        (
            with("iss", json!("away")),
            GateError::KeysUnavailable(own("away")),
        ),
        (with("exp", json!(NOW - 30)), GateError::Expired(NOW - 30)),
        (with("exp", json!(0)), GateError::Expired(0)),
        (
            with("nbf", json!(NOW + 31)),
            GateError::NotYetValid(NOW + 31),
        ),
        (
            with("iat", json!(NOW + 32)),
            GateError::IssuedInFuture(NOW + 32),
        ),
        (
            with("aud", json!(["https://edge.example/"])),
            GateError::WrongAudience(own(EDGE)),
        ),
        (
            with("paths", json!(["bob/*"])),
            GateError::OtherPath(own("alice/drop-7/master.zip")),
        ),
        (
            with("net", json!(["192.0.2.0/24"])),
            GateError::AddressUnknown,
        ),
        (with("geo", json!(["PT"])), GateError::CountryUnknown),
        (with("colo", json!(["LIS"])), GateError::ColoUnknown),
    ]
}

#[test]
fn every_defect_is_refused_with_its_own_reason() {
    assert!(decide(&good()).is_ok());
    let rows = [shape(), head(), types(), limits()].concat();
    assert!(rows.len() >= 60, "only {} rows", rows.len());
    let mut sentences = BTreeSet::new();
    for (token, reason) in &rows {
        assert_eq!(decide(token).as_ref(), Err(reason), "{token:.120}");
        assert!(sentences.insert(reason.to_string()), "told twice: {reason}");
        let steps = gate().explain(
            token,
            &access(&path("alice/drop-7/master.zip"), &Policy::Grant),
        );
        assert!(
            steps
                .iter()
                .any(|step| step.verdict == Verdict::Fail && step.sentence == reason.to_string())
        );
    }
}

#[test]
fn no_bit_of_a_token_can_be_changed() {
    let token = good();
    for place in 0..token.len() {
        let mut bytes = token.clone().into_bytes();
        bytes[place] = if bytes[place] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(bytes).unwrap();
        assert!(decide(&changed).is_err(), "{changed}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_text_is_refused_without_a_panic(text: String, bytes: Vec<u8>) {
        prop_assert!(decide(&text).is_err());
        let three = format!("{0}.{0}.{0}", base64url::encode(bytes));
        prop_assert!(decide(&three).is_err());
    }

    #[test]
    fn any_signed_claims_are_decided_without_a_panic(name in "(exp|nbf|aud|paths|lim|net|geo|status|consent|once)", number: f64, text: String) {
        for value in [json!(number), json!(text), json!([text]), json!({ text.clone(): number })] {
            let _verdict = decide(&signed(header(), claim(&name, value)));
        }
    }
}
