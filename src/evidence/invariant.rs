//! What must hold of a log at every moment, whatever was interrupted: no
//! receipt lost, none doubled, no fork.

use std::collections::BTreeSet;

use super::audit::derive;
use super::merkle::leaf_hash;
use super::proof::Policy;
use super::sequencer::{CHECKPOINT, reconcile};
use super::{Checkpoint, EvidenceError, LogState};

/// A log as its parts know it.
#[derive(Debug, Clone, Copy)]
pub struct Log<'a> {
    /// The log's name and keys.
    pub policy: Policy<'a>,
    /// What the sequencer has committed.
    pub state: &'a LogState,
    /// Every entry that was accepted, in the order of the rows.
    pub accepted: &'a [Vec<u8>],
    /// Every checkpoint that was ever committed.
    pub signed: &'a [Checkpoint],
}

/// Checks `log` against what is stored; `read` fetches a path below its prefix.
pub fn check(log: &Log<'_>, read: impl Fn(&str) -> Option<Vec<u8>>) -> Result<(), EvidenceError> {
    let read = |path: &str| Ok(read(path));

    // 1. What is published was signed by this log and is not ahead of it.
    let published = read(CHECKPOINT)?;
    if let Some(note) = &published {
        log.policy.open(note)?;
    }
    reconcile(
        published.as_deref(),
        log.state,
        log.policy.origin,
        log.policy.log,
    )?;

    // 2. Nothing was accepted twice.
    let mut seen = BTreeSet::new();
    for (entry, index) in log.accepted.iter().zip(0..) {
        if !seen.insert(leaf_hash(entry)) {
            return Err(EvidenceError::DoubledEntry(index));
        }
    }

    // 3. What is integrated is what was accepted, in its order, and the tiles
    //    and the remembered right edge follow from it.
    let derived = derive(log.state.size(), read, |index, entry| {
        let at = usize::try_from(index).ok();
        let accepted = at.and_then(|at| log.accepted.get(at));
        let same = accepted.is_some_and(|accepted| accepted == entry);
        if same {
            Ok(())
        } else {
            Err(EvidenceError::LostEntry(index))
        }
    })?;
    if derived.root() != log.state.root() {
        let size = log.state.size();
        return Err(EvidenceError::WrongRoot { size });
    }

    // 4. Every checkpoint ever signed is a prefix of this one tree, and its
    //    tiles, the partial ones too, can still be read.
    for checkpoint in log.signed {
        let size = checkpoint.size();
        if derive(size, read, |_, _| Ok(()))?.root() != *checkpoint.root() {
            return Err(EvidenceError::WrongRoot { size });
        }
    }
    Ok(())
}
