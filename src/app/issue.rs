//! Grants that this edge makes: for a code, a link, an order, a consent. Each
//! has a place in the status list, so that it can be taken back.

use serde_json::json;

use super::{
    Answer, Desk,
    config::EDGE_ISSUER,
    grant::{COOKIE, DEVICE_COOKIE, DEVICE_SECONDS},
    http::{Reply, Request, cookie},
    problem::Problem,
};
use crate::{
    evidence::Kind,
    gate::{Claims, Offer, mint, peek},
    ports::World,
    trust::DropPath,
};

/// A cookie is good for this long and is renewed while it is used: a copy of it
/// that was stolen ends soon.
pub(super) const SESSION_SECONDS: u64 = 3600;
/// The cookie is kept this long after its grants have ended: a subscription that
/// is paid late goes on in the browser that had it.
const LATE_PAYMENT: u64 = 35 * 86_400;
/// A browser keeps some 4 KB of cookie: as many grants as fit.
const MOST_GRANTS: usize = 4;
/// What separates the grants in the cookie: no character of a JWT.
pub(super) const BETWEEN: char = '~';

/// Who is handed a grant, and how they want it.
pub(super) struct Receiver {
    /// The random text of its device cookie.
    pub device: String,
    /// The grants its cookie holds already.
    pub held: String,
    /// Whether a page is wanted.
    pub for_a_person: bool,
    /// The address of this edge.
    pub origin: String,
}

impl<W: World> Desk<'_, W> {
    /// Who asks; a device that is new gets a name.
    pub(super) fn receiver(&self, request: &Request<W::Body>) -> Result<Receiver, Problem> {
        Ok(Receiver {
            device: match request.cookie(DEVICE_COOKIE) {
                Some(known) => known.to_owned(),
                None => self.random_text()?,
            },
            held: request.cookie(COOKIE).unwrap_or_default().to_owned(),
            for_a_person: request.wants_html(),
            origin: request.origin.clone(),
        })
    }

    /// The claims of a grant of this edge; the same for the same `jti` and `at`.
    pub(super) fn claims_of(
        &self,
        offer: &Offer,
        jti: &str,
        at: u64,
        place: u64,
        origin: &str,
    ) -> Claims {
        let mut claims = offer.claims(EDGE_ISSUER, &self.config.gate.audience, jti, at);
        claims.status = Some(Self::status_ref(origin, place));
        claims
    }

    /// Signs a grant.
    pub(super) fn mint(&self, claims: &Claims) -> String {
        mint(
            claims,
            &self.config.edge,
            &self.config.edge_key().thumbprint(),
        )
    }

    /// Hands a grant to a person as a page, to a program as JSON, and to both as
    /// a session; `fresh` grants are noted in the log.
    pub(super) async fn hand_grant(
        &self,
        claims: &Claims,
        drop: Option<&DropPath>,
        kind: Kind,
        fresh: bool,
        to: &Receiver,
    ) -> Answer<W> {
        let token = self.mint(claims);
        let mut reply = match (to.for_a_person, drop) {
            (true, Some(drop)) => {
                let manifest = self.manifest(drop).await?;
                self.redeemed(&manifest, &token, claims.exp)
            }
            (true, None) => self.told(
                "It is yours",
                &["Everything it opens is open to you in this browser now.".to_owned()],
            ),
            (false, drop) => Reply::json(
                200,
                &json!({
                    "grant": token,
                    "drop": drop.map(ToString::to_string),
                    "paths": claims.paths.iter().map(ToString::to_string).collect::<Vec<_>>(),
                    "expires": claims.exp,
                }),
            ),
        };
        if fresh {
            let grant = self.own_grant_hash(claims.jti.as_deref().unwrap_or_default());
            self.receipt_of_change(kind, grant, drop.cloned(), kind.word(), &mut reply)?;
        }
        let device = cookie(DEVICE_COOKIE, &to.device, DEVICE_SECONDS);
        Ok(reply
            .with("Set-Cookie", device)
            .with("Set-Cookie", self.session(claims, &to.held)))
    }

    /// The cookie with this grant as a short session, before those that the
    /// browser holds already.
    pub(super) fn session(&self, claims: &Claims, held: &str) -> String {
        let now = self.world.now();
        let until = claims.until.unwrap_or(claims.exp);
        let short = Claims {
            exp: until.min(now.saturating_add(SESSION_SECONDS)),
            until: Some(until),
            ..claims.clone()
        };
        let token = self.mint(&short);
        let is_other = |other: &&str| {
            peek(other)
                .is_some_and(|peek| peek.jti != claims.jti && peek.until.unwrap_or(peek.exp) > now)
        };
        let others = held.split(BETWEEN).filter(is_other);
        let all: Vec<&str> = std::iter::once(token.as_str())
            .chain(others)
            .take(MOST_GRANTS)
            .collect();
        let last = all
            .iter()
            .filter_map(|token| peek(token))
            .map(|peek| peek.until.unwrap_or(peek.exp))
            .max()
            .unwrap_or(until);
        let value = all.join(&BETWEEN.to_string());
        let kept = last.saturating_sub(now).saturating_add(LATE_PAYMENT);
        cookie(COOKIE, &value, kept.min(DEVICE_SECONDS))
    }

    /// A session that is about to end or has ended, made new if its time is not
    /// over: the grants in the cookie, and the cookie to set if one was renewed.
    pub(super) fn renewed(&self, held: &str) -> (Vec<String>, Option<String>) {
        let now = self.world.now();
        let tokens = held.split(BETWEEN).take(MOST_GRANTS);
        let mut set = None;
        let tokens = tokens.map(|token| {
            let due = peek(token).is_some_and(|peek| {
                peek.until
                    .is_some_and(|until| now < until && peek.exp < until)
                    && peek.exp < now.saturating_add(SESSION_SECONDS / 2)
            });
            // Only what this edge signed is renewed, and only with a place in
            // the status list: a session can always be ended.
            let grant = due
                .then(|| self.config.gate.authenticate(token, now).ok())
                .flatten();
            let ours = |claims: &Claims| claims.iss == EDGE_ISSUER && claims.status.is_some();
            match grant.filter(|grant| ours(&grant.claims)) {
                Some(grant) => {
                    let exp = now.saturating_add(SESSION_SECONDS);
                    let until = grant.claims.until.unwrap_or(exp);
                    let next = Claims {
                        exp: until.min(exp),
                        ..grant.claims
                    };
                    set = Some(self.session(&next, held));
                    self.mint(&next)
                }
                None => token.to_owned(),
            }
        });
        (tokens.collect(), set)
    }
}
