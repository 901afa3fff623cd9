//! The frame around every page.

use maud::{DOCTYPE, Markup, html};

use super::asset;

/// The marketplace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Site<'a> {
    /// Its name.
    pub name: &'a str,
}

/// Who may list a page.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Listing {
    /// Search engines may.
    Public,
    /// The page is one person's.
    Private,
}

impl Site<'_> {
    /// The whole document.
    pub(super) fn page(self, title: &str, listing: Listing, main: &Markup) -> String {
        let document = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    @if listing == Listing::Private { meta name="robots" content="noindex"; }
                    title { (title) " \u{b7} " (self.name) }
                    link rel="icon" type="image/svg+xml" href=(asset::icon());
                    link rel="stylesheet" href=(asset::style());
                }
                body {
                    a.skip href="#main" { "Skip to the content" }
                    header.masthead {
                        a.home href="/" { (self.name) }
                    }
                    main #main tabindex="-1" { (main) }
                    footer.colophon {
                        p {
                            "Every file is signed by its creator and checked before it leaves. "
                            a href="/metadata/timestamp.json" { "Signed metadata" }
                            " (TUF) \u{b7} "
                            a href="/.well-known/jwks.json" { "Keys of this edge" }
                            " \u{b7} "
                            a href="/known" { "What is known about you" }
                        }
                    }
                }
            }
        };
        document.into_string()
    }
}
