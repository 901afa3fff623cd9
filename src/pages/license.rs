//! Licences people can follow: an SPDX identifier becomes a name and a link.

use maud::{Markup, html};

/// The licences that creators use, by SPDX identifier.
const KNOWN: [(&str, &str, &str); 7] = [
    (
        "CC0-1.0",
        "CC0 1.0 (public domain)",
        "https://creativecommons.org/publicdomain/zero/1.0/",
    ),
    (
        "CC-BY-4.0",
        "CC BY 4.0",
        "https://creativecommons.org/licenses/by/4.0/",
    ),
    (
        "CC-BY-SA-4.0",
        "CC BY-SA 4.0",
        "https://creativecommons.org/licenses/by-sa/4.0/",
    ),
    (
        "CC-BY-NC-4.0",
        "CC BY-NC 4.0",
        "https://creativecommons.org/licenses/by-nc/4.0/",
    ),
    (
        "CC-BY-ND-4.0",
        "CC BY-ND 4.0",
        "https://creativecommons.org/licenses/by-nd/4.0/",
    ),
    (
        "CC-BY-NC-SA-4.0",
        "CC BY-NC-SA 4.0",
        "https://creativecommons.org/licenses/by-nc-sa/4.0/",
    ),
    (
        "CC-BY-NC-ND-4.0",
        "CC BY-NC-ND 4.0",
        "https://creativecommons.org/licenses/by-nc-nd/4.0/",
    ),
];

/// The licence as text, with a link where there is something to read. Only
/// `https:` addresses become links: the text is the creator's.
pub(super) fn license(text: &str) -> Markup {
    let known = KNOWN.iter().find(|(id, _, _)| *id == text);
    html! {
        @if let Some((_, name, url)) = known {
            a href=(url) rel="license noopener" { (name) }
        } @else if text.starts_with("https://") && !text.contains(char::is_whitespace) {
            a href=(text) rel="license noopener" { "Licence of its own" }
        } @else {
            (text)
        }
    }
}
