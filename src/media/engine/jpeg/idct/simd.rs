//! The transforms in WebAssembly SIMD: the same numbers as the scalar ones, eight
//! columns, then eight rows at a time.

use core::arch::wasm32::{
    i8x16_shuffle, i16x8, i16x8_add_sat, i16x8_narrow_i32x4, i16x8_shuffle, i16x8_splat, i32x4_add,
    i32x4_dot_i16x8, i32x4_extract_lane, i32x4_shr, i32x4_shuffle, i32x4_splat, i32x4_sub,
    i64x2_shuffle, u8x16_narrow_i16x8, v128, v128_load, v128_store,
};

use super::Block;
use super::constants::{CONST_BITS, EVEN, ODD, ONE, PASS1_BITS};

/// Takes eight coefficients out. Each row is cleared right where it is read: a
/// clearing of the whole block becomes a `memory.fill`, which engines call out for.
fn take<const AT: usize>(block: &mut Block) -> v128 {
    const { assert!(AT + 8 <= 64) };
    // SAFETY: `AT` is at most 56 (checked above), so eight 16-bit lanes can be read
    // and written; neither load nor store needs alignment.
    unsafe {
        let place = block.as_mut_ptr().add(AT).cast();
        let lanes = v128_load(place);
        v128_store(place, i16x8_splat(0));
        lanes
    }
}

fn bytes(lanes: v128) -> [u8; 16] {
    let mut out = [0; 16];
    // SAFETY: the array is 16 writable bytes, and `v128_store` needs no alignment.
    unsafe { v128_store(out.as_mut_ptr().cast(), lanes) };
    out
}

const fn factors((f, g): (i16, i16)) -> v128 {
    i16x8(f, g, f, g, f, g, f, g)
}

fn low_pairs(a: v128, b: v128) -> v128 {
    i16x8_shuffle::<0, 8, 1, 9, 2, 10, 3, 11>(a, b)
}

fn high_pairs(a: v128, b: v128) -> v128 {
    i16x8_shuffle::<4, 12, 5, 13, 6, 14, 7, 15>(a, b)
}

/// The even part, rounding included: `(x0, x4)` or `(x0, x2)` of a smaller one,
/// and `(x2, x6)` or `(x1, x3)`.
fn even<const SHIFT: u32>(first: v128, second: v128) -> [v128; 4] {
    let rounding = i32x4_splat(1 << (SHIFT - 1));
    let sum = i32x4_add(i32x4_dot_i16x8(first, factors((ONE, ONE))), rounding);
    let difference = i32x4_add(i32x4_dot_i16x8(first, factors((ONE, -ONE))), rounding);
    let outer = i32x4_dot_i16x8(second, factors(EVEN[0]));
    let inner = i32x4_dot_i16x8(second, factors(EVEN[1]));
    [
        i32x4_add(sum, outer),
        i32x4_add(difference, inner),
        i32x4_sub(difference, inner),
        i32x4_sub(sum, outer),
    ]
}

/// Four lanes of the 8-point transform. `LOW`: inputs 4 to 7 are zero.
fn eight<const SHIFT: u32, const LOW: bool>(
    x04: v128,
    x26: v128,
    x13: v128,
    x57: v128,
) -> [v128; 8] {
    let even = even::<SHIFT>(x04, x26);
    let odd = ODD.map(|[low, high]| {
        let first = i32x4_dot_i16x8(x13, factors(low));
        if LOW {
            first
        } else {
            i32x4_add(first, i32x4_dot_i16x8(x57, factors(high)))
        }
    });
    let [e0, e1, e2, e3] = even;
    let [o0, o1, o2, o3] = odd;
    let plus = |even, odd| i32x4_shr(i32x4_add(even, odd), SHIFT);
    let minus = |even, odd| i32x4_shr(i32x4_sub(even, odd), SHIFT);
    [
        plus(e0, o0),
        plus(e1, o1),
        plus(e2, o2),
        plus(e3, o3),
        minus(e3, o3),
        minus(e2, o2),
        minus(e1, o1),
        minus(e0, o0),
    ]
}

/// Eight lanes of it, or four if `HALF`; the others are then copies.
fn pass<const SHIFT: u32, const LOW: bool, const HALF: bool>(
    [x0, x1, x2, x3, x4, x5, x6, x7]: [v128; 8],
) -> [v128; 8] {
    let low = eight::<SHIFT, LOW>(
        low_pairs(x0, x4),
        low_pairs(x2, x6),
        low_pairs(x1, x3),
        low_pairs(x5, x7),
    );
    let high = if HALF {
        low
    } else {
        eight::<SHIFT, LOW>(
            high_pairs(x0, x4),
            high_pairs(x2, x6),
            high_pairs(x1, x3),
            high_pairs(x5, x7),
        )
    };
    let [l0, l1, l2, l3, l4, l5, l6, l7] = low;
    let [h0, h1, h2, h3, h4, h5, h6, h7] = high;
    [
        (l0, h0),
        (l1, h1),
        (l2, h2),
        (l3, h3),
        (l4, h4),
        (l5, h5),
        (l6, h6),
        (l7, h7),
    ]
    .map(|(low, high)| i16x8_narrow_i32x4(low, high))
}

fn transpose([a, b, c, d, e, f, g, h]: [v128; 8]) -> [v128; 8] {
    let (ab0, ab1, cd0, cd1) = (
        low_pairs(a, b),
        high_pairs(a, b),
        low_pairs(c, d),
        high_pairs(c, d),
    );
    let (ef0, ef1, gh0, gh1) = (
        low_pairs(e, f),
        high_pairs(e, f),
        low_pairs(g, h),
        high_pairs(g, h),
    );
    let low = |a, b| i32x4_shuffle::<0, 4, 1, 5>(a, b);
    let high = |a, b| i32x4_shuffle::<2, 6, 3, 7>(a, b);
    let first = |a, b| i64x2_shuffle::<0, 2>(a, b);
    let second = |a, b| i64x2_shuffle::<1, 3>(a, b);
    let (top0, top1, top2, top3) = (low(ab0, cd0), high(ab0, cd0), low(ab1, cd1), high(ab1, cd1));
    let (end0, end1, end2, end3) = (low(ef0, gh0), high(ef0, gh0), low(ef1, gh1), high(ef1, gh1));
    [
        first(top0, end0),
        second(top0, end0),
        first(top1, end1),
        second(top1, end1),
        first(top2, end2),
        second(top2, end2),
        first(top3, end3),
        second(top3, end3),
    ]
}

/// 8x8 samples, in rows; `last` is a bound of the last zigzag index that is not
/// zero.
#[inline]
pub(in super::super) fn full(block: &mut Block, last: u32) -> [[u8; 8]; 8] {
    // The first ten in zigzag order lie in the first four rows and columns.
    if last < 10 {
        full_low(block)
    } else {
        full_dense(block)
    }
}

#[inline(never)]
fn full_low(block: &mut Block) -> [[u8; 8]; 8] {
    let zero = i16x8_splat(0);
    let top = [
        take::<0>(block),
        take::<8>(block),
        take::<16>(block),
        take::<24>(block),
    ];
    let rows = [top[0], top[1], top[2], top[3], zero, zero, zero, zero];
    let columns = transpose(pass::<{ CONST_BITS - PASS1_BITS }, true, true>(rows));
    let columns = [
        columns[0], columns[1], columns[2], columns[3], zero, zero, zero, zero,
    ];
    finish(pass::<{ CONST_BITS + PASS1_BITS + 3 }, true, false>(
        columns,
    ))
}

#[inline(never)]
fn full_dense(block: &mut Block) -> [[u8; 8]; 8] {
    let rows = [
        take::<0>(block),
        take::<8>(block),
        take::<16>(block),
        take::<24>(block),
        take::<32>(block),
        take::<40>(block),
        take::<48>(block),
        take::<56>(block),
    ];
    let columns = transpose(pass::<{ CONST_BITS - PASS1_BITS }, false, false>(rows));
    finish(pass::<{ CONST_BITS + PASS1_BITS + 3 }, false, false>(
        columns,
    ))
}

/// From columns to rows, level shift and clamp.
fn finish(columns: [v128; 8]) -> [[u8; 8]; 8] {
    let shift = i16x8_splat(128);
    let [a, b, c, d, e, f, g, h] = transpose(columns).map(|row| i16x8_add_sat(row, shift));
    let mut out = [[0; 8]; 8];
    let pairs = [(a, b), (c, d), (e, f), (g, h)];
    for (place, (first, second)) in out.as_chunks_mut::<2>().0.iter_mut().zip(pairs) {
        place
            .as_flattened_mut()
            .copy_from_slice(&bytes(u8x16_narrow_i16x8(first, second)));
    }
    out
}

/// 4x4 samples, in rows.
#[inline(never)]
pub(in super::super) fn half(block: &mut Block) -> [[u8; 4]; 4] {
    let (top, bottom) = (take::<0>(block), take::<8>(block));
    let pass1 = |first, second| {
        const SHIFT: u32 = CONST_BITS - PASS1_BITS;
        even::<SHIFT>(first, second).map(|row| i32x4_shr(row, SHIFT))
    };
    let pass2 = |first, second| {
        const SHIFT: u32 = CONST_BITS + PASS1_BITS + 3;
        even::<SHIFT>(first, second).map(|column| i32x4_shr(column, SHIFT))
    };
    let [a, b, c, d] = pass1(low_pairs(top, bottom), high_pairs(top, bottom));
    let (top, bottom) = (i16x8_narrow_i32x4(a, b), i16x8_narrow_i32x4(c, d));
    let [a, b, c, d] = pass2(
        i16x8_shuffle::<0, 2, 4, 6, 8, 10, 12, 14>(top, bottom),
        i16x8_shuffle::<1, 3, 5, 7, 9, 11, 13, 15>(top, bottom),
    );
    let shift = i16x8_splat(128);
    let left = i16x8_add_sat(i16x8_narrow_i32x4(a, b), shift);
    let right = i16x8_add_sat(i16x8_narrow_i32x4(c, d), shift);
    let columns = u8x16_narrow_i16x8(left, right);
    let rows =
        i8x16_shuffle::<0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15>(columns, columns);
    let mut out = [[0; 4]; 4];
    out.as_flattened_mut().copy_from_slice(&bytes(rows));
    out
}

/// 2x2 samples, in rows.
#[inline]
pub(in super::super) fn quarter(block: &mut Block) -> [[u8; 2]; 2] {
    let lanes = i16x8(block[0], block[1], block[2], block[3], 0, 0, 0, 0);
    [block[0], block[1], block[2], block[3]] = [0; 4];
    let top = i32x4_dot_i16x8(
        i16x8_shuffle::<0, 1, 0, 1, 0, 1, 0, 1>(lanes, lanes),
        i16x8(1, 1, 1, -1, 1, 1, 1, -1),
    );
    let bottom = i32x4_dot_i16x8(
        i16x8_shuffle::<2, 3, 2, 3, 2, 3, 2, 3>(lanes, lanes),
        i16x8(1, 1, 1, -1, -1, -1, -1, 1),
    );
    let sums = i32x4_shr(i32x4_add(i32x4_add(top, bottom), i32x4_splat(4)), 3);
    let samples = i16x8_add_sat(i16x8_narrow_i32x4(sums, sums), i16x8_splat(128));
    let [a, b, c, d] = i32x4_extract_lane::<0>(u8x16_narrow_i16x8(samples, samples)).to_le_bytes();
    [[a, b], [c, d]]
}
