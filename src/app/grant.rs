//! Asks the gate whether a request may have a file.

use super::{
    Desk,
    catalogue::Found,
    http::Request,
    problem::Problem,
};
use crate::{
    gate::{Access, Allowed, Policy},
    ports::World,
    trust::TargetPath,
};

/// The cookie that redeeming sets. The prefix binds it to this host and HTTPS.
const COOKIE: &str = "__Host-grant";

/// The grant a request carries: `Authorization: Bearer`, `?grant=` or the cookie.
fn token<B>(request: &Request<B>) -> Option<String> {
    let bearer = request.header("authorization").and_then(|value| {
        let (scheme, token) = value.split_once(' ')?;
        scheme
            .eq_ignore_ascii_case("bearer")
            .then(|| token.trim().to_owned())
    });
    bearer
        .or_else(|| request.query("grant"))
        .or_else(|| request.cookie(COOKIE).map(str::to_owned))
}

impl<W: World> Desk<'_, W> {
    /// Lets the request through to this file, or says why not.
    pub(super) async fn admit(
        &self,
        request: &Request<W::Body>,
        path: &TargetPath,
        found: &Found,
    ) -> Result<Allowed, Problem> {
        let policy = Policy::parse(found.file.access.as_str());
        let consent: Vec<String> = found.facts.consent.iter().map(ToString::to_string).collect();
        let access = Access {
            path,
            policy: &policy,
            consent: &consent,
            now: self.world.now(),
            address: request.client.address,
            country: request.client.country.as_deref(),
            colo: request.client.colo.as_deref(),
        };
        self.config
            .gate
            .decide(token(request).as_deref(), &access)
            .map_err(|error| Problem::from_gate(&error))
    }
}
