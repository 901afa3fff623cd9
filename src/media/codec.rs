//! What the codec modules (libwebp, libaom, libjxl) may be asked for: each has
//! its appetite for memory and time, and an isolate has little of both.

use super::{foreign::Foreign, recipe::Output};

/// What an encoder is asked for, beside the pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Writing {
    /// WebP, AVIF or JPEG XL.
    pub output: Output,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// 1 (small) to 100 (faithful; lossless where the format can be).
    pub quality: u8,
    /// How hard it tries.
    pub pains: Pains,
}

/// How hard an encoder tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pains {
    /// Somebody is waiting.
    Few = 0,
    /// Nobody is waiting, and the picture is small enough to be worth all of it.
    Most = 1,
    /// Nobody is waiting, but a large picture would take too long.
    Some = 2,
}

/// Pixels up to which an encoder spends [`Pains::Most`]: measured, so that a
/// refinement stays within some seconds of a Worker's CPU time.
const MOST_PIXELS: u64 = 700_000;
const MOST_AVIF_PIXELS: u64 = 560_000;

/// No AVIF is larger: libaom would take a Worker's whole CPU time for it.
const AVIF_PIXELS: u64 = 2_100_000;

/// libwebp's longest side.
const WEBP_SIDE: u32 = 16_383;

impl Writing {
    /// What to ask for when nobody waits.
    #[must_use]
    pub fn refined(self) -> Self {
        let most = match self.output {
            Output::Avif => MOST_AVIF_PIXELS,
            _ => MOST_PIXELS,
        };
        let pains = if self.pixels() <= most {
            Pains::Most
        } else {
            Pains::Some
        };
        Self { pains, ..self }
    }

    fn pixels(&self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }

    /// The bytes of memory that the codec needs, the pixels on their way into it
    /// included: what it did with in an arena of 80 MiB, and what it did not, at a
    /// dozen sizes from 0.1 to 7 megapixels.
    #[must_use]
    pub fn memory(&self) -> u64 {
        const MIB: u64 = 1024 * 1024;
        let pixels = self.pixels();
        match self.output {
            Output::WebP if self.pains == Pains::Few => 8 * MIB + 11 * pixels,
            Output::WebP => 8 * MIB + 24 * pixels,
            Output::Avif => 19 * MIB + self.avif_bytes() * pixels,
            Output::Jxl => 16 * MIB + 120 * pixels,
            _ => 0,
        }
    }

    /// Bytes for a pixel of AVIF, by what `codec.mjs` writes: ten bits of so many
    /// pixels when nobody waits, and colours at full resolution at high quality.
    fn avif_bytes(&self) -> u64 {
        let is_full = self.quality >= 90;
        let deep = if is_full { 750_000 } else { 1_200_000 };
        let is_deep = self.pains != Pains::Few && self.pixels() <= deep;
        match (is_deep, is_full) {
            (true, true) => 75,
            (true, false) => 48,
            (false, true) => 38,
            (false, false) => 29,
        }
    }

    /// Whether it can be done with so many bytes of memory to spare.
    #[must_use]
    pub fn fits(&self, spare: u64) -> bool {
        let size = match self.output {
            Output::Avif => self.pixels() <= AVIF_PIXELS,
            Output::WebP => self.width.max(self.height) <= WEBP_SIDE,
            _ => true,
        };
        size && self.memory() <= spare
    }
}

/// The bytes of memory that decoding so many pixels takes at least: the decoders find
/// out more. Measured at 3, 12 and 24 megapixels.
#[must_use]
pub fn memory_to_read(format: Foreign, pixels: u64) -> u64 {
    const MIB: u64 = 1024 * 1024;
    match format {
        Foreign::Avif => 2 * MIB + 2 * pixels,
        Foreign::Jxl => 4 * MIB + 15 * pixels / 4,
    }
}

/// Whether an output is a codec module's work and not the engine's own.
#[must_use]
pub fn is_foreign(output: Output) -> bool {
    matches!(output, Output::WebP | Output::Avif | Output::Jxl)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn writing(output: Output, width: u32, height: u32) -> Writing {
        Writing {
            output,
            width,
            height,
            quality: 80,
            pains: Pains::Few,
        }
    }

    #[test]
    fn each_codec_is_asked_only_for_what_an_isolate_has_room_for() {
        // What an encoder has that works alone.
        let spare = 80 * 1024 * 1024;
        for (output, width, height, fits) in [
            (Output::WebP, 2560, 1707, true),
            (Output::WebP, 16_384, 10, false),
            (Output::WebP, 8000, 6000, false),
            (Output::Avif, 1600, 1067, true),
            (Output::Avif, 1920, 1080, true),
            (Output::Avif, 2560, 1707, false),
            (Output::Jxl, 800, 533, true),
            (Output::Jxl, 1280, 853, false),
        ] {
            let writing = writing(output, width, height);
            assert_eq!(writing.fits(spare), fits, "{writing:?}");
            assert!(!writing.fits(1024 * 1024));
        }
    }

    #[test]
    fn pains_are_taken_when_nobody_waits_and_the_picture_is_small() {
        let pains = |width| writing(Output::Avif, width, 600).refined().pains;
        assert_eq!(pains(800), Pains::Most);
        assert_eq!(pains(1600), Pains::Some);
    }
}
