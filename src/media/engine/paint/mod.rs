//! What happens to the pixels of the derivative between resampling and encoding.
//! Everything here works at the size of the derivative.

pub(super) mod blur;
pub(super) mod crop;
pub(super) mod frame;
pub(super) mod overlay;
pub(super) mod tone;
