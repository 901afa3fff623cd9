//! What of a file was handed over, over several requests.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::Coverage;
use crate::gate::base64url;

/// Requests that were left and are remembered; a client has a few connections.
const MOST_LEFT: usize = 32;

/// How a request's body ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum End {
    /// All of it was handed over.
    Whole,
    /// Its reader left on the way: what it got by then only the reader knows.
    Left,
}

/// The union of what was handed over. Of a request that its reader left, what
/// counts is what lies before the place where a later request goes on: nobody
/// knows better how much arrived than whoever does not ask for it again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handover {
    total: u64,
    covered: String,
    left: Vec<(u64, u64)>,
}

impl Handover {
    /// Nothing of a file of this length.
    #[must_use]
    pub fn of(total: u64) -> Self {
        Self {
            total,
            covered: String::new(),
            left: Vec::new(),
        }
    }

    /// A request has ended; they are told in the order in which they ended.
    pub fn note(&mut self, range: &Range<u64>, end: End) {
        let mut covered = self.covered();
        let goes_on = |left: &(u64, u64)| left.0 < range.start && range.start < left.1;
        for left in self.left.iter().filter(|left| goes_on(left)) {
            covered.cover(&(left.0..range.start));
        }
        self.left.retain(|left| !goes_on(left));
        match end {
            End::Whole => covered.cover(range),
            End::Left => {
                let left = (range.start, range.end.min(self.total));
                if self.left.len() < MOST_LEFT && !self.left.contains(&left) {
                    self.left.push(left);
                }
            }
        }
        self.covered = base64url::encode(covered.encode());
    }

    /// The same when it may be told late: a request that went on may have been
    /// told before the one that it goes on from.
    pub fn note_late(&mut self, range: &Range<u64>, end: End) {
        self.note(range, end);
        let (left, covered) = (std::mem::take(&mut self.left), self.covered());
        for (start, end) in left {
            match covered.first_start_after(start).filter(|on| *on < end) {
                Some(on) => {
                    let mut covered = self.covered();
                    covered.cover(&(start..on));
                    self.covered = base64url::encode(covered.encode());
                }
                None => self.left.push((start, end)),
            }
        }
    }

    /// Whether every byte is accounted for.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.covered().is_complete()
    }

    fn covered(&self) -> Coverage {
        let bytes = base64url::decode(&self.covered).unwrap_or_default();
        Coverage::decode(&bytes, self.total).unwrap_or_else(|_| Coverage::of(self.total))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(notes: &[(Range<u64>, End)]) -> bool {
        let mut handover = Handover::of(1000);
        for (range, end) in notes {
            assert!(!handover.is_complete());
            handover.note(range, *end);
        }
        handover.is_complete()
    }

    #[test]
    fn a_resumed_download_is_covered_and_a_last_byte_is_not_enough() {
        use End::{Left, Whole};
        assert!(after(&[(0..1000, Whole)]));
        assert!(!after(&[(999..1000, Whole)]));
        assert!(after(&[(0..1000, Left), (400..1000, Whole)]));
        assert!(after(&[
            (0..1000, Left),
            (400..1000, Left),
            (900..1000, Whole)
        ]));
        assert!(!after(&[(0..500, Left), (500..1000, Whole)]), "a hole");
        assert!(after(&[
            (500..1000, Whole),
            (0..500, Left),
            (499..500, Whole)
        ]));
        // The tail first, and then all of it, given up: nothing went on from there.
        assert!(!after(&[(400..1000, Whole), (0..1000, Left)]));
    }

    #[test]
    fn what_is_told_late_counts_where_order_is_not_known() {
        let mut handover = Handover::of(1000);
        handover.note_late(&(400..1000), End::Whole);
        handover.note_late(&(0..1000), End::Left);
        assert!(handover.is_complete());
    }

    #[test]
    fn a_connection_manager_is_covered_when_each_part_is() {
        let mut handover = Handover::of(1000);
        for part in [3_u64, 0, 7, 5, 1, 9, 2, 8, 6] {
            handover.note(&(part * 100..part * 100 + 100), End::Whole);
            assert!(!handover.is_complete());
        }
        handover.note(&(400..500), End::Whole);
        assert!(handover.is_complete());
    }

    #[test]
    fn holes_are_never_closed_by_themselves() {
        let mut handover = Handover::of(100_000);
        for at in 0..1000 {
            handover.note(&(at * 100..at * 100 + 99), End::Whole);
        }
        assert!(!handover.is_complete());
        handover.note(&(0..100_000), End::Whole);
        assert!(handover.is_complete());
    }
}
