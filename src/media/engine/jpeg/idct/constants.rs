//! The factors of the 8-point and 4-point transforms.

/// Fractional bits of the constants.
pub(super) const CONST_BITS: u32 = 13;
/// Extra bits that the first pass leaves to the second.
pub(super) const PASS1_BITS: u32 = 2;
pub(super) const ONE: i16 = 1 << CONST_BITS;

// The twelve numbers of the flow graph, times 8192, as libjpeg rounds them.
const F_0_298: i16 = 2446;
const F_0_390: i16 = 3196;
const F_0_541: i16 = 4433;
const F_0_765: i16 = 6270;
const F_0_899: i16 = 7373;
const F_1_175: i16 = 9633;
const F_1_501: i16 = 12299;
const F_1_847: i16 = 15137;
const F_1_961: i16 = 16069;
const F_2_053: i16 = 16819;
const F_2_562: i16 = 20995;
const F_3_072: i16 = 25172;

const A: i16 = F_1_175 - F_1_961;
const B: i16 = F_1_175;
const C: i16 = F_1_175 - F_0_390;

/// Factors of `(x2, x6)` in the two even rotations.
pub(super) const EVEN: [(i16, i16); 2] =
    [(F_0_541 + F_0_765, F_0_541), (F_0_541, F_0_541 - F_1_847)];

/// Factors of `(x1, x3)` and `(x5, x7)` in what is added to outputs 0, 1, 2, 3 and
/// subtracted from 7, 6, 5, 4.
pub(super) const ODD: [[(i16, i16); 2]; 4] = [
    [(F_1_501 - F_0_899 + C, B), (C, B - F_0_899)],
    [(B, F_3_072 - F_2_562 + A), (B - F_2_562, A)],
    [(C, B - F_2_562), (F_2_053 - F_2_562 + C, B)],
    [(B - F_0_899, A), (B, F_0_298 - F_0_899 + A)],
];
