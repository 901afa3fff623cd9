//! The right to upload files of a drop before its manifest is published.
//!
//! A creator signs a short JWT with a key that the marketplace's TUF metadata
//! delegates to, so no other credential exists: `typ` is `upload+jwt`, `iss` the
//! creator, `aud` the edge, `drop` the one drop, and it lives for ten minutes.

use serde_json::{Map, Value, json};

use super::claim_reader::Reader;
use super::error::{GateError, quoted};
use super::jws::{self, Jws, UPLOAD_TYPE};
use super::keys::{SigningKey, VerifyingKey};
use crate::trust::{DropPath, Name, TargetPath};

/// Long enough to send files one after the other with a fresh right for each,
/// short enough that one in a log is worthless.
pub const UPLOAD_LIFE: u64 = 600;

/// The length of a part of a file that is too long for one request; the last one
/// may be shorter. A multiple of every chunk size, so that whoever sends a part
/// can check it against the manifest's chunks; R2 takes 10 000 parts.
pub const PART_SIZE: u64 = 32 * 1024 * 1024;

/// As many audiences as a grant may have.
const MAX_AUDIENCES: usize = 16;

/// A right to upload that was proven.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadRight {
    /// The drop whose files may be uploaded.
    pub drop: DropPath,
    /// Until when.
    pub exp: u64,
}

impl UploadRight {
    /// Whether this file may be uploaded.
    #[must_use]
    pub fn covers(&self, path: &TargetPath) -> bool {
        path.drop == self.drop
    }
}

/// An upload token that was taken apart; whose keys to check it with is known.
#[derive(Debug)]
pub struct UnprovenUpload<'a> {
    jws: Jws<'a>,
    creator: Name,
}

/// Signs the right to upload to a drop, from now for [`UPLOAD_LIFE`] seconds.
#[must_use]
pub fn mint_upload(drop: &DropPath, audience: &str, key: &SigningKey, now: u64) -> String {
    let signed = unsigned_upload(drop, audience, &key.public(), now);
    let signature = key.sign(signed.as_bytes());
    finish_upload(signed, &signature)
}

/// The same right before it is signed, for a key that signs somewhere else;
/// [`finish_upload`] adds its signature over these bytes.
#[must_use]
pub fn unsigned_upload(drop: &DropPath, audience: &str, key: &VerifyingKey, now: u64) -> String {
    let claims = [
        ("iss", json!(drop.creator.as_str())),
        ("aud", json!(audience)),
        ("iat", json!(now)),
        ("exp", json!(now.saturating_add(UPLOAD_LIFE))),
        ("drop", json!(drop.to_string())),
    ];
    let claims: Map<String, Value> = claims
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    jws::unsigned(UPLOAD_TYPE, &key.thumbprint(), &claims)
}

/// The token.
#[must_use]
pub fn finish_upload(unsigned: String, signature: &[u8; 64]) -> String {
    jws::finish(unsigned, signature)
}

impl<'a> UnprovenUpload<'a> {
    /// Takes a token apart.
    pub fn parse(token: &'a str) -> Result<Self, GateError> {
        let jws = Jws::parse(token)?;
        if jws.typ.as_deref() != Some(UPLOAD_TYPE) {
            let typ = jws.typ.as_deref().unwrap_or("absent");
            return Err(GateError::OtherPurpose(quoted(typ)));
        }
        let issuer = jws.issuer()?;
        let creator = Name::parse_creator(issuer)
            .map_err(|_| GateError::ClaimValue("iss", quoted(issuer)))?;
        Ok(Self { jws, creator })
    }

    /// The creator who is said to have signed: load this one's keys.
    #[must_use]
    pub fn creator(&self) -> &Name {
        &self.creator
    }

    /// Checks signature and claims with the keys that the metadata lists for the
    /// creator. The `kid` is not needed: they are few.
    pub fn prove(
        &self,
        keys: &[VerifyingKey],
        audience: &str,
        now: u64,
    ) -> Result<UploadRight, GateError> {
        if keys.is_empty() {
            return Err(GateError::UnknownIssuer(self.creator.to_string()));
        }
        if !keys.iter().any(|key| self.jws.signed_by(key)) {
            return Err(GateError::BadSignature);
        }
        let read = Reader(&self.jws.payload);
        let exp = read.lifetime(now, UPLOAD_LIFE)?;
        let audiences = read.texts_or_one("aud", MAX_AUDIENCES)?;
        if !audiences.iter().any(|name| name == audience) {
            return Err(GateError::WrongAudience(audience.to_owned()));
        }
        let drop = read.text("drop")?.ok_or(GateError::NoClaim("drop"))?;
        match DropPath::parse(&drop) {
            Ok(drop) if drop.creator == self.creator => Ok(UploadRight { drop, exp }),
            Ok(drop) => Err(GateError::OtherPath(drop.to_string())),
            Err(_) => Err(GateError::ClaimValue("drop", quoted(&drop))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EDGE: &str = "https://edge.example";
    const NOW: u64 = 1_800_000_000;

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_seed([seed; 32]).unwrap()
    }

    fn prove(token: &str, now: u64) -> Result<UploadRight, GateError> {
        UnprovenUpload::parse(token)?.prove(&[key(1).public(), key(2).public()], EDGE, now)
    }

    fn token(change: &[(&str, Value)]) -> String {
        let mut claims = json!({"iss": "alice", "aud": EDGE, "iat": NOW, "exp": NOW + 600, "drop": "alice/drop-7"});
        for (name, value) in change {
            claims[*name] = value.clone();
        }
        jws::sign(UPLOAD_TYPE, "k", claims.as_object().unwrap(), &key(2))
    }

    #[test]
    fn a_creator_may_upload_to_one_drop_for_ten_minutes() {
        let drop = DropPath::parse("alice/drop-7").unwrap();
        let minted = mint_upload(&drop, EDGE, &key(2), NOW);
        let upload = UnprovenUpload::parse(&minted).unwrap();
        assert_eq!(upload.creator().as_str(), "alice");
        let right = prove(&minted, NOW).unwrap();
        assert!(right.covers(&TargetPath::parse("alice/drop-7/a.jpg").unwrap()));
        assert!(!right.covers(&TargetPath::parse("alice/drop-8/a.jpg").unwrap()));
        assert!(prove(&minted, NOW + 629).is_ok());
        assert_eq!(
            prove(&minted, NOW + 630),
            Err(GateError::Expired(NOW + 600))
        );
        assert_eq!(prove(&token(&[]), NOW), Ok(right));
    }

    #[test]
    fn what_is_no_right_says_why() {
        let stranger = mint_upload(
            &DropPath::parse("alice/drop-7").unwrap(),
            EDGE,
            &key(3),
            NOW,
        );
        assert_eq!(prove(&stranger, NOW), Err(GateError::BadSignature));
        let grant = jws::sign("JWT", "k", &Map::new(), &key(2));
        assert!(matches!(
            prove(&grant, NOW),
            Err(GateError::OtherPurpose(_))
        ));
        let none = UnprovenUpload::parse(&stranger)
            .unwrap()
            .prove(&[], EDGE, NOW);
        assert_eq!(none, Err(GateError::UnknownIssuer("alice".to_owned())));
        for (name, value, reason) in [
            (
                "iss",
                json!("bob"),
                GateError::OtherPath("alice/drop-7".to_owned()),
            ),
            (
                "iss",
                json!("a/b"),
                GateError::ClaimValue("iss", "a/b".to_owned()),
            ),
            (
                "drop",
                json!("bob/drop"),
                GateError::OtherPath("bob/drop".to_owned()),
            ),
            (
                "drop",
                json!("alice/*"),
                GateError::ClaimValue("drop", "alice/*".to_owned()),
            ),
            (
                "drop",
                json!(null),
                GateError::ClaimType("drop", "a string"),
            ),
            (
                "aud",
                json!("https://other.example"),
                GateError::WrongAudience(EDGE.to_owned()),
            ),
            (
                "exp",
                json!(NOW + 601),
                GateError::ClaimBound("exp", NOW + 600),
            ),
            ("iat", json!(NOW + 31), GateError::IssuedInFuture(NOW + 31)),
            ("iat", json!(0), GateError::ClaimBound("exp", 600)),
        ] {
            assert_eq!(prove(&token(&[(name, value)]), NOW), Err(reason), "{name}");
        }
    }
}
