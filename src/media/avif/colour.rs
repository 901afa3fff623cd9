//! From samples to RGB (ITU-T H.273), a row at a time.

use super::av1::{Chroma, Frame};

/// How a picture's samples are read.
pub struct Reader {
    matrix: Matrix,
    full_range: bool,
    /// What a light of perceptual quantisation is shown as, if it is one.
    tone: Option<Vec<f32>>,
    luma: Vec<u16>,
    chroma: [Vec<u16>; 2],
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

impl Reader {
    /// For pictures with these code points.
    pub fn new([primaries, transfer, matrix]: [u32; 3], full_range: bool) -> Self {
        let differences = |red, blue| Matrix::Differences { red, blue };
        let bt_2020 = differences(0.2627, 0.0593);
        let bt_709 = differences(0.2126, 0.0722);
        Self {
            matrix: match (matrix, primaries) {
                (0, _) => Matrix::Identity,
                (8, _) => Matrix::Ycgco,
                (1, _) | (12, 1) => bt_709,
                (4, _) => differences(0.30, 0.11),
                (7, _) => differences(0.212, 0.087),
                (9 | 10, _) | (12, 9) => bt_2020,
                _ => differences(0.299, 0.114),
            },
            full_range,
            tone: (transfer == PQ).then(|| {
                (0..1024_u16)
                    .map(|at| toned(f32::from(at) / 1023.0))
                    .collect()
            }),
            luma: Vec::new(),
            chroma: [Vec::new(), Vec::new()],
            near: Vec::new(),
            far: Vec::new(),
        }
    }

    /// Writes a row of a frame as RGBA of 8 bits, as much as there is room for. Alpha is left.
    pub fn row(&mut self, frame: &Frame, at: usize, out: &mut [[u8; 4]]) {
        self.luma.resize(frame.width, 0);
        frame.row(0, at).copy_to(&mut self.luma);
        let scale = Scale::new(frame.bits, self.full_range);
        let Some(chroma) = frame.chroma else {
            for (out, &luma) in out.iter_mut().zip(&self.luma) {
                let grey = scale.luma(luma);
                self.tone.put(out, [grey; 3]);
            }
            return;
        };
        for plane in [1, 2] {
            self.upsample(frame, chroma, plane, at);
        }
        let [first, second] = &self.chroma;
        let samples = self.luma.iter().zip(first).zip(second);
        match self.matrix {
            Matrix::Identity => {
                for (out, ((&green, &blue), &red)) in out.iter_mut().zip(samples) {
                    self.tone
                        .put(out, [red, green, blue].map(|sample| scale.luma(sample)));
                }
            }
            Matrix::Ycgco => {
                for (out, ((&luma, &cg), &co)) in out.iter_mut().zip(samples) {
                    let (luma, cg, co) = (scale.luma(luma), scale.chroma(cg), scale.chroma(co));
                    let rest = luma - cg;
                    self.tone.put(out, [rest + co, luma + cg, rest - co]);
                }
            }
            Matrix::Differences { red, blue } => {
                let green = 1.0 - red - blue;
                let (to_red, to_blue) = (2.0 * (1.0 - red), 2.0 * (1.0 - blue));
                let (less_red, less_blue) = (to_red * red / green, to_blue * blue / green);
                for (out, ((&luma, &cb), &cr)) in out.iter_mut().zip(samples) {
                    let (luma, cb, cr) = (scale.luma(luma), scale.chroma(cb), scale.chroma(cr));
                    let green = luma - less_red * cr - less_blue * cb;
                    self.tone
                        .put(out, [luma + to_red * cr, green, luma + to_blue * cb]);
                }
            }
        }
    }

    /// Chroma at every pixel of a row, between samples that lie in the middle of their pixels.
    fn upsample(&mut self, frame: &Frame, chroma: Chroma, plane: usize, at: usize) {
        let width = if chroma.across {
            frame.width.div_ceil(2)
        } else {
            frame.width
        };
        let Some(out) = self.chroma.get_mut(plane - 1) else {
            return;
        };
        out.resize(frame.width, 0);
        self.near.resize(width, 0);
        if chroma.down {
            self.far.resize(width, 0);
            frame.row(plane, at / 2).copy_to(&mut self.near);
            let beyond = if at.is_multiple_of(2) {
                (at / 2).saturating_sub(1)
            } else {
                at / 2 + 1
            };
            frame.row(plane, beyond).copy_to(&mut self.far);
            for (near, far) in self.near.iter_mut().zip(&self.far) {
                *near = 3 * *near + far;
            }
        } else if chroma.across {
            frame.row(plane, at).copy_to(&mut self.near);
            for near in &mut self.near {
                *near *= 4;
            }
        } else {
            frame.row(plane, at).copy_to(out);
            return;
        }
        // Of 12 bits, just within 16.
        let mix = |here: u16, there: u16| (3 * here + there + 8) >> 4;
        let first = self.near.first().copied().unwrap_or_default();
        let mut before = first;
        let mut ahead = self.near.iter().skip(1);
        for (pair, &here) in out.chunks_mut(2).zip(&self.near) {
            let after = ahead.next().copied().unwrap_or(here);
            for (out, there) in pair.iter_mut().zip([before, after]) {
                *out = mix(here, there);
            }
            before = here;
        }
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

/// From 0 to 1 in 8 bits; what lies beyond is cut off.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
pub fn byte(value: f32) -> u8 {
    (value * 255.0 + 0.5) as u8
}

trait Put {
    fn put(&self, out: &mut [u8; 4], rgb: [f32; 3]);
}

impl Put for Option<Vec<f32>> {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    fn put(&self, [red, green, blue, _]: &mut [u8; 4], rgb: [f32; 3]) {
        let toned = |value: f32| match self {
            None => value,
            Some(tone) => tone
                .get((value.clamp(0.0, 1.0) * 1023.0) as usize)
                .copied()
                .unwrap_or(1.0),
        };
        [*red, *green, *blue] = rgb.map(|value| byte(toned(value)));
    }
}

/// What is shown, as sRGB, of a light of perceptual quantisation: what a page is white with (203 cd/m2, ITU-R BT.2408)
/// stays bright, and up to 1000 cd/m2 there is still a difference (Reinhard's curve).
fn toned(value: f32) -> f32 {
    let power = value.powf(1.0 / 78.843_75);
    let light =
        ((power - 0.835_937_5).max(0.0) / (18.851_563 - 18.6875 * power)).powf(1.0 / 0.159_301_76);
    let light = light * 10_000.0 / 203.0;
    let white = 1000.0 / 203.0;
    let shown = (light * (1.0 + light / (white * white)) / (1.0 + light)).min(1.0);
    if shown <= 0.003_130_8 {
        12.92 * shown
    } else {
        1.055 * shown.powf(1.0 / 2.4) - 0.055
    }
}
