//! PNG by the `png` crate, and its palette by `quantizr`.

use std::io::Write as _;

use png::{BitDepth, ColorType, Compression, Encoder, Filter};
use quantizr::{Image, Options, QuantizeResult};

use super::super::error::MediaError;
use super::super::job::Effort;
use super::super::raster::{CHANNELS, Raster};
use super::Encoding;

const FAILED: MediaError = MediaError::Internal("the PNG encoder failed");

/// Writes every colour; the alpha channel only when a pixel uses it.
pub(super) fn encode(raster: &Raster, effort: Effort) -> Result<Vec<u8>, MediaError> {
    let opaque = raster
        .data
        .as_chunks::<CHANNELS>()
        .0
        .iter()
        .all(|&[.., alpha]| alpha == 255);
    let mut out = Vec::new();
    let mut encoder = header(&mut out, raster, effort)?;
    encoder.set_filter(Filter::Adaptive);
    encoder.set_color(if opaque {
        ColorType::Rgb
    } else {
        ColorType::Rgba
    });
    let mut writer = encoder.write_header().map_err(|_| FAILED)?;
    let mut stream = writer.stream_writer().map_err(|_| FAILED)?;
    let mut rgb = Vec::new();
    for row in raster.rows() {
        let row = if opaque {
            rgb.clear();
            rgb.extend(
                row.as_chunks::<CHANNELS>()
                    .0
                    .iter()
                    .flat_map(|&[r, g, b, _]| [r, g, b]),
            );
            &rgb
        } else {
            row
        };
        stream.write_all(row).map_err(|_| FAILED)?;
    }
    stream.finish().map_err(|_| FAILED)?;
    writer.finish().map_err(|_| FAILED)?;
    Ok(out)
}

/// Writes at most 256 colours, dithered.
pub(super) fn encode_palette(raster: &Raster, encoding: Encoding) -> Result<Vec<u8>, MediaError> {
    let Encoding {
        quality, effort, ..
    } = encoding;
    let image = Image::new(&raster.data, raster.width, raster.height).map_err(|_| FAILED)?;
    let mut options = Options::default();
    // 256 colours at quality 100, 64 at 50, never fewer than 16.
    let colours = i32::from(quality) * i32::from(quality) * 256 / 10_000;
    options
        .set_max_colors(colours.clamp(16, 256))
        .map_err(|_| FAILED)?;
    let mut quantized = QuantizeResult::quantize(&image, &options);
    quantized.set_dithering_level(1.0).map_err(|_| FAILED)?;
    let mut indices = vec![0; raster.width * raster.height];
    quantized
        .remap_image(&image, &mut indices)
        .map_err(|_| FAILED)?;
    let palette = quantized.get_palette();
    let entries = || {
        palette
            .entries
            .iter()
            .take(usize::try_from(palette.count).unwrap_or(0))
    };

    let mut out = Vec::new();
    let mut encoder = header(&mut out, raster, effort)?;
    encoder.set_color(ColorType::Indexed);
    encoder.set_filter(Filter::NoFilter);
    encoder.set_palette(entries().flat_map(|c| [c.r, c.g, c.b]).collect::<Vec<u8>>());
    encoder.set_trns(entries().map(|c| c.a).collect::<Vec<u8>>());
    write(encoder, &indices)?;
    Ok(out)
}

fn header<'a>(
    out: &'a mut Vec<u8>,
    raster: &Raster,
    effort: Effort,
) -> Result<Encoder<'a, &'a mut Vec<u8>>, MediaError> {
    let size = |length: usize| u32::try_from(length).map_err(|_| FAILED);
    let mut encoder = Encoder::new(out, size(raster.width)?, size(raster.height)?);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_compression(match effort {
        Effort::First => Compression::Fast,
        Effort::Refined => Compression::High,
    });
    Ok(encoder)
}

fn write(encoder: Encoder<'_, &mut Vec<u8>>, data: &[u8]) -> Result<(), MediaError> {
    let mut writer = encoder.write_header().map_err(|_| FAILED)?;
    writer.write_image_data(data).map_err(|_| FAILED)?;
    writer.finish().map_err(|_| FAILED)
}
