//! Ed25519 keys (RFC 8032) and their JWK form (RFC 8037, RFC 7638).

use std::fmt;

use ed25519_compact::{KeyPair, PublicKey, Seed, Signature};
use serde_json::{Value, json};

use super::base64url;
use crate::trust::Sha256;

/// Why bytes are no key. The text is fit for a problem's `detail`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyError {
    /// The bytes are no point of the curve, or one of small order, with which
    /// anything could be "signed".
    BadPublicKey,
    /// The seed is all zeros: it was never filled with randomness.
    EmptySeed,
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BadPublicKey => "these 32 bytes are not a usable Ed25519 public key",
            Self::EmptySeed => "an Ed25519 seed of zeros is not a key",
        })
    }
}

impl std::error::Error for KeyError {}

/// A public key that was checked to be a usable point.
#[derive(Clone, PartialEq, Eq)]
pub struct VerifyingKey(PublicKey);

impl VerifyingKey {
    /// Checks and takes the 32 bytes of a public key.
    pub fn from_bytes(bytes: [u8; 32]) -> Result<Self, KeyError> {
        let key = PublicKey::new(bytes);
        key.validate().map_err(|_| KeyError::BadPublicKey)?;
        Ok(Self(key))
    }

    /// The 32 bytes.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; 32] {
        *self.0
    }

    /// Whether `signature` is this key's over `message`.
    #[must_use]
    pub fn verify(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        self.0.verify(message, &Signature::new(*signature)).is_ok()
    }

    /// The JWK thumbprint (RFC 7638 §3): SHA-256 over the required members in
    /// lexical order without white space. It is the `kid` of keys made here.
    #[must_use]
    pub fn thumbprint(&self) -> String {
        let x = base64url::encode(self.to_bytes());
        let canonical = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
        base64url::encode(Sha256::of(canonical.as_bytes()).0)
    }

    /// The public JWK, named by its thumbprint.
    #[must_use]
    pub fn jwk(&self) -> Value {
        json!({
            "kty": "OKP",
            "crv": "Ed25519",
            "x": base64url::encode(self.to_bytes()),
            "kid": self.thumbprint(),
            "use": "sig",
            "alg": "EdDSA",
        })
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifyingKey({})", self.thumbprint())
    }
}

/// A private key. It has no `Display`, no `Serialize`, and a silent `Debug`.
#[derive(Clone)]
pub struct SigningKey(KeyPair);

impl SigningKey {
    /// Derives the key pair from its 32-byte seed (the `d` of a JWK).
    pub fn from_seed(seed: [u8; 32]) -> Result<Self, KeyError> {
        KeyPair::try_from_seed(Seed::new(seed))
            .map(Self)
            .map_err(|_| KeyError::EmptySeed)
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> VerifyingKey {
        VerifyingKey(self.0.pk)
    }

    /// Signs `message` (deterministic, RFC 8032 §5.1.6).
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        *self.0.sk.sign(message, None)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.public().thumbprint())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8037, appendix A.1 and A.2.
    const D: &str = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A";
    const X: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

    #[test]
    fn the_key_the_signature_and_the_thumbprint_of_rfc_8037() {
        let key = SigningKey::from_seed(base64url::decode_array(D).unwrap()).unwrap();
        assert_eq!(base64url::encode(key.public().to_bytes()), X);
        assert_eq!(
            key.public().thumbprint(),
            "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
        );
        // Appendix A.4: {"alg":"EdDSA"} . "Example of Ed25519 signing".
        let input = b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
        let signature = key.sign(input);
        assert_eq!(
            base64url::encode(signature),
            "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
        );
        assert!(key.public().verify(input, &signature));
        assert!(!key.public().verify(b"other", &signature));
    }

    #[test]
    fn keys_that_sign_anything_are_refused() {
        let mut identity = [0; 32];
        identity[0] = 1;
        for bytes in [[0; 32], identity, [0xff; 32]] {
            assert_eq!(VerifyingKey::from_bytes(bytes), Err(KeyError::BadPublicKey));
        }
        assert_eq!(
            SigningKey::from_seed([0; 32]).err(),
            Some(KeyError::EmptySeed)
        );
    }

    #[test]
    fn debug_tells_no_secret() {
        let key = SigningKey::from_seed([7; 32]).unwrap();
        assert_eq!(
            format!("{key:?}"),
            format!("SigningKey({})", key.public().thumbprint())
        );
    }
}
