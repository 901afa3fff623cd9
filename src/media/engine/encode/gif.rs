//! GIF by the `gif` crate, its palettes by `quantizr`.
//!
//! Of each frame only the rectangle that is new is written, and within it what is
//! not new as transparent: that packs to almost nothing. A frame is written when
//! the one after it is known, since one that lets something vanish must itself be
//! cleared away.

use std::borrow::Cow;
use std::collections::BTreeMap;

use gif::{DisposalMethod, Encoder, Frame, Repeat};
use quantizr::{Image, Options, QuantizeResult};

use super::super::error::MediaError;
use super::super::motion::{Area, change};
use super::super::raster::{CHANNELS, Raster};

const FAILED: MediaError = MediaError::Internal("the GIF encoder failed");

/// Colours of a frame, beside the transparent one.
const COLOURS: usize = 255;

/// From this alpha on a pixel is seen: GIF has nothing in between.
const VISIBLE: u8 = 128;

/// Browsers take a shorter delay for none, and show such frames slowly; hundredths
/// of a second.
const SHORTEST: u32 = 2;

/// The file is held in memory beside all else.
const MOST_BYTES: usize = 20 * 1024 * 1024;

/// Full dithering would be noise that does not pack.
const DITHERING: f32 = 0.5;

/// Writes one frame after the other.
pub(super) struct Writer {
    encoder: Encoder<Vec<u8>>,
    size: (usize, usize),
    /// What is seen when the waiting frame comes; `None` at first, and when all was cleared.
    shown: Option<Raster>,
    waiting: Option<(Raster, u32)>,
    /// Milliseconds that should have passed, and hundredths that were written.
    clock: (u32, u32),
}

impl Writer {
    /// A file of this size, played so often; 0 is for ever.
    pub fn new(size: (usize, usize), plays: u32) -> Result<Self, MediaError> {
        let bounded = |length: usize| {
            u16::try_from(length)
                .map_err(|_| MediaError::Impossible("a GIF has at most 65535 pixels to a side"))
        };
        let encoder = Encoder::new(Vec::new(), bounded(size.0)?, bounded(size.1)?, &[]);
        let mut encoder = encoder.map_err(|_| FAILED)?;
        let again = match plays {
            0 => Repeat::Infinite,
            plays => Repeat::Finite(u16::try_from(plays - 1).unwrap_or(u16::MAX)),
        };
        encoder.set_repeat(again).map_err(|_| FAILED)?;
        Ok(Self {
            encoder,
            size,
            shown: None,
            waiting: None,
            clock: (0, 0),
        })
    }

    /// Adds a frame that is seen for so many milliseconds.
    pub fn push(&mut self, mut frame: Raster, delay: u32) -> Result<(), MediaError> {
        for pixel in frame.data.as_chunks_mut::<CHANNELS>().0 {
            let [.., alpha] = pixel;
            if *alpha < VISIBLE {
                *pixel = [0; CHANNELS];
            } else {
                *alpha = 255;
            }
        }
        if let Some((before, delay)) = self.waiting.take() {
            let vanishes = vanishes(&before, &frame);
            self.write(before, delay, vanishes)?;
        }
        self.waiting = Some((frame, delay));
        Ok(())
    }

    /// The file.
    pub fn finish(mut self) -> Result<Vec<u8>, MediaError> {
        if let Some((frame, delay)) = self.waiting.take() {
            self.write(frame, delay, false)?;
        }
        self.encoder.into_inner().map_err(|_| FAILED)
    }

    fn write(&mut self, frame: Raster, delay: u32, clear: bool) -> Result<(), MediaError> {
        let whole = (0, 0, self.size.0, self.size.1);
        let area = match &self.shown {
            Some(shown) if !clear => change(shown, &frame).unwrap_or((0, 0, 1, 1)),
            _ => whole,
        };
        let pixels = new_pixels(self.shown.as_ref(), &frame, area);
        let (palette, indices) = reduced(&pixels, area)?;
        let (palette, transparent) = with_transparent(palette);
        let indices: Vec<u8> = pixels
            .iter()
            .zip(indices)
            .map(|(&[.., alpha], index)| if alpha == 0 { transparent } else { index })
            .collect();
        let narrow = |number: usize| u16::try_from(number).unwrap_or(u16::MAX);
        let written = Frame {
            delay: self.hundredths(delay),
            dispose: if clear {
                DisposalMethod::Background
            } else {
                DisposalMethod::Keep
            },
            transparent: Some(transparent),
            left: narrow(area.0),
            top: narrow(area.1),
            width: narrow(area.2),
            height: narrow(area.3),
            palette: Some(palette),
            buffer: Cow::Owned(indices),
            ..Frame::default()
        };
        self.encoder.write_frame(&written).map_err(|_| FAILED)?;
        let length = self.encoder.get_ref().len();
        if length > MOST_BYTES {
            return Err(MediaError::TooLarge {
                what: "bytes of a GIF",
                actual: length as u64,
                limit: MOST_BYTES as u64,
            });
        }
        self.shown = (!clear).then_some(frame);
        Ok(())
    }

    /// A delay in GIF's unit, such that the sum stays right. No delay stays none.
    fn hundredths(&mut self, delay: u32) -> u16 {
        let (due, written) = &mut self.clock;
        *due = due.saturating_add(delay);
        let length = match delay {
            0..=10 => delay / 10,
            _ => ((*due + 5) / 10).saturating_sub(*written).max(SHORTEST),
        };
        *written = written.saturating_add(length);
        u16::try_from(length).unwrap_or(u16::MAX)
    }
}

/// Whether something is seen before that is not seen after.
fn vanishes(before: &Raster, after: &Raster) -> bool {
    let (before, after) = (before.data.as_chunks().0, after.data.as_chunks().0);
    let mut pairs = before.iter().zip(after);
    pairs.any(|([.., before], [.., after]): (&[u8; CHANNELS], &[u8; CHANNELS])| before > after)
}

/// The pixels of an area that are not there already; those that are, as transparent.
fn new_pixels(shown: Option<&Raster>, frame: &Raster, area: Area) -> Vec<[u8; CHANNELS]> {
    let (left, top, width, height) = area;
    let mut pixels = Vec::with_capacity(width * height);
    let row_of = |raster: &'_ Raster, y: usize| {
        let row = raster.rows().nth(y).unwrap_or_default();
        row.as_chunks::<CHANNELS>()
            .0
            .iter()
            .skip(left)
            .take(width)
            .copied()
            .collect::<Vec<_>>()
    };
    for y in top..top + height {
        let new = row_of(frame, y);
        match shown {
            None => pixels.extend(new),
            Some(shown) => pixels.extend(
                new.into_iter()
                    .zip(row_of(shown, y))
                    .map(|(new, old)| if new == old { [0; CHANNELS] } else { new }),
            ),
        }
    }
    pixels
}

/// At most [`COLOURS`] colours, and the index of each pixel. Few colours stay as they are.
fn reduced(pixels: &[[u8; CHANNELS]], area: Area) -> Result<(Vec<[u8; 3]>, Vec<u8>), MediaError> {
    if let Some(exact) = exact(pixels) {
        return Ok(exact);
    }
    // The palette is for what is seen; what is not takes its neighbour's colour.
    let mut seen = Vec::with_capacity(pixels.len() * CHANNELS);
    let mut all = Vec::with_capacity(pixels.len() * CHANNELS);
    let mut last = [0, 0, 0, 255];
    for pixel in pixels {
        let [.., alpha] = pixel;
        if *alpha > 0 {
            last = *pixel;
            seen.extend_from_slice(pixel);
        }
        all.extend_from_slice(&last);
    }
    let count = seen.len() / CHANNELS;
    let image = Image::new(&seen, count, 1).map_err(|_| FAILED)?;
    let mut options = Options::default();
    options.set_max_colors(255).map_err(|_| FAILED)?;
    let mut quantized = QuantizeResult::quantize(&image, &options);
    drop(seen);
    quantized
        .set_dithering_level(DITHERING)
        .map_err(|_| FAILED)?;
    let mut indices = vec![0; pixels.len()];
    let image = Image::new(&all, area.2, area.3).map_err(|_| FAILED)?;
    quantized
        .remap_image(&image, &mut indices)
        .map_err(|_| FAILED)?;
    let palette = quantized.get_palette();
    let count = usize::try_from(palette.count).unwrap_or(0);
    let entries = palette.entries.iter().take(count.min(COLOURS));
    Ok((
        entries
            .map(|colour| [colour.r, colour.g, colour.b])
            .collect(),
        indices,
    ))
}

/// The colours as they are, if they are few enough.
fn exact(pixels: &[[u8; CHANNELS]]) -> Option<(Vec<[u8; 3]>, Vec<u8>)> {
    let mut known = BTreeMap::new();
    let mut palette = Vec::new();
    let mut indices = Vec::with_capacity(pixels.len());
    let mut last = None;
    for &pixel in pixels {
        let index = match last {
            Some((colour, index)) if colour == pixel => index,
            _ => {
                let [r, g, b, alpha] = pixel;
                if alpha == 0 {
                    indices.push(0);
                    continue;
                }
                *match known.entry(pixel) {
                    std::collections::btree_map::Entry::Occupied(entry) => entry.into_mut(),
                    std::collections::btree_map::Entry::Vacant(entry) => {
                        let index = u8::try_from(palette.len()).ok()?;
                        if palette.len() == COLOURS {
                            return None;
                        }
                        palette.push([r, g, b]);
                        entry.insert(index)
                    }
                }
            }
        };
        last = Some((pixel, index));
        indices.push(index);
    }
    Some((palette, indices))
}

/// The colours as a table, and the index of the transparent one behind them.
fn with_transparent(palette: Vec<[u8; 3]>) -> (Vec<u8>, u8) {
    let transparent = u8::try_from(palette.len()).unwrap_or(u8::MAX);
    let mut table: Vec<u8> = palette.into_iter().flatten().collect();
    table.extend([0; 3]);
    (table, transparent)
}
