//! Any bytes as a JPEG XL file: nothing endless, never more pixels than the memory
//! that was allowed, and as many rows as there are said to be.
#![no_main]

use dropgate_jxl::decode;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let most = 16 << 20;
    if let Ok(picture) = decode(data, most) {
        assert!((picture.width * picture.height) as u64 * 4 <= most);
        let rows = picture.rows(0, picture.height);
        assert_eq!(rows.len(), picture.width * picture.height * 4);
    }
});
