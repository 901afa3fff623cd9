//! The decision: may this request have this file?

use std::cell::RefCell;

use super::access::{Access, Policy, Tiers};
use super::checks::CHECKS;
use super::claims::Claims;
use super::error::GateError;
use super::issuers::Issuers;
use super::jws::Jws;
use super::keys::VerifyingKey;
use super::needs::Needs;
use super::private::{GrantId, Subject};
use super::seen::Seen;
use crate::trust::DropPath;

/// A grant whose signature and types were checked, before any of its limits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Its name in our books.
    pub id: GrantId,
    /// What it says.
    pub claims: Claims,
}

/// Yes. What the rest of the request may know about why.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Allowed {
    /// The grant that opened it; `None` for a public file.
    pub grant: Option<Grant>,
    /// What must still be asked of state before the yes stands.
    pub needs: Needs,
}

impl Grant {
    /// Whether every file of the drop is covered, as its ZIP needs.
    #[must_use]
    pub fn covers_drop(&self, drop: &DropPath) -> bool {
        self.claims
            .paths
            .iter()
            .any(|pattern| pattern.covers_drop(drop))
    }
}

impl Allowed {
    /// The subject of the grant, to be hashed.
    #[must_use]
    pub fn subject(&self) -> Option<&Subject> {
        self.grant.as_ref()?.claims.sub.as_ref()
    }
}

/// The gate's answer.
pub type Decision = Result<Allowed, GateError>;

/// The gate: whom it trusts and what it is called.
#[derive(Debug, Clone)]
pub struct Gate {
    /// What a grant's `aud` must contain.
    pub audience: String,
    /// Who may mint; their keys may be fetched anew at any time.
    pub issuers: RefCell<Issuers>,
    /// The order of the tiers.
    pub tiers: Tiers,
    /// The signatures that were checked already.
    pub seen: Seen,
}

impl Gate {
    /// Decides. A public file is open whatever token came along.
    pub fn decide(&self, token: Option<&str>, access: &Access<'_>) -> Decision {
        if access.is_open() {
            return Ok(Allowed::default());
        }
        let Some(token) = token else {
            return Err(match access.policy {
                Policy::Public => GateError::ConsentMissing(access.consent.to_vec()),
                Policy::Grant | Policy::Tier(_) => GateError::Missing,
            });
        };
        let grant = self.authenticate(token, access.now)?;
        let needs = self.admit(&grant, access)?;
        Ok(Allowed {
            grant: Some(grant),
            needs,
        })
    }

    /// Holds an authenticated grant against one file, so that a whole drop (its
    /// ZIP) costs one signature check.
    pub fn admit(&self, grant: &Grant, access: &Access<'_>) -> Result<Needs, GateError> {
        if access.is_open() {
            return Ok(Needs::default());
        }
        for (_, check) in CHECKS {
            check(self, &grant.claims, access)?;
        }
        Ok(Needs::of(&grant.claims, access))
    }

    /// Checks that the token is a grant of an issuer we trust, and types its
    /// claims. What it opens is not looked at.
    pub fn authenticate(&self, token: &str, now: u64) -> Result<Grant, GateError> {
        let jws = Jws::parse(token)?.for_grant()?;
        self.check_signature(&jws, now)?;
        let claims = Claims::from_payload(&jws.payload)?;
        let id = match &claims.jti {
            Some(jti) => GrantId::named(&claims.iss, jti),
            None => GrantId::of_text(jws.signed_text()),
        };
        Ok(Grant { id, claims })
    }

    fn check_signature(&self, jws: &Jws<'_>, now: u64) -> Result<(), GateError> {
        let issuer = jws.issuer()?;
        // A configured name is quoted whole: the edge may have to fetch its keys.
        let named = || issuer.to_owned();
        let issuers = self.issuers.borrow();
        let keys = issuers
            .keys(issuer, now)
            .ok_or_else(|| GateError::UnknownIssuer(super::error::quoted(issuer)))?;
        if keys.is_empty() {
            return Err(GateError::KeysUnavailable(named()));
        }
        let candidates: Vec<&VerifyingKey> = match &jws.kid {
            Some(kid) => keys.named(kid).collect(),
            None => vec![keys.only().ok_or_else(|| GateError::NoKeyId(named()))?],
        };
        if candidates.is_empty() {
            return Err(GateError::UnknownKey {
                issuer: named(),
                kid: super::error::quoted(jws.kid.as_deref().unwrap_or_default()),
            });
        }
        if candidates.iter().any(|key| self.seen.signed_by(jws, key)) {
            Ok(())
        } else {
            Err(GateError::BadSignature)
        }
    }
}
