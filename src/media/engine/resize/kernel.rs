//! Filter kernels and their weights in fixed point.

use super::{LANES, WEIGHT_BITS, to_f64};

/// A kernel of resampling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kernel {
    /// The sinc within three lobes: sharp, for making smaller.
    Lanczos3,
    /// Mitchell and Netravali's cubic with B = C = 1/3: no halo, for making larger.
    Mitchell,
}

impl Kernel {
    /// Half its width.
    const fn radius(self) -> f64 {
        match self {
            Self::Lanczos3 => 3.0,
            Self::Mitchell => 2.0,
        }
    }

    /// Its value at a distance.
    pub fn at(self, x: f64) -> f64 {
        let x = x.abs();
        match self {
            Self::Lanczos3 if x < 1e-9 => 1.0,
            Self::Lanczos3 if x >= 3.0 => 0.0,
            Self::Lanczos3 => {
                // sinc(x) sinc(x/3) with sin 3a = 3 sin a - 4 sin^3 a: one sine for two.
                let angle = std::f64::consts::FRAC_PI_3 * x;
                let sine = angle.sin();
                (sine / angle).powi(2) * (1.0 - 4.0 / 3.0 * sine * sine)
            }
            Self::Mitchell if x < 1.0 => (7.0 * x * x * x - 12.0 * x * x + 16.0 / 3.0) / 6.0,
            Self::Mitchell if x < 2.0 => {
                (-7.0 / 3.0 * x * x * x + 12.0 * x * x - 20.0 * x + 32.0 / 3.0) / 6.0
            }
            Self::Mitchell => 0.0,
        }
    }

    /// The most samples one target sample is made of, at a ratio of source to target.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // small and positive
    pub fn most_taps(ratio: f64) -> usize {
        (Self::Lanczos3.radius() * ratio.max(1.0) * 2.0).ceil() as usize + 2
    }
}

/// Weights of one axis: for each target sample, where its source samples begin
/// and how much each counts. All have the same number of taps; zeros fill up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Weights {
    starts: Vec<usize>,
    values: Vec<i16>,
    taps: usize,
}

/// Taps are a multiple of what one step of the horizontal filter takes.
pub(super) const TAP_STEP: usize = 8;

impl Weights {
    /// Maps `window` (start, length) of `source` samples onto `target` samples.
    pub fn new(kernel: Kernel, source: usize, window: (f64, f64), target: usize) -> Self {
        let scale = window.1 / to_f64(target.max(1));
        let spread = scale.max(1.0);
        let exact: Vec<(usize, Vec<i16>)> = (0..target)
            .map(|index| {
                let centre = window.0 + (to_f64(index) + 0.5) * scale;
                let (first, weights) = around(kernel, centre, spread, source);
                (first, without_zeros(fixed(&weights)))
            })
            .collect();
        let most = exact
            .iter()
            .map(|(_, weights)| weights.len())
            .max()
            .unwrap_or(0);
        let taps = most.next_multiple_of(TAP_STEP);
        let mut values = Vec::with_capacity(taps * target);
        for (_, weights) in &exact {
            values.extend_from_slice(weights);
            values.resize(values.len() + taps - weights.len(), 0);
        }
        Self {
            starts: exact.iter().map(|(first, _)| *first).collect(),
            values,
            taps,
        }
    }

    /// Taps of each sample.
    pub const fn taps(&self) -> usize {
        self.taps
    }

    /// How many target samples there are.
    pub const fn len(&self) -> usize {
        self.starts.len()
    }

    /// The first source sample and the weights of a target sample.
    pub fn get(&self, index: usize) -> Option<(usize, &[i16])> {
        let start = *self.starts.get(index)?;
        Some((
            start,
            self.values
                .get(index * self.taps..(index + 1) * self.taps)?,
        ))
    }

    /// Where the samples of each begin, and all weights in a row.
    #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
    pub fn parts(&self) -> (&[usize], &[i16]) {
        (&self.starts, &self.values)
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = (usize, &[i16])> {
        self.starts
            .iter()
            .copied()
            .zip(self.values.chunks_exact(self.taps.max(TAP_STEP)))
    }
}

const _: () = assert!(LANES.is_multiple_of(TAP_STEP));

/// The samples around a centre that are inside the source, with weights that add up to one.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // clamped to the source
pub(super) fn around(kernel: Kernel, centre: f64, spread: f64, source: usize) -> (usize, Vec<f64>) {
    let reach = kernel.radius() * spread;
    let last = to_f64(source.saturating_sub(1));
    let first = (centre - reach).floor().clamp(0.0, last) as usize;
    let end = (centre + reach)
        .ceil()
        .clamp(to_f64(first) + 1.0, last + 1.0) as usize;
    let weights: Vec<f64> = (first..end)
        .map(|sample| kernel.at((to_f64(sample) + 0.5 - centre) / spread))
        .collect();
    let sum: f64 = weights.iter().sum();
    if sum.abs() < 1e-6 {
        // Far outside: the nearest sample alone.
        let nearest = centre.floor().clamp(0.0, last) as usize;
        return (nearest, vec![1.0]);
    }
    (
        first,
        weights.into_iter().map(|weight| weight / sum).collect(),
    )
}

/// Zeros at the end cost time. Those at the beginning stay: where each sample
/// begins must never go back, since rows that were passed are gone.
fn without_zeros(mut weights: Vec<i16>) -> Vec<i16> {
    let used = weights
        .iter()
        .rposition(|&weight| weight != 0)
        .map_or(0, |last| last + 1);
    weights.truncate(used);
    weights
}

/// Weights in fixed point that add up exactly; what rounding leaves goes to the largest.
#[allow(clippy::cast_possible_truncation)] // clamped
fn fixed(weights: &[f64]) -> Vec<i16> {
    let one = f64::from(1_u32 << WEIGHT_BITS);
    let limit = f64::from(i16::MAX);
    let mut fixed: Vec<i16> = weights
        .iter()
        .map(|weight| (weight * one).round().clamp(-limit, limit) as i16)
        .collect();
    let sum: i32 = fixed.iter().map(|&weight| i32::from(weight)).sum();
    let missing = (1 << WEIGHT_BITS) - sum;
    if let Some(largest) = fixed.iter_mut().max() {
        *largest = i16::try_from(i32::from(*largest) + missing).unwrap_or(*largest);
    }
    fixed
}
