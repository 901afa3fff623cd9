//! Which files of a drop the one who looks at its page may have. Nothing is
//! taken, and no store is asked: a grant with limits may still be refused when
//! a file is fetched.

use super::{Desk, grant::token, http::Request, whole_drop::is_token};
use crate::{
    gate::{
        Access, GateError, Policy,
        consent::{Effect, Signals},
    },
    pages::{DropView, Visitor},
    ports::World,
    trust::DropManifest,
};

impl<W: World> Desk<'_, W> {
    /// Marks the open files of `view`; says what the page must tell this visitor.
    pub(super) fn open_files(
        &self,
        request: &Request<W::Body>,
        manifest: &DropManifest,
        agreed: &[String],
        view: &mut DropView,
    ) -> Visitor {
        let token = token(request);
        let (gate, now) = (&self.config.gate, self.world.now());
        let grant = token.as_deref().map(|token| gate.authenticate(token, now));
        let mut refusal = None;
        let names = manifest.facts.consent.iter().map(ToString::to_string);
        let asked: Vec<String> = names.collect();
        let unagreed = asked.iter().filter(|scope| !agreed.contains(scope));
        let consent: Vec<String> = unagreed.cloned().collect();
        let effect = Effect::of(Signals::read(|name| request.header(name)), &asked, agreed);
        if !effect.measure {
            self.watch.leave_unmeasured();
        }
        let mut asks_consent = false;
        for (file, shown) in manifest.files.values().zip(&mut view.files) {
            let policy = Policy::parse(file.access.as_str());
            let access = Access {
                path: &file.path,
                policy: &policy,
                consent: &consent,
                now,
                address: request.client.address,
                country: request.client.country.as_deref(),
                colo: request.client.colo.as_deref(),
            };
            let verdict = match &grant {
                Some(Ok(grant)) => gate.admit(grant, &access).map(|_| ()),
                _ => gate.decide(None, &access).map(|_| ()),
            };
            shown.open = verdict.is_ok();
            asks_consent |= matches!(verdict, Err(GateError::ConsentMissing(_)));
            // A tier that is too low for one file is no news to its holder.
            if let (Some(Ok(_)), Err(error)) = (&grant, verdict)
                && !matches!(error, GateError::TierTooLow { .. })
            {
                refusal = Some(error);
            }
        }
        if let Some(Err(error)) = &grant {
            refusal = Some(error.clone());
        }
        Visitor {
            is_known: token.is_some() || !agreed.is_empty(),
            link: request.query("grant").filter(|token| is_token(token)),
            trouble: refusal.map(|error| trouble(&error)),
            may_prefetch: effect.prefetch,
            asks_consent,
        }
    }
}

/// What a link that does not open everything means to the one who followed it.
fn trouble(error: &GateError) -> &'static str {
    match error {
        GateError::Expired(_) => {
            "Your link has expired. Redeem your code again on this device to get a new one, or ask whoever sent you the link. What you have downloaded so far is kept, and goes on with the new link."
        }
        GateError::NotYetValid(_) | GateError::IssuedInFuture(_) => {
            "Your link is not valid yet. Keep it, and come back later."
        }
        GateError::ConsentMissing(_) => {
            "The creator asks for your consent before these files open."
        }
        GateError::OtherPath(_) => "Your link is for other files than these.",
        _ => {
            "Your link does not open these files here. Open it once more as it was sent to you, or ask for a new one."
        }
    }
}
