//! Proofs from tiles. Tiles come from a store that is trusted for nothing, so
//! a proof is checked against the signed root before it is handed on.

use std::collections::BTreeMap;

use super::{HEIGHT, Tile, WIDTH};
use crate::evidence::EvidenceError;
use crate::evidence::merkle::{
    Hashes, Node, consistency_nodes, consistency_proof, inclusion_nodes, inclusion_proof, root,
    root_of, verify_consistency, verify_inclusion,
};
use crate::trust::Sha256;

/// The tiles to read in order to prove that entry `index` is in a log of `size`
/// entries.
pub fn tiles_for_inclusion(index: u64, size: u64) -> Result<Vec<Tile>, EvidenceError> {
    tiles_with(inclusion_nodes(index, size)?, size)
}

/// The tiles to read in order to prove that a log grew from `old` to `new`.
pub fn tiles_for_consistency(old: u64, new: u64) -> Result<Vec<Tile>, EvidenceError> {
    tiles_with(consistency_nodes(old, new)?, new)
}

fn tiles_with(nodes: Vec<Node>, size: u64) -> Result<Vec<Tile>, EvidenceError> {
    let tiles: Option<Vec<_>> = nodes.into_iter().map(|node| tile_of(node, size)).collect();
    let mut tiles = tiles.ok_or(EvidenceError::OutOfRange { index: size, size })?;
    tiles.sort_unstable();
    tiles.dedup();
    Ok(tiles)
}

/// The tile that holds the hashes below `node`, as wide as a log of `size`
/// entries has it.
fn tile_of(node: Node, size: u64) -> Option<Tile> {
    let (level, first) = (
        node.level / HEIGHT,
        node.index.checked_shl(node.level % HEIGHT)?,
    );
    let index = first / WIDTH;
    let width = (size >> (HEIGHT * level))
        .checked_sub(index * WIDTH)?
        .min(WIDTH);
    Some(Tile {
        level,
        index,
        width,
    })
}

/// Tiles of a log of `size` entries, as they were read.
#[derive(Debug, Clone)]
pub struct TileSet {
    size: u64,
    tiles: BTreeMap<Tile, Vec<Sha256>>,
}

impl TileSet {
    /// No tiles yet.
    #[must_use]
    pub const fn new(size: u64) -> Self {
        let tiles = BTreeMap::new();
        Self { size, tiles }
    }

    /// Adds a tile. A wider tile at the same place will do, since tiles only
    /// grow: the specification lets clients read the full one instead.
    pub fn insert(&mut self, tile: Tile, bytes: &[u8]) -> Result<(), EvidenceError> {
        let wrong = || EvidenceError::WrongFile(tile.to_string());
        let (hashes, rest) = bytes.as_chunks::<32>();
        let width = usize::try_from(tile.width).map_err(|_| wrong())?;
        let hashes = hashes.get(..width).ok_or_else(wrong)?;
        if !rest.is_empty() || bytes.len() as u64 > WIDTH * 32 {
            return Err(wrong());
        }
        let hashes = hashes.iter().copied().map(Sha256).collect();
        self.tiles.insert(tile, hashes);
        Ok(())
    }

    /// The hash of entry `index` and the proof that the log with this `root`
    /// has it there.
    pub fn prove_inclusion(
        &self,
        index: u64,
        root: &Sha256,
    ) -> Result<(Sha256, Vec<Sha256>), EvidenceError> {
        let proof = inclusion_proof(index, self.size, self)?;
        let leaf = self.hash(Node { level: 0, index })?;
        verify_inclusion(&leaf, index, self.size, &proof, root)
            .map_err(|_| EvidenceError::WrongRoot { size: self.size })?;
        Ok((leaf, proof))
    }

    /// The root the log had at `old` entries and the proof that the log with
    /// this `new_root` continues it.
    pub fn prove_consistency(
        &self,
        old: u64,
        new_root: &Sha256,
    ) -> Result<(Sha256, Vec<Sha256>), EvidenceError> {
        let proof = consistency_proof(old, self.size, self)?;
        let old_root = root(old, self)?;
        verify_consistency((old, &old_root), (self.size, new_root), &proof)
            .map_err(|_| EvidenceError::WrongRoot { size: self.size })?;
        Ok((old_root, proof))
    }
}

impl Hashes for TileSet {
    fn hash(&self, node: Node) -> Result<Sha256, EvidenceError> {
        let outside = EvidenceError::OutOfRange {
            index: node.index,
            size: self.size,
        };
        let tile = tile_of(node, self.size).ok_or(outside)?;
        let missing = || EvidenceError::MissingFile(tile.to_string());
        let hashes = self.tiles.get(&tile).ok_or_else(missing)?;
        // `node` is the root over 1, 2, 4 .. 128 neighbouring hashes of a tile.
        let per_node = 1_usize << (node.level % HEIGHT);
        let place = usize::try_from(node.index).map_err(|_| missing())?;
        let below = hashes.chunks(per_node).nth(place % (256 / per_node));
        let whole = below.filter(|row| row.len() == per_node);
        whole.map(root_of).ok_or_else(missing)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::evidence::merkle::leaf_hash;
    use crate::evidence::tile::Edge;

    /// All the tiles that a log has written while it grew in steps.
    fn grown(sizes: &[u64]) -> (BTreeMap<Tile, Vec<u8>>, Edge, Vec<Sha256>) {
        let (mut store, mut edge, mut leaves) = (BTreeMap::new(), Edge::new(), Vec::new());
        for &size in sizes {
            let more: Vec<_> = (edge.size()..size)
                .map(|n| leaf_hash(&n.to_be_bytes()))
                .collect();
            edge.append(more.iter().copied(), |tile, hashes| {
                store.insert(tile, hashes.iter().flat_map(|hash| hash.0).collect());
            });
            leaves.extend(more);
        }
        (store, edge, leaves)
    }

    fn read(store: &BTreeMap<Tile, Vec<u8>>, tiles: &[Tile], size: u64) -> TileSet {
        let mut set = TileSet::new(size);
        for tile in tiles {
            set.insert(*tile, &store[tile]).unwrap();
        }
        set
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(12))]

        #[test]
        fn proofs_come_out_of_the_tiles_asked_for(size in 1_u64..70_000, at in any::<u64>()) {
            let (store, edge, leaves) = grown(&[size / 3, size]);
            let (index, root) = (at % size, edge.root());
            let place = usize::try_from(index).unwrap();
            let tiles = tiles_for_inclusion(index, size).unwrap();
            prop_assert!(tiles.len() <= 6);
            let (leaf, proof) = read(&store, &tiles, size).prove_inclusion(index, &root).unwrap();
            prop_assert_eq!(leaf, leaves[place]);
            prop_assert_eq!(verify_inclusion(&leaf, index, size, &proof, &root), Ok(()));

            let tiles = tiles_for_consistency(index, size).unwrap();
            let (old_root, _) = read(&store, &tiles, size).prove_consistency(index, &root).unwrap();
            prop_assert_eq!(old_root, root_of(&leaves[..place]));
        }
    }

    #[test]
    fn a_damaged_missing_or_short_tile_is_noticed() {
        let (mut store, edge, _) = grown(&[700]);
        let tiles = tiles_for_inclusion(300, 700).unwrap();
        let without = read(&store, &tiles[1..], 700).prove_inclusion(300, &edge.root());
        assert_eq!(
            without,
            Err(EvidenceError::MissingFile(tiles[0].to_string()))
        );
        let outside = read(&store, &tiles, 700).prove_inclusion(700, &edge.root());
        assert_eq!(
            outside,
            Err(EvidenceError::OutOfRange {
                index: 700,
                size: 700
            })
        );
        for tile in &tiles {
            store.get_mut(tile).unwrap()[0] ^= 1;
            let damaged = read(&store, &tiles, 700).prove_inclusion(300, &edge.root());
            assert_eq!(damaged, Err(EvidenceError::WrongRoot { size: 700 }));
            let bytes = store.get_mut(tile).unwrap();
            bytes[0] ^= 1;
            let mut set = TileSet::new(700);
            assert!(set.insert(*tile, &bytes[..bytes.len() - 32]).is_err());
            assert!(set.insert(*tile, &bytes[1..]).is_err());
        }
    }

    #[test]
    fn a_full_tile_stands_in_for_a_partial_one() {
        let (store, _, leaves) = grown(&[256]);
        let tile = Tile {
            level: 0,
            index: 0,
            width: 100,
        };
        let full = Tile { width: 256, ..tile };
        let mut set = TileSet::new(100);
        set.insert(tile, &store[&full]).unwrap();
        let root = root_of(&leaves[..100]);
        assert_eq!(set.prove_inclusion(99, &root).unwrap().0, leaves[99]);
    }
}
