//! The keys that sign notes: Ed25519 signatures (type `0x01`) of
//! <https://c2sp.org/signed-note> and the timestamped cosignatures of witnesses
//! (type `0x04`) of <https://c2sp.org/tlog-cosignature>.

use std::fmt;

use ed25519_compact::{KeyPair, PublicKey, Seed, Signature};

use super::EvidenceError;
use super::wire::{from_base64, to_base64};
use crate::trust::Sha256;

/// A name is an origin such as `shop.example/log/publish-2026h2`; 255 bytes is
/// the most a witness of the newer cosignature types can sign for.
const MAX_NAME: usize = 255;

/// How a key signs; the byte is part of the key's id, so that a signature of
/// one type is never taken for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Algorithm {
    /// Over the note's text.
    Ed25519,
    /// Over the text with a line for the time, which travels in the signature.
    Cosignature,
}

impl Algorithm {
    const fn byte(self) -> u8 {
        match self {
            Self::Ed25519 => 0x01,
            Self::Cosignature => 0x04,
        }
    }
}

/// Whether `name` may name a key: not empty, no Unicode space, no plus.
pub(super) fn is_key_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= MAX_NAME
        && !name
            .chars()
            .any(|c| c == '+' || c.is_whitespace() || c.is_control())
}

/// `SHA-256(name || 0x0A || type || public key)[:4]`.
fn key_id(name: &str, algorithm: Algorithm, key: &[u8]) -> [u8; 4] {
    let mut text = Vec::with_capacity(name.len() + 2 + key.len());
    text.extend_from_slice(name.as_bytes());
    text.extend_from_slice(&[b'\n', algorithm.byte()]);
    text.extend_from_slice(key);
    let Sha256([a, b, c, d, ..]) = Sha256::of(&text);
    [a, b, c, d]
}

/// A public key with the name it signs under.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verifier {
    name: String,
    id: [u8; 4],
    algorithm: Algorithm,
    key: PublicKey,
}

impl Verifier {
    /// The Ed25519 key `key` of the signer `name`.
    pub fn new(name: &str, key: [u8; 32]) -> Result<Self, EvidenceError> {
        Self::with(name, Algorithm::Ed25519, key)
    }

    /// The same key under another name: one edge key signs its receipts under
    /// the edge's name and each log's checkpoints under the log's origin.
    pub fn renamed(&self, name: &str) -> Result<Self, EvidenceError> {
        Self::with(name, self.algorithm, *self.key)
    }

    fn with(name: &str, algorithm: Algorithm, key: [u8; 32]) -> Result<Self, EvidenceError> {
        if !is_key_name(name) {
            return Err(malformed(
                "its name is empty, too long, or has a space or plus",
            ));
        }
        Ok(Self {
            name: name.to_owned(),
            id: key_id(name, algorithm, &key),
            algorithm,
            key: PublicKey::new(key),
        })
    }

    /// Parses a vkey, `<name>+<hex key id>+<base64 of type and key>`.
    pub fn parse(vkey: &str) -> Result<Self, EvidenceError> {
        let mut parts = vkey.splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(malformed("it has the form name+id+key"));
        };
        if key.len() > 44 {
            return Err(malformed("its key is too long"));
        }
        let key = from_base64(key).ok_or_else(|| malformed("its key is not base64"))?;
        let (algorithm, key) = match key.as_slice() {
            [0x01, key @ ..] => (Algorithm::Ed25519, key),
            [0x04, key @ ..] => (Algorithm::Cosignature, key),
            _ => return Err(malformed("its type is neither 0x01 nor 0x04")),
        };
        let key = key
            .try_into()
            .map_err(|_| malformed("an Ed25519 key has 32 bytes"))?;
        let verifier = Self::with(name, algorithm, key)?;
        if verifier.hex_id() != id {
            return Err(malformed("its id does not fit its name and key"));
        }
        Ok(verifier)
    }

    /// The name the key signs under.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn is(&self, name: &str, id: [u8; 4]) -> bool {
        self.name == name && self.id == id
    }

    /// Checks `signature` (without the key id) over a note's `text`. The answer
    /// is the time it was made at, for a witness, and 0 for a plain signature.
    pub(super) fn check(&self, text: &str, signature: &[u8]) -> Option<u64> {
        match self.algorithm {
            Algorithm::Ed25519 => {
                let signature = Signature::from_slice(signature).ok()?;
                self.key.verify(text, &signature).ok()?;
                Some(0)
            }
            Algorithm::Cosignature => {
                let (time, signature) = signature.split_first_chunk::<8>()?;
                let time = u64::from_be_bytes(*time);
                i64::try_from(time).ok()?;
                let signature = Signature::from_slice(signature).ok()?;
                self.key.verify(cosigned(text, time), &signature).ok()?;
                Some(time)
            }
        }
    }

    fn hex_id(&self) -> String {
        format!("{:08x}", u32::from_be_bytes(self.id))
    }
}

impl fmt::Display for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut key = vec![self.algorithm.byte()];
        key.extend_from_slice(self.key.as_ref());
        write!(f, "{}+{}+{}", self.name, self.hex_id(), to_base64(&key))
    }
}

/// A secret key with the name it signs under.
#[derive(Clone)]
pub struct Signer {
    verifier: Verifier,
    pair: KeyPair,
}

impl Signer {
    /// The Ed25519 key of the 32 secret bytes `seed` (RFC 8032), signing notes
    /// under `name`.
    pub fn new(name: &str, seed: [u8; 32]) -> Result<Self, EvidenceError> {
        Self::with(name, Algorithm::Ed25519, seed)
    }

    /// A witness, which signs checkpoints with the time it saw them.
    pub fn witness(name: &str, seed: [u8; 32]) -> Result<Self, EvidenceError> {
        Self::with(name, Algorithm::Cosignature, seed)
    }

    fn with(name: &str, algorithm: Algorithm, seed: [u8; 32]) -> Result<Self, EvidenceError> {
        let pair = KeyPair::try_from_seed(Seed::new(seed))
            .map_err(|_| malformed("its secret is all zeroes"))?;
        let verifier = Verifier::with(name, algorithm, *pair.pk)?;
        Ok(Self { verifier, pair })
    }

    /// The public half; its text form is the vkey to publish.
    #[must_use]
    pub const fn verifier(&self) -> &Verifier {
        &self.verifier
    }

    /// The signature line for `text`. Only a witness's line holds the time.
    pub(super) fn line(&self, text: &str, now: u64) -> String {
        let mut bytes = self.verifier.id.to_vec();
        // No noise: RFC 8032 signatures are deterministic, so that the same
        // receipt or checkpoint signed again is the same bytes.
        match self.verifier.algorithm {
            Algorithm::Ed25519 => bytes.extend_from_slice(self.pair.sk.sign(text, None).as_ref()),
            Algorithm::Cosignature => {
                bytes.extend_from_slice(&now.to_be_bytes());
                let signature = self.pair.sk.sign(cosigned(text, now), None);
                bytes.extend_from_slice(signature.as_ref());
            }
        }
        format!("\u{2014} {} {}\n", self.verifier.name, to_base64(&bytes))
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({})", self.verifier)
    }
}

/// What a witness signs, see "Ed25519 signed message" in tlog-cosignature.
fn cosigned(text: &str, time: u64) -> String {
    format!("cosignature/v1\ntime {time}\n{text}")
}

const fn malformed(why: &'static str) -> EvidenceError {
    EvidenceError::Malformed {
        what: "note key",
        why,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // From golang.org/x/mod/sumdb/note (note_test.go).
    const PETER: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";

    #[test]
    fn a_vkey_is_read_and_written() {
        for vkey in [
            PETER,
            "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop",
        ] {
            assert_eq!(Verifier::parse(vkey).unwrap().to_string(), vkey);
        }
        let witness = Signer::witness("witness.example", [3; 32]).unwrap();
        let vkey = witness.verifier().to_string();
        assert_eq!(Verifier::parse(&vkey).unwrap(), *witness.verifier());
        let log = Signer::new("witness.example", [3; 32]).unwrap();
        assert_ne!(log.verifier().id, witness.verifier().id);
    }

    #[test]
    fn a_mangled_vkey_is_refused() {
        for from in 0..=PETER.len() {
            for to in from..=PETER.len() {
                if to - from < PETER.len() {
                    assert!(Verifier::parse(PETER.get(from..to).unwrap()).is_err());
                }
            }
        }
        for at in 0..PETER.len() {
            let mut bytes = PETER.as_bytes().to_vec();
            bytes[at] += 1;
            assert!(Verifier::parse(std::str::from_utf8(&bytes).unwrap()).is_err());
        }
        // From the same file: a key of the wrong length and an unknown type,
        // both with ids that fit.
        for bad in [
            "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
            "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        ] {
            assert!(Verifier::parse(bad).is_err());
        }
        for bad in ["", "a b", "a+b", "a\u{2003}b", &"a".repeat(256)] {
            assert!(Verifier::new(bad, [1; 32]).is_err(), "{bad:?}");
        }
    }
}
