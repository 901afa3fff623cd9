//! What is refused, and how.

use image::ImageFormat;

use super::*;

#[test]
fn what_is_too_large_is_refused_before_it_is_decoded() {
    for format in [
        ImageFormat::Png,
        ImageFormat::Jpeg,
        ImageFormat::WebP,
        ImageFormat::Gif,
    ] {
        let source = file(400, 300, format);
        let mut job = boxed(OutputFormat::Jpeg, Fit::ScaleDown, 100, 100);
        job.budget.max_pixels = 100_000;
        let refused = MediaError::TooLarge {
            what: "pixels",
            actual: 120_000,
            limit: 100_000,
        };
        assert_eq!(run(&source, job.clone(), 50), Err(refused));
        job.budget.max_pixels = 200_000;
        job.budget.max_bytes = 100_000;
        assert!(matches!(
            run(&source, job, 50),
            Err(MediaError::TooLarge {
                what: "bytes of memory",
                ..
            })
        ));
    }
}

#[test]
fn a_derivative_can_be_too_large_as_well() {
    let source = file(40, 30, ImageFormat::Png);
    let job = boxed(OutputFormat::Png, Fit::Squeeze, 60_000, 60_000);
    assert!(matches!(
        run(&source, job, 50),
        Err(MediaError::TooLarge {
            what: "bytes of memory",
            ..
        })
    ));
}

#[test]
fn bombs_do_not_go_off() {
    // A PNG header that promises a hundred thousand pixels square.
    let mut png = file(8, 8, ImageFormat::Png);
    png.splice(16..24, [0, 1, 0x86, 0xA0, 0, 1, 0x86, 0xA0]);
    let crc = crc32fast::hash(&png[12..29]);
    png.splice(29..33, crc.to_be_bytes());
    let job = || boxed(OutputFormat::Jpeg, Fit::ScaleDown, 50, 50);
    assert!(matches!(
        run(&png, job(), 50),
        Err(MediaError::TooLarge { what: "pixels", .. })
    ));
    // A GIF of the largest screen.
    let gif = b"GIF89a\xFF\xFF\xFF\xFF\0\0\0".to_vec();
    assert!(matches!(
        run(&gif, job(), 50),
        Err(MediaError::TooLarge { what: "pixels", .. })
    ));
    // Legal in pixels, too much to be held whole.
    let gif = b"GIF89a\xFF\x0F\xFF\x0F\0\0\0".to_vec();
    assert!(matches!(
        run(&gif, job(), 50),
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
        ImageFormat::Png,
        ImageFormat::WebP,
        ImageFormat::Gif,
        ImageFormat::Jpeg,
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

#[test]
fn an_error_is_final() {
    let mut transform = Transform::new(Job::new(OutputFormat::Png));
    assert_eq!(
        transform.push(b"nothing of the sort"),
        Err(MediaError::NotAnImage)
    );
    assert!(matches!(
        transform.push(b"\x89PNG\r\n\x1A\n"),
        Err(MediaError::Internal(_))
    ));
    assert!(matches!(transform.finish(), Err(MediaError::Internal(_))));
}
