//! The header of an AVIF file (ISO/IEC 23008-12): the properties of its primary
//! item, and the items that describe it.

use super::super::boxes::{self, Box, Bytes, Locations};
use super::super::job::{Flip, Rotation};
use super::super::orientation::Orientation;
use super::super::source::Facts;
use super::{Header, clap::Crop};

/// Reads it. Cropping (`clap`) is the decoder's work, turning is not.
pub fn header(file: &[u8]) -> Option<Header> {
    let top = boxes::split_some(file);
    let meta = find(&top, *b"meta")?.get(4..)?;
    let meta = boxes::split(meta)?;
    let mut pitm = Bytes(find(&meta, *b"pitm")?);
    let primary = if pitm.number(4)? >> 24 == 0 {
        pitm.number(2)?
    } else {
        pitm.number(4)?
    };
    let iprp = boxes::split(find(&meta, *b"iprp")?)?;
    let properties = boxes::split(find(&iprp, *b"ipco")?)?;
    let mine = associated(find(&iprp, *b"ipma")?, primary)?;
    let mut size = None;
    let mut clap = None;
    let mut turn = Orientation::UPRIGHT;
    let mut icc = None;
    for at in mine {
        let Some(property) = at.checked_sub(1).and_then(|at| properties.get(at)) else {
            continue;
        };
        match (&property.kind, property.body) {
            (b"ispe", body) => {
                let mut body = Bytes(body.get(4..)?);
                let mut number = || u32::try_from(body.number(4)?).ok();
                size = Some((number()?, number()?));
            }
            (b"clap", body) => clap = Some(body),
            // Counter-clockwise quarters.
            (b"irot", [quarters, ..]) => {
                turn = turn.then(Orientation::from_rotation(match quarters & 3 {
                    0 => Rotation::None,
                    1 => Rotation::ThreeQuarters,
                    2 => Rotation::Half,
                    _ => Rotation::Quarter,
                }));
            }
            (b"imir", [axis, ..]) => {
                turn = turn.then(Orientation::from_flip(Flip {
                    horizontal: axis & 1 == 1,
                    vertical: axis & 1 == 0,
                }));
            }
            (b"colr", [b'p', b'r' | b'o', b'o' | b'f', b'f', profile @ ..]) => {
                icc = Some(profile.to_vec());
            }
            _ => {}
        }
    }
    let size = size?;
    let crop = clap.map_or(Crop::whole(size), |body| Crop::read(body, size));
    Some(Header {
        width: crop.width,
        height: crop.height,
        orientation: (1..=8).find(|&value| Orientation::from_exif(value) == Some(turn))?,
        facts: Facts {
            icc,
            ..described(file, &meta).unwrap_or_default()
        },
    })
}

pub(super) fn find<'a>(boxes: &[Box<'a>], kind: [u8; 4]) -> Option<&'a [u8]> {
    let found = boxes.iter().find(|found| found.kind == kind);
    found.map(|found| found.body)
}

/// The numbers, from one, of an item's properties (`ipma`).
pub(super) fn associated(body: &[u8], item: u64) -> Option<Vec<usize>> {
    let mut bytes = Bytes(body);
    let head = bytes.number(4)?;
    let (wide_ids, wide) = (head >> 24 >= 1, head & 1 == 1);
    for _ in 0..bytes.number(4)? {
        let id = bytes.number(if wide_ids { 4 } else { 2 })?;
        let mut mine = Vec::new();
        for _ in 0..bytes.number(1)? {
            // The highest bit says whether a reader must know the property.
            let number = if wide {
                bytes.number(2)? & 0x7FFF
            } else {
                bytes.number(1)? & 0x7F
            };
            mine.push(usize::try_from(number).ok()?);
        }
        if id == item {
            return Some(mine);
        }
    }
    None
}

/// The EXIF and XMP items.
fn described(file: &[u8], meta: &[Box]) -> Option<Facts> {
    let locations = Locations::read(find(meta, *b"iloc")?)?;
    let bytes = |id: u16| {
        let item = locations.items.iter().find(|item| item.id == id)?;
        let &[(at, length)] = item.extents.as_slice() else {
            return None;
        };
        file.get(usize::try_from(at).ok()?..)?
            .get(..usize::try_from(length).ok()?)
    };
    let mut facts = Facts::default();
    for entry in boxes::split(find(meta, *b"iinf")?.get(6..)?)? {
        // Version 2: id, protection, type, then a name and a content type.
        let [2, _, _, _, high, low, _, _, kind @ ..] = entry.body else {
            continue;
        };
        let id = u16::from_be_bytes([*high, *low]);
        if kind.starts_with(b"Exif") {
            facts.exif = bytes(id).and_then(tiff).map(<[u8]>::to_vec);
        } else if kind.starts_with(b"mime") && kind.windows(7).any(|part| part == b"rdf+xml") {
            facts.xmp = bytes(id).map(<[u8]>::to_vec);
        }
    }
    Some(facts)
}

/// The TIFF structure of an EXIF item or box, which says first how far off it begins.
pub fn tiff(body: &[u8]) -> Option<&[u8]> {
    let (skip, rest) = body.split_first_chunk::<4>()?;
    rest.get(usize::try_from(u32::from_be_bytes(*skip)).ok()?..)
}
