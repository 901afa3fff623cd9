//! Sources: the bytes of a file in, resampled pixels out.
//!
//! A source decodes and resamples while its bytes arrive and holds no more than
//! its format forces it to: a baseline JPEG and a PNG a few rows, a progressive
//! JPEG the coefficients its scale needs, WebP and GIF the whole picture.

mod decoded;
mod jpeg;
mod png;
pub(super) mod premultiply;
mod whole;

use super::budget::Budget;
use super::error::MediaError;
use super::geometry::Rect;
use super::planes::{Chroma, Pixels};
use super::probe::{Format, Probe};

/// What is wanted of a source.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Demand {
    /// What to resample, in pixels of the stored picture.
    pub window: Rect,
    /// To which size.
    pub size: (usize, usize),
    /// Luma and chroma will do, with this much chroma; pixels otherwise.
    pub planes: Option<Chroma>,
    /// Columns and rows will run backwards later: chroma is aligned to the far edge.
    pub mirrored: (bool, bool),
    /// What the source may take.
    pub budget: Budget,
}

/// What a source gave.
#[derive(Debug)]
pub(super) struct Decoded {
    pub pixels: Pixels,
    pub facts: Facts,
}

/// What the file says about its picture, undigested.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Facts {
    /// A TIFF structure.
    pub exif: Option<Vec<u8>>,
    /// An XMP packet.
    pub xmp: Option<Vec<u8>>,
    /// Photoshop's image resources; IPTC-IIM is one of them.
    pub photoshop: Option<Vec<u8>>,
    /// An ICC profile.
    pub icc: Option<Vec<u8>>,
}

/// A source of any format.
pub(super) enum Source {
    Jpeg(Box<jpeg::JpegSource>),
    Png(Box<png::PngSource>),
    Whole(Box<whole::WholeSource>),
    Decoded(Box<decoded::DecodedSource>),
}

impl Source {
    /// Begins with everything seen so far, which the probe was content with.
    pub fn begin(prefix: Vec<u8>, probe: &Probe, demand: Demand) -> Result<Self, MediaError> {
        demand.budget.allow_pixels(probe.pixels())?;
        match probe.format {
            Format::Jpeg => {
                let mut source = Box::new(jpeg::JpegSource::new(demand));
                source.push(&prefix)?;
                Ok(Self::Jpeg(source))
            }
            Format::Png if !probe.progressive => {
                let mut source = Box::new(png::PngSource::new(prefix, demand)?);
                source.push(&[])?;
                Ok(Self::Png(source))
            }
            Format::Decoded => Ok(Self::Decoded(Box::new(decoded::DecodedSource::new(
                &prefix, demand,
            )?))),
            Format::Png | Format::WebP | Format::Gif => Ok(Self::Whole(Box::new(
                whole::WholeSource::new(prefix, *probe, demand)?,
            ))),
        }
    }

    /// Takes the next bytes.
    pub fn push(&mut self, chunk: &[u8]) -> Result<(), MediaError> {
        match self {
            Self::Jpeg(source) => source.push(chunk),
            Self::Png(source) => source.push(chunk),
            Self::Whole(source) => source.push(chunk),
            Self::Decoded(source) => {
                source.push(chunk);
                Ok(())
            }
        }
    }

    /// Whether no further byte would change anything.
    pub const fn has_enough(&self) -> bool {
        match self {
            Self::Jpeg(source) => source.has_enough(),
            // Facts may come after the picture.
            Self::Png(_) | Self::Whole(_) | Self::Decoded(_) => false,
        }
    }

    /// There are no more.
    pub fn finish(self) -> Result<Decoded, MediaError> {
        match self {
            Self::Jpeg(source) => source.finish(),
            Self::Png(source) => source.finish(),
            Self::Whole(source) => source.finish(),
            Self::Decoded(source) => source.finish(),
        }
    }
}
