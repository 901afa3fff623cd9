//! `application/x-www-form-urlencoded` (WHATWG URL section 5): queries and forms.

/// The decoded name and value pairs, in order. Bytes that are no UTF-8 become U+FFFD.
pub fn pairs(text: &str) -> impl Iterator<Item = (String, String)> {
    text.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decode(name, true), decode(value, true))
    })
}

/// Decodes `%XX`; `plus_is_space` as forms have it and paths do not. A `%` that
/// starts no escape stands for itself.
#[must_use]
pub fn decode(text: &str, plus_is_space: bool) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        rest = tail;
        match (first, tail) {
            (b'%', &[high, low, ..]) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                bytes.push(digit(high) << 4 | digit(low));
                rest = tail.get(2..).unwrap_or_default();
            }
            (b'+', _) if plus_is_space => bytes.push(b' '),
            (byte, _) => bytes.push(byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn digit(byte: u8) -> u8 {
    char::from(byte)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_decoded_and_broken_escapes_kept() {
        let read: Vec<_> = pairs("a=1%2B1&b+c=d+e&&flag&x=%zz%4").collect();
        let expected = [("a", "1+1"), ("b c", "d e"), ("flag", ""), ("x", "%zz%4")];
        assert_eq!(read.len(), expected.len());
        for ((name, value), (n, v)) in read.iter().zip(expected) {
            assert_eq!((name.as_str(), value.as_str()), (n, v));
        }
        assert_eq!(decode("a+b%2f", false), "a+b/");
        assert_eq!(decode("%ff", false), "\u{fffd}");
    }
}
