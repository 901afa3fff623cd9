//! Derives a whole log anew from its entries and compares every tile.

use super::merkle::leaf_hash;
use super::proof::Policy;
use super::sequencer::CHECKPOINT;
use super::tile::{Bundle, Edge, Tile, WIDTH, bundles_of, decode_bundle};
use super::{Checkpoint, EvidenceError};
use crate::trust::Sha256;

/// Checks the published checkpoint and everything below it. `read` fetches a
/// path below the log's prefix; `visit` is told of each entry in order, for a
/// progress bar or a search. Memory stays at one bundle.
pub fn audit<E: From<EvidenceError>>(
    policy: &Policy<'_>,
    mut read: impl FnMut(&str) -> Result<Option<Vec<u8>>, E>,
    visit: impl FnMut(u64, &[u8]) -> Result<(), E>,
) -> Result<Checkpoint, E> {
    let note = read(CHECKPOINT)?;
    let note = note.ok_or_else(|| EvidenceError::MissingFile(CHECKPOINT.to_owned()))?;
    let checkpoint = policy.open(&note)?;
    let size = checkpoint.size();
    if derive(size, read, visit)?.root() != *checkpoint.root() {
        return Err(EvidenceError::WrongRoot { size }.into());
    }
    Ok(checkpoint)
}

/// Builds the tree of the first `size` entries from the entry bundles, and
/// compares every tile that a log of that size has.
pub fn derive<E: From<EvidenceError>>(
    size: u64,
    mut read: impl FnMut(&str) -> Result<Option<Vec<u8>>, E>,
    mut visit: impl FnMut(u64, &[u8]) -> Result<(), E>,
) -> Result<Edge, E> {
    let mut edge = Edge::new();
    for bundle in bundles_of(0, size) {
        let bytes = read_bundle(bundle, &mut read)?;
        let wrong = || EvidenceError::WrongFile(bundle.to_string());
        let entries = decode_bundle(&bytes, bundle.width).ok_or_else(wrong)?;
        for (entry, index) in entries.iter().zip(edge.size()..) {
            visit(index, entry)?;
        }
        let mut derived = Vec::new();
        edge.append(
            entries.iter().map(|entry| leaf_hash(entry)),
            |tile, hashes| {
                if belongs_to(tile, size) {
                    derived.push((tile, hashes.to_vec()));
                }
            },
        );
        for (tile, hashes) in derived {
            compare(tile, &hashes, &mut read)?;
        }
    }
    Ok(edge)
}

/// Full tiles stay; of the partial ones a log has the last of each level.
const fn belongs_to(tile: Tile, size: u64) -> bool {
    let ends_at = tile.index * WIDTH + tile.width;
    tile.width == WIDTH || ends_at == size >> (8 * tile.level)
}

fn read_bundle<E: From<EvidenceError>>(
    bundle: Bundle,
    read: &mut impl FnMut(&str) -> Result<Option<Vec<u8>>, E>,
) -> Result<Vec<u8>, E> {
    let path = bundle.to_string();
    Ok(read(&path)?.ok_or(EvidenceError::MissingFile(path))?)
}

fn compare<E: From<EvidenceError>>(
    tile: Tile,
    hashes: &[Sha256],
    read: &mut impl FnMut(&str) -> Result<Option<Vec<u8>>, E>,
) -> Result<(), E> {
    let path = tile.to_string();
    let stored = read(&path)?;
    let stored = stored.ok_or_else(|| EvidenceError::MissingFile(path.clone()))?;
    let (stored, rest) = stored.as_chunks::<32>();
    let same = rest.is_empty() && stored.iter().eq(hashes.iter().map(|hash| &hash.0));
    if same {
        Ok(())
    } else {
        Err(EvidenceError::WrongFile(path).into())
    }
}
