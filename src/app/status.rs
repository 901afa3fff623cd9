//! Revocations: the status lists this edge serves, and those it reads.

use std::{cell::RefCell, collections::BTreeMap, rc::Rc};

use super::{
    Answer, Desk,
    config::EDGE_ISSUER,
    http::{Method, Reply, Request},
    problem::Problem,
};
use crate::{
    gate::{
        GateError, Grant, StatusRef,
        book::{Alter, AlterGrant, LIST_PLACES, Statuses, StatusesOf},
        fetchable, standing,
        status::{MAX_TOKEN_BYTES, StatusList},
    },
    metrics::tally,
    ports::World,
};

/// How long an isolate believes what the books said. With [`SERVED`] it makes
/// the minute in which a revocation is seen everywhere.
const BELIEVED: u64 = 20;
/// How long others may cache a list that is served.
const SERVED: u64 = 40;
/// If the books do not answer, what they said is good for this long in all.
const LAST_RESORT: u64 = 60;
/// How long a list of another issuer is believed.
const FOREIGN: u64 = 60;
/// After a list could not be fetched nobody asks for it again for a moment.
const PAUSE: u64 = 5;
/// Lists of other issuers that an isolate remembers.
const MOST_LISTS: usize = 64;

/// What an isolate remembers of revocations.
#[derive(Default)]
pub(super) struct Revocations {
    own: RefCell<Option<(Rc<Statuses>, u64)>>,
    foreign: RefCell<BTreeMap<String, Foreign>>,
}

struct Foreign {
    list: Option<Rc<StatusList>>,
    asked: u64,
}

impl<W: World> Desk<'_, W> {
    /// Whether a grant still stands: a refusal of the gate, or a problem of ours.
    pub(super) async fn standing(
        &self,
        origin: &str,
        grant: &Grant,
        status: &StatusRef,
    ) -> Result<Result<(), GateError>, Problem> {
        let verdict = match own_place(origin, grant, status) {
            Some(place) => standing(self.statuses().await?.get(place)),
            None => match self.foreign(grant, status).await {
                Some(list) => status.check(&list),
                None => Err(GateError::StatusUnavailable(status.uri.clone())),
            },
        };
        Ok(verdict)
    }

    /// What the books say of this edge's grants, at most 20 seconds old.
    pub(super) async fn statuses(&self) -> Result<Rc<Statuses>, Problem> {
        let now = self.world.now();
        let known = self.memo.revocations.own.borrow().clone();
        if let Some((statuses, _)) = known.as_ref().filter(|(_, at)| now < at + BELIEVED) {
            return Ok(statuses.clone());
        }
        self.watch.books_were_asked();
        match self.world.ask(&StatusesOf {}).await {
            Ok(statuses) => {
                let statuses = Rc::new(statuses);
                *self.memo.revocations.own.borrow_mut() = Some((statuses.clone(), now));
                Ok(statuses)
            }
            Err(fault) => {
                let problem = self.fault(&fault);
                let stale = known.filter(|(_, at)| now < at + LAST_RESORT);
                stale.map(|(statuses, _)| statuses).ok_or(problem)
            }
        }
    }

    /// The list of another issuer, signed by it.
    async fn foreign(&self, grant: &Grant, status: &StatusRef) -> Option<Rc<StatusList>> {
        let now = self.world.now();
        let memo = &self.memo.revocations.foreign;
        if let Some(known) = memo.borrow().get(&status.uri) {
            let wait = if known.list.is_some() { FOREIGN } else { PAUSE };
            if now < known.asked + wait {
                return known.list.clone();
            }
        }
        let list = self.fetch_list(grant, &status.uri).await;
        let mut lists = memo.borrow_mut();
        if lists.len() >= MOST_LISTS {
            lists.clear();
        }
        let list = list.map(Rc::new);
        let asked = Foreign {
            list: list.clone(),
            asked: now,
        };
        lists.insert(status.uri.clone(), asked);
        list
    }

    async fn fetch_list(&self, grant: &Grant, uri: &str) -> Option<StatusList> {
        if !fetchable(uri) {
            return None;
        }
        self.watch.books_were_asked();
        let said = |why: &dyn std::fmt::Display| self.world.log(&format!("status list: {why}"));
        let body = self.world.fetch(uri, MAX_TOKEN_BYTES).await;
        let body = body.map_err(|fault| said(&fault)).ok()?;
        let token = String::from_utf8(body).ok()?;
        let now = self.world.now();
        let issuers = self.config.gate.issuers.borrow();
        let keys = issuers.keys(&grant.claims.iss, now)?;
        StatusList::from_token(token.trim(), uri, keys, now)
            .map_err(|error| said(&error))
            .ok()
    }

    /// Notes that a revoked grant was shown.
    pub(super) fn count_refused(&self, grant: &Grant) {
        tally::add("revoked", &[], 1);
        let note = AlterGrant {
            grant: self.grant_hash(grant),
            alter: Alter::Refused,
            until: Some(grant.claims.exp),
        };
        let world = self.world.clone();
        self.world.later(async move {
            if let Err(fault) = world.ask(&note).await {
                world.log(&format!("fault: {fault}"));
            }
        });
    }

    /// The next request asks the books.
    pub(super) fn forget_statuses(&self) {
        self.memo.revocations.own.borrow_mut().take();
    }

    /// Where the revocation of a grant of this edge would be found.
    pub(super) fn status_ref(origin: &str, place: u64) -> StatusRef {
        StatusRef {
            idx: place % LIST_PLACES,
            uri: format!("{origin}/status/{}", place / LIST_PLACES),
        }
    }

    /// `GET /status/{number}`: a Token Status List (draft-ietf-oauth-status-list
    /// section 8), so that others can check this edge's grants too.
    pub(super) async fn status_list(&self, request: &Request<W::Body>, number: &str) -> Answer<W> {
        let unknown =
            || Problem::not_found("There is no such status list; they begin at /status/0.");
        let number: u64 = number.parse().map_err(|_| unknown())?;
        let statuses = self.statuses().await?;
        if number > statuses.places / LIST_PLACES {
            return Err(unknown());
        }
        let list = statuses.list(number).map_err(|_| unknown())?;
        let uri = format!("{}/status/{number}", request.origin);
        let key = &self.config.edge;
        let kid = key.public().thumbprint();
        let token = list.token(EDGE_ISSUER, &uri, self.world.now(), SERVED, key, &kid);
        let mut reply = Reply::bytes(200, "application/statuslist+jwt", token);
        if request.method == Method::Head {
            reply.body = super::http::Body::Empty;
        }
        Ok(reply
            .with("Cache-Control", format!("public, max-age={SERVED}"))
            .with("Access-Control-Allow-Origin", "*"))
    }
}

/// The place in our own lists, if it is there that the grant's status is kept.
pub(super) fn own_place(origin: &str, grant: &Grant, status: &StatusRef) -> Option<u64> {
    let (server, number) = status.uri.rsplit_once("/status/")?;
    let ours = grant.claims.iss == EDGE_ISSUER || server == origin;
    let number: u64 = number.parse().ok()?;
    let first = number.checked_mul(LIST_PLACES)?;
    (ours && status.idx < LIST_PLACES).then(|| first.saturating_add(status.idx))
}
