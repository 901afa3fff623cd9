//! IPTC-IIM (version 4.2) in Photoshop's image resources, as JPEG carries it.

use super::super::bytes::Bytes;
use super::{Statement, text};

/// The resource that holds the IIM records.
const IIM: u16 = 0x0404;

/// Data sets of the application record (2), and the longest value each may have.
const TITLE: (u8, usize) = (5, 64);
const KEYWORD: (u8, usize) = (25, 64);
const BY_LINE: (u8, usize) = (80, 32);
const CREDIT: (u8, usize) = (110, 32);
const COPYRIGHT: (u8, usize) = (116, 128);
const CAPTION: (u8, usize) = (120, 2000);

/// Reads the application record.
pub(super) fn read(resources: &[u8]) -> Statement {
    let mut statement = Statement::default();
    let mut bytes = Bytes(resource(resources).unwrap_or_default());
    // IIM 1.6: a marker, the record, the data set, two bytes of length.
    while let (Some(0x1C), Some(record), Some(set), Some(length)) =
        (bytes.u8(), bytes.u8(), bytes.u8(), bytes.be16())
    {
        // The top bit would mean an extended length; nothing here is that long.
        let Some(value) = bytes.take(usize::from(length)).filter(|_| length < 0x8000) else {
            break;
        };
        let Some(value) = text(value).filter(|_| record == 2) else {
            continue;
        };
        match set {
            80 => statement.creators.push(value),
            110 => statement.credit = Some(value),
            116 => statement.copyright = Some(value),
            5 => statement.title = Some(value),
            120 => statement.description = Some(value),
            25 => statement.keywords.push(value),
            _ => {}
        }
    }
    statement
}

/// The IIM records among Photoshop's resources.
fn resource(resources: &[u8]) -> Option<&[u8]> {
    let mut bytes = Bytes(resources);
    loop {
        if bytes.take(4)? != b"8BIM" {
            return None;
        }
        let id = bytes.be16()?;
        // A name as a Pascal string and the data, each padded to an even length.
        let name = usize::from(bytes.u8()?);
        bytes.take(name + usize::from(name.is_multiple_of(2)))?;
        let length = usize::try_from(bytes.be32()?).ok()?;
        let data = bytes.take(length)?;
        if id == IIM {
            return Some(data);
        }
        bytes.take(length % 2)?;
    }
}

/// Image resources with one record; nothing when there is nothing to say.
pub(super) fn write(statement: &Statement) -> Option<Vec<u8>> {
    // IIM 1:90: what follows is UTF-8; 2:00: version 4.
    let mut records = vec![0x1C, 1, 90, 0, 3, 0x1B, b'%', b'G', 0x1C, 2, 0, 0, 2, 0, 4];
    let empty = records.len();
    let mut put = |(set, most): (u8, usize), value: &str| {
        let end = (0..=most.min(value.len()))
            .rev()
            .find(|&end| value.is_char_boundary(end))
            .unwrap_or(0);
        let value = value.as_bytes().get(..end).unwrap_or_default();
        let Ok(length) = u16::try_from(value.len()) else {
            return;
        };
        records.extend_from_slice(&[0x1C, 2, set]);
        records.extend(length.to_be_bytes());
        records.extend_from_slice(value);
    };
    statement.title.iter().for_each(|title| put(TITLE, title));
    statement
        .keywords
        .iter()
        .for_each(|keyword| put(KEYWORD, keyword));
    statement
        .creators
        .iter()
        .for_each(|creator| put(BY_LINE, creator));
    statement
        .credit
        .iter()
        .for_each(|credit| put(CREDIT, credit));
    statement
        .copyright
        .iter()
        .for_each(|copyright| put(COPYRIGHT, copyright));
    statement
        .description
        .iter()
        .for_each(|description| put(CAPTION, description));
    if records.len() == empty {
        return None;
    }
    let mut out = b"8BIM\x04\x04\0\0".to_vec();
    out.extend(u32::try_from(records.len()).ok()?.to_be_bytes());
    let odd = records.len() % 2;
    out.extend(records);
    out.resize(out.len() + odd, 0);
    Some(out)
}
