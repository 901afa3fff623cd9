//! Pixels into files.

mod jpeg;
mod png;

use super::error::MediaError;
use super::job::{Effort, OutputFormat};
use super::planes::{Chroma, Pixels, Planes};
use super::rights::{Packets, embed};

/// How to write a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Encoding {
    pub output: OutputFormat,
    pub quality: u8,
    pub effort: Effort,
}

/// From here on JPEG keeps the colours at full resolution: who asks for this
/// much would see red letters bleed.
const FULL_COLOUR_QUALITY: u8 = 90;

/// How much chroma a JPEG of this quality has.
pub(super) const fn chroma(quality: u8) -> Chroma {
    if quality >= FULL_COLOUR_QUALITY {
        Chroma::Full
    } else {
        Chroma::Quarter
    }
}

/// Writes a picture. For a JPEG it must be opaque.
pub(super) fn encode(
    pixels: Pixels,
    encoding: Encoding,
    metadata: &Packets,
) -> Result<Vec<u8>, MediaError> {
    match encoding.output {
        OutputFormat::Jpeg | OutputFormat::BaselineJpeg => {
            let planes = match pixels {
                Pixels::Planes(planes) => planes,
                Pixels::Raster(raster) => Planes::from_raster(&raster, chroma(encoding.quality)),
            };
            Ok(embed::into_jpeg(jpeg::encode(&planes, encoding)?, metadata))
        }
        OutputFormat::Png => Ok(embed::into_png(
            png::encode(&pixels.into_raster(), encoding.effort)?,
            metadata,
        )),
        OutputFormat::PalettePng => Ok(embed::into_png(
            png::encode_palette(&pixels.into_raster(), encoding)?,
            metadata,
        )),
        OutputFormat::Rgba => Ok(pixels.into_raster().data),
    }
}

/// Bytes that composing and encoding so many pixels takes.
pub(super) const fn bytes(output: OutputFormat, pixels: u64, planes: bool) -> u64 {
    let for_each_pixel = match output {
        // Planes of 4:4:4 at most, their coefficients in sixteen bits, the file.
        OutputFormat::Jpeg | OutputFormat::BaselineJpeg => 12,
        // Three channels beside the four, the file twice while it grows.
        OutputFormat::Png | OutputFormat::PalettePng => 10,
        OutputFormat::Rgba => 0,
    };
    // Composed pixels and those they were composed of.
    pixels.saturating_mul(for_each_pixel + if planes { 0 } else { 8 })
}

/// The media type of a derivative.
pub(super) const fn media_type(output: OutputFormat) -> &'static str {
    match output {
        OutputFormat::Jpeg | OutputFormat::BaselineJpeg => "image/jpeg",
        OutputFormat::Png | OutputFormat::PalettePng => "image/png",
        OutputFormat::Rgba => "application/octet-stream",
    }
}

/// Whether the format can say that a pixel is transparent.
pub(super) const fn has_alpha(output: OutputFormat) -> bool {
    !matches!(output, OutputFormat::Jpeg | OutputFormat::BaselineJpeg)
}
