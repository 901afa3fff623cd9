//! PNG chunks up to the first image data (W3C PNG, third edition, 11).

use super::super::bytes::Bytes;
use super::super::error::MediaError;
use super::super::orientation::Orientation;
use super::{Format, Probe, orientation_of};

/// `rest` follows the signature.
pub(super) fn probe(rest: &[u8]) -> Result<Option<Probe>, MediaError> {
    let mut bytes = Bytes(rest);
    let mut found: Option<Probe> = None;
    loop {
        let (Some(length), Some(name)) = (bytes.be32(), bytes.take(4)) else {
            return Ok(None);
        };
        if found.is_none() && name != b"IHDR" {
            return Err(MediaError::Damaged(
                "the PNG does not begin with its header",
            ));
        }
        if matches!(name, b"IDAT" | b"fdAT" | b"IEND") {
            return Ok(found);
        }
        if length > 0x7FFF_FFFF {
            return Err(MediaError::Damaged("a PNG chunk is longer than PNG allows"));
        }
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let (Some(body), Some(_checksum)) = (bytes.take(length), bytes.be32()) else {
            return Ok(None);
        };
        match (name, &mut found) {
            (b"IHDR", found @ None) => *found = Some(header(body)?),
            (b"acTL", Some(found)) => found.animated = true,
            (b"tRNS", Some(found)) => found.alpha = true,
            (b"eXIf", Some(found)) => found.orientation = orientation_of(body),
            _ => {}
        }
    }
}

/// 11.2.1, image header.
fn header(body: &[u8]) -> Result<Probe, MediaError> {
    let [
        w1,
        w2,
        w3,
        w4,
        h1,
        h2,
        h3,
        h4,
        depth,
        colour,
        _,
        _,
        interlace,
    ] = *body
    else {
        return Err(MediaError::Damaged("the PNG header has the wrong length"));
    };
    let channels = match colour {
        0 | 3 => 1,
        2 => 3,
        4 => 2,
        6 => 4,
        _ => return Err(MediaError::Damaged("the PNG has an unknown colour type")),
    };
    Ok(Probe {
        format: Format::Png,
        width: u32::from_be_bytes([w1, w2, w3, w4]),
        height: u32::from_be_bytes([h1, h2, h3, h4]),
        orientation: Orientation::UPRIGHT,
        progressive: interlace != 0,
        alpha: matches!(colour, 4 | 6),
        animated: false,
        depth,
        channels,
    })
}
