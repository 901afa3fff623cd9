//! Our JPEG decoder against `djpeg` of libjpeg-turbo, on files that `cjpeg` and
//! `jpegtran` make: samplings, sizes, restarts, scan scripts, damage.
//!
//! Needs the package `libjpeg-turbo-progs`, and fails without it.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking, in its helpers too"
)]
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::struct_field_names,
    clippy::unreadable_literal,
    reason = "arithmetic on small pictures, written like its formulas"
)]

#[path = "jpeg_conformance/support.rs"]
mod support;

use dropgate::media::jpeg::{Colour, Scale};
use support::{
    Decoded, decode, djpeg_grey, djpeg_inks, djpeg_rgb, encode, lanczos, noise, picture,
    reference_size, run, transcode, worst,
};

/// Compares luma at full scale, and says what differed.
fn agrees_at_full_scale(name: &str, jpeg: &[u8]) -> Decoded {
    let ours = decode(jpeg, Scale::Full, 977).unwrap_or_else(|error| panic!("{name}: {error}"));
    let theirs = djpeg_grey(jpeg, 8);
    assert_eq!(reference_size(&theirs), ours.size(0), "{name}: size");
    let difference = worst(&theirs.samples, &ours.planes[0].samples);
    assert!(difference <= 1, "{name}: luma differs by {difference}");
    ours
}

/// Besides at 1/8, where the reference makes the samples in the same way.
fn agrees(name: &str, jpeg: &[u8]) -> Decoded {
    let small = decode(jpeg, Scale::Eighth, 64).unwrap();
    let theirs = djpeg_grey(jpeg, 1);
    assert_eq!(
        reference_size(&theirs),
        small.size(0),
        "{name}: size at 1/8"
    );
    let difference = worst(&theirs.samples, &small.planes[0].samples);
    assert!(
        difference <= 1,
        "{name}: luma at 1/8 differs by {difference}"
    );
    agrees_at_full_scale(name, jpeg)
}

/// Compares all components, through the reference's simple upsampling.
fn agrees_in_colour(name: &str, jpeg: &[u8]) {
    let ours = agrees(name, jpeg);
    let theirs = djpeg_rgb(jpeg);
    let difference = worst(&theirs.samples, &ours.rgb());
    assert!(difference <= 2, "{name}: colour differs by {difference}");
}

#[test]
fn every_small_size() {
    for width in 1..=17 {
        for height in 1..=17 {
            let jpeg = encode(
                &picture(width, height),
                &["-quality", "90", "-sample", "2x2"],
            );
            agrees_in_colour(&format!("{width}x{height}"), &jpeg);
            if (width + height) % 5 == 0 {
                let progressive = transcode(&jpeg, &["-progressive"]);
                agrees_in_colour(&format!("{width}x{height} progressive"), &progressive);
            }
        }
    }
}

#[test]
fn every_sampling() {
    let source = picture(83, 61);
    for sampling in [
        "1x1", "2x1", "1x2", "2x2", "4x1", "1x4", "4x2", "2x4", "3x1", "1x3", "3x2",
    ] {
        for extra in [
            &[][..],
            &["-restart", "1"],
            &["-restart", "3B"],
            &["-progressive"],
        ] {
            let arguments = [&["-quality", "85", "-sample", sampling], extra].concat();
            agrees_in_colour(
                &format!("{sampling} {extra:?}"),
                &encode(&source, &arguments),
            );
        }
    }
    for sampling in ["2x2,1x1,2x1", "2x2,1x2,2x2", "4x1,2x1,1x1", "1x2,1x1,1x2"] {
        let arguments = ["-quality", "85", "-sample", sampling];
        agrees_in_colour(sampling, &encode(&source, &arguments));
        agrees_in_colour(
            sampling,
            &encode(&source, &[&arguments[..], &["-progressive"]].concat()),
        );
    }
}

/// Ratios of sampling factors that are no integers, which the reference's encoder
/// cannot make: the frame header of another file is changed. What comes out is no
/// picture, but the same none.
#[test]
fn fractional_samplings() {
    for (sampling, factors) in [
        ("3x1", [0x31, 0x21, 0x11]),
        ("1x3", [0x13, 0x12, 0x11]),
        ("2x2", [0x32, 0x21, 0x11]),
    ] {
        let mut jpeg = encode(&picture(83, 61), &["-quality", "85", "-sample", sampling]);
        let frame = jpeg
            .windows(2)
            .position(|pair| pair == [0xFF, 0xC0])
            .unwrap();
        for (component, factor) in factors.into_iter().enumerate() {
            jpeg[frame + 11 + component * 3] = factor;
        }
        agrees_at_full_scale(&format!("damage {factors:x?}"), &jpeg);
    }
}

#[test]
fn every_quality_and_colour_model() {
    let source = picture(70, 45);
    for quality in ["1", "10", "50", "75", "95", "100"] {
        for extra in [
            &["-grayscale"][..],
            &["-rgb"],
            &["-optimize"],
            &["-baseline"],
            &["-dct", "float"],
        ] {
            let arguments = [&["-quality", quality], extra].concat();
            let jpeg = encode(&source, &arguments);
            let name = format!("{arguments:?}");
            match extra[0] {
                "-rgb" => {
                    let ours = decode(&jpeg, Scale::Full, 100).unwrap();
                    assert_eq!(ours.header.colour, Colour::Rgb);
                    assert!(worst(&djpeg_rgb(&jpeg).samples, &ours.rgb()) <= 1, "{name}");
                }
                "-grayscale" => {
                    assert_eq!(agrees(&name, &jpeg).header.colour, Colour::Grey);
                }
                _ => agrees_in_colour(&name, &jpeg),
            }
        }
    }
}

#[test]
fn four_inks() {
    for (name, colour) in [("cmyk", Colour::Cmyk), ("ycck", Colour::Ycck)] {
        let jpeg = std::fs::read(format!("fixtures/jpeg/{name}.jpg")).unwrap();
        for jpeg in [transcode(&jpeg, &["-progressive"]), jpeg] {
            let ours = decode(&jpeg, Scale::Full, 55).unwrap();
            assert_eq!((ours.header.colour, ours.header.adobe), (colour, true));
            let difference = worst(&djpeg_inks(&jpeg).samples, &ours.rgb());
            assert!(difference <= 2, "{name} differs by {difference}");
        }
    }
}

#[test]
fn every_scan_script() {
    let scripts = [
        // One component after the other, sequential.
        "0;\n1;\n2;\n",
        "0;\n1 2;\n",
        "2;\n0;\n1;\n",
        // Progressive: spectral selection alone, successive approximation alone,
        // both, bands cut finely.
        "0 1 2: 0-0, 0, 0;\n0: 1-63, 0, 0;\n1: 1-63, 0, 0;\n2: 1-63, 0, 0;\n",
        "0: 0-0, 0, 0;\n1: 0-0, 0, 0;\n2: 0-0, 0, 0;\n0: 1-5, 0, 0;\n0: 6-63, 0, 0;\n1: 1-63, 0, 0;\n2: 1-63, 0, 0;\n",
        "0 1 2: 0-0, 0, 2;\n0 1 2: 0-0, 2, 1;\n0 1 2: 0-0, 1, 0;\n0: 1-63, 0, 3;\n0: 1-63, 3, 2;\n0: 1-63, 2, 1;\n0: 1-63, 1, 0;\n1: 1-63, 0, 0;\n2: 1-63, 0, 0;\n",
        "0 1 2: 0-0, 0, 1;\n0: 1-2, 0, 2;\n0: 3-9, 0, 1;\n0: 10-63, 0, 1;\n0: 1-2, 2, 1;\n0: 1-9, 1, 0;\n0: 10-63, 1, 0;\n1: 1-63, 0, 1;\n2: 1-63, 0, 0;\n1: 1-63, 1, 0;\n0 1 2: 0-0, 1, 0;\n",
    ];
    for (number, script) in scripts.iter().enumerate() {
        let file =
            std::env::temp_dir().join(format!("dropgate-scans-{}-{number}", std::process::id()));
        std::fs::write(&file, script).unwrap();
        for sampling in ["1x1", "2x2", "2x1"] {
            let plain = encode(&picture(101, 67), &["-quality", "88", "-sample", sampling]);
            let path = file.to_str().unwrap();
            for restart in [&[][..], &["-restart", "2B"]] {
                let arguments = [&["-scans", path], restart].concat();
                let jpeg = transcode(&plain, &arguments);
                let name = format!("script {number} {sampling} {restart:?}");
                agrees_in_colour(&name, &jpeg);
                // The same coefficients in another order are the same picture.
                for scale in [Scale::Eighth, Scale::Quarter, Scale::Half, Scale::Full] {
                    let (one, other) = (decode(&plain, scale, 999), decode(&jpeg, scale, 999));
                    assert_eq!(
                        one.unwrap().planes,
                        other.unwrap().planes,
                        "{name} at {scale:?}"
                    );
                }
            }
        }
        std::fs::remove_file(&file).unwrap();
    }
}

#[test]
fn scaled_luma_is_as_close_to_lanczos_as_the_references() {
    let jpeg = encode(&picture(400, 304), &["-quality", "92"]);
    let full = &decode(&jpeg, Scale::Full, 4096).unwrap().planes[0];
    for (scale, eighths) in [(Scale::Quarter, 2), (Scale::Half, 4)] {
        let (ours, theirs) = (
            decode(&jpeg, scale, 4096).unwrap(),
            djpeg_grey(&jpeg, eighths),
        );
        assert_eq!(reference_size(&theirs), ours.size(0));
        let ideal = lanczos(full, 8 / eighths as usize);
        let error = |samples: &[u8]| -> f64 {
            ideal
                .iter()
                .zip(samples)
                .map(|(a, b)| (a - f64::from(*b)).powi(2))
                .sum()
        };
        let (ours, theirs) = (error(&ours.planes[0].samples), error(&theirs.samples));
        assert!(
            ours <= theirs,
            "{scale:?}: squared error {ours}, reference {theirs}"
        );
    }
}

#[test]
fn truncated_files_are_filled_like_the_references() {
    let mut random = noise(7);
    for extra in [
        &[][..],
        &["-restart", "1"],
        &["-restart", "5B"],
        &["-grayscale"],
    ] {
        let jpeg = encode(&picture(120, 90), &[&["-quality", "90"], extra].concat());
        let start = jpeg
            .windows(2)
            .position(|pair| pair == [0xFF, 0xDA])
            .unwrap()
            + 14;
        for _ in 0..25 {
            let length = start + random.next().unwrap() as usize % (jpeg.len() - start);
            agrees(&format!("{extra:?} cut at {length}"), &jpeg[..length]);
        }
    }
}

#[test]
fn truncated_progressive_files_decode() {
    let mut random = noise(9);
    let jpeg = encode(&picture(120, 90), &["-quality", "90", "-progressive"]);
    let start = jpeg
        .windows(2)
        .position(|pair| pair == [0xFF, 0xDA])
        .unwrap()
        + 14;
    for _ in 0..60 {
        let length = start + random.next().unwrap() as usize % (jpeg.len() - start);
        for scale in [Scale::Eighth, Scale::Quarter, Scale::Half, Scale::Full] {
            assert!(
                decode(&jpeg[..length], scale, 333).is_ok(),
                "cut at {length}"
            );
        }
    }
}

#[test]
fn damaged_restart_intervals_resynchronise_like_the_references() {
    let mut random = noise(11);
    let jpeg = encode(&picture(160, 120), &["-quality", "85", "-restart", "4B"]);
    let markers: Vec<usize> = (0..jpeg.len() - 1)
        .filter(|&at| jpeg[at] == 0xFF && (0xD0..=0xD7).contains(&jpeg[at + 1]))
        .collect();
    for _ in 0..40 {
        let mut damaged = jpeg.clone();
        let marker = markers[random.next().unwrap() as usize % (markers.len() - 4)];
        let kind = random.next().unwrap() % 4;
        match kind {
            0 => drop(damaged.drain(marker..marker + 2)),
            1 => damaged[marker + 1] = 0xD0 + (random.next().unwrap() % 8) as u8,
            2 => drop(damaged.splice(marker..marker, [0x12, 0x34, 0x56])),
            _ => drop(damaged.drain(marker - 3..marker + 2)),
        }
        agrees_at_full_scale(&format!("damage {kind} at {marker}"), &damaged);
    }
}

#[test]
fn dirt_around_markers_is_passed_over() {
    let jpeg = encode(&picture(50, 40), &["-quality", "80"]);
    let clean = decode(&jpeg, Scale::Full, 4096).unwrap();
    let mut dirty = jpeg.clone();
    // Fill bytes and garbage before the first table.
    dirty.splice(2..2, [0xFF, 0xFF, 0x00, 0x41, 0x42]);
    // No EOI.
    dirty.truncate(dirty.len() - 2);
    agrees("dirty", &dirty);
    assert_eq!(decode(&dirty, Scale::Full, 1).unwrap().planes, clean.planes);
}

#[test]
fn standard_tables_stand_in_for_missing_ones() {
    let mut jpeg = encode(&picture(64, 48), &["-quality", "80"]);
    let clean = decode(&jpeg, Scale::Full, 4096).unwrap();
    while let Some(at) = jpeg.windows(2).position(|pair| pair == [0xFF, 0xC4]) {
        let length = usize::from(u16::from_be_bytes([jpeg[at + 2], jpeg[at + 3]]));
        drop(jpeg.drain(at..at + 2 + length));
    }
    assert_eq!(
        decode(&jpeg, Scale::Full, 4096).unwrap().planes,
        clean.planes
    );
}

#[test]
fn arithmetic_coding_is_refused_by_name() {
    let jpeg = run("cjpeg", &["-arithmetic"], &picture(20, 20));
    let error = decode(&jpeg, Scale::Full, 4096).unwrap_err();
    assert_eq!(error.to_string(), "this JPEG uses arithmetic coding");
}

#[test]
fn simd_and_scalar_transforms_agree_in_wasm() {
    let target = std::env::temp_dir().join("dropgate-jpeg-simd-twin");
    let built = std::process::Command::new(env!("CARGO"))
        .args([
            "build",
            "--quiet",
            "--release",
            "--target",
            "wasm32-unknown-unknown",
        ])
        .args([
            "--manifest-path",
            "wasm-tests/media/jpeg_simd_twin/Cargo.toml",
        ])
        .env("CARGO_TARGET_DIR", &target)
        .env("RUSTFLAGS", "-C target-feature=+simd128")
        .status()
        .unwrap();
    assert!(built.success());
    let module = target.join("wasm32-unknown-unknown/release/jpeg_simd_twin.wasm");
    let script = "const m = new WebAssembly.Module(require('fs').readFileSync(process.argv[1])); \
        process.stdout.write(String(new WebAssembly.Instance(m).exports.mismatches(200000)));";
    let said = run("node", &["-e", script, module.to_str().unwrap()], &[]);
    assert_eq!(String::from_utf8(said).unwrap(), "0");
}
