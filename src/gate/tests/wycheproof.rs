//! Wycheproof's JWS vectors: as they stand none is a grant, and each is told
//! why; and what was done to them is done to a good grant.

use super::*;
use GateError::{Base64, EmptyPart, Parts};

const VECTORS: &str = include_str!("../../../fixtures/jose/jws_wycheproof.json");

/// What a vector is told, from how it is written alone: its alg is never ours.
fn expected(jws: &str) -> GateError {
    let parts: Vec<&str> = jws.split('.').collect();
    let [header, ..] = parts.as_slice() else {
        return GateError::Parts(0);
    };
    if parts.len() != 3 {
        return GateError::Parts(parts.len());
    }
    if header.is_empty() {
        return GateError::EmptyPart(Part::Header);
    }
    let Some(bytes) = base64url::decode(header) else {
        return GateError::Base64(Part::Header);
    };
    let header: Value = serde_json::from_slice(&bytes).unwrap();
    GateError::Algorithm(header["alg"].as_str().unwrap().to_owned())
}

#[test]
fn no_jws_of_wycheproof_is_a_grant() {
    let rows: Vec<Value> = serde_json::from_str(VECTORS).unwrap();
    assert_eq!(rows.len(), 107);
    let mut algorithms = std::collections::BTreeSet::new();
    for row in &rows {
        let jws = row["jws"].as_str().unwrap();
        let refused = decide(jws).unwrap_err();
        assert_eq!(refused, expected(jws), "{row}");
        if let GateError::Algorithm(name) = refused {
            algorithms.insert(name);
        }
    }
    let found: Vec<&str> = algorithms.iter().map(String::as_str).collect();
    for name in ["ES256", "HS256", "RS256", "none"] {
        assert!(found.contains(&name), "{name} is not among {found:?}");
    }
}

/// A part of a good grant with something done to it.
fn with(part: usize, change: impl Fn(&str) -> String) -> String {
    let token = good();
    let mut parts: Vec<String> = token.split('.').map(str::to_owned).collect();
    parts[part] = change(&parts[part]);
    parts.join(".")
}

/// The last character carries bits that no byte needs; they must be zero.
fn unused_bits(text: &str) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let (rest, last) = text.split_at(text.len() - 1);
    let at = ALPHABET
        .iter()
        .position(|c| *c == last.as_bytes()[0])
        .unwrap();
    format!("{rest}{}", char::from(ALPHABET[at + 1]))
}

/// A grant whose payload leaves unused bits in its last character.
fn with_unused_bits() -> String {
    for pad in 0..3 {
        let sub = "x".repeat(pad);
        let token = signed(header(), claim("sub", json!(sub)));
        let payload = token.split('.').nth(1).unwrap().to_owned();
        if !payload.len().is_multiple_of(4) {
            return token.replace(&payload, &unused_bits(&payload));
        }
    }
    unreachable!("three lengths in a row leave unused bits twice");
}

/// Another first character.
fn flip(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next();
    let other = if first == Some('A') { 'B' } else { 'A' };
    format!("{other}{}", characters.as_str())
}

/// What was done, the token, and what it is told.
type Row = (&'static str, String, GateError);

fn parts() -> [String; 3] {
    let token = good();
    let parts: Vec<String> = token.split('.').map(str::to_owned).collect();
    parts.try_into().unwrap()
}

/// Parts changed or taken away.
fn taken_away() -> Vec<Row> {
    let none = |_: &str| String::new();
    let [header, payload, signature] = parts();
    vec![
        (
            "rejectsModifiedSignature",
            with(2, flip),
            GateError::BadSignature,
        ),
        (
            "rejectsMissingSignature",
            with(2, none),
            EmptyPart(Part::Signature),
        ),
        (
            "rejectsMissingSignatureAndSeparator",
            format!("{header}.{payload}"),
            Parts(2),
        ),
        (
            "rejectsModifiedPayload",
            with(1, flip),
            GateError::NotJson(Part::Payload),
        ),
        (
            "rejectsMissingPayload",
            with(1, none),
            EmptyPart(Part::Payload),
        ),
        (
            "rejectsMissingPayloadAndSeparator",
            format!("{header}.{signature}"),
            Parts(2),
        ),
        (
            "rejectsModifiedHeader",
            with(0, flip),
            GateError::NotJson(Part::Header),
        ),
        (
            "rejectsMissingHeader",
            with(0, none),
            EmptyPart(Part::Header),
        ),
        (
            "rejectsMissingHeaderAndSeparator",
            format!("{payload}.{signature}"),
            Parts(2),
        ),
        (
            "rejectsMissingHeaderAndSignature",
            format!(".{payload}."),
            EmptyPart(Part::Header),
        ),
        (
            "rejectsMissingHeaderSignatureAndSeparators",
            payload.clone(),
            Parts(1),
        ),
        ("rejectsEmptyString", String::new(), Parts(1)),
    ]
}

/// Parts added, and what a signature may not be written with.
fn put_in_mac() -> Vec<Row> {
    let [header, payload, signature] = parts();
    vec![
        (
            "rejectsExtraEmptyComponent",
            format!("{}.", good()),
            Parts(4),
        ),
        ("rejectsExtraComponent", format!("{}.foo", good()), Parts(4)),
        (
            "rejectsValidJsonSerialization",
            json!({"payload": payload, "protected": header, "signature": signature}).to_string(),
            Parts(1),
        ),
        (
            "rejectsSpacesInMac",
            with(2, |text| format!("    {text}")),
            Base64(Part::Signature),
        ),
        (
            "rejectsInvalidCharacterInsertedInMac",
            with(2, |text| format!("?{text}")),
            Base64(Part::Signature),
        ),
        (
            "rejectsInvalidCharacters",
            with(2, |text| "?".repeat(text.len())),
            Base64(Part::Signature),
        ),
    ]
}

/// What a header and a payload may not be written with, and signatures that are none.
fn written_otherwise() -> Vec<Row> {
    vec![
        (
            "spacesInHeader",
            with(0, |text| format!("{text}    ")),
            Base64(Part::Header),
        ),
        (
            "invalidCharactersInHeader",
            with(0, |text| format!("{text}####")),
            Base64(Part::Header),
        ),
        (
            "invalidBase64Padding",
            with(2, |text| format!("{text}==")),
            Base64(Part::Signature),
        ),
        (
            "spacesInPayload",
            with(1, |text| format!("    {text}")),
            Base64(Part::Payload),
        ),
        (
            "invalidCharactersInPayload",
            with(1, |text| format!("####{text}")),
            Base64(Part::Payload),
        ),
        (
            "invalidBase64PaddingInPayload",
            with(1, |text| format!("{text}=")),
            Base64(Part::Payload),
        ),
        (
            "InvalidCharacterInsertedInHeader",
            with(0, |text| text.replacen('J', "J?", 1)),
            Base64(Part::Header),
        ),
        (
            "ModifiedUnusedBitsInPayload",
            with_unused_bits(),
            Base64(Part::Payload),
        ),
        (
            "ModifiedUnusedBitsInSignature",
            with(2, unused_bits),
            Base64(Part::Signature),
        ),
        (
            "SignatureTooLong",
            with(2, |text| format!("{text}AA")),
            GateError::SignatureLength(66),
        ),
        (
            "rIsZero_sIsZero",
            with(2, |_| base64url::encode([0; 64])),
            GateError::BadSignature,
        ),
    ]
}

#[test]
fn what_wycheproof_does_to_a_token_keeps_a_good_grant_shut() {
    for (name, token, reason) in [taken_away(), put_in_mac(), written_otherwise()].concat() {
        let refused = decide(&token);
        assert_eq!(refused, Err(reason), "{name}: {token}");
    }
    // White space in a header's JSON is nothing wrong.
    let spaced = format!(" {{\t\"alg\" : \"EdDSA\",\n\"kid\": \"{KID}\" }} ");
    assert!(decide(&signed(spaced.as_str(), payload())).is_ok());
}
