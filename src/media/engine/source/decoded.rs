//! Pixels that a codec module has decoded, row by row.

use super::super::error::MediaError;
use super::super::foreign::{MAGIC, read};
use super::super::planes::Pixels;
use super::super::raster::{CHANNELS, Raster};
use super::super::resize::{Resample, Resizer};
use super::premultiply::{premultiply, to_rgba};
use super::{Decoded, Demand, Facts};

/// Resamples.
pub(crate) struct DecodedSource {
    resizer: Resizer,
    facts: Facts,
    /// The colours are multiplied by their alpha, since neighbours are mixed.
    mixing: bool,
    /// A row that is not complete.
    row: Vec<u8>,
    length: usize,
    rows_left: u32,
    size: (usize, usize),
}

impl DecodedSource {
    /// The prefix reaches behind the header.
    pub fn new(prefix: &[u8], demand: Demand) -> Result<Self, MediaError> {
        let rest = prefix.get(MAGIC.len()..).unwrap_or_default();
        let (header, pixels) = read(rest)?.ok_or(MediaError::Truncated)?;
        let resample = Resample {
            source: (header.width as usize, header.height as usize),
            window: demand.window,
            target: demand.size,
            channels: CHANNELS,
        };
        demand.budget.allow_bytes(Resizer::bytes(&resample))?;
        let mut source = Self {
            resizer: Resizer::new(&resample),
            facts: header.into_facts(),
            mixing: resample.mixes(),
            row: Vec::new(),
            length: resample.source.0 * CHANNELS,
            rows_left: u32::try_from(resample.source.1).unwrap_or(0),
            size: demand.size,
        };
        source.push(pixels);
        Ok(source)
    }

    pub fn push(&mut self, mut chunk: &[u8]) {
        while self.rows_left > 0 {
            let wanted = self.length - self.row.len();
            let Some((head, rest)) = chunk.split_at_checked(wanted) else {
                self.row.extend_from_slice(chunk);
                return;
            };
            chunk = rest;
            self.row.extend_from_slice(head);
            if self.mixing {
                premultiply(&mut self.row, CHANNELS);
            }
            self.resizer.push_row(&self.row);
            self.row.clear();
            self.rows_left -= 1;
        }
    }

    pub fn finish(self) -> Result<Decoded, MediaError> {
        if self.rows_left > 0 {
            return Err(MediaError::Truncated);
        }
        let (width, height) = self.size;
        let data = to_rgba(self.resizer.finish(), CHANNELS, self.mixing);
        Ok(Decoded {
            pixels: Pixels::Raster(Raster {
                width,
                height,
                data,
            }),
            facts: self.facts,
        })
    }
}
