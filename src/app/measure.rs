//! What a request adds to the numbers: which route, which status, how many
//! bytes, how long which part of it took. Nothing here may make a request wait.

use std::cell::{Cell, RefCell};

use super::{
    Answer, Desk,
    admin::text,
    diagnosis::{Diagnosis, SLUGS},
    ending::Ended,
    grant::DEVICE_COOKIE,
    http::{Body, Method, Reply, Request},
    problem::Problem,
    route::{Asset, Route},
};
use crate::{
    delivery::Span as Bytes,
    gate::{
        book::{AddNumbers, Campaigns, Conversion, NoteTicket, Numbers, NumbersOf},
        budget::End,
        consent::Signals,
    },
    metrics::{Counts, Rates, exposition, history::Step, sessions, tally},
    ports::{Haste, LogName, World},
    trust::{Name, Sha256},
};

/// A ticket's code is short.
const BODY_LIMIT: usize = 1024;

/// A part of the work, as `Server-Timing` (W3C) names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Span {
    /// Who may have it.
    Gate,
    /// What was signed.
    Trust,
    /// Bytes from stores and caches.
    Fetch,
    /// The source picture to pixels.
    Decode,
    /// Pixels to other pixels.
    Resize,
    /// Pixels to the wanted picture.
    Encode,
    /// Bytes into stores.
    Store,
}

impl Span {
    const ALL: [Self; 7] = [
        Self::Gate,
        Self::Trust,
        Self::Fetch,
        Self::Decode,
        Self::Resize,
        Self::Encode,
        Self::Store,
    ];

    /// Its name.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Gate => "gate",
            Self::Trust => "trust",
            Self::Fetch => "fetch",
            Self::Decode => "decode",
            Self::Resize => "resize",
            Self::Encode => "encode",
            Self::Store => "store",
        }
    }
}

/// The stopwatch of one request.
#[derive(Default)]
pub struct Watch {
    spent: RefCell<[Option<u64>; 7]>,
    asked_books: Cell<bool>,
    unmeasured: Cell<bool>,
    in_background: bool,
}

impl Watch {
    /// Of a request that nobody made and nobody waits for: it is no traffic.
    #[must_use]
    pub fn in_background() -> Self {
        Self {
            in_background: true,
            ..Self::default()
        }
    }

    /// Counts a derivative by the tier that had it.
    pub(super) fn served(&self, tier: &str) {
        if !self.in_background {
            tally::add("derivatives", &[tier], 1);
        }
    }

    /// Whether somebody waits.
    pub(super) fn haste(&self) -> Haste {
        if self.in_background {
            Haste::Later
        } else {
            Haste::Now
        }
    }

    /// Adds to a part.
    pub(super) fn note(&self, span: Span, millis: u64) {
        if let Some(spent) = self.spent.borrow_mut().get_mut(span as usize) {
            *spent = Some(spent.unwrap_or(0).saturating_add(millis));
        }
    }

    /// Notes that the gate had to ask the books.
    pub(super) fn books_were_asked(&self) {
        self.asked_books.set(true);
    }

    /// Says that nobody agreed to be counted who was asked to.
    pub(super) fn leave_unmeasured(&self) {
        self.unmeasured.set(true);
    }

    /// Counts a decision of the gate.
    pub(super) fn decided(&self, outcome: &str) {
        if self.in_background {
            return;
        }
        let place = if self.asked_books.get() {
            "books"
        } else {
            "edge"
        };
        tally::add("decisions", &[place, outcome], 1);
    }
}

/// What is remembered of a request while it is answered.
pub(super) struct Seen {
    began: u64,
    colo: String,
    pub(super) route: &'static str,
    asset: Asset,
    creator: Option<String>,
    visitor: Option<[u8; 32]>,
}

/// Whether the client objects to being told apart (Global Privacy Control).
pub(super) fn objects<B>(request: &Request<B>) -> bool {
    Signals::read(|name| request.header(name)).gpc
}

impl<W: World> Desk<'_, W> {
    /// Does a part of the work, and notes how long it took.
    pub(super) async fn timed<T>(&self, span: Span, work: impl Future<Output = T>) -> T {
        let began = self.world.millis();
        let done = work.await;
        self.watch
            .note(span, self.world.millis().saturating_sub(began));
        done
    }

    /// What the numbers need to know of a request before it is answered.
    pub(super) fn seen(&self, request: &Request<W::Body>, route: Option<&Route>) -> Seen {
        let (name, asset) = route.map_or(("unknown", Asset::Api), Route::kind);
        let creator = route.and_then(Route::creator);
        let counts_people = matches!(asset, Asset::File | Asset::Archive)
            || matches!(route, Some(Route::DropPage(_)));
        let counted = counts_people && request.method == Method::Get && !objects(request);
        // Three letters, or it is not a data centre.
        let colo =
            request.client.colo.as_deref().filter(|colo| {
                colo.len() == 3 && colo.bytes().all(|byte| byte.is_ascii_uppercase())
            });
        Seen {
            began: self.world.millis(),
            colo: colo.unwrap_or("unknown").to_owned(),
            route: name,
            asset,
            creator: creator.map(ToString::to_string),
            visitor: counted.then(|| self.visitor(request)),
        }
    }

    /// A visitor as one day knows them: the salt is another tomorrow.
    pub(super) fn visitor(&self, request: &Request<W::Body>) -> [u8; 32] {
        let day = Step::Day.of(self.world.now());
        let who = if let Some(device) = request.cookie(DEVICE_COOKIE) {
            device.to_owned()
        } else {
            let software = request.header("user-agent").unwrap_or_default();
            format!("{:?}\n{software}", request.client.address)
        };
        self.config.salt.visitor(day, &who)
    }

    /// Notes that a download begins, if it does; the answer, if there is one, is
    /// to be called when the body has ended. Those who object are not told apart,
    /// and not counted.
    pub(super) fn download_begins(
        &self,
        request: &Request<W::Body>,
        (creator, name): (&Name, &str),
        wanted: Bytes,
        length: u64,
    ) -> Option<impl FnOnce(Ended) + 'static + use<W>> {
        if objects(request) {
            return None;
        }
        let visitor = self.visitor(request);
        let Sha256(hash) = Sha256::of(&[&visitor, name.as_bytes()].concat());
        let first = hash.first_chunk();
        let session = first.map_or(0, |first| u64::from_be_bytes(*first));
        if !sessions::is_watched(session, length) {
            return None;
        }
        let creator = creator.to_string();
        let note = move |end| {
            let range = wanted.start()..wanted.end();
            tally::downloaded(session, (&creator, length), range, end);
        };
        note(None);
        let world = self.world.clone();
        Some(move |ended| {
            note(Some(match ended {
                Ended::Whole => End::Whole,
                Ended::Left | Ended::Wrong => End::Left,
            }));
            tell_later(&world);
        })
    }

    /// Counts a reply, and says in `Server-Timing` what took how long.
    pub(super) fn measured(&self, seen: &Seen, mut reply: Reply<W::Body>) -> Reply<W::Body> {
        if self.watch.in_background {
            tell_later(self.world);
            return reply;
        }
        let bytes = match (&reply.body, reply.header("content-length")) {
            (Body::Bytes(bytes), _) => bytes.len() as u64,
            (Body::Stream(_), Some(length)) => length.parse().unwrap_or(0),
            (Body::Empty | Body::Stream(_), _) => 0,
        };
        let status = status_text(reply.status);
        let asset = seen.asset.name();
        tally::add("http_requests", &[seen.route, status], 1);
        tally::add("http_bytes", &[asset], bytes);
        let took = self.world.millis().saturating_sub(seen.began);
        tally::took("ttfb", &[&seen.colo, asset], took);
        if let Some(creator) = seen.creator.as_deref().filter(|_| reply.status < 400) {
            tally::add("creator_requests", &[creator], 1);
            tally::add("creator_bytes", &[creator], bytes);
            if let Some(visitor) = seen.visitor.filter(|_| !self.watch.unmeasured.get()) {
                tally::visited(creator, visitor);
            }
        }
        let mut timing = reply.header("server-timing").unwrap_or_default().to_owned();
        for span in Span::ALL {
            let spent = self
                .watch
                .spent
                .borrow()
                .get(span as usize)
                .copied()
                .flatten();
            if let Some(millis) = spent {
                tally::took("span", &[span.name()], millis);
                append(&mut timing, span.name(), millis);
            }
        }
        append(&mut timing, "total", took);
        reply.set("Server-Timing", timing);
        tell_later(self.world);
        reply
    }

    /// The numbers of all isolates, with what this one has not told yet.
    pub(super) async fn numbers(&self, step: Option<Step>) -> Result<Numbers, Problem> {
        tell(self.world).await;
        let step = step.map(|step| step.name().to_owned());
        let numbers = self.world.ask(&NumbersOf { step }).await;
        numbers.map_err(|fault| self.fault(&fault))
    }

    pub(super) async fn campaigns(&self) -> Result<Vec<Conversion>, Problem> {
        let campaigns = self.world.ask(&Campaigns {}).await;
        campaigns.map_err(|fault| self.fault(&fault))
    }

    /// `GET /metrics`: for Prometheus, with the operator's token unless
    /// `METRICS_OPEN` says otherwise.
    pub(super) async fn metrics(&self, request: &Request<W::Body>) -> Answer<W> {
        if !self.config.metrics_open {
            self.operator(request)?;
        }
        let mut counts = self.numbers(None).await?.total;
        self.add_exact(&mut counts).await?;
        let rates = Rates::of(&counts, &self.config.prices);
        let text = exposition::text(&counts, &rates);
        Ok(Reply::bytes(200, exposition::MEDIA_TYPE, text).with("Cache-Control", "no-store"))
    }

    /// Numbers that are read from the books that decide them.
    async fn add_exact(&self, counts: &mut Counts) -> Result<(), Problem> {
        for campaign in self.campaigns().await? {
            let states = ["issued", "opened", "redeemed"];
            for (state, count) in states.into_iter().zip(campaign.codes) {
                counts.insert(format!("campaign;{};{state}", campaign.id), count);
            }
        }
        for log in [LogName::Publish, LogName::Deliveries] {
            let accepted = self.world.accepted(log).await;
            let accepted = accepted.map_err(|fault| self.fault(&fault))?;
            counts.insert(format!("log;{}", log.as_str()), accepted);
        }
        Ok(())
    }

    /// `POST /admin/tickets`: `{"code": CODE}`, the code that a problem page has
    /// shown; without one the ticket is about something else.
    pub(super) async fn ticket(&self, request: Request<W::Body>) -> Answer<W> {
        self.operator(&request)?;
        let body = self.json_body(request, BODY_LIMIT).await?;
        let about = match text(&body, "code")? {
            None => SLUGS.first().copied().unwrap_or_default(),
            Some(code) => {
                let read = Diagnosis::read(&code);
                read.ok_or_else(|| {
                    Problem::bad_request("\"code\" is not a code that a problem page shows.")
                })?
                .slug
            }
        };
        tell(self.world).await;
        let about = about.to_owned();
        let noted = self
            .world
            .ask(&NoteTicket {
                about: about.clone(),
            })
            .await;
        let (tickets, downloads) = noted.map_err(|fault| self.fault(&fault))?;
        #[allow(clippy::cast_precision_loss)]
        let rate = (downloads > 0).then(|| tickets as f64 * 1000.0 / downloads as f64);
        Ok(Reply::json(
            201,
            &serde_json::json!({
                "about": about,
                "tickets": tickets,
                "downloads": downloads,
                "per_thousand_downloads": rate,
            }),
        ))
    }
}

/// Brings the counts to the books in a moment, together with those of other
/// requests.
fn tell_later<W: World>(world: &W) {
    if !tally::is_due(world.millis()) {
        return;
    }
    let later = world.clone();
    world.later(async move {
        later.pause(tally::PAUSE_MS).await;
        tell(&later).await;
    });
}

/// Brings this isolate's counts to the books. A message that fails is sent again
/// with the next; the books take each once.
async fn tell<W: World>(world: &W) {
    let isolate = || {
        world
            .entropy::<16>()
            .ok()
            .map(|id| format!("{:x}", u128::from_be_bytes(id)))
    };
    // The one that failed, and what was counted since.
    for _ in 0..2 {
        let Some((batch, is_again)) = tally::next(isolate) else {
            return;
        };
        let message = AddNumbers(batch);
        if let Err(fault) = world.ask(&message).await {
            return world.log(&format!("fault: {fault}"));
        }
        tally::told(&message.0);
        world.sample(&message.0.counts);
        if !is_again {
            return;
        }
    }
}

fn append(timing: &mut String, name: &str, millis: u64) {
    use std::fmt::Write;
    if !timing.is_empty() {
        timing.push_str(", ");
    }
    let _ = write!(timing, "{name};dur={millis}");
}

/// The statuses that are answered here, so that the label is bounded.
const fn status_text(status: u16) -> &'static str {
    match status {
        200 => "200",
        201 => "201",
        204 => "204",
        206 => "206",
        303 => "303",
        304 => "304",
        400 => "400",
        401 => "401",
        403 => "403",
        404 => "404",
        405 => "405",
        409 => "409",
        410 => "410",
        412 => "412",
        413 => "413",
        415 => "415",
        416 => "416",
        422 => "422",
        425 => "425",
        428 => "428",
        429 => "429",
        500 => "500",
        502 => "502",
        503 => "503",
        _ => "000",
    }
}
