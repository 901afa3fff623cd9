//! `clap`: which part of an item's pixels is the picture (ISO/IEC 14496-12, 12.1.4).

/// A rectangle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Crop {
    /// Columns before it.
    pub left: u32,
    /// Rows above it.
    pub top: u32,
    /// Its width.
    pub width: u32,
    /// Its height.
    pub height: u32,
}

impl Crop {
    /// All of an item.
    #[must_use]
    pub const fn whole((width, height): (u32, u32)) -> Self {
        Self {
            left: 0,
            top: 0,
            width,
            height,
        }
    }

    /// What the property says; all if that is no rectangle of whole pixels within the item.
    #[must_use]
    pub fn read(body: &[u8], size: (u32, u32)) -> Self {
        parts(body, size).unwrap_or(Self::whole(size))
    }
}

fn parts(body: &[u8], (width, height): (u32, u32)) -> Option<Crop> {
    let [wide, wide_of, high, high_of, right, right_of, down, down_of] = *body.as_chunks().0 else {
        return None;
    };
    let (left, width) = side(width, (wide, wide_of), (right, right_of))?;
    let (top, height) = side(height, (high, high_of), (down, down_of))?;
    Some(Crop {
        left,
        top,
        width,
        height,
    })
}

/// Where it begins and how long it is: how far its middle is off that of the item is said.
fn side(all: u32, length: ([u8; 4], [u8; 4]), off: ([u8; 4], [u8; 4])) -> Option<(u32, u32)> {
    let number = |bytes| i64::from(u32::from_be_bytes(bytes));
    let whole = |number: i64, of: i64| (of > 0 && number % of == 0).then(|| number / of);
    let length = whole(number(length.0), number(length.1))?;
    let off_by_two = whole(2 * i64::from(i32::from_be_bytes(off.0)), number(off.1))?;
    let start = whole(i64::from(all) - length + off_by_two, 2)?;
    let fits = length > 0 && start >= 0 && start + length <= i64::from(all);
    let (start, length) = (u32::try_from(start).ok()?, u32::try_from(length).ok()?);
    fits.then_some((start, length))
}
