//! Whole derivatives: real files in, decoded files out.

mod effects;
mod pictures;
mod refusals;

use std::io::Cursor;

use super::super::job::{Colour, Fit, Geometry, Job, OutputFormat};
use super::super::{Derivative, MediaError, Transform};

/// A gradient with a red corner at the top left.
fn scene(width: u32, height: u32) -> image::RgbImage {
    image::RgbImage::from_fn(width, height, |x, y| {
        if x < width / 4 && y < height / 4 {
            image::Rgb([250, 0, 0])
        } else {
            image::Rgb([
                0,
                u8::try_from(x * 255 / width).unwrap(),
                u8::try_from(y * 255 / height).unwrap(),
            ])
        }
    })
}

/// The scene as a file.
fn file(width: u32, height: u32, format: image::ImageFormat) -> Vec<u8> {
    encoded(&scene(width, height).into(), format)
}

fn encoded(picture: &image::DynamicImage, format: image::ImageFormat) -> Vec<u8> {
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

/// The pixels of a derivative, whatever it is.
fn pixels(made: &Derivative) -> image::RgbaImage {
    if made.media_type == "application/octet-stream" {
        return image::RgbaImage::from_raw(made.width, made.height, made.bytes.clone()).unwrap();
    }
    let picture = image::load_from_memory(&made.bytes).unwrap().into_rgba8();
    assert_eq!(picture.dimensions(), (made.width, made.height));
    picture
}

/// Whether two pixels are about the same.
fn close(a: image::Rgba<u8>, b: [u8; 4], tolerance: u8) -> bool {
    a.0.iter().zip(b).all(|(a, b)| a.abs_diff(b) <= tolerance)
}

/// An orientation segment, for a JPEG to begin with.
fn oriented(jpeg: &[u8], value: u8) -> Vec<u8> {
    let mut out = vec![0xFF, 0xD8, 0xFF, 0xE1, 0, 34];
    out.extend(b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0");
    out.extend([value, 0, 0, 0, 0, 0, 0]);
    out.extend(&jpeg[2..]);
    out
}

const BLUE: Colour = Colour {
    red: 0,
    green: 0,
    blue: 255,
    alpha: 255,
};
