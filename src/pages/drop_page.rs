//! `GET /d/{creator}/{drop}`: everything about one drop.

use maud::{Markup, html};

use super::files::{Links, archive, controls, files};
use super::layout::{Listing, Site};
use super::license::license;
use super::picture::HERO;
use super::redeem::code_form;
use super::view::{DropView, Stage, Visitor};
use super::words::{count, moment, size};

/// The download page of a drop.
#[must_use]
pub fn drop_page(site: Site<'_>, drop: &DropView, visitor: &Visitor, now: u64) -> String {
    let opens = drop.opens_after(now);
    let links = match &visitor.link {
        _ if opens.is_some() => Links::None,
        Some(grant) => Links::Granted(grant),
        None => Links::Plain,
    };
    let all_open = drop.files.iter().all(|file| file.open);
    let main = html! {
        div.head {
            div {
                p.eyebrow { (drop.path.creator.as_str()) }
                h1 { (drop.title) }
                @if let Some(text) = &drop.description { p.lead { (text) } }
                (facts(drop))
                @if let Some(opens) = opens {
                    p.notice { "This drop opens on " (moment(opens)) "." }
                } @else {
                    @if let Some(trouble) = visitor.trouble { p.notice role="alert" { (trouble) } }
                    @if let Some(lite) = drop.staged(Stage::Lite).filter(|file| file.open) {
                        p.small { "Begin with " (lite.path.file.as_str()) ": " (size(lite.length)) " that are here at once." }
                    }
                    @if visitor.asks_consent {
                        p { a.button.primary href={ "/consent/" (drop.path) } { "See what the creator asks for" } }
                    }
                    p.actions {
                        (controls(visitor.may_prefetch))
                        @if all_open && !drop.files.is_empty() { (archive(drop, links)) }
                    }
                }
            }
            @if let Some(cover) = drop.cover.as_ref().filter(|_| opens.is_none()) { (HERO.img(cover)) }
        }
        section aria-labelledby="files" {
            h2 #files { "Files" }
            (files(drop, links))
        }
        @if !all_open {
            section.redeem aria-labelledby="code" {
                h2 #code { "Have a code?" }
                p { "Some of these files need a grant. A code from a card, a receipt or a screen gives you one." }
                (code_form(""))
            }
        }
        (verification(drop))
    };
    let listing = if visitor.is_known {
        Listing::Private
    } else {
        Listing::Public
    };
    site.page(&drop.title, listing, &main)
}

fn facts(drop: &DropView) -> Markup {
    html! {
        dl.drop-facts {
            div { dt { "Files" } dd { (count(drop.files.len() as u64, "file", "files")) ", " (size(drop.bytes)) } }
            @if let Some(text) = &drop.license {
                div { dt { "Licence" } dd { (license(text)) } }
            }
            @if let Some(credit) = &drop.credit {
                div { dt { "Credit" } dd { (credit) } }
            }
            div { dt { "Version" } dd { (drop.version) } }
        }
    }
}

/// For those who do not take our word for it.
fn verification(drop: &DropView) -> Markup {
    let role = drop.path.role();
    let manifest = format!("/metadata/{}.{role}.json", drop.version);
    html! {
        details.verify {
            summary { "Check the files yourself" }
            p {
                "The creator signed "
                a href=(manifest) { "version " (drop.version) " of this drop" }
                " (SHA-256 " code { (drop.manifest) } "). Any TUF client can follow the chain from "
                code { "/metadata/1.root.json" } ". A download manager can use "
                a href={ "/get/" (drop.path) ".meta4" } { "the Metalink" }
                ". Or save these lines and run " code { "sha256sum --check" } " on them:"
            }
            pre tabindex="0" role="region" aria-label="Checksums" {
                code {
                    @for file in &drop.files { (file.sha256) "  " (file.path.file.as_str()) "\n" }
                }
            }
        }
    }
}
