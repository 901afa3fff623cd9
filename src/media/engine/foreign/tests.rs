//! Headers by hand; `wasm-tests/formats.test.mjs` reads files of stock encoders.

use super::super::boxes;
use super::super::job::{Job, OutputFormat};
use super::super::transform::Transform;
use super::clap::Crop;
use super::*;

fn header(width: u32, height: u32, orientation: u16) -> Header {
    Header {
        width,
        height,
        orientation,
        facts: Facts {
            xmp: Some(b"<x/>".to_vec()),
            ..Facts::default()
        },
    }
}

#[test]
fn decoded_pixels_are_turned_and_resampled_like_any_others() {
    // Red above blue; turned clockwise, blue is on the left.
    let pixels: Vec<u8> = [[255, 0, 0, 255]; 8]
        .into_iter()
        .chain([[0, 0, 255, 255]; 8])
        .flatten()
        .collect();
    let file = [header(4, 4, 6).decoded(), pixels].concat();
    for chunk in [1, 7, file.len()] {
        let mut transform = Transform::new(Job::new(OutputFormat::Rgba));
        for part in file.chunks(chunk) {
            transform.push(part).unwrap();
        }
        let made = transform.finish().unwrap();
        assert_eq!((made.width, made.height), (4, 4));
        assert_eq!(made.bytes[..4], [0, 0, 255, 255]);
        assert_eq!(made.bytes[12..16], [255, 0, 0, 255]);
    }
}

#[test]
fn what_ends_too_early_or_lies_is_refused() {
    let file = [header(4, 4, 1).decoded(), vec![9; 63]].concat();
    let mut transform = Transform::new(Job::new(OutputFormat::Rgba));
    transform.push(&file).unwrap();
    assert_eq!(transform.finish().unwrap_err(), MediaError::Truncated);
    let mut transform = Transform::new(Job::new(OutputFormat::Rgba));
    let wrong = header(4, 4, 9).decoded();
    assert!(matches!(
        transform.push(&wrong),
        Err(MediaError::Damaged(_))
    ));
    let mut transform = Transform::new(Job::new(OutputFormat::Rgba));
    let vast = header(40_000, 40_000, 1).decoded();
    assert!(matches!(
        transform.push(&vast),
        Err(MediaError::TooLarge { .. })
    ));
}

#[test]
fn jpeg_xl_sizes_are_read() {
    // Not small; 13 bits of 533 - 1; ratio 0; 13 bits of 800 - 1; all as usual.
    let bits = [(0, 1), (1, 2), (532, 13), (0, 3), (1, 2), (799, 13), (1, 1)];
    let read = Foreign::Jxl.header(&codestream(&bits)).unwrap();
    assert_eq!((read.width, read.height, read.orientation), (800, 533, 1));
    // Small: 8 * 10 high, twice as wide, and lying on its side.
    let bits = [(1, 1), (9, 5), (7, 3), (0, 1), (1, 1), (5, 3)];
    let read = Foreign::Jxl.header(&codestream(&bits)).unwrap();
    assert_eq!((read.width, read.height, read.orientation), (80, 160, 1));
    assert!(Foreign::Jxl.header(b"\xFF\x0A").is_err());
}

fn codestream(bits: &[(u64, u32)]) -> Vec<u8> {
    let (mut number, mut length) = (0_u64, 0);
    for &(value, count) in bits {
        number |= value << length;
        length += count;
    }
    [&[0xFF, 0x0A][..], &number.to_le_bytes()].concat()
}

/// Four tiles, each with alpha.
const GRID: &[u8] = include_bytes!("../../../../fixtures/images/grid.avif");

#[test]
fn a_grid_and_its_alpha_are_found() {
    let layout = super::heif::layout(GRID).unwrap();
    let alpha = layout.alpha.unwrap();
    for grid in [&layout.colour, &alpha] {
        assert_eq!((grid.width, grid.height, grid.columns), (128, 128, 2));
        assert_eq!(grid.tiles.len(), 4);
        let coded = |part: &std::ops::Range<usize>| GRID[part.clone()].starts_with(&[0x12, 0]);
        assert!(
            grid.tiles
                .iter()
                .all(|tile| tile.len() == 1 && coded(&tile[0]))
        );
    }
    assert_eq!((layout.colour.nibbles, alpha.nibbles), (3, 2));
    assert!(!layout.premultiplied && !layout.has_icc);
}

/// A header whose `iloc` has so many items, each of so many parts that take no bytes.
fn endless(items: u16, parts: u16) -> Vec<u8> {
    let mut places = vec![0, 0, 0, 0, 0, 0];
    places.extend(items.to_be_bytes());
    for id in 0..items {
        places.extend([id.to_be_bytes(), [0; 2], parts.to_be_bytes()].as_flattened());
    }
    let mut body = vec![0; 4];
    boxes::put(&mut body, *b"iloc", &[&places]).unwrap();
    let mut iinf = vec![0, 0, 0, 0, 0, 1];
    let entry = b"\x02\0\0\0\xFF\xFF\0\0av01\0";
    boxes::put(&mut iinf, *b"infe", &[entry]).unwrap();
    boxes::put(&mut body, *b"iinf", &[&iinf]).unwrap();
    boxes::put(&mut body, *b"pitm", &[b"\0\0\0\0\xFF\xFF"]).unwrap();
    let mut properties = Vec::new();
    let ispe = b"\0\0\0\0\0\0\0\x10\0\0\0\x10";
    boxes::put(&mut properties, *b"ispe", &[ispe]).unwrap();
    let mut iprp = Vec::new();
    boxes::put(&mut iprp, *b"ipco", &[&properties]).unwrap();
    let owned = b"\0\0\0\0\0\0\0\x01\xFF\xFF\x01\x01";
    boxes::put(&mut iprp, *b"ipma", &[owned]).unwrap();
    boxes::put(&mut body, *b"iprp", &[&iprp]).unwrap();
    let mut file = b"\0\0\0\x10ftypavif\0\0\0\0".to_vec();
    boxes::put(&mut file, *b"meta", &[&body]).unwrap();
    file
}

#[test]
fn parts_that_take_no_bytes_are_not_counted_one_by_one() {
    for (items, parts) in [(4000, u16::MAX), (u16::MAX, u16::MAX), (u16::MAX, 1)] {
        let file = endless(items, parts);
        assert_eq!(super::heif::layout(&file), None);
        // 64 GiB of parts, were they kept.
        assert!(Foreign::Avif.header(&file).is_ok());
    }
}

#[test]
fn a_crop_is_a_rectangle_within_the_picture_or_none() {
    let crop = |numbers: [i32; 8]| {
        let body = numbers.map(i32::to_be_bytes);
        Crop::read(body.as_flattened(), (100, 80))
    };
    let part = |left, top, width, height| Crop {
        left,
        top,
        width,
        height,
    };
    assert_eq!(crop([50, 1, 40, 1, 0, 1, 0, 1]), part(25, 20, 50, 40));
    assert_eq!(crop([50, 1, 40, 1, -25, 1, 20, 1]), part(0, 40, 50, 40));
    assert_eq!(crop([51, 1, 80, 2, -1, 2, 0, 1]), part(24, 20, 51, 40));
    let whole = part(0, 0, 100, 80);
    for nonsense in [
        [50, 1, 40, 1, -26, 1, 0, 1],
        [50, 1, 40, 1, 0, 1, 21, 1],
        [101, 1, 80, 1, 0, 1, 0, 1],
        [51, 2, 40, 1, 0, 1, 0, 1],
        [50, 0, 40, 1, 0, 1, 0, 1],
        [51, 1, 40, 1, 0, 1, 0, 1],
        [0, 1, 40, 1, 0, 1, 0, 1],
        [-1, -1, 40, 1, i32::MAX, 1, i32::MIN, 1],
    ] {
        assert_eq!(crop(nonsense), whole, "{nonsense:?}");
    }
}

proptest::proptest! {
    #[test]
    fn no_damaged_container_panics(at in 0..GRID.len(), bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..20), end in 0..GRID.len()) {
        let mut file = GRID.to_vec();
        let to = (at + bytes.len()).min(file.len());
        file.splice(at..to, bytes);
        for file in [&file[..], &GRID[..end]] {
            let Some(layout) = super::heif::layout(file) else { continue };
            for grid in [Some(layout.colour), layout.alpha].into_iter().flatten() {
                assert!(grid.tiles.iter().flatten().all(|part| part.end <= file.len()));
                assert!(grid.columns > 0 && grid.tiles.len() % grid.columns == 0);
            }
        }
    }

    #[test]
    fn no_header_panics(mut file in proptest::collection::vec(proptest::num::u8::ANY, 0..300), kind in 0..4_usize) {
        let start: &[u8] = [
            &b"\0\0\0\x10ftypavif\0\0\0\0\0\0\0\x40meta\0\0\0\0\0\0\0\x0Epitm\0\0\0\0\0\x01"[..],
            &b"\xFF\x0A"[..],
            JXL_SIGNATURE,
            MAGIC,
        ][kind];
        let at = file.len().min(start.len());
        file.splice(..at, start.iter().copied());
        if let Some(foreign) = Foreign::of(&file) {
            let _ = foreign.header(&file);
        }
        let _ = super::super::probe::probe(&file);
    }
}
