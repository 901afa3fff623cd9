//! Pixels into files.

mod gif;
mod jpeg;
mod png;

use super::error::MediaError;
use super::job::{Effort, Job, OutputFormat};
use super::motion::Motion;
use super::planes::{Chroma, Pixels, Planes};
use super::rights::{Packets, embed};

/// How to write a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Encoding {
    pub output: OutputFormat,
    pub quality: u8,
    pub effort: Effort,
}

impl Encoding {
    /// What a job asks for.
    pub const fn of(job: &Job) -> Self {
        Self {
            output: job.output,
            quality: job.quality,
            effort: job.effort,
        }
    }
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
        OutputFormat::Gif => {
            let raster = pixels.into_raster();
            let mut file = gif::Writer::new((raster.width, raster.height), 1)?;
            file.push(raster, 0)?;
            Ok(embed::into_gif(file.finish()?, metadata))
        }
        OutputFormat::Rgba | OutputFormat::Facts => Ok(pixels.into_raster().data),
    }
}

/// Writes all frames that are left.
pub(super) fn animation(motion: &mut Motion) -> Result<Vec<u8>, MediaError> {
    let (width, height) = motion.size();
    let mut file = gif::Writer::new((width as usize, height as usize), motion.plays())?;
    while let Some((frame, delay)) = motion.next()? {
        file.push(frame, delay)?;
    }
    Ok(embed::into_gif(file.finish()?, motion.metadata()))
}

/// Bytes that composing so many pixels takes, or encoding them, whichever is more.
pub(super) fn bytes(encoding: Encoding, pixels: u64, planes: bool) -> u64 {
    let jpeg = |quality| match chroma(quality) {
        // Planes, padded planes, coefficients of sixteen bits, the file while it grows.
        Chroma::Quarter => 8,
        Chroma::Full => 14,
    };
    let written = match encoding.output {
        // A trellis keeps the coefficients before they were rounded, too.
        OutputFormat::Jpeg | OutputFormat::BaselineJpeg if encoding.effort == Effort::Refined => {
            jpeg(encoding.quality) * 2
        }
        OutputFormat::Jpeg | OutputFormat::BaselineJpeg => jpeg(encoding.quality),
        // Four channels, and the file while it grows.
        OutputFormat::Png => 10,
        // Four channels, indices, and what the palette is made from.
        OutputFormat::PalettePng => 12,
        // The same, and what shows which pixels are new.
        OutputFormat::Gif => 18,
        OutputFormat::Rgba | OutputFormat::Facts => 4,
    };
    // What is composed, what it is composed of, and a step in between when it is blurred.
    let composed = if planes { 0 } else { 12 };
    pixels.saturating_mul(u64::max(written, composed))
}

/// Whether the format can say that a pixel is transparent.
pub(super) const fn has_alpha(output: OutputFormat) -> bool {
    !matches!(output, OutputFormat::Jpeg | OutputFormat::BaselineJpeg)
}
