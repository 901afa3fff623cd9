//! Our form of a decoded picture: [`MAGIC`], then width, height, orientation and
//! the lengths of an EXIF structure, an XMP packet and an ICC profile (each four
//! bytes, big-endian), these three, and straight RGBA, rows from the top.

use super::super::bytes::Bytes;
use super::super::error::MediaError;
use super::super::orientation::Orientation;
use super::super::probe::{Format, Probe};
use super::super::source::Facts;
use super::Header;

/// No format begins like this.
pub const MAGIC: &[u8; 8] = b"\x8ERGBA\r\n\x1A";

/// The header of a decoded picture.
pub fn write(header: &Header) -> Vec<u8> {
    let Facts { exif, xmp, icc, .. } = &header.facts;
    let blobs = [exif, xmp, icc].map(|blob| blob.as_deref().unwrap_or_default());
    let mut out = MAGIC.to_vec();
    let lengths = blobs.map(|blob| u32::try_from(blob.len()).unwrap_or(0));
    let numbers = [header.width, header.height, header.orientation.into()];
    for number in numbers.into_iter().chain(lengths) {
        out.extend(number.to_be_bytes());
    }
    for (blob, length) in blobs.into_iter().zip(lengths) {
        out.extend(blob.iter().take(length as usize));
    }
    out
}

/// `rest` follows the magic.
pub fn probe(rest: &[u8]) -> Result<Option<Probe>, MediaError> {
    Ok(read(rest)?.map(|(header, _)| Probe {
        format: Format::Decoded,
        width: header.width,
        height: header.height,
        orientation: header.orientation(),
        progressive: false,
        alpha: true,
        animated: false,
        depth: 8,
        channels: 4,
    }))
}

/// The header, and what follows it.
pub fn read(rest: &[u8]) -> Result<Option<(Header, &[u8])>, MediaError> {
    let mut bytes = Bytes(rest);
    let mut numbers = [0; 6];
    for number in &mut numbers {
        let Some(read) = bytes.be32() else {
            return Ok(None);
        };
        *number = read;
    }
    let [width, height, orientation, lengths @ ..] = numbers;
    let mut blobs = [None, None, None];
    for (blob, length) in blobs.iter_mut().zip(lengths) {
        let Some(read) = bytes.take(length as usize) else {
            return Ok(None);
        };
        *blob = (length > 0).then(|| read.to_vec());
    }
    let orientation = u16::try_from(orientation).unwrap_or(0);
    if Orientation::from_exif(orientation).is_none() {
        return Err(MediaError::Damaged("its orientation is none"));
    }
    let [exif, xmp, icc] = blobs;
    let header = Header {
        width,
        height,
        orientation,
        facts: Facts {
            exif,
            xmp,
            icc,
            photoshop: None,
        },
    };
    Ok(Some((header, bytes.0)))
}
