//! The story of a request: route -> gate -> trust -> media or delivery -> reply.
//!
//! One file per use case, generic over the ports, so that the story runs
//! natively in tests and in the worker alike. `problem.rs` is where an error
//! becomes HTTP; nowhere else has a status for it.

mod admin;
mod animation;
mod catalogue;
mod check;
mod chosen;
mod clear;
mod codes;
pub mod config;
mod consent;
mod dashboard;
mod delivered;
mod derived;
pub mod diagnosis;
mod download;
mod drawing;
mod ending;
mod explain;
mod foreign;
mod form;
mod grant;
mod handing;
mod health;
pub mod http;
pub(crate) mod iiif;
mod image;
mod issue;
mod issuers;
mod known;
mod license;
mod link;
mod log;
mod making;
mod measure;
mod metadata;
mod obtain;
mod opened;
mod order;
mod outbox;
mod packaged;
mod picture;
pub mod problem;
mod publish;
mod purge;
mod receipt;
mod recent;
mod redeem;
mod refusal;
mod respond;
pub mod route;
mod seal;
mod shelf;
mod show;
mod status;
mod stripe;
mod sweep;
#[cfg(test)]
pub(crate) mod tests;
mod tier;
mod transform;
mod upload;
mod warm;
mod whole_drop;
mod withdrawal;

use config::Config;
use http::{Reply, Request};
use problem::Problem;
use route::Route;

use crate::ports::World;
pub use catalogue::Memo;
pub use measure::Watch;
pub use outbox::bring as bring_receipts;
pub use publish::keep_fresh;
pub use sweep::sweep;

/// What every use case works with.
pub struct Desk<'a, W> {
    /// The stores, the clock, chance.
    pub world: &'a W,
    /// The worker's settings.
    pub config: &'a Config,
    /// What this isolate has verified already.
    pub memo: &'a Memo,
    /// Where this request's time goes.
    pub watch: Watch,
}

impl<W: World> Desk<'_, W> {
    /// Answers a request. Never fails: what goes wrong is a problem.
    pub async fn handle(&self, request: Request<W::Body>) -> Reply<W::Body> {
        let for_a_person = request.wants_html();
        let route = Route::parse(request.method, &request.path);
        let seen = self.seen(&request, route.as_ref().ok());
        let reply = match route {
            Ok(route) => self.answer(route, request).await,
            Err(problem) => Err(problem),
        };
        let reply = reply.unwrap_or_else(|problem| self.trouble(problem, &seen, for_a_person));
        self.measured(&seen, reply)
    }

    async fn answer(&self, route: Route, request: Request<W::Body>) -> Answer<W> {
        match route {
            Route::Storefront => self.storefront(&request).await,
            Route::DropPage(drop) => self.drop_page(&request, &drop).await,
            Route::Asset(name) => Self::asset(&name),
            Route::Image { options, path } => self.image(&request, &options, &path).await,
            Route::Iiif { identifier, ask } => self.iiif(&request, &identifier, ask).await,
            Route::Foreign { options, source } => {
                self.foreign_image(&request, &options, &source).await
            }
            Route::Download(path) => self.download(&request, &path).await,
            Route::Packaged(drop) => self.packaged(&request, &drop).await,
            Route::Archive(drop) => self.archive(&request, &drop).await,
            Route::Metalink(drop) => self.metalink(&request, &drop).await,
            Route::Check(path) => self.check(request, &path).await,
            Route::Metadata(file) => self.metadata(&request, &file).await,
            Route::Target { sha256, path } => self.target(&request, &path, sha256).await,
            Route::RedeemPage(code) => Ok(self.redeem_page(&request, &code)),
            Route::Redeem => self.redeem(request).await,
            Route::Jwks => Ok(self.jwks()),
            Route::Receipt(id) => self.receipt(&request, &id).await,
            Route::Vkey => Ok(self.vkey()),
            Route::Log { name, rest } => self.log(&request, &name, &rest).await,
            Route::Health => self.health().await,
            Route::Upload { sha256, path } => self.upload(request, &path, sha256).await,
            Route::UploadInParts { sha256, path } => {
                self.upload_in_parts(request, &path, sha256).await
            }
            Route::Initialise => self.initialise(request).await,
            Route::Publish => self.publish(request).await,
            Route::Purge => self.purge(request).await,
            Route::Codes => self.create_codes(request).await,
            Route::Campaign(id) => self.campaign(&request, &id, false).await,
            Route::VoidCampaign(id) => self.campaign(&request, &id, true).await,
            Route::Links => self.links(request).await,
            Route::StripeHook => self.stripe_hook(request).await,
            Route::OrderForm => Ok(self.order_form(&request)),
            Route::FindOrder => self.find_order(request).await,
            Route::OrderPage(id) => Ok(self.order_page(&request, &id)),
            Route::OpenOrder(id) => self.open_order(request, &id).await,
            Route::LinkPage(id) => self.link_page(&request, &id).await,
            Route::SpendLink(id) => self.spend_link(request, &id).await,
            Route::ConsentForm(drop) => self.consent_page(&request, &drop).await,
            Route::GiveConsent(drop) => self.give_consent(request, &drop).await,
            Route::ConsentReceipt(key) => self.consent_receipt(&request, &key).await,
            Route::EndConsent(key) => self.end_consent(request, &key).await,
            Route::Gpc => Ok(consent::gpc()),
            Route::StatusList(number) => self.status_list(&request, &number).await,
            Route::Explain => self.explain(request).await,
            Route::Grants => self.alter_grant(request).await,
            Route::Place => self.give_place(request).await,
            Route::Metrics => self.metrics(&request).await,
            Route::Dashboard => self.dashboard(&request).await,
            Route::Ticket => self.ticket(request).await,
            Route::Known => self.known(&request).await,
            Route::AlterKnown => self.alter_known(request).await,
        }
    }
}

/// What a use case comes to.
type Answer<W> = Result<Reply<<W as crate::ports::Store>::Body>, Problem>;
