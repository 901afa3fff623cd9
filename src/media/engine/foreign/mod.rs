//! AVIF and JPEG XL: what their headers say, so that nothing is decoded that is
//! too large. The pixels are a codec module's work; it gives them back as they
//! are here called *decoded*: a header of ours, and straight RGBA, which the
//! engine reads row by row like any other source.

mod avif;
pub mod cicp;
pub mod clap;
mod decoded;
pub mod heif;
mod jxl;
#[cfg(test)]
mod tests;

use super::error::MediaError;
use super::orientation::Orientation;
use super::rights::embed::JXL_SIGNATURE;
use super::source::Facts;

pub(super) use decoded::{MAGIC, probe, read};

/// A format that only a codec module decodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Foreign {
    /// AV1 Image File Format.
    Avif,
    /// ISO/IEC 18181.
    Jxl,
}

impl Foreign {
    /// What the first bytes of a file say it is.
    #[must_use]
    pub fn of(prefix: &[u8]) -> Option<Self> {
        match prefix {
            [
                _,
                _,
                _,
                _,
                b'f',
                b't',
                b'y',
                b'p',
                b'a',
                b'v',
                b'i',
                b'f' | b's',
                ..,
            ] => Some(Self::Avif),
            [0xFF, 0x0A, ..] => Some(Self::Jxl),
            _ if prefix.starts_with(JXL_SIGNATURE) => Some(Self::Jxl),
            _ => None,
        }
    }

    /// Reads the header of a whole file.
    pub fn header(self, file: &[u8]) -> Result<Header, MediaError> {
        let header = match self {
            Self::Avif => avif::header(file),
            Self::Jxl => jxl::header(file),
        };
        header
            .filter(|header| header.width > 0 && header.height > 0)
            .ok_or(MediaError::Damaged("its header makes no sense"))
    }
}

/// What a header says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Width of the pixels that the decoder gives.
    pub width: u32,
    /// Height of them.
    pub height: u32,
    /// What is to be done to them to see the picture upright.
    orientation: u16,
    facts: Facts,
}

impl Header {
    /// How many pixels there are.
    #[must_use]
    pub const fn pixels(&self) -> u64 {
        self.width as u64 * self.height as u64
    }

    /// What is put in front of the decoder's pixels, so that the engine reads them.
    #[must_use]
    pub fn decoded(&self) -> Vec<u8> {
        decoded::write(self)
    }

    /// What its colours mean, if only the decoder knows.
    #[must_use]
    pub fn meaning(mut self, icc: Option<Vec<u8>>) -> Self {
        self.facts.icc = self.facts.icc.or(icc.filter(|icc| !icc.is_empty()));
        self
    }

    /// What it says about the picture.
    pub(super) fn into_facts(self) -> Facts {
        self.facts
    }

    /// Its orientation.
    #[must_use]
    pub fn orientation(&self) -> Orientation {
        Orientation::from_exif(self.orientation).unwrap_or(Orientation::UPRIGHT)
    }
}
