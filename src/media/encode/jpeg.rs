//! JPEG by `mozjpeg-rs`.

use mozjpeg_rs::{Encoder, Preset, Subsampling};

use super::super::error::MediaError;
use super::super::job::Effort;
use super::super::raster::{CHANNELS, Raster};

/// From here on the colours are kept at full resolution: who asks for this
/// much would see red letters bleed.
const FULL_COLOUR_QUALITY: u8 = 90;

/// Writes an opaque picture.
pub(super) fn from_raster(
    raster: &Raster,
    quality: u8,
    effort: Effort,
    progressive: bool,
) -> Result<Vec<u8>, MediaError> {
    let subsampling = if quality >= FULL_COLOUR_QUALITY {
        Subsampling::S444
    } else {
        Subsampling::S420
    };
    let encoder = match effort {
        Effort::Refined => Encoder::new(Preset::ProgressiveBalanced),
        Effort::First => Encoder::new(Preset::BaselineFastest).optimize_huffman(true),
    };
    let rgb: Vec<u8> = raster
        .data
        .as_chunks::<CHANNELS>()
        .0
        .iter()
        .flat_map(|&[r, g, b, _]| [r, g, b])
        .collect();
    let size = |length: usize| {
        u32::try_from(length).map_err(|_| MediaError::Internal("the picture is too wide"))
    };
    encoder
        .progressive(progressive)
        .quality(quality)
        .subsampling(subsampling)
        .fast_color(true)
        .encode_rgb(&rgb, size(raster.width)?, size(raster.height)?)
        .map_err(|_| MediaError::Internal("the JPEG encoder failed"))
}
