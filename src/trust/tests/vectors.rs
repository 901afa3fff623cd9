//! The verdicts of our one Ed25519 engine; fixtures/vectors/README.md has the
//! sources and says why.

use serde_json::Value;

use crate::trust::key::from_hex;
use crate::trust::{PublicKey, json};

const WYCHEPROOF: &[u8] = include_bytes!("../../../fixtures/vectors/ed25519-wycheproof.json");
const POINTS: &[u8] = include_bytes!("../../../fixtures/vectors/ed25519-points.json");

fn vectors(file: &[u8]) -> Vec<Value> {
    json::parse(file).unwrap().as_array().unwrap().clone()
}

fn text<'a>(vector: &'a Value, name: &str) -> &'a str {
    vector[name].as_str().unwrap()
}

fn verdict(vector: &Value, message: &[u8]) -> bool {
    let key = PublicKey::from_hex(text(vector, "key")).unwrap();
    key.verify(message, &from_hex(text(vector, "sig")).unwrap())
}

#[test]
fn wycheproof_agrees_on_every_vector() {
    let vectors = vectors(WYCHEPROOF);
    assert_eq!(vectors.len(), 151);
    for vector in vectors {
        let message = from_hex(text(&vector, "msg")).unwrap();
        let expected = vector["valid"].as_bool().unwrap();
        assert_eq!(verdict(&vector, &message), expected, "{vector}");
    }
}

#[test]
fn points_of_low_order_and_second_spellings_are_refused_and_nothing_else() {
    let vectors = vectors(POINTS);
    assert!(vectors.len() >= 60);
    let (mut accepted, mut residues) = (0, 0);
    for vector in vectors {
        let flags = vector["flags"].to_string();
        let refused = flags.contains("low_order_A")
            || flags.contains("low_order_R")
            || flags.contains("non_canonical");
        assert_eq!(
            verdict(&vector, text(&vector, "msg").as_bytes()),
            !refused,
            "{vector}"
        );
        accepted += usize::from(!refused);
        residues += usize::from(!refused && flags.contains("residue"));
    }
    assert!(accepted >= 8 && residues >= 4);
}
