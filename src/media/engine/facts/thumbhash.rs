//! `ThumbHash` (<https://evanw.github.io/thumbhash/>): some two dozen bytes that
//! hold a picture's proportions, its mean colour and the lowest frequencies.

#![allow(clippy::cast_precision_loss)] // Sides of at most 100 pixels.

use std::f32::consts::PI;

use super::super::raster::{CHANNELS, Raster};

/// The lowest frequencies of one channel.
struct Waves {
    /// The mean.
    mean: f32,
    /// The others, from 0 to 1 around a half.
    rest: Vec<f32>,
    /// How strong the strongest of them is.
    scale: f32,
}

impl Waves {
    /// Of so many frequencies across and down, those above the diagonal.
    fn of(channel: &[f32], width: usize, across: usize, down: usize) -> Self {
        let height = channel.len() / width.max(1);
        let wave = |frequency: usize, at: usize, length: usize| {
            (PI / length as f32 * frequency as f32 * (at as f32 + 0.5)).cos()
        };
        let mut waves = Self {
            mean: 0.0,
            rest: Vec::new(),
            scale: 0.0,
        };
        for cy in 0..down {
            for cx in (0..across).take_while(|cx| cx * down < across * (down - cy)) {
                let columns: Vec<f32> = (0..width).map(|x| wave(cx, x, width)).collect();
                let mut sum = 0.0;
                for (y, row) in channel.chunks(width.max(1)).enumerate() {
                    let along: f32 = row.iter().zip(&columns).map(|(a, b)| a * b).sum();
                    sum += along * wave(cy, y, height);
                }
                let strength = sum / channel.len().max(1) as f32;
                if cx == 0 && cy == 0 {
                    waves.mean = strength;
                } else {
                    waves.scale = waves.scale.max(strength.abs());
                    waves.rest.push(strength);
                }
            }
        }
        if waves.scale > 0.0 {
            for strength in &mut waves.rest {
                *strength = 0.5 + 0.5 / waves.scale * *strength;
            }
        }
        waves
    }
}

/// Encodes a picture of at most 100 pixels a side.
pub fn encode(picture: &Raster) -> Vec<u8> {
    let (width, height) = (picture.width, picture.height);
    let pixels: Vec<[f32; 4]> = picture
        .data
        .chunks_exact(CHANNELS)
        .filter_map(|pixel| pixel.first_chunk::<4>())
        .map(|pixel| pixel.map(|byte| f32::from(byte) / 255.0))
        .collect();
    // The mean colour of what is seen lies behind what is transparent.
    let mut mean = [0.0_f32; 3];
    let mut seen = 0.0_f32;
    for [r, g, b, a] in &pixels {
        for (sum, value) in mean.iter_mut().zip([r, g, b]) {
            *sum += a * value;
        }
        seen += a;
    }
    if seen > 0.0 {
        mean = mean.map(|sum| sum / seen);
    }
    let alpha = pixels.iter().any(|[.., a]| *a < 1.0);
    let mut channels: [Vec<f32>; 4] = Default::default();
    for [r, g, b, a] in &pixels {
        let over = |value: f32, behind: f32| behind * (1.0 - a) + a * value;
        let [back_r, back_g, back_b] = mean;
        let (r, g, b) = (over(*r, back_r), over(*g, back_g), over(*b, back_b));
        let values = [(r + g + b) / 3.0, f32::midpoint(r, g) - b, r - g, *a];
        for (channel, value) in channels.iter_mut().zip(values) {
            channel.push(value);
        }
    }
    let limit = if alpha { 5 } else { 7 };
    let longest = width.max(height).max(1);
    let frequencies = |side: usize| ((2 * limit * side + longest) / (2 * longest)).max(1);
    let (across, down) = (frequencies(width), frequencies(height));
    let [light, yellow, red, seen] = &channels;
    let light = Waves::of(light, width, across.max(3), down.max(3));
    let yellow = Waves::of(yellow, width, 3, 3);
    let red = Waves::of(red, width, 3, 3);
    let seen = alpha.then(|| Waves::of(seen, width, 5, 5));

    let landscape = width > height;
    let head = part(63.0 * light.mean)
        | part(31.5 + 31.5 * yellow.mean) << 6
        | part(31.5 + 31.5 * red.mean) << 12
        | part(31.0 * light.scale) << 18
        | u32::from(alpha) << 23;
    let shape = u32::try_from(if landscape { down } else { across }).unwrap_or(7)
        | part(63.0 * yellow.scale) << 3
        | part(63.0 * red.scale) << 9
        | u32::from(landscape) << 15;
    let mut hash: Vec<u8> = head.to_le_bytes().into_iter().take(3).collect();
    hash.extend(shape.to_le_bytes().into_iter().take(2));
    if let Some(seen) = &seen {
        hash.push(low(part(15.0 * seen.mean) | part(15.0 * seen.scale) << 4));
    }
    let nibbles: Vec<u32> = [Some(&light), Some(&yellow), Some(&red), seen.as_ref()]
        .into_iter()
        .flatten()
        .flat_map(|waves| &waves.rest)
        .map(|strength| part(15.0 * strength))
        .collect();
    hash.extend(nibbles.chunks(2).map(|pair| {
        let nibble = |at: usize| pair.get(at).copied().unwrap_or(0);
        low(nibble(0) | nibble(1) << 4)
    }));
    hash
}

/// Rounded; what the format holds is never negative.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn part(value: f32) -> u32 {
    (value + 0.5) as u32
}

fn low(number: u32) -> u8 {
    u8::try_from(number & 0xFF).unwrap_or(0)
}
