//! What the muxers write, read by their own rules; `wasm-tests/formats.test.mjs`
//! asks exiftool about real files.

use super::super::super::boxes;
use super::*;

fn packets() -> Packets {
    Packets {
        exif: Some(b"II*\0exif!".to_vec()),
        xmp: Some(b"<x:xmpmeta/>".to_vec()),
        photoshop: None,
    }
}

fn riff(chunks: &[u8]) -> Vec<u8> {
    let size = u32::try_from(chunks.len() + 4).unwrap();
    [b"RIFF", &size.to_le_bytes()[..], b"WEBP", chunks].concat()
}

fn chunk(name: [u8; 4], body: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    webp::put(&mut out, name, body).unwrap();
    out
}

#[test]
fn a_webp_is_extended_and_its_picture_stays() {
    // 800 by 533, lossy; then 5 by 3 with alpha, lossless.
    let lossy = chunk(*b"VP8 ", &[0, 0, 0, 0x9D, 1, 0x2A, 0x20, 3, 0x15, 2, 7]);
    let bits: u32 = 4 | 2 << 14 | 1 << 28;
    let lossless = chunk(*b"VP8L", &[&[0x2F], &bits.to_le_bytes()[..]].concat());
    let alpha = [
        chunk(*b"VP8X", &[0x10, 0, 0, 0, 4, 0, 0, 2, 0, 0]),
        chunk(*b"ALPH", &[1]),
    ]
    .concat();
    for (picture, flags, width, height) in [
        (&lossy, 0x0C, 799_u32, 532_u32),
        (&lossless, 0x1C, 4, 2),
        (&alpha, 0x1C, 4, 2),
    ] {
        let made = into_webp(riff(picture), &packets());
        let side = |side: u32| side.to_le_bytes().into_iter().take(3);
        let mut body = vec![flags, 0, 0, 0];
        body.extend(side(width).chain(side(height)));
        let header = chunk(*b"VP8X", &body);
        let pictures =
            picture.strip_prefix(&chunk(*b"VP8X", &[0x10, 0, 0, 0, 4, 0, 0, 2, 0, 0])[..]);
        let expected = [
            header,
            pictures.unwrap_or(picture).to_vec(),
            chunk(*b"EXIF", b"II*\0exif!"),
            chunk(*b"XMP ", b"<x:xmpmeta/>"),
        ]
        .concat();
        assert_eq!(made, riff(&expected));
    }
}

#[test]
fn what_has_nothing_to_say_or_is_no_such_file_stays_as_it_is() {
    let none = Packets::default();
    let webp = riff(&chunk(*b"VP8 ", &[0; 12]));
    assert_eq!(into_webp(webp.clone(), &none), webp);
    for file in [&b"RIFF\0\0"[..], b"", b"nonsense", &webp[..20]] {
        assert_eq!(into_webp(file.to_vec(), &packets()), file);
        assert_eq!(into_avif(file.to_vec(), &packets()), file);
        assert_eq!(into_jxl(file.to_vec(), &packets()), file);
    }
    let codestream = b"\xFF\x0Acodestream".to_vec();
    assert_eq!(into_jxl(codestream.clone(), &none), codestream);
    let avif = avif(100);
    assert_eq!(into_avif(avif.clone(), &none), avif);
}

#[test]
fn a_jpeg_xl_is_put_into_a_container() {
    let made = into_jxl(b"\xFF\x0Acodestream".to_vec(), &packets());
    let found = boxes::split(&made).unwrap();
    let kinds: Vec<[u8; 4]> = found.iter().map(|found| found.kind).collect();
    assert_eq!(kinds, [*b"JXL ", *b"ftyp", *b"Exif", *b"xml ", *b"jxlc"]);
    assert_eq!(found[2].body, b"\0\0\0\0II*\0exif!");
    assert_eq!(found[4].body, b"\xFF\x0Acodestream");
}

fn framed(kind: [u8; 4], parts: &[&[u8]]) -> Vec<u8> {
    let mut out = Vec::new();
    boxes::put(&mut out, kind, parts).unwrap();
    out
}

/// An AVIF of one item whose bytes lie at `at`.
fn avif(at: u32) -> Vec<u8> {
    let infe = framed(
        *b"infe",
        &[&[2, 0, 0, 0], &[0, 1, 0, 0], b"av01", b"Color\0"],
    );
    let meta = [
        framed(*b"hdlr", &[&[0; 8], b"pict", &[0; 13]]),
        framed(*b"pitm", &[&[0; 4], &[0, 1]]),
        framed(
            *b"iloc",
            &[
                &[0, 0, 0, 0, 0x44, 0, 0, 1, 0, 1, 0, 0, 0, 1],
                &at.to_be_bytes(),
                &[0, 0, 0, 3],
            ],
        ),
        framed(*b"iinf", &[&[0; 4], &[0, 1], &infe]),
        framed(*b"iprp", &[b"properties"]),
    ]
    .concat();
    [
        framed(*b"ftyp", &[b"avif\0\0\0\0avif"]),
        framed(*b"meta", &[&[0; 4], &meta]),
        framed(*b"mdat", &[b"abc"]),
    ]
    .concat()
}

#[test]
fn an_avif_gets_items_and_what_was_there_is_still_found() {
    let at = u32::try_from(avif(0).len() - 3).unwrap();
    let made = into_avif(avif(at), &packets());
    let top = boxes::split(&made).unwrap();
    let kinds: Vec<[u8; 4]> = top.iter().map(|found| found.kind).collect();
    assert_eq!(kinds, [*b"ftyp", *b"meta", *b"mdat", *b"mdat"]);
    let meta = boxes::split(&top[1].body[4..]).unwrap();
    let child = |kind: [u8; 4]| meta.iter().find(|child| child.kind == kind).unwrap().body;
    // Each location of `iloc`: id, no reference, one extent, place and length.
    let bytes = |id: u16| {
        let entry = child(*b"iloc")[8..]
            .chunks(14)
            .find(|entry| entry[..2] == id.to_be_bytes())
            .unwrap();
        let number = |at: usize| u32::from_be_bytes(*entry[at..].first_chunk().unwrap()) as usize;
        &made[number(6)..][..number(10)]
    };
    assert_eq!(bytes(1), b"abc");
    assert_eq!(bytes(2), b"\0\0\0\0II*\0exif!");
    assert_eq!(bytes(3), b"<x:xmpmeta/>");
    assert_eq!(child(*b"iinf")[4..6], [0, 3]);
    let references = boxes::split(&child(*b"iref")[4..]).unwrap();
    assert_eq!(references[0].body, [0, 2, 0, 1, 0, 1]);
    assert_eq!(references[1].body, [0, 3, 0, 1, 0, 1]);
}

proptest::proptest! {
    #[test]
    fn no_file_panics(mut file in proptest::collection::vec(proptest::num::u8::ANY, 0..200), kind in 0..3_usize) {
        let avif = avif(100);
        let start: &[u8] = [b"RIFF\0\0\0\0WEBPVP8 ", &avif[..], b"\xFF\x0A"][kind];
        let at = file.len().min(8);
        file.splice(..at, start.iter().copied());
        let _ = into_webp(file.clone(), &packets());
        let _ = into_avif(file.clone(), &packets());
        let _ = into_jxl(file, &packets());
    }

    #[test]
    fn no_damaged_avif_panics(at in 0..200_usize, byte in proptest::num::u8::ANY) {
        let mut file = avif(100);
        let at = at % file.len();
        file[at] = byte;
        let _ = into_avif(file, &packets());
    }
}
