//! From samples to RGB (ITU-T H.273), a row at a time.

use super::{av1::Chroma, mosaic::Mosaic};

/// How a picture's samples are read.
pub struct Reader {
    matrix: Matrix,
    scale: Scale,
    /// What light that is brighter than a page is shown as, if there is any.
    tone: Option<Vec<f32>>,
    luma: Vec<u16>,
    chroma: [Vec<u16>; 2],
    between: Between,
}

/// The two rows of chroma between which one of luma lies.
#[derive(Default)]
struct Between {
    near: Vec<u16>,
    far: Vec<u16>,
}

#[derive(Clone, Copy)]
enum Matrix {
    /// Green, blue and red are the samples.
    Identity,
    /// Luma, and two differences of colours.
    Differences { red: f32, blue: f32 },
    /// Luma, green and orange.
    Ycgco,
}

/// `TransferCharacteristics` of perceptual quantisation (SMPTE ST 2084).
const PQ: u32 = 16;
/// And of hybrid log-gamma (ARIB STD-B67).
const HLG: u32 = 18;

impl Reader {
    /// For pictures with these code points.
    pub fn new([primaries, transfer, matrix]: [u32; 3], bits: u32, full_range: bool) -> Self {
        let differences = |red, blue| Matrix::Differences { red, blue };
        let bt_2020 = differences(0.2627, 0.0593);
        let bt_709 = differences(0.2126, 0.0722);
        let light: Option<fn(f32) -> f32> = match transfer {
            PQ => Some(pq),
            HLG => Some(hlg),
            _ => None,
        };
        let tone = |light: fn(f32) -> f32| {
            let steps = 0..=LAST_STEP;
            steps
                .map(|at| shown(light(f32::from(at) / f32::from(LAST_STEP))))
                .collect()
        };
        Self {
            matrix: match (matrix, primaries) {
                (0, _) => Matrix::Identity,
                (8, _) => Matrix::Ycgco,
                (1, _) | (12, 1) => bt_709,
                (4, _) => differences(0.30, 0.11),
                (7, _) => differences(0.212, 0.087),
                (9 | 10, _) | (12, 9) => bt_2020,
                // Display P3's.
                (12, 12) => differences(0.228_975, 0.079_287),
                _ => differences(0.299, 0.114),
            },
            scale: Scale::new(bits, full_range),
            tone: light.map(tone),
            luma: Vec::new(),
            chroma: [Vec::new(), Vec::new()],
            between: Between::default(),
        }
    }

    /// Red, green and blue of a row, in place of what was in `out`.
    pub fn row(&mut self, picture: &Mosaic, at: usize, out: &mut Vec<[f32; 3]>) {
        out.clear();
        picture.row(0, at, &mut self.luma);
        let scale = self.scale;
        if let Some(chroma) = picture.sample().and_then(|frame| frame.chroma) {
            for (plane, out) in (1..).zip(&mut self.chroma) {
                self.between.mix(picture, chroma, plane, at, out);
            }
            let [first, second] = &self.chroma;
            let samples = self.luma.iter().zip(first).zip(second);
            let samples = samples.map(|((&luma, &first), &second)| (luma, first, second));
            self.matrix.apply(samples, chroma.steps(), scale, out);
        } else {
            out.extend(self.luma.iter().map(|&luma| [scale.luma(luma); 3]));
        }
        if let Some(tone) = &self.tone {
            for value in out.as_flattened_mut() {
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
                let at = (*value * f32::from(LAST_STEP) + 0.5) as usize;
                *value = tone.get(at).copied().unwrap_or(1.0);
            }
        }
    }
}

impl Matrix {
    /// Chroma counts in parts of a sample.
    fn apply(
        self,
        samples: impl Iterator<Item = (u16, u16, u16)>,
        steps: f32,
        scale: Scale,
        out: &mut Vec<[f32; 3]>,
    ) {
        let luma = |sample| scale.luma(sample);
        let fine = Scale {
            middle: scale.middle * steps,
            chroma: scale.chroma / steps,
            luma: scale.luma / steps,
            black: scale.black * steps,
        };
        match self {
            Self::Identity => out.extend(samples.map(|(green, blue, red)| {
                [fine.luma(red), luma(green), fine.luma(blue)].map(within)
            })),
            Self::Ycgco => out.extend(samples.map(|(y, cg, co)| {
                let (y, cg, co) = (luma(y), fine.chroma(cg), fine.chroma(co));
                [y - cg + co, y + cg, y - cg - co].map(within)
            })),
            Self::Differences { red, blue } => {
                let green = 1.0 - red - blue;
                let (to_red, to_blue) = (2.0 * (1.0 - red), 2.0 * (1.0 - blue));
                let (less_red, less_blue) = (to_red * red / green, to_blue * blue / green);
                out.extend(samples.map(|(y, cb, cr)| {
                    let (y, cb, cr) = (luma(y), fine.chroma(cb), fine.chroma(cr));
                    let green = y - less_red * cr - less_blue * cb;
                    [y + to_red * cr, green, y + to_blue * cb].map(within)
                }));
            }
        }
    }
}

fn within(value: f32) -> f32 {
    value.clamp(0.0, 1.0)
}

impl Chroma {
    /// How many steps [`Between::mix`] makes of one of a sample.
    fn steps(self) -> f32 {
        let four = |halved: bool| if halved { 4.0 } else { 1.0 };
        four(self.across) * four(self.down)
    }
}

impl Between {
    /// Chroma at every pixel of a row, between samples that lie in the middle of their
    /// pixels: the nearer counts three times. Of 12 bits, the sums are just within 16.
    fn mix(
        &mut self,
        picture: &Mosaic,
        chroma: Chroma,
        plane: usize,
        at: usize,
        out: &mut Vec<u16>,
    ) {
        let near = &mut self.near;
        if chroma.down {
            picture.row(plane, at / 2, near);
            let beyond = if at.is_multiple_of(2) {
                (at / 2).saturating_sub(1)
            } else {
                at / 2 + 1
            };
            picture.row(plane, beyond, &mut self.far);
            for (near, far) in near.iter_mut().zip(&self.far) {
                *near = 3 * *near + far;
            }
        } else {
            picture.row(plane, at, near);
        }
        out.clear();
        if !chroma.across {
            out.extend_from_slice(near);
            return;
        }
        let mut before = near.first().copied().unwrap_or_default();
        let after = near.iter().skip(1).chain(near.last());
        for (&here, &after) in near.iter().zip(after) {
            out.extend([before, after].map(|there| 3 * here + there));
            before = here;
        }
        out.truncate(picture.size(0).0);
    }
}

/// From samples to numbers from 0 to 1, and chroma about 0.
#[derive(Clone, Copy)]
pub struct Scale {
    black: f32,
    luma: f32,
    middle: f32,
    chroma: f32,
}

impl Scale {
    /// For samples of so many bits.
    pub fn new(bits: u32, full_range: bool) -> Self {
        let unit = f32::from(1_u16 << (bits - 8));
        let middle = 128.0 * unit;
        if full_range {
            let most = 256.0 * unit - 1.0;
            let (black, luma, chroma) = (0.0, 1.0 / most, 1.0 / most);
            return Self {
                black,
                luma,
                middle,
                chroma,
            };
        }
        let (black, luma, chroma) = (16.0 * unit, 1.0 / (219.0 * unit), 1.0 / (224.0 * unit));
        Self {
            black,
            luma,
            middle,
            chroma,
        }
    }

    /// Of luma, or of alpha.
    pub fn luma(self, sample: u16) -> f32 {
        (f32::from(sample) - self.black) * self.luma
    }

    fn chroma(self, sample: u16) -> f32 {
        (f32::from(sample) - self.middle) * self.chroma
    }
}

/// The last entry of a table of tones.
const LAST_STEP: u16 = 4095;

/// What a page is white with, in cd/m2 (ITU-R BT.2408): light is told in pages.
const PAGE: f32 = 203.0;
/// The brightest light of which there is still a difference.
const PEAK: f32 = 1000.0 / PAGE;

/// Light of perceptual quantisation.
fn pq(value: f32) -> f32 {
    let power = value.powf(1.0 / 78.843_75);
    let ratio = (power - 0.835_937_5).max(0.0) / (18.851_563 - 18.6875 * power);
    10_000.0 / PAGE * ratio.powf(1.0 / 0.159_301_76)
}

/// Light of hybrid log-gamma, on a screen of 1000 cd/m2.
fn hlg(value: f32) -> f32 {
    let scene = if value <= 0.5 {
        value * value / 3.0
    } else {
        (((value - 0.559_910_7) / 0.178_832_77).exp() + 0.284_668_92) / 12.0
    };
    PEAK * scene.powf(1.2)
}

/// What is shown, as sRGB, of a light: a page stays bright, and up to the peak there is
/// still a difference (Reinhard's curve).
fn shown(light: f32) -> f32 {
    let light = light.min(PEAK);
    let shown = light * (1.0 + light / (PEAK * PEAK)) / (1.0 + light);
    if shown <= 0.003_130_8 {
        12.92 * shown
    } else {
        1.055 * shown.powf(1.0 / 2.4) - 0.055
    }
}
