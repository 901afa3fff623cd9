//! What code points (ITU-T H.273) say of a picture's colours, as an ICC profile.

use moxcms::{
    CicpColorPrimaries, CicpProfile, ColorProfile, MatrixCoefficients, TransferCharacteristics,
};

/// BT.709, unspecified, and what an old television makes of it: seen as sRGB.
const SRGB_PRIMARIES: [u16; 3] = [0, 1, 2];
const SRGB_TRANSFERS: [u16; 7] = [0, 1, 2, 6, 13, 14, 15];

/// Perceptual quantisation and hybrid log-gamma are tone-mapped to sRGB before.
const PQ: u16 = 16;
const HLG: u16 = 18;
const SRGB: u8 = 13;

/// The profile; `None` if the colours are sRGB's, or nobody knows.
#[must_use]
pub fn profile(primaries: u16, transfer: u16) -> Option<Vec<u8>> {
    if SRGB_PRIMARIES.contains(&primaries) && SRGB_TRANSFERS.contains(&transfer) {
        return None;
    }
    let transfer = match transfer {
        PQ | HLG => SRGB,
        other if SRGB_TRANSFERS.contains(&other) => SRGB,
        other => u8::try_from(other).ok()?,
    };
    let primaries = match primaries {
        0 | 2 => 1,
        other => u8::try_from(other).ok()?,
    };
    let profile = ColorProfile::new_from_cicp(CicpProfile {
        color_primaries: CicpColorPrimaries::try_from(primaries).ok()?,
        transfer_characteristics: TransferCharacteristics::try_from(transfer).ok()?,
        matrix_coefficients: MatrixCoefficients::Identity,
        full_range: true,
    });
    profile.encode().ok()
}
