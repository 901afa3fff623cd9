//! Blur and sharpen. A Gaussian is three boxes: the time does not depend on the radius.

use super::super::orientation::Orientation;
use super::super::raster::{CHANNELS, Raster};
use super::super::source::premultiply::{premultiply, to_rgba};
use super::super::turn::turned;

/// Boxes that stand for one Gaussian; the third makes it smooth.
const PASSES: u16 = 3;

/// A blur whose standard deviation is the radius.
pub(crate) fn blur(raster: &mut Raster, radius: f32) {
    if radius > 0.0 {
        gauss(raster, radius);
    }
}

/// Sharpens with an unsharp mask of one pixel.
pub(crate) fn sharpen(raster: &mut Raster, strength: f32) {
    if strength > 0.0 {
        let mut soft = raster.clone();
        gauss(&mut soft, 1.0);
        // What Cloudflare recommends after making smaller, 1, is a half of the difference.
        let amount = strength / 2.0;
        let pixels = raster.data.as_chunks_mut::<CHANNELS>().0.iter_mut();
        for (pixel, soft) in pixels.zip(soft.data.as_chunks::<CHANNELS>().0) {
            let [r, g, b, _] = pixel;
            for (channel, soft) in [r, g, b].into_iter().zip(soft) {
                let value = f32::from(*channel);
                *channel = to_level(value + (value - f32::from(*soft)) * amount);
            }
        }
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // clamped
fn to_level(value: f32) -> u8 {
    value.round().clamp(0.0, 255.0) as u8
}

fn gauss(raster: &mut Raster, deviation: f32) {
    let (width, height) = (raster.width, raster.height);
    let across = |data: &mut Vec<u8>, width: usize| {
        for radius in box_radii(deviation) {
            let mut out = Vec::with_capacity(data.len());
            for row in data.chunks_exact(width.max(1) * CHANNELS) {
                blur_row(row, radius, &mut out);
            }
            *data = out;
        }
    };
    let mut data = std::mem::take(&mut raster.data);
    premultiply(&mut data, CHANNELS);
    across(&mut data, width);
    // The columns are rows of the transposed picture.
    let transpose = Orientation::TRANSPOSED;
    let mut data = turned::<CHANNELS>(data, (width, height), transpose);
    across(&mut data, height);
    let data = turned::<CHANNELS>(data, (height, width), transpose);
    raster.data = to_rgba(data, CHANNELS, true);
}

/// Radii of boxes that together spread as much as the Gaussian
/// (P. Kovesi, Fast Almost-Gaussian Filtering, 2010).
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // small and positive
fn box_radii(deviation: f32) -> [u32; PASSES as usize] {
    let passes = f32::from(PASSES);
    let variance = 12.0 * deviation * deviation;
    let narrow = (((variance / passes + 1.0).sqrt() - 1.0) / 2.0).floor();
    let width = 2.0 * narrow + 1.0;
    let narrow_ones = ((variance - passes * width * width - 4.0 * passes * width - 3.0 * passes)
        / (-4.0 * width - 4.0))
        .round();
    let mut pass = 0.0;
    [(); PASSES as usize].map(|()| {
        pass += 1.0;
        if pass <= narrow_ones {
            narrow as u32
        } else {
            narrow as u32 + 1
        }
    })
}

/// The mean of each pixel and its neighbours; at the ends the last pixel goes on.
fn blur_row(row: &[u8], radius: u32, out: &mut Vec<u8>) {
    let (pixels, _) = row.as_chunks::<CHANNELS>();
    let (Some(first), Some(last)) = (pixels.first(), pixels.last()) else {
        return;
    };
    let reach = radius as usize;
    let wide = |pixel: &[u8; CHANNELS]| pixel.map(u32::from);
    let mut ahead = pixels.iter().chain(std::iter::repeat(last));
    let mut sum = wide(first).map(|channel| channel * radius);
    for pixel in ahead.by_ref().take(reach + 1) {
        sum.iter_mut()
            .zip(wide(pixel))
            .for_each(|(sum, channel)| *sum += channel);
    }
    let behind = std::iter::repeat_n(first, reach).chain(pixels);
    let count = 2 * radius + 1;
    for ((_, come), gone) in pixels.iter().zip(ahead).zip(behind) {
        out.extend(sum.map(|sum| u8::try_from((sum + radius) / count).unwrap_or(u8::MAX)));
        let change = wide(come).into_iter().zip(wide(gone));
        sum.iter_mut()
            .zip(change)
            .for_each(|(sum, (come, gone))| *sum = *sum + come - gone);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(width: usize) -> Raster {
        let row = (0..width).flat_map(|x| {
            if x < width / 2 {
                [0, 0, 0, 255]
            } else {
                [200, 200, 200, 255]
            }
        });
        let row: Vec<u8> = row.collect();
        Raster {
            width,
            height: 9,
            data: row.repeat(9),
        }
    }

    #[test]
    fn boxes_have_the_variance_of_the_gaussian() {
        for deviation in [1.0_f32, 2.0, 3.0, 10.0, 250.0] {
            let variance: f32 = box_radii(deviation)
                .iter()
                .map(|&radius| {
                    let width = f32::from(u16::try_from(2 * radius + 1).unwrap());
                    (width * width - 1.0) / 12.0
                })
                .sum();
            assert!(
                (variance.sqrt() - deviation).abs() < 0.3,
                "{deviation}: {}",
                variance.sqrt()
            );
        }
    }

    #[test]
    fn a_step_becomes_a_slope_and_the_ends_stay() {
        let mut raster = step(60);
        blur(&mut raster, 6.0);
        let reds: Vec<u8> = raster.data.chunks_exact(4).take(60).map(|p| p[0]).collect();
        assert!(reds.windows(2).all(|pair| pair[0] <= pair[1]), "{reds:?}");
        assert_eq!((reds[0], reds[59]), (0, 200));
        assert!((90..=110).contains(&reds[29]) || (90..=110).contains(&reds[30]));
        let mut huge = step(60);
        blur(&mut huge, 250.0);
        assert_eq!(huge.data.len(), 60 * 9 * 4);
    }

    #[test]
    fn sharpening_makes_a_slope_steeper() {
        let mut raster = step(60);
        blur(&mut raster, 4.0);
        let before: Vec<u8> = raster.data.chunks_exact(4).take(60).map(|p| p[0]).collect();
        sharpen(&mut raster, 2.0);
        let after: Vec<u8> = raster.data.chunks_exact(4).take(60).map(|p| p[0]).collect();
        assert!(after[31] - after[28] > before[31] - before[28]);
        assert_eq!((after[0], after[59]), (0, 200));
    }

    #[test]
    fn transparent_pixels_lend_no_colour() {
        let mut raster = Raster {
            width: 2,
            height: 1,
            data: vec![255, 0, 0, 255, 0, 255, 0, 0],
        };
        blur(&mut raster, 2.0);
        assert!(
            raster
                .data
                .chunks_exact(4)
                .all(|p| p[1] == 0 && p[0] >= 250)
        );
    }
}
