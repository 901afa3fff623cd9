use proptest::prelude::*;

use super::kernel::{Kernel, Weights, around};
use super::*;

fn run(resample: &Resample, source: &[u8]) -> Vec<u8> {
    let mut resizer = Resizer::new(resample);
    for row in source.chunks_exact(resample.source.0 * resample.channels) {
        resizer.push_row(row);
    }
    resizer.finish()
}

fn whole(source: (usize, usize), target: (usize, usize), channels: usize) -> Resample {
    let window = Rect {
        x: 0.0,
        y: 0.0,
        width: to_f64(source.0),
        height: to_f64(source.1),
    };
    Resample {
        source,
        window,
        target,
        channels,
    }
}

/// The same in floating point and without any streaming: first the box, then the kernel.
fn reference(resample: &Resample, source: &[u8]) -> Vec<f64> {
    let Resample {
        source: size,
        window,
        target,
        channels,
    } = *resample;
    let factors = (
        whole_factor(window.width / to_f64(target.0)),
        whole_factor(window.height / to_f64(target.1)),
    );
    let shrunk = (size.0.div_ceil(factors.0), size.1.div_ceil(factors.1));
    let sample = |x: usize, y: usize, c: usize| f64::from(source[(y * size.0 + x) * channels + c]);
    let boxed = |x: usize, y: usize, c: usize| {
        let columns = x * factors.0..((x + 1) * factors.0).min(size.0);
        let rows = y * factors.1..((y + 1) * factors.1).min(size.1);
        let count = to_f64(columns.len() * rows.len());
        let sum: f64 = rows
            .flat_map(|y| columns.clone().map(move |x| sample(x, y, c)))
            .sum();
        if factors == (1, 1) {
            sum
        } else {
            (sum / count).round()
        }
    };
    let axis = |start: f64,
                length: f64,
                factor: usize,
                source: usize,
                target: usize|
     -> Vec<(usize, Vec<f64>)> {
        let (start, length) = (start / to_f64(factor), length / to_f64(factor));
        let scale = length / to_f64(target);
        let kernel = if scale < 1.0 {
            Kernel::Mitchell
        } else {
            Kernel::Lanczos3
        };
        let weights = |i: usize| {
            around(
                kernel,
                start + (to_f64(i) + 0.5) * scale,
                scale.max(1.0),
                source,
            )
        };
        (0..target).map(weights).collect()
    };
    let columns = axis(window.x, window.width, factors.0, shrunk.0, target.0);
    let rows = axis(window.y, window.height, factors.1, shrunk.1, target.1);
    let mut out = Vec::new();
    for (top, down) in &rows {
        for (left, across) in &columns {
            for c in 0..channels {
                let mut sum = 0.0;
                for (y, v) in down.iter().enumerate() {
                    for (x, h) in across.iter().enumerate() {
                        sum += v * h * boxed(left + x, top + y, c);
                    }
                }
                out.push(sum.clamp(0.0, 255.0));
            }
        }
    }
    out
}

fn noise(length: usize, seed: u32) -> Vec<u8> {
    let mut state = seed | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state.to_be_bytes()[0]
    };
    (0..length).map(|_| next()).collect()
}

#[test]
fn the_same_size_is_the_same_picture() {
    let source = noise(37 * 21 * 3, 7);
    assert_eq!(run(&whole((37, 21), (37, 21), 3), &source), source);
}

#[test]
fn a_flat_picture_stays_flat() {
    for value in [0, 1, 127, 254, 255] {
        for target in [(1, 1), (7, 3), (64, 50), (130, 99)] {
            let made = run(&whole((64, 50), target, 4), &vec![value; 64 * 50 * 4]);
            assert!(
                made.iter().all(|&sample| sample == value),
                "{value} {target:?}"
            );
            assert_eq!(made.len(), target.0 * target.1 * 4);
        }
    }
}

#[test]
fn a_window_that_reaches_beyond_the_source_repeats_the_edge() {
    let window = Rect {
        x: -3.0,
        y: 0.0,
        width: 20.0,
        height: 10.0,
    };
    let resample = Resample {
        source: (10, 10),
        window,
        target: (10, 5),
        channels: 1,
    };
    assert!(
        run(&resample, &[90; 100])
            .iter()
            .all(|&sample| sample == 90)
    );
}

#[test]
fn a_source_that_ends_early_is_completed() {
    for rows in 0..30 {
        let resample = whole((20, 30), (8, 12), 1);
        let mut resizer = Resizer::new(&resample);
        (0..rows).for_each(|_| resizer.push_row(&[50; 20]));
        let made = resizer.finish();
        assert_eq!(made.len(), if rows == 0 { 0 } else { 96 }, "{rows}");
        assert!(made.iter().all(|&sample| sample == 50));
    }
}

#[test]
fn rows_leave_as_soon_as_their_window_is_complete() {
    let mut resizer = Resizer::new(&whole((300, 300), (100, 100), 1));
    for row in 0..300_usize {
        resizer.push_row(&[0; 300]);
        assert!(
            resizer.rows_done() + 5 >= row / 3,
            "row {row}: {}",
            resizer.rows_done()
        );
    }
}

#[test]
fn kernels_add_up_to_one() {
    for kernel in [Kernel::Lanczos3, Kernel::Mitchell] {
        assert!(
            (kernel.at(0.0)
                - if kernel == Kernel::Lanczos3 {
                    1.0
                } else {
                    8.0 / 9.0
                })
            .abs()
                < 1e-12
        );
        assert!(kernel.at(3.0).abs() < 1e-12 && kernel.at(-5.0).abs() < 1e-12);
        let weights = Weights::new(kernel, 100, (0.3, 77.7), 31);
        for (_, weights) in weights.iter() {
            assert_eq!(
                weights.iter().map(|&w| i32::from(w)).sum::<i32>(),
                1 << WEIGHT_BITS
            );
        }
    }
}

#[test]
fn the_mean_of_a_box_is_rounded_exactly() {
    for across in [2_usize, 3, 5, 256] {
        let mut shrink = Shrink::new((across, 1), (across, 1), 1);
        for seed in 1..50 {
            let row = noise(across, seed);
            let sum: usize = row.iter().map(|&s| usize::from(s)).sum();
            let mut fresh = Shrink::new((across, 1), (across, 1), 1);
            let expected = u8::try_from((2 * sum + across - 1) / (2 * across)).unwrap();
            let rounded_up = u8::try_from((2 * sum + across) / (2 * across)).unwrap();
            let got = fresh.push_row(&row).unwrap()[0];
            assert!(got == expected || got == rounded_up);
        }
        assert!(shrink.finish().is_none());
    }
}

#[test]
fn a_weight_that_happens_to_be_nothing_moves_no_row() {
    // The first row of the source is where the kernel crosses zero, for one target row.
    let window = Rect {
        x: 0.0,
        y: 0.089_940_075_135_156_24 * 35.0,
        width: 0.1,
        height: 27.303_5,
    };
    let resample = Resample {
        source: (1, 35),
        window,
        target: (1, 34),
        channels: 1,
    };
    let source = noise(35, 1);
    for (made, wanted) in run(&resample, &source)
        .iter()
        .zip(reference(&resample, &source))
    {
        assert!((f64::from(*made) - wanted).abs() <= 1.0, "{made} {wanted}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn within_one_level_of_the_reference(
        (sw, sh) in (1_usize..50, 1_usize..50),
        (tw, th) in (1_usize..40, 1_usize..40),
        channels in 1_usize..5,
        (x, y, w, h) in (0.0..0.5_f64, 0.0..0.5_f64, 0.1..1.0_f64, 0.1..1.0_f64),
        seed in any::<u32>(),
    ) {
        let (fw, fh) = (to_f64(sw), to_f64(sh));
        let window = Rect { x: x * fw, y: y * fh, width: w * (1.0 - x) * fw, height: h * (1.0 - y) * fh };
        let resample = Resample { source: (sw, sh), window, target: (tw, th), channels };
        let source = noise(sw * sh * channels, seed);
        let made = run(&resample, &source);
        let wanted = reference(&resample, &source);
        prop_assert_eq!(made.len(), wanted.len());
        for (made, wanted) in made.iter().zip(&wanted) {
            prop_assert!((f64::from(*made) - wanted).abs() <= 1.0, "{} {}", made, wanted);
        }
    }
}
