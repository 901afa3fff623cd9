//! A picture held whole: straight RGBA, eight bits a channel.

use super::budget::Budget;
use super::error::MediaError;
use super::job::Colour;
use super::orientation::Orientation;
use super::turn::turned;

/// Bytes of a pixel.
pub(super) const CHANNELS: usize = 4;

/// Rows from the top, `width * 4` bytes each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Raster {
    pub width: usize,
    pub height: usize,
    pub data: Vec<u8>,
}

impl Raster {
    /// A canvas of one colour, if the budget allows it.
    pub fn filled(size: (u32, u32), colour: Colour, budget: &Budget) -> Result<Self, MediaError> {
        let bytes = budget.allow_bytes(u64::from(size.0) * u64::from(size.1) * CHANNELS as u64)?;
        let Colour {
            red,
            green,
            blue,
            alpha,
        } = colour;
        let mut data = Vec::with_capacity(bytes);
        while data.len() < bytes {
            data.extend_from_slice(&[red, green, blue, alpha]);
        }
        Ok(Self {
            width: size.0 as usize,
            height: size.1 as usize,
            data,
        })
    }

    /// The rows from the top.
    pub fn rows(&self) -> std::slice::ChunksExact<'_, u8> {
        self.data.chunks_exact(self.width.max(1) * CHANNELS)
    }

    /// The rows from the top, to be changed.
    pub fn rows_mut(&mut self) -> std::slice::ChunksExactMut<'_, u8> {
        self.data.chunks_exact_mut(self.width.max(1) * CHANNELS)
    }

    /// A part of it.
    pub fn cropped(&self, at: (u32, u32), size: (u32, u32)) -> Self {
        let left = at.0 as usize * CHANNELS;
        let width = (size.0 as usize).min(self.width.saturating_sub(at.0 as usize));
        let data: Vec<u8> = self
            .rows()
            .skip(at.1 as usize)
            .take(size.1 as usize)
            .flat_map(|row| row.iter().skip(left).take(width * CHANNELS))
            .copied()
            .collect();
        let height = data.len() / (width * CHANNELS).max(1);
        Self {
            width,
            height,
            data,
        }
    }

    /// Turned and mirrored.
    pub fn turned(self, turn: Orientation) -> Self {
        let (width, height) = turn.size((self.width, self.height));
        Self {
            width,
            height,
            data: turned::<CHANNELS>(self.data, (self.width, self.height), turn),
        }
    }

    /// Puts `other` in place of what is there.
    pub fn copy(&mut self, other: &Self, at: (usize, usize)) {
        let left = at.0 * CHANNELS;
        for (under, over) in self.rows_mut().skip(at.1).zip(other.rows()) {
            under
                .iter_mut()
                .skip(left)
                .zip(over)
                .for_each(|(under, over)| *under = *over);
        }
    }

    /// Draws `other` over this, its corner at `at`; what sticks out is not drawn.
    pub fn draw(&mut self, other: &Self, at: (i64, i64)) {
        let skip = |start: i64| usize::try_from(start.saturating_neg()).unwrap_or(0);
        let begin = |start: i64| usize::try_from(start).unwrap_or(0);
        let left = begin(at.0);
        let rows = self.rows_mut().skip(begin(at.1));
        for (under, over) in rows.zip(other.rows().skip(skip(at.1))) {
            let under = under.as_chunks_mut::<CHANNELS>().0.iter_mut().skip(left);
            let over = over.as_chunks::<CHANNELS>().0.iter().skip(skip(at.0));
            for (under, over) in under.zip(over) {
                *under = blend(*under, *over);
            }
        }
    }
}

/// The `over` operator of Porter and Duff on straight alpha, rounded.
pub(super) fn blend(under: [u8; 4], over: [u8; 4]) -> [u8; 4] {
    let [.., over_alpha] = over;
    let [.., under_alpha] = under;
    match (over_alpha, under_alpha) {
        (0, _) => return under,
        (255, _) | (_, 0) => return over,
        _ => {}
    }
    let over_part = u32::from(over_alpha) * 255;
    let under_part = u32::from(under_alpha) * (255 - u32::from(over_alpha));
    let total = over_part + under_part;
    let [r0, g0, b0, _] = under;
    let [r1, g1, b1, _] = over;
    let mix = |under: u8, over: u8| {
        let sum = u32::from(over) * over_part + u32::from(under) * under_part;
        u8::try_from((sum + total / 2) / total).unwrap_or(u8::MAX)
    };
    let alpha = u8::try_from((total + 127) / 255).unwrap_or(u8::MAX);
    [mix(r0, r1), mix(g0, g1), mix(b0, b1), alpha]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbered(width: usize, height: usize) -> Raster {
        let data = (0..width * height)
            .flat_map(|n| [u8::try_from(n).unwrap(), 0, 0, 255])
            .collect();
        Raster {
            width,
            height,
            data,
        }
    }

    fn reds(raster: &Raster) -> Vec<u8> {
        raster.data.iter().copied().step_by(CHANNELS).collect()
    }

    #[test]
    fn the_eight_orientations() {
        // The picture  0 1 2 / 3 4 5  as EXIF 1 to 8 wants it shown.
        let expected: [(usize, [u8; 6]); 8] = [
            (3, [0, 1, 2, 3, 4, 5]),
            (3, [2, 1, 0, 5, 4, 3]),
            (3, [5, 4, 3, 2, 1, 0]),
            (3, [3, 4, 5, 0, 1, 2]),
            (2, [0, 3, 1, 4, 2, 5]),
            (2, [3, 0, 4, 1, 5, 2]),
            (2, [5, 2, 4, 1, 3, 0]),
            (2, [2, 5, 1, 4, 0, 3]),
        ];
        for (value, (width, pixels)) in (1..).zip(expected) {
            let turned = numbered(3, 2).turned(Orientation::from_exif(value).unwrap());
            assert_eq!(
                (turned.width, reds(&turned)),
                (width, pixels.to_vec()),
                "orientation {value}"
            );
        }
    }

    #[test]
    fn a_part_of_a_picture() {
        assert_eq!(reds(&numbered(4, 3).cropped((1, 1), (2, 2))), [5, 6, 9, 10]);
        assert_eq!(reds(&numbered(4, 3).cropped((3, 2), (9, 9))), [11]);
    }

    #[test]
    fn drawing_is_clipped_on_every_side() {
        for (at, expected) in [
            ((-1, -1), [4, 1, 2, 3]),
            ((1, 1), [0, 1, 2, 1]),
            ((2, 0), [0, 1, 2, 3]),
        ] {
            let mut under = numbered(2, 2);
            let mut over = numbered(2, 2);
            over.data = over
                .data
                .iter()
                .enumerate()
                .map(|(i, v)| if i % 4 == 0 { v + 1 } else { *v })
                .collect();
            under.draw(&over, at);
            assert_eq!(reds(&under), expected, "{at:?}");
        }
    }

    #[test]
    fn blending_is_porter_and_duff() {
        assert_eq!(
            blend([10, 20, 30, 255], [200, 100, 50, 0]),
            [10, 20, 30, 255]
        );
        assert_eq!(blend([0, 0, 0, 0], [200, 100, 50, 7]), [200, 100, 50, 7]);
        assert_eq!(
            blend([0, 0, 0, 255], [255, 255, 255, 128]),
            [128, 128, 128, 255]
        );
        assert_eq!(blend([255, 0, 0, 128], [0, 0, 255, 128]), [85, 0, 170, 192]);
    }
}
