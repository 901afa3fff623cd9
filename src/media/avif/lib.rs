//! AVIF (the AV1 Image File Format) into rows of straight RGBA, by rav1d.
//!
//! The planes stay as they were decoded, one and a half bytes for a pixel as a rule,
//! and become RGBA a few rows at a time. `module/` makes a wasm module of it.

mod av1;
mod colour;
mod mosaic;
#[cfg(test)]
mod tests;

use dropgate_engine::foreign::{
    cicp,
    heif::{self, Layout, Meaning},
};

use colour::{Reader, Scale};
use mosaic::Mosaic;

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
    /// Columns and rows that are not shown.
    left: usize,
    top: usize,
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
    let frame = colour.sample().ok_or(Fault::Damaged)?;
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
        width: layout.crop.width as usize,
        height: layout.crop.height as usize,
        left: layout.crop.left as usize,
        top: layout.crop.top as usize,
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
    #[must_use]
    pub fn rows(&self, first: usize, count: usize) -> Vec<u8> {
        let end = self.height.min(first.saturating_add(count));
        let mut out = Vec::with_capacity(end.saturating_sub(first) * self.width * 4);
        let Some(frame) = self.colour.sample() else {
            return out;
        };
        let mut reader = Reader::new(self.code_points, frame.bits, self.full_range);
        let (mut colours, mut samples) = (Vec::new(), Vec::new());
        for at in (first..end).map(|at| at + self.top) {
            reader.row(&self.colour, at, &mut colours);
            let shown = colours.iter().skip(self.left).take(self.width);
            let alpha = self.alpha.as_ref();
            let Some((alpha, frame)) = alpha.and_then(|alpha| Some((alpha, alpha.sample()?)))
            else {
                out.extend(shown.flat_map(|rgb| {
                    let [red, green, blue] = rgb.map(byte);
                    [red, green, blue, 255]
                }));
                continue;
            };
            let scale = Scale::new(frame.bits, frame.full_range);
            alpha.row(0, at, &mut samples);
            let opacities = samples.iter().skip(self.left);
            out.extend(shown.zip(opacities).flat_map(|(rgb, &opacity)| {
                let opacity = scale.luma(opacity);
                // Colours that were multiplied by their alpha are divided by it.
                let by = if self.premultiplied && opacity > 0.0 {
                    1.0 / opacity
                } else {
                    1.0
                };
                let [red, green, blue] = rgb.map(|colour| byte(colour * by));
                [red, green, blue, byte(opacity)]
            }));
        }
        out
    }
}

/// From 0 to 1 in 8 bits; what lies beyond is cut off.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn byte(value: f32) -> u8 {
    (value * 255.0 + 0.5) as u8
}
