//! A token bucket for failed redemptions, kept by address hash and by campaign.

use serde::{Deserialize, Serialize};

/// How fast a bucket fills and how much it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// How many tries may come at once.
    pub burst: u64,
    /// The seconds that give one more try.
    pub refill: u64,
}

/// A person mistypes a code a few times; a household or a market stall shares
/// one address. Ten at once and one a minute is 1450 guesses a day in 2^60.
pub const FAILURES_PER_ADDRESS: Rate = Rate {
    burst: 10,
    refill: 60,
};

/// A guesser with many addresses meets this bound: one wrong code a second for
/// the whole campaign, after a thousand that a busy fair may produce.
pub const FAILURES_PER_CAMPAIGN: Rate = Rate {
    burst: 1000,
    refill: 1,
};

/// The state of a bucket: the second at which it will be (or was) full again.
/// A bucket that was never touched is full, so absent rows need no writing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bucket {
    /// When every try taken so far is made good.
    pub full_at: u64,
}

impl Bucket {
    /// Takes one try: the bucket to write back, or the seconds to wait.
    pub fn take(self, rate: Rate, now: u64) -> Result<Self, u64> {
        self.ready(rate, now)?;
        let full_at = self.full_at.max(now).saturating_add(rate.refill);
        Ok(Self { full_at })
    }

    /// Whether a try could be taken, without taking it: `Retry-After` if not.
    pub fn ready(self, rate: Rate, now: u64) -> Result<(), u64> {
        let debt = self.full_at.saturating_sub(now);
        let most = rate.refill.saturating_mul(rate.burst.saturating_sub(1));
        match debt.saturating_sub(most) {
            0 if rate.burst > 0 => Ok(()),
            wait => Err(wait.max(1)),
        }
    }

    /// How many tries are left, for `RateLimit` headers.
    #[must_use]
    pub fn left(self, rate: Rate, now: u64) -> u64 {
        let taken = self
            .full_at
            .saturating_sub(now)
            .div_ceil(rate.refill.max(1));
        rate.burst.saturating_sub(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_then_one_by_one() {
        let rate = FAILURES_PER_ADDRESS;
        let mut bucket = Bucket::default();
        for taken in 0..10 {
            assert_eq!(bucket.left(rate, 1000), 10 - taken);
            bucket = bucket.take(rate, 1000).unwrap();
        }
        assert_eq!(bucket.left(rate, 1000), 0);
        assert_eq!(bucket.take(rate, 1000), Err(60));
        assert_eq!(bucket.ready(rate, 1059), Err(1));
        bucket = bucket.take(rate, 1060).unwrap();
        assert_eq!(bucket.take(rate, 1060), Err(60));
        assert_eq!(bucket.left(rate, 1060 + 600), 10);
    }

    #[test]
    fn a_clock_that_stands_or_overflows_gives_nothing_away() {
        let none = Rate {
            burst: 0,
            refill: 0,
        };
        assert!(Bucket::default().take(none, 5).is_err());
        let bucket = Bucket { full_at: u64::MAX };
        assert!(bucket.take(FAILURES_PER_CAMPAIGN, 0).is_err());
    }
}
