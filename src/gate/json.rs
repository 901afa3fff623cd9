//! A JSON object whose members are distinct at every depth.
//!
//! RFC 7515 §4 and RFC 7519 §4 let a parser refuse duplicate names or keep the
//! last one. We refuse: two parsers that differ on which one counts are how a
//! token says one thing to the issuer and another to the gate.

use std::cell::RefCell;
use std::fmt;

use serde::de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Deserializer, Map, Number, Value};

/// What is wrong with the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JsonError {
    /// The bytes are not UTF-8.
    NotUtf8,
    /// The text is not JSON, or something follows it.
    Syntax,
    /// It is JSON, but no object.
    NotObject,
    /// One object holds this name twice.
    Duplicate(String),
}

/// Parses one object and nothing after it. The parser's own depth limit (128)
/// bounds recursion; the caller bounds the length.
pub fn object(bytes: &[u8]) -> Result<Map<String, Value>, JsonError> {
    let text = std::str::from_utf8(bytes).map_err(|_| JsonError::NotUtf8)?;
    match value(text)? {
        Value::Object(members) => Ok(members),
        _ => Err(JsonError::NotObject),
    }
}

/// Parses any JSON value, with the same care.
pub fn value(text: &str) -> Result<Value, JsonError> {
    let duplicate = RefCell::new(None);
    let mut parser = Deserializer::from_str(text);
    let value = Distinct(&duplicate)
        .deserialize(&mut parser)
        .and_then(|value| parser.end().map(|()| value));
    match (value, duplicate.into_inner()) {
        (_, Some(name)) => Err(JsonError::Duplicate(name)),
        (Ok(value), None) => Ok(value),
        (Err(_), None) => Err(JsonError::Syntax),
    }
}

/// Builds a [`Value`] and notes the first name met twice.
#[derive(Clone, Copy)]
struct Distinct<'a>(&'a RefCell<Option<String>>);

impl<'de> DeserializeSeed<'de> for Distinct<'_> {
    type Value = Value;

    fn deserialize<D: serde::Deserializer<'de>>(self, parser: D) -> Result<Value, D::Error> {
        parser.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Distinct<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value)
            .map(Value::Number)
            .ok_or_else(|| E::custom("not a finite number"))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut out = Vec::new();
        while let Some(item) = items.next_element_seed(self)? {
            out.push(item);
        }
        Ok(Value::Array(out))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut out = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            let value = members.next_value_seed(self)?;
            if out.contains_key(&name) {
                self.0.borrow_mut().get_or_insert(name);
                return Err(A::Error::custom("duplicate name"));
            }
            out.insert(name, value);
        }
        Ok(Value::Object(out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_objects_are_read_as_they_are() {
        let text = r#"{"a":[1,-2,3.5,true,null,"x",{"b":{}}],"c":18446744073709551615}"#;
        let expected: Value = serde_json::from_str(text).unwrap();
        assert_eq!(Value::Object(object(text.as_bytes()).unwrap()), expected);
    }

    #[test]
    fn doubtful_text_is_refused_with_its_reason() {
        let duplicate = |name: &str| JsonError::Duplicate(name.to_owned());
        for (text, reason) in [
            (&br#"{"a":1,"a":1}"#[..], duplicate("a")),
            (br#"{"a":{"b":1,"b":2}}"#, duplicate("b")),
            (br#"{"a":[{"c":1,"c":2}]}"#, duplicate("c")),
            (br#"{"a":1,"\u0061":2}"#, duplicate("a")),
            (b"[]", JsonError::NotObject),
            (b"{}{}", JsonError::Syntax),
            (b"{} x", JsonError::Syntax),
            (b"", JsonError::Syntax),
            (b"{\"a\":1,}", JsonError::Syntax),
            (b"{\"a\":1e999}", JsonError::Syntax),
            (b"{\"a\":\"\\ud800\"}", JsonError::Syntax),
            (b"{\"\xff\":1}", JsonError::NotUtf8),
        ] {
            assert_eq!(
                object(text),
                Err(reason),
                "{:?}",
                text.escape_ascii().to_string()
            );
        }
        let deep = "[".repeat(100_000);
        assert_eq!(object(deep.as_bytes()), Err(JsonError::Syntax));
    }
}
