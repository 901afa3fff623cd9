//! The filters sixteen samples at a time, in wasm's 128-bit lanes.

use core::arch::wasm32::{
    i16x8_narrow_i32x4, i16x8_shuffle, i16x8_splat, i32x4_add, i32x4_dot_i16x8, i32x4_extract_lane,
    i32x4_shr, i32x4_shuffle, i32x4_splat, u8x16_narrow_i16x8, u8x16_shuffle,
    u16x8_extend_high_u8x16, u16x8_extend_low_u8x16, v128, v128_load, v128_store,
};

use super::kernel::{TAP_STEP, Weights};
use super::{FRACTION_BITS, LANES, WEIGHT_BITS};

fn load_bytes(bytes: &[u8; 16]) -> v128 {
    // SAFETY: the reference is to sixteen readable bytes; the load needs no alignment.
    unsafe { v128_load(bytes.as_ptr().cast()) }
}

fn load_words(words: &[i16; 8]) -> v128 {
    // SAFETY: the reference is to sixteen readable bytes; the load needs no alignment.
    unsafe { v128_load(words.as_ptr().cast()) }
}

fn store_words(words: &mut [i16; 8], value: v128) {
    // SAFETY: the reference is to sixteen writable bytes; the store needs no alignment.
    unsafe { v128_store(words.as_mut_ptr().cast(), value) }
}

/// Adds two rows of sixteen samples, each with its weight, to four sums of four.
#[inline]
fn add_pair(sums: &mut [v128; 4], upper: &[u8; 16], lower: &[u8; 16], weights: v128) {
    let (upper, lower) = (load_bytes(upper), load_bytes(lower));
    let near =
        u8x16_shuffle::<0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23>(upper, lower);
    let far =
        u8x16_shuffle::<8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31>(upper, lower);
    let [a, b, c, d] = sums;
    *a = i32x4_add(*a, i32x4_dot_i16x8(u16x8_extend_low_u8x16(near), weights));
    *b = i32x4_add(*b, i32x4_dot_i16x8(u16x8_extend_high_u8x16(near), weights));
    *c = i32x4_add(*c, i32x4_dot_i16x8(u16x8_extend_low_u8x16(far), weights));
    *d = i32x4_add(*d, i32x4_dot_i16x8(u16x8_extend_high_u8x16(far), weights));
}

/// Two weights as neighbours in every lane.
fn pair(weights: [i16; 2]) -> v128 {
    let [first, second] = weights;
    i16x8_shuffle::<0, 8, 0, 8, 0, 8, 0, 8>(i16x8_splat(first), i16x8_splat(second))
}

/// Two rows in pieces of [`LANES`] samples, and their weights.
type Pair<'a> = (&'a [[u8; LANES]], &'a [[u8; LANES]], v128);

/// One target row, with its fraction, of weighted source rows.
pub(super) fn blend_rows(rows: &[&[u8]], weights: &[i16], out: &mut [i16]) {
    const SHIFT: u32 = WEIGHT_BITS - FRACTION_BITS;
    let (row_pairs, _) = rows.as_chunks::<2>();
    let (weight_pairs, _) = weights.as_chunks::<2>();
    let pairs: Vec<Pair<'_>> = row_pairs
        .iter()
        .zip(weight_pairs)
        .map(|([upper, lower], &weights)| (upper.as_chunks().0, lower.as_chunks().0, pair(weights)))
        .collect();
    let start = [i32x4_splat(1 << (SHIFT - 1)); 4];
    let (blocks, _) = out.as_chunks_mut::<LANES>();
    for (index, block) in blocks.iter_mut().enumerate() {
        let (mut left, mut right) = (start, start);
        for &(upper, lower, weights) in &pairs {
            if let (Some(upper), Some(lower)) = (upper.get(index), lower.get(index)) {
                let ([upper_left, upper_right], _) = upper.as_chunks::<16>() else {
                    continue;
                };
                let ([lower_left, lower_right], _) = lower.as_chunks::<16>() else {
                    continue;
                };
                add_pair(&mut left, upper_left, lower_left, weights);
                add_pair(&mut right, upper_right, lower_right, weights);
            }
        }
        let (halves, _) = block.as_chunks_mut::<16>();
        for (half, sums) in halves.iter_mut().zip([left, right]) {
            let [first, second, third, fourth] = sums.map(|sum| i32x4_shr(sum, SHIFT));
            if let ([low, high], _) = half.as_chunks_mut::<8>() {
                store_words(low, i16x8_narrow_i32x4(first, second));
                store_words(high, i16x8_narrow_i32x4(third, fourth));
            }
        }
    }
}

/// One target row of a blended row: each sample is the weighted sum of its neighbours.
pub(super) fn filter_row(row: &[i16], columns: &Weights, out: &mut [u8]) {
    // The usual numbers of taps, so that the compiler can lay the loop out flat.
    match columns.taps() / TAP_STEP {
        1 => filter_taps::<1>(row, columns, out),
        2 => filter_taps::<2>(row, columns, out),
        3 => filter_taps::<3>(row, columns, out),
        4 => filter_taps::<4>(row, columns, out),
        _ => filter_any(row, columns, out),
    }
}

fn filter_taps<const STEPS: usize>(row: &[i16], columns: &Weights, out: &mut [u8]) {
    let (starts, weights) = columns.parts();
    let (weights, _) = weights.as_chunks::<TAP_STEP>();
    let (weights, _) = weights.as_chunks::<STEPS>();
    let sum = |start: usize, weights: &[[i16; TAP_STEP]; STEPS]| {
        let mut sums = i32x4_splat(0);
        let samples = row.get(start..start + STEPS * TAP_STEP).unwrap_or_default();
        for (samples, weights) in samples.as_chunks::<TAP_STEP>().0.iter().zip(weights) {
            sums = i32x4_add(
                sums,
                i32x4_dot_i16x8(load_words(samples), load_words(weights)),
            );
        }
        sums
    };
    let (starts_of_four, last_starts) = starts.as_chunks::<4>();
    let (weights_of_four, last_weights) = weights.as_chunks::<4>();
    let (fours, last) = out.as_chunks_mut::<4>();
    for ((&[a, b, c, d], [wa, wb, wc, wd]), out) in
        starts_of_four.iter().zip(weights_of_four).zip(fours)
    {
        let low = across(sum(a, wa), sum(b, wb));
        let high = across(sum(c, wc), sum(d, wd));
        let sums = i32x4_add(
            i32x4_shuffle::<0, 1, 4, 5>(low, high),
            i32x4_shuffle::<2, 3, 6, 7>(low, high),
        );
        *out = finish(sums);
    }
    for ((&start, weights), out) in last_starts.iter().zip(last_weights).zip(last) {
        *out = finish_one(sum(start, weights));
    }
}

/// Halves of two sums, side by side: what is left to add is in the other half.
fn across(a: v128, b: v128) -> v128 {
    i32x4_add(
        i32x4_shuffle::<0, 4, 1, 5>(a, b),
        i32x4_shuffle::<2, 6, 3, 7>(a, b),
    )
}

fn filter_any(row: &[i16], columns: &Weights, out: &mut [u8]) {
    for ((start, weights), out) in columns.iter().zip(out) {
        let samples = row.get(start..start + weights.len()).unwrap_or_default();
        let (samples, _) = samples.as_chunks::<TAP_STEP>();
        let (weights, _) = weights.as_chunks::<TAP_STEP>();
        let mut sums = i32x4_splat(0);
        for (samples, weights) in samples.iter().zip(weights) {
            sums = i32x4_add(
                sums,
                i32x4_dot_i16x8(load_words(samples), load_words(weights)),
            );
        }
        *out = finish_one(sums);
    }
}

/// Bits of weight and fraction that come off at the end.
const BITS: u32 = WEIGHT_BITS + FRACTION_BITS;

/// Four sums as samples, rounded.
fn finish(sums: v128) -> [u8; 4] {
    let rounded = i32x4_shr(i32x4_add(sums, i32x4_splat(1 << (BITS - 1))), BITS);
    let words = i16x8_narrow_i32x4(rounded, rounded);
    i32x4_extract_lane::<0>(u8x16_narrow_i16x8(words, words)).to_le_bytes()
}

/// The four parts of one sum as a sample, rounded.
fn finish_one(sums: v128) -> u8 {
    let sums = i32x4_add(sums, i32x4_shuffle::<2, 3, 0, 1>(sums, sums));
    let sum = i32x4_extract_lane::<0>(sums) + i32x4_extract_lane::<1>(sums);
    u8::try_from(((sum + (1 << (BITS - 1))) >> BITS).clamp(0, 255)).unwrap_or(0)
}
