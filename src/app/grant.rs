//! Asks the gate whether a request may have a file, and the books for what the
//! token alone cannot tell.

use super::{
    Desk,
    catalogue::Found,
    ending::Ended,
    http::{Request, cookie},
    issue::BETWEEN,
    measure::Span as Part,
    problem::Problem,
};
use crate::{
    delivery::Span,
    gate::{
        Access, Allowed, Decision, DeviceHash, GateError, Grant, Policy,
        book::{Devices, Settle, Visit, VisitRefusal, Visited},
        consent::ConsentPass,
    },
    ports::World,
    trust::{DropManifest, DropPath, FileEntry, Name, TargetPath},
};

/// The cookie that redeeming sets. The prefix binds it to this host and HTTPS.
pub(super) const COOKIE: &str = "__Host-grant";
/// Tells a browser from another; random, so that it says nothing else.
pub(super) const DEVICE_COOKIE: &str = "__Host-device";
/// A year: a device that comes back to a code gets its grant again.
pub(super) const DEVICE_SECONDS: u64 = 365 * 86_400;
/// The books keep what a grant has used for a day longer than it can be used.
pub(super) const KEPT: u64 = 86_400;
/// A part of a file that is sent in one piece, in bytes.
pub(super) const SMALL: u64 = 65_536;

/// What is asked for: a file and what its manifest wants of a grant.
pub(super) struct Asked<'a> {
    path: &'a TargetPath,
    policy: Policy,
    consent: &'a [Name],
}

impl<'a> Asked<'a> {
    /// A file of a manifest.
    pub fn of(manifest: &'a DropManifest, file: &'a FileEntry) -> Self {
        Self {
            path: &file.path,
            policy: Policy::parse(file.access.as_str()),
            consent: &manifest.facts.consent,
        }
    }

    /// The drop it is in.
    pub fn drop(&self) -> &'a DropPath {
        &self.path.drop
    }

    /// Whether its drop asks for consent.
    pub fn asks_consent(&self) -> bool {
        !self.consent.is_empty()
    }

    /// Whether its drop asks for anything that this pass could be for.
    pub fn is_asked_by(&self, pass: &ConsentPass) -> bool {
        self.asks_consent() && self.drop().to_string() == pass.drop
    }

    /// The scopes that are asked for and were not agreed to on this device.
    fn unagreed(&self, agreed: &[ConsentPass]) -> Vec<String> {
        let names = self.consent.iter().map(ToString::to_string);
        let given = |scope: &String| {
            let mut passes = agreed.iter().filter(|pass| self.is_asked_by(pass));
            passes.any(|pass| pass.scopes.contains(scope))
        };
        names.filter(|scope| !given(scope)).collect()
    }

    /// A file that was found.
    pub fn found(found: &'a Found) -> Self {
        Self {
            path: &found.file.path,
            policy: Policy::parse(found.file.access.as_str()),
            consent: &found.facts.consent,
        }
    }
}

/// What a request wants to take.
pub(super) struct Take {
    /// The file, or the archive.
    pub name: String,
    /// Its length.
    pub length: u64,
    /// Which bytes; `None` takes none.
    pub span: Option<Span>,
}

impl Take {
    /// Whether it goes out with the answer, like what a player or an archiver
    /// looks for in a file: the books then need not hear how it ended. A whole
    /// file is settled always, since its next request may be another download.
    fn is_small_part(&self) -> bool {
        self.span
            .is_some_and(|span| span.length() <= SMALL && span.length() < self.length)
    }
}

/// Leave to answer, with what must be said and done along with it.
#[derive(Default)]
pub(super) struct Pass {
    /// The grant that opened it; `None` for a public file.
    pub grant: Option<Grant>,
    /// Header fields of the reply.
    pub headers: Vec<(&'static str, String)>,
    settle: Option<Settle>,
}

impl Pass {
    /// Tells the books how the body ended.
    pub fn settle<W: World>(&mut self, world: &W) -> impl FnOnce(Ended) + 'static + use<W> {
        let (world, settle) = (world.clone(), self.settle.take());
        move |ended| {
            let Some(mut settle) = settle.filter(|_| ended != Ended::Left) else {
                return;
            };
            if ended == Ended::Whole {
                let range = &settle.charge.range;
                settle.handed = range.end.saturating_sub(range.start);
            }
            let book = world.clone();
            world.later(async move {
                if let Err(fault) = book.ask(&settle).await {
                    book.log(&format!("fault: {fault}"));
                }
            });
        }
    }
}

/// The grant a request carries in the open: `Authorization: Bearer` or `?grant=`.
pub(super) fn open_token<B>(request: &Request<B>) -> Option<String> {
    let bearer = request.header("authorization").and_then(|value| {
        let (scheme, token) = value.split_once(' ')?;
        scheme
            .eq_ignore_ascii_case("bearer")
            .then(|| token.trim().to_owned())
    });
    bearer.or_else(|| request.query("grant"))
}

/// The grant a request carries: in the open, or the newest of its cookie.
pub(super) fn token<B>(request: &Request<B>) -> Option<String> {
    let newest = |held: &str| held.split(BETWEEN).next().map(str::to_owned);
    open_token(request).or_else(|| request.cookie(COOKIE).and_then(newest))
}

/// A decision, and the session to set if one was renewed for it.
pub(super) struct Decided {
    allowed: Allowed,
    session: Option<String>,
}

impl<W: World> Desk<'_, W> {
    /// Lets the request through to this file, or says why not, without taking
    /// any of it.
    pub(super) async fn admit(
        &self,
        request: &Request<W::Body>,
        asked: &Asked<'_>,
    ) -> Result<Pass, Problem> {
        let allowed = self.decide(request, asked).await?;
        let take = Take {
            name: asked.path.to_string(),
            length: 0,
            span: None,
        };
        self.enforce(request, allowed, take).await
    }

    /// What the token says, and whether it was revoked. In the common case no
    /// store is asked.
    pub(super) async fn decide(
        &self,
        request: &Request<W::Body>,
        asked: &Asked<'_>,
    ) -> Result<Decided, Problem> {
        self.decide_all(request, std::slice::from_ref(asked)).await
    }

    /// The same for several files at once: the grant has to open each of them,
    /// and its signature is checked once.
    pub(super) async fn decide_all(
        &self,
        request: &Request<W::Body>,
        asked: &[Asked<'_>],
    ) -> Result<Decided, Problem> {
        let decided = self.timed(Part::Gate, self.weigh(request, asked)).await;
        if decided.is_err() {
            self.watch.decided("refused");
        }
        decided
    }

    async fn weigh(
        &self,
        request: &Request<W::Body>,
        asked: &[Asked<'_>],
    ) -> Result<Decided, Problem> {
        let (tokens, mut session) = match (open_token(request), request.cookie(COOKIE)) {
            (Some(token), _) => (vec![token], None),
            (None, Some(held)) => self.renewed(held),
            (None, None) => (Vec::new(), None),
        };
        let agreed = self.agreed(request, asked).await?;
        let mut decision = self.read_tokens(request, &tokens, asked, &agreed);
        if let Err(error) = &decision
            && self.fetched_keys(error).await
        {
            decision = self.read_tokens(request, &tokens, asked, &agreed);
        }
        if let (Err(_), None, Some(held)) = (&decision, open_token(request), request.cookie(COOKIE))
            && let Some((token, cookie)) = self.paid_again(request, held).await?
            && let Ok(allowed) = self.read_tokens(request, &[token], asked, &agreed)
        {
            decision = Ok(allowed);
            session = Some(cookie);
        }
        self.refresh_keys();
        let allowed = decision.map_err(|error| Problem::from_gate_for(&error, asked))?;
        if let Some(grant) = &allowed.grant {
            let relied: Vec<String> = asked
                .iter()
                .flat_map(|asked| asked.unagreed(&agreed))
                .collect();
            if self.withdrawn(&grant.claims, &relied).await? {
                return Err(Problem::from_gate_for(&GateError::Withdrawn, asked));
            }
        }
        if let (Some(grant), Some(status)) = (&allowed.grant, &allowed.needs.status) {
            let standing = self.standing(&request.origin, grant, status).await?;
            if standing == Err(GateError::Revoked) {
                self.count_refused(grant);
            }
            standing.map_err(|error| Problem::from_gate(&error))?;
        }
        Ok(Decided { allowed, session })
    }

    /// A browser may hold several grants: the first that opens the file counts,
    /// and if none does, what is wrong with the first.
    fn read_tokens(
        &self,
        request: &Request<W::Body>,
        tokens: &[String],
        asked: &[Asked<'_>],
        agreed: &[ConsentPass],
    ) -> Decision {
        let first = tokens.first().map(String::as_str);
        let decision = self.read_token(request, first, asked, agreed);
        let others = tokens.iter().skip(1);
        if decision.is_ok() {
            return decision;
        }
        others
            .map(|token| self.read_token(request, Some(token), asked, agreed))
            .find(Result::is_ok)
            .unwrap_or(decision)
    }

    fn read_token(
        &self,
        request: &Request<W::Body>,
        token: Option<&str>,
        asked: &[Asked<'_>],
        agreed: &[ConsentPass],
    ) -> Decision {
        let gate = &self.config.gate;
        let mut all = Allowed::default();
        for asked in asked {
            let consent = asked.unagreed(agreed);
            let access = Access {
                path: asked.path,
                policy: &asked.policy,
                consent: &consent,
                now: self.world.now(),
                address: request.client.address,
                country: request.client.country.as_deref(),
                colo: request.client.colo.as_deref(),
            };
            match &all.grant {
                None => all = gate.decide(token, &access)?,
                // A public file beside gated ones asks for nothing.
                Some(grant) => {
                    let needs = gate.admit(grant, &access)?;
                    if !needs.is_none() {
                        all.needs = needs;
                    }
                }
            }
        }
        Ok(all)
    }

    /// Asks the books for what only they know: budget, first device, grace. One
    /// question, and only for grants that have such limits.
    pub(super) async fn enforce(
        &self,
        request: &Request<W::Body>,
        decided: Decided,
        take: Take,
    ) -> Result<Pass, Problem> {
        let is_public = decided.allowed.grant.is_none();
        let passed = self
            .timed(Part::Gate, self.ask_books(request, decided, take))
            .await;
        self.watch.decided(match &passed {
            Ok(_) if is_public => "public",
            Ok(_) => "allowed",
            Err(_) => "refused",
        });
        passed
    }

    async fn ask_books(
        &self,
        request: &Request<W::Body>,
        decided: Decided,
        take: Take,
    ) -> Result<Pass, Problem> {
        let Allowed { grant, needs } = decided.allowed;
        let session = decided.session.map(|session| ("Set-Cookie", session));
        let Some(grant) = grant else {
            return Ok(Pass::default());
        };
        let counts = (needs.budget.is_some() || needs.note_begin) && take.span.is_some();
        if !counts && !needs.once && needs.begun_by.is_none() {
            return Ok(Pass {
                grant: Some(grant),
                headers: session.into_iter().collect(),
                settle: None,
            });
        }
        let fresh = self.random_text()?;
        let known = request.cookie(DEVICE_COOKIE);
        let claims = &grant.claims;
        let visit = Visit {
            grant: self.grant_hash(&grant),
            at_once: take.is_small_part(),
            file: (take.name, take.length),
            range: take.span.map(|span| span.start()..span.end()),
            limits: needs.budget.unwrap_or_default(),
            devices: needs.once.then(|| Devices {
                known: known.map(|cookie| self.config.salt.device(cookie)),
                fresh: self.config.salt.device(&fresh),
                place: self.device_place(request),
            }),
            begun_by: needs.begun_by,
            until: claims.exp.saturating_add(claims.grace).saturating_add(KEPT),
        };
        self.watch.books_were_asked();
        let visited = self.world.ask(&visit).await;
        let visited = visited.map_err(|fault| self.fault(&fault))?;
        let mut headers = rate_limit(&visited);
        headers.extend(session);
        if visited.bound && known.is_none() {
            let device = cookie(DEVICE_COOKIE, &fresh, DEVICE_SECONDS);
            headers.push(("Set-Cookie", device));
        }
        match visited.outcome {
            Ok(charge) => Ok(Pass {
                headers,
                settle: charge.filter(|_| !visit.at_once).map(|charge| Settle {
                    grant: visit.grant,
                    file: visit.file,
                    charge,
                    handed: 0,
                    until: visit.until,
                }),
                grant: Some(grant),
            }),
            Err(refusal) => Err(turned_away(refusal, &grant, headers)),
        }
    }

    /// A device by its place and its software, for programs without cookies.
    fn device_place(&self, request: &Request<W::Body>) -> DeviceHash {
        let address = self.place(&request.client);
        let software = request.header("user-agent").unwrap_or_default();
        self.config
            .salt
            .device(&format!("{}\n{software}", address.0))
    }
}

fn turned_away(
    refusal: VisitRefusal,
    grant: &Grant,
    headers: Vec<(&'static str, String)>,
) -> Problem {
    match refusal {
        VisitRefusal::OtherDevice => Problem::from_gate(&GateError::OtherDevice),
        VisitRefusal::Expired => Problem::from_gate(&GateError::Expired(grant.claims.exp)),
        VisitRefusal::Budget(error) => {
            let title = "The grant is used up";
            let mut problem = Problem::new(403, "grant-used-up", title, format!("{error}."));
            problem.headers = headers;
            problem
        }
    }
}

/// `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers,
/// sections 3 and 4): what the grant allows, and what is left.
fn rate_limit(visited: &Visited) -> Vec<(&'static str, String)> {
    let Visited {
        limits, remaining, ..
    } = visited;
    let budgets = [
        ("downloads", "", limits.downloads, remaining.downloads),
        (
            "bytes",
            ";qu=\"content-bytes\"",
            limits.bytes,
            remaining.bytes,
        ),
    ];
    let (mut policy, mut left) = (Vec::new(), Vec::new());
    for (name, unit, limit, remaining) in budgets {
        if let (Some(limit), Some(remaining)) = (limit, remaining) {
            policy.push(format!("\"{name}\";q={limit}{unit}"));
            left.push(format!("\"{name}\";r={remaining}"));
        }
    }
    if policy.is_empty() {
        return Vec::new();
    }
    vec![
        ("RateLimit-Policy", policy.join(", ")),
        ("RateLimit", left.join(", ")),
    ]
}
