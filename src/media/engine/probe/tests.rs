use super::*;

fn jpeg(sof: u8, depth: u8, before: &[u8]) -> Vec<u8> {
    let mut file = vec![0xFF, 0xD8];
    file.extend_from_slice(before);
    file.extend_from_slice(&[0xFF, sof, 0, 17, depth, 0x0B, 0xB8, 0x0F, 0xA0, 3]);
    file.extend_from_slice(&[1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1]);
    file
}

fn exif(order: [u8; 4], value: u16) -> Vec<u8> {
    let big = order == *b"MM\0*";
    let short = |value: u16| {
        if big {
            value.to_be_bytes()
        } else {
            value.to_le_bytes()
        }
    };
    let long = |value: u32| {
        if big {
            value.to_be_bytes()
        } else {
            value.to_le_bytes()
        }
    };
    let mut tiff = order.to_vec();
    tiff.extend(long(8));
    tiff.extend(short(1));
    tiff.extend(short(0x0112));
    tiff.extend(short(3));
    tiff.extend(long(1));
    tiff.extend(short(value));
    tiff.extend(short(0));
    tiff.extend(long(0));
    let mut segment = vec![0xFF, 0xE1];
    segment.extend(u16::try_from(tiff.len() + 8).unwrap().to_be_bytes());
    segment.extend(b"Exif\0\0");
    segment.extend(tiff);
    segment
}

#[test]
fn jpeg_size_orientation_and_kind() {
    let found = probe(&jpeg(0xC0, 8, &exif(*b"II*\0", 6))).unwrap().unwrap();
    assert_eq!(
        (found.width, found.height, found.upright_size()),
        (4000, 3000, (3000, 4000))
    );
    assert_eq!(
        (found.format, found.progressive, found.channels),
        (Format::Jpeg, false, 3)
    );
    assert!(probe(&jpeg(0xC2, 8, &[])).unwrap().unwrap().progressive);
    for value in 1..=8 {
        let found = probe(&jpeg(0xC0, 8, &exif(*b"MM\0*", value)))
            .unwrap()
            .unwrap();
        assert_eq!(Some(found.orientation), Orientation::from_exif(value));
    }
    // An orientation that does not exist, fill bytes, rubbish between markers.
    let dirty = [
        exif(*b"MM\0*", 77),
        vec![0xFF, 0xFF, 0xFF, 0xFE, 0, 2, 0, 7, 9],
    ]
    .concat();
    assert_eq!(
        probe(&jpeg(0xC0, 8, &dirty)).unwrap().unwrap().orientation,
        Orientation::UPRIGHT
    );
}

#[test]
fn jpeg_that_is_refused_is_refused_by_name() {
    for (sof, depth, name) in [
        (0xC1, 12, "8 bits"),
        (0xC3, 8, "lossless"),
        (0xC9, 8, "arithmetic"),
        (0xC5, 8, "hier"),
    ] {
        let error = probe(&jpeg(sof, depth, &[])).unwrap_err();
        assert!(
            matches!(error, MediaError::Unsupported(what) if what.contains(name)),
            "{error}"
        );
    }
}

#[test]
fn every_prefix_of_a_header_asks_for_more() {
    let png = [
        b"\x89PNG\r\n\x1A\n\0\0\0\x0DIHDR\0\0\x01\0\0\0\x02\0\x10\x06\0\0\x01crc!".as_slice(),
        b"\0\0\0\x08acTL\0\0\0\0\0\0\0\0crc!\0\0\0\x09IDAT",
    ]
    .concat();
    let webp = b"RIFF\0\0\0\0WEBPVP8X\x0A\0\0\0\x12\0\0\0\x0F\0\0\x07\0\0".to_vec();
    let gif = b"GIF89a\x10\0\x08\0".to_vec();
    for file in [jpeg(0xC2, 8, &exif(*b"II*\0", 3)), png, webp, gif] {
        let needed = (0..=file.len())
            .find(|&length| probe(&file[..length]).unwrap().is_some())
            .unwrap();
        assert!(needed + 10 > file.len());
        assert!(probe(&file).unwrap().is_some());
    }
}

#[test]
fn png_webp_and_gif_headers() {
    let webp = probe(b"RIFF\0\0\0\0WEBPVP8X\x0A\0\0\0\x12\0\0\0\x0F\0\0\x07\0\0")
        .unwrap()
        .unwrap();
    assert_eq!(
        (webp.width, webp.height, webp.alpha, webp.animated),
        (16, 8, true, true)
    );
    let lossless = probe(b"RIFF\0\0\0\0WEBPVP8L\x0A\0\0\0\x2F\x0F\xC0\x01\x10")
        .unwrap()
        .unwrap();
    assert_eq!(
        (lossless.width, lossless.height, lossless.alpha),
        (16, 8, true)
    );
    let lossy = probe(b"RIFF\0\0\0\0WEBPVP8 \x0A\0\0\0\0\0\0\x9D\x01\x2A\x10\0\x08\0")
        .unwrap()
        .unwrap();
    assert_eq!((lossy.width, lossy.height), (16, 8));
    assert!(matches!(
        probe(b"GIF89a\0\0\x08\0"),
        Err(MediaError::Damaged(_))
    ));
}

#[test]
fn strangers_are_called_by_their_name() {
    let table: [(&[u8], MediaError); 6] = [
        (b"\0\0\0\x20ftypavif", MediaError::Unsupported("AVIF")),
        (b"\0\0\0\x20ftypheic", MediaError::Unsupported("HEIC")),
        (
            b"\xFF\x0A\0\0\0\0\0\0\0\0\0\0",
            MediaError::Unsupported("JPEG XL"),
        ),
        (b"II*\0\x08\0\0\0\0\0\0\0", MediaError::Unsupported("TIFF")),
        (b"<svg xmlns='x'>", MediaError::Unsupported("SVG")),
        (b"hello, I am a picture", MediaError::NotAnImage),
    ];
    for (bytes, error) in table {
        assert_eq!(probe(bytes), Err(error));
    }
    assert_eq!(probe(b""), Ok(None));
}

#[test]
fn a_header_without_end_is_refused() {
    let mut file = vec![0xFF, 0xD8];
    while file.len() < MAX_HEADER + 10 {
        file.extend_from_slice(&[0xFF, 0xE2, 0xFF, 0xFF]);
        file.resize(file.len() + 0xFFFD, 0);
    }
    assert!(matches!(probe(&file), Err(MediaError::TooLarge { .. })));
}
