//! What is seen of an animation: each frame is drawn on what the frames before
//! it have left.

use super::super::budget::Budget;
use super::super::error::MediaError;
use super::super::job::Colour;
use super::super::raster::Raster;

/// One frame as the file has it.
pub(super) struct Patch {
    /// Its pixels.
    pub picture: Raster,
    /// Where it goes.
    pub at: (usize, usize),
    /// Whether what it covers shows through it; else it takes the place of that.
    pub blends: bool,
    /// What becomes of it when its time is over.
    pub after: After,
    /// How long it is seen, in milliseconds.
    pub delay: u32,
}

/// What becomes of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum After {
    /// It stays.
    Stay,
    /// Its place becomes transparent.
    Clear,
    /// What was there before comes back.
    Restore,
}

/// The picture.
pub(super) struct Canvas {
    pub picture: Raster,
    /// What is to be done before the next frame.
    pending: Pending,
}

enum Pending {
    Nothing,
    Clear {
        at: (usize, usize),
        size: (usize, usize),
    },
    Restore(Raster),
}

impl Canvas {
    pub fn new(size: (u32, u32), budget: &Budget) -> Result<Self, MediaError> {
        Ok(Self {
            picture: Raster::filled(size, Colour::TRANSPARENT, budget)?,
            pending: Pending::Nothing,
        })
    }

    /// Ends the frame that is shown, and shows this one.
    pub fn show(&mut self, patch: &Patch) {
        match std::mem::replace(&mut self.pending, Pending::Nothing) {
            Pending::Nothing => {}
            Pending::Clear { at, size } => self.clear(at, size),
            Pending::Restore(before) => self.picture = before,
        }
        self.pending = match patch.after {
            After::Stay => Pending::Nothing,
            After::Clear => Pending::Clear {
                at: patch.at,
                size: (patch.picture.width, patch.picture.height),
            },
            After::Restore => Pending::Restore(self.picture.clone()),
        };
        if patch.blends {
            let (x, y) = patch.at;
            let far = |at: usize| i64::try_from(at).unwrap_or(i64::MAX);
            self.picture.draw(&patch.picture, (far(x), far(y)));
        } else {
            self.picture.copy(&patch.picture, patch.at);
        }
    }

    fn clear(&mut self, at: (usize, usize), size: (usize, usize)) {
        for row in self.picture.rows_mut().skip(at.1).take(size.1) {
            let pixels = row.as_chunks_mut::<4>().0.iter_mut();
            pixels
                .skip(at.0)
                .take(size.0)
                .for_each(|pixel| *pixel = [0; 4]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RED: [u8; 4] = [255, 0, 0, 255];
    const CLEAR: [u8; 4] = [0; 4];

    fn patch(at: (usize, usize), pixel: [u8; 4], blends: bool, after: After) -> Patch {
        Patch {
            picture: Raster {
                width: 1,
                height: 1,
                data: pixel.to_vec(),
            },
            at,
            blends,
            after,
            delay: 0,
        }
    }

    fn seen(canvas: &Canvas) -> Vec<[u8; 4]> {
        canvas.picture.data.as_chunks::<4>().0.to_vec()
    }

    #[test]
    fn frames_stay_go_or_give_back_what_was_there() {
        let mut canvas = Canvas::new((2, 1), &Budget::default()).unwrap();
        canvas.show(&patch((0, 0), RED, true, After::Stay));
        canvas.show(&patch((0, 0), [0, 0, 255, 255], true, After::Restore));
        assert_eq!(seen(&canvas), [[0, 0, 255, 255], CLEAR]);
        canvas.show(&patch((1, 0), RED, true, After::Clear));
        assert_eq!(seen(&canvas), [RED, RED]);
        canvas.show(&patch((0, 0), CLEAR, true, After::Stay));
        assert_eq!(seen(&canvas), [RED, CLEAR]);
        canvas.show(&patch((0, 0), CLEAR, false, After::Stay));
        assert_eq!(seen(&canvas), [CLEAR, CLEAR]);
        // What lies outside is not drawn.
        canvas.show(&patch((7, 9), RED, false, After::Clear));
        canvas.show(&patch((1, 0), CLEAR, true, After::Stay));
        assert_eq!(seen(&canvas), [CLEAR, CLEAR]);
    }
}
