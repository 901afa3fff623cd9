use std::f64::consts::PI;

use proptest::prelude::*;

use super::super::idct;

/// The definition (T.81 A.3.3) over the lowest `n` by `n` frequencies.
fn ideal(block: &[i16; 64], n: usize) -> Vec<f64> {
    let norm = |k: usize| if k == 0 { 1.0 / 2f64.sqrt() } else { 1.0 };
    let cosine = |x: usize, u: usize| ((2 * x + 1) as f64 * u as f64 * PI / (2 * n) as f64).cos();
    let sample = |x: usize, y: usize| {
        let mut sum = 0.0;
        for v in 0..n {
            for u in 0..n {
                let value = f64::from(block[v * n + u]);
                sum += norm(u) * norm(v) * value * cosine(x, u) * cosine(y, v);
            }
        }
        (sum / 4.0 + 128.0).clamp(0.0, 255.0)
    };
    (0..n * n).map(|i| sample(i % n, i / n)).collect()
}

fn check(ideal: &[f64], samples: &[u8]) {
    for (ideal, &sample) in ideal.iter().zip(samples) {
        assert!(
            (ideal - f64::from(sample)).abs() < 1.0,
            "{ideal} became {sample}"
        );
    }
}

/// A block as pictures have them: large low frequencies, small high ones.
fn block(n: usize) -> impl Strategy<Value = [i16; 64]> {
    proptest::collection::vec(-1.0..1.0f64, 64).prop_map(move |weights| {
        let mut block = [0; 64];
        for (i, weight) in weights.iter().take(n * n).enumerate() {
            let frequency = (i % n + i / n) as i32;
            block[i] = (weight * 900.0 / f64::from(1 + frequency * frequency)) as i16;
        }
        block
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn full_is_the_definition(mut block in block(8)) {
        check(&ideal(&block, 8), idct::full(&mut block, 63).as_flattened());
        prop_assert_eq!(block, [0; 64]);
    }

    #[test]
    fn half_is_the_definition_on_low_frequencies(mut block in block(4)) {
        check(&ideal(&block, 4), idct::half(&mut block).as_flattened());
        prop_assert_eq!(&block[..16], &[0; 16]);
    }

    #[test]
    fn quarter_is_the_definition_on_low_frequencies(mut block in block(2)) {
        check(&ideal(&block, 2), idct::quarter(&mut block).as_flattened());
    }

    #[test]
    fn any_block_is_taken(values in proptest::collection::vec(any::<i16>(), 64)) {
        let mut block: [i16; 64] = values.try_into().unwrap();
        idct::full(&mut block.clone(), 63);
        idct::half(&mut block.clone());
        idct::quarter(&mut block);
    }
}

#[test]
fn a_constant_term_alone_is_its_mean_at_every_size() {
    for value in (-1100..1100).map(|step| step * 2) {
        let block = || {
            let mut block = [0; 64];
            block[0] = value;
            block
        };
        let mean = idct::eighth(value);
        assert_eq!(idct::full(&mut block(), 0), [[mean; 8]; 8]);
        assert_eq!(idct::half(&mut block()), [[mean; 4]; 4]);
        assert_eq!(idct::quarter(&mut block()), [[mean; 2]; 2]);
        assert_eq!(idct::flat(&mut block()), mean);
    }
}
