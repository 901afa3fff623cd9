//! The judge: SSIMULACRA 2, 100 for equal pictures, 90 for what nobody can tell apart.

use dropgate_bench::input;
use ssimulacra2::{ColorPrimaries, Rgb, TransferCharacteristic, compute_frame_ssimulacra2};

/// The score of two pictures of `width * height` RGB bytes, one after the other in the room.
#[unsafe(no_mangle)]
pub extern "C" fn score(width: usize, height: usize) -> f64 {
    let bytes = input(2 * width * height * 3);
    let (original, made) = bytes.split_at(bytes.len() / 2);
    let rgb = |bytes: &[u8]| {
        let pixels = bytes
            .chunks_exact(3)
            .map(|p| [p[0], p[1], p[2]].map(|v| f32::from(v) / 255.0));
        Rgb::new(
            pixels.collect(),
            width,
            height,
            TransferCharacteristic::SRGB,
            ColorPrimaries::BT709,
        )
        .unwrap()
    };
    compute_frame_ssimulacra2(rgb(original), rgb(made)).unwrap()
}
