//! RFC 9457 problems for people: what happened, what to do, and a code to name
//! when asking for help.

use maud::{Markup, html};

use super::layout::{Listing, Site};
use super::redeem::code_form;

/// A problem to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProblemView<'a> {
    /// The status code.
    pub status: u16,
    /// The end of the problem's `type`.
    pub slug: &'a str,
    /// The title every problem of the type has.
    pub title: &'a str,
    /// What happened here.
    pub detail: &'a str,
    /// The short code that support can look up.
    pub diagnostic: &'a str,
    /// Where consent is asked for, if that is what is missing.
    pub ask: Option<&'a str>,
}

/// What people are told about a type of problem.
struct Advice {
    /// A heading kinder than the type's title.
    heading: Option<&'static str>,
    /// What to do.
    next: &'static str,
    /// Whether another code can help.
    ask_for_code: bool,
}

/// The page.
#[must_use]
pub fn problem_page(site: Site<'_>, problem: &ProblemView<'_>) -> String {
    let advice = advice(problem);
    let heading = advice.heading.unwrap_or(problem.title);
    let main = html! {
        div.narrow {
            p.eyebrow { "Error " (problem.status) }
            h1 { (heading) }
            p.lead { (problem.detail) }
            p { (advice.next) }
            @if let Some(ask) = problem.ask {
                p { a.button.primary href=(ask) { "See what is asked" } }
            }
            @if advice.ask_for_code { (code_form("")) }
            (reference(problem))
            p { a href="/" { "Go to the storefront" } }
        }
    };
    site.page(heading, Listing::Private, &main)
}

fn reference(problem: &ProblemView<'_>) -> Markup {
    html! {
        p.small {
            "If you ask for help, give this code: " code.diagnostic { (problem.diagnostic) }
        }
    }
}

const fn told(heading: &'static str, next: &'static str) -> Advice {
    Advice {
        heading: Some(heading),
        next,
        ask_for_code: false,
    }
}

fn advice(problem: &ProblemView<'_>) -> Advice {
    let code = |heading, next| Advice {
        ask_for_code: true,
        ..told(heading, next)
    };
    match (problem.slug, problem.status) {
        ("code-malformed", _) => code(
            "That is not quite a code",
            "Compare it with the card, letter by letter, and try again.",
        ),
        ("code-unknown", _) => code(
            "We do not know this code",
            "Compare it with the card, letter by letter, and try again.",
        ),
        ("code-spent", _) => told(
            "This code has been used",
            "If it was you, open the page on the device you used then. If it was not, ask whoever gave you the code for another.",
        ),
        ("code-held", _) => code(
            "This code is being used just now",
            "Wait a minute and try again.",
        ),
        ("code-revoked", _) => told(
            "This code was withdrawn",
            "Ask whoever gave it to you for another.",
        ),
        ("code-too-early", _) => told("Not yet", "Keep your code; nothing of it has been used."),
        ("code-too-late", _) => told(
            "This offer has ended",
            "Ask whoever gave you the code whether there is a new one.",
        ),
        ("code-device-limit", _) => told(
            "This device has had its share",
            "Redeem the code on another device.",
        ),
        ("too-many-tries", _) => told(
            "Too many tries",
            "Wait, then type the code slowly. Waiting costs you nothing.",
        ),
        ("grant-expired", _) => code(
            "Your link has expired",
            "Redeem your code again on this device to get a new one, or ask whoever sent you the link. What you have downloaded so far is kept, and goes on with the new link.",
        ),
        (_, 401) => told(
            "This file needs a grant",
            "Redeem a code, or open the link you were sent once more.",
        ),
        (_, 403) => told(
            "Your grant does not open this",
            "Look on the drop's page which files it is for.",
        ),
        (_, 404) => told(
            "There is nothing here",
            "Check the address, or look for it in the storefront.",
        ),
        (_, 410) => told(
            "This is over",
            "Ask the creator whether there is a new version.",
        ),
        (_, 425) => told("Not yet", "Come back when it opens."),
        (_, 428) => told(
            "Your consent is asked for",
            "Read what the creator asks for, and decide then. Without it the files stay shut; nothing else depends on it.",
        ),
        (_, 429) => told("Too many requests", "Wait a moment and try again."),
        (_, 502) => told(
            "We did not send this file",
            "What is stored is not what its creator signed. This is not your fault; the operator has been told. Try again later.",
        ),
        (_, 500..=599) => Advice {
            heading: None,
            next: "This is not your fault. Try again in a moment.",
            ask_for_code: false,
        },
        _ => Advice {
            heading: None,
            next: "Go back, change what is said above, and try again.",
            ask_for_code: false,
        },
    }
}
