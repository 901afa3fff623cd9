//! What is another from one frame to the next: no more than that is written.

use super::super::raster::{CHANNELS, Raster};

/// Left, top, width and height.
pub(crate) type Area = (usize, usize, usize, usize);

/// The smallest rectangle outside of which both are the same; `None` if they are
/// the same everywhere. Both are of one size.
pub(crate) fn change(before: &Raster, after: &Raster) -> Option<Area> {
    let (mut left, mut right) = (usize::MAX, 0);
    let (mut top, mut bottom) = (None, 0);
    for (y, (old, new)) in before.rows().zip(after.rows()).enumerate() {
        if old == new {
            continue;
        }
        let (old, new) = (old.as_chunks::<CHANNELS>().0, new.as_chunks::<CHANNELS>().0);
        let differ = |(old, new): (&[u8; CHANNELS], &[u8; CHANNELS])| old != new;
        let first = old.iter().zip(new).position(differ).unwrap_or(0);
        let last = old.iter().zip(new).rposition(differ).unwrap_or(0);
        left = left.min(first);
        right = right.max(last + 1);
        top = top.or(Some(y));
        bottom = y + 1;
    }
    top.map(|top| (left, top, right - left, bottom - top))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_enclosed() {
        let before = Raster {
            width: 5,
            height: 4,
            data: vec![7; 80],
        };
        assert_eq!(change(&before, &before), None);
        let mut after = before.clone();
        after.data[(5 + 3) * 4] = 8;
        assert_eq!(change(&before, &after), Some((3, 1, 1, 1)));
        after.data[(2 * 5 + 1) * 4 + 3] = 8;
        assert_eq!(change(&before, &after), Some((1, 1, 3, 2)));
    }
}
