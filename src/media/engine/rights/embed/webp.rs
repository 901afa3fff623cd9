//! Metadata into a WebP file (RFC 9649): an `EXIF` and an `XMP ` chunk behind
//! the picture, announced by the flags of a `VP8X` chunk in front of it.

use super::super::Packets;

/// The flags of `VP8X`.
const ALPHA: u8 = 0x10;
const EXIF: u8 = 0x08;
const XMP: u8 = 0x04;

/// Inserts the packets. A file that is no still WebP stays as it is.
#[must_use]
pub fn into_webp(file: Vec<u8>, packets: &Packets) -> Vec<u8> {
    extended(&file, packets).unwrap_or(file)
}

fn extended(file: &[u8], packets: &Packets) -> Option<Vec<u8>> {
    let mut flags = flag(packets.exif.as_deref(), EXIF) | flag(packets.xmp.as_deref(), XMP);
    let pictures = file
        .strip_prefix(b"RIFF")?
        .get(4..)?
        .strip_prefix(b"WEBP")?;
    if flags == 0 {
        return None;
    }
    let (name, length, body) = match pictures {
        [a, b, c, d, size @ ..] => (
            [*a, *b, *c, *d],
            u32::from_le_bytes(*size.first_chunk::<4>()?),
            size.get(4..)?,
        ),
        _ => return None,
    };
    let (header, rest) = match &name {
        b"VP8X" => {
            let length = usize::try_from(length).ok()?;
            flags |= body.first()?;
            (body.get(1..length)?.to_vec(), body.get(length..)?)
        }
        b"VP8L" => {
            // Fourteen bits of width and of height, each less one, and one of alpha.
            let bits = u32::from_le_bytes(*body.get(1..)?.first_chunk::<4>()?);
            flags |= if bits >> 28 & 1 == 1 { ALPHA } else { 0 };
            (canvas(bits & 0x3FFF, bits >> 14 & 0x3FFF), pictures)
        }
        b"VP8 " => {
            let [w0, w1, h0, h1] = *body.get(6..)?.first_chunk::<4>()?;
            let side = |bytes| u32::from(u16::from_le_bytes(bytes) & 0x3FFF).checked_sub(1);
            (canvas(side([w0, w1])?, side([h0, h1])?), pictures)
        }
        _ => return None,
    };
    let mut out = b"RIFF\0\0\0\0WEBP".to_vec();
    let mut first = vec![flags];
    first.extend(header);
    put(&mut out, *b"VP8X", &first)?;
    out.extend_from_slice(rest);
    put(
        &mut out,
        *b"EXIF",
        packets.exif.as_deref().unwrap_or_default(),
    )?;
    put(
        &mut out,
        *b"XMP ",
        packets.xmp.as_deref().unwrap_or_default(),
    )?;
    let size = u32::try_from(out.len().checked_sub(8)?).ok()?;
    out.get_mut(4..8)?.copy_from_slice(&size.to_le_bytes());
    Some(out)
}

fn flag(packet: Option<&[u8]>, flag: u8) -> u8 {
    packet.map_or(0, |_| flag)
}

/// Three reserved bytes, and the canvas' sides, each less one.
fn canvas(width: u32, height: u32) -> Vec<u8> {
    let mut out = vec![0; 3];
    for side in [width, height] {
        out.extend(side.to_le_bytes().iter().take(3));
    }
    out
}

/// A chunk, padded to an even length; nothing for an empty body.
pub(in super::super) fn put(out: &mut Vec<u8>, name: [u8; 4], body: &[u8]) -> Option<()> {
    if body.is_empty() {
        return Some(());
    }
    out.extend(name);
    out.extend(u32::try_from(body.len()).ok()?.to_le_bytes());
    out.extend_from_slice(body);
    if body.len() % 2 == 1 {
        out.push(0);
    }
    Some(())
}
