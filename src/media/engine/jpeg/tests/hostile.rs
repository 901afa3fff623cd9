use proptest::prelude::*;

use super::super::Unsupported;
use super::*;

/// A progressive file of one grey block, with its DC scan, so many times over.
fn progressive(width: u16, height: u16, scans: usize) -> Vec<u8> {
    let mut jpeg = vec![0xFF, 0xD8, 0xFF, 0xDB, 0, 67, 0];
    jpeg.extend([1; 64]);
    jpeg.extend([0xFF, 0xC2, 0, 11, 8]);
    jpeg.extend(height.to_be_bytes());
    jpeg.extend(width.to_be_bytes());
    jpeg.extend([1, 1, 0x11, 0]);
    for _ in 0..scans {
        jpeg.extend([0xFF, 0xDA, 0, 8, 1, 1, 0, 1, 63, 0x02, 0x55]);
    }
    jpeg.extend([0xFF, 0xD9]);
    jpeg
}

#[test]
fn scans_without_end_are_refused() {
    let limits = Limits {
        max_scans: 30,
        ..Limits::default()
    };
    assert!(decode(&progressive(64, 64, 30), limits, Plan::default(), 999).is_ok());
    let error = decode(&progressive(64, 64, 31), limits, Plan::default(), 999).unwrap_err();
    assert_eq!(error, Error::TooManyScans(30));
}

#[test]
fn huge_dimensions_are_refused_before_anything_is_allocated() {
    let found = 65535 * 65535;
    let error = decode(
        &progressive(65535, 65535, 1),
        Limits::default(),
        at(Scale::Eighth),
        999,
    );
    let limit = Limits::default().max_pixels;
    assert_eq!(error.unwrap_err(), Error::TooManyPixels { found, limit });
    let error = decode(
        &progressive(10000, 10000, 1),
        Limits::default(),
        at(Scale::Full),
        999,
    );
    assert!(matches!(error, Err(Error::TooMuchMemory { .. })));
}

#[test]
fn tables_without_end_are_refused() {
    let mut jpeg = vec![0xFF, 0xD8];
    for _ in 0..5000 {
        jpeg.extend([0xFF, 0xDD, 0, 4, 0, 1]);
    }
    let error = decode(&jpeg, Limits::default(), Plan::default(), 999).unwrap_err();
    assert_eq!(error, Error::TooManySegments(4096));
}

#[test]
fn restarts_without_end_are_harmless() {
    // An interval of one block, and markers where the data should be.
    let mut jpeg = YCCK[..YCCK.len() - 2].to_vec();
    jpeg.splice(2..2, [0xFF, 0xDD, 0, 4, 0, 1]);
    let start = jpeg
        .windows(2)
        .position(|pair| pair == [0xFF, 0xDA])
        .unwrap()
        + 16;
    jpeg.truncate(start);
    for number in 0..100_000u32 {
        jpeg.extend([0xFF, 0xD0 + (number % 8) as u8]);
    }
    let outcome = decode(&jpeg, Limits::default(), Plan::default(), 4096).unwrap();
    assert!(outcome.warnings.damaged > 0);
}

#[test]
fn other_kinds_of_jpeg_are_refused_by_name() {
    let frame = YCCK
        .windows(2)
        .position(|pair| pair == [0xFF, 0xC0])
        .unwrap();
    let altered = |at: usize, value: u8| {
        let mut jpeg = YCCK.to_vec();
        jpeg[frame + at] = value;
        decode(&jpeg, Limits::default(), Plan::default(), 999).unwrap_err()
    };
    assert_eq!(altered(1, 0xC3), Error::Unsupported(Unsupported::Lossless));
    assert_eq!(
        altered(1, 0xC5),
        Error::Unsupported(Unsupported::Hierarchical)
    );
    assert_eq!(
        altered(1, 0xC9),
        Error::Unsupported(Unsupported::Arithmetic)
    );
    assert_eq!(
        altered(4, 12),
        Error::Unsupported(Unsupported::Precision(12))
    );
    assert_eq!(altered(6, 0), Error::Unsupported(Unsupported::LateHeight));
    assert_eq!(
        altered(9, 2),
        Error::Unsupported(Unsupported::Components(2))
    );
    assert_eq!(altered(11, 0x51), Error::BadFrame);
}

#[test]
fn what_is_no_picture_is_refused() {
    let refuse = |bytes: &[u8]| decode(bytes, Limits::default(), Plan::default(), 7).unwrap_err();
    assert_eq!(refuse(b""), Error::NotJpeg);
    assert_eq!(refuse(b"\x89PNG\r\n\x1a\n"), Error::NotJpeg);
    assert_eq!(refuse(&[0xFF, 0xD8, 0xFF, 0xD9]), Error::Truncated);
    assert_eq!(refuse(&YCCK[..100]), Error::Truncated);
    assert_eq!(
        refuse(&[0xFF, 0xD8, 0xFF, 0xDB, 0, 1]),
        Error::BadSegment(0xDB)
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(250))]

    #[test]
    fn damage_never_panics_and_chunks_still_make_no_difference(
        damage in proptest::collection::vec((0usize..2000, any::<u8>()), 1..12),
        progressive_marker in any::<bool>(),
        scale in 0usize..4,
        chunk in 1usize..200,
    ) {
        let mut jpeg = if damage.len() % 2 == 0 { YCCK.to_vec() } else { CMYK.to_vec() };
        for (place, value) in damage {
            let place = place % jpeg.len();
            jpeg[place] = value;
        }
        if progressive_marker && let Some(frame) = jpeg.windows(2).position(|pair| pair == [0xFF, 0xC0]) {
            jpeg[frame + 1] = 0xC2;
        }
        let limits = Limits { max_pixels: 1 << 18, max_bytes: 4 << 20, ..Limits::default() };
        let whole = decode(&jpeg, limits, at(SCALES[scale]), jpeg.len());
        let pieces = decode(&jpeg, limits, at(SCALES[scale]), chunk);
        prop_assert_eq!(whole, pieces);
    }
}
