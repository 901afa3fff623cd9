//! The refinement pass over AC coefficients (T.81 G.1.2.3): one more bit for those
//! that are not zero yet stand in the band, and new ones among the zeros.
//!
//! The word of non-zero marks makes this a matter of counting bits: the run of a
//! symbol counts zeros only, so its coefficient is at the (run + 1)th clear bit,
//! and the set bits before it are as many correction bits in the stream.

use super::lookup::AcTable;
use super::store::Coefficients;
use super::window::{Bits, Data};

/// Reads one block.
#[allow(clippy::too_many_arguments)]
#[inline]
pub(super) fn block(
    ac: &AcTable,
    bits: &mut Bits,
    data: &Data,
    plane: &mut Coefficients,
    block: usize,
    band: (u32, u32),
    low: u32,
    end_run: &mut u32,
) {
    let size = plane.layout.edge * plane.layout.edge;
    let Some(values) = plane.values.get_mut(block * size..(block + 1) * size) else { return };
    let Some(marks) = plane.nonzero.get_mut(block) else { return };
    let mut target = Target { values, places: &plane.places, one: 1i16 << low };
    let known = *marks;
    let in_band = (u64::MAX << band.0) & (u64::MAX >> (63 - band.1));
    let mut rest = in_band;
    if *end_run == 0 {
        while rest != 0 {
            bits.refill(data);
            let code = ac.codes.find(bits);
            bits.consume(code.length);
            let (run, size) = (u32::from(code.symbol >> 4), code.symbol & 15);
            let mut value = 0;
            if size != 0 {
                value = if bits.take(1) == 1 { target.one } else { -target.one };
            } else if run != 15 {
                *end_run = (1 << run) + bits.take(run);
                break;
            }
            let mut zeros = rest & !known;
            for _ in 0..run {
                zeros &= zeros.wrapping_sub(1);
            }
            // The place of the new coefficient, or none if the run leaves the band.
            let place = zeros & zeros.wrapping_neg();
            let passed = rest & place.wrapping_sub(1);
            target.correct(known & passed, bits, data);
            rest &= !(passed | place);
            if value != 0 && place != 0 {
                *marks |= place;
                target.put(place.trailing_zeros(), value);
            }
        }
    }
    if *end_run > 0 {
        target.correct(known & rest, bits, data);
        *end_run -= 1;
    }
}

/// The coefficients of the block, as far as they are kept.
struct Target<'a> {
    values: &'a mut [i16],
    places: &'a [Option<u8>; 64],
    one: i16,
}

impl Target<'_> {
    #[inline]
    fn at(&mut self, k: u32) -> Option<&mut i16> {
        let place = self.places.get((k & 63) as usize).copied().flatten()?;
        self.values.get_mut(usize::from(place))
    }

    #[inline]
    fn put(&mut self, k: u32, value: i16) {
        if let Some(place) = self.at(k) {
            *place = value;
        }
    }

    /// Reads a correction bit for each coefficient of `which`, and applies it away
    /// from zero.
    #[inline]
    fn correct(&mut self, mut which: u64, bits: &mut Bits, data: &Data) {
        let one = self.one;
        let mut count = which.count_ones();
        while count > 0 {
            bits.refill(data);
            let now = count.min(32);
            let mut corrections = bits.take(now) << (32 - now);
            count -= now;
            for _ in 0..now {
                let k = which.trailing_zeros();
                which &= which.wrapping_sub(1);
                if corrections >> 31 == 1
                    && let Some(value) = self.at(k)
                    && *value & one == 0
                {
                    *value = value.wrapping_add(if *value < 0 { one.wrapping_neg() } else { one });
                }
                corrections <<= 1;
            }
        }
    }
}
