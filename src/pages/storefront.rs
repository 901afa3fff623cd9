//! `GET /`: what is published, by creator.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::asset;
use super::layout::{Listing, Site};
use super::license::license;
use super::picture::CARD;
use super::view::DropView;
use super::words::{count, moment, size};

/// The storefront. Drops that open after `now` say when.
#[must_use]
pub fn storefront(site: Site<'_>, drops: &[DropView], now: u64) -> String {
    let mut creators: BTreeMap<&str, Vec<&DropView>> = BTreeMap::new();
    for drop in drops {
        let shelf = creators.entry(drop.path.creator.as_str()).or_default();
        shelf.push(drop);
    }
    let main = html! {
        h1 { "Drops" }
        @if drops.is_empty() {
            (nothing_yet())
        } @else {
            p.lead {
                (count(drops.len() as u64, "drop", "drops")) " by "
                (count(creators.len() as u64, "creator", "creators"))
                ". Every file is the one its creator signed."
            }
        }
        @for (creator, shelf) in &creators {
            section.shelf aria-labelledby={ "by-" (creator) } {
                h2 id={ "by-" (creator) } { (creator) }
                ul.cards {
                    @for drop in shelf { li { (card(drop, now)) } }
                }
            }
        }
        @if !drops.is_empty() { script type="module" src=(asset::catalog()) {} }
    };
    site.page("Drops", Listing::Public, &main)
}

fn card(drop: &DropView, now: u64) -> Markup {
    let opens = drop.opens_after(now);
    html! {
        @let cover = drop.cover.as_ref().filter(|_| opens.is_none());
        article.card data-catalog=[cover.map(|_| drop.catalog())] {
            @if let Some(cover) = cover {
                (CARD.packed(cover, "cover.jpg"))
            } @else {
                div.blank aria-hidden="true" { (drop.title.chars().next().unwrap_or('\u{b7}')) }
            }
            h3 { a href=(drop.url()) { (drop.title) } }
            p.facts {
                (count(drop.files.len() as u64, "file", "files")) " \u{b7} " (size(drop.bytes))
                @if let Some(text) = &drop.license { " \u{b7} " (license(text)) }
            }
            @if let Some(opens) = opens {
                p.notice { "Opens on " (moment(opens)) }
            }
        }
    }
}

/// For the operator, who is the only one to see it.
fn nothing_yet() -> Markup {
    html! {
        p.lead { "Nothing is published yet." }
        p { "Publish a folder of files as a drop, from where the marketplace's keys are:" }
        pre tabindex="0" role="region" aria-label="Commands" { code { "dropgate init\ndropgate publish FOLDER --creator NAME --create" } }
        p { "It appears here within a minute." }
    }
}
