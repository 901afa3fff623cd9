//! AVIF (the AV1 Image File Format) into rows of straight RGBA, by rav1d.
//!
//! The planes stay as they were decoded, one and a half bytes for a pixel as a rule,
//! and become RGBA a few rows at a time. `module/` makes a wasm module of it.

mod av1;
mod colour;
#[cfg(test)]
mod tests;

use dropgate_engine::foreign::{
    cicp,
    heif::{self, Grid, Layout, Meaning},
};

use av1::Frame;
use colour::{Reader, Scale, byte};

/// Why there is no picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The file is cut short or contradicts its own format.
    Damaged,
    /// It would take more memory than the caller has to give.
    TooLarge,
}

/// A decoded picture, as its file has it: not turned yet.
pub struct Picture {
    /// Width in pixels.
    pub width: usize,
    /// Height in pixels.
    pub height: usize,
    /// What its colours mean, unless they are sRGB or the file's header has a profile.
    pub icc: Vec<u8>,
    colour: Mosaic,
    alpha: Option<Mosaic>,
    premultiplied: bool,
    code_points: [u32; 3],
    full_range: bool,
}

/// What decoding takes beside the planes, for each of 16 pixels and in all: measured.
const BESIDE_16_PIXELS: u64 = 10;
const BESIDE: u64 = 2 * 1024 * 1024;

/// Decodes a whole file in about so many bytes of memory.
pub fn decode(file: &[u8], most_bytes: u64) -> Result<Picture, Fault> {
    let layout = heif::layout(file).ok_or(Fault::Damaged)?;
    let bytes = memory(&layout).saturating_add(2 * file.len() as u64);
    if bytes > most_bytes {
        return Err(Fault::TooLarge);
    }
    let colour = Mosaic::decode(file, &layout.colour)?;
    let alpha = layout.alpha.as_ref();
    let alpha = alpha.map(|grid| Mosaic::decode(file, grid)).transpose()?;
    let frame = colour.frames.first().ok_or(Fault::Damaged)?;
    let (code_points, full_range) = match layout.meaning {
        None => (frame.code_points, frame.full_range),
        Some(Meaning {
            primaries,
            transfer,
            matrix,
            full_range,
        }) => ([primaries, transfer, matrix].map(u32::from), full_range),
    };
    let [primaries, transfer, _] =
        code_points.map(|point| u16::try_from(point).unwrap_or_default());
    let icc = if layout.has_icc {
        None
    } else {
        cicp::profile(primaries, transfer)
    };
    Ok(Picture {
        width: layout.colour.width as usize,
        height: layout.colour.height as usize,
        icc: icc.unwrap_or_default(),
        colour,
        alpha,
        premultiplied: layout.premultiplied,
        code_points,
        full_range,
    })
}

/// Bytes that a picture's planes take, and the decoder at work.
fn memory(layout: &Layout) -> u64 {
    let pixels = u64::from(layout.colour.width) * u64::from(layout.colour.height);
    let nibbles = layout.colour.nibbles + layout.alpha.as_ref().map_or(0, |alpha| alpha.nibbles);
    pixels * nibbles / 2 + pixels * BESIDE_16_PIXELS / 16 + BESIDE
}

impl Picture {
    /// Rows from the top as straight RGBA: as many as there are of `count` from `first` on.
    pub fn rows(&self, first: usize, count: usize) -> Vec<u8> {
        let end = self.height.min(first.saturating_add(count));
        let mut rows = vec![[0, 0, 0, 255]; self.width * end.saturating_sub(first)];
        let mut reader = Reader::new(self.code_points, self.full_range);
        let mut samples = Vec::new();
        for (at, row) in (first..end).zip(rows.chunks_exact_mut(self.width)) {
            for (frame, at, part) in self.colour.parts(at, row) {
                reader.row(frame, at, part);
            }
            let Some(alpha) = &self.alpha else { continue };
            for (frame, at, part) in alpha.parts(at, row) {
                let scale = Scale::new(frame.bits, frame.full_range);
                samples.resize(frame.width, 0);
                frame.row(0, at).copy_to(&mut samples);
                for ([.., alpha], &sample) in part.iter_mut().zip(&samples) {
                    *alpha = byte(scale.luma(sample));
                }
            }
            if self.premultiplied {
                row.iter_mut().for_each(straighten);
            }
        }
        rows.into_flattened()
    }
}

/// Colours that are multiplied by their alpha, divided by it.
fn straighten([red, green, blue, alpha]: &mut [u8; 4]) {
    for colour in [red, green, blue] {
        *colour =
            match *alpha {
                0 => 0,
                255 => *colour,
                alpha => ((u32::from(*colour) * 255 + u32::from(alpha) / 2) / u32::from(alpha))
                    .min(255) as u8,
            };
    }
}

/// The decoded pictures of a grid, all of one size.
struct Mosaic {
    frames: Vec<Frame>,
    columns: usize,
}

impl Mosaic {
    fn decode(file: &[u8], grid: &Grid) -> Result<Self, Fault> {
        // A file's tiles may reach beyond its edges.
        let most = grid
            .width
            .saturating_mul(grid.height)
            .saturating_mul(2)
            .max(1 << 16);
        let mut frames: Vec<Frame> = Vec::new();
        for tile in &grid.tiles {
            let parts: Vec<&[u8]> = tile
                .iter()
                .filter_map(|part| file.get(part.clone()))
                .collect();
            let frame = Frame::decode(&parts, most)?;
            let size = |frame: &Frame| (frame.width, frame.height, frame.bits, frame.chroma);
            if frames
                .first()
                .is_some_and(|first| size(first) != size(&frame))
            {
                return Err(Fault::Damaged);
            }
            frames.push(frame);
        }
        let frame = frames.first().ok_or(Fault::Damaged)?;
        let rows = frames.len() / grid.columns;
        let covers = frame.width * grid.columns >= grid.width as usize
            && frame.height * rows >= grid.height as usize;
        let columns = grid.columns;
        covers
            .then_some(Self { frames, columns })
            .ok_or(Fault::Damaged)
    }

    /// The frames that a row lies in, the row in each, and the part that is each one's.
    fn parts<'a>(
        &'a self,
        at: usize,
        row: &'a mut [[u8; 4]],
    ) -> impl Iterator<Item = (&'a Frame, usize, &'a mut [[u8; 4]])> {
        let (width, height) = self
            .frames
            .first()
            .map_or((1, 1), |frame| (frame.width, frame.height));
        let frames = self.frames.iter().skip(at / height * self.columns);
        frames
            .zip(row.chunks_mut(width))
            .map(move |(frame, part)| (frame, at % height, part))
    }
}
