//! Pictures that move: every frame is decoded, drawn on what is seen, resampled
//! and composed, one after the other.
//!
//! What it may cost is decided from the lengths of the file's blocks before
//! anything is decoded: the pixels of all frames ([`Budget::max_moving_pixels`]
//! on the way in and on the way out, which bounds the time) and the memory of one.
//! What goes beyond is shown as its first frame. Cloudflare sends such files on as
//! they are; here that would send their metadata, too.

mod canvas;
mod census;
mod change;
mod gif;
mod mux;
#[cfg(test)]
mod tests;
mod webp;

use serde::{Deserialize, Serialize};

use super::budget::Budget;
use super::colour;
use super::error::MediaError;
use super::geometry::{Layout, layout};
use super::job::{Job, OutputFormat, Trim};
use super::paint::{crop, overlay};
use super::planes::Pixels;
use super::probe::{Format, Probe, recorded_orientation};
use super::raster::{CHANNELS, Raster};
use super::resize::{Resample, Resizer};
use super::rights::{self, Packets};
use super::source::Facts;
use super::source::premultiply::{premultiply, to_rgba};
use super::transform::{compose, look};
use canvas::{Canvas, Patch};

pub use census::{Census, census, is_animated};
pub(super) use change::{Area, change};
pub use mux::Animation;

/// A part of a frame for an encoder outside this room: where the frame differs
/// from the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Piece {
    /// From the left, an even number.
    pub x: u32,
    /// From the top, an even number.
    pub y: u32,
    /// Its width.
    pub width: u32,
    /// Its height.
    pub height: u32,
    /// How long it is seen, in milliseconds.
    pub delay: u32,
    /// Whether what was there shows through; else it is replaced.
    pub blends: bool,
    /// How often the whole is played; 0 is for ever.
    pub plays: u32,
    /// How many frames the whole has.
    pub frames: u64,
}

/// An animation being made.
pub(super) struct Motion {
    reader: Reader,
    canvas: Canvas,
    /// The frame that is on the canvas already, and for how long it is seen.
    waiting: Option<u32>,
    job: Job,
    layout: Layout,
    resample: Resample,
    /// Where an automatic crop begins: where it does in the first frame.
    crop: Option<(u32, u32)>,
    overlays: Vec<overlay::Ready>,
    icc: Option<Vec<u8>>,
    census: Census,
    metadata: Packets,
    /// What was written last.
    shown: Option<Raster>,
}

enum Reader {
    Gif(Box<gif::Gif>),
    WebP(webp::WebP<Vec<u8>>),
}

impl Reader {
    fn next(&mut self) -> Result<Option<Patch>, MediaError> {
        match self {
            Self::Gif(gif) => gif.next(),
            Self::WebP(webp) => webp.next(),
        }
    }
}

/// Whether a job may want all frames of a source.
pub(super) fn wanted(job: &Job, found: &Probe) -> bool {
    job.moving
        && found.animated
        && matches!(found.format, Format::Gif | Format::WebP)
        && matches!(job.output, OutputFormat::Gif | OutputFormat::Rgba)
}

/// What the frames of a source come to, if there are several and they are within
/// the budget.
pub(super) fn affordable(file: &[u8], found: &Probe, job: &Job) -> Option<Census> {
    let census = census(file, found);
    let source = found.pixels();
    let upright = recorded_orientation(file, found);
    let layout = layout(
        (found.width, found.height),
        upright,
        &job.geometry,
        job.border.as_ref(),
    );
    let canvas = layout.map_or(source, |layout| {
        u64::from(layout.canvas.0) * u64::from(layout.canvas.1)
    });
    let written = census.frames.saturating_mul(canvas);
    let held = (file.len() as u64)
        .saturating_add(source.saturating_mul(canvas_bytes(found.format)))
        .saturating_add(census.largest.saturating_mul(patch_bytes(found.format)))
        .saturating_add(canvas.saturating_mul(PICTURE_BYTES))
        .saturating_add(match job.output {
            // What is written grows in place: at its worst it is there twice.
            OutputFormat::Gif => written,
            _ => 0,
        });
    let Budget {
        max_bytes,
        max_moving_pixels,
        ..
    } = job.budget;
    let fits =
        census.pixels <= max_moving_pixels && written <= max_moving_pixels && held <= max_bytes;
    (census.frames > 1 && fits).then_some(census)
}

/// Bytes of a pixel of the canvas: itself, and in a GIF what comes back.
const fn canvas_bytes(format: Format) -> u64 {
    match format {
        Format::Gif => 8,
        _ => 4,
    }
}

/// Bytes of a pixel of a frame: four channels, and what its decoder takes.
const fn patch_bytes(format: Format) -> u64 {
    match format {
        Format::Gif => 5,
        _ => 4 + 12,
    }
}

/// Bytes of a pixel of the result: resampled, composed, what was shown before, what
/// waits to be written, and what its encoder takes.
const PICTURE_BYTES: u64 = 4 * CHANNELS as u64 + 12;

/// The first frame of an animated WebP, as it is seen. `image-webp` would read it, too,
/// but believes a frame with alpha that it is as large as it says, and panics.
pub(super) fn first(
    file: &[u8],
    found: &Probe,
    budget: &Budget,
) -> Result<(Raster, Facts), MediaError> {
    let size = (found.width, found.height);
    let (mut reader, facts) = webp::WebP::open(file, size);
    let frame = reader.next()?.ok_or(MediaError::Truncated)?;
    let mut canvas = Canvas::new(size, budget)?;
    canvas.show(&frame);
    Ok((canvas.picture, facts))
}

impl Motion {
    /// Begins with the first frame.
    pub fn new(file: Vec<u8>, found: &Probe, census: Census, job: Job) -> Result<Self, MediaError> {
        let budget = job.budget;
        let size = (found.width, found.height);
        let orientation = recorded_orientation(&file, found);
        let (mut reader, facts) = if found.format == Format::Gif {
            let (gif, facts) = gif::Gif::open(file, census.largest)?;
            (Reader::Gif(Box::new(gif)), facts)
        } else {
            let (webp, facts) = webp::WebP::open(file, size);
            (Reader::WebP(webp), facts)
        };
        let mut canvas = Canvas::new(size, &budget)?;
        let first = reader.next()?.ok_or(MediaError::Truncated)?;
        canvas.show(&first);
        let mut geometry = job.geometry;
        if matches!(geometry.trim, Trim::Border { .. }) {
            let seen = canvas.picture.clone().turned(orientation);
            geometry.trim = look::inside(&seen, orientation.size(size), &geometry.trim)?;
        }
        let layout = layout(size, orientation, &geometry, job.border.as_ref())?;
        let (width, height) = layout.resized;
        let resample = Resample {
            source: (size.0 as usize, size.1 as usize),
            window: layout.window,
            target: (width as usize, height as usize),
            channels: CHANNELS,
        };
        budget.allow_bytes(Resizer::bytes(&resample))?;
        let overlays = job
            .overlays
            .iter()
            .map(|drawn| overlay::Ready::new(drawn, &budget));
        Ok(Self {
            reader,
            canvas,
            waiting: Some(first.delay),
            layout,
            resample,
            crop: None,
            overlays: overlays.collect::<Result<_, _>>()?,
            metadata: rights::carry(&facts, job.metadata),
            icc: facts.icc.filter(|icc| !colour::is_srgb(icc)),
            census,
            shown: None,
            job,
        })
    }

    /// The size of the result.
    pub const fn size(&self) -> (u32, u32) {
        self.layout.canvas
    }

    /// How often it is played; 0 is for ever.
    pub const fn plays(&self) -> u32 {
        self.census.plays
    }

    /// What travels with it.
    pub const fn metadata(&self) -> &Packets {
        &self.metadata
    }

    /// The next frame, whole, and how long it is seen.
    pub fn next(&mut self) -> Result<Option<(Raster, u32)>, MediaError> {
        let delay = if let Some(delay) = self.waiting.take() {
            delay
        } else {
            let Some(patch) = self.reader.next()? else {
                return Ok(None);
            };
            self.canvas.show(&patch);
            patch.delay
        };
        let mut picture = self.resampled();
        if let Some(icc) = &self.icc {
            colour::to_srgb(&mut picture, icc);
        }
        let picture = Pixels::Raster(picture)
            .turned(self.layout.orientation)
            .into_raster();
        let keep = self.layout.keep;
        let kept = if (picture.width, picture.height) == (keep.0 as usize, keep.1 as usize) {
            picture
        } else {
            let at = *self
                .crop
                .get_or_insert_with(|| crop::salient(&picture, keep));
            picture.cropped(at, keep)
        };
        let picture = compose::on_paper(kept, &self.layout, &self.job, &self.overlays)?;
        Ok(Some((picture, delay)))
    }

    fn resampled(&self) -> Raster {
        let mixing = self.resample.mixes();
        let mut resizer = Resizer::new(&self.resample);
        let mut row = Vec::new();
        for pixels in self.canvas.picture.rows() {
            row.clear();
            row.extend_from_slice(pixels);
            if mixing {
                premultiply(&mut row, CHANNELS);
            }
            resizer.push_row(&row);
        }
        let (width, height) = self.resample.target;
        Raster {
            width,
            height,
            data: to_rgba(resizer.finish(), CHANNELS, mixing),
        }
    }

    /// The next frame as the part of it that is new, in straight RGBA.
    pub fn piece(&mut self) -> Result<Option<(Piece, Vec<u8>)>, MediaError> {
        let Some((picture, delay)) = self.next()? else {
            return Ok(None);
        };
        let area = match &self.shown {
            None => Some((0, 0, picture.width, picture.height)),
            Some(before) => change(before, &picture).map(evened),
        };
        let narrow = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let piece = |(x, y, width, height): Area, blends: bool| Piece {
            x: narrow(x),
            y: narrow(y),
            width: narrow(width),
            height: narrow(height),
            delay,
            blends,
            plays: self.census.plays,
            frames: self.census.frames,
        };
        let made = match area {
            // Time passes, and nothing happens.
            None => (piece((0, 0, 1, 1), true), vec![0; CHANNELS]),
            Some(area) => {
                let (x, y, width, height) = area;
                let part = picture.cropped((narrow(x), narrow(y)), (narrow(width), narrow(height)));
                (piece(area, false), part.data)
            }
        };
        self.shown = Some(picture);
        Ok(Some(made))
    }
}

/// From even coordinates: WebP has no others.
const fn evened((x, y, width, height): Area) -> Area {
    (x - x % 2, y - y % 2, width + x % 2, height + y % 2)
}
