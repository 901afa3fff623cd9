//! EXIF: a TIFF structure (TIFF 6.0, Exif 2.32), read with suspicion and built anew.

use super::super::bytes::Bytes;
use super::{Statement, text};

const DESCRIPTION: u16 = 0x010E;
const ORIENTATION: u16 = 0x0112;
const ARTIST: u16 = 0x013B;
const COPYRIGHT: u16 = 0x8298;
const EXIF_POINTER: u16 = 0x8769;
const DATE_ORIGINAL: u16 = 0x9003;

/// What `keep` carries of the first directory: make, model, software and date.
const KEPT_FIRST: [u16; 4] = [0x010F, 0x0110, 0x0131, 0x0132];

/// What `keep` carries of the Exif directory: exposure, aperture, sensitivity, dates,
/// flash, focal length, lens. Not: maker notes (0x927C), the owner (0xA430),
/// serial numbers (0xA431, 0xA435) and the unique id (0xA420).
const KEPT_EXIF: [u16; 29] = [
    0x829A, 0x829D, 0x8822, 0x8827, 0x8830, 0x9000, 0x9003, 0x9004, 0x9010, 0x9011, 0x9012, 0x9201,
    0x9202, 0x9204, 0x9205, 0x9207, 0x9208, 0x9209, 0x920A, 0xA402, 0xA403, 0xA404, 0xA405, 0xA406,
    0xA408, 0xA409, 0xA40A, 0xA433, 0xA434,
];

/// A longer value is not one of those that are kept.
const MAX_VALUE: usize = 1024;

/// A directory of more entries is not believed.
const MAX_ENTRIES: u16 = 512;

/// The byte order of a structure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    Big,
    Little,
}

impl Order {
    fn short(self, bytes: &mut Bytes<'_>) -> Option<u16> {
        match self {
            Self::Big => bytes.be16(),
            Self::Little => bytes.le16(),
        }
    }

    fn long(self, bytes: &mut Bytes<'_>) -> Option<u32> {
        match self {
            Self::Big => bytes.be32(),
            Self::Little => bytes.le32(),
        }
    }

    fn put_short(self, value: u16) -> [u8; 2] {
        match self {
            Self::Big => value.to_be_bytes(),
            Self::Little => value.to_le_bytes(),
        }
    }

    fn put_long(self, value: u32) -> [u8; 4] {
        match self {
            Self::Big => value.to_be_bytes(),
            Self::Little => value.to_le_bytes(),
        }
    }
}

/// One field, its value in the byte order of its structure.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Field {
    tag: u16,
    kind: u16,
    count: u32,
    value: Vec<u8>,
}

impl Field {
    fn ascii(tag: u16, text: &str) -> Self {
        let mut value = text.as_bytes().to_vec();
        value.push(0);
        Self {
            tag,
            kind: 2,
            count: u32::try_from(value.len()).unwrap_or(u32::MAX),
            value,
        }
    }
}

/// The orientation the first directory asks for.
pub(crate) fn orientation(tiff: &[u8]) -> Option<u16> {
    let (order, fields) = first(tiff)?;
    let field = fields.iter().find(|field| field.tag == ORIENTATION)?;
    let mut value = Bytes(&field.value);
    match field.kind {
        1 => value.u8().map(u16::from),
        3 => order.short(&mut value),
        4 => order
            .long(&mut value)
            .and_then(|value| u16::try_from(value).ok()),
        _ => None,
    }
}

/// What the structure says about the picture.
pub(super) fn read(tiff: &[u8]) -> Statement {
    let Some((order, fields)) = first(tiff) else {
        return Statement::default();
    };
    let ascii = |fields: &[Field], tag: u16| {
        fields
            .iter()
            .find(|field| field.tag == tag && field.kind == 2)
            .and_then(|field| text(&field.value))
    };
    let detail = exif_directory(tiff, order, &fields);
    Statement {
        creators: ascii(&fields, ARTIST)
            .map(|all| {
                all.split(';')
                    .map(str::trim)
                    .filter(|name| !name.is_empty())
                    .map(str::to_owned)
                    .collect()
            })
            .unwrap_or_default(),
        copyright: ascii(&fields, COPYRIGHT),
        description: ascii(&fields, DESCRIPTION),
        created: ascii(&detail, DATE_ORIGINAL).and_then(|date| iso_date(&date)),
        ..Statement::default()
    }
}

/// `2024:05:17 12:30:00` as XMP writes it.
fn iso_date(date: &str) -> Option<String> {
    let (day, time) = date.split_once(' ')?;
    let digits = |part: &str| part.chars().all(|c| c.is_ascii_digit() || c == ':');
    (digits(day) && digits(time)).then(|| format!("{}T{time}", day.replace(':', "-")))
}

/// A structure that says what the statement says, and keeps the harmless fields of `old`.
pub(super) fn write(statement: &Statement, old: Option<&[u8]>) -> Option<Vec<u8>> {
    let (order, mut fields, mut detail) = match old.and_then(|old| Some((old, first(old)?))) {
        Some((old, (order, fields))) => {
            let detail = exif_directory(old, order, &fields);
            (order, kept(fields, &KEPT_FIRST), kept(detail, &KEPT_EXIF))
        }
        None => (Order::Big, Vec::new(), Vec::new()),
    };
    let joined = statement.creators.join("; ");
    let texts = [
        (DESCRIPTION, statement.description.as_deref()),
        (ARTIST, (!joined.is_empty()).then_some(joined.as_str())),
        (COPYRIGHT, statement.copyright.as_deref()),
    ];
    fields.extend(
        texts
            .into_iter()
            .filter_map(|(tag, text)| Some(Field::ascii(tag, text?))),
    );
    if fields.is_empty() && detail.is_empty() {
        return None;
    }
    let mut out = match order {
        Order::Big => b"MM\0*".to_vec(),
        Order::Little => b"II*\0".to_vec(),
    };
    out.extend(order.put_long(8));
    detail.sort_by_key(|field| field.tag);
    if !detail.is_empty() {
        // Its place is known once the first directory is; its length does not depend on it.
        fields.push(Field {
            tag: EXIF_POINTER,
            kind: 4,
            count: 1,
            value: vec![0; 4],
        });
        fields.sort_by_key(|field| field.tag);
        let place = u32::try_from(out.len() + length(&fields)).ok()?;
        for field in fields.iter_mut().filter(|field| field.tag == EXIF_POINTER) {
            field.value = order.put_long(place).to_vec();
        }
    }
    fields.sort_by_key(|field| field.tag);
    put_directory(&mut out, order, &fields)?;
    if !detail.is_empty() {
        put_directory(&mut out, order, &detail)?;
    }
    Some(out)
}

fn kept(fields: Vec<Field>, tags: &[u16]) -> Vec<Field> {
    fields
        .into_iter()
        .filter(|field| tags.contains(&field.tag) && field.value.len() <= MAX_VALUE)
        .collect()
}

/// The byte order and the fields of the first directory.
fn first(tiff: &[u8]) -> Option<(Order, Vec<Field>)> {
    let order = match tiff.first_chunk::<4>()? {
        b"MM\0*" => Order::Big,
        b"II*\0" => Order::Little,
        _ => return None,
    };
    let place = order.long(&mut Bytes(tiff.get(4..)?))?;
    Some((order, directory(tiff, order, place)))
}

/// The fields of the Exif directory, if there is one.
fn exif_directory(tiff: &[u8], order: Order, fields: &[Field]) -> Vec<Field> {
    let pointer = fields.iter().find(|field| field.tag == EXIF_POINTER);
    let place = pointer.and_then(|field| order.long(&mut Bytes(&field.value)));
    place
        .map(|place| directory(tiff, order, place))
        .unwrap_or_default()
}

/// As many fields of a directory as can be read.
fn directory(tiff: &[u8], order: Order, place: u32) -> Vec<Field> {
    let start = usize::try_from(place).unwrap_or(usize::MAX);
    let mut bytes = Bytes(tiff.get(start..).unwrap_or_default());
    let count = order.short(&mut bytes).unwrap_or(0).min(MAX_ENTRIES);
    (0..count)
        .map_while(|_| bytes.take(12))
        .filter_map(|entry| field(tiff, order, Bytes(entry)))
        .collect()
}

/// TIFF 6.0, section 2: a value of four bytes or less stands in the entry, a longer
/// one where the entry points to.
fn field(tiff: &[u8], order: Order, mut entry: Bytes<'_>) -> Option<Field> {
    let (tag, kind) = (order.short(&mut entry)?, order.short(&mut entry)?);
    let count = order.long(&mut entry)?;
    let size = match kind {
        1 | 2 | 6 | 7 => 1,
        3 | 8 => 2,
        4 | 9 | 11 => 4,
        5 | 10 | 12 => 8,
        _ => return None,
    };
    let length = usize::try_from(count).ok()?.checked_mul(size)?;
    let value = if length <= 4 {
        entry.0.get(..length)?
    } else {
        let place = usize::try_from(order.long(&mut entry)?).ok()?;
        tiff.get(place..place.checked_add(length)?)?
    };
    Some(Field {
        tag,
        kind,
        count,
        value: value.to_vec(),
    })
}

/// Bytes of a directory with its long values.
fn length(fields: &[Field]) -> usize {
    let long = |field: &Field| {
        if field.value.len() > 4 {
            field.value.len().next_multiple_of(2)
        } else {
            0
        }
    };
    2 + fields.len() * 12 + 4 + fields.iter().map(long).sum::<usize>()
}

/// A directory, the last in its chain, and the long values behind it.
fn put_directory(out: &mut Vec<u8>, order: Order, fields: &[Field]) -> Option<()> {
    let mut place = out.len() + 2 + fields.len() * 12 + 4;
    let mut long = Vec::new();
    out.extend(order.put_short(u16::try_from(fields.len()).ok()?));
    for field in fields {
        out.extend(order.put_short(field.tag));
        out.extend(order.put_short(field.kind));
        out.extend(order.put_long(field.count));
        if field.value.len() <= 4 {
            let mut value = field.value.clone();
            value.resize(4, 0);
            out.extend(value);
        } else {
            out.extend(order.put_long(u32::try_from(place).ok()?));
            let padded = field.value.len().next_multiple_of(2);
            long.extend_from_slice(&field.value);
            long.resize(long.len() + padded - field.value.len(), 0);
            place += padded;
        }
    }
    out.extend(order.put_long(0));
    out.extend(long);
    Some(())
}
