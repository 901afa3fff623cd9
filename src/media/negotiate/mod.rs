//! What this client gets: the request's headers are reduced to a few tokens
//! before they reach a cache key, a `Vary` or the engine.
//!
//! 1. [`Client::read`] turns headers into tokens: which formats, one of seven
//!    widths, slow or not.
//! 2. [`outputs`] picks the outputs for a recipe, a source and what this
//!    deployment can write.
//! 3. [`crate::media::recipe::Recipe::derive`] makes the exact derivative of one.
//! 4. [`vary`] names the headers the answer depended on.

mod accept;
mod client;
mod every;
mod formats;
mod outputs;

#[cfg(test)]
mod tests;

pub use accept::Accept;
pub use client::{ACCEPT_CH, AUTO_WIDTHS, Client};
pub use every::every;
pub use formats::Formats;
pub use outputs::{Outputs, Source, SourceFormat, outputs};

use super::recipe::{Format, Recipe};

/// The headers the answer to this recipe depends on, for `Vary`; `None` if on
/// none. A header is named if any value of it could change the answer, so that
/// the list is the same for every client, as RFC 9110, section 12.5.5 asks.
#[must_use]
pub fn vary(recipe: &Recipe) -> Option<String> {
    let mut names = Vec::new();
    if recipe.format() == Some(Format::Auto) {
        names.push("Accept");
    }
    if recipe.auto_width() {
        names.extend(client::WIDTH_HEADERS);
    }
    if recipe.slow_quality().is_some() {
        names.extend(client::SPEED_HEADERS);
    }
    if recipe.auto_width() || recipe.slow_quality().is_some() {
        names.push(client::SAVE_DATA);
    }
    (!names.is_empty()).then(|| names.join(", "))
}
