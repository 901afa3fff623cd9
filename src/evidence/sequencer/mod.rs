//! How entries become a log, one batch at a time.
//!
//! The caller is the log's Durable Object. An entry is accepted once its row is
//! durable there, and the row's number is its index in the log for good. The
//! rest can be done again from any point: [`reconcile`] with what is published,
//! take the rows that are not integrated to [`step`], and do what
//! [`Batch::steps`] lists, in that order; on any error stop, and start again.
//!
//! This is safe because a path of the log is only ever written with the same
//! bytes: rows have a fixed order, so `(level, index, width)` decides them. The
//! checkpoint alone changes, and is written last.

#[cfg(test)]
mod tests;

use super::merkle::leaf_hash;
use super::tile::{Bundle, Edge, MAX_ENTRY, WIDTH, encode_bundle};
use super::{Checkpoint, EvidenceError, Verifier};
use crate::trust::Sha256;

/// How many entries one batch integrates: with receipts of about 1 KiB a batch
/// is some 5 MiB, which leaves the isolate room for everything else.
pub const MAX_BATCH: usize = 4096;

/// Where the checkpoint is stored, below the log's prefix.
pub const CHECKPOINT: &str = "checkpoint";

/// What the sequencer remembers between batches. Only what is committed counts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LogState {
    edge: Edge,
    checkpoint_time: u64,
}

impl LogState {
    /// The log without entries.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many entries are integrated.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.edge.size()
    }

    /// The root over them.
    #[must_use]
    pub fn root(&self) -> Sha256 {
        self.edge.root()
    }

    /// When the last checkpoint was made, for watching how far a log lags.
    #[must_use]
    pub const fn checkpoint_time(&self) -> u64 {
        self.checkpoint_time
    }

    /// How many of the last integrated rows [`step`] needs as `tail`: those of
    /// the bundle that is not full.
    #[must_use]
    pub const fn tail_length(&self) -> u64 {
        self.edge.size() % WIDTH
    }

    /// The form to store: size, time, hashes of the right edge.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.edge.size().to_be_bytes().to_vec();
        bytes.extend_from_slice(&self.checkpoint_time.to_be_bytes());
        bytes.extend_from_slice(&self.edge.to_bytes());
        bytes
    }

    /// Reads what [`LogState::to_bytes`] wrote.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, EvidenceError> {
        let short = EvidenceError::BrokenState("its stored state is too short");
        let (size, rest) = bytes.split_first_chunk().ok_or_else(|| short.clone())?;
        let (time, edge) = rest.split_first_chunk().ok_or(short)?;
        Ok(Self {
            edge: Edge::from_bytes(u64::from_be_bytes(*size), edge)?,
            checkpoint_time: u64::from_be_bytes(*time),
        })
    }

    /// The checkpoint to sign for this state.
    pub fn checkpoint(&self, origin: &str) -> Result<Checkpoint, EvidenceError> {
        Checkpoint::new(origin, self.size(), self.root())
    }
}

/// A tile or entry bundle to write below the log's prefix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogFile {
    /// Its path, such as `tile/0/000.p/3`.
    pub path: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// What integrating some entries comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// The bundles and tiles to write.
    pub files: Vec<LogFile>,
    /// The state to commit once they are written and read back.
    pub state: LogState,
    /// The checkpoint to sign, commit with the state, and then publish.
    pub checkpoint: Checkpoint,
    /// How many of the pending entries it integrates; the rest wait.
    pub taken: usize,
}

/// One thing to do. All of a batch's steps are done in their order, the next
/// only when the one before has succeeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step<'a> {
    /// Write this file.
    Write(&'a LogFile),
    /// Read it again, past every cache, and compare: a store's word that it has
    /// written is not enough to sign for.
    ReadBack(&'a LogFile),
    /// Store the state and the checkpoint's signed note in one transaction. From
    /// here on the log has these entries.
    Commit(&'a Batch),
    /// Write the committed note as [`CHECKPOINT`].
    Publish,
}

impl Batch {
    /// What to do, in order.
    pub fn steps(&self) -> impl Iterator<Item = Step<'_>> {
        let write = self.files.iter().map(Step::Write);
        let read_back = self.files.iter().map(Step::ReadBack);
        let last = [Step::Commit(self), Step::Publish];
        write.chain(read_back).chain(last)
    }
}

/// Integrates `pending` into the log: the entries of the rows from number
/// `state.size()` on, in order. `tail` holds the [`LogState::tail_length`]
/// entries before them. `None` if nothing is pending.
pub fn step<E: AsRef<[u8]>>(
    state: &LogState,
    tail: &[E],
    pending: &[E],
    origin: &str,
    now: u64,
) -> Result<Option<Batch>, EvidenceError> {
    if !hashes(tail).eq(state.edge.last_leaves().iter().copied()) {
        let why = "the rows of its last bundle are not those it has signed";
        return Err(EvidenceError::BrokenState(why));
    }
    let pending = pending.get(..MAX_BATCH).unwrap_or(pending);
    if pending.is_empty() {
        return Ok(None);
    }
    if pending.iter().any(|entry| entry.as_ref().len() > MAX_ENTRY) {
        return Err(EvidenceError::TooLarge {
            what: "log entry",
            limit: MAX_ENTRY,
        });
    }

    let mut files = bundles(state.size() / WIDTH, tail, pending)?;
    let mut edge = state.edge.clone();
    edge.append(hashes(pending), |tile, hashes| {
        files.push(LogFile {
            path: tile.to_string(),
            bytes: hashes.iter().flat_map(|hash| hash.0).collect(),
        });
    });
    let state = LogState {
        edge,
        // A clock that runs back must not make the log look fresher later.
        checkpoint_time: state.checkpoint_time.max(now),
    };
    Ok(Some(Batch {
        files,
        checkpoint: state.checkpoint(origin)?,
        state,
        taken: pending.len(),
    }))
}

fn hashes<E: AsRef<[u8]>>(entries: &[E]) -> impl Iterator<Item = Sha256> {
    entries.iter().map(|entry| leaf_hash(entry.as_ref()))
}

fn bundles<E: AsRef<[u8]>>(
    first: u64,
    tail: &[E],
    pending: &[E],
) -> Result<Vec<LogFile>, EvidenceError> {
    let entries: Vec<&[u8]> = tail.iter().chain(pending).map(AsRef::as_ref).collect();
    let of_bundle = entries.chunks(256);
    let files = of_bundle.zip(first..).map(|(entries, index)| {
        let width = entries.len() as u64;
        Ok(LogFile {
            path: Bundle { index, width }.to_string(),
            bytes: encode_bundle(entries)?,
        })
    });
    files.collect()
}

/// How what is published stands to what is committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// They agree.
    InStep,
    /// The committed checkpoint was not published: publish it first.
    Behind,
}

/// Compares the bytes stored as [`CHECKPOINT`] with the committed `state`, to be
/// done before the first batch after every start.
///
/// An error means: halt, sign nothing, tell the operator. Either the object has
/// forgotten entries it had signed for, or somebody else writes to this log;
/// going on would fork it.
pub fn reconcile(
    published: Option<&[u8]>,
    state: &LogState,
    origin: &str,
    log: &Verifier,
) -> Result<Standing, EvidenceError> {
    let Some(note) = published else {
        let nothing_yet = state.size() == 0;
        return Ok(if nothing_yet {
            Standing::InStep
        } else {
            Standing::Behind
        });
    };
    let published = Checkpoint::open(note, origin, &[log])?;
    if published.size() > state.size() {
        let why = "the published checkpoint is ahead of what this log remembers";
        return Err(EvidenceError::BrokenState(why));
    }
    if published.size() < state.size() {
        return Ok(Standing::Behind);
    }
    if *published.root() != state.root() {
        let why = "the published checkpoint has another root at the same size";
        return Err(EvidenceError::BrokenState(why));
    }
    Ok(Standing::InStep)
}
