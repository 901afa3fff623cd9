//! What `info.json` announces: a grid of tiles at halving scales, and the whole
//! picture at those scales.

use super::region::Window;
use super::size::area;

/// The edge of a tile. A tile costs the entropy decoding of all that lies above
/// it, however few of its pixels are kept, so few large tiles are cheaper than
/// many small ones; a phone still shows one as it comes.
pub const TILE: u32 = 1024;

/// The most pixels of a picture: what the engine composes within its memory
/// (12 bytes a pixel of 56 MB), and more than a screen has.
pub const MAX_AREA: u64 = 2048 * 2048;

/// The scales of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pyramid {
    width: u32,
    height: u32,
}

impl Pyramid {
    /// For a picture of this size.
    #[must_use]
    pub const fn of((width, height): (u32, u32)) -> Self {
        Self { width, height }
    }

    /// 1, 2, 4 and so on, up to the one that brings the picture into one tile.
    pub fn scale_factors(self) -> impl Iterator<Item = u32> {
        let longest = self.width.max(self.height);
        let last = move |factor: &u32| *factor == 1 || longest.div_ceil(*factor / 2) > TILE;
        std::iter::successors(Some(1_u32), |factor| factor.checked_mul(2)).take_while(last)
    }

    /// The picture at every scale that is not too large, the smallest first.
    #[must_use]
    pub fn sizes(self) -> Vec<(u32, u32)> {
        let mut sizes: Vec<(u32, u32)> = self
            .scale_factors()
            .map(|factor| self.scaled(factor))
            .filter(|size| area(size.0, size.1) <= MAX_AREA)
            .collect();
        sizes.reverse();
        sizes
    }

    fn scaled(self, factor: u32) -> (u32, u32) {
        (self.width.div_ceil(factor), self.height.div_ceil(factor))
    }

    /// Whether this region at this size is a tile or one of the sizes, or the
    /// whole picture as large as it may be.
    pub(super) fn announces(self, region: Window, size: (u32, u32), is_max: bool) -> bool {
        let whole = region.x == 0
            && region.y == 0
            && (region.width, region.height) == (self.width, self.height);
        if whole && is_max {
            return true;
        }
        self.scale_factors().any(|factor| {
            let edge = TILE.saturating_mul(factor);
            let along = |start: u32, length: u32, all: u32| {
                start.is_multiple_of(edge) && length == edge.min(all - start)
            };
            let placed = along(region.x, region.width, self.width)
                && along(region.y, region.height, self.height);
            let shrunk = (
                region.width.div_ceil(factor),
                region.height.div_ceil(factor),
            );
            (placed || whole) && size == shrunk
        })
    }
}
