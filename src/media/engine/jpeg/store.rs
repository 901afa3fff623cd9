//! The coefficients of a picture that comes in several scans, as far as the scale
//! needs them, and how they become samples at the end.
//!
//! Next to the 1, 4, 16 or 64 coefficients of a block stands one 64-bit word that
//! says which of all 64 are not zero: refinement scans cannot be read without
//! knowing that (T.81 G.1.2.3), but they can without the values.

use super::band::{Bands, zeroed};
use super::block::{Map, NOWHERE, places};
use super::error::Error;
use super::idct::{self, Block};
use super::plan::{ComponentLayout, Layout, Scale};

/// All coefficients.
pub(super) struct Store {
    pub(super) planes: Vec<Coefficients>,
}

/// Those of one component.
pub(super) struct Coefficients {
    pub(super) layout: ComponentLayout,
    /// Where in a block the coefficient of each zigzag index lies, if it is kept.
    pub(super) places: [u8; 64],
    /// The same for the reader of sequential blocks, without quantisation.
    pub(super) map: Map,
    /// `edge * edge` per block, block after block in rows.
    pub(super) values: Vec<i16>,
    /// A bit per zigzag index and block. Empty at 1/8.
    pub(super) nonzero: Vec<u64>,
    /// The quantisation table as it was when the first scan came, by place.
    quant: Option<Box<Block>>,
    /// For each zigzag index the lowest bit that has come, if any.
    pub(super) precision: [Option<u8>; 64],
}

impl Store {
    pub(super) fn new(layout: &Layout) -> Result<Self, Error> {
        let planes = layout.components.iter().map(|&layout| {
            let blocks = layout.padded.0 * layout.padded.1;
            Ok(Coefficients {
                layout,
                places: places(layout.scale),
                map: Map::new(layout.scale, &[1; 64]),
                values: zeroed(blocks * layout.edge * layout.edge)?,
                nonzero: zeroed(if layout.edge > 1 { blocks } else { 0 })?,
                quant: None,
                precision: [None; 64],
            })
        });
        Ok(Self {
            planes: planes.collect::<Result<_, Error>>()?,
        })
    }

    /// Whether every coefficient that the scale needs has come to its last bit.
    pub(super) fn complete(&self) -> bool {
        self.planes.iter().all(|plane| {
            let mut needed = plane.places.iter().zip(plane.precision);
            needed.all(|(&place, precision)| place == NOWHERE || precision == Some(0))
        })
    }

    /// Transforms the `mcu_row`th MCU row.
    pub(super) fn render(&self, mcu_row: usize, wanted_x: (usize, usize), bands: &mut Bands) {
        for (plane, samples) in self.planes.iter().zip(&mut bands.planes) {
            let layout = &plane.layout;
            let (first, end) = (wanted_x.0 * layout.h, wanted_x.1 * layout.h);
            let steps = plane.quant.as_deref().unwrap_or(&[0; 64]);
            for row in 0..layout.v {
                let start = (mcu_row * layout.v + row) * layout.padded.0;
                for column in first..end {
                    let out = column - first;
                    match layout.scale {
                        Scale::Eighth => {
                            let value = plane.values.get(start + column).copied().unwrap_or(0);
                            let sample = idct::eighth(value.wrapping_mul(steps[0]));
                            samples.put(out, row, &[[sample]]);
                        }
                        Scale::Quarter => {
                            let mut block = plane.dequantised::<4>(start + column, steps);
                            samples.put(out, row, &idct::quarter(&mut block));
                        }
                        Scale::Half => {
                            let mut block = plane.dequantised::<16>(start + column, steps);
                            if plane.last(start + column) == 0 {
                                samples.put(out, row, &[[idct::eighth(block[0]); 4]; 4]);
                            } else {
                                samples.put(out, row, &idct::half(&mut block));
                            }
                        }
                        Scale::Full => {
                            let mut block = plane.dequantised::<64>(start + column, steps);
                            match plane.last(start + column) {
                                0 => samples.put(out, row, &[[idct::eighth(block[0]); 8]; 8]),
                                last => samples.put(out, row, &idct::full(&mut block, last)),
                            }
                        }
                    }
                }
            }
        }
        bands.mcu_row = mcu_row;
    }
}

impl Coefficients {
    /// Keeps the quantisation table that holds when the component's first scan
    /// begins.
    pub(super) fn latch(&mut self, steps: &[u16; 64]) {
        if self.quant.is_none() {
            let mut by_place = Box::new([0i16; 64]);
            for (&place, &step) in self.places.iter().zip(steps) {
                if let Some(entry) = by_place.get_mut(usize::from(place)) {
                    // Only the low 16 bits of a product count.
                    *entry = step.cast_signed();
                }
            }
            self.quant = Some(by_place);
        }
    }

    /// The last zigzag index that is not zero.
    #[inline]
    fn last(&self, block: usize) -> u32 {
        let marks = self.nonzero.get(block).copied().unwrap_or(0);
        (marks | 1).ilog2()
    }

    #[inline]
    fn dequantised<const N: usize>(&self, block: usize, steps: &Block) -> Block {
        let mut out = [0; 64];
        let values = self
            .values
            .get(block * N..)
            .and_then(|rest| rest.first_chunk::<N>());
        for ((out, value), step) in out.iter_mut().zip(values.unwrap_or(&[0; N])).zip(steps) {
            *out = value.wrapping_mul(*step);
        }
        out
    }
}
