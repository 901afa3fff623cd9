//! Inclusion and consistency proofs: which nodes they are made of (RFC 6962,
//! sections 2.1.1 and 2.1.2) and how they are checked (RFC 9162, sections
//! 2.1.3.2 and 2.1.4.2).

use super::{empty_root, node_hash, root_of_peaks};
use crate::evidence::EvidenceError;
use crate::trust::Sha256;

/// A perfect subtree: the entries from `index << level` to
/// `(index + 1) << level`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Node {
    /// Its height: 0 is a leaf.
    pub level: u32,
    /// Its place among the subtrees of that height.
    pub index: u64,
}

/// Where the hashes of perfect subtrees come from, such as tiles.
pub trait Hashes {
    /// The hash of `node`, not yet trusted.
    fn hash(&self, node: Node) -> Result<Sha256, EvidenceError>;
}

impl<F: Fn(Node) -> Result<Sha256, EvidenceError>> Hashes for F {
    fn hash(&self, node: Node) -> Result<Sha256, EvidenceError> {
        self(node)
    }
}

/// The entries from `low` up to `high`, without it.
#[derive(Clone, Copy)]
struct Span {
    low: u64,
    high: u64,
}

impl Span {
    /// Where RFC 6962 splits: the largest power of two below the width.
    const fn middle(self) -> u64 {
        let last = (self.high - self.low).saturating_sub(1);
        match last.checked_ilog2() {
            Some(log) => self.low + (1 << log),
            None => self.high,
        }
    }

    /// The perfect subtrees it falls into, the largest first. `low` is aligned,
    /// because spans come from splits.
    fn nodes(self) -> Vec<Node> {
        let mut nodes = Vec::new();
        let mut low = self.low;
        while let Some(level) = self.high.saturating_sub(low).checked_ilog2() {
            let index = low >> level;
            nodes.push(Node { level, index });
            low += 1 << level;
        }
        nodes
    }

    fn root(self, hashes: &impl Hashes) -> Result<Sha256, EvidenceError> {
        let peaks: Result<Vec<_>, _> = self.nodes().into_iter().map(|n| hashes.hash(n)).collect();
        Ok(root_of_peaks(&peaks?))
    }
}

/// The siblings on the way from the leaf `index` up to the root (`PATH`).
fn inclusion_spans(index: u64, size: u64) -> Result<Vec<Span>, EvidenceError> {
    if index >= size {
        return Err(EvidenceError::OutOfRange { index, size });
    }
    let (mut here, mut siblings) = (Span { low: 0, high: size }, Vec::new());
    while here.high - here.low > 1 {
        let (left, right) = split(here);
        let (inside, sibling) = if index < right.low {
            (left, right)
        } else {
            (right, left)
        };
        siblings.push(sibling);
        here = inside;
    }
    siblings.reverse();
    Ok(siblings)
}

/// What proves that the first `old` of `new` entries are the old tree
/// (`SUBPROOF`).
fn consistency_spans(old: u64, new: u64) -> Result<Vec<Span>, EvidenceError> {
    if old > new {
        return Err(EvidenceError::OutOfRange {
            index: old,
            size: new,
        });
    }
    if old == 0 || old == new {
        return Ok(Vec::new());
    }
    let (mut here, mut spans) = (Span { low: 0, high: new }, Vec::new());
    while old != here.high {
        let (left, right) = split(here);
        let (inside, other) = if old <= left.high {
            (left, right)
        } else {
            (right, left)
        };
        spans.push(other);
        here = inside;
    }
    // A subtree that starts at the first entry is the old tree itself, whose
    // root the verifier has.
    if here.low != 0 {
        spans.push(here);
    }
    spans.reverse();
    Ok(spans)
}

const fn split(span: Span) -> (Span, Span) {
    let middle = span.middle();
    let left = Span {
        low: span.low,
        high: middle,
    };
    let right = Span {
        low: middle,
        high: span.high,
    };
    (left, right)
}

/// The nodes to read for [`inclusion_proof`], the leaf itself among them.
pub fn inclusion_nodes(index: u64, size: u64) -> Result<Vec<Node>, EvidenceError> {
    let spans = inclusion_spans(index, size)?;
    let mut nodes: Vec<Node> = spans.into_iter().flat_map(Span::nodes).collect();
    nodes.push(Node { level: 0, index });
    Ok(nodes)
}

/// The nodes to read for [`consistency_proof`] and for the old root.
pub fn consistency_nodes(old: u64, new: u64) -> Result<Vec<Node>, EvidenceError> {
    let spans = consistency_spans(old, new)?;
    let mut nodes: Vec<Node> = spans.into_iter().flat_map(Span::nodes).collect();
    nodes.extend(Span { low: 0, high: old }.nodes());
    Ok(nodes)
}

/// The root of the first `size` entries.
pub fn root(size: u64, hashes: &impl Hashes) -> Result<Sha256, EvidenceError> {
    Span { low: 0, high: size }.root(hashes)
}

/// The path from entry `index` to the root of `size` entries, the leaf's
/// sibling first.
pub fn inclusion_proof(
    index: u64,
    size: u64,
    hashes: &impl Hashes,
) -> Result<Vec<Sha256>, EvidenceError> {
    let spans = inclusion_spans(index, size)?;
    spans.into_iter().map(|span| span.root(hashes)).collect()
}

/// What shows that the tree of `new` entries continues that of `old`.
pub fn consistency_proof(
    old: u64,
    new: u64,
    hashes: &impl Hashes,
) -> Result<Vec<Sha256>, EvidenceError> {
    let spans = consistency_spans(old, new)?;
    spans.into_iter().map(|span| span.root(hashes)).collect()
}

/// Whether `proof` leads from `leaf`, at `index`, to the root of `size` entries.
pub fn verify_inclusion(
    leaf: &Sha256,
    index: u64,
    size: u64,
    proof: &[Sha256],
    root: &Sha256,
) -> Result<(), EvidenceError> {
    if index >= size {
        return Err(EvidenceError::OutOfRange { index, size });
    }
    let (mut node, mut last, mut hash) = (index, size - 1, *leaf);
    for sibling in proof {
        if last == 0 {
            return Err(EvidenceError::NotIncluded);
        }
        if node & 1 == 1 || node == last {
            hash = node_hash(sibling, &hash);
            climb_past_missing_siblings(&mut node, &mut last);
        } else {
            hash = node_hash(&hash, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    if last == 0 && hash == *root {
        Ok(())
    } else {
        Err(EvidenceError::NotIncluded)
    }
}

/// Whether `proof` shows that the tree `(new, new_root)` continues the tree
/// `(old, old_root)`.
pub fn verify_consistency(
    (old, old_root): (u64, &Sha256),
    (new, new_root): (u64, &Sha256),
    proof: &[Sha256],
) -> Result<(), EvidenceError> {
    let claim = |holds: bool| {
        if holds {
            Ok(())
        } else {
            Err(EvidenceError::NotConsistent)
        }
    };
    if old > new {
        return Err(EvidenceError::OutOfRange {
            index: old,
            size: new,
        });
    }
    if old == 0 {
        let empty = empty_root();
        let new_root_fits = new > 0 || *new_root == empty;
        return claim(*old_root == empty && new_root_fits && proof.is_empty());
    }
    if old == new {
        return claim(old_root == new_root && proof.is_empty());
    }
    // A tree of 2^n entries is a node of the new tree, and left out of the proof.
    let (first, rest) = if old.is_power_of_two() {
        (old_root, proof)
    } else {
        proof.split_first().ok_or(EvidenceError::NotConsistent)?
    };
    let (mut node, mut last) = (old - 1, new - 1);
    while node & 1 == 1 {
        node >>= 1;
        last >>= 1;
    }
    let (mut old_hash, mut new_hash) = (*first, *first);
    for sibling in rest {
        if last == 0 {
            return Err(EvidenceError::NotConsistent);
        }
        if node & 1 == 1 || node == last {
            old_hash = node_hash(sibling, &old_hash);
            new_hash = node_hash(sibling, &new_hash);
            climb_past_missing_siblings(&mut node, &mut last);
        } else {
            new_hash = node_hash(&new_hash, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    claim(last == 0 && old_hash == *old_root && new_hash == *new_root)
}

/// At the right edge a node without a right sibling is its own parent.
fn climb_past_missing_siblings(node: &mut u64, last: &mut u64) {
    while *node & 1 == 0 && *node != 0 {
        *node >>= 1;
        *last >>= 1;
    }
}
