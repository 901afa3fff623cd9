//! JSON as strictly as signed metadata needs it: one document, one meaning.
//!
//! Two readers that disagree about a document (which of two equal keys counts,
//! what a float is worth) could be made to trust different things with one
//! signature. So duplicate keys, floats and trailing data are refused, and depth
//! and size are bounded before anything is built.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// Deep enough for any metadata (delegations nest 7 deep), far from the end of
/// a WebAssembly stack.
const MAX_DEPTH: usize = 32;

/// Bounds the memory of a parsed document: 5 MB of `[0,0,...` would otherwise
/// become 80 MB of values. A snapshot of 11 000 roles has 66 000.
const MAX_VALUES: usize = 250_000;

/// Parses one JSON document; the error is a sentence.
pub fn parse(bytes: &[u8]) -> Result<Value, String> {
    let mut budget = MAX_VALUES;
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = Strict {
        depth: MAX_DEPTH,
        budget: &mut budget,
    }
    .deserialize(&mut reader)
    .and_then(|value| reader.end().map(|()| value));
    value.map_err(|error| error.to_string())
}

struct Strict<'a> {
    depth: usize,
    budget: &'a mut usize,
}

impl Strict<'_> {
    fn inner<E: Error>(&mut self) -> Result<Strict<'_>, E> {
        let depth = self.depth.checked_sub(1);
        Ok(Strict {
            depth: depth.ok_or_else(|| E::custom("nested too deep"))?,
            budget: self.budget,
        })
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        *self.budget = self
            .budget
            .checked_sub(1)
            .ok_or_else(|| D::Error::custom("too many values"))?;
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON without floats")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(self.inner()?)? {
            items.push(item);
        }
        Ok(items.into())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some(key) = map.next_key::<String>()? {
            if members.contains_key(&key) {
                return Err(A::Error::custom("a key occurs twice in one object"));
            }
            let value = map.next_value_seed(self.inner()?)?;
            members.insert(key, value);
        }
        Ok(members.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_two_readers_could_read_differently_is_refused() {
        for bad in [
            "",
            " ",
            "{",
            "{}{}",
            "{} x",
            "[1,]",
            "1.0",
            "1e3",
            "-0",
            "18446744073709551616",
            "NaN",
            "Infinity",
            r#"{"a":1,"a":1}"#,
            r#"{"a":1,"\u0061":2}"#,
            r#"{"x":{"a":1,"a":1}}"#,
            r#"{"a":1.5}"#,
            r#""\ud800""#,
            "\"\u{1}\"",
            "\u{feff}{}",
            "'a'",
            "// x\n1",
        ] {
            assert!(parse(bad.as_bytes()).is_err(), "{bad:?} was taken");
        }
        assert!(parse(b"\"\xff\"").is_err());
    }

    #[test]
    fn depth_and_size_are_bounded() {
        let nested = |depth: usize| format!("{}0{}", "[".repeat(depth), "]".repeat(depth));
        assert!(parse(nested(32).as_bytes()).is_ok());
        assert!(parse(nested(33).as_bytes()).is_err());
        assert!(parse(nested(1_000_000).as_bytes()).is_err());
        let wide = |count: usize| format!("[{}0]", "0,".repeat(count - 2));
        assert!(parse(wide(MAX_VALUES).as_bytes()).is_ok());
        assert!(parse(wide(MAX_VALUES + 1).as_bytes()).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse(&bytes);
        }

        #[test]
        fn anything_like_json_is_survived(text in "[\\[\\]{}\",:0-9a-e.\\\\ ]{0,80}") {
            if let Ok(value) = parse(text.as_bytes()) {
                prop_assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
            }
        }
    }
}
