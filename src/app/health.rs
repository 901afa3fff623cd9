//! `GET /healthz`, and the keys others check us with.

use serde_json::json;

use super::{Answer, Desk, http::Reply, problem::Problem};
use crate::{gate::Jwks, ports::World};

impl<W: World> Desk<'_, W> {
    /// 200 when the stores answer and the signed metadata is fresh.
    pub(super) async fn health(&self) -> Answer<W> {
        let creators = self.look(|set, now| {
            set.targets(now)?;
            set.creators(now)
        });
        let creators = creators.await?;
        Ok(Reply::json(
            200,
            &json!({"status": "ok", "creators": creators.len()}),
        ))
    }

    /// `GET /.well-known/jwks.json`: the key of grants this edge mints.
    pub(super) fn jwks(&self) -> Reply<W::Body> {
        let keys = Jwks::of(self.config.edge_key()).to_json();
        let mut reply = Reply::json(200, &keys);
        reply.set("cache-control", "public, max-age=300");
        reply
    }
}

impl Problem {
    /// 503: a setting is missing; which one is in the operator's log.
    #[must_use]
    pub fn misconfigured() -> Self {
        Self::new(
            503,
            "misconfigured",
            "The worker is not set up",
            "A setting of this worker is missing or malformed; its log says which.",
        )
    }
}
