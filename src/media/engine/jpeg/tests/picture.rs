use proptest::prelude::*;

use super::super::{Colour, Layout, estimated_bytes};
use super::*;

#[test]
fn headers_say_what_the_files_are() {
    for (jpeg, colour, sampling) in [(CMYK, Colour::Cmyk, (1, 1)), (YCCK, Colour::Ycck, (2, 2))] {
        let outcome = decode(jpeg, Limits::default(), Plan::default(), 4096).unwrap();
        let header = outcome.header;
        assert_eq!(
            (header.width, header.height, header.colour),
            (37, 23, colour)
        );
        assert_eq!(header.max_sampling(), sampling);
        assert!(header.adobe && !header.progressive);
        assert_eq!(outcome.warnings, Warnings::default());
    }
}

#[test]
fn a_crop_is_that_part_of_the_whole() {
    let crop = Crop {
        x: 17,
        y: 9,
        width: 10,
        height: 8,
    };
    for scale in SCALES {
        let whole = decode(YCCK, Limits::default(), at(scale), 100).unwrap();
        let plan = Plan {
            crop: Some(crop),
            ..at(scale)
        };
        let part = decode(YCCK, Limits::default(), plan, 100).unwrap();
        for (whole, part) in whole.planes.iter().zip(&part.planes) {
            let &(column, width, row, rows, ref samples) = part;
            assert!(width > 0 && rows > 0 && width < whole.1);
            for y in 0..rows {
                let from = (row + y) * whole.1 + column;
                assert_eq!(samples[y * width..][..width], whole.4[from..][..width]);
            }
        }
    }
    let outside = Crop {
        x: 30,
        y: 0,
        width: 8,
        height: 1,
    };
    let plan = Plan {
        crop: Some(outside),
        ..Plan::default()
    };
    assert_eq!(
        decode(YCCK, Limits::default(), plan, 100).unwrap_err(),
        Error::BadWindow
    );
}

#[test]
fn chroma_can_have_its_own_scale() {
    let plan = Plan {
        chroma: Some(Scale::Full),
        ..at(Scale::Half)
    };
    let mixed = decode(YCCK, Limits::default(), plan, 100).unwrap();
    let full = decode(YCCK, Limits::default(), at(Scale::Full), 100).unwrap();
    let half = decode(YCCK, Limits::default(), at(Scale::Half), 100).unwrap();
    assert_eq!(mixed.planes[0], half.planes[0]);
    assert_eq!(mixed.planes[1..3], full.planes[1..3]);
    assert_eq!(mixed.planes[3], half.planes[3]);
}

#[test]
fn scales_are_chosen_to_be_large_enough() {
    assert_eq!(Scale::at_least(4000, 500), Scale::Eighth);
    assert_eq!(Scale::at_least(4000, 501), Scale::Quarter);
    assert_eq!(Scale::at_least(4000, 2000), Scale::Half);
    assert_eq!(Scale::at_least(4000, 9000), Scale::Full);
}

#[test]
fn estimates_grow_with_the_scale_and_are_kept() {
    let outcome = decode(YCCK, Limits::default(), Plan::default(), 4096).unwrap();
    let mut header = outcome.header;
    (header.width, header.height, header.progressive) = (4000, 3000, true);
    let estimates = SCALES.map(|scale| estimated_bytes(&header, &at(scale)));
    assert!(estimates.is_sorted(), "{estimates:?}");
    // 2.5 planes of 47 000 blocks, 64 coefficients of two bytes and a word of marks.
    assert!(
        (60_000_000..80_000_000).contains(&estimates[3]),
        "{estimates:?}"
    );
    assert!(estimates[0] < 2_000_000);
    let needed = Layout::new(&outcome_header(), &Plan::default())
        .unwrap()
        .bytes(false);
    let limits = Limits {
        max_bytes: needed - 1,
        ..Limits::default()
    };
    let error = decode(YCCK, limits, Plan::default(), 4096).unwrap_err();
    assert_eq!(
        error,
        Error::TooMuchMemory {
            needed,
            limit: needed - 1
        }
    );
}

fn outcome_header() -> Header {
    decode(YCCK, Limits::default(), Plan::default(), 4096)
        .unwrap()
        .header
}

/// The file with segments put in behind SOI.
fn with_segments(segments: &[(u8, Vec<u8>)]) -> Vec<u8> {
    let mut jpeg = vec![0xFF, 0xD8];
    for (marker, body) in segments {
        jpeg.extend([0xFF, *marker]);
        jpeg.extend(((body.len() + 2) as u16).to_be_bytes());
        jpeg.extend(body);
    }
    jpeg.extend(&YCCK[2..]);
    jpeg
}

#[test]
fn metadata_is_handed_out_raw_and_put_together() {
    let icc = |number: u8, part: &[u8]| (0xE2, [b"ICC_PROFILE\0", &[number, 2][..], part].concat());
    let jpeg = with_segments(&[
        (0xE1, b"Exif\0\0MM\0*rest".to_vec()),
        icc(2, b"world"),
        (0xE1, b"http://ns.adobe.com/xap/1.0/\0<x/>".to_vec()),
        icc(1, b"hello "),
        (0xED, b"Photoshop 3.0\08BIM".to_vec()),
    ]);
    let outcome = decode(&jpeg, Limits::default(), Plan::default(), 3).unwrap();
    let metadata = outcome.metadata;
    assert_eq!(metadata.exif.as_deref(), Some(&b"MM\0*rest"[..]));
    assert_eq!(metadata.xmp.as_deref(), Some(&b"<x/>"[..]));
    assert_eq!(metadata.icc.as_deref(), Some(&b"hello world"[..]));
    assert_eq!(metadata.photoshop.as_deref(), Some(&b"8BIM"[..]));
    let limits = Limits {
        max_metadata_bytes: 12,
        ..Limits::default()
    };
    let outcome = decode(&jpeg, limits, Plan::default(), 3).unwrap();
    assert!(outcome.warnings.metadata_dropped);
    assert_eq!(outcome.metadata.icc, None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn chunks_make_no_difference(chunk in 1usize..300, scale in 0usize..4, cut in 400usize..1200) {
        let jpeg = &YCCK[..cut.min(YCCK.len())];
        let whole = decode(jpeg, Limits::default(), at(SCALES[scale]), jpeg.len());
        let pieces = decode(jpeg, Limits::default(), at(SCALES[scale]), chunk);
        prop_assert_eq!(whole, pieces);
    }
}
