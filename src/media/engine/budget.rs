//! What a job may cost, decided before the first allocation.

use serde::{Deserialize, Serialize};

use super::error::MediaError;

/// The most a job may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Budget {
    /// Pixels of the source, and of anything decoded from it.
    pub max_pixels: u64,
    /// Bytes of working memory, the derivative included.
    pub max_bytes: u64,
    /// Pixels of all frames of an animation, as they are read and as they are written.
    pub max_moving_pixels: u64,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            // What the product promises; also what bounds the time of a scan over the source.
            max_pixels: 100_000_000,
            // An isolate has 128 MB for wasm and JavaScript together, wasm memory never
            // shrinks, and the wasm module, its tables and the stack take some of it.
            max_bytes: 56 * 1024 * 1024,
            // What Cloudflare transforms, too; it bounds the time.
            max_moving_pixels: 50_000_000,
        }
    }
}

impl Budget {
    /// Whether so many bytes may be held; they are returned as a length.
    pub(super) fn allow_bytes(&self, bytes: u64) -> Result<usize, MediaError> {
        if bytes > self.max_bytes {
            return Err(MediaError::TooLarge {
                what: "bytes of memory",
                actual: bytes,
                limit: self.max_bytes,
            });
        }
        usize::try_from(bytes).map_err(|_| MediaError::Internal("an address is too small"))
    }

    /// Whether a picture of so many pixels may be read.
    pub(super) fn allow_pixels(&self, pixels: u64) -> Result<(), MediaError> {
        if pixels > self.max_pixels {
            return Err(MediaError::TooLarge {
                what: "pixels",
                actual: pixels,
                limit: self.max_pixels,
            });
        }
        Ok(())
    }
}
