//! Self-serve repair: a client says which bytes it has, and learns which to
//! fetch again. The body of `POST /check/{creator}/{drop}/{file}`.
//!
//! The request is one JSON object of at most [`MAX_BODY`] bytes:
//!
//! | member | meaning |
//! |---|---|
//! | `chunk_size` | the size the client cut its copy into; it has to be the file's own |
//! | `chunks` | for each chunk of the copy, in order: its SHA-256 in lower-case hexadecimal, or `null` if the client has not got it or did not hash it |
//! | `length` | how long the client's copy is |
//!
//! `chunks` comes with `chunk_size`. Without them, `length` alone asks what is
//! missing behind a copy that the client believes in: nothing in front of it is
//! checked. An object with neither is an error that names the file's chunk size,
//! so a client can start with `{}` to learn it.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Span;
use super::chunks::Chunks;
use crate::trust::Sha256;

/// Room for 8192 digests with their quotes and commas, more than a file of
/// 32 GiB has, and little enough to be parsed at once.
pub const MAX_BODY: usize = 8192 * 68 + 1024;

/// Why a request was refused. All are the client's fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CheckError {
    /// The body is longer than [`MAX_BODY`].
    TooLong,
    /// The body is not the JSON object that is expected.
    Malformed,
    /// There is no `chunks` and no `length`, or one of `chunks` and
    /// `chunk_size` without the other.
    Incomplete {
        /// The file's chunk size.
        chunk_size: u64,
    },
    /// The copy was cut into chunks of another size.
    ChunkSize {
        /// The file's chunk size.
        expected: u64,
        /// The client's.
        found: u64,
    },
}

impl fmt::Display for CheckError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong => write!(f, "the body is longer than {MAX_BODY} bytes"),
            Self::Malformed => f.write_str(
                "the body must be a JSON object with chunk_size and chunks (SHA-256 in lower-case hexadecimal, or null), or with length",
            ),
            Self::Incomplete { chunk_size } => write!(
                f,
                "send chunk_size ({chunk_size} for this file) and chunks, or length"
            ),
            Self::ChunkSize { expected, found } => write!(
                f,
                "this file is checked in chunks of {expected} bytes, not {found}"
            ),
        }
    }
}

impl std::error::Error for CheckError {}

/// What a client says it has.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    chunk_size: Option<u64>,
    chunks: Option<Vec<Option<Sha256>>>,
    length: Option<u64>,
}

impl Request {
    /// Parses the body of a request.
    pub fn parse(body: &[u8]) -> Result<Self, CheckError> {
        if body.len() > MAX_BODY {
            return Err(CheckError::TooLong);
        }
        serde_json::from_slice(body).map_err(|_| CheckError::Malformed)
    }
}

/// A run of bytes to fetch again, both ends included, as `Range` counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Missing {
    /// The first byte.
    pub first: u64,
    /// The last byte.
    pub last: u64,
}

/// What a client has to do: the body of the answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The length of the file.
    pub length: u64,
    /// Its chunk size.
    pub chunk_size: u64,
    /// Its SHA-256, to check the repaired copy with.
    pub sha256: Sha256,
    /// How many bytes of the copy were found to be right by their digests.
    pub verified: u64,
    /// How many bytes have to be fetched.
    pub missing: u64,
    /// The ranges to fetch, in order, none touching the next. Each begins and
    /// ends with a chunk, unless it answers a `length` alone.
    pub ranges: Vec<Missing>,
    /// Whether the copy is too long and has to be cut to `length`.
    pub truncate: bool,
}

/// Compares what a client has with what its creator signed.
///
/// A chunk is right if its digest is; a digest cannot be right for a chunk of
/// the wrong length, so the last, shorter one needs no rule of its own. Digests
/// beyond the last chunk only say that the copy is too long.
pub fn check(request: &Request, sha256: Sha256, chunks: &Chunks) -> Result<Report, CheckError> {
    let file = chunks.length();
    let chunk_size = chunks.size();
    let mut report = Report {
        length: file,
        chunk_size,
        sha256,
        verified: 0,
        missing: 0,
        ranges: Vec::new(),
        truncate: request.length.is_some_and(|length| length > file),
    };
    match (request.chunk_size, &request.chunks, request.length) {
        (Some(found), Some(_), _) if found != chunk_size => {
            return Err(CheckError::ChunkSize {
                expected: chunk_size,
                found,
            });
        }
        (Some(_), Some(theirs), _) => {
            report.truncate |= theirs.len() > chunks.digests().len();
            report.compare(chunks, theirs);
        }
        (None, None, Some(length)) => report.add(Span::new(length, file)),
        _ => return Err(CheckError::Incomplete { chunk_size }),
    }
    Ok(report)
}

impl Report {
    fn compare(&mut self, chunks: &Chunks, theirs: &[Option<Sha256>]) {
        let theirs = theirs.iter().copied().chain(std::iter::repeat(None));
        for ((index, ours), theirs) in (0..).zip(chunks.digests()).zip(theirs) {
            let span = chunks.span(index);
            if theirs == Some(*ours) {
                self.verified += span.map_or(0, Span::length);
            } else {
                self.add(span);
            }
        }
    }

    /// Adds a range, joining it to the one before if they touch.
    fn add(&mut self, span: Option<Span>) {
        let Some(span) = span.filter(|span| !span.is_empty()) else {
            return;
        };
        self.missing += span.length();
        let last = span.end() - 1;
        match self.ranges.last_mut() {
            Some(before) if before.last.checked_add(1) == Some(span.start()) => before.last = last,
            _ => self.ranges.push(Missing {
                first: span.start(),
                last,
            }),
        }
    }
}

#[cfg(test)]
mod tests;
