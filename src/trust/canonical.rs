//! OLPC canonical JSON, the bytes TUF signatures are made over.
//!
//! Keys in code-point order, no white space, only `"` and `\` escaped, no
//! floats (<http://wiki.laptop.org/go/Canonical_JSON>), as securesystemslib
//! writes it. Because control characters stay raw the result need not be JSON;
//! it is only ever hashed and signed.

use serde_json::Value;

/// The canonical bytes of `value`. `value` holds no float when it comes from
/// [`super::json::parse`]; one made otherwise is written as `null`, which no
/// signature over a float can match.
#[must_use]
pub fn canonical(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    write(value, &mut out);
    out
}

fn write(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Bool(true) => out.extend(b"true"),
        Value::Bool(false) => out.extend(b"false"),
        Value::Number(number) if !number.is_f64() => out.extend(number.to_string().bytes()),
        Value::Null | Value::Number(_) => out.extend(b"null"),
        Value::String(text) => write_string(text, out),
        Value::Array(items) => {
            out.push(b'[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                write(item, out);
            }
            out.push(b']');
        }
        Value::Object(members) => {
            // UTF-8 sorts as its code points do, so this is Python's order too.
            let mut sorted: Vec<_> = members.iter().collect();
            sorted.sort_unstable_by_key(|&(key, _)| key);
            out.push(b'{');
            for (at, (key, member)) in sorted.into_iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                write_string(key, out);
                out.push(b':');
                write(member, out);
            }
            out.push(b'}');
        }
    }
}

fn write_string(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    for byte in text.bytes() {
        if byte == b'"' || byte == b'\\' {
            out.push(b'\\');
        }
        out.push(byte);
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trust::{Sha256, json};
    use proptest::prelude::*;

    /// Documents and what securesystemslib 1.6.0 `encode_canonical` wrote for
    /// them, as the digest of its UTF-8 bytes; see fixtures/tuf/README.md.
    #[test]
    fn agrees_with_securesystemslib() {
        let samples = include_bytes!("../../fixtures/tuf/canonical.json");
        let samples = json::parse(samples).unwrap();
        let samples = samples.as_array().unwrap();
        assert!(samples.len() >= 20);
        for sample in samples {
            let document = sample["document"].as_str().unwrap();
            let bytes = canonical(&json::parse(document.as_bytes()).unwrap());
            assert_eq!(
                Sha256::of(&bytes).to_hex(),
                sample["sha256"].as_str().unwrap(),
                "{document}"
            );
        }
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            "[ -~é\u{10000}]{0,8}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::btree_map("[a-zé\"\\\\]{0,4}", inner, 0..6)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]
        #[test]
        fn printable_canonical_json_reads_back_as_itself(value in any_json()) {
            let bytes = canonical(&value);
            let again = json::parse(&bytes).unwrap();
            prop_assert_eq!(&again, &value);
            prop_assert_eq!(canonical(&again), bytes);
        }
    }
}
