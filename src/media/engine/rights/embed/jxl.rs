//! Metadata into a JPEG XL file (ISO/IEC 18181-2): a bare codestream gets a
//! container with an `Exif` and an `xml ` box.

use super::super::super::boxes::put;
use super::super::Packets;

/// The container's signature box, whole.
pub const SIGNATURE: &[u8] = &[0, 0, 0, 12, b'J', b'X', b'L', b' ', 0x0D, 0x0A, 0x87, 0x0A];

/// Inserts the packets. What is in a container already stays as it is.
#[must_use]
pub fn into_jxl(file: Vec<u8>, packets: &Packets) -> Vec<u8> {
    let wanted = packets.exif.is_some() || packets.xmp.is_some();
    if !wanted || !file.starts_with(&[0xFF, 0x0A]) {
        return file;
    }
    contained(&file, packets).unwrap_or(file)
}

fn contained(codestream: &[u8], packets: &Packets) -> Option<Vec<u8>> {
    let mut out = SIGNATURE.to_vec();
    // The brand, its version, and the one brand it is compatible with.
    put(&mut out, *b"ftyp", &[b"jxl ", &[0; 4], b"jxl "])?;
    if let Some(exif) = &packets.exif {
        // Where the TIFF header begins: at once.
        put(&mut out, *b"Exif", &[&[0; 4], exif])?;
    }
    if let Some(xmp) = &packets.xmp {
        put(&mut out, *b"xml ", &[xmp])?;
    }
    put(&mut out, *b"jxlc", &[codestream])?;
    Some(out)
}
