//! Any bytes as an SVG drawing: no panic, nothing endless, and what comes out is clean:
//! cleaned again it stays as it is, and has nothing that runs or calls out.
#![no_main]

use dropgate_drawing::cleaned;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some(clean) = cleaned(data) else { return };
    let text = String::from_utf8(clean).unwrap();
    let again = cleaned(text.as_bytes()).unwrap();
    assert_eq!(text.as_bytes(), again);
    for word in ["<script", "<foreignObject", "<iframe", "<!", "xlink:"] {
        assert!(!text.contains(word), "{word}: {text}");
    }
});
