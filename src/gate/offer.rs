//! What a code, a link or a purchase becomes: the terms of a grant to be.

use serde::{Deserialize, Serialize};

use super::claims::{Claims, Limits};
use super::pattern::Pattern;

/// The terms of a grant that is minted later. Stored with a campaign or a link.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// What it will open.
    pub paths: Vec<Pattern>,
    /// The tier it will reach.
    pub tier: Option<String>,
    /// How much it may take.
    #[serde(default)]
    pub lim: Limits,
    /// For how many seconds it will be good.
    pub lasts: u64,
    /// Seconds after that in which a download may finish.
    #[serde(default)]
    pub grace: u64,
}

impl Offer {
    /// The claims of the grant that was made at `at` under the id `jti`. They
    /// depend on nothing else, so that asking again gives the same grant.
    #[must_use]
    pub fn claims(&self, issuer: &str, audience: &str, jti: &str, at: u64) -> Claims {
        Claims {
            iss: issuer.to_owned(),
            aud: vec![audience.to_owned()],
            exp: at.saturating_add(self.lasts),
            iat: Some(at),
            jti: Some(jti.to_owned()),
            paths: self.paths.clone(),
            tier: self.tier.clone(),
            lim: self.lim,
            grace: self.grace,
            ..Claims::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offer_is_stored_and_becomes_the_same_claims_each_time() {
        let text = r#"{"paths":["alice/drop-7/*"],"tier":"gold","lasts":60}"#;
        let offer: Offer = serde_json::from_str(text).unwrap();
        let stored = serde_json::to_string(&offer).unwrap();
        assert_eq!(serde_json::from_str::<Offer>(&stored).unwrap(), offer);
        let claims = offer.claims("edge", "https://edge.example", "j", 1000);
        assert_eq!((claims.exp, claims.iat), (1060, Some(1000)));
        assert_eq!(Claims::from_payload(&claims.to_payload()), Ok(claims));
        assert!(serde_json::from_str::<Offer>(r#"{"paths":["*"],"lasts":1}"#).is_err());
    }
}
