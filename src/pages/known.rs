//! What is known about the holder of a grant, and what they may do about it.

use maud::{Markup, html};

use super::layout::{Listing, Site};
use crate::trust::format_time;

/// What is known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KnownView {
    /// Facts: a name, a sentence.
    pub facts: Vec<(&'static str, String)>,
    /// Receipts, the oldest first.
    pub receipts: Vec<KnownReceipt>,
    /// What keeps the grant in the page's addresses, if it came by its address.
    pub query: String,
}

/// A receipt about the grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownReceipt {
    /// When.
    pub time: u64,
    /// What happened.
    pub what: &'static str,
    /// With what.
    pub about: String,
    /// Where the receipt is.
    pub place: String,
}

/// The page.
#[must_use]
pub fn known_page(site: Site<'_>, view: &KnownView) -> String {
    let join = if view.query.is_empty() { "?" } else { "&" };
    let main = html! {
        h1 { "What is known about you" }
        p.lead { "We know your grant, not you. This is everything that is kept about it." }
        dl.drop-facts {
            @for (name, sentence) in &view.facts { div { dt { (name) } dd { (sentence) } } }
        }
        section {
            h2 { "Receipts" }
            (receipts(view))
            p { a href={ "/known" (view.query) (join) "export" } { "Take everything along (JSON)" } }
        }
        section {
            h2 { "What is not kept" }
            p { "No name, no address, no e-mail, no user agent and no code. Visitors are counted by the day, from a sketch in which nobody can be found; a download is told from others by a hash that is another each day and is forgotten a few hours later; and neither if your browser sends Global Privacy Control." }
        }
        section {
            h2 { "Withdraw or delete" }
            (action(view, "withdraw", "Yes, my grant shall open nothing any more", "Withdraw", "With it goes the consent you gave. The files you have stay yours, and a receipt says that you withdrew."))
            (action(view, "delete", "Yes, destroy what ties my grant to its receipts", "Delete", "Your grant ends and the account of what it used goes. The log stays valid, but neither you nor we can find your receipts in it any more: take them along first."))
        }
    };
    site.page("What is known about you", Listing::Private, &main)
}

fn receipts(view: &KnownView) -> Markup {
    html! {
        @if view.receipts.is_empty() { p.small { "There are none." } } @else {
            div.scroll tabindex="0" role="region" aria-label="Receipts" {
                table.words {
                    thead { tr { th scope="col" { "When (UTC)" } th.word scope="col" { "What" } th.word scope="col" { "Of what" } th scope="col" { "Receipt" } } }
                    tbody {
                        @for receipt in &view.receipts {
                            tr {
                                th scope="row" { (format_time(receipt.time).replace('T', " ").trim_end_matches('Z')) }
                                td.word { (receipt.what) }
                                td.word { (receipt.about) }
                                td { a href=(receipt.place) { "signed" } }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn action(view: &KnownView, what: &str, label: &str, button: &str, means: &str) -> Markup {
    html! {
        form.code method="post" action={ "/known" (view.query) } {
            input type="hidden" name="do" value=(what);
            p.small { (means) }
            p { label { input type="checkbox" name="confirm" value="yes" required; " " (label) } }
            button.button type="submit" { (button) }
        }
    }
}
