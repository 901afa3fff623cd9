//! Metadata into an AVIF file (ISO/IEC 23008-12): an `Exif` and a `mime` item
//! that describe the primary one. Their bytes follow the file; `iinf`, `iloc`
//! and `iref` are written anew, and what `iloc` says about the items that are
//! there moves by what `meta` grows.

use super::super::super::boxes::{self, Box, Location, Locations, put};
use super::super::Packets;

/// Inserts the packets. A file of another build than encoders make stays as it is.
#[must_use]
pub fn into_avif(file: Vec<u8>, packets: &Packets) -> Vec<u8> {
    described(&file, packets).unwrap_or(file)
}

/// An item to add.
struct Item<'a> {
    id: u16,
    /// Type and name, and the content type of a `mime` item.
    about: &'static [u8],
    parts: [&'a [u8]; 2],
}

impl Item<'_> {
    fn length(&self) -> usize {
        self.parts.iter().map(|part| part.len()).sum()
    }
}

fn described(file: &[u8], packets: &Packets) -> Option<Vec<u8>> {
    let top = boxes::split(file)?;
    let meta = top.iter().find(|found| found.kind == *b"meta")?;
    let (full, children) = meta.body.split_first_chunk::<4>()?;
    let children = boxes::split(children)?;
    let primary = *body(&children, *b"pitm")?
        .strip_prefix(&[0; 4])?
        .first_chunk::<2>()?;
    let locations = Locations::read(body(&children, *b"iloc")?)?;
    let mut items = Vec::new();
    let mut next = locations
        .items
        .iter()
        .map(|item| item.id)
        .max()?
        .checked_add(1)?;
    let mut add = |about, parts| {
        items.push(Item {
            id: next,
            about,
            parts,
        });
        next = next.checked_add(1)?;
        Some(())
    };
    if let Some(exif) = &packets.exif {
        // Where the TIFF header begins: at once.
        add(b"Exif\0", [&[0; 4], exif])?;
    }
    if let Some(xmp) = &packets.xmp {
        add(b"mime\0application/rdf+xml\0", [&[], xmp])?;
    }
    if items.is_empty() {
        return None;
    }

    // Twice: the first time tells how much `meta` grows.
    let write = |grown: u64| {
        let mut at = (file.len() as u64).checked_add(grown)?.checked_add(8)?;
        let mut out = full.to_vec();
        for child in &children {
            match &child.kind {
                b"iinf" => put(&mut out, child.kind, &[&information(child.body, &items)?])?,
                b"iloc" => {
                    let mut moved = locations.moved(grown)?;
                    for item in &items {
                        let length = item.length() as u64;
                        moved.items.push(Location {
                            id: item.id,
                            extents: vec![(at, length)],
                        });
                        at = at.checked_add(length)?;
                    }
                    put(&mut out, child.kind, &[&moved.write()?])?;
                }
                b"iref" => {}
                kind => put(&mut out, *kind, &[child.body])?,
            }
        }
        let known = body(&children, *b"iref").unwrap_or(&[0; 4]);
        put(&mut out, *b"iref", &[&references(known, primary, &items)?])?;
        Some(out)
    };
    let grown = write(0)?.len().checked_sub(meta.body.len())?;
    let new_meta = write(grown as u64)?;

    let mut out = Vec::with_capacity(file.len() + grown + 1024);
    for found in &top {
        let content = if found.kind == *b"meta" {
            &new_meta
        } else {
            found.body
        };
        put(&mut out, found.kind, &[content])?;
    }
    // A box to the end of the file, or one with a long size, has been written
    // shorter or longer: its bytes would not lie where they are said to be.
    if out.len() != file.len().checked_add(grown)? {
        return None;
    }
    let data: Vec<&[u8]> = items.iter().flat_map(|item| item.parts).collect();
    put(&mut out, *b"mdat", &data)?;
    Some(out)
}

fn body<'a>(children: &[Box<'a>], kind: [u8; 4]) -> Option<&'a [u8]> {
    let found = children.iter().find(|child| child.kind == kind);
    found.map(|child| child.body)
}

/// `iinf` with an entry for each new item.
fn information(known: &[u8], items: &[Item]) -> Option<Vec<u8>> {
    let (count, entries) = known.strip_prefix(&[0; 4])?.split_first_chunk::<2>()?;
    let count = u16::from_be_bytes(*count).checked_add(u16::try_from(items.len()).ok()?)?;
    let mut out = vec![0; 4];
    out.extend(count.to_be_bytes());
    out.extend_from_slice(entries);
    for item in items {
        let (kind, rest) = item.about.split_first_chunk::<4>()?;
        // Version 2, hidden; no protection; an empty name, and the content type.
        let id = item.id.to_be_bytes();
        put(
            &mut out,
            *b"infe",
            &[&[2, 0, 0, 1], &id, &[0; 2], kind, rest],
        )?;
    }
    Some(out)
}

/// `iref`, in which each new item describes the primary one.
fn references(known: &[u8], primary: [u8; 2], items: &[Item]) -> Option<Vec<u8>> {
    if !known.starts_with(&[0; 4]) {
        return None;
    }
    let mut out = known.to_vec();
    for item in items {
        put(
            &mut out,
            *b"cdsc",
            &[&item.id.to_be_bytes(), &[0, 1], &primary],
        )?;
    }
    Some(out)
}
