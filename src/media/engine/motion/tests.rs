//! Animations by the `gif` crate, and what the `image` crate sees of what we make.
//! `wasm-tests/animation.test.mjs` does the same with stock tools.

use std::borrow::Cow;
use std::io::Cursor;

use ::gif::{DisposalMethod, Encoder, Frame, Repeat};
use image::AnimationDecoder;
use image::codecs::gif::GifDecoder;
use image::codecs::webp::{WebPDecoder, WebPEncoder};
use image::{ExtendedColorType, ImageEncoder, RgbaImage};

use super::super::job::{Fit, Job, OutputFormat};
use super::super::probe::probe;
use super::super::{Derivative, MediaError, Packets, Transform};
use super::{Animation, Piece, affordable, census, is_animated, mux};

const PALETTE: [u8; 12] = [255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255];
const SIDE: u16 = 12;

/// Squares of one colour that come and go in every way there is.
fn source(repeat: Repeat) -> Vec<u8> {
    let mut encoder = Encoder::new(Vec::new(), SIDE, SIDE, &PALETTE).unwrap();
    encoder.set_repeat(repeat).unwrap();
    let ways = [
        DisposalMethod::Keep,
        DisposalMethod::Previous,
        DisposalMethod::Background,
        DisposalMethod::Any,
        DisposalMethod::Background,
        DisposalMethod::Previous,
        DisposalMethod::Keep,
    ];
    for (at, dispose) in (0_u16..).zip(ways) {
        let side = 8 - at % 3;
        // A corner is seen through.
        let colour = u8::try_from(at % 3).unwrap();
        let mut buffer = vec![colour; usize::from(side * side)];
        buffer[0] = 3;
        let frame = Frame {
            delay: 3 + at,
            dispose,
            transparent: Some(3),
            left: at % 5,
            top: (at * 2) % 5,
            width: side,
            height: side,
            buffer: Cow::Owned(buffer),
            ..Frame::default()
        };
        encoder.write_frame(&frame).unwrap();
    }
    encoder.into_inner().unwrap()
}

fn moving(output: OutputFormat) -> Job {
    Job {
        moving: true,
        ..Job::new(output)
    }
}

fn run(file: &[u8], job: Job) -> Result<Derivative, MediaError> {
    let mut transform = Transform::new(job);
    for part in file.chunks(50) {
        transform.push(part)?;
    }
    transform.finish()
}

/// The frames as others see them, each with its delay in milliseconds.
fn seen<'a>(decoder: impl AnimationDecoder<'a>) -> Vec<(RgbaImage, u32)> {
    let frames = decoder.into_frames().map(Result::unwrap);
    frames
        .map(|frame| {
            let delay = frame.delay().numer_denom_ms();
            let mut picture = frame.into_buffer();
            // What is not seen has no colour.
            for pixel in picture.pixels_mut().filter(|pixel| pixel.0[3] == 0) {
                pixel.0 = [0; 4];
            }
            (picture, delay.0 / delay.1)
        })
        .collect()
}

fn gif(file: &[u8]) -> Vec<(RgbaImage, u32)> {
    seen(GifDecoder::new(Cursor::new(file)).unwrap())
}

/// The frames as WebP, without loss.
fn written(file: &[u8], job: Job) -> Vec<u8> {
    let mut transform = Transform::new(job);
    transform.push(file).unwrap();
    transform.compose().unwrap();
    let mut animation = Animation::default();
    let mut plays = 0;
    while let Some((piece, pixels)) = transform.frame().unwrap() {
        let mut still = Cursor::new(Vec::new());
        WebPEncoder::new_lossless(&mut still)
            .write_image(&pixels, piece.width, piece.height, ExtendedColorType::Rgba8)
            .unwrap();
        animation.push(&piece, &still.into_inner()).unwrap();
        plays = piece.plays;
    }
    let made = transform.finish().unwrap();
    animation.finish((made.width, made.height), plays, &made.metadata)
}

#[test]
fn few_colours_come_out_as_they_went_in() {
    let file = source(Repeat::Infinite);
    let expected = gif(&file);
    assert_eq!(expected.len(), 7);
    let made = run(&file, moving(OutputFormat::Gif)).unwrap();
    assert_eq!(gif(&made.bytes), expected);
    let webp = written(&file, moving(OutputFormat::Rgba));
    assert_eq!(
        seen(WebPDecoder::new(Cursor::new(&webp)).unwrap()),
        expected
    );
    // And back.
    let back = run(&webp, moving(OutputFormat::Gif)).unwrap();
    assert_eq!(gif(&back.bytes), expected);
}

#[test]
fn it_is_played_as_often_as_before() {
    for (repeat, plays) in [
        (Repeat::Infinite, 0),
        (Repeat::Finite(4), 5),
        (Repeat::Finite(0), 1),
    ] {
        let file = source(repeat);
        let counted = |file: &[u8]| census(file, &probe(file).unwrap().unwrap());
        let made = run(&file, moving(OutputFormat::Gif)).unwrap();
        let webp = written(&file, moving(OutputFormat::Rgba));
        for file in [&file, &made.bytes, &webp] {
            assert_eq!(counted(file).plays, plays, "{repeat:?}");
            assert_eq!(counted(file).frames, 7);
            assert!(is_animated(file));
        }
    }
}

#[test]
fn every_frame_is_made_by_the_recipe() {
    let mut job = moving(OutputFormat::Gif);
    job.geometry.width = Some(30);
    job.geometry.height = Some(20);
    job.geometry.fit = Fit::Pad;
    job.background = Some(super::super::job::Colour::WHITE);
    let made = run(&source(Repeat::Infinite), job).unwrap();
    assert_eq!((made.width, made.height), (30, 20));
    for (frame, _) in gif(&made.bytes) {
        assert_eq!(frame.dimensions(), (30, 20));
        assert_eq!(frame.get_pixel(1, 1).0, [255; 4]);
    }
}

#[test]
fn beyond_the_budget_the_first_frame_is_shown() {
    let file = source(Repeat::Infinite);
    let still = run(&file, Job::new(OutputFormat::Gif)).unwrap();
    assert_eq!(gif(&still.bytes).len(), 1);
    for pixels in [6 * 144, 7 * 144] {
        let mut job = moving(OutputFormat::Gif);
        job.budget.max_moving_pixels = pixels;
        let made = run(&file, job).unwrap();
        assert_eq!(gif(&made.bytes).len(), if pixels < 7 * 144 { 1 } else { 7 });
    }
    let mut large = moving(OutputFormat::Gif);
    large.geometry.width = Some(3000);
    large.geometry.height = Some(3000);
    large.geometry.fit = Fit::Squeeze;
    large.budget.max_moving_pixels = 60_000_000;
    assert!(affordable(&file, &probe(&file).unwrap().unwrap(), &large).is_none());
}

#[test]
fn a_picture_that_does_not_move_has_no_frames() {
    let file = run(&source(Repeat::Infinite), Job::new(OutputFormat::Png)).unwrap();
    let mut transform = Transform::new(moving(OutputFormat::Rgba));
    transform.push(&file.bytes).unwrap();
    transform.compose().unwrap();
    assert_eq!(transform.frame().unwrap(), None);
    assert_eq!(transform.finish().unwrap().bytes.len(), 144 * 4);
    assert!(!is_animated(&file.bytes));
}

#[test]
fn what_ends_too_early_is_refused() {
    let file = source(Repeat::Infinite);
    let webp = written(&file, moving(OutputFormat::Rgba));
    for file in [&file, &webp] {
        let cut = &file[..file.len() * 3 / 4];
        assert!(run(cut, moving(OutputFormat::Gif)).is_err());
    }
}

/// Found by fuzzing: the decoder gave a frame that was not counted, as its data went on
/// where the file ended.
#[test]
fn no_file_has_more_frames_than_were_counted() {
    let file = source(Repeat::Infinite);
    for end in 0..file.len() {
        let cut = [&file[..end], &[42; 20]].concat();
        let mut transform = Transform::new(moving(OutputFormat::Rgba));
        if transform.push(&cut).is_ok() && transform.compose().is_ok() {
            let mut frames = 0;
            while let Ok(Some((piece, _))) = transform.frame() {
                frames += 1;
                assert!(frames <= piece.frames, "{end}");
            }
        }
    }
}

/// Found by fuzzing: it ended its decoder.
#[test]
fn a_frame_whose_picture_has_another_size_is_refused() {
    let picture = include_bytes!("../../../../fixtures/images/lossy.webp");
    let found = probe(picture).unwrap().unwrap();
    let side = |side: u32| side.to_le_bytes().into_iter().take(3);
    let animated = |height: u32| {
        let mut alpha = vec![0];
        alpha.resize(1 + (found.width * height) as usize, 9);
        let mut body = vec![0; 6];
        body.extend(
            side(found.width - 1)
                .chain(side(height - 1))
                .chain([100, 0, 0, 2]),
        );
        mux::put(&mut body, *b"ALPH", &alpha);
        body.extend(&picture[12..]);
        let mut file = b"RIFF\0\0\0\0WEBP".to_vec();
        let header = [0x12, 0, 0, 0].into_iter().chain(side(found.width - 1));
        let header: Vec<u8> = header.chain(side(found.height - 1)).collect();
        mux::put(&mut file, *b"VP8X", &header);
        mux::put(&mut file, *b"ANIM", &[0; 6]);
        mux::put(&mut file, *b"ANMF", &body);
        mux::seal(&mut file);
        file
    };
    for job in [Job::new(OutputFormat::Png), moving(OutputFormat::Gif)] {
        assert!(run(&animated(found.height), job.clone()).is_ok());
        let refusal = run(&animated(found.height - 1), job).unwrap_err();
        assert!(matches!(refusal, MediaError::Damaged(_)), "{refusal:?}");
    }
}

#[test]
fn delays_add_up() {
    // 25 frames a second, in a unit that has no such delay.
    let mut animation = Animation::default();
    for at in 0..30_u8 {
        let mut still = Cursor::new(Vec::new());
        let pixels = [at * 8, 0, 0, 255].repeat(4);
        WebPEncoder::new_lossless(&mut still)
            .write_image(&pixels, 2, 2, ExtendedColorType::Rgba8)
            .unwrap();
        let piece = Piece {
            x: 0,
            y: 0,
            width: 2,
            height: 2,
            delay: 33,
            blends: false,
            plays: 0,
            frames: 30,
        };
        animation.push(&piece, &still.into_inner()).unwrap();
    }
    let file = animation.finish((2, 2), 0, &Packets::default());
    let made = run(&file, moving(OutputFormat::Gif)).unwrap();
    let delays: Vec<u32> = gif(&made.bytes).iter().map(|(_, delay)| *delay).collect();
    assert_eq!(delays.iter().sum::<u32>(), 990);
    assert!(delays.iter().all(|delay| [30, 40].contains(delay)));
}

proptest::proptest! {
    #[test]
    fn no_file_panics(at in 0..4000_usize, byte: u8, cut in 0..4000_usize, as_gif: bool) {
        let file = source(Repeat::Infinite);
        let mut file = if as_gif { file } else { written(&file, moving(OutputFormat::Rgba)) };
        let length = file.len();
        file[at % length] = byte;
        file.truncate(length - cut % length / 4);
        let _ = run(&file, moving(OutputFormat::Gif));
        let mut transform = Transform::new(moving(OutputFormat::Rgba));
        if transform.push(&file).is_ok() && transform.compose().is_ok() {
            while let Ok(Some((piece, pixels))) = transform.frame() {
                assert_eq!(pixels.len() as u64, u64::from(piece.width) * u64::from(piece.height) * 4);
            }
        }
    }
}
