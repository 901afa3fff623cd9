//! The refinement pass over AC coefficients (T.81 G.1.2.3): one more bit for those
//! that are not zero yet stand in the band, and new ones among the zeros.
//!
//! The word of non-zero marks makes this a matter of counting bits: the run of a
//! symbol counts zeros only, so its coefficient is at the (run + 1)th clear bit,
//! and the set bits before it are as many correction bits in the stream.

use super::block::NOWHERE;
use super::lookup::AcTable;
use super::window::{Bits, Data};

/// What holds for all blocks of a scan.
pub(super) struct Refinement<'a> {
    ac: &'a AcTable,
    places: &'a [u8; 64],
    /// The zigzag indices of the band, as bits.
    band: u64,
    /// Those up to the last that is kept: beyond it corrections need no reading.
    kept: u64,
    one: i16,
}

impl<'a> Refinement<'a> {
    pub(super) fn new(
        ac: &'a AcTable,
        places: &'a [u8; 64],
        (first, last): (u32, u32),
        low: u32,
    ) -> Self {
        let kept = places
            .iter()
            .rposition(|&place| place != NOWHERE)
            .unwrap_or(0);
        Self {
            ac,
            places,
            band: (u64::MAX << first) & (u64::MAX >> (63 - last)),
            kept: u64::MAX >> (63 - kept),
            one: 1 << low,
        }
    }

    /// Reads one block: its kept coefficients, the marks of all that are not zero,
    /// and how many blocks, this one included, an end-of-band run still covers.
    #[inline(always)]
    pub(super) fn block(
        &self,
        bits: &mut Bits,
        data: &Data,
        values: &mut [i16],
        marks: &mut u64,
        end_run: &mut u32,
    ) {
        let known = *marks;
        let mut rest = self.band;
        while *end_run == 0 {
            if rest == 0 {
                return;
            }
            bits.refill(data);
            let code = self.ac.codes.find(bits);
            bits.consume(code.length);
            let (run, size) = (u32::from(code.symbol >> 4), code.symbol & 15);
            let mut value = 0;
            if size != 0 {
                value = if bits.take(1) == 1 {
                    self.one
                } else {
                    -self.one
                };
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
            self.correct(known & passed, bits, data, values);
            rest &= !(passed | place);
            if value != 0 && place != 0 {
                *marks |= place;
                if let Some(kept) = self.at(values, place.trailing_zeros()) {
                    *kept = value;
                }
            }
        }
        self.correct(known & rest, bits, data, values);
        *end_run -= 1;
    }

    #[inline(always)]
    fn at<'v>(&self, values: &'v mut [i16], k: u32) -> Option<&'v mut i16> {
        let place = self
            .places
            .get((k & 63) as usize)
            .copied()
            .unwrap_or(NOWHERE);
        values.get_mut(usize::from(place))
    }

    /// Reads a correction bit for each coefficient of `which`, and applies it away
    /// from zero.
    #[inline(always)]
    fn correct(&self, mut which: u64, bits: &mut Bits, data: &Data, values: &mut [i16]) {
        while which != 0 {
            bits.refill(data);
            let count = which.count_ones();
            let now = count.min(32);
            let wanted = (which & self.kept).count_ones().min(now);
            let mut corrections = bits.take(now) << (32 - now);
            for _ in 0..wanted {
                let k = which.trailing_zeros();
                which &= which.wrapping_sub(1);
                if corrections >> 31 == 1
                    && let Some(value) = self.at(values, k)
                    && *value & self.one == 0
                {
                    let away = if *value < 0 {
                        self.one.wrapping_neg()
                    } else {
                        self.one
                    };
                    *value = value.wrapping_add(away);
                }
                corrections <<= 1;
            }
            if now == count {
                return;
            }
            for _ in wanted..now {
                which &= which.wrapping_sub(1);
            }
        }
    }
}
