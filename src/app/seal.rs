//! Seals: what lies in KV, R2 or a cache and was made by this worker is
//! believed only with `HMAC-SHA256(key, name || 0 || sha256(body))` beside it.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac_sha256::HMAC;

use crate::trust::Sha256;

/// The key that seals derivatives. Whoever has it can put pictures in caches.
#[derive(Clone)]
pub struct SealKey([u8; 32]);

impl SealKey {
    /// Takes the key.
    #[must_use]
    pub fn new(key: [u8; 32]) -> Self {
        Self(key)
    }

    /// The seal of a body stored as `name`.
    #[must_use]
    pub fn seal(&self, name: &str, body: Sha256) -> String {
        URL_SAFE_NO_PAD.encode(self.mac(name, body))
    }

    /// Whether `seal` is the seal of this body under this name.
    #[must_use]
    pub fn holds(&self, name: &str, body: Sha256, seal: &str) -> bool {
        let expected = self.mac(name, body);
        let given = URL_SAFE_NO_PAD.decode(seal).unwrap_or_default();
        // Constant time: no byte decides alone.
        given.len() == expected.len()
            && given
                .iter()
                .zip(expected)
                .fold(0, |seen, (a, b)| seen | (a ^ b))
                == 0
    }

    fn mac(&self, name: &str, body: Sha256) -> [u8; 32] {
        let mut mac = HMAC::new(self.0);
        mac.update(name.as_bytes());
        mac.update([0]);
        mac.update(body.0);
        mac.finalize()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seal_binds_key_name_and_body() {
        let key = SealKey::new([7; 32]);
        let body = Sha256::of(b"picture");
        let seal = key.seal("derived/a", body);
        assert!(key.holds("derived/a", body, &seal));
        assert!(!key.holds("derived/b", body, &seal));
        assert!(!key.holds("derived/a", Sha256::of(b"other"), &seal));
        assert!(!SealKey::new([8; 32]).holds("derived/a", body, &seal));
        assert!(!key.holds("derived/a", body, ""));
        assert!(!key.holds("derived/a", body, "not base64 !"));
    }
}
