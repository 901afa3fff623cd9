//! The list of a drop's files, for its page and for one who has a grant.

use maud::{Markup, html};

use super::license::license;
use super::picture::THUMBNAIL;
use super::view::{DropView, FileView};
use super::words::{kind, size};
use crate::trust::Access;

/// What the names in the list lead to.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Links<'a> {
    /// Nothing: the drop is not open yet.
    None,
    /// The files, which may ask for a grant.
    Plain,
    /// The files with this grant, so that a link works in another browser and
    /// in a download manager too.
    Granted(&'a str),
}

impl Links<'_> {
    /// A grant is a JWT: base64url and dots, nothing that a query would change.
    fn to(self, url: &str) -> String {
        match self {
            Self::Granted(grant) => format!("{url}?grant={grant}"),
            Self::None | Self::Plain => url.to_owned(),
        }
    }
}

/// The list.
pub(super) fn files(drop: &DropView, links: Links<'_>) -> Markup {
    html! {
        ul.files {
            @for file in &drop.files { li { (row(drop, file, links)) } }
        }
    }
}

fn row(drop: &DropView, file: &FileView, links: Links<'_>) -> Markup {
    let name = &file.path.file;
    let sha256 = file.sha256.to_hex();
    let thumbnail = file.thumbnail().filter(|_| links != Links::None);
    let start: String = sha256.chars().take(12).collect();
    html! {
        div.thumb {
            @if let Some(picture) = &thumbnail {
                (THUMBNAIL.img(picture))
            } @else {
                span aria-hidden="true" { (extension(name.as_str())) }
            }
        }
        div.about {
            p.name { (name.as_str()) }
            p.facts {
                (kind(&file.media_type)) " \u{b7} " (size(file.length))
                @if file.license != drop.license {
                    @if let Some(text) = &file.license { " \u{b7} " (license(text)) }
                }
                @if !matches!(links, Links::Granted(_)) { " \u{b7} " (access(&file.access)) }
            }
            p.hash { "SHA-256 " code title=(sha256) { (start) "\u{2026}" } }
        }
        @if links != Links::None {
            a.button href=(links.to(&format!("/get/{}", file.path))) {
                "Download" span.visually-hidden { " " (name.as_str()) }
            }
        }
    }
}

fn access(access: &Access) -> Markup {
    html! {
        @match access {
            Access::Public => span.access { "free" },
            Access::Grant => span.access.gated { "needs a grant" },
            Access::Tier(tier) => span.access.gated { "needs a grant, tier " (tier.as_str()) },
        }
    }
}

/// The link to the whole drop.
pub(super) fn archive(drop: &DropView, links: Links<'_>) -> Markup {
    html! {
        a.button.primary href=(links.to(&format!("/get/{}.zip", drop.path))) {
            "Download all as ZIP, " (size(drop.bytes))
        }
    }
}

fn extension(name: &str) -> &str {
    name.rsplit_once('.')
        .map_or("file", |(_, extension)| extension)
}
