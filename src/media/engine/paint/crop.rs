//! Crops that depend on what the picture shows.

use super::super::geometry::Rect;
use super::super::job::Colour;
use super::super::raster::{CHANNELS, Raster};
use super::super::resize::{Resample, Resizer};

/// The picture is judged at this size: details of the size of an eye in a portrait count.
const LOOK: usize = 96;

/// How much less a crop counts whose middle is at the edge of the picture.
const CENTRE_BIAS: f64 = 0.15;

/// Where the most telling part of `keep` pixels begins: the one with the most
/// contrast and colour, in doubt the one in the middle.
pub(crate) fn salient(raster: &Raster, keep: (u32, u32)) -> (u32, u32) {
    let longest = raster.width.max(raster.height).max(1);
    let shrink = |length: usize| (length * LOOK / longest).clamp(1, length.max(1));
    let small = (shrink(raster.width), shrink(raster.height));
    let sums = Sums::of(&interest(&look(raster, small), small), small);
    let part = |keep: u32, whole: usize, small: usize| {
        (keep as usize * small)
            .div_ceil(whole.max(1))
            .clamp(1, small)
    };
    let window = (
        part(keep.0, raster.width, small.0),
        part(keep.1, raster.height, small.1),
    );
    let spare = (small.0 - window.0, small.1 - window.1);
    let mut best = (f64::MIN, (0, 0));
    for y in 0..=spare.1 {
        for x in 0..=spare.0 {
            let off = |at: usize, spare: usize| {
                if spare == 0 {
                    0.0
                } else {
                    (to_f64(at) / to_f64(spare) - 0.5).abs() * 2.0
                }
            };
            let far = off(x, spare.0).max(off(y, spare.1));
            let score = sums.within((x, y), window) * (1.0 - CENTRE_BIAS * far * far) - far * 1e-6;
            if score > best.0 {
                best = (score, (x, y));
            }
        }
    }
    let back = |at: usize, spare: usize, keep: u32, whole: usize| {
        let room = whole.saturating_sub(keep as usize);
        u32::try_from((at * room).checked_div(spare).unwrap_or(room / 2)).unwrap_or(0)
    };
    (
        back(best.1.0, spare.0, keep.0, raster.width),
        back(best.1.1, spare.1, keep.1, raster.height),
    )
}

#[allow(clippy::cast_precision_loss)] // small
fn to_f64(value: usize) -> f64 {
    value as f64
}

/// The picture in small.
fn look(raster: &Raster, small: (usize, usize)) -> Vec<u8> {
    let window = Rect {
        x: 0.0,
        y: 0.0,
        width: to_f64(raster.width),
        height: to_f64(raster.height),
    };
    let source = (raster.width, raster.height);
    let mut resizer = Resizer::new(&Resample {
        source,
        window,
        target: small,
        channels: CHANNELS,
    });
    raster.rows().for_each(|row| resizer.push_row(row));
    resizer.finish()
}

/// How telling each pixel is: its contrast to its neighbours, and a little its colour.
fn interest(small: &[u8], size: (usize, usize)) -> Vec<f64> {
    let (pixels, _) = small.as_chunks::<CHANNELS>();
    let luma = |&[r, g, b, a]: &[u8; CHANNELS]| {
        (0.299 * f64::from(r) + 0.587 * f64::from(g) + 0.114 * f64::from(b)) * f64::from(a) / 255.0
    };
    let neighbour = |index: usize, step: usize| pixels.get(index + step).map_or(0.0, luma);
    let detail = |(index, pixel): (usize, &[u8; CHANNELS])| {
        let own = luma(pixel);
        let right = if (index + 1).is_multiple_of(size.0) {
            own
        } else {
            neighbour(index, 1)
        };
        let below = if index + size.0 >= pixels.len() {
            own
        } else {
            neighbour(index, size.0)
        };
        let [r, g, b, _] = *pixel;
        let colourful = f64::from(r.max(g).max(b) - r.min(g).min(b));
        (right - own).abs() + (below - own).abs() + 0.1 * colourful
    };
    pixels.iter().enumerate().map(detail).collect()
}

/// Sums over rectangles in constant time.
struct Sums {
    width: usize,
    table: Vec<f64>,
}

impl Sums {
    fn of(values: &[f64], size: (usize, usize)) -> Self {
        let width = size.0 + 1;
        let mut table = vec![0.0; width];
        for row in values.chunks_exact(size.0.max(1)) {
            let mut sum = 0.0;
            let above = table.len() - width;
            table.push(0.0);
            for (x, value) in row.iter().enumerate() {
                sum += value;
                table.push(sum + table.get(above + x + 1).copied().unwrap_or(0.0));
            }
        }
        Self { width, table }
    }

    fn within(&self, at: (usize, usize), size: (usize, usize)) -> f64 {
        let sum = |x: usize, y: usize| self.table.get(y * self.width + x).copied().unwrap_or(0.0);
        let (right, bottom) = (at.0 + size.0, at.1 + size.1);
        sum(right, bottom) - sum(at.0, bottom) - sum(right, at.1) + sum(at.0, at.1)
    }
}

/// What is inside a border of one colour: left, top, width and height; all of the
/// picture when it has none, or nothing else.
pub(crate) fn inside_border(
    raster: &Raster,
    colour: Option<Colour>,
    tolerance: u8,
) -> (usize, usize, usize, usize) {
    let whole = (0, 0, raster.width, raster.height);
    let Some(&corner) = raster.data.first_chunk::<CHANNELS>() else {
        return whole;
    };
    let border = colour.map_or(corner, |c| [c.red, c.green, c.blue, c.alpha]);
    let like = |pixel: &[u8; CHANNELS]| {
        pixel
            .iter()
            .zip(border)
            .all(|(a, b)| a.abs_diff(b) <= tolerance)
    };
    let (mut left, mut right) = (raster.width, 0);
    let (mut top, mut bottom) = (None, 0);
    for (y, row) in raster.rows().enumerate() {
        let (pixels, _) = row.as_chunks::<CHANNELS>();
        if let Some(first) = pixels.iter().position(|pixel| !like(pixel)) {
            let last = pixels
                .iter()
                .rposition(|pixel| !like(pixel))
                .unwrap_or(first);
            left = left.min(first);
            right = right.max(last + 1);
            top = top.or(Some(y));
            bottom = y + 1;
        }
    }
    top.map_or(whole, |top| (left, top, right - left, bottom - top))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Grey, with a checkerboard of the given size at a place.
    fn scene(size: (usize, usize), at: (usize, usize), board: usize) -> Raster {
        let (width, height) = size;
        let pixel = |x: usize, y: usize| {
            let inside = (at.0..at.0 + board).contains(&x) && (at.1..at.1 + board).contains(&y);
            if inside && (x / 4 + y / 4).is_multiple_of(2) {
                [250, 40, 20, 255]
            } else {
                [128, 128, 128, 255]
            }
        };
        let data = (0..height)
            .flat_map(|y| (0..width).flat_map(move |x| pixel(x, y)))
            .collect();
        Raster {
            width,
            height,
            data,
        }
    }

    #[test]
    fn the_crop_finds_the_subject() {
        for (left, expected) in [(0, 0..=20), (300, 260..=300), (140, 60..=140)] {
            let (x, y) = salient(&scene((400, 100), (left, 20), 60), (100, 100));
            assert!(expected.contains(&x) && y == 0, "{left}: {x}");
        }
        let (_, y) = salient(&scene((100, 400), (20, 330), 60), (100, 100));
        assert!(y > 250);
    }

    #[test]
    fn nothing_to_see_is_cropped_in_the_middle() {
        let (x, y) = salient(&scene((400, 100), (0, 0), 0), (100, 100));
        assert!((140..=160).contains(&x) && y == 0, "{x}");
        assert_eq!(salient(&scene((1, 1), (0, 0), 0), (1, 1)), (0, 0));
    }

    #[test]
    fn a_border_is_found() {
        let scene = scene((50, 40), (8, 12), 16);
        assert_eq!(inside_border(&scene, None, 4), (8, 12, 16, 16));
        assert_eq!(
            inside_border(&scene, Some(Colour::WHITE), 4),
            (0, 0, 50, 40)
        );
        assert_eq!(inside_border(&scene, None, 255), (0, 0, 50, 40));
    }
}
