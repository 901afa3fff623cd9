//! A grid of coded pictures, or one, as the planes of one picture.

use dropgate_engine::foreign::heif::Grid;

use super::{Fault, av1::Frame};

/// The decoded pictures of a grid, all of one size.
pub struct Mosaic {
    frames: Vec<Frame>,
    columns: usize,
    /// In pixels, of all of them together.
    width: usize,
    height: usize,
}

impl Mosaic {
    /// Decodes them.
    pub fn decode(file: &[u8], grid: &Grid) -> Result<Self, Fault> {
        // A file's tiles may reach beyond its edges.
        let most = grid
            .width
            .saturating_mul(grid.height)
            .saturating_mul(2)
            .max(1 << 16);
        let mut frames: Vec<Frame> = Vec::new();
        for tile in &grid.tiles {
            let parts: Vec<&[u8]> = tile
                .iter()
                .filter_map(|part| file.get(part.clone()))
                .collect();
            let frame = Frame::decode(&parts, most, grid.operating_point)?;
            let kind = |frame: &Frame| (frame.width, frame.height, frame.bits, frame.chroma);
            let others = frames.first();
            if others.is_some_and(|first| kind(first) != kind(&frame)) {
                return Err(Fault::Damaged);
            }
            frames.push(frame);
        }
        let frame = frames.first().ok_or(Fault::Damaged)?;
        let (columns, rows) = (grid.columns, frames.len() / grid.columns);
        // Chroma of two pixels lies within one tile.
        let (across, down) = frame
            .chroma
            .map_or((false, false), |chroma| (chroma.across, chroma.down));
        let odd = |side: usize, count: usize| count > 1 && !side.is_multiple_of(2);
        if across && odd(frame.width, columns) || down && odd(frame.height, rows) {
            return Err(Fault::Damaged);
        }
        let covers = frame.width * columns >= grid.width as usize
            && frame.height * rows >= grid.height as usize;
        covers.then_some(()).ok_or(Fault::Damaged)?;
        Ok(Self {
            frames,
            columns,
            width: grid.width as usize,
            height: grid.height as usize,
        })
    }

    /// One of the pictures: they are alike.
    pub fn sample(&self) -> Option<&Frame> {
        self.frames.first()
    }

    /// How wide and high a plane is.
    pub fn size(&self, plane: usize) -> (usize, usize) {
        let chroma = self.sample().and_then(|frame| frame.chroma);
        let chroma = chroma.filter(|_| plane > 0);
        let halved = |side: usize, half: bool| if half { side.div_ceil(2) } else { side };
        (
            halved(self.width, chroma.is_some_and(|chroma| chroma.across)),
            halved(self.height, chroma.is_some_and(|chroma| chroma.down)),
        )
    }

    /// A row of a plane, or the last one, in place of what was in `out`.
    pub fn row(&self, plane: usize, at: usize, out: &mut Vec<u16>) {
        out.clear();
        let (width, height) = self.size(plane);
        let at = at.min(height.saturating_sub(1));
        let Some(tall) = self.sample().map(|frame| frame.rows(plane)) else {
            return;
        };
        let first = at / tall * self.columns;
        for frame in self.frames.iter().skip(first).take(self.columns) {
            frame.row(plane, at % tall).copy_to(out);
        }
        // Tiles may reach beyond the edge; none is missing.
        out.resize(width, 0);
    }
}
