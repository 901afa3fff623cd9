//! WebP, GIF and interlaced PNG: decoded whole by the `image` crate, the first frame.

use std::io::Cursor;

use image::error::{ImageError, LimitErrorKind};
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};

use super::super::budget::Budget;
use super::super::error::MediaError;
use super::super::planes::Pixels;
use super::super::probe::{Format, Probe};
use super::super::raster::{CHANNELS, Raster};
use super::super::resize::{Resample, Resizer};
use super::premultiply::{premultiply, to_rgba};
use super::{Decoded, Demand, Facts};

/// Collects the file, then decodes it.
pub(in crate::media) struct WholeSource {
    file: Vec<u8>,
    probe: Probe,
    demand: Demand,
}

impl WholeSource {
    pub fn new(prefix: Vec<u8>, probe: Probe, demand: Demand) -> Result<Self, MediaError> {
        let source = Self {
            file: prefix,
            probe,
            demand,
        };
        source.allow()?;
        Ok(source)
    }

    pub fn push(&mut self, chunk: &[u8]) -> Result<(), MediaError> {
        self.file.extend_from_slice(chunk);
        self.allow()
    }

    /// The file, its pixels, and what the decoder keeps beside them.
    fn allow(&self) -> Result<(), MediaError> {
        let pixels = self.probe.pixels();
        let decoder = match self.probe.format {
            // Three planes of a lossy picture, or the four channels of a lossless one.
            Format::WebP => pixels * 2,
            // One frame on one canvas.
            Format::Gif => pixels * CHANNELS as u64,
            Format::Png | Format::Jpeg => 256 << 10,
        };
        let depth = u64::from(self.probe.depth.div_ceil(8));
        let held = pixels * CHANNELS as u64 * depth + decoder;
        let bytes = held + self.file.len() as u64 + Resizer::bytes(&self.resample());
        self.demand.budget.allow_bytes(bytes).map(|_| ())
    }

    fn resample(&self) -> Resample {
        Resample {
            source: (self.probe.width as usize, self.probe.height as usize),
            window: self.demand.window,
            target: self.demand.size,
            channels: CHANNELS,
        }
    }

    pub fn finish(self) -> Result<Decoded, MediaError> {
        let resample = self.resample();
        let Self {
            file,
            probe,
            demand,
        } = self;
        let (image, facts) = decode(&file, &probe, &demand.budget)?;
        drop(file);
        let row = image.width() as usize * CHANNELS;
        if (image.width(), image.height()) != (probe.width, probe.height) {
            return Err(MediaError::Damaged(
                "the picture has another size than its header says",
            ));
        }
        let mut data = image.into_raw();
        let mixing = resample.mixes();
        let mut resizer = Resizer::new(&resample);
        for row in data.chunks_exact_mut(row) {
            if mixing {
                premultiply(row, CHANNELS);
            }
            resizer.push_row(row);
        }
        drop(data);
        let (width, height) = demand.size;
        let data = to_rgba(resizer.finish(), CHANNELS, mixing);
        if data.len() != width * height * CHANNELS {
            return Err(MediaError::Truncated);
        }
        Ok(Decoded {
            pixels: Pixels::Raster(Raster {
                width,
                height,
                data,
            }),
            facts,
        })
    }
}

/// Decodes the first frame.
fn decode(
    file: &[u8],
    probe: &Probe,
    budget: &Budget,
) -> Result<(image::RgbaImage, Facts), MediaError> {
    let mut reader = ImageReader::new(Cursor::new(file));
    reader.set_format(match probe.format {
        Format::Jpeg => ImageFormat::Jpeg,
        Format::Png => ImageFormat::Png,
        Format::WebP => ImageFormat::WebP,
        Format::Gif => ImageFormat::Gif,
    });
    let mut limits = Limits::default();
    limits.max_alloc = Some(budget.max_bytes);
    reader.limits(limits);
    let mut decoder = reader
        .into_decoder()
        .map_err(|error| fault(&error, budget))?;
    let facts = Facts {
        exif: decoder.exif_metadata().unwrap_or_default(),
        xmp: decoder.xmp_metadata().unwrap_or_default(),
        photoshop: None,
        icc: decoder.icc_profile().unwrap_or_default(),
    };
    let image = DynamicImage::from_decoder(decoder).map_err(|error| fault(&error, budget))?;
    let image = match image {
        DynamicImage::ImageRgba8(image) => image,
        other => other.into_rgba8(),
    };
    Ok((image, facts))
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
        ImageError::Limits(_) => MediaError::Damaged("it is larger than its header says"),
        ImageError::Unsupported(_) => MediaError::Unsupported("this kind of the format"),
        ImageError::IoError(_) => MediaError::Truncated,
        _ => MediaError::Damaged("its data cannot be decoded"),
    }
}
