//! The chunks of a file: the unit in which its bytes are checked.

use std::fmt;
use std::num::NonZeroU64;
use std::sync::Arc;

use super::Span;
use crate::trust::Sha256;

/// A chunk is held in memory until its digest is known; a dozen deliveries at
/// once, two chunks each, still leave a quarter of the isolate's 128 MB free.
pub const MAX_CHUNK_SIZE: u64 = 4 << 20;

/// Why a manifest's chunks are refused. Both are the publisher's fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChunksError {
    /// The chunk size is zero or above [`MAX_CHUNK_SIZE`].
    Size(u64),
    /// There are more or fewer digests than the length has chunks.
    Count {
        /// How many chunks the length has.
        expected: u64,
        /// How many digests are listed.
        found: usize,
    },
}

impl fmt::Display for ChunksError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Size(size) => write!(
                f,
                "the manifest gives a chunk size of {size}; it must be 1 to {MAX_CHUNK_SIZE} bytes"
            ),
            Self::Count { expected, found } => write!(
                f,
                "the manifest lists {found} chunk digests for a file of {expected} chunks"
            ),
        }
    }
}

impl std::error::Error for ChunksError {}

/// The digests of a file, chunk by chunk, known to cover every byte of it.
/// Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunks {
    length: u64,
    size: NonZeroU64,
    digests: Arc<[Sha256]>,
}

impl Chunks {
    /// A file of `length` bytes in chunks of `size`, the last one shorter.
    pub fn new(length: u64, size: u64, digests: Vec<Sha256>) -> Result<Self, ChunksError> {
        let size = NonZeroU64::new(size)
            .filter(|size| size.get() <= MAX_CHUNK_SIZE)
            .ok_or(ChunksError::Size(size))?;
        let expected = length.div_ceil(size.get());
        if usize::try_from(expected) != Ok(digests.len()) {
            return Err(ChunksError::Count {
                expected,
                found: digests.len(),
            });
        }
        Ok(Self {
            length,
            size,
            digests: digests.into(),
        })
    }

    /// The length of the file.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.length
    }

    /// The length of every chunk but the last.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size.get()
    }

    /// The digests, in order.
    #[must_use]
    pub fn digests(&self) -> &[Sha256] {
        &self.digests
    }

    /// The bytes of chunk `index`; `None` past the last.
    #[must_use]
    pub fn span(&self, index: u64) -> Option<Span> {
        let start = index.checked_mul(self.size.get())?;
        Span::new(start, start.saturating_add(self.size.get()))?.intersect(Span::whole(self.length))
    }

    /// The digest of chunk `index`; `None` past the last.
    #[must_use]
    pub fn digest(&self, index: u64) -> Option<Sha256> {
        self.digests.get(usize::try_from(index).ok()?).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_of_digests_must_cover_the_file() {
        let digests = |count| vec![Sha256::of(b""); count];
        assert!(Chunks::new(128, 64, digests(2)).is_ok());
        assert!(Chunks::new(129, 64, digests(3)).is_ok());
        assert_eq!(
            Chunks::new(128, 64, digests(3)),
            Err(ChunksError::Count {
                expected: 2,
                found: 3
            })
        );
        assert_eq!(
            Chunks::new(128, 64, digests(1)),
            Err(ChunksError::Count {
                expected: 2,
                found: 1
            })
        );
        assert_eq!(
            Chunks::new(0, 64, digests(1)),
            Err(ChunksError::Count {
                expected: 0,
                found: 1
            })
        );
        assert_eq!(Chunks::new(10, 0, digests(1)), Err(ChunksError::Size(0)));
        assert_eq!(
            Chunks::new(10, MAX_CHUNK_SIZE + 1, digests(1)),
            Err(ChunksError::Size(MAX_CHUNK_SIZE + 1))
        );
        assert!(Chunks::new(u64::MAX, 1, digests(1)).is_err());
    }
}
