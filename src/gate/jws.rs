//! Compact JWS (RFC 7515) with Ed25519 (RFC 8037, RFC 9864), and nothing else.
//!
//! What RFC 7515 §5.2 and RFC 8725 ask of a verifier, by number in [`Jws::parse`]:
//!
//! 1. bound the input before it is taken apart;
//! 2. exactly three parts;
//! 3. each base64url without padding, white space or other characters;
//! 4. the header is a JSON object in UTF-8 without duplicate names;
//! 5. the algorithm is one that the verifier chose, never the token;
//! 6. `crit` names extensions that must be understood; we understand none;
//! 7. keys in the header (`jwk`, `jku`, `x5c`) are never looked at.

use serde_json::{Map, Value};

use super::base64url;
use super::error::{GateError, Part, quoted};
use super::json::{self, JsonError};
use super::keys::{SigningKey, VerifyingKey};

/// The bound of a token: a request's headers together may have 16 KiB at the
/// edge, and a grant with 64 paths has four.
pub const MAX_TOKEN: usize = 8 * 1024;

/// The `alg` we write: every stock library knows `EdDSA`, few yet `Ed25519`.
const ALG: &str = "EdDSA";

/// The `typ` of tokens that the same keys may sign for other purposes; RFC 8725
/// §3.11: none may pass for a grant.
const OTHER_PURPOSES: [&str; 4] = [UPLOAD_TYPE, STATUS_TYPE, VIEW_TYPE, CONSENT_TYPE];

/// The `typ` of an upload right.
pub const UPLOAD_TYPE: &str = "upload+jwt";

/// The `typ` of the right to look at numbers.
pub const VIEW_TYPE: &str = "dashboard+jwt";

/// The `typ` of a status list token (IETF Token Status List, §5.1).
pub const STATUS_TYPE: &str = "statuslist+jwt";

/// The `typ` of a receipt for a consent.
pub const CONSENT_TYPE: &str = "consent-receipt+jwt";

/// A token that was taken apart and whose signature was *not* checked yet.
#[derive(Debug)]
pub struct Jws<'a> {
    signed: &'a str,
    signature: [u8; 64],
    /// The name of the key that is said to have signed.
    pub kid: Option<String>,
    /// The purpose, in lower case and without `application/`.
    pub typ: Option<String>,
    /// The claims.
    pub payload: Map<String, Value>,
}

impl<'a> Jws<'a> {
    /// Takes a token apart.
    pub fn parse(token: &'a str) -> Result<Self, GateError> {
        Self::parse_within(token, MAX_TOKEN)
    }

    /// The same with another bound, for tokens that do not travel in a header.
    pub fn parse_within(token: &'a str, most: usize) -> Result<Self, GateError> {
        // 1.
        if token.len() > most {
            return Err(GateError::TooLong(token.len()));
        }
        // 2.
        let (signed, header, payload, signature) = parts(token)?;
        // 3. and 4.
        let mut header = object(header, Part::Header)?;
        // 5.
        match header.get("alg") {
            None => return Err(GateError::NoAlgorithm),
            Some(Value::String(alg)) if alg == "EdDSA" || alg == "Ed25519" => {}
            Some(Value::String(alg)) => return Err(GateError::Algorithm(quoted(alg))),
            Some(_) => return Err(GateError::HeaderType("alg")),
        }
        // 6.
        if header.contains_key("crit") {
            return Err(GateError::Critical);
        }
        // 7. is what is not here.
        let kid = text(&mut header, "kid")?;
        let typ = text(&mut header, "typ")?.map(|typ| {
            let typ = typ.to_ascii_lowercase();
            typ.strip_prefix("application/")
                .map(str::to_owned)
                .unwrap_or(typ)
        });
        let payload = object(payload, Part::Payload)?;
        let signature = bytes(signature, Part::Signature)?;
        let signature = <[u8; 64]>::try_from(signature.as_slice())
            .map_err(|_| GateError::SignatureLength(signature.len()))?;
        Ok(Self {
            signed,
            signature,
            kid,
            typ,
            payload,
        })
    }

    /// Refuses a token that was signed for a purpose we know to be another.
    /// Any other `typ`, or none, is tolerated: stock libraries differ.
    pub fn for_grant(self) -> Result<Self, GateError> {
        match &self.typ {
            Some(typ) if OTHER_PURPOSES.contains(&typ.as_str()) => {
                Err(GateError::OtherPurpose(quoted(typ)))
            }
            _ => Ok(self),
        }
    }

    /// Whether this key signed it.
    #[must_use]
    pub fn signed_by(&self, key: &VerifyingKey) -> bool {
        key.verify(self.signed.as_bytes(), &self.signature)
    }

    /// The signature.
    pub(super) fn signature(&self) -> &[u8; 64] {
        &self.signature
    }

    /// The text that was signed: header and payload.
    #[must_use]
    pub fn signed_text(&self) -> &'a str {
        self.signed
    }

    /// The claim `iss`, still unproven: it only says whose keys to try.
    pub fn issuer(&self) -> Result<&str, GateError> {
        match self.payload.get("iss") {
            None => Err(GateError::NoClaim("iss")),
            Some(Value::String(issuer)) => Ok(issuer),
            Some(_) => Err(GateError::ClaimType("iss", "a string")),
        }
    }
}

/// Signs a header and claims as a compact JWS.
#[must_use]
pub fn sign(typ: &str, kid: &str, payload: &Map<String, Value>, key: &SigningKey) -> String {
    let mut header = Map::new();
    header.insert("alg".to_owned(), ALG.into());
    header.insert("typ".to_owned(), typ.into());
    header.insert("kid".to_owned(), kid.into());
    let encoded =
        |object: &Map<String, Value>| base64url::encode(Value::Object(object.clone()).to_string());
    let signed = format!("{}.{}", encoded(&header), encoded(payload));
    let signature = base64url::encode(key.sign(signed.as_bytes()));
    format!("{signed}.{signature}")
}

/// Splits into (header.payload, header, payload, signature).
fn parts(token: &str) -> Result<(&str, &str, &str, &str), GateError> {
    let found = token.split('.').take(7).count();
    let split = token.rsplit_once('.').and_then(|(signed, signature)| {
        let (header, payload) = signed.split_once('.')?;
        (!payload.contains('.')).then_some((signed, header, payload, signature))
    });
    split.ok_or(match found {
        5 => GateError::Encrypted,
        found => GateError::Parts(found),
    })
}

fn bytes(text: &str, part: Part) -> Result<Vec<u8>, GateError> {
    if text.is_empty() {
        return Err(GateError::EmptyPart(part));
    }
    base64url::decode(text).ok_or(GateError::Base64(part))
}

fn object(text: &str, part: Part) -> Result<Map<String, Value>, GateError> {
    json::object(&bytes(text, part)?).map_err(|error| match error {
        JsonError::NotUtf8 => GateError::NotUtf8(part),
        JsonError::Syntax => GateError::NotJson(part),
        JsonError::NotObject => GateError::NotObject(part),
        JsonError::Duplicate(name) => GateError::Duplicate(part, quoted(&name)),
    })
}

fn text(header: &mut Map<String, Value>, name: &'static str) -> Result<Option<String>, GateError> {
    match header.remove(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(GateError::HeaderType(name)),
    }
}
