//! The list of a drop's files, for its page and for one who has a grant.

use maud::{Markup, html};

use super::license::license;
use super::picture::THUMBNAIL;
use super::view::{DropView, FileView};
use super::words::{kind, size};
use crate::trust::Access;

/// The list. With a `grant` every link carries it, so that it works in another
/// browser and in a download manager too.
pub(super) fn files(drop: &DropView, grant: Option<&str>) -> Markup {
    html! {
        ul.files {
            @for file in &drop.files { li { (row(drop, file, grant)) } }
        }
    }
}

fn row(drop: &DropView, file: &FileView, grant: Option<&str>) -> Markup {
    let name = &file.path.file;
    let sha256 = file.sha256.to_hex();
    let start: String = sha256.chars().take(12).collect();
    html! {
        div.thumb {
            @if let Some(picture) = file.thumbnail() {
                (THUMBNAIL.img(&picture))
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
                " \u{b7} " (access(&file.access))
            }
            p.hash { "SHA-256 " code title=(sha256) { (start) "\u{2026}" } }
        }
        a.button href=(with_grant(&format!("/get/{}", file.path), grant)) {
            "Download" span.visually-hidden { " " (name.as_str()) }
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
pub(super) fn archive(drop: &DropView, grant: Option<&str>) -> Markup {
    html! {
        a.button.primary href=(with_grant(&format!("/get/{}.zip", drop.path), grant)) {
            "Download all as ZIP, " (size(drop.bytes))
        }
    }
}

/// A grant is a JWT: base64url and dots, nothing that a query would change.
fn with_grant(url: &str, grant: Option<&str>) -> String {
    match grant {
        Some(grant) => format!("{url}?grant={grant}"),
        None => url.to_owned(),
    }
}

fn extension(name: &str) -> &str {
    name.rsplit_once('.')
        .map_or("file", |(_, extension)| extension)
}
