//! The window of rows that a vertical filter looks at.

use std::collections::VecDeque;

use super::kernel::Weights;
use super::lanes;

/// Rows of the source, as many as the next target row needs.
#[derive(Debug, Clone)]
pub(super) struct Window {
    weights: Weights,
    /// Bytes of a row, without and with its padding.
    width: usize,
    length: usize,
    rows: VecDeque<Vec<u8>>,
    /// Rows that have left the window and can be used again.
    spare: Vec<Vec<u8>>,
    /// The source row that is first in the window.
    first: usize,
    /// The next source row and the next target row.
    next_row: usize,
    next_target: usize,
    ended: bool,
}

impl Window {
    pub fn new(weights: Weights, width: usize, length: usize) -> Self {
        let first = weights.get(0).map_or(0, |(start, _)| start);
        Self {
            weights,
            width,
            length,
            rows: VecDeque::new(),
            spare: Vec::new(),
            first,
            next_row: 0,
            next_target: 0,
            ended: false,
        }
    }

    /// Takes the next row of the source.
    pub fn push_row(&mut self, row: &[u8]) {
        let index = self.next_row;
        self.next_row += 1;
        if index < self.first || self.next_target == self.weights.len() {
            return;
        }
        let mut held = self.spare.pop().unwrap_or_else(|| vec![0; self.length]);
        held.iter_mut()
            .zip(row.iter().take(self.width))
            .for_each(|(to, from)| *to = *from);
        self.rows.push_back(held);
    }

    /// There are no more rows.
    pub fn end(&mut self) {
        self.ended = true;
    }

    /// Makes the next target row, if its rows are there.
    pub fn blend(&mut self, out: &mut [i16]) -> bool {
        if let Some((start, _)) = self.weights.get(self.next_target) {
            self.drop_before(start);
        }
        let Some((start, weights)) = self.weights.get(self.next_target) else {
            return false;
        };
        let taps = weights
            .iter()
            .rposition(|&weight| weight != 0)
            .map_or(1, |last| last + 1);
        if self.next_row < start + taps && !self.ended {
            return false;
        }
        // Behind the end of a source that ended early stands its last row.
        let Some(last) = self.rows.back() else {
            return false;
        };
        let behind = std::iter::repeat(last);
        let rows: Vec<&[u8]> = self
            .rows
            .iter()
            .chain(behind)
            .take(taps.next_multiple_of(2))
            .map(Vec::as_slice)
            .collect();
        lanes::blend_rows(&rows, weights, out);
        self.next_target += 1;
        true
    }

    /// Rows before `start` are not needed again.
    fn drop_before(&mut self, start: usize) {
        while self.first < start && self.rows.len() > usize::from(self.ended) {
            self.spare.extend(self.rows.pop_front());
            self.first += 1;
        }
        // Rows that were never held are skipped when they come.
        if self.rows.is_empty() {
            self.first = self.first.max(start);
        }
    }
}
