//! The receipt that says that a derivative was made.

use super::{Desk, catalogue::Found, problem::Problem};
use crate::{
    evidence::{Detail, Kind},
    media::recipe,
    ports::{LogName, World},
    trust::Sha256,
};

impl<W: World> Desk<'_, W> {
    /// Logs that a derivative was made, of what and how; where that will be.
    pub(super) fn derived(
        &self,
        found: &Found,
        derivative: &recipe::Derivative,
        result: Sha256,
        length: usize,
    ) -> Result<String, Problem> {
        let path = &found.file.path;
        let mut receipt = self.new_receipt(Kind::Derive)?;
        receipt.drop = Some(path.drop.clone());
        receipt.version = Some(found.version);
        receipt.manifest = Some(found.manifest);
        receipt.file = Some(path.file.clone());
        receipt.sha256 = Some(found.file.sha256);
        receipt.bytes = Some(length as u64);
        receipt.result = Some(result);
        receipt.detail = recipe_words(&derivative.canonical());
        let place = format!("/receipts/{}", receipt.id);
        self.log_later(LogName::Deliveries, receipt);
        Ok(place)
    }
}

/// A recipe in the letters that a receipt has: others become `_`.
fn recipe_words(recipe: &str) -> Option<Detail> {
    let letter = |c: char| match c {
        'a'..='z' | '0'..='9' => c,
        _ if ".,=;_+/-".contains(c) => c,
        _ => '_',
    };
    Detail::parse(&recipe.chars().map(letter).take(512).collect::<String>())
}
