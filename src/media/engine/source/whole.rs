//! WebP, GIF and interlaced PNG: decoded whole by the `image` crate, the first frame.

use std::io::Cursor;

use image::error::{ImageError, LimitErrorKind};
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits, RgbaImage};

use super::super::budget::Budget;
use super::super::error::MediaError;
use super::super::motion;
use super::super::planes::Pixels;
use super::super::probe::{Format, Probe, recorded_lossless};
use super::super::raster::{CHANNELS, Raster};
use super::super::resize::{Resample, Resizer};
use super::premultiply::{premultiply, to_rgba};
use super::{Decoded, Demand, Facts};

/// Collects the file, then decodes it.
pub(crate) struct WholeSource {
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
        let decoded = pixels
            .saturating_mul(self.bytes_of_two_pixels())
            .div_ceil(2);
        let bytes = decoded + self.file.len() as u64 + Resizer::bytes(&self.resample(CHANNELS));
        self.demand.budget.allow_bytes(bytes).map(|_| ())
    }

    /// What the decoder holds at its worst, for two pixels because of 4:2:0.
    fn bytes_of_two_pixels(&self) -> u64 {
        let Probe {
            format,
            alpha,
            animated,
            depth,
            channels,
            ..
        } = self.probe;
        match format {
            // Four channels, then what is made of them; measured.
            Format::WebP if recorded_lossless(&self.file) => 22,
            // Luma and chroma, four channels, and alpha, which is a lossless picture of
            // four channels before it is one; measured.
            // The frames of an animation may have some.
            Format::WebP if alpha || animated => 24,
            // Luma and chroma, and three channels.
            Format::WebP => 3 + 6,
            // One frame on one canvas.
            Format::Gif => 8 + 8,
            // A palette becomes four channels; sixteen bits become eight.
            Format::Png | Format::Jpeg | Format::Decoded if depth > 8 => {
                4 * u64::from(channels) + 8
            }
            Format::Png | Format::Jpeg | Format::Decoded => 8,
        }
    }

    fn resample(&self, channels: usize) -> Resample {
        Resample {
            source: (self.probe.width as usize, self.probe.height as usize),
            window: self.demand.window,
            target: self.demand.size,
            channels,
        }
    }

    pub fn finish(mut self) -> Result<Decoded, MediaError> {
        let file = std::mem::take(&mut self.file);
        let (image, facts) = decode(&file, &self.probe, &self.demand.budget)?;
        drop(file);
        if (image.width(), image.height()) != (self.probe.width, self.probe.height) {
            return Err(MediaError::Damaged(
                "the picture has another size than its header says",
            ));
        }
        // Opaque pictures are not blown up to four channels while they are large.
        let (channels, mut data) = match image {
            DynamicImage::ImageRgb8(image) => (3, image.into_raw()),
            DynamicImage::ImageRgba8(image) => (CHANNELS, image.into_raw()),
            other => (CHANNELS, other.into_rgba8().into_raw()),
        };
        let resample = self.resample(channels);
        let mixing = resample.mixes();
        let mut resizer = Resizer::new(&resample);
        for row in data.chunks_exact_mut(resample.source.0.max(1) * channels) {
            if mixing {
                premultiply(row, channels);
            }
            resizer.push_row(row);
        }
        drop(data);
        let (width, height) = self.demand.size;
        let data = to_rgba(resizer.finish(), channels, mixing);
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
) -> Result<(DynamicImage, Facts), MediaError> {
    if probe.format == Format::WebP && probe.animated {
        let (frame, facts) = motion::first(file, probe, budget)?;
        let image = RgbaImage::from_raw(probe.width, probe.height, frame.data);
        return Ok((image.ok_or(MediaError::Truncated)?.into(), facts));
    }
    let mut reader = ImageReader::new(Cursor::new(file));
    reader.set_format(match probe.format {
        Format::Jpeg => ImageFormat::Jpeg,
        Format::Png => ImageFormat::Png,
        Format::WebP => ImageFormat::WebP,
        Format::Gif => ImageFormat::Gif,
        Format::Decoded => return Err(MediaError::Internal("it is decoded already")),
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
