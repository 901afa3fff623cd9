//! Ed25519 keys as TUF names them, and the one engine that checks signatures.
//!
//! `ed25519-compact` decides every signature of this crate. Its verdicts on the
//! edge cases of Wycheproof and C2SP CCTV are pinned in `vectors.rs`; a second
//! engine that disagreed on one of them could be played against the first.

use std::fmt;

use ed25519_compact::{KeyPair, PublicKey as Point, Seed, Signature};
use serde_json::{Value, json};

use super::{Sha256, canonical::canonical};

/// An Ed25519 public key. Equal keys are equal whatever key id names them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublicKey(pub [u8; 32]);

impl PublicKey {
    /// Whether `signature` is this key's signature over `message`.
    #[must_use]
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        Signature::from_slice(signature)
            .and_then(|signature| Point::new(self.0).verify(message, &signature))
            .is_ok()
    }

    /// Parses 64 hexadecimal digits of either case, as TUF clients do; keys are
    /// compared as bytes, so the case cannot make one key count as two.
    #[must_use]
    pub fn from_hex(text: &str) -> Option<Self> {
        Sha256::from_hex(&text.to_ascii_lowercase()).map(|bytes| Self(bytes.0))
    }

    /// The 64 lower-case hexadecimal digits.
    #[must_use]
    pub fn to_hex(self) -> String {
        hex(&self.0)
    }

    /// The key as TUF metadata writes it.
    #[must_use]
    pub fn to_tuf(self) -> Value {
        json!({
            "keytype": "ed25519",
            "keyval": {"public": self.to_hex()},
            "scheme": "ed25519",
        })
    }

    /// The key id securesystemslib gives it: the SHA-256 of its canonical form.
    #[must_use]
    pub fn key_id(self) -> String {
        Sha256::of(&canonical(&self.to_tuf())).to_hex()
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.to_hex())
    }
}

/// Lower-case hexadecimal digits of `bytes`.
pub(super) fn hex(bytes: &[u8]) -> String {
    use fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a `String` cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The bytes of a hexadecimal text of either case.
pub(super) fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: &u8| {
        char::from(*byte)
            .to_digit(16)
            .and_then(|d| u8::try_from(d).ok())
    };
    text.as_bytes()
        .chunks(2)
        .map(|pair| match pair {
            [high, low] => Some(digit(high)? << 4 | digit(low)?),
            _ => None,
        })
        .collect()
}

/// Something that can sign for one public key: a key in memory, a file, or a
/// command that asks a hardware token.
pub trait Signer {
    /// The key the signatures verify with.
    fn public_key(&self) -> PublicKey;
    /// Signs `message`; the error is a sentence for the person at the keyboard.
    fn sign(&self, message: &[u8]) -> Result<[u8; 64], String>;
}

/// An Ed25519 signing key held in memory.
#[derive(Clone)]
pub struct SigningKey(KeyPair);

impl SigningKey {
    /// The key of a 32-byte seed (RFC 8032's private key). `None` for the seed
    /// of all zeros, which is a broken random source, never a key.
    #[must_use]
    pub fn from_seed(seed: [u8; 32]) -> Option<Self> {
        KeyPair::try_from_seed(Seed::new(seed)).ok().map(Self)
    }

    /// Signs `message`. Ed25519 is deterministic and needs no randomness.
    #[must_use]
    pub fn sign_bytes(&self, message: &[u8]) -> [u8; 64] {
        *self.0.sk.sign(message, None)
    }
}

impl Signer for SigningKey {
    fn public_key(&self) -> PublicKey {
        PublicKey(*self.0.pk)
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; 64], String> {
        Ok(self.sign_bytes(message))
    }
}

impl fmt::Debug for SigningKey {
    /// Names the public half only.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey(public {})", self.public_key().to_hex())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8032 section 7.1, test 1.
    #[test]
    fn rfc_8032_signs_and_verifies() {
        let seed = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
        let public = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
        let signature = "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155\
                         5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b";
        let key = SigningKey::from_seed(Sha256::from_hex(seed).unwrap().0).unwrap();
        assert_eq!(key.public_key().to_hex(), public);
        assert_eq!(hex(&key.sign_bytes(b"")), signature);
        assert!(key.public_key().verify(b"", &from_hex(signature).unwrap()));
        assert!(!key.public_key().verify(b"x", &from_hex(signature).unwrap()));
        assert!(!key.public_key().verify(b"", b"short"));
    }

    /// Made with securesystemslib 1.6.0, `SSlibKey.from_crypto(...)`: the key of
    /// RFC 8032 test 1.
    #[test]
    fn key_ids_are_those_of_securesystemslib() {
        let public = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
        assert_eq!(
            PublicKey::from_hex(public).unwrap().key_id(),
            "74c181c7ad8a0855d4b55e44d2ba87aabdddb196832571f15f92fece332e4916"
        );
    }

    #[test]
    fn a_secret_is_never_printed_and_zero_is_no_secret() {
        assert!(SigningKey::from_seed([0; 32]).is_none());
        let key = SigningKey::from_seed([7; 32]).unwrap();
        assert!(!format!("{key:?}").contains("0707"));
    }

    #[test]
    fn hexadecimal_of_either_case_is_one_key() {
        let text = "ab".repeat(32);
        assert_eq!(
            PublicKey::from_hex(&text),
            PublicKey::from_hex(&text.to_uppercase())
        );
        assert_eq!(from_hex("0g"), None);
        assert_eq!(from_hex("abc"), None);
        assert_eq!(from_hex(""), Some(Vec::new()));
    }
}
