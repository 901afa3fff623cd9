use std::io::Cursor;

use super::super::job::{Colour, Fit, Geometry, OutputFormat};
use super::*;

/// A gradient with a red corner at the top left, as a file.
fn file(width: u32, height: u32, format: image::ImageFormat) -> Vec<u8> {
    let picture = image::RgbImage::from_fn(width, height, |x, y| {
        if x < width / 4 && y < height / 4 {
            image::Rgb([250, 0, 0])
        } else {
            image::Rgb([
                0,
                u8::try_from(x * 255 / width).unwrap(),
                u8::try_from(y * 255 / height).unwrap(),
            ])
        }
    });
    let mut out = Cursor::new(Vec::new());
    picture.write_to(&mut out, format).unwrap();
    out.into_inner()
}

fn run(source: &[u8], job: Job, chunk: usize) -> Result<Derivative, MediaError> {
    let mut transform = Transform::new(job);
    for part in source.chunks(chunk) {
        transform.push(part)?;
    }
    transform.finish()
}

fn boxed(output: OutputFormat, fit: Fit, width: u32, height: u32) -> Job {
    let geometry = Geometry {
        width: Some(width),
        height: Some(height),
        fit,
        ..Geometry::default()
    };
    Job {
        geometry,
        ..Job::new(output)
    }
}

#[test]
fn every_input_becomes_every_output() {
    use image::ImageFormat::{Gif, Jpeg, Png, WebP};
    for input in [Jpeg, Png, WebP, Gif] {
        let source = file(400, 300, input);
        for (output, media_type) in [
            (OutputFormat::Jpeg, "image/jpeg"),
            (OutputFormat::PalettePng, "image/png"),
        ] {
            let made = run(&source, boxed(output, Fit::ScaleDown, 100, 100), 1000).unwrap();
            assert_eq!(
                (made.width, made.height, made.media_type),
                (100, 75, media_type)
            );
            let back = image::load_from_memory(&made.bytes).unwrap().into_rgb8();
            assert_eq!(back.dimensions(), (100, 75));
            assert!(
                back.get_pixel(5, 5)[0] > 200 && back.get_pixel(90, 70)[2] > 200,
                "{input:?}"
            );
        }
    }
}

#[test]
fn the_size_of_the_chunks_does_not_matter() {
    let source = file(64, 48, image::ImageFormat::Png);
    let job = boxed(OutputFormat::Png, Fit::Cover, 20, 20);
    assert_eq!(
        run(&source, job.clone(), 1),
        run(&source, job, source.len())
    );
}

#[test]
fn padding_takes_the_background() {
    let source = file(400, 200, image::ImageFormat::Png);
    let blue = Colour {
        red: 0,
        green: 0,
        blue: 255,
        alpha: 255,
    };
    let made = run(
        &source,
        Job {
            background: Some(blue),
            ..boxed(OutputFormat::Rgba, Fit::Pad, 100, 100)
        },
        999,
    )
    .unwrap();
    assert_eq!(made.bytes.len(), 40_000);
    assert_eq!(made.bytes.first_chunk(), Some(&[0, 0, 255, 255]));
}

#[test]
fn what_is_too_large_is_refused_before_it_is_decoded() {
    let source = file(400, 300, image::ImageFormat::Png);
    let mut job = boxed(OutputFormat::Jpeg, Fit::ScaleDown, 100, 100);
    job.budget.max_pixels = 100_000;
    let refused = MediaError::TooLarge {
        what: "pixels",
        actual: 120_000,
        limit: 100_000,
    };
    assert_eq!(run(&source, job.clone(), 50), Err(refused));
    job.budget.max_pixels = 200_000;
    job.budget.max_bytes = 300_000;
    assert!(matches!(
        run(&source, job, 50),
        Err(MediaError::TooLarge {
            what: "bytes of memory",
            ..
        })
    ));
}

#[test]
fn bad_files_are_errors_and_never_panics() {
    let job = || boxed(OutputFormat::Jpeg, Fit::ScaleDown, 50, 50);
    assert_eq!(run(b"", job(), 1), Err(MediaError::Truncated));
    assert_eq!(
        run(b"no picture at all", job(), 4),
        Err(MediaError::NotAnImage)
    );
    for format in [
        image::ImageFormat::Png,
        image::ImageFormat::WebP,
        image::ImageFormat::Gif,
        image::ImageFormat::Jpeg,
    ] {
        let source = file(60, 40, format);
        for cut in (0..source.len()).step_by(source.len() / 20) {
            let _either = run(&source[..cut], job(), 100);
            let mut flipped = source.clone();
            flipped[cut] ^= 0x55;
            let _either = run(&flipped, job(), 100);
        }
    }
}
