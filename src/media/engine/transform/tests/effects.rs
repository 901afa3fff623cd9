//! What is done to pixels.

use image::{ImageFormat, Rgba, RgbaImage};

use super::super::super::job::{Border, Gravity, Metadata, Overlay, Placement, Repeat, Tone, Trim};
use super::*;

/// Colourful squares of a soft contrast.
fn board(size: u32) -> image::RgbImage {
    image::RgbImage::from_fn(size, size, |x, y| {
        if (x / 20 + y / 20).is_multiple_of(2) {
            image::Rgb([160, 120, 90])
        } else {
            image::Rgb([90, 110, 150])
        }
    })
}

#[test]
fn padding_takes_the_background() {
    let source = file(400, 200, ImageFormat::Png);
    let job = Job {
        background: Some(BLUE),
        ..boxed(OutputFormat::Rgba, Fit::Pad, 100, 100)
    };
    let made = pixels(&run(&source, job, 999).unwrap());
    assert_eq!(made.get_pixel(0, 0).0, [0, 0, 255, 255]);
    let job = boxed(OutputFormat::Jpeg, Fit::Pad, 100, 100);
    let made = pixels(&run(&file(400, 200, ImageFormat::Jpeg), job, 999).unwrap());
    assert!(close(*made.get_pixel(50, 5), [255; 4], 6));
}

#[test]
fn transparency_is_kept_or_laid_on_paper() {
    let half = RgbaImage::from_fn(40, 40, |x, _| {
        if x < 20 {
            Rgba([200, 0, 0, 128])
        } else {
            Rgba([9, 9, 9, 0])
        }
    });
    for format in [ImageFormat::Png, ImageFormat::WebP] {
        let source = encoded(&half.clone().into(), format);
        let kept = pixels(
            &run(
                &source,
                boxed(OutputFormat::Png, Fit::ScaleDown, 20, 20),
                99,
            )
            .unwrap(),
        );
        assert!(
            close(*kept.get_pixel(4, 10), [200, 0, 0, 128], 2),
            "{:?}",
            kept.get_pixel(4, 10)
        );
        assert_eq!(kept.get_pixel(18, 10)[3], 0);
        let white = pixels(
            &run(
                &source,
                boxed(OutputFormat::Jpeg, Fit::ScaleDown, 20, 20),
                99,
            )
            .unwrap(),
        );
        assert!(close(*white.get_pixel(18, 10), [255; 4], 8));
        assert!(close(*white.get_pixel(4, 10), [227, 127, 127, 255], 12));
        let job = Job {
            background: Some(BLUE),
            ..boxed(OutputFormat::Jpeg, Fit::ScaleDown, 20, 20)
        };
        let blue = pixels(&run(&source, job, 99).unwrap());
        assert!(close(*blue.get_pixel(18, 10), [0, 0, 255, 255], 12));
    }
}

#[test]
fn the_edge_of_a_shape_takes_no_colour_from_what_is_transparent() {
    let shape = RgbaImage::from_fn(64, 64, |x, _| {
        if x < 32 {
            Rgba([255, 0, 0, 255])
        } else {
            Rgba([0, 255, 0, 0])
        }
    });
    let source = encoded(&shape.into(), ImageFormat::Png);
    let made = pixels(
        &run(
            &source,
            boxed(OutputFormat::Rgba, Fit::ScaleDown, 21, 21),
            99,
        )
        .unwrap(),
    );
    assert!(
        made.pixels()
            .all(|p| p[3] == 0 || (p[1] <= 3 && p[0] >= 250))
    );
}

#[test]
fn tone_blur_and_sharpen_reach_the_file() {
    let source = encoded(&board(200).into(), ImageFormat::Jpeg);
    let plain = boxed(OutputFormat::Jpeg, Fit::ScaleDown, 100, 100);
    let grey = Job {
        tone: Tone {
            saturation: 0.0,
            ..Tone::default()
        },
        ..plain.clone()
    };
    assert!(
        pixels(&run(&source, grey, 99).unwrap())
            .pixels()
            .all(|p| p[0] == p[1] && p[1] == p[2])
    );
    // How far neighbours in a row through the red corner are apart.
    let contrast = |job: Job| {
        let made = pixels(&run(&source, job, 99).unwrap());
        let row: Vec<i32> = made
            .rows()
            .nth(5)
            .unwrap()
            .map(|p| i32::from(p[2]))
            .collect();
        row.windows(2)
            .map(|pair| (pair[1] - pair[0]).pow(2))
            .sum::<i32>()
    };
    let normal = contrast(plain.clone());
    assert!(
        contrast(Job {
            blur: 5.0,
            ..plain.clone()
        }) < normal
    );
    assert!(
        contrast(Job {
            sharpen: 5.0,
            ..plain
        }) > normal
    );
}

#[test]
fn a_border_is_around_the_picture() {
    let border = Border {
        colour: BLUE,
        top: 1,
        right: 2,
        bottom: 3,
        left: 4,
    };
    let job = Job {
        border: Some(border),
        ..boxed(OutputFormat::Rgba, Fit::Cover, 40, 30)
    };
    let made = pixels(&run(&file(80, 60, ImageFormat::Png), job, 99).unwrap());
    assert_eq!(made.dimensions(), (46, 34));
    for (x, y) in [(3, 10), (44, 10), (20, 0), (20, 31)] {
        assert_eq!(made.get_pixel(x, y).0, [0, 0, 255, 255], "{x} {y}");
    }
    assert!(close(*made.get_pixel(6, 3), [250, 0, 0, 255], 5));
}

#[test]
fn a_border_of_one_colour_is_trimmed() {
    let mut framed = image::RgbImage::from_pixel(300, 200, image::Rgb([240, 240, 240]));
    image::imageops::replace(&mut framed, &scene(100, 80), 150, 60);
    let source = encoded(&framed.into(), ImageFormat::Png);
    let mut job = Job::new(OutputFormat::Rgba);
    job.geometry.trim = Trim::Border {
        colour: None,
        tolerance: 10,
        keep: 0,
    };
    let made = run(&source, job.clone(), 99).unwrap();
    assert_eq!((made.width, made.height), (100, 80));
    assert!(close(*pixels(&made).get_pixel(3, 3), [250, 0, 0, 255], 3));
    job.geometry.width = Some(50);
    job.output = OutputFormat::Jpeg;
    let made = run(&source, job, 99).unwrap();
    assert_eq!((made.width, made.height), (50, 40));
}

#[test]
fn an_automatic_crop_shows_the_subject() {
    let mut wide = image::RgbImage::from_pixel(600, 200, image::Rgb([100, 110, 120]));
    let board = image::RgbImage::from_fn(120, 120, |x, y| {
        image::Rgb(
            [if (x / 10 + y / 10).is_multiple_of(2) {
                250
            } else {
                10
            }; 3],
        )
    });
    image::imageops::replace(&mut wide, &board, 460, 40);
    let source = encoded(&wide.into(), ImageFormat::Jpeg);
    let mut job = boxed(OutputFormat::Jpeg, Fit::Cover, 100, 100);
    job.geometry.gravity = Gravity::Auto;
    let made = pixels(&run(&source, job, 99).unwrap());
    assert!(made.pixels().filter(|p| p[0] > 200).count() > 1000);
}

#[test]
fn overlays_are_drawn_once_or_all_over() {
    let logo = encoded(
        &RgbaImage::from_pixel(10, 10, Rgba([0, 255, 0, 255])).into(),
        ImageFormat::Png,
    );
    let overlay = |repeat, placement, opacity| Overlay {
        source: logo.clone(),
        geometry: Geometry::default(),
        opacity,
        repeat,
        placement,
        background: None,
    };
    let grey = image::RgbImage::from_pixel(60, 40, image::Rgb([100; 3]));
    let source = encoded(&grey.into(), ImageFormat::Png);
    let drawn = |overlay| {
        let job = Job {
            overlays: vec![overlay],
            ..Job::new(OutputFormat::Rgba)
        };
        pixels(&run(&source, job, 99).unwrap())
    };
    let corner = Placement {
        right: Some(5),
        bottom: Some(5),
        ..Placement::default()
    };
    let once = drawn(overlay(Repeat::None, corner, 1.0));
    assert_eq!(
        (once.get_pixel(45, 25).0, once.get_pixel(44, 25).0),
        ([0, 255, 0, 255], [100, 100, 100, 255])
    );
    assert_eq!(once.pixels().filter(|p| p[1] == 255).count(), 100);
    let half = drawn(overlay(Repeat::None, Placement::default(), 0.5));
    assert!(close(*half.get_pixel(30, 20), [50, 178, 50, 255], 2));
    let tiled = drawn(overlay(Repeat::Both, corner, 1.0));
    assert!(tiled.pixels().all(|p| p[1] == 255));
    let broken = Overlay {
        source: b"no picture".to_vec(),
        ..overlay(Repeat::None, corner, 1.0)
    };
    let job = Job {
        overlays: vec![broken],
        ..Job::new(OutputFormat::Rgba)
    };
    assert_eq!(run(&source, job, 99), Err(MediaError::NotAnImage));
}

#[test]
fn rights_are_in_the_file_unless_they_are_not_wanted() {
    let mut source = vec![0xFF, 0xD8];
    let packet = b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta><rdf:RDF><rdf:Description dc:rights='(c) Alice'/></rdf:RDF></x:xmpmeta>";
    source.extend([0xFF, 0xE1]);
    source.extend(u16::try_from(packet.len() + 2).unwrap().to_be_bytes());
    source.extend(packet);
    source.extend(&file(60, 40, ImageFormat::Jpeg)[2..]);
    let says = |bytes: &[u8]| bytes.windows(9).any(|window| window == b"(c) Alice");
    for output in [
        OutputFormat::Jpeg,
        OutputFormat::Png,
        OutputFormat::PalettePng,
    ] {
        let made = run(&source, Job::new(output), 99).unwrap();
        assert!(says(&made.bytes));
        pixels(&made);
        let none = Job {
            metadata: Metadata::None,
            ..Job::new(output)
        };
        assert!(!says(&run(&source, none, 99).unwrap().bytes));
    }
    // And through a second derivation, from PNG.
    let png = run(&source, Job::new(OutputFormat::Png), 99).unwrap().bytes;
    assert!(says(
        &run(&png, Job::new(OutputFormat::Jpeg), 99).unwrap().bytes
    ));
}
