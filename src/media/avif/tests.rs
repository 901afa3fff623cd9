//! A real file; `wasm-tests/avif.test.mjs` compares many with the reference decoder, and
//! damages them: where rav1d then panics, the module's instance ends alone.

use super::*;

/// Four tiles, each with alpha.
const GRID: &[u8] = include_bytes!("../../../fixtures/images/grid.avif");
const MOST: u64 = 1 << 26;

#[test]
fn a_grid_with_alpha_is_one_picture() {
    let picture = decode(GRID, MOST).unwrap();
    assert_eq!((picture.width, picture.height), (128, 128));
    let rows = picture.rows(0, usize::MAX);
    assert_eq!(rows.len(), 128 * 128 * 4);
    assert!(rows.chunks(4).any(|pixel| pixel[3] < 9) && rows.chunks(4).any(|pixel| pixel[3] > 246));
    // Rows are the same however they are asked for.
    let parts: Vec<u8> = (0..128)
        .step_by(7)
        .flat_map(|first| picture.rows(first, 7))
        .collect();
    assert_eq!(parts, rows);
    assert!(matches!(decode(GRID, 1 << 20), Err(Fault::TooLarge)));
}
