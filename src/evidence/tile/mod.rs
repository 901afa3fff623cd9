//! The log as files, <https://c2sp.org/tlog-tiles>: 256 hashes or entries wide.

mod bundle;
mod edge;
mod path;
mod reader;

pub use bundle::{MAX_ENTRY, decode_bundle, encode_bundle};
pub use edge::Edge;
pub use path::{Bundle, Resource, Tile, bundles_of, tiles_of};
pub use reader::{TileSet, tiles_for_consistency, tiles_for_inclusion};

/// How many hashes or entries a full tile or bundle has.
pub const WIDTH: u64 = 256;

/// `log2(WIDTH)`.
const HEIGHT: u32 = 8;
