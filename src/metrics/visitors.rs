//! How many people came, without a list of them.
//!
//! A visitor is hashed with a salt that is another each day, and of the hash
//! only this much is ever sent or stored: which of 256 registers it falls into,
//! and how many zero bits it begins with (Flajolet and others,
//! `HyperLogLog`, 2007). Many people share a register, so that nobody can be looked up in it;
//! the number of people follows to within some 7 %.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Registers of a sketch.
const REGISTERS: u32 = 256;

/// Creators one message or one day tells apart.
const MOST_CREATORS: usize = 500;

/// A number below this is not shown: it could be one person.
pub const SMALL: u64 = 5;

/// One creator's visitors of one day: register to rank.
pub type Sketch = BTreeMap<u8, u8>;

/// Sketches by creator.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sketches(BTreeMap<String, Sketch>);

impl Sketches {
    /// Whether nobody came.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Notes a visitor by a salted hash.
    pub fn note(&mut self, creator: &str, hash: [u8; 32]) {
        let [register, a, b, c, d, ..] = hash;
        let rank = u32::from_be_bytes([a, b, c, d]).leading_zeros() + 1;
        let rank = u8::try_from(rank).unwrap_or(u8::MAX);
        if let Some(sketch) = self.of(creator) {
            let known = sketch.entry(register).or_default();
            *known = rank.max(*known);
        }
    }

    /// Adds what another isolate has seen.
    pub fn merge(&mut self, other: &Self) {
        for (creator, seen) in &other.0 {
            if let Some(sketch) = self.of(creator) {
                for (register, rank) in seen {
                    let known = sketch.entry(*register).or_default();
                    *known = (*rank).max(*known);
                }
            }
        }
    }

    fn of(&mut self, creator: &str) -> Option<&mut Sketch> {
        if !self.0.contains_key(creator) && self.0.len() >= MOST_CREATORS {
            return None;
        }
        Some(self.0.entry(creator.to_owned()).or_default())
    }

    /// How many people came, by creator.
    #[must_use]
    pub fn estimates(&self) -> BTreeMap<String, u64> {
        let estimate = |(creator, sketch): (&String, &Sketch)| (creator.clone(), count(sketch));
        self.0.iter().map(estimate).collect()
    }
}

/// The estimate with the correction for few visitors (linear counting).
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss
)]
fn count(sketch: &Sketch) -> u64 {
    let registers = f64::from(REGISTERS);
    let empty = registers - sketch.len() as f64;
    let filled: f64 = sketch
        .values()
        .map(|rank| 0.5_f64.powi(i32::from(*rank)))
        .sum();
    let alpha = 0.7213 / (1.0 + 1.079 / registers);
    let raw = alpha * registers * registers / (filled + empty);
    let estimate = if raw <= 2.5 * registers && empty > 0.0 {
        registers * (registers / empty).ln()
    } else {
        raw
    };
    estimate.round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trust::Sha256;

    fn visitors(range: std::ops::Range<u32>) -> Sketches {
        let mut sketches = Sketches::default();
        for n in range {
            sketches.note("alice", Sha256::of(&n.to_be_bytes()).0);
        }
        sketches
    }

    #[test]
    fn people_are_counted_once_and_nearly_right() {
        for people in [0_u32, 1, 2, 5, 50, 300, 3000, 100_000] {
            let counted = visitors(0..people).estimates().get("alice").copied();
            let counted = counted.unwrap_or(0);
            let off = counted.abs_diff(u64::from(people));
            assert!(off * 100 <= u64::from(people) * 15, "{people}: {counted}");
        }
        let mut both = visitors(0..400);
        both.merge(&visitors(200..600));
        let mut again = both.clone();
        again.merge(&both);
        assert_eq!(both, again);
        assert_eq!(both, visitors(0..600));
    }

    #[test]
    fn a_sketch_holds_no_hash() {
        let text = serde_json::to_string(&visitors(0..1)).unwrap();
        assert!(text.len() < 32, "{text}");
    }
}
