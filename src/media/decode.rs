//! Files into pixels, by the `image` crate: the whole picture at once.

use std::io::Cursor;

use image::error::{ImageError, LimitErrorKind};
use image::{DynamicImage, ImageFormat, ImageReader, Limits};

use super::budget::Budget;
use super::error::MediaError;
use super::probe::{Format, Probe};
use super::raster::{CHANNELS, Raster};

/// Decodes the first frame.
pub(super) fn decode(source: &[u8], probe: &Probe, budget: &Budget) -> Result<Raster, MediaError> {
    budget.allow_pixels(probe.pixels())?;
    let held = probe
        .pixels()
        .saturating_mul(CHANNELS as u64)
        .saturating_add(source.len() as u64);
    budget.allow_bytes(held)?;
    let mut reader = ImageReader::new(Cursor::new(source));
    reader.set_format(match probe.format {
        Format::Jpeg => ImageFormat::Jpeg,
        Format::Png => ImageFormat::Png,
        Format::WebP => ImageFormat::WebP,
        Format::Gif => ImageFormat::Gif,
    });
    let mut limits = Limits::default();
    limits.max_alloc = Some(budget.max_bytes);
    reader.limits(limits);
    let image = reader.decode().map_err(|error| fault(&error, budget))?;
    let image = match image {
        DynamicImage::ImageRgba8(image) => image,
        other => other.into_rgba8(),
    };
    Ok(Raster {
        width: image.width() as usize,
        height: image.height() as usize,
        data: image.into_raw(),
    })
}

/// Whose fault a failed decode was.
fn fault(error: &ImageError, budget: &Budget) -> MediaError {
    match error {
        ImageError::Limits(limit) if matches!(limit.kind(), LimitErrorKind::InsufficientMemory) => {
            MediaError::TooLarge {
                what: "bytes of memory",
                actual: budget.max_bytes + 1,
                limit: budget.max_bytes,
            }
        }
        ImageError::Limits(_) => MediaError::TooLarge {
            what: "pixels",
            actual: budget.max_pixels + 1,
            limit: budget.max_pixels,
        },
        ImageError::Unsupported(_) => MediaError::Unsupported("this kind of the format"),
        ImageError::IoError(_) => MediaError::Truncated,
        _ => MediaError::Damaged("its data cannot be decoded"),
    }
}
