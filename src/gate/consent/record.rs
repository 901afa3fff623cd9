//! What is kept of a consent, and the receipt that is made of it: fields after
//! ISO/IEC TS 27560:2023. No name, address or device is in either.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{CONSENT_SECONDS, MEASUREMENT, PREFETCH};
use crate::{
    gate::{
        jws::{self, CONSENT_TYPE},
        keys::SigningKey,
    },
    trust::format_time,
};

/// A consent in the books.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsentRecord {
    /// The drop that asked: `creator/drop`.
    pub drop: String,
    /// The version of the manifest that asked.
    pub version: u64,
    /// Its SHA-256: what was agreed to, word for word.
    pub manifest: String,
    /// The scopes.
    pub scopes: Vec<String>,
    /// When they were agreed to.
    pub given: u64,
    /// When that was taken back.
    pub withdrawn: Option<u64>,
    /// The place in the status lists.
    pub place: u64,
}

/// Who a receipt names besides the drop.
#[derive(Debug, Clone, Copy)]
pub struct Parties<'a> {
    /// What the marketplace calls itself.
    pub site: &'a str,
    /// Its address.
    pub origin: &'a str,
    /// The receipt's own address, where it can be withdrawn.
    pub here: &'a str,
}

/// What a scope means, in words for people.
#[must_use]
pub fn told_scope(scope: &str) -> String {
    match scope {
        MEASUREMENT => {
            "Count the steps of my visit together: which files of this drop I open, and whether downloads succeed. Without my name or address.".to_owned()
        }
        PREFETCH => "Fetch large files to this device before I ask for them.".to_owned(),
        other => other.replace(['-', '_', '.'], " "),
    }
}

impl ConsentRecord {
    /// Until when it is good.
    #[must_use]
    pub fn until(&self) -> u64 {
        self.given.saturating_add(CONSENT_SECONDS)
    }

    /// The receipt, in the terms of ISO/IEC TS 27560.
    #[must_use]
    pub fn receipt(&self, id: &str, parties: Parties<'_>) -> Value {
        let Parties { site, origin, here } = parties;
        let creator = self.drop.split('/').next().unwrap_or_default();
        let purpose = |scope: &String| {
            json!({
                "purpose": scope,
                "purpose_description": told_scope(scope),
                "lawful_basis": "consent",
                "pii_information": [{"pii_type": "usage of this drop, without a name or address", "pii_optional": false}],
                "pii_controllers": ["marketplace", creator],
                "collection_method": "while the files of the drop are used",
                "retention_period": format!("until {}, or until it is withdrawn", format_time(self.until())),
                "recipient_third_parties": [],
                "withdrawal_method": here,
                "privacy_rights": here,
            })
        };
        let purposes: Vec<Value> = self.scopes.iter().map(purpose).collect();
        let event = |state: &str, at: u64| {
            json!({
                "event_type": "explicit",
                "event_state": state,
                "event_time": format_time(at),
                "validity_duration": format_time(self.until()),
                "entity_id": "the holder of this receipt",
            })
        };
        let given = event("consent given", self.given);
        let withdrawn = self.withdrawn.map(|at| event("consent withdrawn", at));
        let events: Vec<Value> = std::iter::once(given).chain(withdrawn).collect();
        json!({
            "schema_version": "ISO/IEC TS 27560:2023",
            "record_id": id,
            "receipt_id": id,
            // A random name that stands nowhere else.
            "pii_principal_id": format!("holder of {id}"),
            "pii_processing": {
                "privacy_notice": format!("{origin}/consent/{}", self.drop),
                "language": "en",
                "services": [format!("{origin}/d/{}", self.drop)],
                "purposes": purposes,
            },
            "party_identification": [
                {"party_id": "marketplace", "party_role": "PII controller", "party_name": site, "party_url": origin},
                {"party_id": creator, "party_role": "PII controller", "party_name": creator, "party_url": format!("{origin}/d/{}", self.drop)},
            ],
            "consent_events": events,
            "notice_version": {"drop": self.drop, "version": self.version, "manifest_sha256": self.manifest},
        })
    }

    /// The receipt signed by this edge: a JWS that any library checks with the
    /// keys at `/.well-known/jwks.json`.
    #[must_use]
    pub fn signed(&self, id: &str, parties: Parties<'_>, key: &SigningKey) -> String {
        let claims: Map<String, Value> = match self.receipt(id, parties) {
            Value::Object(claims) => claims,
            _ => Map::new(),
        };
        jws::sign(CONSENT_TYPE, &key.public().thumbprint(), &claims, key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::jws::Jws;

    #[test]
    fn a_receipt_says_what_was_agreed_and_what_became_of_it() {
        let mut record = ConsentRecord {
            drop: "alice/drop-7".to_owned(),
            version: 3,
            manifest: "ab".repeat(32),
            scopes: vec!["measurement".to_owned(), "news-letter".to_owned()],
            given: 1_800_000_000,
            withdrawn: None,
            place: 4,
        };
        let parties = Parties {
            site: "The market",
            origin: "https://market.example",
            here: "https://market.example/consent/x.y",
        };
        let receipt = record.receipt("id-1", parties);
        let at = |pointer: &str| receipt.pointer(pointer).cloned().unwrap_or_default();
        assert_eq!(at("/record_id"), "id-1");
        assert_eq!(at("/pii_processing/purposes/1/purpose"), "news-letter");
        assert_eq!(
            at("/pii_processing/purposes/1/purpose_description"),
            "news letter"
        );
        assert_eq!(at("/consent_events/0/event_state"), "consent given");
        assert_eq!(at("/consent_events/1"), Value::Null);
        record.withdrawn = Some(1_800_000_100);
        let withdrawn = record.receipt("id-1", parties);
        let state = withdrawn.pointer("/consent_events/1/event_state");
        assert_eq!(state.unwrap(), "consent withdrawn");

        let key = SigningKey::from_seed([1; 32]).unwrap();
        let signed = record.signed("id-1", parties, &key);
        let jws = Jws::parse(&signed).unwrap();
        assert!(jws.signed_by(&key.public()));
        assert_eq!(Value::Object(jws.payload.clone()), withdrawn);
        assert!(jws.for_grant().is_err(), "a receipt is no grant");
    }
}
