//! What people see: pages, and problems as pages.

use super::{
    Answer, Desk,
    http::{Reply, Request},
    problem::Problem,
};
use crate::{
    ports::World,
    trust::{DropManifest, DropPath},
};

/// A problem, as HTML for a person's browser.
pub(super) fn problem<B>(problem: Problem, _for_a_person: bool) -> Reply<B> {
    problem.into_reply()
}

/// The page that asks whether to redeem a code.
pub(super) fn redeem_form<B>(code: &str) -> Reply<B> {
    Reply::bytes(200, "text/html; charset=utf-8", code)
}

/// The page after a code was redeemed.
pub(super) fn redeemed<B>(manifest: &DropManifest, _token: &str) -> Reply<B> {
    Reply::bytes(
        200,
        "text/html; charset=utf-8",
        manifest.facts.title.clone(),
    )
}

impl<W: World> Desk<'_, W> {
    /// `GET /`
    pub(super) async fn storefront(&self, _request: &Request<W::Body>) -> Answer<W> {
        Ok(Reply::bytes(200, "text/html; charset=utf-8", "store"))
    }

    /// `GET /d/{creator}/{drop}`
    pub(super) async fn drop_page(
        &self,
        _request: &Request<W::Body>,
        drop: &DropPath,
    ) -> Answer<W> {
        let manifest = self.manifest(drop).await?;
        Ok(Reply::bytes(
            200,
            "text/html; charset=utf-8",
            manifest.facts.title,
        ))
    }

    /// `GET /assets/{name}`
    pub(super) fn asset(&self, _request: &Request<W::Body>, name: &str) -> Answer<W> {
        Err(Problem::not_found(name))
    }
}
