//! `GET /consent/{receipt}`: what was agreed to, and a button that takes it back.

use maud::html;

use super::layout::{Listing, Site};
use super::words::moment;

/// A consent to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConsentView<'a> {
    /// The drop that asked: `creator/drop`.
    pub drop: &'a str,
    /// What was agreed to, in words.
    pub scopes: &'a [String],
    /// When.
    pub given: u64,
    /// Until when it is good.
    pub until: u64,
    /// When it was taken back.
    pub withdrawn: Option<u64>,
    /// Where the button goes.
    pub action: &'a str,
    /// The signed receipt.
    pub jws: &'a str,
}

/// The page.
#[must_use]
pub fn consent_page(site: Site<'_>, view: &ConsentView<'_>) -> String {
    let heading = match view.withdrawn {
        None => "You agreed",
        Some(_) => "You have taken this back",
    };
    let main = html! {
        div.narrow {
            h1 { (heading) }
            p.lead { "For " a href={ "/d/" (view.drop) } { (view.drop) } ", to this:" }
            ul { @for scope in view.scopes { li { (scope) } } }
            @match view.withdrawn {
                None => {
                    p { "Given on " (moment(view.given)) ". It ends on " (moment(view.until)) ", or when you take it back." }
                    p { a.button.primary href={ "/d/" (view.drop) } { "Go to the files" } }
                    form.code method="post" action=(view.action) {
                        button.button type="submit" { "Take it back" }
                    }
                }
                Some(at) => p { "Given on " (moment(view.given)) ", taken back on " (moment(at)) ". What relied on it ends within a minute." }
            }
            p.small { "Keep this page's address: it is your receipt, and works on any device." }
            details.verify {
                summary { "The signed receipt" }
                p { "A JWS whose key is at " a href="/.well-known/jwks.json" { "/.well-known/jwks.json" } ", with the fields of ISO/IEC TS 27560." }
                pre tabindex="0" role="region" aria-label="Receipt" { code { (view.jws) } }
            }
        }
    };
    site.page(heading, Listing::Private, &main)
}
