//! The filters one sample at a time. What the compiler makes of these loops on
//! other machines is vector code too.

use super::kernel::Weights;
use super::{FRACTION_BITS, WEIGHT_BITS};

/// Samples of a row that are summed up before the next: they stay in registers or
/// the nearest cache.
const BLOCK: usize = 256;

/// One target row, with its fraction, of weighted source rows.
pub(super) fn blend_rows(rows: &[&[u8]], weights: &[i16], out: &mut [i16]) {
    let mut sums = [0_i32; BLOCK];
    for (block, out) in out.chunks_mut(BLOCK).enumerate() {
        sums.fill(1 << (WEIGHT_BITS - FRACTION_BITS - 1));
        for (row, &weight) in rows.iter().zip(weights) {
            let samples = row.get(block * BLOCK..).unwrap_or_default();
            for (sum, &sample) in sums.iter_mut().zip(samples) {
                *sum += i32::from(sample) * i32::from(weight);
            }
        }
        for (out, sum) in out.iter_mut().zip(sums) {
            *out = narrow(sum >> (WEIGHT_BITS - FRACTION_BITS));
        }
    }
}

fn narrow(value: i32) -> i16 {
    i16::try_from(value.clamp(i32::from(i16::MIN), i32::from(i16::MAX))).unwrap_or(0)
}

/// One target row of a blended row: each sample is the weighted sum of its neighbours.
pub(super) fn filter_row(row: &[i16], columns: &Weights, out: &mut [u8]) {
    for ((start, weights), out) in columns.iter().zip(out) {
        let samples = row.get(start..).unwrap_or_default();
        let sum: i32 = samples
            .iter()
            .zip(weights)
            .map(|(&s, &w)| i32::from(s) * i32::from(w))
            .sum();
        *out = finish(sum);
    }
}

/// Takes weight and fraction off a sum, rounding.
fn finish(sum: i32) -> u8 {
    const BITS: u32 = WEIGHT_BITS + FRACTION_BITS;
    u8::try_from(((sum + (1 << (BITS - 1))) >> BITS).clamp(0, 255)).unwrap_or(0)
}
