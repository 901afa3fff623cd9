//! The header of a JPEG XL file: a bare codestream (ISO/IEC 18181-1) or one in a
//! container (18181-2).

use super::super::boxes;
use super::super::rights::embed::JXL_SIGNATURE;
use super::super::source::Facts;
use super::Header;

/// Reads it. The decoder turns the picture upright itself.
pub fn header(file: &[u8]) -> Option<Header> {
    let mut facts = Facts::default();
    let mut codestream = file;
    if file.starts_with(JXL_SIGNATURE) {
        let found = boxes::split_some(file);
        let body = |kind: [u8; 4]| {
            let found = found.iter().find(|found| found.kind == kind);
            found.map(|found| found.body)
        };
        // The parts of a codestream are numbered by their first four bytes.
        codestream = body(*b"jxlc").or_else(|| body(*b"jxlp")?.get(4..))?;
        facts.xmp = body(*b"xml ").map(<[u8]>::to_vec);
        facts.exif = body(*b"Exif")
            .and_then(super::avif::tiff)
            .map(<[u8]>::to_vec);
    }
    let mut bits = Bits(codestream.strip_prefix(&[0xFF, 0x0A])?, 0);
    let small = bits.take(1)? == 1;
    let height = bits.side(small)?;
    let width = match bits.take(3)? {
        0 => bits.side(small)?,
        1 => height,
        2 => height * 12 / 10,
        3 => height * 4 / 3,
        4 => height * 3 / 2,
        5 => height * 16 / 9,
        6 => height * 5 / 4,
        _ => height * 2,
    };
    // Whether all else is as usual; whether there is more to say; the orientation.
    let orientation = if bits.take(1)? == 0 && bits.take(1)? == 1 {
        1 + bits.take(3)?
    } else {
        1
    };
    let (width, height) = if orientation > 4 {
        (height, width)
    } else {
        (width, height)
    };
    Some(Header {
        width: u32::try_from(width).ok()?,
        height: u32::try_from(height).ok()?,
        orientation: 1,
        facts,
    })
}

/// Bits, the least significant of a byte first.
struct Bits<'a>(&'a [u8], usize);

impl Bits<'_> {
    fn take(&mut self, count: usize) -> Option<u64> {
        let mut number = 0;
        for at in 0..count {
            let byte = self.0.get(self.1 / 8)?;
            number |= u64::from(byte >> (self.1 % 8) & 1) << at;
            self.1 += 1;
        }
        Some(number)
    }

    /// A side in pixels; of a small picture, a multiple of eight.
    fn side(&mut self, small: bool) -> Option<u64> {
        if small {
            return Some(8 * (1 + self.take(5)?));
        }
        let size = match self.take(2)? {
            0 => 9,
            1 => 13,
            2 => 18,
            _ => 30,
        };
        Some(1 + self.take(size)?)
    }
}
