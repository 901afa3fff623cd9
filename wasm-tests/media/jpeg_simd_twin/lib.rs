//! Compares the SIMD transforms of the JPEG decoder with their scalar twins, where
//! SIMD runs. `jpeg_conformance` builds it and calls `mismatches`.
#![allow(dead_code)]

#[path = "../../../src/media/engine/jpeg/idct/mod.rs"]
mod idct;

use idct::{scalar, simd};

/// How many of `count` random blocks come out differently.
#[unsafe(no_mangle)]
pub extern "C" fn mismatches(count: u32) -> u32 {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u32
    };
    let mut wrong = 0;
    for round in 0..count {
        // From plausible to absurd values, in all places or in the low ones.
        let width = 1 + round % 16;
        let dense = next() % 2 == 0;
        let block: [i16; 64] = std::array::from_fn(|index| {
            let value = (next() as i16) >> (16 - width);
            if dense || (index % 8 < 4 && index < 32) { value } else { 0 }
        });
        let last = if dense { 63 } else { 9 };
        let agree = simd::full(&mut block.clone(), last) == scalar::full(&mut block.clone(), last)
            && simd::half(&mut block.clone()) == scalar::half(&mut block.clone())
            && simd::quarter(&mut block.clone()) == scalar::quarter(&mut block.clone());
        wrong += u32::from(!agree);
    }
    wrong
}
