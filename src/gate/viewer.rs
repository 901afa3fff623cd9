//! The right to look at the dashboard: a JWT that the command line signs. `typ`
//! is `dashboard+jwt`, `iss` who looks: a creator, by a key that the
//! marketplace's metadata delegates to, or the operator, by the edge's own.

use serde_json::{Map, Value, json};

use super::claim_reader::Reader;
use super::error::{GateError, quoted};
use super::jws::{self, Jws, VIEW_TYPE};
use super::keys::{SigningKey, VerifyingKey};
use crate::trust::Name;

/// The longest that one link is good for: a season.
pub const VIEW_LIFE: u64 = 92 * 86_400;

/// Who sees everything: no creator's name has an asterisk.
pub const OPERATOR: &str = "*";

/// A token that was taken apart; whose keys to check it with is known.
#[derive(Debug)]
pub struct UnprovenView<'a> {
    jws: Jws<'a>,
    /// The creator whose numbers are asked for; `None` is the operator.
    pub creator: Option<Name>,
}

/// Signs the right to look for some seconds from now.
#[must_use]
pub fn mint_view(who: &str, audience: &str, key: &SigningKey, now: u64, lasts: u64) -> String {
    let claims = [
        ("iss", json!(who)),
        ("aud", json!(audience)),
        ("iat", json!(now)),
        ("exp", json!(now.saturating_add(lasts.min(VIEW_LIFE)))),
    ];
    let claims: Map<String, Value> = claims
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    jws::sign(VIEW_TYPE, &key.public().thumbprint(), &claims, key)
}

impl<'a> UnprovenView<'a> {
    /// Takes a token apart.
    pub fn parse(token: &'a str) -> Result<Self, GateError> {
        let jws = Jws::parse(token)?;
        if jws.typ.as_deref() != Some(VIEW_TYPE) {
            let typ = jws.typ.as_deref().unwrap_or("absent");
            return Err(GateError::OtherPurpose(quoted(typ)));
        }
        let issuer = jws.issuer()?;
        let creator = match issuer {
            OPERATOR => None,
            name => Some(
                Name::parse_creator(name)
                    .map_err(|_| GateError::ClaimValue("iss", quoted(issuer)))?,
            ),
        };
        Ok(Self { jws, creator })
    }

    /// Checks signature and claims; the answer is until when it is good.
    pub fn prove(&self, keys: &[VerifyingKey], audience: &str, now: u64) -> Result<u64, GateError> {
        if !keys.iter().any(|key| self.jws.signed_by(key)) {
            return Err(GateError::BadSignature);
        }
        let read = Reader(&self.jws.payload);
        let exp = read.lifetime(now, VIEW_LIFE)?;
        if read.text("aud")?.as_deref() != Some(audience) {
            return Err(GateError::WrongAudience(audience.to_owned()));
        }
        Ok(exp)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{gate::mint_upload, trust::DropPath};

    const NOW: u64 = 1_800_000_000;

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_seed([seed; 32]).unwrap()
    }

    #[test]
    fn a_link_is_for_one_viewer_one_edge_and_a_time() {
        let token = mint_view("alice", "edge", &key(1), NOW, 3600);
        let view = UnprovenView::parse(&token).unwrap();
        assert_eq!(view.creator.as_ref().map(Name::as_str), Some("alice"));
        let keys = [key(2).public(), key(1).public()];
        assert_eq!(view.prove(&keys, "edge", NOW), Ok(NOW + 3600));
        assert_eq!(
            view.prove(&keys[..1], "edge", NOW),
            Err(GateError::BadSignature)
        );
        assert_eq!(view.prove(&[], "edge", NOW), Err(GateError::BadSignature));
        let late = view.prove(&keys, "edge", NOW + 3630);
        assert_eq!(late, Err(GateError::Expired(NOW + 3600)));
        assert!(view.prove(&keys, "other", NOW).is_err());
        assert!(view.prove(&keys, "edge", NOW - 60).is_err());
    }

    #[test]
    fn other_tokens_and_other_names_are_no_view() {
        let drop = DropPath::parse("alice/drop-7").unwrap();
        let upload = mint_upload(&drop, "edge", &key(1), NOW);
        assert!(matches!(
            UnprovenView::parse(&upload),
            Err(GateError::OtherPurpose(_))
        ));
        let operator = mint_view(OPERATOR, "edge", &key(1), NOW, u64::MAX);
        let view = UnprovenView::parse(&operator).unwrap();
        assert_eq!(view.creator, None);
        assert_eq!(
            view.prove(&[key(1).public()], "edge", NOW),
            Ok(NOW + VIEW_LIFE)
        );
        let nobody = mint_view("Not A Name", "edge", &key(1), NOW, 60);
        assert!(UnprovenView::parse(&nobody).is_err());
    }
}
