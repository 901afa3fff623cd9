//! Where in an AVIF file its picture lies (ISO/IEC 23008-12 and the AVIF
//! specification): one coded item or a grid of them, and the same for its alpha.

use std::ops::Range;

use super::super::boxes::{self, Box, Bytes};
use super::avif::{associated, find};
use super::clap::Crop;

/// A file's picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// Its colours.
    pub colour: Grid,
    /// Its alpha, if it has any.
    pub alpha: Option<Grid>,
    /// Whether the colours are multiplied by it.
    pub premultiplied: bool,
    /// What the samples mean, where the file says so and not the coded data alone.
    pub meaning: Option<Meaning>,
    /// Whether an ICC profile says what the colours mean.
    pub has_icc: bool,
    /// The part of the pixels that is the picture.
    pub crop: Crop,
}

/// Pictures side by side, row after row; one, as a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grid {
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// Tiles in a row.
    pub columns: usize,
    /// Where in the file the coded data of each lies: its parts, in order.
    pub tiles: Vec<Vec<Range<usize>>>,
    /// Half-bytes that a pixel takes when it is decoded.
    pub nibbles: u64,
    /// Which of its layers a coded item shows (`a1op`).
    pub operating_point: u8,
}

/// Coding-independent code points (ITU-T H.273).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Meaning {
    /// `ColourPrimaries`.
    pub primaries: u16,
    /// `TransferCharacteristics`.
    pub transfer: u16,
    /// `MatrixCoefficients`.
    pub matrix: u16,
    /// Whether samples use all their values.
    pub full_range: bool,
}

const ALPHA: [&[u8]; 2] = [
    b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0",
    b"urn:mpeg:hevc:2015:auxid:1\0",
];

/// More tiles than any camera writes; more items; more bytes that say what they are.
const MOST_TILES: usize = 256;
const MOST_ITEMS: u64 = 4096;
const MOST_ENTRIES: usize = 1 << 18;

/// Reads it; `None` if it contradicts itself.
#[must_use]
pub fn layout(file: &[u8]) -> Option<Layout> {
    let meta = Meta::read(file)?;
    let colour = meta.grid(meta.primary)?;
    let mut layout = Layout {
        crop: Crop::whole((colour.width, colour.height)),
        colour,
        alpha: None,
        premultiplied: false,
        meaning: None,
        has_icc: false,
    };
    for property in meta.properties(meta.primary)? {
        match (&property.kind, property.body) {
            (b"colr", [b'n', b'c', b'l', b'x', rest @ ..]) => {
                let mut bytes = Bytes(rest);
                let mut next = || u16::try_from(bytes.number(2)?).ok();
                layout.meaning = Some(Meaning {
                    primaries: next()?,
                    transfer: next()?,
                    matrix: next()?,
                    full_range: bytes.number(1)? >> 7 == 1,
                });
            }
            (b"colr", [b'p' | b'r', ..]) => layout.has_icc = true,
            (b"clap", body) => {
                let size = (layout.colour.width, layout.colour.height);
                layout.crop = Crop::read(body, size);
            }
            _ => {}
        }
    }
    for (from, to) in meta.references(*b"auxl") {
        let is_alpha = |property: &Box| {
            let kind = property.body.get(4..).unwrap_or_default();
            property.kind == *b"auxC" && ALPHA.iter().any(|alpha| kind.starts_with(alpha))
        };
        let alpha = to == meta.primary && meta.properties(from)?.into_iter().any(is_alpha);
        if alpha {
            layout.alpha = Some(meta.grid(from)?);
            layout.premultiplied = meta
                .references(*b"prem")
                .any(|pair| pair == (meta.primary, from));
            break;
        }
    }
    let size = |grid: &Grid| (grid.width, grid.height);
    let agrees = |alpha: &Grid| size(alpha) == size(&layout.colour);
    layout.alpha.as_ref().is_none_or(agrees).then_some(layout)
}

/// The boxes of `meta`.
struct Meta<'a> {
    file: &'a [u8],
    boxes: Vec<Box<'a>>,
    properties: Vec<Box<'a>>,
    primary: u64,
}

impl<'a> Meta<'a> {
    fn read(file: &'a [u8]) -> Option<Self> {
        let top = boxes::split_some(file);
        let boxes = boxes::split(find(&top, *b"meta")?.get(4..)?)?;
        let mut pitm = Bytes(find(&boxes, *b"pitm")?);
        let wide = pitm.number(4)? >> 24 > 0;
        let primary = pitm.number(if wide { 4 } else { 2 })?;
        let iprp = boxes::split(find(&boxes, *b"iprp")?)?;
        let properties = boxes::split(find(&iprp, *b"ipco")?)?;
        Some(Self {
            file,
            boxes,
            properties,
            primary,
        })
    }

    /// The properties of an item.
    fn properties(&self, item: u64) -> Option<Vec<&Box<'a>>> {
        let iprp = boxes::split(find(&self.boxes, *b"iprp")?)?;
        let numbers = associated(find(&iprp, *b"ipma")?, item)?;
        let numbers = numbers.into_iter().filter_map(|at| at.checked_sub(1));
        Some(numbers.filter_map(|at| self.properties.get(at)).collect())
    }

    /// The type of an item (`infe` of version 2 or 3).
    fn kind(&self, item: u64) -> Option<[u8; 4]> {
        let iinf = find(&self.boxes, *b"iinf")?;
        let entries = iinf.get(if iinf.first()? == &0 { 6.. } else { 8.. })?;
        if entries.len() > MOST_ENTRIES {
            return None;
        }
        boxes::split(entries)?.iter().find_map(|entry| {
            let mut bytes = Bytes(entry.body);
            let version = bytes.number(4)? >> 24;
            let id = bytes.number(if version == 2 { 2 } else { 4 })?;
            bytes.number(2)?;
            let kind = u32::try_from(bytes.number(4)?).ok()?;
            (version >= 2 && id == item).then_some(kind.to_be_bytes())
        })
    }

    /// Pairs of items of which one refers to the other in this way.
    fn references(&self, kind: [u8; 4]) -> impl Iterator<Item = (u64, u64)> {
        let iref = find(&self.boxes, *b"iref").unwrap_or_default();
        let size = if iref.first() == Some(&0) { 2 } else { 4 };
        let all = iref.get(4..).and_then(boxes::split).unwrap_or_default();
        all.into_iter()
            .filter(move |one| one.kind == kind)
            .filter_map(move |one| {
                let mut bytes = Bytes(one.body);
                let from = bytes.number(size)?;
                (0..bytes.number(2)?)
                    .map(|_| Some((from, bytes.number(size)?)))
                    .collect::<Option<Vec<_>>>()
            })
            .flatten()
    }

    /// An item's pictures.
    fn grid(&self, item: u64) -> Option<Grid> {
        let mut grid = Grid {
            width: 0,
            height: 0,
            columns: 1,
            tiles: Vec::new(),
            nibbles: 0,
            operating_point: 0,
        };
        for property in self.properties(item)? {
            if property.kind == *b"ispe" {
                let mut bytes = Bytes(property.body.get(4..)?);
                grid.width = u32::try_from(bytes.number(4)?).ok()?;
                grid.height = u32::try_from(bytes.number(4)?).ok()?;
            }
        }
        let tiles = match &self.kind(item)? {
            b"av01" => vec![item],
            b"grid" => {
                let place = self.place(item)?;
                let [place] = place.as_slice() else {
                    return None;
                };
                let [_, _, rows, columns, ..] = *self.file.get(place.clone())? else {
                    return None;
                };
                grid.columns = usize::from(columns) + 1;
                let tiles: Vec<u64> = self
                    .references(*b"dimg")
                    .filter(|&(from, _)| from == item)
                    .map(|(_, tile)| tile)
                    .collect();
                let count = grid.columns * (usize::from(rows) + 1);
                (tiles.len() == count && count <= MOST_TILES).then_some(tiles)?
            }
            _ => return None,
        };
        for &tile in &tiles {
            let coded = self.kind(tile)? == *b"av01";
            grid.tiles.push(coded.then(|| self.place(tile))??);
        }
        let properties = self.properties(*tiles.first()?)?;
        let config = properties.iter().find(|it| it.kind == *b"av1C")?;
        grid.nibbles = nibbles(*config.body.get(2)?);
        let shown = properties.iter().find(|it| it.kind == *b"a1op");
        grid.operating_point = shown.and_then(|it| it.body.first().copied()).unwrap_or(0);
        (grid.width > 0 && grid.height > 0).then_some(grid)
    }

    /// Where an item's data lies (`iloc`).
    fn place(&self, item: u64) -> Option<Vec<Range<usize>>> {
        let mut bytes = Bytes(find(&self.boxes, *b"iloc")?);
        let version = bytes.number(4)? >> 24;
        let sizes = bytes.number(2)?;
        let nibble = |at: u32| ((sizes >> at) & 15) as u8;
        let (offset, length, base) = (nibble(12), nibble(8), nibble(4));
        let index = if version == 0 { 0 } else { nibble(0) };
        let number = if version < 2 { 2 } else { 4 };
        let items = bytes.number(number).filter(|&items| items <= MOST_ITEMS)?;
        for _ in 0..items {
            let id = bytes.number(number)?;
            let method = if version == 0 {
                0
            } else {
                bytes.number(2)? & 15
            };
            let elsewhere = bytes.number(2)?;
            let base = bytes.number(base)?;
            let mut parts = Vec::new();
            let count = bytes.number(2)?;
            // Parts that take no bytes would be as many as somebody likes.
            if count > 1 && index + offset + length == 0 {
                return None;
            }
            for _ in 0..count {
                bytes.number(index)?;
                let from = base.checked_add(bytes.number(offset)?)?;
                parts.push((from, bytes.number(length)?));
            }
            if id == item {
                let start = self.start(method).filter(|_| elsewhere == 0)?;
                return parts
                    .into_iter()
                    .map(|part| self.range(start, part))
                    .collect();
            }
        }
        None
    }

    /// From where offsets count: in the file, or in `idat`.
    fn start(&self, method: u64) -> Option<usize> {
        match method {
            0 => Some(0),
            1 => {
                let idat = find(&self.boxes, *b"idat")?;
                (idat.as_ptr() as usize).checked_sub(self.file.as_ptr() as usize)
            }
            _ => None,
        }
    }

    fn range(&self, start: usize, (from, length): (u64, u64)) -> Option<Range<usize>> {
        let from = start.checked_add(usize::try_from(from).ok()?)?;
        // All the rest.
        let to = match usize::try_from(length).ok()? {
            0 => self.file.len(),
            length => from.checked_add(length)?,
        };
        (from <= to && to <= self.file.len()).then_some(from..to)
    }
}

/// What a pixel takes, by `av1C`: half-bytes.
fn nibbles(config: u8) -> u64 {
    let bytes = if config & 0x40 == 0 { 1 } else { 2 };
    let (mono, across, down) = (config & 0x10 != 0, config & 8 != 0, config & 4 != 0);
    bytes
        * match (mono, across, down) {
            (true, ..) => 2,
            (_, true, true) => 3,
            (_, true, false) => 4,
            _ => 6,
        }
}
