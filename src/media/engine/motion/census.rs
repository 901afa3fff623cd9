//! How many frames a file has and how large they are, from the lengths of its
//! blocks alone: nothing is decoded, and nothing is allocated.

use super::super::bytes::Bytes;
use super::super::probe::{Format, Probe};

/// What there is to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Census {
    /// How many frames.
    pub frames: u64,
    /// Pixels of all of them: of the canvas, or of what is drawn on it if that is more.
    pub pixels: u64,
    /// Pixels of the largest of them.
    pub largest: u64,
    /// How often it is played; 0 is for ever.
    pub plays: u32,
}

impl Census {
    fn count(&mut self, canvas: u64, frame: u64) {
        self.frames += 1;
        self.pixels = self.pixels.saturating_add(canvas.max(frame));
        self.largest = self.largest.max(frame);
    }
}

/// Counts the frames of a whole GIF or WebP file, or of what there is of it.
#[must_use]
pub fn census(file: &[u8], found: &Probe) -> Census {
    let mut census = Census {
        plays: 1,
        ..Census::default()
    };
    // Where the file ends too early, so does the count.
    let _ = match found.format {
        Format::Gif => gif(file, found.pixels(), &mut census),
        Format::WebP => webp(file, found.pixels(), &mut census),
        _ => None,
    };
    census
}

/// Whether a whole file has more than one frame.
#[must_use]
pub fn is_animated(file: &[u8]) -> bool {
    let found = super::super::probe::probe(file).ok().flatten();
    found.is_some_and(|found| found.animated && census(file, &found).frames > 1)
}

/// The blocks of a GIF (`GIF89a` specification, 17 to 27).
fn gif(file: &[u8], canvas: u64, census: &mut Census) -> Option<()> {
    let mut bytes = Bytes(file.get(6..)?);
    bytes.take(4)?;
    let flags = bytes.u8()?;
    bytes.take(2)?;
    bytes.take(palette(flags))?;
    loop {
        match bytes.u8()? {
            0x2C => {
                bytes.take(4)?;
                let (width, height) = (bytes.le16()?, bytes.le16()?);
                // It counts even if the file ends in the middle of it: its decoder may
                // have a whole frame by then.
                census.count(canvas, u64::from(width) * u64::from(height));
                let flags = bytes.u8()?;
                bytes.take(palette(flags))?;
                // The size of a code.
                bytes.take(1)?;
                while bytes.take_block()? > 0 {}
            }
            0x21 => {
                let label = bytes.u8()?;
                let ahead = bytes.0;
                if label == 0xFF
                    && (ahead.starts_with(b"\x0BNETSCAPE2.0")
                        || ahead.starts_with(b"\x0BANIMEXTS1.0"))
                    && let Some(&[3, 1, low, high]) = ahead.get(12..16)
                {
                    // So many times again.
                    census.plays = match u16::from_le_bytes([low, high]) {
                        0 => 0,
                        again => u32::from(again) + 1,
                    };
                }
                while bytes.take_block()? > 0 {}
            }
            _ => return None,
        }
    }
}

/// Bytes of a table of colours that the flags announce.
const fn palette(flags: u8) -> usize {
    if flags & 0x80 == 0 {
        0
    } else {
        3 << ((flags & 7) + 1)
    }
}

impl Bytes<'_> {
    /// Skips a block that says how long it is.
    fn take_block(&mut self) -> Option<u8> {
        let length = self.u8()?;
        self.take(usize::from(length))?;
        Some(length)
    }
}

/// The chunks of a WebP file (RFC 9649, 2.7.1).
fn webp(file: &[u8], canvas: u64, census: &mut Census) -> Option<()> {
    let mut bytes = Bytes(file.get(12..)?);
    loop {
        let (name, length) = (bytes.take(4)?, usize::try_from(bytes.le32()?).ok()?);
        let body = bytes.take(length)?;
        match name {
            b"ANIM" => census.plays = u32::from(u16::from_le_bytes(*body.get(4..)?.first_chunk()?)),
            b"ANMF" => {
                let mut body = Bytes(body.get(6..)?);
                let (width, height) = (body.le24()?, body.le24()?);
                census.count(canvas, (u64::from(width) + 1) * (u64::from(height) + 1));
            }
            _ => {}
        }
        bytes.take(length % 2)?;
    }
}
