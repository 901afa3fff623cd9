//! Asks the gate whether a request may have a file.

use super::{Desk, catalogue::Found, http::Request, problem::Problem};
use crate::{
    gate::{Access, Allowed, Needs, Policy},
    ports::World,
    trust::{DropManifest, FileEntry, Name, TargetPath},
};

/// The cookie that redeeming sets. The prefix binds it to this host and HTTPS.
pub(super) const COOKIE: &str = "__Host-grant";

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

    /// A file that was found.
    pub fn found(found: &'a Found) -> Self {
        Self {
            path: &found.file.path,
            policy: Policy::parse(found.file.access.as_str()),
            consent: &found.facts.consent,
        }
    }
}

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
    /// Lets the request through to this file, or says why not. No store is
    /// asked: a grant that only the books could decide is refused.
    pub(super) fn admit(
        &self,
        request: &Request<W::Body>,
        asked: &Asked<'_>,
    ) -> Result<Allowed, Problem> {
        self.admit_all(request, std::slice::from_ref(asked))
    }

    /// The same for several files at once: the grant has to open each of them,
    /// and its signature is checked once.
    pub(super) fn admit_all(
        &self,
        request: &Request<W::Body>,
        asked: &[Asked<'_>],
    ) -> Result<Allowed, Problem> {
        let (gate, token) = (&self.config.gate, token(request));
        let mut all = Allowed::default();
        for asked in asked {
            let consent: Vec<String> = asked.consent.iter().map(ToString::to_string).collect();
            let access = Access {
                path: asked.path,
                policy: &asked.policy,
                consent: &consent,
                now: self.world.now(),
                address: request.client.address,
                country: request.client.country.as_deref(),
                colo: request.client.colo.as_deref(),
            };
            let decided = match &all.grant {
                Some(grant) => gate.admit(grant, &access).map(|needs| all.needs = needs),
                None => gate
                    .decide(token.as_deref(), &access)
                    .map(|allowed| all = allowed),
            };
            decided.map_err(|error| Problem::from_gate(&error))?;
            settled(&all.needs)?;
        }
        Ok(all)
    }
}

/// What is left to the books.
fn settled(needs: &Needs) -> Result<(), Problem> {
    if needs.is_none() {
        Ok(())
    } else {
        Err(Problem::new(
            403,
            "grant-not-enforceable",
            "The grant has limits this worker cannot enforce",
            "This version enforces no lim, once, status or grace; mint a grant without them.",
        ))
    }
}
