//! The verdicts of our one Ed25519 engine; fixtures/vectors/README.md has the
//! sources and says why. wasm-tests/vectors.test.mjs asks the built wasm.

use serde_json::Value;

use crate::trust::key::from_hex;
use crate::trust::{PublicKey, json};

const WYCHEPROOF: &[u8] = include_bytes!("../../../fixtures/vectors/ed25519-wycheproof.json");
const CCTV: &[u8] = include_bytes!("../../../fixtures/vectors/ed25519-cctv.json");

fn text<'a>(vector: &'a Value, name: &str) -> &'a str {
    vector[name].as_str().unwrap()
}

#[test]
fn wycheproof_agrees_on_every_vector() {
    let vectors = json::parse(WYCHEPROOF).unwrap();
    let vectors = vectors.as_array().unwrap();
    assert_eq!(vectors.len(), 151);
    for vector in vectors {
        let key = PublicKey::from_hex(text(vector, "key")).unwrap();
        let [message, signature] = ["msg", "sig"].map(|name| from_hex(text(vector, name)).unwrap());
        let expected = vector["valid"].as_bool().unwrap();
        assert_eq!(key.verify(&message, &signature), expected, "{vector}");
    }
}

#[test]
fn of_cctv_points_of_low_order_and_second_spellings_are_refused_and_nothing_else() {
    let cctv = json::parse(CCTV).unwrap();
    let flags: Vec<&str> = cctv["flags"]
        .as_array()
        .unwrap()
        .iter()
        .map(|flag| flag.as_str().unwrap())
        .collect();
    let list = |name: &str, at: &Value| {
        let at = usize::try_from(at.as_u64().unwrap()).unwrap();
        cctv[name][at].as_str().unwrap().to_owned()
    };
    let vectors = cctv["vectors"].as_array().unwrap();
    assert_eq!(vectors.len(), 914);
    let (mut accepted, mut residues) = (0, 0);
    for vector in vectors {
        let key = PublicKey::from_hex(&list("keys", &vector[0])).unwrap();
        let signature = list("points", &vector[1]) + &list("scalars", &vector[2]);
        let message = list("messages", &vector[3]);
        let bits = vector[4].as_u64().unwrap();
        let has =
            |name: &str| bits >> flags.iter().position(|flag| *flag == name).unwrap() & 1 == 1;
        let refused = [
            "low_order_A",
            "low_order_R",
            "non_canonical_A",
            "non_canonical_R",
        ]
        .into_iter()
        .any(has);
        let verdict = key.verify(message.as_bytes(), &from_hex(&signature).unwrap());
        assert_eq!(verdict, !refused, "{vector}");
        accepted += usize::from(verdict);
        residues += usize::from(verdict && has("low_order_residue"));
    }
    assert_eq!((accepted, residues), (106, 63));
}
