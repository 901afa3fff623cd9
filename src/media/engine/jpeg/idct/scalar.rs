//! The transforms in plain Rust: the meaning of the SIMD ones, and what runs
//! where there is no SIMD. Written lane by lane for the vectoriser.

use super::Block;
use super::constants::{CONST_BITS, EVEN, ODD, ONE, PASS1_BITS};

/// `(a, b)` times `(f, g)`, summed. Wraps, as SIMD does, on hostile input.
#[inline]
fn dot((a, b): (i16, i16), (f, g): (i16, i16)) -> i32 {
    (i32::from(a) * i32::from(f)).wrapping_add(i32::from(b) * i32::from(g))
}

/// Rounds `shift` bits off and saturates to 16 bits.
#[inline]
fn descale(value: i32, shift: u32) -> i16 {
    let rounded = value.wrapping_add(1 << (shift - 1)) >> shift;
    rounded.clamp(i32::from(i16::MIN), i32::from(i16::MAX)) as i16
}

/// One 8-point transform.
#[inline]
fn eight([x0, x1, x2, x3, x4, x5, x6, x7]: [i16; 8], shift: u32) -> [i16; 8] {
    let sum = dot((x0, x4), (ONE, ONE));
    let difference = dot((x0, x4), (ONE, -ONE));
    let outer = dot((x2, x6), EVEN[0]);
    let inner = dot((x2, x6), EVEN[1]);
    let even = [
        sum.wrapping_add(outer),
        difference.wrapping_add(inner),
        difference.wrapping_sub(inner),
        sum.wrapping_sub(outer),
    ];
    let odd = ODD.map(|[low, high]| dot((x1, x3), low).wrapping_add(dot((x5, x7), high)));
    let [e0, e1, e2, e3] = even;
    let [o0, o1, o2, o3] = odd;
    [
        descale(e0.wrapping_add(o0), shift),
        descale(e1.wrapping_add(o1), shift),
        descale(e2.wrapping_add(o2), shift),
        descale(e3.wrapping_add(o3), shift),
        descale(e3.wrapping_sub(o3), shift),
        descale(e2.wrapping_sub(o2), shift),
        descale(e1.wrapping_sub(o1), shift),
        descale(e0.wrapping_sub(o0), shift),
    ]
}

/// One 4-point transform.
#[inline]
fn four([x0, x1, x2, x3]: [i16; 4], shift: u32) -> [i16; 4] {
    let sum = dot((x0, x2), (ONE, ONE));
    let difference = dot((x0, x2), (ONE, -ONE));
    let outer = dot((x1, x3), EVEN[0]);
    let inner = dot((x1, x3), EVEN[1]);
    [
        descale(sum.wrapping_add(outer), shift),
        descale(difference.wrapping_add(inner), shift),
        descale(difference.wrapping_sub(inner), shift),
        descale(sum.wrapping_sub(outer), shift),
    ]
}

fn transpose<const N: usize>(rows: &[[i16; N]; N]) -> [[i16; N]; N] {
    let mut columns = [[0; N]; N];
    for (y, row) in rows.iter().enumerate() {
        for (value, column) in row.iter().zip(&mut columns) {
            if let Some(place) = column.get_mut(y) {
                *place = *value;
            }
        }
    }
    columns
}

/// Takes the rows out of a block, leaving zeros.
fn take<const N: usize>(block: &mut Block) -> [[i16; N]; N] {
    let (rows, _) = block.as_chunks_mut::<N>();
    let mut taken = [[0; N]; N];
    for (taken, row) in taken.iter_mut().zip(rows) {
        *taken = std::mem::replace(row, [0; N]);
    }
    taken
}

/// 8x8 samples, in rows. Where the last coefficient is does not matter here.
#[inline(never)]
pub(in super::super) fn full(block: &mut Block, _last: u32) -> [[u8; 8]; 8] {
    let rows = take::<8>(block);
    let columns = transpose(&rows).map(|column| eight(column, CONST_BITS - PASS1_BITS));
    let rows = transpose(&columns).map(|row| eight(row, CONST_BITS + PASS1_BITS + 3));
    rows.map(|row| row.map(|value| super::sample(i32::from(value))))
}

/// 4x4 samples, in rows.
#[inline(never)]
pub(in super::super) fn half(block: &mut Block) -> [[u8; 4]; 4] {
    let rows = take::<4>(block);
    let columns = transpose(&rows).map(|column| four(column, CONST_BITS - PASS1_BITS));
    let rows = transpose(&columns).map(|row| four(row, CONST_BITS + PASS1_BITS + 3));
    rows.map(|row| row.map(|value| super::sample(i32::from(value))))
}

/// 2x2 samples, in rows. Two points need no factors.
#[inline]
pub(in super::super) fn quarter(block: &mut Block) -> [[u8; 2]; 2] {
    let [a, b, c, d] = [block[0], block[1], block[2], block[3]].map(i32::from);
    [block[0], block[1], block[2], block[3]] = [0; 4];
    let out = |value: i32| super::sample((value + 4) >> 3);
    [
        [out(a + b + c + d), out(a - b + c - d)],
        [out(a + b - c - d), out(a - b - c + d)],
    ]
}
