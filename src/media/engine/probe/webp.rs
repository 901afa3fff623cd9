//! WebP: the first chunk holds the size (RFC 9649, 2).

use super::super::bytes::Bytes;
use super::super::error::MediaError;
use super::super::orientation::Orientation;
use super::{Format, Probe};

/// `rest` follows `RIFF....WEBP`. The orientation is in a chunk behind the
/// picture and is read when the file is whole.
pub(super) fn probe(rest: &[u8]) -> Result<Option<Probe>, MediaError> {
    let mut bytes = Bytes(rest);
    let (Some(name), Some(_length)) = (bytes.take(4), bytes.le32()) else {
        return Ok(None);
    };
    let size = match name {
        b"VP8 " => lossy(bytes)?,
        b"VP8L" => lossless(bytes)?,
        b"VP8X" => extended(bytes),
        _ => {
            return Err(MediaError::Damaged(
                "the WebP does not begin with a picture",
            ));
        }
    };
    Ok(size.map(
        |Size {
             width,
             height,
             alpha,
             animated,
         }| Probe {
            format: Format::WebP,
            width,
            height,
            orientation: Orientation::UPRIGHT,
            progressive: false,
            alpha,
            animated,
            depth: 8,
            channels: if alpha { 4 } else { 3 },
        },
    ))
}

struct Size {
    width: u32,
    height: u32,
    alpha: bool,
    animated: bool,
}

/// RFC 6386, 9.1: three bytes of frame tag, a start code, then fourteen bits each.
fn lossy(mut bytes: Bytes<'_>) -> Result<Option<Size>, MediaError> {
    let (Some(_tag), Some(start), Some(width), Some(height)) =
        (bytes.take(3), bytes.take(3), bytes.le16(), bytes.le16())
    else {
        return Ok(None);
    };
    if start != [0x9D, 0x01, 0x2A] {
        return Err(MediaError::Damaged("the WebP frame has no start code"));
    }
    let (width, height) = (u32::from(width & 0x3FFF), u32::from(height & 0x3FFF));
    Ok(Some(Size {
        width,
        height,
        alpha: false,
        animated: false,
    }))
}

/// RFC 9649, 3.4: a signature, then fourteen bits each of size minus one, and an alpha bit.
fn lossless(mut bytes: Bytes<'_>) -> Result<Option<Size>, MediaError> {
    let (Some(signature), Some(bits)) = (bytes.u8(), bytes.le32()) else {
        return Ok(None);
    };
    if signature != 0x2F {
        return Err(MediaError::Damaged("the lossless WebP has no signature"));
    }
    let (width, height) = ((bits & 0x3FFF) + 1, ((bits >> 14) & 0x3FFF) + 1);
    Ok(Some(Size {
        width,
        height,
        alpha: bits >> 28 & 1 == 1,
        animated: false,
    }))
}

/// RFC 9649, 2.7: flags, then twenty-four bits each of canvas size minus one.
fn extended(mut bytes: Bytes<'_>) -> Option<Size> {
    let (flags, _reserved) = (bytes.u8()?, bytes.take(3)?);
    let (width, height) = (bytes.le24()? + 1, bytes.le24()? + 1);
    Some(Size {
        width,
        height,
        alpha: flags & 0x10 != 0,
        animated: flags & 0x02 != 0,
    })
}

/// The EXIF chunk of a whole file (RFC 9649, 2.7.1.5).
pub(super) fn exif(file: &[u8]) -> Option<&[u8]> {
    let body = chunk(file, *b"EXIF")?;
    // Some writers put JPEG's prefix before the TIFF structure.
    Some(body.strip_prefix(b"Exif\0\0").unwrap_or(body))
}

/// Whether a whole file's picture is lossless. Frames of an animation may be either
/// and are taken for what needs more memory.
pub(super) fn is_lossless(file: &[u8]) -> bool {
    chunk(file, *b"VP8L").is_some() || chunk(file, *b"ANMF").is_some()
}

/// The body of the first chunk of a name.
fn chunk(file: &[u8], wanted: [u8; 4]) -> Option<&[u8]> {
    let mut bytes = Bytes(file.get(12..)?);
    loop {
        let (name, length) = (bytes.take(4)?, usize::try_from(bytes.le32()?).ok()?);
        let body = bytes.take(length)?;
        if *name == wanted {
            return Some(body);
        }
        // Chunks are padded to an even length.
        bytes.take(length % 2)?;
    }
}
