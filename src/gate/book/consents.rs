//! Consents: given, shown, taken back.

use serde::{Deserialize, Serialize};

use super::{
    BookError, Question, Rows, load, save,
    status::{place_of, set},
};
use crate::gate::{consent::ConsentRecord, status};

/// A consent stays in the books for three years after its end: whoever relied on
/// it may have to show it.
const KEPT: u64 = 3 * 365 * 86_400;

fn keep(rows: &dyn Rows, receipt: &str, record: &ConsentRecord) -> Result<(), BookError> {
    let until = record.until().saturating_add(KEPT);
    save(rows, "consent", receipt, record, Some(until))
}

/// The name under which a consent has its place in the status lists.
fn listed(receipt: &str) -> String {
    format!("consent {receipt}")
}

/// Consent is given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GiveConsent {
    /// The id of its receipt.
    pub receipt: String,
    /// What was agreed to; its place is given here.
    pub record: ConsentRecord,
}

impl Question for GiveConsent {
    const NAME: &'static str = "gate.give-consent";
    /// Its place in the status lists.
    type Answer = u64;

    fn answer(&self, rows: &dyn Rows, _: u64) -> Result<u64, BookError> {
        let place = place_of(rows, &listed(&self.receipt))?;
        let record = ConsentRecord {
            place,
            ..self.record.clone()
        };
        keep(rows, &self.receipt, &record)?;
        Ok(place)
    }
}

/// A consent is looked at, or taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsentOf {
    /// The id of its receipt.
    pub receipt: String,
    /// Whether it is taken back.
    pub withdraw: bool,
}

impl Question for ConsentOf {
    const NAME: &'static str = "gate.consent";
    /// The consent as it is now, and whether this has withdrawn it.
    type Answer = Option<(ConsentRecord, bool)>;

    fn answer(&self, rows: &dyn Rows, now: u64) -> Result<Self::Answer, BookError> {
        let Some(mut record) = load::<ConsentRecord>(rows, "consent", &self.receipt)? else {
            return Ok(None);
        };
        let news = self.withdraw && record.withdrawn.is_none();
        if news {
            record.withdrawn = Some(now);
            keep(rows, &self.receipt, &record)?;
            set(rows, &listed(&self.receipt), status::WITHDRAWN)?;
        }
        Ok(Some((record, news)))
    }
}
