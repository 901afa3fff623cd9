//! Keys of issuers that publish them at a URL. An issuer that fails never makes
//! the grants of another wait.

use super::Desk;
use crate::{
    gate::{Gate, GateError, MAX_JWKS_BYTES},
    ports::World,
};

impl<W: World> Desk<'_, W> {
    /// Fetches the keys that a decision lacked, unless they were asked for just
    /// now; says whether the decision may now be another one.
    pub(super) async fn fetched_keys(&self, error: &GateError) -> bool {
        let (GateError::UnknownKey { issuer, .. } | GateError::KeysUnavailable(issuer)) = error
        else {
            return false;
        };
        let gate = &self.config.gate;
        let wanted = gate
            .issuers
            .borrow()
            .wants(issuer, self.world.now())
            .map(str::to_owned);
        match wanted {
            Some(url) => fetch(&self.world.clone(), gate, issuer, &url).await,
            None => false,
        }
    }

    /// Fetches keys that are not fresh any more, after the reply.
    pub(super) fn refresh_keys(&self) {
        let gate = &self.config.gate;
        let own = |(issuer, url): (&str, &str)| (issuer.to_owned(), url.to_owned());
        let due: Vec<_> = gate
            .issuers
            .borrow()
            .due(self.world.now())
            .into_iter()
            .map(own)
            .collect();
        for (issuer, url) in due {
            gate.issuers.borrow_mut().begin(&issuer, self.world.now());
            let (world, gate) = (self.world.clone(), gate.clone());
            self.world.later(async move {
                fetch(&world, &gate, &issuer, &url).await;
            });
        }
    }
}

async fn fetch<W: World>(world: &W, gate: &Gate, issuer: &str, url: &str) -> bool {
    let body = world.fetch(url, MAX_JWKS_BYTES).await;
    if let Err(fault) = &body {
        world.log(&format!("fault: keys of an issuer: {fault}"));
    }
    let now = world.now();
    let kept = gate
        .issuers
        .borrow_mut()
        .refreshed(issuer, body.ok().as_deref(), now);
    if let Err(fault) = &kept {
        world.log(&format!("issuer {issuer:?}: {fault}"));
    }
    kept.is_ok()
}
