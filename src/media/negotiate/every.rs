//! Everything a recipe can come to, whoever asks.

use super::client::{AUTO_WIDTHS, Client};
use super::outputs::Source;
use crate::media::recipe::{Derivative, Output, Recipe};

/// Every derivative of a source that a recipe may come to, for any client and
/// whatever this deployment can write.
#[must_use]
pub fn every(recipe: &Recipe, source: Source) -> Vec<Derivative> {
    let [first, ..] = AUTO_WIDTHS;
    let widths: &[u32] = if recipe.auto_width() {
        &AUTO_WIDTHS
    } else {
        &[first]
    };
    let speeds: &[Option<&str>] = if recipe.slow_quality().is_some() {
        &[None, Some("on")]
    } else {
        &[None]
    };
    let mut all = Vec::new();
    for width in widths {
        for saves in speeds {
            let client = Client::read(|name| match name {
                "Sec-CH-Width" => Some(width.to_string()),
                "Save-Data" => saves.map(str::to_owned),
                _ => None,
            });
            let outputs = Output::ALL.iter();
            all.extend(outputs.map(|output| recipe.derive(client, source, *output)));
        }
    }
    all
}
