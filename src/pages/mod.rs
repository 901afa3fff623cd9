//! What people see: HTML made from view structs, with no clock, no store and
//! no script. Everything works with a keyboard, at 320 pixels and unstyled.
//!
//! Text is escaped by the templates (`maud`); there is no inline style, script
//! or event handler, so that [`HEADERS`] can forbid them all.

mod ask;
mod asset;
mod consent;
mod dashboard;
mod drop_page;
mod files;
mod known;
mod layout;
mod license;
mod picture;
mod problem;
mod redeem;
mod storefront;
#[cfg(test)]
mod tests;
mod view;
mod words;

pub use ask::{AskView, Field, ask_page, told_page};
pub use asset::{Asset, asset};
pub use consent::{ConsentView, consent_page};
pub use dashboard::{CampaignView, DashboardView, Plot, Series, Unit, dashboard};
pub use drop_page::drop_page;
pub use known::{KnownReceipt, KnownView, known_page};
pub use layout::Site;
pub use picture::Picture;
pub use problem::{ProblemView, problem_page};
pub use redeem::{RedeemedView, redeem_page, redeemed_page};
pub use storefront::storefront;
pub use view::{DropView, FileView, Stage, Visitor, is_picture};

/// The media type of every page.
pub const MEDIA_TYPE: &str = "text/html; charset=utf-8";

/// Header fields to send with every page. Nothing but this site's own files is
/// loaded, forms go to this site only, nobody frames a page, and no link tells
/// where it was followed: a page's address may hold a code or a grant.
pub const HEADERS: [(&str, &str); 3] = [
    (
        "Content-Security-Policy",
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' blob:; \
         connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
];
