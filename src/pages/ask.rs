//! A page that asks one thing: a few words, perhaps some fields, one button. It
//! needs no script, and nothing happens before the button is pressed.

use maud::{Markup, html};

use super::layout::{Listing, Site};

/// What is asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AskView<'a> {
    /// The heading.
    pub heading: &'a str,
    /// What pressing the button means.
    pub lead: &'a str,
    /// Facts worth knowing before.
    pub facts: Vec<String>,
    /// Where the form goes.
    pub action: &'a str,
    /// What it carries along.
    pub hidden: Vec<(&'a str, &'a str)>,
    /// What a person fills in.
    pub fields: Vec<Field<'a>>,
    /// What the button says.
    pub button: &'a str,
    /// What to know about privacy.
    pub small: &'a str,
}

/// Something to fill in or to tick.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field<'a> {
    /// A line of text: its name, its label, its HTML input type.
    Line(&'a str, &'a str, &'a str),
    /// A box that must be ticked: its name, its label.
    Tick(&'a str, &'a str),
}

/// The page.
#[must_use]
pub fn ask_page(site: Site<'_>, view: &AskView<'_>) -> String {
    let main = html! {
        div.narrow {
            h1 { (view.heading) }
            p.lead { (view.lead) }
            @if !view.facts.is_empty() {
                ul { @for fact in &view.facts { li { (fact) } } }
            }
            form.code method="post" action=(view.action) {
                @for (name, value) in &view.hidden { input type="hidden" name=(name) value=(value); }
                @for field in &view.fields { (asked(*field)) }
                button.button.primary type="submit" { (view.button) }
            }
            p.small { (view.small) }
        }
    };
    site.page(view.heading, Listing::Private, &main)
}

fn asked(field: Field<'_>) -> Markup {
    match field {
        Field::Line(name, label, kind) => html! {
            label for={ "field-" (name) } { (label) }
            input id={ "field-" (name) } name=(name) type=(kind) required maxlength="254";
        },
        Field::Tick(name, label) => html! {
            p { label { input type="checkbox" name=(name) value="yes" required; " " (label) } }
        },
    }
}

/// A page that only tells something.
#[must_use]
pub fn told_page(site: Site<'_>, heading: &str, paragraphs: &[String]) -> String {
    let main = html! {
        div.narrow {
            h1 { (heading) }
            @for text in paragraphs { p { (text) } }
            p { a href="/" { "Go to the storefront" } }
        }
    };
    site.page(heading, Listing::Private, &main)
}
