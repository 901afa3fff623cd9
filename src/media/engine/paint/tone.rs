//! Brightness, contrast, gamma and saturation.

use super::super::job::Tone;
use super::super::raster::{CHANNELS, Raster};

/// Changes the colours in place. Without colour, the grey is made first: the
/// curve then sees one level, and a hard contrast leaves black and white only.
pub(crate) fn apply(raster: &mut Raster, tone: &Tone) {
    if *tone == Tone::default() {
        return;
    }
    let curve: Vec<u8> = (0..=u8::MAX).map(|level| curve(level, tone)).collect();
    let look_up = |level: u8| curve.get(usize::from(level)).copied().unwrap_or(level);
    for [r, g, b, _] in raster.data.as_chunks_mut::<CHANNELS>().0 {
        if tone.saturation <= 0.0 {
            [*r, *g, *b] = saturate([*r, *g, *b], 0.0).map(look_up);
            continue;
        }
        let colour = [look_up(*r), look_up(*g), look_up(*b)];
        [*r, *g, *b] = if tone.saturation.to_bits() == 1.0_f32.to_bits() {
            colour
        } else {
            saturate(colour, tone.saturation)
        };
    }
}

/// A level after brightness, contrast and gamma, in that order.
fn curve(level: u8, tone: &Tone) -> u8 {
    let bright = f32::from(level) / 255.0 * tone.brightness;
    let stretched = ((bright - 0.5) * tone.contrast + 0.5).clamp(0.0, 1.0);
    let exponent = if tone.gamma > 0.0 {
        1.0 / tone.gamma
    } else {
        1.0
    };
    to_level(stretched.powf(exponent) * 255.0)
}

/// Moves a colour away from the grey of its luma (ITU-R BT.601), or towards it.
fn saturate(colour: [u8; 3], saturation: f32) -> [u8; 3] {
    let [r, g, b] = colour.map(f32::from);
    let grey = 0.299 * r + 0.587 * g + 0.114 * b;
    colour.map(|channel| to_level(grey + (f32::from(channel) - grey) * saturation))
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // clamped
fn to_level(value: f32) -> u8 {
    value.round().clamp(0.0, 255.0) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    fn toned(pixel: [u8; 4], tone: Tone) -> Vec<u8> {
        let mut raster = Raster {
            width: 1,
            height: 1,
            data: pixel.to_vec(),
        };
        apply(&mut raster, &tone);
        raster.data
    }

    #[test]
    fn each_factor_does_what_its_name_says() {
        let tone = Tone::default();
        assert_eq!(toned([10, 100, 200, 9], tone), [10, 100, 200, 9]);
        assert_eq!(
            toned(
                [10, 100, 200, 9],
                Tone {
                    brightness: 0.5,
                    ..tone
                }
            ),
            [5, 50, 100, 9]
        );
        assert_eq!(
            toned(
                [10, 100, 200, 9],
                Tone {
                    brightness: 2.0,
                    ..tone
                }
            ),
            [20, 200, 255, 9]
        );
        assert_eq!(
            toned(
                [0, 128, 255, 9],
                Tone {
                    contrast: 0.0,
                    ..tone
                }
            ),
            [128, 128, 128, 9]
        );
        assert_eq!(
            toned(
                [255, 0, 0, 9],
                Tone {
                    saturation: 0.0,
                    ..tone
                }
            ),
            [76, 76, 76, 9]
        );
        let bitonal = Tone {
            saturation: 0.0,
            contrast: 512.0,
            ..tone
        };
        assert_eq!(toned([0, 255, 0, 9], bitonal), [255, 255, 255, 9]);
        assert_eq!(toned([127, 127, 127, 9], bitonal), [0, 0, 0, 9]);
        assert_eq!(toned([128, 128, 128, 9], bitonal), [255, 255, 255, 9]);
        assert_eq!(
            toned([64, 64, 64, 9], Tone { gamma: 2.0, ..tone }),
            [128, 128, 128, 9]
        );
        assert_eq!(
            toned(
                [64, 64, 64, 9],
                Tone {
                    gamma: f32::NAN,
                    ..tone
                }
            ),
            [64, 64, 64, 9]
        );
    }
}
