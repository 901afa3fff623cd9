//! Turning and mirroring of pixels in memory.

use super::orientation::Orientation;

/// Turns `width * height` pixels of `N` bytes.
pub(super) fn turned<const N: usize>(
    data: Vec<u8>,
    size: (usize, usize),
    turn: Orientation,
) -> Vec<u8> {
    if turn == Orientation::UPRIGHT {
        return data;
    }
    let (width, height) = size;
    let row = turn.size(size).0;
    let mut out = vec![0; data.len()];
    // How far it is in the turned picture from one source column, and row, to the next.
    let (across, down) = if turn.transposes() {
        (row, 1)
    } else {
        (1, row)
    };
    let (mirror_x, mirror_y) = (turn.mirrors_x(), turn.mirrors_y());
    let (mirror_column, mirror_line) = if turn.transposes() {
        (mirror_y, mirror_x)
    } else {
        (mirror_x, mirror_y)
    };
    let (places, _) = out.as_chunks_mut::<N>();
    for (y, line) in data.chunks_exact(width.max(1) * N).enumerate() {
        let start = if mirror_line { height - 1 - y } else { y } * down;
        for (x, pixel) in line.as_chunks::<N>().0.iter().enumerate() {
            let column = if mirror_column { width - 1 - x } else { x };
            if let Some(place) = places.get_mut(column * across + start) {
                *place = *pixel;
            }
        }
    }
    out
}
