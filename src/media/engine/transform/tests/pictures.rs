//! Formats, orientations, sizes.

use image::ImageFormat;

use super::super::super::job::{Effort, Trim};
use super::*;

#[test]
fn every_input_becomes_every_output() {
    use OutputFormat::{BaselineJpeg, Jpeg, PalettePng, Png, Rgba};
    for input in [
        ImageFormat::Jpeg,
        ImageFormat::Png,
        ImageFormat::WebP,
        ImageFormat::Gif,
    ] {
        let source = file(400, 300, input);
        for output in [Jpeg, BaselineJpeg, Png, PalettePng, Rgba] {
            let made = run(&source, boxed(output, Fit::ScaleDown, 100, 100), 1000).unwrap();
            assert_eq!((made.width, made.height), (100, 75));
            let back = pixels(&made);
            assert!(
                close(*back.get_pixel(8, 8), [250, 0, 0, 255], 30),
                "{input:?} {output:?}"
            );
            assert!(
                close(*back.get_pixel(90, 70), [0, 229, 238, 255], 30),
                "{input:?} {output:?}"
            );
        }
    }
}

#[test]
fn the_refined_file_is_smaller_and_the_same_picture() {
    let source = file(600, 400, ImageFormat::Png);
    let job = boxed(OutputFormat::Jpeg, Fit::ScaleDown, 300, 300);
    let first = run(&source, job.clone(), 5000).unwrap();
    let refined = run(
        &source,
        Job {
            effort: Effort::Refined,
            ..job
        },
        5000,
    )
    .unwrap();
    assert!(refined.bytes.len() < first.bytes.len());
    for (a, b) in pixels(&first).pixels().zip(pixels(&refined).pixels()) {
        assert!(close(*a, b.0, 40));
    }
}

#[test]
fn all_eight_orientations_of_a_jpeg() {
    let jpeg = file(401, 203, ImageFormat::Jpeg);
    // Where the red corner of the stored picture is seen: right?, below?
    let corners = [
        (0, 0),
        (1, 0),
        (1, 1),
        (0, 1),
        (0, 0),
        (1, 0),
        (1, 1),
        (0, 1),
    ];
    for (value, (right, below)) in (1_u8..).zip(corners) {
        for output in [OutputFormat::Jpeg, OutputFormat::Rgba] {
            let made = run(
                &oriented(&jpeg, value),
                boxed(output, Fit::ScaleDown, 101, 101),
                700,
            )
            .unwrap();
            let seen = if value < 5 { (101, 51) } else { (51, 101) };
            assert_eq!((made.width, made.height), seen, "{value}");
            let picture = pixels(&made);
            let at = (right * (seen.0 - 9) + 4, below * (seen.1 - 9) + 4);
            assert!(
                close(*picture.get_pixel(at.0, at.1), [250, 0, 0, 255], 40),
                "{value} {output:?}"
            );
            let opposite = (seen.0 - 1 - at.0, seen.1 - 1 - at.1);
            assert!(picture.get_pixel(opposite.0, opposite.1)[0] < 40, "{value}");
        }
    }
}

#[test]
fn planes_and_pixels_give_the_same_picture() {
    let jpeg = file(517, 389, ImageFormat::Jpeg);
    for (width, height, fit) in [
        (200, 150, Fit::ScaleDown),
        (101, 101, Fit::Cover),
        (33, 400, Fit::Squeeze),
    ] {
        for value in [1, 3, 6] {
            let source = oriented(&jpeg, value);
            let planes = Job {
                quality: 89,
                ..boxed(OutputFormat::Jpeg, fit, width, height)
            };
            let planes = pixels(&run(&source, planes, 4096).unwrap());
            let exact =
                pixels(&run(&source, boxed(OutputFormat::Rgba, fit, width, height), 4096).unwrap());
            assert_eq!(planes.dimensions(), exact.dimensions());
            let off: u64 = planes
                .iter()
                .zip(exact.iter())
                .map(|(a, b)| u64::from(a.abs_diff(*b)))
                .sum();
            let mean = off / planes.len() as u64;
            assert!(mean <= 3, "{width}x{height} {fit:?} {value}: {mean}");
        }
    }
}

#[test]
fn the_size_of_the_chunks_does_not_matter() {
    for format in [
        ImageFormat::Png,
        ImageFormat::Jpeg,
        ImageFormat::Gif,
        ImageFormat::WebP,
    ] {
        let source = file(64, 48, format);
        let job = boxed(OutputFormat::Png, Fit::Cover, 20, 20);
        assert_eq!(
            run(&source, job.clone(), 1),
            run(&source, job, source.len()),
            "{format:?}"
        );
    }
}

#[test]
fn a_crop_decodes_what_it_needs_and_shows_it() {
    let source = file(1600, 1200, ImageFormat::Jpeg);
    let trim = crate::job::Trim::Rectangle {
        left: 1400,
        top: 1000,
        width: Some(160),
        height: Some(160),
    };
    let mut job = boxed(OutputFormat::Rgba, Fit::Cover, 80, 80);
    job.geometry.trim = trim;
    let made = pixels(&run(&source, job, 4096).unwrap());
    assert!(
        close(*made.get_pixel(0, 0), [0, 223, 212, 255], 12),
        "{:?}",
        made.get_pixel(0, 0)
    );
    assert!(
        close(*made.get_pixel(79, 79), [0, 248, 246, 255], 12),
        "{:?}",
        made.get_pixel(79, 79)
    );
}

#[test]
fn grey_stays_grey() {
    let grey = image::DynamicImage::from(scene(90, 70)).into_luma8();
    for format in [ImageFormat::Jpeg, ImageFormat::Png] {
        let source = encoded(&grey.clone().into(), format);
        let made = run(
            &source,
            boxed(OutputFormat::Jpeg, Fit::ScaleDown, 45, 45),
            100,
        )
        .unwrap();
        let probe = crate::probe::probe(&made.bytes).unwrap().unwrap();
        assert_eq!(probe.channels, 1, "{format:?}");
    }
}

#[test]
fn tiny_pictures_of_every_size() {
    for width in 1..=17 {
        for format in [ImageFormat::Jpeg, ImageFormat::Png] {
            let height = 18 - width;
            let source = encoded(&scene(width, height).into(), format);
            for output in [OutputFormat::Jpeg, OutputFormat::Png] {
                let same = run(&source, Job::new(output), 64).unwrap();
                assert_eq!((same.width, same.height), (width, height));
                let larger = run(&source, boxed(output, Fit::Squeeze, 19, 3), 64).unwrap();
                assert_eq!(pixels(&larger).dimensions(), (19, 3));
            }
        }
    }
}

#[test]
fn a_crop_of_the_top_needs_the_beginning_of_a_jpeg_only() {
    let source = file(400, 4000, ImageFormat::Jpeg);
    let mut job = boxed(OutputFormat::Jpeg, Fit::Squeeze, 200, 200);
    job.geometry.trim = Trim::Rectangle {
        left: 0,
        top: 0,
        width: Some(200),
        height: Some(200),
    };
    let whole = run(&source, job.clone(), 512).unwrap();
    let mut transform = Transform::new(job);
    let mut read = 0;
    for part in source.chunks(512) {
        if transform.has_enough() {
            break;
        }
        transform.push(part).unwrap();
        read += part.len();
    }
    assert!(read < source.len() / 4, "{read} of {}", source.len());
    assert_eq!(transform.finish().unwrap(), whole);
}
