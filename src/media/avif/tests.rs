//! Files of the stock encoder, against the stock decoder. `wasm-tests/avif.test.mjs` does
//! so with the module, and damages them: where rav1d then panics, its instance ends alone.

use std::{fs, path::PathBuf, process::Command, sync::OnceLock};

use image::{ImageBuffer, RgbaImage};

use super::*;

/// Four tiles, each with alpha.
const GRID: &[u8] = include_bytes!("../../../fixtures/images/grid.avif");
const MOST: u64 = 1 << 26;

#[test]
fn a_grid_with_alpha_is_one_picture() {
    let picture = decode(GRID, MOST).unwrap();
    assert_eq!((picture.width, picture.height), (128, 128));
    let rows = picture.rows(0, usize::MAX);
    assert_eq!(rows.len(), 128 * 128 * 4);
    assert!(rows.chunks(4).any(|pixel| pixel[3] < 9) && rows.chunks(4).any(|pixel| pixel[3] > 246));
    // Rows are the same however they are asked for.
    let parts: Vec<u8> = (0..128)
        .step_by(7)
        .flat_map(|first| picture.rows(first, 7))
        .collect();
    assert_eq!(parts, rows);
    assert!(matches!(decode(GRID, 1 << 20), Err(Fault::TooLarge)));
}

/// A folder with a part of a photograph in it: opaque, and with transparency.
fn folder() -> &'static PathBuf {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let root = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../.."));
        let folder = root.join("target/avif-tests");
        fs::create_dir_all(&folder).unwrap();
        let photo = image::open(root.join("fixtures/photos/dragonfly.jpg")).unwrap();
        // Odd sides: the last column and row of chroma stand for one of luma.
        let part = photo.crop_imm(1800, 1200, 331, 245).to_rgb8();
        part.save(folder.join("photo.png")).unwrap();
        let even = photo.crop_imm(1800, 1200, 384, 256).to_rgb8();
        even.save(folder.join("even.png")).unwrap();
        let clear: RgbaImage = ImageBuffer::from_fn(384, 256, |x, y| {
            let [red, green, blue] = even.get_pixel(x, y).0;
            image::Rgba([red, green, blue, u8::try_from((x + y) * 255 / 638).unwrap()])
        });
        clear.save(folder.join("clear.png")).unwrap();
        folder
    })
}

fn run(tool: &str, arguments: &[&str]) {
    let output = Command::new(tool).args(arguments).output();
    let output = output.unwrap_or_else(|error| panic!("{tool} (Debian's libavif-bin): {error}"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{tool} {arguments:?}: {said}");
}

/// A file by avifenc of one of the pictures.
fn written(from: &str, options: &str) -> Vec<u8> {
    let (from, to) = (folder().join(from), file_named(from, options, "avif"));
    let mut arguments = vec!["--speed", "10", "--min", "5", "--max", "20"];
    arguments.extend(options.split_whitespace());
    arguments.extend([from.to_str().unwrap(), to.to_str().unwrap()]);
    run("avifenc", &arguments);
    fs::read(to).unwrap()
}

/// What avifdec makes of that file, in sixteen bits: for eight it leaves it to libyuv, whose
/// arithmetic is coarse.
fn theirs(from: &str, options: &str) -> RgbaImage {
    let (from, to) = (
        file_named(from, options, "avif"),
        file_named(from, options, "png"),
    );
    let files = [from.to_str().unwrap(), to.to_str().unwrap()];
    run(
        "avifdec",
        &[&["-d", "16", "-u", "bilinear"], &files[..]].concat(),
    );
    let deep = image::open(to).unwrap().to_rgba16();
    let samples = deep.as_raw().iter();
    let samples = samples.map(|&sample| u8::try_from((u32::from(sample) + 128) / 257).unwrap());
    RgbaImage::from_raw(deep.width(), deep.height(), samples.collect()).unwrap()
}

fn file_named(from: &str, options: &str, ending: &str) -> PathBuf {
    folder().join(format!("{from} {options}.{ending}").replace([' ', '/', ','], "_"))
}

/// The largest difference of ours from theirs, in steps of a colour; what is not seen does not count.
fn difference(ours: &Picture, theirs: &RgbaImage) -> u8 {
    let size = (ours.width, ours.height);
    assert_eq!(size, (theirs.width() as usize, theirs.height() as usize));
    // In pieces, as they are asked for.
    let pieces = (0..ours.height).step_by(7);
    let ours: Vec<u8> = pieces.flat_map(|first| ours.rows(first, 7)).collect();
    let (ours, rest) = ours.as_chunks::<4>();
    assert!(rest.is_empty() && ours.len() == size.0 * size.1);
    let pairs = ours.iter().zip(theirs.pixels());
    let seen = pairs.filter(|(ours, _)| ours[3] > 64);
    seen.flat_map(|(ours, theirs)| ours.iter().zip(theirs.0))
        .map(|(ours, theirs)| ours.abs_diff(theirs))
        .max()
        .unwrap()
}

fn compare(from: &str, options: &str, most: u8) {
    let ours = decode(&written(from, options), MOST).unwrap();
    let difference = difference(&ours, &theirs(from, options));
    assert!(difference <= most, "{from} {options}: {difference}");
}

#[test]
fn every_layout_depth_and_range_is_read_as_the_stock_decoder_reads_it() {
    for layout in ["420", "422", "444", "400"] {
        for depth in [8, 10, 12] {
            for range in ["full", "limited"] {
                let options = format!("-y {layout} -d {depth} -r {range}");
                compare("photo.png", &options, 1);
            }
        }
    }
}

#[test]
fn every_matrix_is_read_as_the_stock_decoder_reads_it() {
    for matrix in [1, 2, 4, 5, 6, 7, 8, 9, 12] {
        compare("photo.png", &format!("-y 444 --cicp 1/13/{matrix}"), 1);
    }
    for options in ["--cicp 12/13/12", "--cicp 9/14/9 -r limited", "--lossless"] {
        compare("photo.png", &format!("{options} -y 444"), 1);
    }
    compare("photo.png", "-y 444 --cicp 1/13/0 -d 10", 1);
}

#[test]
fn transparency_is_read_straight_or_multiplied_out() {
    compare("clear.png", "-y 444", 1);
    compare("clear.png", "-y 420 -d 10", 1);
    compare("clear.png", "-y 444 -p", 1);
}

#[test]
fn a_grid_is_one_picture() {
    for options in [
        "-y 420 --grid 2x2",
        "-y 444 --grid 3x2 -d 10",
        "-y 400 --grid 1x4",
    ] {
        compare("even.png", options, 1);
    }
    compare("clear.png", "-y 420 --grid 2x2", 1);
}

#[test]
fn film_grain_is_applied() {
    compare("photo.png", "-y 420 -a film-grain-test=1", 1);
}

#[test]
fn pixels_come_as_they_are_stored_but_cropped() {
    compare("photo.png", "-y 420 --irot 1 --imir 0", 1);
    let ours = decode(&written("photo.png", "-y 420 --crop 20,30,200,100"), MOST).unwrap();
    let mut theirs = theirs("photo.png", "-y 420 --crop 20,30,200,100");
    let theirs = image::imageops::crop(&mut theirs, 20, 30, 200, 100).to_image();
    assert!(difference(&ours, &theirs) <= 1);
}

#[test]
fn a_sequence_is_its_first_picture() {
    let at = folder().join("sequence.avif");
    let [first, second] = ["even.png", "clear.png"].map(|name| folder().join(name));
    let (first, second) = (first.to_str().unwrap(), second.to_str().unwrap());
    run(
        "avifenc",
        &["--speed", "10", first, second, at.to_str().unwrap()],
    );
    let picture = decode(&fs::read(&at).unwrap(), MOST).unwrap();
    assert_eq!((picture.width, picture.height), (384, 256));
}

#[test]
fn a_file_cut_short_is_damaged_wherever_it_is_cut() {
    let file = written("photo.png", "-y 420");
    for length in (0..file.len()).step_by(97) {
        assert_eq!(
            decode(&file[..length], MOST).err(),
            Some(Fault::Damaged),
            "{length}"
        );
    }
}

#[test]
fn colours_other_than_srgb_have_a_profile() {
    let has_profile = |options: &str| {
        let picture = decode(&written("photo.png", options), MOST).unwrap();
        !picture.icc.is_empty()
    };
    for srgb in ["1/13/6", "2/2/2", "1/1/1"] {
        assert!(!has_profile(&format!("--cicp {srgb}")), "{srgb}");
    }
    for other in ["12/13/1", "9/14/9", "9/16/9", "9/18/9", "1/4/6"] {
        assert!(has_profile(&format!("--cicp {other}")), "{other}");
    }
}
