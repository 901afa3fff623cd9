//! The inverse DCT at four sizes.
//!
//! A block of N by N samples is made of the N by N lowest frequencies alone: that
//! is the ideal low-pass filter for the reduced picture, and lets a progressive
//! decoder forget the rest. With the normalisation of T.81 the constant term is 8
//! times the mean at every size.
//!
//! The arithmetic is that of Loeffler, Ligtenberg and Moschytz (ICASSP 1989) in
//! 13 fractional bits, rounded where libjpeg's `islow` rounds, so that the full
//! size gives the same samples. Since nothing is rounded inside of a pass, the
//! rotations are multiplied out: pairs of products are what SIMD adds for free.

mod constants;
#[cfg_attr(
    target_arch = "wasm32",
    allow(dead_code, reason = "the twin of the SIMD")
)]
pub(super) mod scalar;
#[cfg(target_arch = "wasm32")]
#[allow(clippy::many_single_char_names, reason = "eight rows")]
pub(super) mod simd;

#[cfg(not(target_arch = "wasm32"))]
pub(super) use scalar::{full, half, quarter};
#[cfg(target_arch = "wasm32")]
pub(super) use simd::{full, half, quarter};

/// Coefficients of one block, dequantised, in rows of the block's edge; smaller
/// sizes use the front. The transforms take them out and leave zeros.
pub(super) type Block = [i16; 64];

/// Level shift and clamp.
fn sample(value: i32) -> u8 {
    (value + 128).clamp(0, 255) as u8
}

/// The mean of a block.
#[inline]
pub(super) fn eighth(dc: i16) -> u8 {
    sample((i32::from(dc) + 4) >> 3)
}

/// The mean of a block that has nothing but a constant term.
#[inline]
pub(super) fn flat(block: &mut Block) -> u8 {
    eighth(std::mem::take(&mut block[0]))
}
