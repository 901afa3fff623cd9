//! What does a marketplace steer by? Counts, and how they are told.
//!
//! Requests count in the isolate's memory ([`tally`]) and the isolate brings
//! its counts to a Durable Object every few seconds, after a reply, so that
//! nobody waits for them. There they are added up for good and by time
//! ([`history`]). What concerns money (codes, orders, budgets, receipts, tickets)
//! is not counted here at all but in the books that decide it, in the same
//! transaction; they tell all that they ever counted, so that a message may be
//! lost or come twice. What a kill takes along is at most the last seconds of
//! requests, their bytes and times.
//!
//! | file | what is in it |
//! |---|---|
//! | `family` | every number there is: its name, its labels, how exact it is |
//! | `tally` | what this isolate has counted since it last told |
//! | `history` | counts by minute, quarter of an hour and day |
//! | `sessions` | downloads begun and completed |
//! | `visitors` | how many people, without knowing any of them |
//! | `rates` | the shares and prices that follow from counts |
//! | `exposition` | the numbers as Prometheus reads them |

pub mod exposition;
mod family;
pub mod history;
mod rates;
pub mod sessions;
pub mod tally;
pub mod visitors;

pub use family::{FAMILIES, Family, Kind};
pub use rates::{PriceSheet, Rates};

use std::collections::BTreeMap;

/// Counts what a signed receipt says, as its log does: its type, and the bytes of
/// what was delivered. A further receipt of one delivery speaks of the first.
pub fn count_receipt(counts: &mut Counts, note: &str) {
    let line = |name: &str| {
        let mut lines = note.lines().filter_map(|line| line.split_once(' '));
        lines
            .find(|(is, _)| *is == name)
            .map_or("-", |(_, text)| text)
    };
    let kind = line("type");
    *counts
        .entry(format!("receipts{BETWEEN}{kind}"))
        .or_default() += 1;
    if kind == "deliver" && line("about") == "-" {
        let bytes: u64 = line("bytes").parse().unwrap_or(0);
        *counts.entry("delivered_bytes".to_owned()).or_default() += bytes;
    }
}

/// Counts by series: `family;label;label`.
pub type Counts = BTreeMap<String, u64>;

/// What separates a family and its labels in a series' name: no label holds one.
pub const BETWEEN: char = ';';

/// The sum over all series of a family whose labels begin with `labels`.
#[must_use]
pub fn sum(counts: &Counts, family: &str, labels: &[&str]) -> u64 {
    let mut start = family.to_owned();
    for label in labels {
        start.push(BETWEEN);
        start.push_str(label);
    }
    let fits = |key: &str| {
        key.strip_prefix(&start)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(BETWEEN))
    };
    counts
        .range(start.clone()..)
        .take_while(|(key, _)| key.starts_with(&start))
        .filter(|(key, _)| fits(key))
        .map(|(_, count)| *count)
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_over_whole_labels() {
        let counts: Counts = [("a;x;1", 1), ("a;x;2", 2), ("a;xy;1", 4), ("ab;x", 8)]
            .map(|(key, count)| (key.to_owned(), count))
            .into();
        assert_eq!(sum(&counts, "a", &[]), 7);
        assert_eq!(sum(&counts, "a", &["x"]), 3);
        assert_eq!(sum(&counts, "a", &["x", "2"]), 2);
        assert_eq!(sum(&counts, "b", &[]), 0);
    }
}
