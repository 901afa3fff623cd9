//! The list of a drop's files, for its page and for one who has a grant.

use maud::{Markup, html};

use super::asset;
use super::license::license;
use super::picture::THUMBNAIL;
use super::view::{DropView, FileView, Stage};
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

/// The list, with what the script needs to fetch and check the files.
pub(super) fn files(drop: &DropView, links: Links<'_>) -> Markup {
    let manifest = format!("/metadata/{}.{}.json", drop.version, drop.path.role());
    let packed = links != Links::None && drop.is_packed();
    let catalog = packed.then(|| drop.catalog());
    html! {
        ul.files data-worker=(asset::worker()) data-manifest=(manifest)
            data-manifest-sha256=(drop.manifest) data-catalog=[&catalog] {
            @for file in &drop.files { li { (row(drop, file, links, packed)) } }
        }
        @if packed { script type="module" src=(asset::catalog()) {} }
    }
}

fn row(drop: &DropView, file: &FileView, links: Links<'_>, packed: bool) -> Markup {
    let name = &file.path.file;
    let sha256 = file.sha256.to_hex();
    let thumbnail = file.thumbnail().filter(|_| links != Links::None);
    let start: String = sha256.chars().take(12).collect();
    html! {
        div.thumb {
            @if let Some(picture) = &thumbnail {
                @if packed { (THUMBNAIL.packed(picture, &format!("thumbnails/{name}.jpg"))) } @else { (THUMBNAIL.img(picture)) }
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
                @if let Some(text) = stage(file.stage) { " \u{b7} " (text) }
                @if !(file.open && file.access != Access::Public) { " \u{b7} " (access(&file.access)) }
            }
            p.hash { "SHA-256 " code title=(sha256) { (start) "\u{2026}" } }
        }
        @if links != Links::None {
            a.button href=(links.to(&format!("/get/{}", file.path)))
                data-path=(file.path) data-length=(file.length) data-sha256=(sha256)
                data-stage=[stage_name(file.stage)] data-open[file.open] {
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

const fn stage_name(stage: Stage) -> Option<&'static str> {
    match stage {
        Stage::Lite => Some("lite"),
        Stage::Master => Some("master"),
        Stage::Other => None,
    }
}

const fn stage(stage: Stage) -> Option<&'static str> {
    match stage {
        Stage::Lite => Some("small, enough to begin with"),
        Stage::Master => Some("everything"),
        Stage::Other => None,
    }
}

/// What only the script can do, hidden until it runs: the button for everything,
/// the question whether to fetch ahead, and what a screen reader is told.
pub(super) fn controls(visitor_may_prefetch: bool) -> Markup {
    html! {
        button #everything .button.primary type="button" hidden { "Download everything" }
        @if visitor_may_prefetch {
            label #ahead .small hidden {
                input type="checkbox";
                " Fetch the large file to this device ahead of time, so that it is here when I want it"
            }
        }
        p #said .visually-hidden role="status" {}
        script type="module" src=(asset::download()) {}
    }
}

/// The link to the whole drop.
pub(super) fn archive(drop: &DropView, links: Links<'_>) -> Markup {
    html! {
        a.button href=(links.to(&format!("/get/{}.zip", drop.path))) {
            "Download all as ZIP, " (size(drop.bytes))
        }
    }
}

fn extension(name: &str) -> &str {
    name.rsplit_once('.')
        .map_or("file", |(_, extension)| extension)
}
