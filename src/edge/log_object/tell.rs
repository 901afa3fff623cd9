//! A log counts its own receipts, and tells the numbers of the marketplace all that
//! it ever counted.

use serde::Deserialize;

use super::{
    super::objects::{call, execute, rows},
    Log, PORT, PortError,
};
use crate::{
    evidence::sequencer::MAX_BATCH,
    gate::book::{AddTold, NUMBERS, Question},
    metrics::{Counts, count_receipt},
};

#[derive(Default, Deserialize)]
struct Counted {
    next: u64,
    counts: String,
}

impl Log {
    /// Notes operations on R2.
    pub(super) fn bill(&self, reads: u64, writes: u64) {
        let [read, wrote] = self.billed.get();
        self.billed.set([read + reads, wrote + writes]);
    }

    /// Counts the receipts that came since the last time, and tells.
    pub(super) async fn tell(&self) -> Result<(), PortError> {
        let Some(known) = self.known()? else {
            return Ok(());
        };
        let broken = |error: serde_json::Error| PortError::new(PORT, error);
        let query = "SELECT next, counts FROM counted";
        let counted: Vec<Counted> = rows(&self.sql, query, Vec::new())?;
        let counted = counted.into_iter().next().unwrap_or_default();
        let mut counts: Counts = serde_json::from_str(&counted.counts).unwrap_or_default();
        let mut next = counted.next;
        loop {
            let notes = self.notes(next, MAX_BATCH as u64)?;
            if notes.is_empty() {
                break;
            }
            next += notes.len() as u64;
            for note in &notes {
                count_receipt(&mut counts, note);
            }
        }
        let [reads, writes] = self.billed.take();
        for (operation, count) in [
            ("stores;r2;read", reads),
            ("stores;r2;write", writes),
            // The alarm that this runs in.
            ("stores;object;request", 1),
        ] {
            *counts.entry(operation.to_owned()).or_default() += count;
        }
        let text = serde_json::to_string(&counts).map_err(broken)?;
        execute(
            &self.sql,
            "INSERT OR REPLACE INTO counted (id, next, counts) VALUES (1, ?, ?)",
            vec![i64::try_from(next).unwrap_or(i64::MAX).into(), text.into()],
        )?;
        let source = known.name;
        call(
            &self.env,
            "GATE",
            NUMBERS,
            AddTold::NAME,
            &AddTold { source, counts },
        )
        .await
    }
}
