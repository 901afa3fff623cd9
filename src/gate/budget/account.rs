//! What one grant has used, and what one more request costs.
//!
//! # What counts
//!
//! - A **download** counts when the first range of a file is asked for. The
//!   other connections of the same download manager, seeks, resumes and repairs
//!   belong to it.
//! - **Bytes** count once for each byte of the file that the download covers:
//!   those asked for while connections are open, and once the last has ended
//!   only those that were handed over.
//! - A download is used up, and the next request counts as another, when
//!   1. the file was handed over whole and is asked for whole again, or
//!   2. [`REPEATS`] times the file's length was handed over in all: enough for a
//!      download and as much again in resumes and repairs, or
//!   3. [`IN_FLIGHT`] times its length is under way at the same moment: enough
//!      for 16 connections that each ask for everything up to the end.
//!
//! So a link that is passed around cannot turn one download into many, and a
//! bad network does not turn one into several. What is honest to say: one
//! counted download may carry nearly three times the file's length (a request
//! that begins below twice is carried to its end), and more only while as many
//! connections run at once.

use std::fmt;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::coverage::Coverage;
use crate::gate::Limits;

/// How many times its length one download may carry, repeats included.
const REPEATS: u64 = 2;

/// How many times its length one download may have under way at once.
const IN_FLIGHT: u64 = 16;

/// A request that was not settled (its isolate was ended) after this many quiet
/// seconds never will be; what it asked for then counts as sent.
const FORGOTTEN: u64 = 3600;

/// Why a request is over budget. Fit for a problem's `detail`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum BudgetError {
    /// Every download was used.
    Downloads {
        /// How many there were.
        limit: u64,
    },
    /// The range has more new bytes than are left.
    Bytes {
        /// How many there were.
        limit: u64,
        /// How many are left.
        left: u64,
    },
}

impl fmt::Display for BudgetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Downloads { limit } => {
                write!(f, "this grant allows {limit} downloads, and all were used")
            }
            Self::Bytes { limit, left } => write!(
                f,
                "this grant allows {limit} bytes, of which {left} are left, fewer than asked for"
            ),
        }
    }
}

impl std::error::Error for BudgetError {}

/// What a grant has used over all files.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Account {
    /// Downloads begun.
    pub downloads: u64,
    /// Bytes covered.
    pub bytes: u64,
}

/// The present download of one file by one grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Download {
    /// Which download of this file it is, from 1; 0 before the first.
    pub number: u64,
    /// When it began; what a grace after `exp` is measured by.
    pub begun: u64,
    /// When it was last asked for.
    pub touched: u64,
    /// What of the file is charged: asked for, or handed over.
    pub charged: Coverage,
    /// What of the file was handed over.
    pub sent: Coverage,
    /// Bytes that were handed over, repeats included.
    pub handed: u64,
    /// Bytes that were asked for and are not settled yet.
    pub pending: u64,
}

impl Download {
    /// Before the first request for a file of this length.
    #[must_use]
    pub fn of(total: u64) -> Self {
        Self {
            number: 0,
            begun: 0,
            touched: 0,
            charged: Coverage::of(total),
            sent: Coverage::of(total),
            handed: 0,
            pending: 0,
        }
    }

    /// Whether this request is part of the present download.
    fn carries(&self, range: &Range<u64>) -> bool {
        let total = self.sent.total();
        let whole = range.start == 0 && range.end >= total;
        let complete = self.sent.is_complete() && self.pending == 0;
        let carried = self.handed < total.saturating_mul(REPEATS);
        let under_way = self.pending < total.saturating_mul(IN_FLIGHT);
        self.number > 0 && (total == 0 || !(whole && complete) && carried && under_way)
    }
}

/// What a request was charged; keep it until [`settle`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Charge {
    /// The download it belongs to.
    pub number: u64,
    /// Whether it began that download: the moment to log one.
    pub began: bool,
    /// How many bytes it cost.
    pub new_bytes: u64,
    /// What was asked for.
    pub range: Range<u64>,
}

/// What is left, for `RateLimit` headers; `None` is without limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remaining {
    /// Downloads that may still begin.
    pub downloads: Option<u64>,
    /// Bytes that may still be covered.
    pub bytes: Option<u64>,
}

impl Account {
    /// What the limits leave.
    #[must_use]
    pub fn remaining(&self, limits: &Limits) -> Remaining {
        let left = |limit: Option<u64>, used| limit.map(|limit| limit.saturating_sub(used));
        Remaining {
            downloads: left(limits.downloads, self.downloads),
            bytes: left(limits.bytes, self.bytes),
        }
    }
}

/// Charges a request for `range` (already cut to the file) before any byte is
/// sent. On an error neither the account nor the download has changed.
pub fn charge(
    limits: &Limits,
    account: &mut Account,
    download: &mut Download,
    range: Range<u64>,
    now: u64,
) -> Result<Charge, BudgetError> {
    let mut next = download.clone();
    if now.saturating_sub(next.touched) >= FORGOTTEN && next.pending > 0 {
        next.pending = 0;
        next.sent = next.charged.clone();
    }
    let began = !next.carries(&range);
    if began {
        next = Download {
            number: download.number.saturating_add(1),
            begun: now,
            ..Download::of(download.sent.total())
        };
    }
    let new_bytes = next.charged.spend(&range);
    next.pending = next.pending.saturating_add(size(&range));
    next.touched = now;

    let remaining = account.remaining(limits);
    if let (true, Some(0), Some(limit)) = (began, remaining.downloads, limits.downloads) {
        return Err(BudgetError::Downloads { limit });
    }
    if let (Some(left), Some(limit)) = (remaining.bytes, limits.bytes)
        && new_bytes > left
    {
        return Err(BudgetError::Bytes { limit, left });
    }
    account.downloads = account.downloads.saturating_add(u64::from(began));
    account.bytes = account.bytes.saturating_add(new_bytes);
    let number = next.number;
    *download = next;
    Ok(Charge {
        number,
        began,
        new_bytes,
        range,
    })
}

/// Settles a request when its body has ended: `handed` bytes of it went out.
/// When the last open request is settled, what was asked for and never sent is
/// given back. A request that is never settled stays charged; one of a former
/// download changes nothing.
pub fn settle(account: &mut Account, download: &mut Download, charge: &Charge, handed: u64) {
    if download.number != charge.number {
        return;
    }
    let asked = size(&charge.range);
    let handed = handed.min(asked);
    let end = charge.range.start.saturating_add(handed);
    download.pending = download.pending.saturating_sub(asked);
    download.handed = download.handed.saturating_add(handed);
    download.sent.spend(&(charge.range.start..end));
    if download.pending == 0 {
        let unsent = download
            .charged
            .covered()
            .saturating_sub(download.sent.covered());
        account.bytes = account.bytes.saturating_sub(unsent);
        download.charged = download.sent.clone();
    }
}

fn size(range: &Range<u64>) -> u64 {
    range.end.saturating_sub(range.start)
}
