//! Downloads in parts: whether a grant was handed all of a file by now. Asked
//! after a body has ended; nobody waits for the answer.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::{BookError, Question, Rows, load, save, visits::shelf};
use crate::gate::{
    GrantHash,
    budget::{End, Handover},
};

/// The body of a request for a part of a file has ended, or one for all of it
/// that its reader left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoteHandover {
    /// The grant.
    pub grant: GrantHash,
    /// The tag of the file or archive, which another content does not have, and
    /// its length.
    pub file: (String, u64),
    /// What was asked for.
    pub range: Range<u64>,
    /// How it ended.
    pub end: End,
    /// The receipt that the reply named; one is filed when all is handed over.
    pub receipt: String,
    /// When the row may be forgotten.
    pub until: u64,
}

impl Question for NoteHandover {
    const NAME: &'static str = "gate.handover";
    /// The receipt to file, if that was the last of it: the one that the reply
    /// with the last byte has named.
    type Answer = Option<String>;

    fn book(&self) -> String {
        shelf(self.grant)
    }

    fn answer(&self, rows: &dyn Rows, _: u64) -> Result<Self::Answer, BookError> {
        let (tag, total) = &self.file;
        let key = format!("{}/{tag}", self.grant.0);
        let known: Option<(Handover, Option<String>)> = load(rows, "handover", &key)?;
        let (mut handover, mut named) = known.unwrap_or_else(|| (Handover::of(*total), None));
        handover.note(&self.range, self.end);
        if self.range.end == *total {
            named = Some(self.receipt.clone());
        }
        if handover.is_complete() {
            rows.delete("handover", &key)?;
            return Ok(Some(named.unwrap_or_else(|| self.receipt.clone())));
        }
        save(rows, "handover", &key, &(handover, named), Some(self.until))?;
        Ok(None)
    }
}
