//! The union of the byte ranges of one file that one grant was handed.

use std::fmt;
use std::ops::Range;

use super::varint;

/// The most separate spans that are remembered. A download manager makes as
/// many as it has connections (16, rarely 32); a row of 256 spans stays under
/// 4 KiB. What is beyond is coalesced, see [`Coverage::spend`].
pub const MAX_SPANS: usize = 256;

/// The stored form is not one that [`Coverage::encode`] made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CoverageError;

impl fmt::Display for CoverageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the record of what was downloaded cannot be read")
    }
}

impl std::error::Error for CoverageError {}

/// Sorted spans `[start, end)` with at least one byte between neighbours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coverage {
    total: u64,
    spans: Vec<Range<u64>>,
}

impl Coverage {
    /// Nothing of a file of this length.
    #[must_use]
    pub fn of(total: u64) -> Self {
        Self {
            total,
            spans: Vec::new(),
        }
    }

    /// The file's length.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.total
    }

    /// How many bytes are covered; never more than the file has.
    #[must_use]
    pub fn covered(&self) -> u64 {
        self.spans.iter().map(length).sum()
    }

    /// Whether every byte is covered. An empty file always is.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.covered() == self.total
    }

    /// Covers a range and returns how many bytes that cost: those that were not
    /// covered before. What lies beyond the file's end counts for nothing.
    ///
    /// When more than [`MAX_SPANS`] spans would remain, the smallest gap is
    /// closed, again until they fit, and *its bytes count as handed over*: were
    /// they free, a client could open a file by asking for one byte in every
    /// megabyte. So a client that leaves more than 255 holes may pay for the
    /// smallest of them early, but a file never costs more than its length.
    pub fn spend(&mut self, range: &Range<u64>) -> u64 {
        let before = self.covered();
        self.insert(range);
        while self.spans.len() > MAX_SPANS && self.close_smallest_gap() {}
        self.covered().saturating_sub(before)
    }

    /// Covers a range, for saying what was handed over. When there are more than
    /// [`MAX_SPANS`] spans, the shortest is forgotten: no hole is ever closed by
    /// itself.
    pub fn cover(&mut self, range: &Range<u64>) {
        self.insert(range);
        while self.spans.len() > MAX_SPANS {
            let shortest = self.spans.iter().enumerate();
            let shortest = shortest.min_by_key(|(_, span)| length(span));
            let Some((place, _)) = shortest else { return };
            self.spans.remove(place);
        }
    }

    /// Where the first span begins that begins after `start`.
    #[must_use]
    pub fn first_start_after(&self, start: u64) -> Option<u64> {
        let mut starts = self.spans.iter().map(|span| span.start);
        starts.find(|at| *at > start)
    }

    /// The stored form: pairs of (gap, length), each LEB128.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let mut at = 0;
        for span in &self.spans {
            varint::put(&mut out, span.start.saturating_sub(at));
            varint::put(&mut out, length(span));
            at = span.end;
        }
        out
    }

    /// Reads the stored form of a file of this length.
    pub fn decode(mut bytes: &[u8], total: u64) -> Result<Self, CoverageError> {
        let mut spans: Vec<Range<u64>> = Vec::new();
        let mut at = 0_u64;
        while !bytes.is_empty() {
            let gap = varint::take(&mut bytes).ok_or(CoverageError)?;
            let length = varint::take(&mut bytes).ok_or(CoverageError)?;
            let start = at.checked_add(gap).ok_or(CoverageError)?;
            let end = start.checked_add(length).ok_or(CoverageError)?;
            let apart = spans.is_empty() || gap > 0;
            if length == 0 || !apart || end > total || spans.len() == MAX_SPANS {
                return Err(CoverageError);
            }
            spans.push(start..end);
            at = end;
        }
        Ok(Self { total, spans })
    }

    /// Merges a range with every span that it overlaps or touches.
    fn insert(&mut self, range: &Range<u64>) {
        let mut new = range.start..range.end.min(self.total);
        if new.start >= new.end {
            return;
        }
        let first = self.spans.partition_point(|span| span.end < new.start);
        let after = self.spans.partition_point(|span| span.start <= new.end);
        for span in self.spans.drain(first..after) {
            new = new.start.min(span.start)..new.end.max(span.end);
        }
        self.spans.insert(first, new);
    }

    /// Joins the two neighbours that are closest; the first of equals.
    fn close_smallest_gap(&mut self) -> bool {
        let gaps = self.spans.iter().zip(self.spans.iter().skip(1));
        let smallest = gaps
            .map(|(left, right)| right.start.saturating_sub(left.end))
            .enumerate()
            .min_by_key(|(_, gap)| *gap);
        let Some((place, _)) = smallest else {
            return false;
        };
        let right = self.spans.remove(place + 1);
        if let Some(left) = self.spans.get_mut(place) {
            left.end = right.end;
        }
        true
    }
}

fn length(span: &Range<u64>) -> u64 {
    span.end.saturating_sub(span.start)
}
