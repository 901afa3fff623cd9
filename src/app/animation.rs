//! An animation as WebP: frame after frame from the engine, each by the codec
//! module to a file of its own, all of them into one. One instance of the module
//! writes them all, and one frame is held at a time.

use super::{picture::Failure, transform::Maker};
use crate::{
    media::{
        self, MediaError,
        codec::{Pains, Writing},
        job::Effort,
        motion::{Animation, Piece},
        recipe,
    },
    ports::{Series as _, World},
};

/// So many pixels in all frames are worth a second time, when nobody waits: some
/// seconds of a Worker's CPU time.
const MOST_REFINED: u64 = 10_000_000;

/// The file is held in memory beside all else.
const MOST_BYTES: usize = 16 * 1024 * 1024;

/// What came of a picture that may move.
pub(super) enum Drawn {
    /// The pixels of one that does not.
    Still(media::Derivative),
    /// The file; `None` if there is no room for it in this isolate.
    Moving(Option<Vec<u8>>),
}

/// Writes the frames, if there are any.
pub(super) async fn written<W: World>(
    world: &W,
    mut maker: Maker<'_, W::Work>,
    derivative: &recipe::Derivative,
    effort: Effort,
) -> Result<Drawn, Failure> {
    let Some((first, mut pixels)) = maker.frame()? else {
        return Ok(Drawn::Still(maker.finish()?));
    };
    let writing = |piece: &Piece| Writing {
        output: derivative.output(),
        width: piece.width,
        height: piece.height,
        quality: derivative.quality().unwrap_or(recipe::DEFAULT_QUALITY),
        pains: match effort {
            Effort::First => Pains::Few,
            Effort::Refined => Pains::Some,
        },
    };
    let canvas = u64::from(first.width) * u64::from(first.height);
    let is_worth_it = effort == Effort::First || first.frames * canvas <= MOST_REFINED;
    if !is_worth_it || !writing(&first).fits(world.spare_beside()) {
        return Ok(Drawn::Moving(None));
    }
    let mut series = world.series(derivative.output()).await?;
    let mut animation = Animation::default();
    let mut piece = first;
    loop {
        let file = match series.write(&writing(&piece), &pixels) {
            Ok(file) => file,
            Err(fault) => {
                world.log(&format!("fault: {fault}"));
                return Ok(Drawn::Moving(None));
            }
        };
        animation.push(&piece, &file)?;
        if animation.len() > MOST_BYTES {
            return Err(MediaError::TooLarge {
                what: "bytes of an animation",
                actual: animation.len() as u64,
                limit: MOST_BYTES as u64,
            }
            .into());
        }
        match maker.frame()? {
            Some(next) => (piece, pixels) = next,
            None => break,
        }
    }
    let made = maker.finish()?;
    let size = (made.width, made.height);
    let file = animation.finish(size, first.plays, &made.metadata);
    Ok(Drawn::Moving(Some(file)))
}
