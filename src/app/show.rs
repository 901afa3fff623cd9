//! What people see: pages, and problems as pages.

use super::{
    Answer, Desk,
    grant::Asked,
    http::{Method, Reply, Request},
    problem::Problem,
};
use crate::{
    delivery::etag::EntityTag,
    pages::{
        self, AskView, ConsentView, DashboardView, DropView, KnownView, ProblemView, RedeemedView,
        Site,
    },
    ports::World,
    trust::{DropManifest, DropPath, Sha256},
};

/// The storefront shows at most this many drops, the creators in their order.
const SHOWN: usize = 60;

/// A problem: as a page for a person's browser, else as JSON.
pub(super) fn problem<B>(problem: Problem, code: &str, site: &str, for_a_person: bool) -> Reply<B> {
    if !for_a_person {
        return problem.into_reply(code);
    }
    let asked = problem.members.iter().find(|(name, _)| *name == "consent");
    let page = pages::problem_page(
        Site { name: site },
        &ProblemView {
            status: problem.status,
            slug: problem.slug,
            title: problem.title,
            detail: &problem.detail,
            diagnostic: code,
            ask: asked.and_then(|(_, consent)| consent.get("ask")?.as_str()),
        },
    );
    let mut reply = private_page(problem.status, page);
    for (name, value) in problem.headers {
        reply.set(name, value);
    }
    reply
}

/// A page that is one person's.
fn private_page<B>(status: u16, page: String) -> Reply<B> {
    let mut reply = Reply::bytes(status, pages::MEDIA_TYPE, page);
    for (name, value) in pages::HEADERS {
        reply.set(name, value);
    }
    reply.with("Cache-Control", "no-store")
}

impl<W: World> Desk<'_, W> {
    fn site(&self) -> Site<'_> {
        Site {
            name: &self.config.site,
        }
    }

    /// `GET /`: the drops that are open, from verified metadata.
    pub(super) async fn storefront(&self, request: &Request<W::Body>) -> Answer<W> {
        let drops = match self.open_drops(SHOWN).await {
            Ok(drops) => drops.iter().map(DropView::of).collect(),
            // Nothing was published yet: the page says how to begin.
            Err(problem) if problem.slug == "no-marketplace" => Vec::new(),
            Err(problem) => return Err(problem),
        };
        let page = pages::storefront(self.site(), &drops, self.world.now());
        Ok(public_page(request, page))
    }

    /// `GET /d/{creator}/{drop}`
    pub(super) async fn drop_page(&self, request: &Request<W::Body>, drop: &DropPath) -> Answer<W> {
        let manifest = self
            .look(|set, now| set.manifest(drop, now).cloned())
            .await?;
        let mut view = DropView::of(&manifest);
        let asked = manifest
            .files
            .values()
            .next()
            .map(|file| Asked::of(&manifest, file));
        let agreed = self.agreed(request, asked.as_slice()).await?;
        let agreed: Vec<String> = agreed.into_iter().flat_map(|pass| pass.scopes).collect();
        let visitor = self.open_files(request, &manifest, &agreed, &mut view);
        let page = pages::drop_page(self.site(), &view, &visitor, self.world.now());
        let mut reply = if visitor.is_known {
            private_page(200, page)
        } else {
            public_page(request, page)
        };
        reply.set("Vary", "Authorization, Cookie, Save-Data, Sec-GPC");
        if visitor.may_prefetch && reply.status == 200 {
            reply.after = self.warm_rest(&request.origin, &view);
        }
        Ok(reply)
    }

    /// The dashboard.
    pub(super) fn dashboard_page(&self, view: &DashboardView<'_>) -> Reply<W::Body> {
        private_page(200, pages::dashboard(self.site(), view))
    }

    /// What is known about a grant's holder.
    pub(super) fn known_page(&self, view: &KnownView) -> Reply<W::Body> {
        private_page(200, pages::known_page(self.site(), view))
    }

    /// A page with one button.
    pub(super) fn asking(&self, view: &AskView<'_>) -> Reply<W::Body> {
        private_page(200, pages::ask_page(self.site(), view))
    }

    /// A page that tells something.
    pub(super) fn told(&self, heading: &str, paragraphs: &[String]) -> Reply<W::Body> {
        private_page(200, pages::told_page(self.site(), heading, paragraphs))
    }

    /// The page of a consent.
    pub(super) fn consented(&self, view: &ConsentView<'_>) -> Reply<W::Body> {
        private_page(200, pages::consent_page(self.site(), view))
    }

    /// The page that asks whether to redeem a code.
    pub(super) fn redeem_form(&self, code: &str) -> Reply<W::Body> {
        private_page(200, pages::redeem_page(self.site(), code))
    }

    /// The page after a code was redeemed.
    pub(super) fn redeemed(
        &self,
        manifest: &DropManifest,
        grant: &str,
        expires: u64,
    ) -> Reply<W::Body> {
        let mut drop = DropView::of(manifest);
        for file in &mut drop.files {
            file.open = true;
        }
        let view = RedeemedView {
            drop: &drop,
            grant,
            expires,
        };
        private_page(200, pages::redeemed_page(self.site(), &view))
    }

    /// `GET /assets/{name}`: the name changes with the content.
    pub(super) fn asset(name: &str) -> Answer<W> {
        let asset = pages::asset(name)
            .ok_or_else(|| Problem::not_found("No page of this version loads such a file."))?;
        Ok(Reply::bytes(200, asset.media_type, asset.body)
            .with("Cache-Control", "public, max-age=31536000, immutable")
            .with("X-Content-Type-Options", "nosniff"))
    }
}

/// A page anyone may see; it is checked for changes on every use.
fn public_page<B>(request: &Request<B>, page: String) -> Reply<B> {
    let tag = EntityTag::of_bytes(&Sha256::of(page.as_bytes()));
    let is_known = request
        .header("if-none-match")
        .is_some_and(|field| tag.is_listed_in_if_none_match(field));
    let mut reply = if is_known {
        Reply::empty(304)
    } else {
        Reply::bytes(200, pages::MEDIA_TYPE, page)
    };
    if request.method == Method::Head {
        reply.body = super::http::Body::Empty;
    }
    for (name, value) in pages::HEADERS {
        reply.set(name, value);
    }
    reply
        .with("Cache-Control", "public, no-cache")
        .with("ETag", tag.to_string())
}
