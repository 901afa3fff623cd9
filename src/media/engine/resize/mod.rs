//! Streaming resampler: rows of a source in, rows of the target out.
//!
//! ```text
//! row -> [shrink: whole factors, mean of a box] -> [vertical: window of rows]
//!                                                     -> [horizontal] -> target
//! ```
//!
//! Nothing but the filter's window of rows is held, so the memory depends on the
//! widths alone. Rows go through the vertical filter first: it runs over whole
//! rows whatever the channels are, and leaves the horizontal one only the rows of
//! the target. All arithmetic is in integers (weights of 14 bits, six bits of
//! fraction between the passes), so the scalar and the SIMD form agree exactly.

mod kernel;
#[cfg(any(test, not(all(target_arch = "wasm32", target_feature = "simd128"))))]
mod scalar;
mod shrink;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod simd;
#[cfg(test)]
mod tests;
mod vertical;

#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
use scalar as lanes;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
use simd as lanes;

use super::geometry::Rect;
use kernel::{Kernel, Weights};
use shrink::Shrink;
use vertical::Window;

/// Rows are padded to so many bytes, so that no loop has a tail.
const LANES: usize = 32;

/// Bits of a weight: the weights of one sample add up to `1 << WEIGHT_BITS`.
const WEIGHT_BITS: u32 = 14;

/// Bits of fraction between the passes: a sample that overshoots by a third
/// still fits sixteen bits.
const FRACTION_BITS: u32 = 6;

/// A box may take away this much: what is left to the filter is at least two to
/// one, where the mean of a box cannot be told from the filter any more.
const LEFT_TO_FILTER: f64 = 2.0;

/// What is resampled into what.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Resample {
    /// Width and height of the source.
    pub source: (usize, usize),
    /// The part of it that fills the target; may reach beyond the source.
    pub window: Rect,
    /// Width and height of the target.
    pub target: (usize, usize),
    /// Interleaved channels, 1 to 4.
    pub channels: usize,
}

impl Resample {
    /// Whether neighbours are mixed: not when every sample stays what it is.
    pub fn mixes(&self) -> bool {
        let Self {
            source,
            window,
            target,
            ..
        } = self;
        let whole = Rect {
            x: 0.0,
            y: 0.0,
            width: to_f64(source.0),
            height: to_f64(source.1),
        };
        source != target || *window != whole
    }
}

/// Resamples one plane, or interleaved channels whose alpha is premultiplied.
#[derive(Debug, Clone)]
pub(super) struct Resizer {
    channels: usize,
    shrink: Option<Shrink>,
    window: Window,
    columns: Weights,
    length: usize,
    blended: Vec<i16>,
    plane: Vec<i16>,
    sample: Vec<u8>,
    target: Vec<u8>,
}

impl Resizer {
    /// Prepares the weights.
    pub fn new(resample: &Resample) -> Self {
        let Resample {
            source,
            window,
            target,
            channels,
        } = *resample;
        let factor = |length: f64, target: usize| whole_factor(length / to_f64(target));
        let (across, down) = (
            factor(window.width, target.0),
            factor(window.height, target.1),
        );
        let shrink = (across * down > 1).then(|| Shrink::new(source, (across, down), channels));
        let size = (source.0.div_ceil(across), source.1.div_ceil(down));
        let along = |start: f64, length: f64, factor: usize, source: usize, target: usize| {
            let factor = to_f64(factor);
            let kernel = if length / factor < to_f64(target) {
                Kernel::Mitchell
            } else {
                Kernel::Lanczos3
            };
            Weights::new(kernel, source, (start / factor, length / factor), target)
        };
        let rows = along(window.y, window.height, down, size.1, target.1);
        let columns = along(window.x, window.width, across, size.0, target.0);
        let length = (size.0 * channels).next_multiple_of(LANES);
        Self {
            channels,
            shrink,
            window: Window::new(rows, size.0 * channels, length),
            plane: vec![0; size.0 + columns.taps()],
            // The padding of the weights may read past the row.
            blended: vec![0; length + columns.taps()],
            columns,
            length,
            sample: vec![0; target.0],
            target: Vec::with_capacity(target.0 * target.1 * channels),
        }
    }

    /// Bytes that resampling takes: the window of rows, the weights, the target.
    pub fn bytes(resample: &Resample) -> u64 {
        let Resample {
            source,
            window,
            target,
            channels,
        } = *resample;
        let one = |length: f64, target: usize| {
            let factor = whole_factor(length / to_f64(target));
            let taps = Kernel::most_taps(length / to_f64(factor) / to_f64(target));
            (factor as u64, taps as u64)
        };
        let (across, taps_across) = one(window.width, target.0);
        let (_, taps_down) = one(window.height, target.1);
        let row = source.0 as u64 * channels as u64;
        let weights = (target.0 as u64 * taps_across + target.1 as u64 * taps_down) * 2;
        row / across * (taps_down + 4) + row * 4 + weights + (target.0 * target.1 * channels) as u64
    }

    /// Takes the next row of the source; rows that are too many are ignored.
    pub fn push_row(&mut self, row: &[u8]) {
        match &mut self.shrink {
            Some(shrink) => {
                if let Some(row) = shrink.push_row(row) {
                    self.window.push_row(row);
                }
            }
            None => self.window.push_row(row),
        }
        self.emit();
    }

    /// How many rows of the target are done.
    #[cfg(test)]
    fn rows_done(&self) -> usize {
        self.target.len() / (self.sample.len() * self.channels)
    }

    /// The source is complete. A target that is not is completed by its last row:
    /// a source may end early.
    pub fn finish(mut self) -> Vec<u8> {
        if let Some(row) = self.shrink.as_mut().and_then(Shrink::finish) {
            self.window.push_row(row);
        }
        self.window.end();
        self.emit();
        self.target
    }

    fn emit(&mut self) {
        while self
            .window
            .blend(self.blended.get_mut(..self.length).unwrap_or_default())
        {
            if self.channels == 1 {
                self.plane
                    .iter_mut()
                    .zip(&self.blended)
                    .for_each(|(to, from)| *to = *from);
                lanes::filter_row(&self.blended, &self.columns, &mut self.sample);
                self.target.extend_from_slice(&self.sample);
                continue;
            }
            let start = self.target.len();
            self.target
                .resize(start + self.sample.len() * self.channels, 0);
            for channel in 0..self.channels {
                let samples = self.blended.iter().skip(channel).step_by(self.channels);
                self.plane
                    .iter_mut()
                    .zip(samples)
                    .for_each(|(to, from)| *to = *from);
                lanes::filter_row(&self.plane, &self.columns, &mut self.sample);
                let places = self
                    .target
                    .iter_mut()
                    .skip(start + channel)
                    .step_by(self.channels);
                places.zip(&self.sample).for_each(|(to, from)| *to = *from);
            }
        }
    }
}

/// The whole factor by which a box shrinks first.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // clamped
fn whole_factor(ratio: f64) -> usize {
    // Sums of a column are kept in sixteen bits: 257 times 255.
    (ratio / LEFT_TO_FILTER).floor().clamp(1.0, 256.0) as usize
}

#[allow(clippy::cast_precision_loss)] // lengths of pictures are far below 2^52
fn to_f64(length: usize) -> f64 {
    length as f64
}
