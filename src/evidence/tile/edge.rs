//! The right edge of a tree: the hashes of its partial tiles, which is all one
//! needs in order to append and to know the root.

use super::{HEIGHT, Tile, WIDTH};
use crate::evidence::EvidenceError;
use crate::evidence::merkle::{peaks, root_of, root_of_peaks};
use crate::trust::Sha256;

/// One row per level for all the entries a `u64` can count.
const LEVELS: u32 = u64::BITS / HEIGHT;

/// A tree of `size` entries, known by its right edge.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Edge {
    size: u64,
    /// For each level the hashes of its partial tile, the entries' first.
    rows: Vec<Vec<Sha256>>,
}

impl Edge {
    /// The tree without entries.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many entries the tree has.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The hashes of the entries since the last full tile.
    #[must_use]
    pub fn last_leaves(&self) -> &[Sha256] {
        self.rows.first().map_or(&[], Vec::as_slice)
    }

    /// The root of the tree.
    #[must_use]
    pub fn root(&self) -> Sha256 {
        let left_to_right = self.rows.iter().rev();
        let peaks: Vec<_> = left_to_right.flat_map(|row| peaks(row)).collect();
        root_of_peaks(&peaks)
    }

    /// Appends hashes of entries; `write` gets each tile that is new or grown,
    /// lowest level first among the partial ones.
    pub fn append(
        &mut self,
        leaves: impl IntoIterator<Item = Sha256>,
        mut write: impl FnMut(Tile, &[Sha256]),
    ) {
        let before = self.size;
        for leaf in leaves {
            self.push(leaf, &mut write);
        }
        for (level, row) in (0..LEVELS).zip(&self.rows) {
            let (old, new) = (before >> (HEIGHT * level), self.size >> (HEIGHT * level));
            if old != new && !row.is_empty() {
                let index = new / WIDTH;
                let width = row.len() as u64;
                write(
                    Tile {
                        level,
                        index,
                        width,
                    },
                    row,
                );
            }
        }
    }

    fn push(&mut self, leaf: Sha256, write: &mut impl FnMut(Tile, &[Sha256])) {
        self.size = self.size.saturating_add(1);
        let mut carried = leaf;
        for level in 0..LEVELS {
            let at = level as usize;
            if self.rows.len() == at {
                self.rows.push(Vec::new());
            }
            let Some(row) = self.rows.get_mut(at) else {
                return;
            };
            row.push(carried);
            if (row.len() as u64) < WIDTH {
                return;
            }
            let index = (self.size >> (HEIGHT * level)) / WIDTH - 1;
            write(
                Tile {
                    level,
                    index,
                    width: WIDTH,
                },
                row,
            );
            carried = root_of(row);
            row.clear();
        }
    }

    /// The hashes of all rows, one after the other: with the size they are the
    /// whole state.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.rows.iter().flatten().flat_map(|hash| hash.0).collect()
    }

    /// Rebuilds the edge of a tree of `size` entries.
    pub fn from_bytes(size: u64, bytes: &[u8]) -> Result<Self, EvidenceError> {
        let broken = EvidenceError::BrokenState("its right edge does not fit its size");
        let mut hashes = bytes.chunks(32).map(|chunk| chunk.try_into().map(Sha256));
        let mut rows = Vec::new();
        for level in 0..LEVELS {
            let entries = size >> (HEIGHT * level);
            if entries == 0 {
                break;
            }
            let width = usize::try_from(entries % WIDTH).unwrap_or(0);
            let row: Vec<Sha256> = hashes.by_ref().take(width).flatten().collect();
            if row.len() != width {
                return Err(broken);
            }
            rows.push(row);
        }
        if hashes.next().is_some() {
            return Err(broken);
        }
        Ok(Self { size, rows })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::evidence::merkle::leaf_hash;
    use crate::evidence::tile::tiles_of;

    fn leaves(count: u64) -> Vec<Sha256> {
        (0..count).map(|n| leaf_hash(&n.to_be_bytes())).collect()
    }

    #[test]
    fn an_edge_knows_every_root_and_survives_storage() {
        let leaves = leaves(600);
        let mut edge = Edge::new();
        for (size, leaf) in leaves.iter().enumerate() {
            assert_eq!(edge.root(), root_of(&leaves[..size]));
            let restored = Edge::from_bytes(edge.size(), &edge.to_bytes()).unwrap();
            assert_eq!(restored.root(), edge.root());
            edge = restored;
            edge.append([*leaf], |_, _| ());
        }
        let bytes = edge.to_bytes();
        assert!(Edge::from_bytes(601, &bytes).is_err());
        assert!(Edge::from_bytes(599, &bytes).is_err());
        assert!(Edge::from_bytes(600, &bytes[1..]).is_err());
        assert!(Edge::from_bytes(600, &[&bytes[..], &[0]].concat()).is_err());
    }

    #[test]
    fn growth_writes_exactly_the_tiles_that_changed() {
        let leaves = leaves(66_000);
        for (old, new) in [
            (0, 1),
            (0, 256),
            (255, 257),
            (10, 10),
            (1000, 66_000),
            (65_535, 65_537),
        ] {
            let mut edge = Edge::new();
            edge.append(leaves[..old].iter().copied(), |_, _| ());
            let mut written = BTreeMap::new();
            edge.append(leaves[old..new].iter().copied(), |tile, hashes| {
                assert_eq!(hashes.len() as u64, tile.width);
                assert!(written.insert(tile, hashes.to_vec()).is_none());
                if tile.level == 0 {
                    let start = usize::try_from(tile.index * WIDTH).unwrap();
                    assert_eq!(hashes, &leaves[start..start + hashes.len()]);
                }
            });
            let mut expected = tiles_of(old as u64, new as u64);
            expected.sort();
            assert_eq!(written.into_keys().collect::<Vec<_>>(), expected);
        }
    }
}
