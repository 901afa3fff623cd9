//! The claims of a grant, typed, and the way back to JSON.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::claim_reader::Reader;
use super::error::GateError;
use super::jws;
use super::keys::SigningKey;
use super::net::Cidr;
use super::pattern::Pattern;
use super::private::Subject;
use super::status::{self, StatusList};

/// A grace longer than a day would be a second expiry under another name.
const MAX_GRACE: u64 = 86_400;

/// The bounds on lists keep one decision in the microseconds: each entry is one
/// comparison.
const MAX_AUDIENCES: usize = 16;
const MAX_PATHS: usize = 64;
const MAX_NETS: usize = 64;
/// As many as ISO 3166-1 has, or the network has places.
const MAX_PLACES: usize = 400;
const MAX_CONSENTS: usize = 32;

/// `lim`: how much a grant may take; what is absent is not limited.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// How many downloads may begin.
    pub downloads: Option<u64>,
    /// How many bytes may be handed over.
    pub bytes: Option<u64>,
}

impl Limits {
    /// Whether nothing is limited.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.downloads.is_none() && self.bytes.is_none()
    }
}

/// `status.status_list`: where this grant's bit is (IETF Token Status List §6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusRef {
    /// The position in the list.
    pub idx: u64,
    /// The list's URL.
    pub uri: String,
}

impl StatusRef {
    /// Holds the grant's place in its list against it. A place that the list
    /// does not have is as bad as a revoked one (§8.3, step 6).
    pub fn check(&self, list: &StatusList) -> Result<(), GateError> {
        standing(list.get(self.idx).unwrap_or(status::INVALID))
    }
}

/// What a status says of its grant.
pub fn standing(status: u8) -> Result<(), GateError> {
    match status {
        status::VALID => Ok(()),
        status::SUSPENDED => Err(GateError::Suspended),
        status::WITHDRAWN => Err(GateError::Withdrawn),
        _ => Err(GateError::Revoked),
    }
}

/// An entry of `consent`: `scope:receipt`, so that the gate can see without a
/// storage call that a scope was agreed to, and anyone can look the receipt up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsentId {
    /// What was agreed to.
    pub scope: String,
    /// The id of the receipt that proves it.
    pub receipt: String,
}

/// Everything a grant says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Claims {
    /// Who minted it.
    pub iss: String,
    /// For which edges.
    pub aud: Vec<String>,
    /// For whom; never stored as it is.
    pub sub: Option<Subject>,
    /// Until when.
    pub exp: u64,
    /// From when.
    pub nbf: Option<u64>,
    /// When it was minted.
    pub iat: Option<u64>,
    /// Its unique name with the issuer; needed by `lim` and `once`.
    pub jti: Option<String>,
    /// What it opens.
    pub paths: Vec<Pattern>,
    /// The tier it reaches.
    pub tier: Option<String>,
    /// How much it may take.
    pub lim: Limits,
    /// From which networks; empty means any.
    pub net: Vec<Cidr>,
    /// From which countries (ISO 3166-1 alpha-2, upper case); empty means any.
    pub geo: Vec<String>,
    /// At which edge locations (IATA codes, upper case); empty means any.
    pub colo: Vec<String>,
    /// What its holder agreed to.
    pub consent: Vec<ConsentId>,
    /// Seconds after `exp` in which a download that has begun may finish.
    pub grace: u64,
    /// A session of this edge: it is renewed while it is used, until this second.
    pub until: Option<u64>,
    /// Whether only the first device that shows it may use it.
    pub once: bool,
    /// Where its revocation would be found.
    pub status: Option<StatusRef>,
}

impl Claims {
    /// Types every claim of a payload. Claims we do not know are passed over
    /// (RFC 7519 §4); those we know must be what they should be.
    pub fn from_payload(payload: &Map<String, Value>) -> Result<Self, GateError> {
        let read = Reader(payload);
        let claims = Self {
            iss: read.text("iss")?.ok_or(GateError::NoClaim("iss"))?,
            aud: read.texts_or_one("aud", MAX_AUDIENCES)?,
            sub: read.text("sub")?.map(Subject::new),
            exp: read.date("exp")?.ok_or(GateError::NoClaim("exp"))?,
            nbf: read.date("nbf")?,
            iat: read.date("iat")?,
            jti: read.text("jti")?.filter(|jti| !jti.is_empty()),
            paths: read
                .list("paths", MAX_PATHS, |text| Pattern::parse(text).ok())?
                .ok_or(GateError::NoClaim("paths"))?,
            tier: read.text("tier")?,
            lim: limits(&read)?,
            net: read.list("net", MAX_NETS, Cidr::parse)?.unwrap_or_default(),
            geo: read
                .list("geo", MAX_PLACES, |t| letters(t, 2))?
                .unwrap_or_default(),
            colo: read
                .list("colo", MAX_PLACES, |t| letters(t, 3))?
                .unwrap_or_default(),
            consent: read
                .list("consent", MAX_CONSENTS, consent_id)?
                .unwrap_or_default(),
            grace: read.whole("grace", MAX_GRACE)?.unwrap_or(0),
            until: read.date("session_until")?,
            once: read.flag("once")?,
            status: status_ref(&read)?,
        };
        if claims.jti.is_none() && (claims.once || !claims.lim.is_none()) {
            return Err(GateError::NoClaim("jti"));
        }
        Ok(claims)
    }

    /// The payload that [`Claims::from_payload`] reads back.
    #[must_use]
    pub fn to_payload(&self) -> Map<String, Value> {
        let strings = |list: &[String]| (!list.is_empty()).then(|| json!(list));
        let shown = |list: Vec<String>| strings(&list);
        let lim = [("downloads", self.lim.downloads), ("bytes", self.lim.bytes)];
        let lim: Map<String, Value> = lim
            .into_iter()
            .filter_map(|(name, most)| Some((name.to_owned(), most?.into())))
            .collect();
        let members = [
            ("iss", Some(json!(self.iss))),
            ("aud", Some(json!(self.aud))),
            ("sub", self.sub.as_ref().map(|sub| json!(sub.reveal()))),
            ("exp", Some(json!(self.exp))),
            ("nbf", self.nbf.map(Value::from)),
            ("iat", self.iat.map(Value::from)),
            ("jti", self.jti.as_ref().map(|jti| json!(jti))),
            (
                "paths",
                shown(self.paths.iter().map(ToString::to_string).collect()),
            ),
            ("tier", self.tier.as_ref().map(|tier| json!(tier))),
            ("lim", (!lim.is_empty()).then_some(Value::Object(lim))),
            (
                "net",
                shown(self.net.iter().map(ToString::to_string).collect()),
            ),
            ("geo", strings(&self.geo)),
            ("colo", strings(&self.colo)),
            (
                "consent",
                shown(
                    self.consent
                        .iter()
                        .map(|id| format!("{}:{}", id.scope, id.receipt))
                        .collect(),
                ),
            ),
            ("grace", (self.grace > 0).then(|| json!(self.grace))),
            ("once", self.once.then_some(Value::Bool(true))),
            ("session_until", self.until.map(Value::from)),
            (
                "status",
                self.status
                    .as_ref()
                    .map(|at| json!({"status_list": {"idx": at.idx, "uri": at.uri}})),
            ),
        ];
        members
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?)))
            .collect()
    }
}

/// Mints a grant: for the command line, and for redemptions at the edge.
#[must_use]
pub fn mint(claims: &Claims, key: &SigningKey, kid: &str) -> String {
    jws::sign("JWT", kid, &claims.to_payload(), key)
}

/// A limit that we do not know is refused rather than not enforced.
fn limits(read: &Reader<'_>) -> Result<Limits, GateError> {
    let Some(lim) = read.object("lim")? else {
        return Ok(Limits::default());
    };
    let unknown = lim
        .keys()
        .find(|name| !["downloads", "bytes"].contains(&name.as_str()));
    if let Some(name) = unknown {
        return Err(GateError::ClaimValue("lim", super::error::quoted(name)));
    }
    let most = |name: &str| match lim.get(name) {
        None => Ok(None),
        Some(value) => value
            .as_u64()
            .map(Some)
            .ok_or(GateError::ClaimType("lim", "an object of whole numbers")),
    };
    Ok(Limits {
        downloads: most("downloads")?,
        bytes: most("bytes")?,
    })
}

fn status_ref(read: &Reader<'_>) -> Result<Option<StatusRef>, GateError> {
    let wanted = GateError::ClaimType("status", "{\"status_list\": {\"idx\", \"uri\"}}");
    let Some(status) = read.object("status")? else {
        return Ok(None);
    };
    let list = status.get("status_list").ok_or(wanted.clone())?;
    let found = list
        .get("idx")
        .and_then(Value::as_u64)
        .zip(list.get("uri").and_then(Value::as_str));
    let (idx, uri) = found.ok_or(wanted)?;
    Ok(Some(StatusRef {
        idx,
        uri: uri.to_owned(),
    }))
}

/// `count` ASCII letters, in upper case.
fn letters(text: &str, count: usize) -> Option<String> {
    let good = text.len() == count && text.bytes().all(|b| b.is_ascii_alphabetic());
    good.then(|| text.to_ascii_uppercase())
}

fn consent_id(text: &str) -> Option<ConsentId> {
    let (scope, receipt) = text.split_once(':')?;
    (!scope.is_empty() && !receipt.is_empty()).then(|| ConsentId {
        scope: scope.to_owned(),
        receipt: receipt.to_owned(),
    })
}
