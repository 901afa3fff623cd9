//! JPEG markers up to the frame header (ITU-T T.81, annex B).

use super::super::bytes::Bytes;
use super::super::error::MediaError;
use super::super::orientation::Orientation;
use super::{Format, Probe, orientation_of};

/// `rest` follows `FF D8 FF`: its first byte is the first marker's code.
pub(super) fn probe(rest: &[u8]) -> Result<Option<Probe>, MediaError> {
    let mut bytes = Bytes(rest);
    let mut orientation = Orientation::UPRIGHT;
    let Some(mut code) = bytes.u8() else {
        return Ok(None);
    };
    loop {
        match code {
            // B.1.1.2: any number of fill bytes may precede a marker's code; TEM and RSTn stand alone.
            0xFF | 0x01 | 0xD0..=0xD7 => {}
            0xD8 => return Err(MediaError::Damaged("it begins twice")),
            0xD9 | 0xDA => {
                return Err(MediaError::Damaged(
                    "there is no frame header before the picture",
                ));
            }
            _ => {
                let Some(length) = bytes.be16() else {
                    return Ok(None);
                };
                let length = length
                    .checked_sub(2)
                    .ok_or(MediaError::Damaged("a marker is shorter than its length"))?;
                let Some(body) = bytes.take(usize::from(length)) else {
                    return Ok(None);
                };
                match (code, body) {
                    (0xE1, [b'E', b'x', b'i', b'f', 0, _, tiff @ ..]) => {
                        orientation = orientation_of(tiff);
                    }
                    (0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF, _) => {
                        return frame(code, body, orientation).map(Some);
                    }
                    _ => {}
                }
            }
        }
        code = match next_marker(&mut bytes, code) {
            Some(code) => code,
            None => return Ok(None),
        };
    }
}

/// The code of the next marker. Rubbish between markers is skipped, as libjpeg does.
fn next_marker(bytes: &mut Bytes<'_>, last: u8) -> Option<u8> {
    let mut previous = if last == 0xFF { 0xFF } else { 0 };
    loop {
        let byte = bytes.u8()?;
        if previous == 0xFF && byte != 0 && byte != 0xFF {
            return Some(byte);
        }
        previous = byte;
    }
}

/// B.2.2, frame header.
fn frame(code: u8, body: &[u8], orientation: Orientation) -> Result<Probe, MediaError> {
    match code {
        0xC0..=0xC2 => {}
        0xC3 => return Err(MediaError::Unsupported("lossless JPEG")),
        0xC9..=0xCB | 0xCD..=0xCF => return Err(MediaError::Unsupported("arithmetic coding")),
        _ => return Err(MediaError::Unsupported("hierarchical JPEG")),
    }
    let [depth, h1, h2, w1, w2, channels, ..] = *body else {
        return Err(MediaError::Damaged("the frame header is too short"));
    };
    if depth != 8 {
        return Err(MediaError::Unsupported("JPEG of more than 8 bits"));
    }
    let height = u16::from_be_bytes([h1, h2]);
    if height == 0 {
        // B.2.5: the number of lines may follow the first scan. Nothing writes that.
        return Err(MediaError::Unsupported("JPEG without a height"));
    }
    if !matches!(channels, 1 | 3 | 4) {
        return Err(MediaError::Unsupported("JPEG of this number of channels"));
    }
    Ok(Probe {
        format: Format::Jpeg,
        width: u32::from(u16::from_be_bytes([w1, w2])),
        height: u32::from(height),
        orientation,
        progressive: code == 0xC2,
        alpha: false,
        animated: false,
        depth,
        channels,
    })
}
