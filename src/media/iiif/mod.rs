//! The IIIF Image API 3.0: a second grammar for pictures, spoken by deep-zoom
//! viewers, libraries and museums.
//!
//! `/iiif/3/{creator}~{drop}~{file}/{region}/{size}/{rotation}/{quality}.{format}`
//! and `/iiif/3/{creator}~{drop}~{file}/info.json`.
//!
//! What level 2 of the specification asks for, by the names it gives the features:
//!
//! 1. Region `full`, `square` (regionSquare), `x,y,w,h` (regionByPx) and
//!    `pct:x,y,w,h` (regionByPct). What hangs over is cropped; what lies
//!    outside, or has no width or height, is refused.
//! 2. Size `max`, `w,` (sizeByW), `,h` (sizeByH), `pct:n` (sizeByPct), `w,h`
//!    (sizeByWh) and `!w,h` (sizeByConfinedWh). Nothing is enlarged, and nothing
//!    has more than `maxArea` pixels. `^`, which would enlarge, is not offered.
//! 3. Rotation by 0, 90, 180 and 270 degrees (rotationBy90s), and with `!`
//!    mirrored first (mirroring, more than level 2 asks). 360 is 0.
//! 4. Quality `default`, `color`, `gray` and `bitonal`.
//! 5. Format `jpg` and `png`.
//! 6. A request that is none of these is 400; an identifier that names nothing
//!    is 404.
//! 7. `info.json` is JSON-LD on request (jsonldMediaType), the identifier alone
//!    leads to it (baseUriRedirect), all is open to scripts of any page (cors),
//!    and a picture names its canonical URI and its profile (canonicalLinkHeader,
//!    profileLinkHeader).
//!
//! # What is kept
//!
//! What `info.json` announces ([`Pyramid`]: the tiles of its grid, the whole
//! picture at its sizes, as `default.jpg`, unturned) is some 150 pictures for
//! 100 megapixels: they are made once and kept. Anything else that level 2
//! allows can be counted up without end, so without a signature it is made for
//! the asking and not kept; with one it is kept, too. An operator who wants
//! nobody to spend CPU that way sets `IIIF = "level0"`: then only what is
//! announced is made without a signature, and `info.json` says so.

mod error;
mod info;
mod plan;
mod pyramid;
mod region;
mod size;
#[cfg(test)]
mod tests;

pub use error::IiifError;
pub use info::{About, info};
pub use plan::Planned;
pub use pyramid::{MAX_AREA, Pyramid, TILE};

use crate::trust::TargetPath;
use region::Region;
use size::Size;

/// Where the links of an answer and of `info.json` lead.
pub const CONTEXT: &str = "http://iiif.io/api/image/3/context.json";

/// What a deployment offers without a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Level {
    /// What is announced, and nothing else.
    Zero,
    /// All of the grammar.
    #[default]
    Two,
}

impl Level {
    /// As the setting and `info.json` spell it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Zero => "level0",
            Self::Two => "level2",
        }
    }
}

/// The file an identifier names: `creator~drop~file`, decoded.
#[must_use]
pub fn identified(text: &str) -> Option<TargetPath> {
    let mut parts = text.split('~');
    let (creator, drop, file) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    TargetPath::new(creator, drop, file).ok()
}

/// The identifier of a file. None of its characters has to be escaped.
#[must_use]
pub fn identifier(path: &TargetPath) -> String {
    path.to_string().replace('/', "~")
}

/// Which colours are left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quality {
    Default,
    Color,
    Gray,
    Bitonal,
}

impl Quality {
    const fn word(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Color => "color",
            Self::Gray => "gray",
            Self::Bitonal => "bitonal",
        }
    }
}

/// What is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Jpg,
    Png,
}

/// A request for a picture, before the picture's size is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImageRequest {
    region: Region,
    size: Size,
    mirrored: bool,
    quarters: u8,
    quality: Quality,
    format: Format,
}

impl ImageRequest {
    /// Parses the last four segments of the path, each decoded.
    pub fn parse(
        region: &str,
        size: &str,
        rotation: &str,
        quality_format: &str,
    ) -> Result<Self, IiifError> {
        let (mirrored, degrees) = match rotation.strip_prefix('!') {
            Some(degrees) => (true, degrees),
            None => (false, rotation),
        };
        // (3)
        let quarters = match degrees {
            "0" | "360" => 0,
            "90" => 1,
            "180" => 2,
            "270" => 3,
            _ => return Err(IiifError::Rotation),
        };
        let (quality, format) = quality_format.split_once('.').ok_or(IiifError::Format)?;
        // (4)
        let quality = match quality {
            "default" => Quality::Default,
            "color" => Quality::Color,
            "gray" => Quality::Gray,
            "bitonal" => Quality::Bitonal,
            _ => return Err(IiifError::Quality),
        };
        // (5)
        let format = match format {
            "jpg" => Format::Jpg,
            "png" => Format::Png,
            _ => return Err(IiifError::Format),
        };
        Ok(Self {
            region: Region::parse(region)?,
            size: Size::parse(size)?,
            mirrored,
            quarters,
            quality,
            format,
        })
    }
}
