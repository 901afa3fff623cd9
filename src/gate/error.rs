//! Why the gate stays shut: one variant per defect.

use std::fmt;

use crate::trust::format_time;

/// One of the three parts of a compact JWS (RFC 7515 §7.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The protected header.
    Header,
    /// The claims.
    Payload,
    /// The signature.
    Signature,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Header => "header",
            Self::Payload => "payload",
            Self::Signature => "signature",
        })
    }
}

/// What kind of refusal it is; `app/problem.rs` gives it a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// 401: no grant, or none that can be believed.
    Unauthenticated,
    /// 403: a good grant for something else.
    Forbidden,
    /// 428: something must be agreed to first.
    ConsentRequired,
    /// 503: the issuer's keys are not here yet; our fault or the issuer's.
    Unavailable,
}

/// Why a grant does not open a path. `Display` is a sentence fit for a public
/// problem's `detail`; texts taken from the token are shortened and quoted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GateError {
    /// The file needs a grant and the request carries none.
    Missing,
    /// The token is longer than the bound.
    TooLong(usize),
    /// The token has not three parts.
    Parts(usize),
    /// The token has five parts: a JWE.
    Encrypted,
    /// A part is empty.
    EmptyPart(Part),
    /// A part is not unpadded base64url.
    Base64(Part),
    /// A part is not UTF-8.
    NotUtf8(Part),
    /// A part is not JSON.
    NotJson(Part),
    /// A part is JSON, but no object.
    NotObject(Part),
    /// A part has a name twice.
    Duplicate(Part, String),
    /// The header names no algorithm.
    NoAlgorithm,
    /// The algorithm is not Ed25519.
    Algorithm(String),
    /// The header has `crit`: extensions we would have to understand.
    Critical,
    /// A header member has the wrong type.
    HeaderType(&'static str),
    /// The token says by its `typ` that it is for something else.
    OtherPurpose(String),
    /// A claim that must be there is not.
    NoClaim(&'static str),
    /// A claim has the wrong type.
    ClaimType(&'static str, &'static str),
    /// A claim is too long or too large.
    ClaimBound(&'static str, u64),
    /// A claim has the right type and no meaning.
    ClaimValue(&'static str, String),
    /// Nobody configured this issuer.
    UnknownIssuer(String),
    /// The issuer is known, its keys could not be fetched yet.
    KeysUnavailable(String),
    /// The issuer has no key of this name; perhaps a newer set has: see
    /// [`Issuers::wants`](super::Issuers::wants).
    UnknownKey {
        /// Whose keys were searched.
        issuer: String,
        /// The name that was not found.
        kid: String,
    },
    /// The token names no key and the issuer has several.
    NoKeyId(String),
    /// The signature has not 64 bytes.
    SignatureLength(usize),
    /// The signature is not the key's.
    BadSignature,
    /// After `exp` (and after any `grace`).
    Expired(u64),
    /// Before `nbf`.
    NotYetValid(u64),
    /// `iat` lies in the future.
    IssuedInFuture(u64),
    /// `aud` does not name this edge.
    WrongAudience(String),
    /// `paths` does not cover the file.
    OtherPath(String),
    /// The grant's tier does not reach the file's.
    TierTooLow {
        /// The tier the grant has.
        held: Option<String>,
        /// The tier the file asks for.
        needed: String,
    },
    /// The request comes from outside `net`.
    OutsideNet,
    /// `net` is set and the address is not known.
    AddressUnknown,
    /// The request comes from a country that is not in `geo`.
    OutsideGeo(String),
    /// `geo` is set and the country is not known.
    CountryUnknown,
    /// The request came to a location that is not in `colo`.
    OutsideColo(String),
    /// `colo` is set and the location is not known.
    ColoUnknown,
    /// The issuer has revoked the grant (refund, withdrawal).
    Revoked,
    /// The issuer has suspended the grant (a dispute is open).
    Suspended,
    /// The consent that the grant was made for was withdrawn.
    Withdrawn,
    /// The list of revocations could not be fetched; fail closed.
    StatusUnavailable(String),
    /// `once` is set and another device has shown the grant first.
    OtherDevice,
    /// The drop asks for consent to these scopes and the grant carries none.
    ConsentMissing(Vec<String>),
}

impl GateError {
    /// The kind of refusal.
    #[must_use]
    pub fn class(&self) -> Class {
        match self {
            Self::OtherPath(_)
            | Self::TierTooLow { .. }
            | Self::OutsideNet
            | Self::AddressUnknown
            | Self::OutsideGeo(_)
            | Self::CountryUnknown
            | Self::OutsideColo(_)
            | Self::ColoUnknown
            | Self::Suspended
            | Self::OtherDevice => Class::Forbidden,
            Self::ConsentMissing(_) | Self::Withdrawn => Class::ConsentRequired,
            Self::KeysUnavailable(_) | Self::StatusUnavailable(_) => Class::Unavailable,
            _ => Class::Unauthenticated,
        }
    }

    /// A stable name of the defect, for a problem's `type` and for metrics.
    #[must_use]
    pub fn slug(&self) -> &'static str {
        match self {
            Self::Missing => "grant-missing",
            Self::TooLong(_)
            | Self::Parts(_)
            | Self::EmptyPart(_)
            | Self::Base64(_)
            | Self::NotUtf8(_)
            | Self::NotJson(_)
            | Self::NotObject(_)
            | Self::Duplicate(..)
            | Self::HeaderType(_)
            | Self::SignatureLength(_) => "grant-malformed",
            Self::Encrypted => "grant-encrypted",
            Self::NoAlgorithm | Self::Algorithm(_) => "grant-algorithm",
            Self::Critical => "grant-critical-extension",
            Self::OtherPurpose(_) => "grant-other-purpose",
            Self::NoClaim(_)
            | Self::ClaimType(..)
            | Self::ClaimBound(..)
            | Self::ClaimValue(..) => "grant-claim",
            Self::UnknownIssuer(_) => "grant-unknown-issuer",
            Self::KeysUnavailable(_) => "issuer-keys-unavailable",
            Self::UnknownKey { .. } | Self::NoKeyId(_) => "grant-unknown-key",
            Self::BadSignature => "grant-bad-signature",
            Self::Expired(_) => "grant-expired",
            Self::NotYetValid(_) | Self::IssuedInFuture(_) => "grant-not-yet-valid",
            Self::WrongAudience(_) => "grant-wrong-audience",
            Self::OtherPath(_) => "grant-other-path",
            Self::TierTooLow { .. } => "grant-tier-too-low",
            Self::OutsideNet | Self::AddressUnknown => "grant-outside-net",
            Self::OutsideGeo(_) | Self::CountryUnknown => "grant-outside-geo",
            Self::OutsideColo(_) | Self::ColoUnknown => "grant-outside-colo",
            Self::Revoked => "grant-revoked",
            Self::Suspended => "grant-suspended",
            Self::Withdrawn => "consent-withdrawn",
            Self::StatusUnavailable(_) => "status-list-unavailable",
            Self::OtherDevice => "grant-other-device",
            Self::ConsentMissing(_) => "consent-required",
        }
    }

    /// The step of `explain` that this defect belongs to.
    pub(super) fn step(&self) -> &'static str {
        match self {
            Self::NoAlgorithm | Self::Algorithm(_) => "alg",
            Self::Critical => "crit",
            Self::OtherPurpose(_) => "typ",
            Self::HeaderType(name)
            | Self::NoClaim(name)
            | Self::ClaimType(name, _)
            | Self::ClaimBound(name, _)
            | Self::ClaimValue(name, _) => name,
            Self::UnknownIssuer(_) | Self::KeysUnavailable(_) => "iss",
            Self::UnknownKey { .. } | Self::NoKeyId(_) => "kid",
            Self::BadSignature | Self::SignatureLength(_) => "signature",
            Self::Expired(_) => "exp",
            Self::NotYetValid(_) => "nbf",
            Self::IssuedInFuture(_) => "iat",
            Self::WrongAudience(_) => "aud",
            Self::OtherPath(_) => "paths",
            Self::TierTooLow { .. } => "tier",
            Self::OutsideNet | Self::AddressUnknown => "net",
            Self::OutsideGeo(_) | Self::CountryUnknown => "geo",
            Self::OutsideColo(_) | Self::ColoUnknown => "colo",
            Self::Revoked | Self::Suspended | Self::Withdrawn | Self::StatusUnavailable(_) => {
                "status"
            }
            Self::OtherDevice => "once",
            Self::ConsentMissing(_) => "consent",
            _ => "token",
        }
    }
}

/// At most this much of a stranger's text is quoted back, so that a problem
/// stays a sentence.
const QUOTE: usize = 64;

/// A stranger's text, cut to a length that can be quoted.
pub(super) fn quoted(text: &str) -> String {
    text.chars().take(QUOTE).collect()
}

impl fmt::Display for GateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("this file needs a grant: send it as Authorization: Bearer, as ?grant= or as the grant cookie"),
            Self::TooLong(found) => write!(f, "a grant has at most {} bytes; this one has {found}", super::jws::MAX_TOKEN),
            Self::Parts(found) => write!(f, "a grant is a JWT of three parts joined by dots; this one has {found}"),
            Self::Encrypted => f.write_str("the grant is encrypted (JWE, five parts); send a signed JWT of three parts"),
            Self::EmptyPart(part) => write!(f, "the grant's {part} is empty"),
            Self::Base64(part) => write!(f, "the grant's {part} is not base64url without padding"),
            Self::NotUtf8(part) => write!(f, "the grant's {part} is not UTF-8"),
            Self::NotJson(part) => write!(f, "the grant's {part} is not JSON"),
            Self::NotObject(part) => write!(f, "the grant's {part} is not a JSON object"),
            Self::Duplicate(part, name) => write!(f, "the grant's {part} has the name {name:?} twice"),
            Self::NoAlgorithm => f.write_str("the grant's header has no alg; it must be EdDSA or Ed25519"),
            Self::Algorithm(found) => write!(f, "the grant's alg is {found:?}; only EdDSA and Ed25519 are taken"),
            Self::Critical => f.write_str("the grant's header has crit; no critical extension is supported"),
            Self::HeaderType(name) => write!(f, "{name:?} in the grant's header must be a string"),
            Self::OtherPurpose(found) => write!(f, "the token's typ is {found:?}: it was signed for another purpose"),
            Self::NoClaim(name) => write!(f, "the grant lacks the claim {name:?}"),
            Self::ClaimType(name, wanted) => write!(f, "the grant's claim {name:?} must be {wanted}"),
            Self::ClaimBound(name, most) => write!(f, "the grant's claim {name:?} is over its limit of {most}"),
            Self::ClaimValue(name, found) => write!(f, "the grant's claim {name:?} has the value {found:?}, which means nothing here"),
            Self::UnknownIssuer(issuer) => write!(f, "the issuer {issuer:?} is not one this edge trusts"),
            Self::KeysUnavailable(issuer) => write!(f, "the keys of the issuer {issuer:?} cannot be reached right now; try again shortly"),
            Self::UnknownKey { issuer, kid } => write!(f, "the issuer {issuer:?} has no key named {kid:?}"),
            Self::NoKeyId(issuer) => write!(f, "the grant's header names no kid, and the issuer {issuer:?} has several keys"),
            Self::SignatureLength(found) => write!(f, "an Ed25519 signature has 64 bytes; this one has {found}"),
            Self::BadSignature => f.write_str("the grant's signature does not match its issuer's key"),
            Self::Expired(at) => write!(f, "the grant expired at {}", format_time(*at)),
            Self::NotYetValid(at) => write!(f, "the grant is not valid before {}", format_time(*at)),
            Self::IssuedInFuture(at) => write!(f, "the grant says it was issued at {}, which is in the future", format_time(*at)),
            Self::WrongAudience(ours) => write!(f, "the grant is not for this edge: its aud must contain {ours:?}"),
            Self::OtherPath(path) => write!(f, "the grant is good, but not for {path}"),
            Self::TierTooLow { held: None, needed } => write!(f, "this file needs the tier {needed:?}; the grant has none"),
            Self::TierTooLow { held: Some(held), needed } => write!(f, "this file needs the tier {needed:?}; the grant has {held:?}"),
            Self::OutsideNet => f.write_str("the grant is limited to networks this request does not come from"),
            Self::AddressUnknown => f.write_str("the grant is limited to networks, and the address of this request is not known"),
            Self::OutsideGeo(country) => write!(f, "the grant is limited to countries other than {country}"),
            Self::CountryUnknown => f.write_str("the grant is limited to countries, and the country of this request is not known"),
            Self::OutsideColo(colo) => write!(f, "the grant is limited to edge locations other than {colo}"),
            Self::ColoUnknown => f.write_str("the grant is limited to edge locations, and the location of this one is not known"),
            Self::Revoked => f.write_str("the grant was revoked by its issuer"),
            Self::Suspended => f.write_str("the grant is suspended by its issuer, for example while a payment is disputed"),
            Self::Withdrawn => f.write_str("the consent that this grant was made for was withdrawn"),
            Self::StatusUnavailable(uri) => write!(f, "the status list {uri:?} of the grant's issuer cannot be read right now; try again shortly"),
            Self::OtherDevice => f.write_str("the grant is for one device, and another has used it first"),
            Self::ConsentMissing(scopes) => write!(f, "this drop asks for consent first, to: {}", scopes.join(", ")),
        }
    }
}

impl std::error::Error for GateError {}
