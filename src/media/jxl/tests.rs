//! What is no file or an endless one; `wasm-tests/formats.test.mjs` reads files of the
//! reference encoder and compares with the reference decoder.

use super::*;

/// A codestream that says it has 2^30 pixels to a side, and nothing after.
const VAST: &[u8] = &[
    0xFF, 0x0A, 0xFE, 0xFF, 0xFF, 0xFF, 0xE7, 0xFF, 0xFF, 0xFF, 0x7F, 0x00, 0x00, 0x00,
];

#[test]
fn what_is_no_picture_is_refused() {
    for file in [&b""[..], b"\xFF\x0A", b"hello, world", VAST] {
        assert!(decode(file, 1 << 26).is_err());
    }
}

proptest::proptest! {
    #[test]
    fn no_file_panics(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..400)) {
        let file = [&[0xFF, 0x0A][..], &bytes].concat();
        if let Ok(picture) = decode(&file, 1 << 24) {
            assert_eq!(picture.rows(0, picture.height).len(), picture.width * picture.height * 4);
        }
    }
}
