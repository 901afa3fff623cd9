//! Which part of the picture.

use super::IiifError;
use crate::media::recipe::Decimal;

/// A part of the picture as the URL names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Region {
    Full,
    Square,
    Pixels([u32; 4]),
    Percent([Decimal; 4]),
}

/// A part of the picture in pixels: within it, and not empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Window {
    pub x: u32,
    pub y: u32,
    pub width: u32,
    pub height: u32,
}

impl Region {
    pub fn parse(text: &str) -> Result<Self, IiifError> {
        match text {
            "full" => return Ok(Self::Full),
            "square" => return Ok(Self::Square),
            _ => {}
        }
        let region = match text.strip_prefix("pct:") {
            Some(parts) => four(parts, Decimal::parse).map(Self::Percent),
            None => four(text, pixels).map(Self::Pixels),
        };
        region.ok_or(IiifError::Region)
    }

    /// (1) The part of a picture of this size.
    pub fn of(self, (width, height): (u32, u32)) -> Result<Window, IiifError> {
        let [x, y, across, down] = match self {
            Self::Full => [0, 0, width, height],
            Self::Square => {
                let edge = width.min(height);
                [(width - edge) / 2, (height - edge) / 2, edge, edge]
            }
            Self::Pixels(pixels) => pixels,
            Self::Percent([x, y, across, down]) => [
                percent(x, width),
                percent(y, height),
                percent(across, width),
                percent(down, height),
            ],
        };
        let window = Window {
            x,
            y,
            width: across.min(width.saturating_sub(x)),
            height: down.min(height.saturating_sub(y)),
        };
        if window.width == 0 || window.height == 0 {
            return Err(IiifError::Outside);
        }
        Ok(window)
    }
}

/// Four values and no more, parted by commas.
fn four<T>(text: &str, value: impl Fn(&str) -> Option<T>) -> Option<[T; 4]> {
    let values: Vec<T> = text.split(',').take(5).map(value).collect::<Option<_>>()?;
    values.try_into().ok()
}

/// Digits, no sign.
pub(super) fn pixels(text: &str) -> Option<u32> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| digits)
}

/// Per cent of an edge, rounded.
pub(super) fn percent(part: Decimal, edge: u32) -> u32 {
    const WHOLE: u64 = 1_000_000;
    let pixels = (u64::from(part.steps()) * u64::from(edge) + WHOLE / 2) / WHOLE;
    u32::try_from(pixels).unwrap_or(u32::MAX)
}
