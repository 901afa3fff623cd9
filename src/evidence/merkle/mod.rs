//! The Merkle tree of RFC 6962, section 2.1: hashes, roots and proofs.

mod proof;
#[cfg(test)]
mod tests;

pub use proof::{
    Hashes, Node, consistency_nodes, consistency_proof, inclusion_nodes, inclusion_proof, root,
    verify_consistency, verify_inclusion,
};

use crate::trust::Sha256;

/// The root of the tree without entries: the hash of nothing.
#[must_use]
pub fn empty_root() -> Sha256 {
    Sha256::of(b"")
}

/// The hash of an entry. The first byte keeps leaves and nodes apart, so that
/// no entry can be made to look like a node.
#[must_use]
pub fn leaf_hash(entry: &[u8]) -> Sha256 {
    let mut hash = hmac_sha256::Hash::new();
    hash.update([0x00]);
    hash.update(entry);
    Sha256(hash.finalize())
}

/// The hash of the node over `left` and `right`.
#[must_use]
pub fn node_hash(left: &Sha256, right: &Sha256) -> Sha256 {
    let mut hash = hmac_sha256::Hash::new();
    hash.update([0x01]);
    hash.update(left.0);
    hash.update(right.0);
    Sha256(hash.finalize())
}

/// The roots of the perfect subtrees that a row of hashes falls into, from left
/// (the largest) to right: the tree's compact range.
#[must_use]
pub fn peaks(row: &[Sha256]) -> Vec<Sha256> {
    let mut peaks: Vec<(u32, Sha256)> = Vec::new();
    for hash in row {
        let (mut height, mut peak) = (0, *hash);
        while let Some((_, left)) = peaks.pop_if(|(left, _)| *left == height) {
            peak = node_hash(&left, &peak);
            height += 1;
        }
        peaks.push((height, peak));
    }
    peaks.into_iter().map(|(_, peak)| peak).collect()
}

/// The root over perfect subtrees that shrink from left to right.
#[must_use]
pub fn root_of_peaks(peaks: &[Sha256]) -> Sha256 {
    let over = peaks
        .iter()
        .rev()
        .copied()
        .reduce(|right, left| node_hash(&left, &right));
    over.unwrap_or_else(empty_root)
}

/// The root over a row of hashes.
#[must_use]
pub fn root_of(row: &[Sha256]) -> Sha256 {
    root_of_peaks(&peaks(row))
}
