//! What this isolate has counted since it last told the books. Plain data, so
//! that every request may add to it.

use std::{
    cell::{Cell, RefCell},
    ops::Range,
};

use serde::{Deserialize, Serialize};

use super::{
    BETWEEN, Counts,
    sessions::{self, Sessions},
    visitors::Sketches,
};
use crate::gate::budget::End;

/// The upper bounds of a histogram's buckets, in milliseconds.
pub const BOUNDS_MS: [u32; 8] = [5, 10, 25, 50, 100, 250, 1000, 5000];

/// How long counts wait for others, so that many share one message.
pub const PAUSE_MS: u32 = 2000;

/// A message that was to be sent and never was (its request was ended) is given
/// up after this long, and the next request sends one.
const OVERDUE_MS: u64 = 15_000;

/// More series than this are not kept apart: no honest traffic has as many.
const MOST_SERIES: usize = 4000;

/// What is brought to the books at once.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batch {
    /// Counts to add.
    pub counts: Counts,
    /// Visitors to remember that somebody came, without knowing who.
    pub visitors: Sketches,
    /// What happened to downloads.
    #[serde(default)]
    pub sessions: Sessions,
    /// The isolate, and which of its messages this is.
    #[serde(default)]
    pub sender: Option<(String, u64)>,
}

impl Batch {
    /// Whether there is nothing to tell.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty() && self.visitors.is_empty() && self.sessions.is_empty()
    }
}

thread_local! {
    static BATCH: RefCell<Batch> = RefCell::default();
    static UNTOLD: RefCell<Option<Batch>> = const { RefCell::new(None) };
    static ISOLATE: RefCell<Option<String>> = const { RefCell::new(None) };
    static NUMBER: Cell<u64> = const { Cell::new(0) };
    static SENDING: Cell<Option<u64>> = const { Cell::new(None) };
}

/// Adds to a series.
pub fn add(family: &str, labels: &[&str], count: u64) {
    let mut key = String::with_capacity(48);
    key.push_str(family);
    for label in labels {
        key.push(BETWEEN);
        key.push_str(label);
    }
    BATCH.with_borrow_mut(|batch| {
        if let Some(known) = batch.counts.get_mut(&key) {
            *known = known.saturating_add(count);
        } else if batch.counts.len() < MOST_SERIES {
            batch.counts.insert(key, count);
        }
    });
}

/// Notes how long something took: in a bucket, and in the sum.
pub fn took(family: &str, labels: &[&str], millis: u64) {
    let bucket = BOUNDS_MS
        .iter()
        .position(|bound| millis <= u64::from(*bound))
        .unwrap_or(BOUNDS_MS.len());
    let digits = ["0", "1", "2", "3", "4", "5", "6", "7", "8"];
    let mut all = labels.to_vec();
    all.push(digits.get(bucket).copied().unwrap_or("8"));
    add(family, &all, 1);
    if millis > 0 {
        all.pop();
        all.push("ms");
        add(family, &all, millis);
    }
}

/// Notes that somebody came to a creator's drops.
pub fn visited(creator: &str, by: [u8; 32]) {
    BATCH.with_borrow_mut(|batch| batch.visitors.note(creator, by));
}

/// Notes that a request of a download begins (`None`) or has ended.
pub fn downloaded(session: u64, file: (&str, u64), range: Range<u64>, end: Option<End>) {
    BATCH.with_borrow_mut(|batch| sessions::note(&mut batch.sessions, session, file, range, end));
}

/// Whether a message should be sent now; if so, the caller sends it.
#[must_use]
pub fn is_due(now_ms: u64) -> bool {
    let waiting = SENDING.get();
    if waiting.is_some_and(|since| now_ms < since.saturating_add(OVERDUE_MS)) {
        return false;
    }
    SENDING.set(Some(now_ms));
    true
}

/// Takes what was counted, and begins anew.
#[must_use]
pub fn take() -> Batch {
    SENDING.set(None);
    BATCH.take()
}

/// The message to send, and whether it was sent before without an answer: then it
/// goes first. `isolate` names the isolate, once.
#[must_use]
pub fn next(isolate: impl FnOnce() -> Option<String>) -> Option<(Batch, bool)> {
    SENDING.set(None);
    UNTOLD.with_borrow_mut(|untold| {
        let is_again = untold.is_some();
        if !is_again {
            let mut batch = BATCH.take();
            if batch.is_empty() {
                return None;
            }
            NUMBER.set(NUMBER.get() + 1);
            batch.sender = ISOLATE.with_borrow_mut(|known| {
                *known = known.take().or_else(isolate);
                known.clone().map(|isolate| (isolate, NUMBER.get()))
            });
            *untold = Some(batch);
        }
        untold.clone().map(|batch| (batch, is_again))
    })
}

/// A message has arrived.
pub fn told(batch: &Batch) {
    UNTOLD.with_borrow_mut(|untold| {
        if untold
            .as_ref()
            .is_some_and(|untold| untold.sender == batch.sender)
        {
            *untold = None;
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_counted_is_told_once() {
        add("http_requests", &["image", "200"], 1);
        add("http_requests", &["image", "200"], 2);
        took("span", &["gate"], 0);
        took("span", &["gate"], 30);
        took("span", &["gate"], 90_000);
        let batch = take();
        let counts: Vec<_> = batch.counts.iter().map(|(k, n)| (k.as_str(), *n)).collect();
        let wanted = [
            ("http_requests;image;200", 3),
            ("span;gate;0", 1),
            ("span;gate;3", 1),
            ("span;gate;8", 1),
            ("span;gate;ms", 90_030),
        ];
        assert_eq!(counts, wanted);
        assert!(take().is_empty());
    }

    #[test]
    fn one_message_waits_at_a_time_and_a_lost_one_is_replaced() {
        assert!(is_due(1000));
        assert!(!is_due(1001));
        assert!(is_due(1000 + OVERDUE_MS));
        let _ = take();
        assert!(is_due(1001 + OVERDUE_MS));
    }

    #[test]
    fn series_are_bounded() {
        for n in 0..MOST_SERIES + 10 {
            add("problems", &[&n.to_string()], 1);
        }
        assert_eq!(take().counts.len(), MOST_SERIES);
    }
}
