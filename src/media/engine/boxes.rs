//! Boxes of the ISO base media file format (ISO/IEC 14496-12).

/// A box: its type and its body.
pub struct Box<'a> {
    pub kind: [u8; 4],
    pub body: &'a [u8],
}

/// The boxes of a body, one after another; `None` if they do not fill it exactly.
pub fn split(bytes: &[u8]) -> Option<Vec<Box<'_>>> {
    let mut found = Vec::new();
    let mut left = bytes;
    while !left.is_empty() {
        let (first, rest) = next(left)?;
        found.push(first);
        left = rest;
    }
    Some(found)
}

/// The first box, and what follows it.
fn next(bytes: &[u8]) -> Option<(Box<'_>, &[u8])> {
    let (size, rest) = bytes.split_first_chunk::<4>()?;
    let (kind, rest) = rest.split_first_chunk::<4>()?;
    let (length, rest) = match u32::from_be_bytes(*size) {
        // To the end of the file.
        0 => (rest.len(), rest),
        1 => {
            let (size, rest) = rest.split_first_chunk::<8>()?;
            let size = usize::try_from(u64::from_be_bytes(*size)).ok()?;
            (size.checked_sub(16)?, rest)
        }
        size => (usize::try_from(size).ok()?.checked_sub(8)?, rest),
    };
    let (body, rest) = rest.split_at_checked(length)?;
    Some((Box { kind: *kind, body }, rest))
}

/// As many boxes as can be read: a file may go on as it likes.
pub fn split_some(mut bytes: &[u8]) -> Vec<Box<'_>> {
    let mut found = Vec::new();
    while let Some((first, rest)) = next(bytes) {
        found.push(first);
        bytes = rest;
    }
    found
}

/// Appends a box made of parts.
pub fn put(out: &mut Vec<u8>, kind: [u8; 4], parts: &[&[u8]]) -> Option<()> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    out.extend(u32::try_from(length + 8).ok()?.to_be_bytes());
    out.extend(kind);
    for part in parts {
        out.extend_from_slice(part);
    }
    Some(())
}

/// `iloc`: where the bytes of each item lie.
pub struct Locations {
    pub items: Vec<Location>,
}

/// An item of `iloc`.
#[derive(Clone)]
pub struct Location {
    pub id: u16,
    /// Each extent's place in the file and its length.
    pub extents: Vec<(u64, u64)>,
}

impl Locations {
    /// Reads the box.
    pub fn read(body: &[u8]) -> Option<Self> {
        let (head, rest) = body.split_first_chunk::<6>()?;
        let [version, _, _, _, sizes, more] = *head;
        if version > 1 {
            return None;
        }
        let (offset, length, base) = (sizes >> 4, sizes & 15, more >> 4);
        let index = if version == 1 { more & 15 } else { 0 };
        let mut bytes = Bytes(rest);
        let items = (0..bytes.number(2)?)
            .map(|_| {
                let id = u16::try_from(bytes.number(2)?).ok()?;
                // Anything but an offset into this very file is not moved.
                if version == 1 && bytes.number(2)? != 0 {
                    return None;
                }
                bytes.number(2).filter(|&elsewhere| elsewhere == 0)?;
                let base = bytes.number(base)?;
                let count = bytes.number(2)?;
                // Parts that take no bytes would be as many as somebody likes.
                if count > 1 && index + offset + length == 0 {
                    return None;
                }
                let extents = (0..count)
                    .map(|_| {
                        bytes.number(index)?;
                        let at = base.checked_add(bytes.number(offset)?)?;
                        Some((at, bytes.number(length)?))
                    })
                    .collect::<Option<Vec<_>>>()?;
                Some(Location { id, extents })
            })
            .collect::<Option<Vec<_>>>()?;
        Some(Self { items })
    }

    /// With every place moved.
    pub fn moved(&self, by: u64) -> Option<Self> {
        let mut items = self.items.clone();
        for (at, _) in items.iter_mut().flat_map(|item| &mut item.extents) {
            *at = at.checked_add(by)?;
        }
        Some(Self { items })
    }

    /// Version 0: offsets and lengths of four bytes, no base.
    pub fn write(&self) -> Option<Vec<u8>> {
        let mut out = vec![0, 0, 0, 0, 0x44, 0];
        out.extend(u16::try_from(self.items.len()).ok()?.to_be_bytes());
        for item in &self.items {
            out.extend(item.id.to_be_bytes());
            out.extend([0; 2]);
            out.extend(u16::try_from(item.extents.len()).ok()?.to_be_bytes());
            for &(at, length) in &item.extents {
                for number in [at, length] {
                    out.extend(u32::try_from(number).ok()?.to_be_bytes());
                }
            }
        }
        Some(out)
    }
}

/// Big-endian numbers, one after another.
pub struct Bytes<'a>(pub &'a [u8]);

impl Bytes<'_> {
    /// The next, of so many bytes.
    pub fn number(&mut self, size: u8) -> Option<u64> {
        if size > 8 {
            return None;
        }
        let (number, rest) = self.0.split_at_checked(usize::from(size))?;
        self.0 = rest;
        Some(
            number
                .iter()
                .fold(0, |sum, &byte| sum << 8 | u64::from(byte)),
        )
    }
}
