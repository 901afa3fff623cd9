//! The plan of a delivery: what is read from storage, which digest covers each
//! byte, and what of it goes out. `edge/pump.rs` follows it.

use std::fmt;

use super::Span;
use super::chunks::Chunks;
use crate::trust::Sha256;

/// Why a delivery cannot be planned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlanError {
    /// The range ends past the file: the caller's fault.
    OutOfBounds,
    /// The stored object is not as long as the manifest says: the store's fault.
    StoredLength,
    /// The stored object declares another SHA-256 than the manifest: the
    /// store's fault.
    StoredDigest,
}

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OutOfBounds => f.write_str("the range ends past the end of the file"),
            Self::StoredLength => {
                f.write_str("the stored file does not have the length its creator signed")
            }
            Self::StoredDigest => f.write_str("the stored file is not the one its creator signed"),
        }
    }
}

impl std::error::Error for PlanError {}

/// A file as its creator signed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The digest of the whole file.
    pub sha256: Sha256,
    /// Its length and the digests of its chunks.
    pub chunks: Chunks,
}

/// What the store says about the object it holds for an entry, before any byte
/// is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stored {
    /// The object's length.
    pub length: u64,
    /// The SHA-256 the store checked when the object was put; objects put in
    /// several parts have none.
    pub sha256: Option<Sha256>,
}

/// When bytes are hashed on their way out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Verify {
    /// Only where the store has not bound the object to its SHA-256.
    #[default]
    Auto,
    /// Always: the store is not believed even about its own checksum.
    Always,
}

/// How a file, or a part of it, is delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Plan {
    /// The store holds the object under the signed SHA-256: these bytes of it
    /// are passed through as they are.
    Bound(Span),
    /// The bytes are read, checked and sent chunk by chunk.
    Checked(CheckedPlan),
}

impl Plan {
    /// What is read from storage, in one ranged read; empty if nothing is.
    #[must_use]
    pub fn fetch(&self) -> Span {
        match self {
            Self::Bound(span) => *span,
            Self::Checked(plan) => plan.fetch,
        }
    }

    /// How many bytes go out.
    #[must_use]
    pub fn total(&self) -> u64 {
        match self {
            Self::Bound(span) => span.length(),
            Self::Checked(plan) => plan.wanted.length(),
        }
    }

    /// The name of the mode, for `Server-Timing`.
    #[must_use]
    pub fn mode(&self) -> &'static str {
        match self {
            Self::Bound(_) => "bound",
            Self::Checked(_) => "checked",
        }
    }
}

/// Plans the delivery of the bytes `wanted` of `entry` from the object `stored`.
pub fn plan(
    entry: &Entry,
    wanted: Span,
    stored: Stored,
    verify: Verify,
) -> Result<Plan, PlanError> {
    if stored.length != entry.chunks.length() {
        return Err(PlanError::StoredLength);
    }
    if stored.sha256.is_some_and(|found| found != entry.sha256) {
        return Err(PlanError::StoredDigest);
    }
    // Also where the chunks go unused, so that a bad range is an error in both modes.
    let checked = CheckedPlan::new(&entry.chunks, wanted)?;
    Ok(match (verify, stored.sha256) {
        (Verify::Auto, Some(_)) => Plan::Bound(wanted),
        _ => Plan::Checked(checked),
    })
}

/// A delivery chunk by chunk: a few numbers and the shared digests, from which
/// [`steps`](Self::steps) are made one at a time, so that a large file costs no
/// more memory than a small one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckedPlan {
    chunks: Chunks,
    wanted: Span,
    fetch: Span,
}

impl CheckedPlan {
    /// Plans the bytes `wanted`: reads are widened to whole chunks, because
    /// that is what a digest covers.
    pub fn new(chunks: &Chunks, wanted: Span) -> Result<Self, PlanError> {
        if wanted.end() > chunks.length() {
            return Err(PlanError::OutOfBounds);
        }
        let size = chunks.size();
        let first = wanted.start() / size * size;
        let last = wanted.end().div_ceil(size).saturating_mul(size);
        let fetch = if wanted.is_empty() {
            wanted
        } else {
            Span::new(first, last.min(chunks.length())).ok_or(PlanError::OutOfBounds)?
        };
        Ok(Self {
            chunks: chunks.clone(),
            wanted,
            fetch,
        })
    }

    /// What to do, in order. The bytes of all the steps' chunks, one after
    /// another, are exactly the bytes of [`Plan::fetch`].
    #[must_use]
    pub fn steps(&self) -> Steps {
        let size = self.chunks.size();
        Steps {
            next: self.fetch.start() / size,
            end: self.fetch.end().div_ceil(size),
            plan: self.clone(),
        }
    }
}

/// One chunk: read it all, check it, send a part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// Which chunk of the file it is, from zero.
    pub index: u64,
    /// The chunk's bytes, counted in the file.
    pub chunk: Span,
    /// What the SHA-256 of the chunk has to be.
    pub expected: Sha256,
    /// The bytes to send, counted in the chunk.
    pub emit: Span,
}

/// The steps of a [`CheckedPlan`].
#[derive(Debug, Clone)]
pub struct Steps {
    plan: CheckedPlan,
    next: u64,
    end: u64,
}

impl Iterator for Steps {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        if self.next >= self.end {
            return None;
        }
        let index = self.next;
        let chunk = self.plan.chunks.span(index)?;
        let expected = self.plan.chunks.digest(index)?;
        let emit = chunk
            .intersect(self.plan.wanted)?
            .relative_to(chunk.start());
        self.next += 1;
        Some(Step {
            index,
            chunk,
            expected,
            emit,
        })
    }
}

#[cfg(test)]
mod tests;
