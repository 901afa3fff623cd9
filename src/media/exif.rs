//! The one EXIF field that changes pixels.

use super::bytes::Bytes;

/// The value of tag 0x0112 in the first directory of a TIFF block (TIFF 6.0, 2).
pub(super) fn orientation(tiff: &[u8]) -> Option<u16> {
    const ORIENTATION: u16 = 0x0112;
    let big = match tiff.first_chunk::<4>()? {
        b"MM\0*" => true,
        b"II*\0" => false,
        _ => return None,
    };
    let short = |bytes: &mut Bytes<'_>| if big { bytes.be16() } else { bytes.le16() };
    let long = |bytes: &mut Bytes<'_>| if big { bytes.be32() } else { bytes.le32() };
    let mut header = Bytes(tiff.get(4..)?);
    let first = usize::try_from(long(&mut header)?).ok()?;
    let mut directory = Bytes(tiff.get(first..)?);
    let entries = short(&mut directory)?;
    for _ in 0..entries {
        let mut entry = Bytes(directory.take(12)?);
        let (tag, kind) = (short(&mut entry)?, short(&mut entry)?);
        let _count = long(&mut entry)?;
        if tag == ORIENTATION {
            return match kind {
                1 => entry.u8().map(u16::from),
                3 => short(&mut entry),
                4 => long(&mut entry).and_then(|value| u16::try_from(value).ok()),
                _ => None,
            };
        }
    }
    None
}
