//! Any bytes, in chunks of any size, at any scale and crop: no panic, and never
//! more memory than the limits.
#![no_main]

use dropgate_engine::jpeg::{Crop, Decoder, Event, Limits, Plan, Scale};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((&[shape, chunk], jpeg)) = data.split_first_chunk::<2>() else {
        return;
    };
    let scales = [Scale::Eighth, Scale::Quarter, Scale::Half, Scale::Full];
    let limits = Limits {
        max_pixels: 1 << 20,
        max_bytes: 4 << 20,
        ..Limits::default()
    };
    let mut decoder = Decoder::new(limits);
    let mut chunks = jpeg.chunks(usize::from(chunk) + 1);
    let mut input: &[u8] = &[];
    loop {
        let (width, height) = match decoder.decode(&mut input) {
            Ok(Event::NeedInput) => {
                assert!(input.is_empty(), "input left behind");
                match chunks.next() {
                    Some(next) => input = next,
                    None => decoder.finish(),
                }
                continue;
            }
            Ok(Event::Header(header)) => (header.width, header.height),
            Ok(Event::Band(band)) => {
                for plane in band.planes() {
                    assert_eq!(plane.lines().count(), plane.rows);
                }
                continue;
            }
            Ok(Event::End) | Err(_) => return,
        };
        let crop = Crop {
            x: width / 3,
            y: height / 3,
            width: width.div_ceil(3),
            height: height.div_ceil(3),
        };
        let plan = Plan {
            scale: scales[usize::from(shape & 3)],
            chroma: (shape & 4 != 0).then(|| scales[usize::from(shape >> 3 & 3)]),
            crop: (shape & 32 != 0).then_some(crop),
        };
        decoder.plan(plan).expect("a plan inside of the picture");
    }
});
