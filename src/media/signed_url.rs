//! Signed URLs: the operator's leave to ask for any derivative.
//!
//! `/img/{options}/{creator}/{drop}/{file}?kid=k1&exp=1767225600&sig=...`
//!
//! | parameter | what it is |
//! |---|---|
//! | `kid` | the key that signed |
//! | `exp` | Unix seconds from which the signature counts no more; may be absent |
//! | `sig` | HMAC-SHA256, base64url without padding, 43 characters |
//!
//! What is signed is `dropgate-url-v1`, `kid`, `exp` (empty if absent) and the
//! path, each on a line of its own, the last without a line end. The path is
//! taken byte by byte as it stands in the URL, before any percent-decoding and
//! from its first `/` up to the `?`. Other parameters, such as `grant`, are not
//! covered and may be added.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::recipe::Policy;

/// Separates these signatures from whatever else a key may be used for.
const PURPOSE: &str = "dropgate-url-v1";

/// A shorter secret can be guessed: 128 bits is what HMAC-SHA256 needs at least
/// to be worth attacking elsewhere.
const SHORTEST_SECRET: usize = 16;

/// Longer ones are hashed by HMAC anyway and are a file pasted by mistake.
const LONGEST_SECRET: usize = 256;

/// Enough for one key to sign and the ones before it to run out.
const MOST_KEYS: usize = 16;

/// Why a key ring was refused: the operator's slip. The text holds no secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyRingError {
    /// There is no key.
    Empty,
    /// There are more keys than a ring may hold.
    TooMany,
    /// A key is not `kid:secret`, or its `kid` is not 1 to 32 of
    /// `A-Z a-z 0-9 _ -`.
    Name,
    /// A secret is not base64url of 16 to 256 bytes.
    Secret,
    /// Two keys have one `kid`.
    Twice,
}

impl fmt::Display for KeyRingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "the URL keys hold no key: write kid:secret",
            Self::TooMany => "the URL keys are more than 16: drop the oldest",
            Self::Name => {
                "a URL key is not kid:secret, where kid is 1 to 32 letters, digits, '_' and '-'"
            }
            Self::Secret => "the secret of a URL key is not base64url of 16 to 256 bytes",
            Self::Twice => "two URL keys have the same kid",
        })
    }
}

impl std::error::Error for KeyRingError {}

/// Why a signed URL was refused. The bearer's fault, or the clock's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignedUrlError {
    /// `kid` or `exp` is there and `sig` is not, or `sig` without `kid`.
    Incomplete,
    /// A parameter is given twice.
    Twice(&'static str),
    /// A parameter is not of its form.
    Malformed(&'static str),
    /// No key of the ring has this `kid`.
    UnknownKey,
    /// The signature is not that of this path, `kid` and `exp`.
    Signature,
    /// The signature is right but has run out.
    Expired,
}

impl fmt::Display for SignedUrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Incomplete => f.write_str(
                "the URL is signed in part: give kid and sig (and exp if it was signed), or none of them",
            ),
            Self::Twice(name) => write!(f, "the parameter {name} is given twice: give it once"),
            Self::Malformed(name) => write!(
                f,
                "the parameter {name} is not of its form: use the URL as it was signed"
            ),
            Self::UnknownKey => {
                f.write_str("the key that signed this URL is not in use: ask for a new URL")
            }
            Self::Signature => f.write_str(
                "the signature is not that of this path: use the URL byte for byte as it was signed",
            ),
            Self::Expired => f.write_str("the signature has expired: ask for a new URL"),
        }
    }
}

impl std::error::Error for SignedUrlError {}

/// Why a URL could not be signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignError {
    /// The ring has no key.
    NoKey,
    /// A browser would send the path in another spelling than it was signed in.
    Path,
}

impl fmt::Display for SignError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoKey => "there is no URL key to sign with",
            Self::Path => {
                "the path cannot be signed as it stands: begin it with '/', leave out '?', '#' and segments of dots, and percent-encode spaces, quotes, brackets and letters beyond ASCII"
            }
        })
    }
}

impl std::error::Error for SignError {}

/// The secrets that sign URLs. The first signs; all verify, so that a key is
/// changed by putting a new one in front and dropping the old one when what it
/// signed has run out.
#[derive(Clone)]
pub struct KeyRing(Vec<Key>);

#[derive(Clone)]
struct Key {
    kid: String,
    secret: Vec<u8>,
}

/// Names the keys and never shows a secret.
impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kids = self.0.iter().map(|key| &key.kid);
        f.debug_list().entries(kids).finish()
    }
}

impl KeyRing {
    /// Parses the secret `URL_KEYS`: `kid:secret` for each key, parted by commas
    /// or white space, the secret in base64url (padding is passed over).
    pub fn parse(text: &str) -> Result<Self, KeyRingError> {
        let is_break = |c: char| c == ',' || c.is_whitespace();
        let mut keys: Vec<Key> = Vec::new();
        for entry in text.split(is_break).filter(|entry| !entry.is_empty()) {
            if keys.len() == MOST_KEYS {
                return Err(KeyRingError::TooMany);
            }
            let key = Key::parse(entry)?;
            if keys.iter().any(|known| known.kid == key.kid) {
                return Err(KeyRingError::Twice);
            }
            keys.push(key);
        }
        if keys.is_empty() {
            return Err(KeyRingError::Empty);
        }
        Ok(Self(keys))
    }

    /// A key as [`KeyRing::parse`] reads it, made of 32 random bytes; `None` if
    /// `kid` is not one.
    #[must_use]
    pub fn entry(kid: &str, secret: [u8; 32]) -> Option<String> {
        let entry = format!("{kid}:{}", URL_SAFE_NO_PAD.encode(secret));
        Key::parse(&entry).ok().map(|_| entry)
    }

    /// A ring of no keys, for a deployment that signs no URLs: it verifies none.
    #[must_use]
    pub fn none() -> Self {
        Self(Vec::new())
    }

    /// The path with the parameters that sign it. The path is as it will stand
    /// in the URL, percent-encoded and without a query.
    pub fn sign(&self, path: &str, exp: Option<u64>) -> Result<String, SignError> {
        let key = self.0.first().ok_or(SignError::NoKey)?;
        if !is_stable(path) {
            return Err(SignError::Path);
        }
        let exp = exp.map_or_else(String::new, |exp| exp.to_string());
        let mac = hmac_sha256::HMAC::mac(message(&key.kid, &exp, path), &key.secret);
        let sig = URL_SAFE_NO_PAD.encode(mac);
        let kid = &key.kid;
        Ok(if exp.is_empty() {
            format!("{path}?kid={kid}&sig={sig}")
        } else {
            format!("{path}?kid={kid}&exp={exp}&sig={sig}")
        })
    }

    /// What a request may ask for: [`Policy::Unsigned`] if it carries none of
    /// the parameters, [`Policy::Signed`] if its signature holds at `now` (Unix
    /// seconds), an error otherwise. `path` and `query` are as they stand in the
    /// URL; `query` is what follows the `?`, and empty if there is none.
    pub fn verify(&self, path: &str, query: &str, now: u64) -> Result<Policy, SignedUrlError> {
        let Parameters { kid, exp, sig } = Parameters::read(query)?;
        let (kid, sig) = match (kid, exp, sig) {
            (None, None, None) => return Ok(Policy::Unsigned),
            (Some(kid), _, Some(sig)) => (kid, sig),
            _ => return Err(SignedUrlError::Incomplete),
        };
        let expires = exp.map(seconds).transpose()?;
        let mac: [u8; 32] = URL_SAFE_NO_PAD
            .decode(sig)
            .ok()
            .and_then(|bytes| bytes.try_into().ok())
            .ok_or(SignedUrlError::Malformed("sig"))?;
        let key = self.0.iter().find(|key| key.kid == kid);
        let key = key.ok_or(SignedUrlError::UnknownKey)?;
        let message = message(kid, exp.unwrap_or_default(), path);
        // Compares in constant time.
        if !hmac_sha256::HMAC::verify(message, &key.secret, &mac) {
            return Err(SignedUrlError::Signature);
        }
        match expires {
            Some(expires) if now >= expires => Err(SignedUrlError::Expired),
            _ => Ok(Policy::Signed),
        }
    }
}

impl Key {
    fn parse(entry: &str) -> Result<Self, KeyRingError> {
        let (kid, secret) = entry.split_once(':').ok_or(KeyRingError::Name)?;
        let is_kid = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
        if kid.is_empty() || kid.len() > 32 || !kid.bytes().all(is_kid) {
            return Err(KeyRingError::Name);
        }
        let secret = secret.trim_end_matches('=');
        if secret.len() > LONGEST_SECRET * 2 {
            return Err(KeyRingError::Secret);
        }
        let secret = URL_SAFE_NO_PAD
            .decode(secret)
            .map_err(|_| KeyRingError::Secret)?;
        if !(SHORTEST_SECRET..=LONGEST_SECRET).contains(&secret.len()) {
            return Err(KeyRingError::Secret);
        }
        Ok(Self {
            kid: kid.to_owned(),
            secret,
        })
    }
}

/// Whether browsers send the path byte for byte: it holds nothing the WHATWG URL
/// standard percent-encodes or resolves in a path.
fn is_stable(path: &str) -> bool {
    let sent_as_is = |byte: u8| byte.is_ascii_graphic() && !b"\"#<>?\\^`{|}".contains(&byte);
    let is_dots = |segment: &str| {
        let segment = segment.to_ascii_lowercase().replace("%2e", ".");
        segment == "." || segment == ".."
    };
    path.starts_with('/') && path.bytes().all(sent_as_is) && !path.split('/').any(is_dots)
}

fn message(kid: &str, exp: &str, path: &str) -> String {
    format!("{PURPOSE}\n{kid}\n{exp}\n{path}")
}

/// Unix seconds in their one spelling, so that the signed text is that of the
/// number.
fn seconds(text: &str) -> Result<u64, SignedUrlError> {
    let number: Option<u64> = text.parse().ok();
    number
        .filter(|number| number.to_string() == text)
        .ok_or(SignedUrlError::Malformed("exp"))
}

/// Our parameters of a query; those of others are passed over.
#[derive(Default)]
struct Parameters<'a> {
    kid: Option<&'a str>,
    exp: Option<&'a str>,
    sig: Option<&'a str>,
}

impl<'a> Parameters<'a> {
    fn read(query: &'a str) -> Result<Self, SignedUrlError> {
        let mut read = Self::default();
        for pair in query.split('&') {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (slot, name) = match name {
                "kid" => (&mut read.kid, "kid"),
                "exp" => (&mut read.exp, "exp"),
                "sig" => (&mut read.sig, "sig"),
                _ => continue,
            };
            if slot.replace(value).is_some() {
                return Err(SignedUrlError::Twice(name));
            }
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests;
