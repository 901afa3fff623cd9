//! How large it becomes.

use super::region::{Window, percent, pixels};
use super::{IiifError, MAX_AREA};
use crate::media::recipe::Decimal;

/// A size as the URL names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Size {
    Max,
    Width(u32),
    Height(u32),
    Percent(Decimal),
    Exactly(u32, u32),
    Within(u32, u32),
}

/// All of it.
const WHOLE: Decimal = Decimal::whole(100);

impl Size {
    pub fn parse(text: &str) -> Result<Self, IiifError> {
        if text == "max" {
            return Ok(Self::Max);
        }
        if let Some(part) = text.strip_prefix("pct:") {
            let part = Decimal::parse(part).ok_or(IiifError::Size)?;
            return Ok(Self::Percent(part));
        }
        let (confined, box_) = match text.strip_prefix('!') {
            Some(box_) => (true, box_),
            None => (false, text),
        };
        let (width, height) = box_.split_once(',').ok_or(IiifError::Size)?;
        let edge = |text| pixels(text).ok_or(IiifError::Size);
        match (width, height, confined) {
            ("", height, false) => edge(height).map(Self::Height),
            (width, "", false) => edge(width).map(Self::Width),
            (width, height, false) => Ok(Self::Exactly(edge(width)?, edge(height)?)),
            (width, height, true) => Ok(Self::Within(edge(width)?, edge(height)?)),
        }
    }

    /// (2) The size of what a region becomes.
    pub fn of(self, region: Window) -> Result<(u32, u32), IiifError> {
        let (width, height) = (region.width, region.height);
        let size = match self {
            Self::Max => return Ok(largest(region)),
            Self::Width(wide) => (wide, follow(height, wide, width)),
            Self::Height(high) => (follow(width, high, height), high),
            Self::Percent(part) if part > WHOLE => return Err(IiifError::Enlarges),
            Self::Percent(part) => (percent(part, width), percent(part, height)),
            Self::Exactly(wide, high) => (wide, high),
            // The specification has a box larger than the region come to the region,
            // its validator has it refused: a client's guess that is a little too
            // large gets a picture, one that is far too large the validator's answer.
            Self::Within(wide, high) if wide / 2 >= width && high / 2 >= height => {
                return Err(IiifError::Enlarges);
            }
            Self::Within(wide, high) => within(region, wide, high),
        };
        match size {
            (0, _) | (_, 0) => Err(IiifError::Nothing),
            (wide, high) if wide > width || high > height => Err(IiifError::Enlarges),
            (wide, high) if area(wide, high) > MAX_AREA => Err(IiifError::TooLarge),
            size => Ok(size),
        }
    }
}

/// The other edge, where one of `from` became `to`: rounded, and never nothing,
/// or a thin picture could not be asked for by its long edge.
fn follow(other: u32, to: u32, from: u32) -> u32 {
    let scaled = (u64::from(other) * u64::from(to) + u64::from(from) / 2) / u64::from(from);
    match u32::try_from(scaled) {
        Ok(0) if to > 0 => 1,
        Ok(edge) => edge,
        Err(_) => u32::MAX,
    }
}

/// As large as the box allows, in the region's shape, and not enlarged.
fn within(region: Window, wide: u32, high: u32) -> (u32, u32) {
    let (width, height) = (region.width, region.height);
    let (wide, high) = (wide.min(width), high.min(height));
    if area(wide, height) <= area(high, width) {
        (wide, follow(height, wide, width).min(high))
    } else {
        (follow(width, high, height).min(wide), high)
    }
}

/// As large as the region, or as `maxArea` allows.
fn largest(region: Window) -> (u32, u32) {
    let (width, height) = (region.width, region.height);
    if area(width, height) <= MAX_AREA {
        return (width, height);
    }
    let (long, short) = (width.max(height), width.min(height));
    // The long edge of a box of this shape and of the largest area, rounded down;
    // the short one must not be rounded up over it.
    let most = (MAX_AREA * u64::from(long) / u64::from(short)).isqrt();
    let wide = u32::try_from(most).unwrap_or(long).clamp(1, long);
    let room = u32::try_from(MAX_AREA / u64::from(wide)).unwrap_or(short);
    let high = follow(short, wide, long).min(room);
    if width >= height {
        (wide, high)
    } else {
        (high, wide)
    }
}

pub(super) fn area(width: u32, height: u32) -> u64 {
    u64::from(width) * u64::from(height)
}
