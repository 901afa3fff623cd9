//! Any text as a request of the IIIF grammar, on a picture of any size: no panic;
//! what is planned lies within the picture, and its canonical form is itself.
#![no_main]

use dropgate::media::iiif::{ImageRequest, identified};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: (&str, &str, &str, &str, &str, u16, u16)| {
    let (identifier, region, size, rotation, quality, width, height) = data;
    let _ = identified(identifier);
    let full = (u32::from(width) + 1, u32::from(height) + 1);
    let Ok(request) = ImageRequest::parse(region, size, rotation, quality) else {
        return;
    };
    let Ok(planned) = request.on(full) else {
        return;
    };
    let _ = planned.recipe();
    let canonical = planned.canonical();
    let parts: Vec<&str> = canonical.split('/').collect();
    let [region, size, rotation, quality] = parts[..] else {
        panic!("{canonical} has four parts");
    };
    let again = ImageRequest::parse(region, size, rotation, quality).map(|again| again.on(full));
    assert_eq!(
        again.map(|again| again.map(|again| again.canonical())),
        Ok(Ok(canonical.clone()))
    );
});
