//! What the rooms' errors mean to a client. With `problem.rs`, the only place
//! that knows a status code for an error.

use super::{Desk, diagnosis, http::Reply, measure::Seen, problem::Problem, show};
use crate::{
    gate::{Class, GateError},
    media::{Class as MediaClass, Refusal},
    metrics::tally,
    ports::{PortError, SendError, World},
    trust::{DropPath, TargetPath, TrustClass, TrustError},
};

impl Problem {
    /// 503: nobody has published a root yet.
    pub(super) fn empty_marketplace() -> Self {
        Self::new(
            503,
            "no-marketplace",
            "There is no marketplace here yet",
            "No root of trust has been published to this worker: run 'dropgate publish'.",
        )
        .with("retry-after", "60")
    }

    /// 502: the store does not hold metadata that the chain names.
    pub(super) fn metadata_lost(role: &str) -> Self {
        Self::corrupt(format!(
            "The store does not hold the metadata of {role} that was signed."
        ))
    }

    /// What a refusal of the trusted set comes to.
    fn from_trust(error: &TrustError) -> Self {
        let detail = format!("{error}.");
        match error.class() {
            TrustClass::BadBytes | TrustClass::NotLoaded => Self::corrupt(detail),
            TrustClass::Stale => Self::new(
                503,
                "metadata-expired",
                "The signed metadata has expired",
                detail,
            )
            .with("retry-after", "60"),
            TrustClass::Gone => Self::new(410, "drop-ended", "The drop has ended", detail),
            TrustClass::NotYet => {
                Self::new(425, "drop-not-open", "The drop is not open yet", detail)
            }
            TrustClass::Unknown => Self::not_found(detail),
        }
    }

    /// What the gate's refusal comes to.
    pub(super) fn from_gate(error: &GateError) -> Self {
        let mut detail = error.to_string();
        if matches!(error, GateError::Expired(_)) {
            detail += "; redeem the code again, or ask whoever issued it for a new one";
        }
        match error.class() {
            // RFC 6750 section 3: a request without a grant gets no error code.
            Class::Unauthenticated => {
                let code = if *error == GateError::Missing {
                    "Bearer realm=\"dropgate\""
                } else {
                    "Bearer realm=\"dropgate\", error=\"invalid_token\""
                };
                Self::new(401, error.slug(), "A grant is needed", detail)
                    .with("www-authenticate", code)
            }
            Class::Forbidden => {
                Self::new(403, error.slug(), "The grant does not cover this", detail)
            }
            Class::ConsentRequired => {
                Self::new(428, error.slug(), "Consent is asked for first", detail)
            }
            Class::Unavailable => Self::new(
                503,
                error.slug(),
                "The issuer's keys are not available",
                detail,
            )
            .with("retry-after", "5"),
        }
    }

    /// What the engine's refusal of a source comes to.
    pub(super) fn from_media(refusal: Refusal) -> Self {
        let (status, slug, title) = match refusal.class {
            MediaClass::NotAPicture => (
                415,
                "not-a-picture",
                "The file is no picture this worker can read",
            ),
            MediaClass::TooLarge => (422, "picture-too-large", "The picture is too large"),
            MediaClass::Damaged => (422, "picture-damaged", "The picture is damaged"),
            MediaClass::Impossible => (
                422,
                "picture-impossible",
                "The options do not fit the picture",
            ),
            MediaClass::Failed => (500, "engine-failed", "The picture could not be made"),
        };
        Self::new(status, slug, title, refusal.detail)
    }
}

impl<W: World> Desk<'_, W> {
    /// A problem as a reply: with a code, counted, and when it is the worker's
    /// fault noted for the operator under that code.
    pub(super) fn trouble(
        &self,
        problem: Problem,
        seen: &Seen,
        for_a_person: bool,
    ) -> Reply<W::Body> {
        let code = diagnosis::code(problem.slug, seen.route, self.world.now());
        tally::add("problems", &[problem.slug], 1);
        if problem.status == 428 {
            tally::add("consent_asked", &[], 1);
        }
        if problem.status >= 500 {
            self.world.log(&format!("problem {code}: {}", problem.slug));
        }
        show::problem(problem, &code, &self.config.site, for_a_person)
    }

    /// A store failed: the operator's log says how, the client that it did.
    pub(super) fn fault(&self, fault: &PortError) -> Problem {
        self.world.log(&format!("fault: {fault}"));
        Problem::storage()
    }

    /// The trusted set refused; bytes that nobody signed are an incident.
    pub(super) fn refused(&self, error: &TrustError) -> Problem {
        if error.class() == TrustClass::BadBytes {
            self.world.log(&format!("incident: {error}"));
            if let Some(drop) = error.role().and_then(DropPath::from_role) {
                self.incident(&drop, None, "metadata-mismatch");
            }
        }
        Problem::from_trust(error)
    }

    /// Stored bytes of a drop could not be handed over.
    pub(super) fn unsent(
        &self,
        drop: &DropPath,
        file: Option<&TargetPath>,
        error: &SendError,
    ) -> Problem {
        let (reason, what) = match error {
            SendError::Port(fault) => return self.fault(fault),
            SendError::Missing => ("file-missing", "The store lacks bytes of"),
            SendError::Mismatch => (
                "file-mismatch",
                "The stored bytes are not the ones signed for",
            ),
        };
        let name = file.map_or_else(|| drop.to_string(), ToString::to_string);
        self.world.log(&format!("incident: {reason}: {name}"));
        self.incident(drop, file, reason);
        Problem::corrupt(format!("{what} {name}."))
    }
}
