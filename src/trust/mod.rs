//! Is it what the creator signed? TUF 1.0 metadata, checked without I/O.

mod digest;
mod path;

pub use digest::Sha256;
pub use path::{DropPath, Name, PathError, TargetPath};
