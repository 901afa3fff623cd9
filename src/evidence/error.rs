//! What can be wrong with evidence, and whose fault it is.

use std::fmt;

/// Why a note, receipt, proof or log was refused. The text is fit for a
/// problem's `detail`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EvidenceError {
    /// The sender's: a text is not in the form its specification asks for.
    Malformed {
        /// Which kind of text.
        what: &'static str,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The sender's: a text or entry is longer than we read.
    TooLarge {
        /// Which kind of text.
        what: &'static str,
        /// The most bytes we take.
        limit: usize,
    },
    /// The sender's: no signature on the note is by a key we were told to trust.
    NoKnownSignature,
    /// The sender's: a signature by a key we know does not fit the text.
    BadSignature(String),
    /// The sender's: too few witnesses have signed the checkpoint.
    TooFewWitnesses {
        /// How many signatures the policy asks for.
        wanted: usize,
        /// How many there are.
        found: usize,
    },
    /// The sender's: the checkpoint belongs to another log.
    WrongOrigin {
        /// The log that was asked for.
        wanted: String,
        /// The log the checkpoint names.
        found: String,
    },
    /// The asker's: the entry or size lies outside the tree.
    OutOfRange {
        /// The entry or size asked for.
        index: u64,
        /// The size of the tree.
        size: u64,
    },
    /// The sender's: the path does not lead from the entry to the root.
    NotIncluded,
    /// The log's: one tree is not a continuation of the other.
    NotConsistent,
    /// The store's: a tile or bundle that the checkpoint promises is not there.
    MissingFile(String),
    /// The store's: a tile or bundle does not hold what the log says.
    WrongFile(String),
    /// The log's: the tiles do not lead to the root of the checkpoint.
    WrongRoot {
        /// The size at which they part.
        size: u64,
    },
    /// Ours: what the sequencer remembers contradicts itself; it must not sign.
    BrokenState(&'static str),
    /// Ours: a receipt that was accepted is not in the log at its place.
    LostEntry(u64),
    /// Ours: a receipt is in the log twice.
    DoubledEntry(u64),
}

impl fmt::Display for EvidenceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed { what, why } => write!(f, "this is not a {what}: {why}"),
            Self::TooLarge { what, limit } => {
                write!(f, "a {what} may have at most {limit} bytes")
            }
            Self::NoKnownSignature => {
                f.write_str("no signature on this note is by a key that was named as trusted")
            }
            Self::BadSignature(name) => {
                write!(f, "the signature by {name:?} does not fit the text")
            }
            Self::TooFewWitnesses { wanted, found } => write!(
                f,
                "the checkpoint carries {found} of the {wanted} witness signatures asked for"
            ),
            Self::WrongOrigin { wanted, found } => write!(
                f,
                "the checkpoint is of the log {found:?}, not of {wanted:?}"
            ),
            Self::OutOfRange { index, size } => {
                write!(f, "{index} lies outside a log of {size} entries")
            }
            Self::NotIncluded => {
                f.write_str("the proof does not lead from this entry to the root of the checkpoint")
            }
            Self::NotConsistent => {
                f.write_str("the larger tree is not a continuation of the smaller one")
            }
            Self::MissingFile(path) => write!(f, "{path} is missing from the log"),
            Self::WrongFile(path) => {
                write!(f, "{path} does not hold what the entries of the log say")
            }
            Self::WrongRoot { size } => write!(
                f,
                "the first {size} entries do not lead to the root that was signed"
            ),
            Self::BrokenState(why) => write!(f, "the log has stopped signing: {why}"),
            Self::LostEntry(index) => {
                write!(
                    f,
                    "the receipt accepted as entry {index} is not in the log there"
                )
            }
            Self::DoubledEntry(index) => {
                write!(f, "entry {index} is in the log a second time")
            }
        }
    }
}

impl std::error::Error for EvidenceError {}
