//! `BlurHash` (<https://blurha.sh>): a short text that holds a few waves of colour.

#![allow(clippy::cast_precision_loss)] // Sides of at most 100 pixels.

use std::f32::consts::PI;

use super::super::raster::{CHANNELS, Raster};

/// Waves across and down, the mean included.
const ACROSS: usize = 4;
const DOWN: usize = 3;
/// Both in one digit.
const SHAPE: u32 = 3 + 2 * 9;

/// Encodes a picture; transparency is not seen.
pub fn encode(picture: &Raster) -> String {
    let linear: Vec<f32> = (0_u16..256)
        .map(|byte| to_linear(f32::from(byte) / 255.0))
        .collect();
    let mut waves = Vec::new();
    for down in 0..DOWN {
        for across in 0..ACROSS {
            waves.push(wave(picture, &linear, across, down));
        }
    }
    let (mean, rest) = waves
        .split_first()
        .map_or(([0.0; 3], &[][..]), |(mean, rest)| (*mean, rest));
    let strongest = rest
        .iter()
        .flatten()
        .fold(0.0_f32, |most, value| most.max(value.abs()));
    let scale = whole((strongest * 166.0 - 0.5).floor(), 82);
    let most = (scale as f32 + 1.0) / 166.0;

    let mut out = String::new();
    digits(&mut out, SHAPE, 1);
    digits(&mut out, scale, 1);
    let [red, green, blue] = mean.map(to_byte);
    digits(&mut out, red << 16 | green << 8 | blue, 4);
    for colour in rest {
        let [red, green, blue] = colour.map(|value| {
            let root = (value / most).abs().sqrt().copysign(value);
            whole((root * 9.0 + 9.5).floor(), 18)
        });
        digits(&mut out, red * 19 * 19 + green * 19 + blue, 2);
    }
    out
}

/// How much of one wave is in each colour.
fn wave(picture: &Raster, linear: &[f32], across: usize, down: usize) -> [f32; 3] {
    let cosine = |frequency: usize, at: usize, length: usize| {
        (PI * frequency as f32 * at as f32 / length.max(1) as f32).cos()
    };
    let columns: Vec<f32> = (0..picture.width)
        .map(|x| cosine(across, x, picture.width))
        .collect();
    let mut sums = [0.0_f32; 3];
    for (y, row) in picture.rows().enumerate() {
        let along = cosine(down, y, picture.height);
        for (pixel, column) in row.chunks_exact(CHANNELS).zip(&columns) {
            for (sum, byte) in sums.iter_mut().zip(pixel) {
                *sum += column * along * linear.get(usize::from(*byte)).copied().unwrap_or(0.0);
            }
        }
    }
    let twice = if across == 0 && down == 0 { 1.0 } else { 2.0 };
    let scale = twice / (picture.width * picture.height).max(1) as f32;
    sums.map(|sum| sum * scale)
}

fn to_linear(value: f32) -> f32 {
    if value <= 0.040_45 {
        value / 12.92
    } else {
        ((value + 0.055) / 1.055).powf(2.4)
    }
}

fn to_byte(value: f32) -> u32 {
    let value = value.clamp(0.0, 1.0);
    let bent = if value <= 0.003_130_8 {
        value * 12.92
    } else {
        1.055 * value.powf(1.0 / 2.4) - 0.055
    };
    whole(bent * 255.0 + 0.5, 255)
}

/// Cut to a whole number from 0 to `most`.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn whole(value: f32, most: u16) -> u32 {
    value.clamp(0.0, f32::from(most)) as u32
}

/// So many digits to the base 83.
fn digits(out: &mut String, value: u32, count: u32) {
    const DIGITS: &[u8; 83] =
        b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~";
    for at in (0..count).rev() {
        let digit = (value / 83_u32.pow(at) % 83) as usize;
        out.push(char::from(DIGITS.get(digit).copied().unwrap_or(b'0')));
    }
}
