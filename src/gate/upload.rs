//! The right to upload: a short JWT that a creator signs with the key the
//! marketplace delegates to. It opens nothing and publishes nothing; it only
//! keeps strangers from filling the store.

use std::fmt;

use serde_json::{Map, Value};

use super::error::GateError;
use super::jws::{self, Jws, UPLOAD_TYPE};
use super::keys::{SigningKey, VerifyingKey};
use crate::trust::{DropPath, Name, PublicKey};

/// The longest life of such a token, in seconds: it is made for one upload.
pub const LONGEST: u64 = 600;

/// How far two clocks may differ, in seconds.
const SKEW: u64 = 30;

/// Why a token gives no right to upload. One sentence each, for the creator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UploadError {
    /// The token is malformed.
    Token(GateError),
    /// It was made for another purpose.
    Purpose,
    /// Its `iss` is no creator's name, or none of that creator's keys signed it.
    Signature,
    /// It is not for this edge.
    Audience,
    /// It is over, begins later, or lives longer than [`LONGEST`].
    Time,
    /// It is for another drop.
    Drop,
}

impl fmt::Display for UploadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Token(error) => error.fmt(f),
            Self::Purpose => f.write_str("the token is not one for uploads"),
            Self::Signature => f.write_str("the token is not signed with a key of its creator"),
            Self::Audience => f.write_str("the token is for another worker; check --audience"),
            Self::Time => write!(
                f,
                "the token has expired or lives longer than {LONGEST} seconds; check the clock"
            ),
            Self::Drop => f.write_str("the token is for another drop"),
        }
    }
}

impl std::error::Error for UploadError {}

/// Signs a token for uploads to one drop until `exp`.
#[must_use]
pub fn mint(drop: &DropPath, audience: &str, exp: u64, key: &SigningKey) -> String {
    let mut claims = Map::new();
    claims.insert("iss".to_owned(), drop.creator.as_str().into());
    claims.insert("aud".to_owned(), audience.into());
    claims.insert("exp".to_owned(), exp.into());
    claims.insert("drop".to_owned(), drop.to_string().into());
    jws::sign(UPLOAD_TYPE, &key.public().thumbprint(), &claims, key)
}

/// The creator who claims to have signed; unproven.
pub fn issuer(token: &str) -> Result<Name, UploadError> {
    let jws = Jws::parse(token).map_err(UploadError::Token)?;
    let name = jws.issuer().map_err(UploadError::Token)?;
    Name::parse_creator(name).map_err(|_| UploadError::Signature)
}

/// Checks a token against the keys of the creator it names. `drop` is what is
/// uploaded to; without it any drop of the creator will do.
pub fn verify(
    token: &str,
    keys: &[PublicKey],
    audience: &str,
    drop: Option<&DropPath>,
    now: u64,
) -> Result<(), UploadError> {
    let jws = Jws::parse(token).map_err(UploadError::Token)?;
    if jws.typ.as_deref() != Some(UPLOAD_TYPE) {
        return Err(UploadError::Purpose);
    }
    let signed = keys
        .iter()
        .filter_map(|key| VerifyingKey::from_bytes(key.0).ok())
        .any(|key| jws.signed_by(&key));
    if !signed {
        return Err(UploadError::Signature);
    }
    let text = |name| jws.payload.get(name).and_then(Value::as_str);
    if text("aud") != Some(audience) {
        return Err(UploadError::Audience);
    }
    let exp = jws.payload.get("exp").and_then(Value::as_u64);
    let in_time = exp.is_some_and(|exp| {
        now < exp.saturating_add(SKEW) && exp <= now.saturating_add(LONGEST + SKEW)
    });
    if !in_time {
        return Err(UploadError::Time);
    }
    let named = text("drop").and_then(|text| DropPath::parse(text).ok());
    let Some(named) = named.filter(|named| Some(named.creator.as_str()) == text("iss")) else {
        return Err(UploadError::Drop);
    };
    if drop.is_some_and(|drop| *drop != named) {
        return Err(UploadError::Drop);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_800_000_000;

    #[test]
    fn a_creator_may_upload_to_their_drop_for_ten_minutes() {
        let key = SigningKey::from_seed([1; 32]).unwrap();
        let keys = [PublicKey(key.public().to_bytes())];
        let drop = DropPath::parse("alice/drop-7").unwrap();
        let other = DropPath::parse("alice/drop-8").unwrap();
        let token = mint(&drop, "edge", NOW + LONGEST, &key);
        let check = |token: &str, audience, drop, now| verify(token, &keys, audience, drop, now);

        assert_eq!(issuer(&token).unwrap().as_str(), "alice");
        assert_eq!(check(&token, "edge", Some(&drop), NOW), Ok(()));
        assert_eq!(check(&token, "edge", None, NOW), Ok(()));
        assert_eq!(
            check(&token, "edge", Some(&other), NOW),
            Err(UploadError::Drop)
        );
        assert_eq!(
            check(&token, "else", Some(&drop), NOW),
            Err(UploadError::Audience)
        );
        assert_eq!(
            check(&token, "edge", Some(&drop), NOW + 631),
            Err(UploadError::Time)
        );
        let long = mint(&drop, "edge", NOW + 86_400, &key);
        assert_eq!(
            check(&long, "edge", Some(&drop), NOW),
            Err(UploadError::Time)
        );

        let stranger = SigningKey::from_seed([2; 32]).unwrap();
        let forged = mint(&drop, "edge", NOW + LONGEST, &stranger);
        assert_eq!(
            check(&forged, "edge", Some(&drop), NOW),
            Err(UploadError::Signature)
        );
        let grant = jws::sign("JWT", "k", &Map::new(), &key);
        assert_eq!(
            check(&grant, "edge", Some(&drop), NOW),
            Err(UploadError::Purpose)
        );
        assert!(matches!(
            check("a.b", "edge", None, NOW),
            Err(UploadError::Token(_))
        ));
    }
}
