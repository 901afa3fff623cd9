//! Any text as presets, and as a signed URL: no panic, and nothing is verified
//! by a ring that did not sign it.
#![no_main]

use dropgate::media::{preset::PresetBook, recipe::Policy, signed_url::KeyRing};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: (&str, &str, &str, u64)| {
    let (book, path, query, now) = data;
    if let Ok(book) = PresetBook::parse(book) {
        for name in book.names() {
            assert!(book.ttl(name).is_none_or(|ttl| ttl > 0));
        }
    }
    let _ = KeyRing::parse(book);
    let Some(entry) = KeyRing::entry("k1", [7; 32]) else {
        return;
    };
    let Ok(ring) = KeyRing::parse(&entry) else {
        return;
    };
    assert_ne!(ring.verify(path, query, now), Ok(Policy::Signed));
    if let Ok(signed) = ring.sign(path, None) {
        let (path, query) = signed.split_once('?').unwrap_or((&signed, ""));
        assert_eq!(ring.verify(path, query, now), Ok(Policy::Signed));
    }
});
