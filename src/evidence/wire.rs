//! The spellings that C2SP's texts share: base64 (RFC 4648, section 4),
//! decimals without leading zeroes, hashes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::trust::Sha256;

/// Base64 with padding.
pub(super) fn to_base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Strict base64: padding is there, unused bits are zero, nothing else is.
pub(super) fn from_base64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// A hash as base64.
pub(super) fn hash_to_base64(hash: &Sha256) -> String {
    to_base64(&hash.0)
}

/// A hash from its 44 characters of base64.
pub(super) fn hash_from_base64(text: &str) -> Option<Sha256> {
    if text.len() != 44 {
        return None;
    }
    Some(Sha256(from_base64(text)?.try_into().ok()?))
}

/// A decimal with one spelling: no sign, no leading zero, at most 2^63 - 1, the
/// largest tree other implementations can count.
pub(super) fn decimal(text: &str) -> Option<u64> {
    let digits = text.as_bytes();
    let canonical = match digits {
        [] => false,
        [b'0', rest @ ..] => rest.is_empty(),
        _ => digits.iter().all(u8::is_ascii_digit),
    };
    let number = if canonical {
        text.parse().ok()?
    } else {
        return None;
    };
    (i64::try_from(number).is_ok()).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_one_spelling() {
        assert_eq!(decimal("0"), Some(0));
        assert_eq!(decimal("9223372036854775807"), Some(i64::MAX as u64));
        for bad in [
            "",
            "00",
            "01",
            "+1",
            "-1",
            " 1",
            "1 ",
            "٣",
            "9223372036854775808",
        ] {
            assert_eq!(decimal(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn a_hash_has_one_spelling() {
        let hash = Sha256::of(b"abc");
        let text = hash_to_base64(&hash);
        assert_eq!(hash_from_base64(&text), Some(hash));
        assert_eq!(hash_from_base64(text.trim_end_matches('=')), None);
        let unused_bits_set = text.replace("Fa0=", "Fa1=");
        assert_ne!(unused_bits_set, text);
        assert_eq!(hash_from_base64(&unused_bits_set), None);
    }
}
