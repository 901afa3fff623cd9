//! One block of a sequential scan: from bits to dequantised coefficients.

use super::idct::Block;
use super::lookup::{AcTable, Starts};
use super::plan::Scale;
use super::window::{Bits, Data};

/// Where in the block the coefficient of each zigzag index lies (T.81 figure 5).
pub(super) const ZIGZAG: [u8; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20,
    13, 6, 7, 14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59,
    52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
];

/// The place of a coefficient that the scale has no use for.
pub(super) const NOWHERE: u8 = 255;
/// Where a [`Map`] puts it: at the end of a block, which smaller transforms do not
/// read.
const REFUSE: u8 = 63;

/// The place of every zigzag index in a block of the scale's edge, or
/// [`NOWHERE`], which is beyond every block.
pub(super) fn places(scale: Scale) -> [u8; 64] {
    ZIGZAG.map(|natural| {
        let edge = scale.edge() as u8;
        let (y, x) = (natural / 8, natural % 8);
        if x < edge && y < edge {
            y * edge + x
        } else {
            NOWHERE
        }
    })
}

/// For every zigzag index its place and its quantisation step.
#[derive(Debug, Clone)]
pub(super) struct Map([u32; 64]);

impl Map {
    /// `steps` in zigzag order.
    pub(super) fn new(scale: Scale, steps: &[u16; 64]) -> Self {
        let places = places(scale);
        let mut map = [0; 64];
        for ((entry, place), &step) in map.iter_mut().zip(places).zip(steps) {
            *entry = u32::from(step) << 8 | u32::from(place.min(REFUSE));
        }
        Self(map)
    }

    #[inline(always)]
    pub(super) fn put(&self, block: &mut Block, k: u32, value: i32) {
        let entry = self.0.get((k & 63) as usize).copied().unwrap_or(0);
        if let Some(place) = block.get_mut((entry & 63) as usize) {
            *place = value.wrapping_mul((entry >> 8) as i32) as i16;
        }
    }

    /// The constant term.
    #[inline(always)]
    pub(super) fn constant(&self, value: i32) -> i16 {
        value.wrapping_mul((self.0[0] >> 8) as i32) as i16
    }
}

/// Reads the coefficients up to zigzag index `LAST`, and perhaps more, into a block
/// that is zero, and walks over the rest. Returns a bound of the last index that is
/// not zero.
#[inline(always)]
pub(super) fn read<const LAST: u32>(
    bits: &mut Bits,
    data: &Data,
    tables: (&Starts, &AcTable),
    map: &Map,
    prediction: &mut i32,
    block: &mut Block,
) -> u32 {
    let (starts, ac) = tables;
    let (difference, ended) = starts.read(bits, data);
    *prediction = prediction.wrapping_add(difference);
    map.put(block, 0, *prediction);
    if ended {
        0
    } else {
        ac.read::<LAST>(bits, data, map, block)
    }
}
