//! Why a request of the IIIF grammar was refused: the client's slip.

use std::fmt;

/// What was wrong with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IiifError {
    /// There are too few segments, or too many.
    Segments,
    /// The region is none.
    Region,
    /// The region has no pixel of the picture.
    Outside,
    /// The size is none.
    Size,
    /// The size would enlarge the region.
    Enlarges,
    /// The size has too many pixels.
    TooLarge,
    /// The size has no pixel.
    Nothing,
    /// The rotation is none of those offered.
    Rotation,
    /// The quality is none of those offered.
    Quality,
    /// The format is none of those offered.
    Format,
}

impl fmt::Display for IiifError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Segments => {
                "after the identifier comes info.json or region/size/rotation/quality.format"
            }
            Self::Region => "the region is full, square, x,y,w,h or pct:x,y,w,h",
            Self::Outside => "the region has no pixel of the picture",
            Self::Size => "the size is max, w, or ,h or w,h or !w,h or pct:n",
            Self::Enlarges => "the size is larger than the region: nothing is enlarged here",
            Self::TooLarge => "the size has more pixels than the maxArea of info.json",
            Self::Nothing => "the size has no pixel",
            Self::Rotation => "the rotation is 0, 90, 180 or 270, with ! before it mirrored",
            Self::Quality => "the quality is default, color, gray or bitonal",
            Self::Format => "the format is jpg or png, after the quality and a point",
        })
    }
}

impl std::error::Error for IiifError {}
