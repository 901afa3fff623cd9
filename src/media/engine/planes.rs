//! A picture as luma and chroma, the way JPEG keeps it.

use super::orientation::Orientation;
use super::raster::{CHANNELS, Raster};
use super::turn::turned;

/// One channel, rows from the top.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Plane {
    pub width: usize,
    pub height: usize,
    pub data: Vec<u8>,
}

impl Plane {
    fn turned(self, turn: Orientation) -> Self {
        let (width, height) = turn.size((self.width, self.height));
        Self {
            width,
            height,
            data: turned::<1>(self.data, (self.width, self.height), turn),
        }
    }
}

/// How much chroma there is to the luma.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Chroma {
    /// 4:2:0, one sample to four pixels, in their middle.
    Quarter,
    /// 4:4:4, one to each.
    Full,
}

impl Chroma {
    /// The size of a chroma plane.
    pub const fn size(self, luma: (usize, usize)) -> (usize, usize) {
        match self {
            Self::Quarter => (luma.0.div_ceil(2), luma.1.div_ceil(2)),
            Self::Full => luma,
        }
    }
}

/// Luma, and unless it is grey the blue and red differences (ITU-T T.871).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Planes {
    pub luma: Plane,
    pub chroma: Option<(Chroma, [Plane; 2])>,
}

impl Planes {
    /// Turned and mirrored.
    pub fn turned(self, turn: Orientation) -> Self {
        let chroma = self
            .chroma
            .map(|(kind, planes)| (kind, planes.map(|plane| plane.turned(turn))));
        Self {
            luma: self.luma.turned(turn),
            chroma,
        }
    }

    /// As pixels of red, green and blue; the chroma must be [`Chroma::Full`] or absent.
    pub fn into_raster(self) -> Raster {
        let Self { luma, chroma } = self;
        let mut data = Vec::with_capacity(luma.data.len() * CHANNELS);
        match chroma {
            Some((_, [blue, red])) => {
                for ((&y, &cb), &cr) in luma.data.iter().zip(&blue.data).zip(&red.data) {
                    let [r, g, b] = rgb(y, cb, cr);
                    data.extend_from_slice(&[r, g, b, 255]);
                }
            }
            None => luma
                .data
                .iter()
                .for_each(|&y| data.extend_from_slice(&[y, y, y, 255])),
        }
        Raster {
            width: luma.width,
            height: luma.height,
            data,
        }
    }

    /// From opaque pixels, with this much chroma.
    pub fn from_raster(raster: &Raster, chroma: Chroma) -> Self {
        let (width, height) = (raster.width, raster.height);
        let plane = |data| Plane {
            width,
            height,
            data,
        };
        let pixels = || raster.data.as_chunks::<CHANNELS>().0.iter();
        let luma = plane(
            pixels()
                .map(|&[r, g, b, _]| weigh([19595, 38470, 7471], [r, g, b], 0))
                .collect(),
        );
        if pixels().all(|&[r, g, b, _]| r == g && g == b) {
            return Self { luma, chroma: None };
        }
        let difference = |weights: [i32; 3]| match chroma {
            Chroma::Full => plane(
                pixels()
                    .map(|&[r, g, b, _]| weigh(weights, [r, g, b], 128))
                    .collect(),
            ),
            Chroma::Quarter => quartered(raster, weights),
        };
        // T.871, 7: Cb and Cr.
        let planes = [
            difference([-11056, -21712, 32768]),
            difference([32768, -27440, -5328]),
        ];
        Self {
            luma,
            chroma: Some((chroma, planes)),
        }
    }
}

/// A weighted sum of the channels in 16 bits of fraction, rounded.
fn weigh(weights: [i32; 3], pixel: [u8; 3], offset: i32) -> u8 {
    let sum: i32 = weights
        .iter()
        .zip(pixel)
        .map(|(&weight, channel)| weight * i32::from(channel))
        .sum();
    u8::try_from((((sum + 32768) >> 16) + offset).clamp(0, 255)).unwrap_or(0)
}

/// One difference for each two by two pixels; at an odd edge for those there are.
fn quartered(raster: &Raster, weights: [i32; 3]) -> Plane {
    let (width, height) = Chroma::Quarter.size((raster.width, raster.height));
    let mut data = Vec::with_capacity(width * height);
    for rows in raster.data.chunks(raster.width.max(1) * CHANNELS * 2) {
        let (upper, lower) = rows.split_at(raster.width.max(1) * CHANNELS);
        let lower = if lower.is_empty() { upper } else { lower };
        for (upper, lower) in upper.chunks(CHANNELS * 2).zip(lower.chunks(CHANNELS * 2)) {
            let mut sum = [0_i32; 3];
            let mut count = 0;
            for pixel in upper
                .as_chunks::<CHANNELS>()
                .0
                .iter()
                .chain(lower.as_chunks::<CHANNELS>().0)
            {
                sum.iter_mut()
                    .zip(pixel)
                    .for_each(|(sum, &channel)| *sum += i32::from(channel));
                count += 1;
            }
            let total: i32 = weights
                .iter()
                .zip(sum)
                .map(|(&weight, channel)| weight * channel)
                .sum();
            let mean = (total + (count << 15)).div_euclid(count << 16) + 128;
            data.push(u8::try_from(mean.clamp(0, 255)).unwrap_or(0));
        }
    }
    Plane {
        width,
        height,
        data,
    }
}

/// T.871, 7: the way back.
fn rgb(y: u8, cb: u8, cr: u8) -> [u8; 3] {
    let luma = (i32::from(y) << 16) + 32768;
    let (blue, red) = (i32::from(cb) - 128, i32::from(cr) - 128);
    let clamp = |value: i32| u8::try_from((value >> 16).clamp(0, 255)).unwrap_or(0);
    [
        clamp(luma + 91881 * red),
        clamp(luma - 22554 * blue - 46802 * red),
        clamp(luma + 116_130 * blue),
    ]
}

/// What a source became.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Pixels {
    /// Red, green, blue and straight alpha.
    Raster(Raster),
    /// Luma and chroma.
    Planes(Planes),
}

impl Pixels {
    /// As pixels of red, green and blue.
    pub fn into_raster(self) -> Raster {
        match self {
            Self::Raster(raster) => raster,
            Self::Planes(planes) => planes.into_raster(),
        }
    }

    /// Turned and mirrored.
    pub fn turned(self, turn: Orientation) -> Self {
        match self {
            Self::Raster(raster) => Self::Raster(raster.turned(turn)),
            Self::Planes(planes) => Self::Planes(planes.turned(turn)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_survive_the_way_there_and_back() {
        let levels = [0_u8, 40, 128, 200, 255];
        let pixels = levels.iter().flat_map(|&r| {
            levels
                .iter()
                .flat_map(move |&g| levels.map(|b| [r, g, b, 255]))
        });
        let data: Vec<u8> = pixels.flatten().collect();
        let raster = Raster {
            width: 25,
            height: 5,
            data,
        };
        let back = Planes::from_raster(&raster, Chroma::Full).into_raster();
        for (a, b) in raster.data.iter().zip(&back.data) {
            assert!(a.abs_diff(*b) <= 2, "{a} {b}");
        }
    }

    #[test]
    fn grey_has_no_chroma() {
        let raster = Raster {
            width: 2,
            height: 1,
            data: vec![7, 7, 7, 255, 9, 9, 9, 255],
        };
        let planes = Planes::from_raster(&raster, Chroma::Quarter);
        assert_eq!(
            (planes.chroma.is_none(), planes.luma.data.as_slice()),
            (true, [7, 9].as_slice())
        );
        assert_eq!(planes.into_raster(), raster);
    }

    #[test]
    fn four_pixels_share_one_chroma_sample() {
        let red = [255, 0, 0, 255];
        let raster = Raster {
            width: 3,
            height: 3,
            data: red.repeat(9),
        };
        let Some((kind, [blue, red])) = Planes::from_raster(&raster, Chroma::Quarter).chroma else {
            panic!()
        };
        assert_eq!((kind, blue.width, blue.height), (Chroma::Quarter, 2, 2));
        assert_eq!((blue.data, red.data), (vec![85; 4], vec![255; 4]));
    }
}
