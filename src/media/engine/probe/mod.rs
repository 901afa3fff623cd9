//! What a file is, from its first bytes. Names and declared types are not asked.

mod gif;
mod jpeg;
mod png;
#[cfg(test)]
mod tests;
mod webp;

use super::error::MediaError;
use super::foreign;
use super::orientation::Orientation;
use super::rights::exif;

/// A format that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// ITU-T T.81.
    Jpeg,
    /// W3C PNG.
    Png,
    /// RFC 9649.
    WebP,
    /// `GIF87a` and `GIF89a`.
    Gif,
    /// Pixels that a codec module has decoded ([`super::foreign`]).
    Decoded,
}

/// What the header says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Probe {
    /// The format.
    pub format: Format,
    /// Width as stored.
    pub width: u32,
    /// Height as stored.
    pub height: u32,
    /// What is to be done to see the picture upright.
    pub orientation: Orientation,
    /// The picture arrives in several passes: progressive JPEG, interlaced PNG or GIF.
    pub progressive: bool,
    /// There may be transparent pixels.
    pub alpha: bool,
    /// There may be more than one frame.
    pub animated: bool,
    /// Bits of a channel.
    pub depth: u8,
    /// Channels of a pixel as stored.
    pub channels: u8,
}

impl Probe {
    /// Pixels of one frame.
    #[must_use]
    pub const fn pixels(&self) -> u64 {
        self.width as u64 * self.height as u64
    }

    /// The size as it is seen.
    #[must_use]
    pub fn upright_size(&self) -> (u32, u32) {
        self.orientation.size((self.width, self.height))
    }
}

/// Headers are read until the picture itself begins. Photoshop writes some hundred
/// kilobytes before it; who writes more than this is not writing a picture.
const MAX_HEADER: usize = 4 * 1024 * 1024;

/// Reads the header from the first bytes of a file; `None` asks for more of them.
pub fn probe(prefix: &[u8]) -> Result<Option<Probe>, MediaError> {
    let found = match prefix {
        [0xFF, 0xD8, 0xFF, rest @ ..] => jpeg::probe(rest)?,
        [0x89, b'P', b'N', b'G', 0x0D, 0x0A, 0x1A, 0x0A, rest @ ..] => png::probe(rest)?,
        [
            b'R',
            b'I',
            b'F',
            b'F',
            _,
            _,
            _,
            _,
            b'W',
            b'E',
            b'B',
            b'P',
            rest @ ..,
        ] => webp::probe(rest)?,
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', rest @ ..] => gif::probe(rest)?,
        _ => match prefix.strip_prefix(foreign::MAGIC) {
            Some(rest) => foreign::probe(rest)?,
            None => return known_stranger(prefix),
        },
    };
    match found {
        Some(probe) if probe.width == 0 || probe.height == 0 => {
            Err(MediaError::Damaged("its size is zero"))
        }
        None if prefix.len() > MAX_HEADER => Err(MediaError::TooLarge {
            what: "bytes of header",
            actual: prefix.len() as u64,
            limit: MAX_HEADER as u64,
        }),
        found => Ok(found),
    }
}

/// Signatures are at most this long.
const SIGNATURE: usize = 12;

/// Formats that are refused by name, so that nobody has to guess.
fn known_stranger(prefix: &[u8]) -> Result<Option<Probe>, MediaError> {
    match prefix {
        [_, _, _, _, b'f', b't', b'y', b'p', brand @ ..] if brand.len() >= 4 => Err(match brand {
            [b'a', b'v', b'i', b'f' | b's', ..] => MediaError::Unsupported("AVIF"),
            [b'h', b'e', b'i' | b'v', b'c' | b'x' | b'm' | b's', ..]
            | [b'm', b'i', b'f', b'1', ..] => MediaError::Unsupported("HEIC"),
            _ => MediaError::NotAnImage,
        }),
        [0xFF, 0x0A, ..] | [0, 0, 0, 0x0C, b'J', b'X', b'L', b' ', ..] => {
            Err(MediaError::Unsupported("JPEG XL"))
        }
        [0, 0, 0, 0x0C, b'j', b'P', b' ', b' ', ..] => Err(MediaError::Unsupported("JPEG 2000")),
        [b'I', b'I', 42, 0, ..] | [b'M', b'M', 0, 42, ..] => Err(MediaError::Unsupported("TIFF")),
        [b'B', b'M', ..] => Err(MediaError::Unsupported("BMP")),
        [b'<', b's', b'v', b'g', ..] | [b'<', b'?', b'x', b'm', b'l', ..] => {
            Err(MediaError::Unsupported("SVG"))
        }
        _ if prefix.len() < SIGNATURE && could_begin(prefix) => Ok(None),
        _ => Err(MediaError::NotAnImage),
    }
}

/// Whether these few bytes may still grow into a picture.
fn could_begin(prefix: &[u8]) -> bool {
    const STARTS: [&[u8]; 5] = [
        &[0xFF, 0xD8, 0xFF],
        b"\x89PNG\r\n\x1A\n",
        b"RIFF",
        b"GIF8",
        foreign::MAGIC,
    ];
    STARTS
        .iter()
        .any(|start| prefix.starts_with(start) || start.starts_with(prefix))
        || (prefix.starts_with(&[0]) && prefix.len() < SIGNATURE)
}

/// The orientation a whole file asks for: WebP writes it behind its picture.
pub(super) fn recorded_orientation(file: &[u8], probe: &Probe) -> Orientation {
    match probe.format {
        Format::WebP => webp::exif(file).map_or(Orientation::UPRIGHT, orientation_of),
        _ => probe.orientation,
    }
}

/// Whether a whole WebP file is lossless.
pub(super) fn recorded_lossless(file: &[u8]) -> bool {
    webp::is_lossless(file)
}

/// The orientation an EXIF block asks for; a wrong one is taken as upright.
fn orientation_of(tiff: &[u8]) -> Orientation {
    exif::orientation(tiff)
        .and_then(Orientation::from_exif)
        .unwrap_or(Orientation::UPRIGHT)
}
