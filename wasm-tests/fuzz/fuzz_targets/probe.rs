//! Any bytes as the beginning of a file: no panic, and the same answer however
//! much more of the file is seen.
#![no_main]

use dropgate_engine::probe::probe;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let known = (0..=data.len()).find_map(|length| {
        probe(&data[..length])
            .ok()
            .flatten()
            .map(|found| (length, found))
    });
    if let Some((length, found)) = known {
        assert!(found.pixels() > 0);
        assert_eq!(probe(&data[..length]).ok().flatten(), Some(found));
    }
});
