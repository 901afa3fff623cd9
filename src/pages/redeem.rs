//! `GET /r/{code}` and the answer to `POST /redeem`.

use maud::{Markup, html};

use super::files::{Links, archive, controls, files};
use super::layout::{Listing, Site};
use super::view::DropView;
use super::words::moment;

/// What a redeemed code has opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RedeemedView<'a> {
    /// The drop.
    pub drop: &'a DropView,
    /// The token, for the links.
    pub grant: &'a str,
    /// Until when it opens files.
    pub expires: u64,
}

/// The landing page of a printed code. Opening it changes nothing: mail
/// scanners and previews open links too.
#[must_use]
pub fn redeem_page(site: Site<'_>, code: &str) -> String {
    let main = html! {
        div.narrow {
            h1 { "Redeem your code" }
            p.lead { "Nothing has been used yet. Press the button, and the files are yours on this device." }
            (code_form(code))
            p.small { "Your code works once. We keep no name, address or e-mail with it." }
        }
    };
    site.page("Redeem your code", Listing::Private, &main)
}

/// The page after a code was redeemed.
#[must_use]
pub fn redeemed_page(site: Site<'_>, view: &RedeemedView<'_>) -> String {
    let (drop, links) = (view.drop, Links::Granted(view.grant));
    let main = html! {
        p.eyebrow { "Your code is redeemed" }
        h1 { (drop.title) }
        p.lead { "These files are open to you until " (moment(view.expires)) "." }
        p.actions {
            (controls(true))
            (archive(drop, links))
        }
        section aria-labelledby="files" {
            h2 #files { "Files" }
            (files(drop, links))
        }
        p.small {
            a href={ "/d/" (drop.path) "?grant=" (view.grant) } { "Keep this link" }
            ": it leads back to your files. Whoever has it can download. "
            "An interrupted download goes on where it stopped."
        }
    };
    site.page(&drop.title, Listing::Private, &main)
}

/// The form that spends a code, for any page.
pub(super) fn code_form(code: &str) -> Markup {
    html! {
        form.code method="post" action="/redeem" {
            label for="code-field" { "Your code" }
            input #code-field name="code" value=(code) required autocomplete="off"
                autocapitalize="characters" spellcheck="false" maxlength="40"
                aria-describedby="code-help";
            p #code-help .small { "Letters and digits as printed; hyphens, spaces and case do not matter." }
            button.button.primary type="submit" { "Redeem" }
        }
    }
}
