//! Pixels into files.

mod jpeg;
mod png;

use super::error::MediaError;
use super::job::{Effort, OutputFormat};
use super::raster::Raster;

/// Writes a picture in the format of the job.
pub(super) fn encode(
    raster: Raster,
    output: OutputFormat,
    quality: u8,
    effort: Effort,
) -> Result<Vec<u8>, MediaError> {
    match output {
        OutputFormat::Jpeg => jpeg::from_raster(&raster, quality, effort, true),
        OutputFormat::BaselineJpeg => jpeg::from_raster(&raster, quality, effort, false),
        OutputFormat::Png => png::encode(&raster, effort),
        OutputFormat::PalettePng => png::encode_palette(&raster, quality, effort),
        OutputFormat::Rgba => Ok(raster.data),
    }
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
