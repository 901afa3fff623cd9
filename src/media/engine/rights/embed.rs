//! Metadata into files that have been written already.

mod avif;
mod jxl;
#[cfg(test)]
mod tests;
mod webp;

use super::Packets;

pub use avif::into_avif;
pub use jxl::{SIGNATURE as JXL_SIGNATURE, into_jxl};
pub use webp::into_webp;

/// The longest body of a JPEG segment.
const SEGMENT: usize = 65_533;

/// Inserts the packets into a JPEG, behind its JFIF segment.
pub(crate) fn into_jpeg(file: Vec<u8>, packets: &Packets) -> Vec<u8> {
    let mut segments = Vec::new();
    let mut put = |marker: u8, name: &[u8], body: Option<&[u8]>| {
        let Some(body) = body.filter(|body| name.len() + body.len() <= SEGMENT) else {
            return;
        };
        let Ok(length) = u16::try_from(name.len() + body.len() + 2) else {
            return;
        };
        segments.extend_from_slice(&[0xFF, marker]);
        segments.extend(length.to_be_bytes());
        segments.extend_from_slice(name);
        segments.extend_from_slice(body);
    };
    put(0xE1, b"Exif\0\0", packets.exif.as_deref());
    put(
        0xE1,
        b"http://ns.adobe.com/xap/1.0/\0",
        packets.xmp.as_deref(),
    );
    put(0xED, b"Photoshop 3.0\0", packets.photoshop.as_deref());
    let start = match *file {
        [0xFF, 0xD8, 0xFF, 0xE0, high, low, ..] => 4 + usize::from(u16::from_be_bytes([high, low])),
        _ => 2,
    };
    insert(file, start, &segments)
}

/// Inserts the XMP packet into a GIF, in front of its end; GIF has a place for no other.
///
/// The packet is no series of blocks: its bytes are taken for lengths, and whichever of
/// the last 257 numbers is met leads to the end (XMP specification, part 3, 1.1.2).
pub(crate) fn into_gif(mut file: Vec<u8>, packets: &Packets) -> Vec<u8> {
    let Some(xmp) = &packets.xmp else { return file };
    if file.pop_if(|last| *last == 0x3B).is_none() {
        return file;
    }
    file.extend(b"\x21\xFF\x0BXMP DataXMP");
    file.extend(xmp);
    file.push(1);
    file.extend((0..=u8::MAX).rev());
    file.extend([0, 0x3B]);
    file
}

/// Inserts the packets into a PNG, behind its header.
pub(crate) fn into_png(file: Vec<u8>, packets: &Packets) -> Vec<u8> {
    let mut chunks = Vec::new();
    if let Some(exif) = &packets.exif {
        put_chunk(&mut chunks, *b"eXIf", &[exif]);
    }
    if let Some(xmp) = &packets.xmp {
        // A keyword, not compressed, no language, no translated keyword.
        put_chunk(
            &mut chunks,
            *b"iTXt",
            &[b"XML:com.adobe.xmp\0\0\0\0\0", xmp],
        );
    }
    // The signature and the header chunk.
    insert(file, 8 + 25, &chunks)
}

fn put_chunk(out: &mut Vec<u8>, name: [u8; 4], body: &[&[u8]]) {
    let length: usize = body.iter().map(|part| part.len()).sum();
    let Ok(length) = u32::try_from(length) else {
        return;
    };
    out.extend(length.to_be_bytes());
    let mut checksum = crc32fast::Hasher::new();
    for part in std::iter::once(name.as_slice()).chain(body.iter().copied()) {
        checksum.update(part);
        out.extend_from_slice(part);
    }
    out.extend(checksum.finalize().to_be_bytes());
}

fn insert(file: Vec<u8>, at: usize, inserted: &[u8]) -> Vec<u8> {
    match file.split_at_checked(at) {
        Some((before, after)) if !inserted.is_empty() => [before, inserted, after].concat(),
        _ => file,
    }
}
