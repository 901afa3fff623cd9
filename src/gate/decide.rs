//! The decision: may this request have this file?

use std::net::IpAddr;

use super::claims::{Claims, Limits, StatusRef};
use super::error::GateError;
use super::issuers::Issuers;
use super::jws::Jws;
use super::keys::VerifyingKey;
use super::private::{DeviceHash, GrantId, Subject};
use crate::trust::{DropPath, TargetPath};

/// How far two clocks may differ (seconds).
pub const SKEW: u64 = 30;

/// What the manifest's `access` asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Policy {
    /// Anyone may have it.
    Public,
    /// Any grant that covers its path.
    Grant,
    /// A grant of this tier or a higher one.
    Tier(String),
}

impl Policy {
    /// Parses `access`: `public`, `grant`, or else the name of a tier.
    #[must_use]
    pub fn parse(access: &str) -> Self {
        match access {
            "public" => Self::Public,
            "grant" => Self::Grant,
            tier => Self::Tier(tier.to_owned()),
        }
    }
}

/// The marketplace's tiers from the lowest to the highest. A tier opens itself
/// and what is below; one that is not listed opens only itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tiers(Vec<String>);

impl Tiers {
    /// Parses the config value: names joined by commas, lowest first.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let names = text
            .split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty());
        Self(names.map(str::to_owned).collect())
    }

    fn reaches(&self, held: &str, needed: &str) -> bool {
        let rank = |tier: &str| self.0.iter().position(|name| name == tier);
        held == needed
            || rank(held)
                .zip(rank(needed))
                .is_some_and(|(held, needed)| held >= needed)
    }
}

/// What is asked, by whom and when.
#[derive(Debug, Clone, Copy)]
pub struct Access<'a> {
    /// The file.
    pub path: &'a TargetPath,
    /// What its manifest asks for.
    pub policy: &'a Policy,
    /// The scopes the drop asks consent to; usually none.
    pub consent: &'a [String],
    /// Seconds since 1970.
    pub now: u64,
    /// Where the request comes from.
    pub address: Option<IpAddr>,
    /// Its country (ISO 3166-1 alpha-2).
    pub country: Option<&'a str>,
    /// The edge location that answers (IATA code).
    pub colo: Option<&'a str>,
}

impl Access<'_> {
    /// Whether no grant is needed at all.
    fn is_open(&self) -> bool {
        *self.policy == Policy::Public && self.consent.is_empty()
    }
}

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

/// What a yes still depends on. All empty (the common case): no storage call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Needs {
    /// The budget to charge in the `Gate` object.
    pub budget: Option<Limits>,
    /// The first device to show the grant keeps it.
    pub once: bool,
    /// The status list whose bit must not be set.
    pub status: Option<StatusRef>,
    /// The grant has expired and is in its grace: the books must show that it
    /// began this file at or before this second, else the answer is `Expired`.
    pub begun_by: Option<u64>,
    /// The grant has a grace: note in the books when it begins a file.
    pub note_begin: bool,
}

impl Needs {
    /// Whether the decision stands as it is.
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// Settles `begun_by` with what the books say: when the grant began this
    /// file, if it did.
    pub fn check_begun(&self, begun: Option<u64>) -> Result<(), GateError> {
        let Some(by) = self.begun_by else {
            return Ok(());
        };
        fits(begun.is_some_and(|begun| begun <= by), || {
            GateError::Expired(by.saturating_sub(SKEW))
        })
    }

    /// Settles `once` with the device that the books name for the grant, if
    /// any; returns the one to write there.
    pub fn check_device(
        &self,
        first: Option<DeviceHash>,
        now: DeviceHash,
    ) -> Result<Option<DeviceHash>, GateError> {
        if !self.once {
            return Ok(first);
        }
        let first = first.unwrap_or(now);
        fits(first == now, || GateError::OtherDevice).map(|()| Some(first))
    }

    /// What these claims leave to the books.
    pub(super) fn of(claims: &Claims, access: &Access<'_>) -> Self {
        let end = claims.exp.saturating_add(SKEW);
        Self {
            budget: (!claims.lim.is_none()).then_some(claims.lim),
            once: claims.once,
            status: claims.status.clone(),
            begun_by: (access.now >= end).then_some(end),
            note_begin: claims.grace > 0,
        }
    }
}

/// The gate's answer.
pub type Decision = Result<Allowed, GateError>;

/// The gate: whom it trusts and what it is called.
#[derive(Debug, Clone)]
pub struct Gate {
    /// What a grant's `aud` must contain.
    pub audience: String,
    /// Who may mint.
    pub issuers: Issuers,
    /// The order of the tiers.
    pub tiers: Tiers,
}

/// One claim held against the request.
pub(super) type Check = fn(&Gate, &Claims, &Access<'_>) -> Result<(), GateError>;

/// Every check in its order: first whether the grant is good (401), then
/// whether it is good for this (403), then what is still to be agreed (428).
pub(super) const CHECKS: [(&str, Check); 10] = [
    ("exp", not_expired),
    ("nbf", begun),
    ("iat", issued),
    ("aud", for_us),
    ("paths", covers),
    ("tier", reaches),
    ("net", from_net),
    ("geo", from_country),
    ("colo", at_colo),
    ("consent", agreed),
];

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
        let named = || super::error::quoted(issuer);
        let keys = self
            .issuers
            .keys(issuer, now)
            .ok_or_else(|| GateError::UnknownIssuer(named()))?;
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
        if candidates.iter().any(|key| jws.signed_by(key)) {
            Ok(())
        } else {
            Err(GateError::BadSignature)
        }
    }
}

fn not_expired(_: &Gate, claims: &Claims, access: &Access<'_>) -> Result<(), GateError> {
    let end = claims.exp.saturating_add(SKEW).saturating_add(claims.grace);
    fits(access.now < end, || GateError::Expired(claims.exp))
}

fn begun(_: &Gate, claims: &Claims, access: &Access<'_>) -> Result<(), GateError> {
    let start = claims.nbf.unwrap_or(0);
    fits(access.now.saturating_add(SKEW) >= start, || {
        GateError::NotYetValid(start)
    })
}

fn issued(_: &Gate, claims: &Claims, access: &Access<'_>) -> Result<(), GateError> {
    let at = claims.iat.unwrap_or(0);
    fits(access.now.saturating_add(SKEW) >= at, || {
        GateError::IssuedInFuture(at)
    })
}

fn for_us(gate: &Gate, claims: &Claims, _: &Access<'_>) -> Result<(), GateError> {
    fits(claims.aud.contains(&gate.audience), || {
        GateError::WrongAudience(gate.audience.clone())
    })
}

fn covers(_: &Gate, claims: &Claims, access: &Access<'_>) -> Result<(), GateError> {
    let covered = claims
        .paths
        .iter()
        .any(|pattern| pattern.covers(access.path));
    fits(covered, || GateError::OtherPath(access.path.to_string()))
}

fn reaches(gate: &Gate, claims: &Claims, access: &Access<'_>) -> Result<(), GateError> {
    let Policy::Tier(needed) = access.policy else {
        return Ok(());
    };
    let held = claims.tier.as_deref();
    fits(
        held.is_some_and(|held| gate.tiers.reaches(held, needed)),
        || GateError::TierTooLow {
            held: claims.tier.clone(),
            needed: needed.clone(),
        },
    )
}

fn from_net(_: &Gate, claims: &Claims, access: &Access<'_>) -> Result<(), GateError> {
    if claims.net.is_empty() {
        return Ok(());
    }
    let address = access.address.ok_or(GateError::AddressUnknown)?;
    let inside = claims.net.iter().any(|block| block.contains(address));
    fits(inside, || GateError::OutsideNet)
}

fn from_country(_: &Gate, claims: &Claims, access: &Access<'_>) -> Result<(), GateError> {
    if claims.geo.is_empty() {
        return Ok(());
    }
    let country = access.country.ok_or(GateError::CountryUnknown)?;
    fits(listed(&claims.geo, country), || {
        GateError::OutsideGeo(country.to_owned())
    })
}

fn at_colo(_: &Gate, claims: &Claims, access: &Access<'_>) -> Result<(), GateError> {
    if claims.colo.is_empty() {
        return Ok(());
    }
    let colo = access.colo.ok_or(GateError::ColoUnknown)?;
    fits(listed(&claims.colo, colo), || {
        GateError::OutsideColo(colo.to_owned())
    })
}

fn agreed(_: &Gate, claims: &Claims, access: &Access<'_>) -> Result<(), GateError> {
    let agreed = |scope: &&String| claims.consent.iter().any(|id| id.scope == **scope);
    let missing: Vec<String> = access
        .consent
        .iter()
        .filter(|scope| !agreed(scope))
        .cloned()
        .collect();
    fits(missing.is_empty(), || GateError::ConsentMissing(missing))
}

fn listed(places: &[String], place: &str) -> bool {
    places
        .iter()
        .any(|listed| listed.eq_ignore_ascii_case(place))
}

fn fits(good: bool, otherwise: impl FnOnce() -> GateError) -> Result<(), GateError> {
    if good { Ok(()) } else { Err(otherwise()) }
}
