//! base64url without padding, the only spelling a JWS may use (RFC 7515 §2).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Encodes without padding.
pub fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Decodes; padding, white space, the `+/` alphabet and stray trailing bits are
/// refused, so that one value has exactly one spelling.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// Decodes exactly `N` bytes.
pub fn decode_array<const N: usize>(text: &str) -> Option<[u8; N]> {
    decode(text)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_value_has_one_spelling() {
        // RFC 7515, appendix C.
        assert_eq!(encode([3, 236, 255, 224, 193]), "A-z_4ME");
        assert_eq!(decode_array("A-z_4ME"), Some([3, 236, 255, 224, 193]));
        for other in [
            "A-z_4ME=",
            "A+z/4ME",
            "A-z_4MF",
            "A-z_4M E",
            "A-z_4ME\n",
            "A",
        ] {
            assert_eq!(decode(other), None, "{other:?} was taken");
        }
        assert_eq!(decode_array::<4>("A-z_4ME"), None);
    }
}
