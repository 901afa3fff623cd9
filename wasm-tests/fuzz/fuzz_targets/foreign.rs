//! Any bytes as an AVIF, JPEG XL or WebP file: no panic; what a header says is
//! what the engine then reads; and metadata put into a file leaves it as large.
#![no_main]

use dropgate_engine::{Packets, embed, foreign::{Foreign, heif}, probe::probe};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let packets = Packets {
        exif: Some(b"MM\0*\0\0\0\x08\0\0\0\0\0\0".to_vec()),
        xmp: Some(b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>".to_vec()),
        photoshop: None,
    };
    let _ = embed::into_webp(data.to_vec(), &packets);
    let described = [
        (Foreign::Avif, embed::into_avif(data.to_vec(), &packets)),
        (Foreign::Jxl, embed::into_jxl(data.to_vec(), &packets)),
    ];
    for (format, described) in described {
        let Ok(header) = format.header(data) else {
            continue;
        };
        assert!(header.pixels() > 0);
        if let Ok(Some(found)) = probe(&header.decoded()) {
            assert_eq!((found.width, found.height), (header.width, header.height));
        }
        if let Ok(again) = format.header(&described) {
            assert_eq!((again.width, again.height), (header.width, header.height));
        }
    }
    if let Some(layout) = heif::layout(data) {
        for grid in [Some(layout.colour), layout.alpha].into_iter().flatten() {
            assert!(grid.tiles.iter().flatten().all(|part| part.end <= data.len()));
        }
    }
});
