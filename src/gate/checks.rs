//! Each claim held against the request.

use super::access::{Access, Policy};
use super::claims::Claims;
use super::decide::Gate;
use super::error::GateError;

/// How far two clocks may differ (seconds).
pub const SKEW: u64 = 30;

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
