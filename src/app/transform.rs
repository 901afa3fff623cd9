//! From a stored source to a derivative: its chunks through the engine, by way of
//! a codec module where the engine does not read the format.

use super::{
    catalogue::Found,
    measure::{Span, Watch},
    picture::Failure,
    problem::Problem,
};
use crate::{
    media::{
        MediaError, Refusal, codec::memory_to_read, foreign::Foreign, job::Effort, motion::Piece,
        order::order, probe, recipe,
    },
    ports::{Haste, Pixels as _, Work, World},
};

/// An overlay is a logo or a watermark, and is held whole.
const OVERLAY_LIMIT: u64 = 4 * 1024 * 1024;

/// A file that is decoded whole is held whole, beside its pixels.
const FOREIGN_LIMIT: usize = 12 * 1024 * 1024;

/// Feeds the source to the engine as its chunks arrive, each checked: all but the
/// file, or the frames, of what is made.
pub(super) async fn composed<'a, W: World>(
    world: &W,
    watch: Option<&Watch>,
    source: &Found,
    on_top: &[Found],
    derivative: &'a recipe::Derivative,
    effort: Effort,
) -> Result<Maker<'a, W::Work>, Failure> {
    let mut overlays = Vec::new();
    for overlay in on_top {
        overlays.push(whole(world, overlay, "bytes for an overlay", OVERLAY_LIMIT).await?);
    }
    let mut maker = Maker {
        work: world.desk(haste(watch)).await?.ok_or_else(busy)?,
        head: Some(Vec::new()),
        length: source.file.length,
        foreign: None,
        overlays,
        derivative,
        effort,
    };
    let mut outcome = Ok(());
    let (began, mut decoding) = (world.millis(), 0);
    world
        .feed(&source.key(), &source.entry()?, |chunk| {
            let pushed = world.millis();
            outcome = maker.push(chunk);
            decoding += world.millis().saturating_sub(pushed);
            match outcome {
                Ok(()) if !maker.has_enough() => std::ops::ControlFlow::Continue(()),
                _ => std::ops::ControlFlow::Break(()),
            }
        })
        .await
        .map_err(|error| Failure::Unsent(source.file.path.clone(), error))?;
    outcome?;
    let fed = world.millis();
    if let Some(format) = maker.foreign {
        let file = maker.head.replace(Vec::new()).unwrap_or_default();
        maker.foreign = None;
        decode(world, format, file, &mut maker).await?;
    }
    let decoded = world.millis();
    let composed = maker.compose();
    let resized = world.millis();
    if let Some(watch) = watch {
        // Most rows are resized as they are decoded, within one call: `resize` is
        // what is left to do when the source has ended.
        let fetched = fed.saturating_sub(began).saturating_sub(decoding);
        watch.note(Span::Fetch, fetched);
        watch.note(Span::Decode, decoding + decoded.saturating_sub(fed));
        watch.note(Span::Resize, resized.saturating_sub(decoded));
    }
    composed?;
    Ok(maker)
}

/// Nobody waits for what no request is timed for.
pub(super) fn haste(watch: Option<&Watch>) -> Haste {
    watch.map_or(Haste::Later, Watch::haste)
}

/// Has a codec module decode the source, if its header says that there is room,
/// and feeds its pixels to the engine.
async fn decode<W: World>(
    world: &W,
    format: Foreign,
    file: Vec<u8>,
    maker: &mut Maker<'_, W::Work>,
) -> Result<(), Failure> {
    if !world.reads(format) {
        let name = match format {
            Foreign::Avif => "AVIF",
            Foreign::Jxl => "JPEG XL",
        };
        return Err(MediaError::Unsupported(name).into());
    }
    let header = format.header(&file)?;
    let (actual, limit) = (
        memory_to_read(format, header.pixels()),
        world.spare_to_read(),
    );
    if actual.saturating_add(file.len() as u64) > limit {
        return Err(MediaError::TooLarge {
            what: "bytes of memory",
            actual,
            limit,
        }
        .into());
    }
    let size = (header.width, header.height);
    let mut pixels = match world.decode(format, size, file).await {
        Ok(Some(pixels)) => pixels,
        Ok(None) => {
            return Err(MediaError::TooLarge {
                what: "bytes of memory",
                actual: limit.saturating_add(1),
                limit,
            }
            .into());
        }
        Err(fault) => {
            world.log(&format!("fault: {fault}"));
            return Err(MediaError::Damaged("its data cannot be decoded").into());
        }
    };
    maker.push(&header.meaning(pixels.icc()).decoded())?;
    while let Some(rows) = pixels.rows()? {
        maker.push(&rows)?;
    }
    Ok(())
}

/// All of a file, if it has at most `limit` bytes.
pub(super) async fn whole<W: World>(
    world: &W,
    found: &Found,
    what: &'static str,
    limit: u64,
) -> Result<Vec<u8>, Failure> {
    if found.file.length > limit {
        return Err(MediaError::TooLarge {
            what,
            actual: found.file.length,
            limit,
        }
        .into());
    }
    let mut bytes = Vec::with_capacity(usize::try_from(found.file.length).unwrap_or_default());
    world
        .feed(&found.key(), &found.entry()?, |chunk| {
            bytes.extend_from_slice(chunk);
            std::ops::ControlFlow::Continue(())
        })
        .await
        .map_err(|error| Failure::Unsent(found.file.path.clone(), error))?;
    Ok(bytes)
}

/// The engine begins when the source's size is known: the recipe may count in
/// parts of it.
pub(super) struct Maker<'a, S> {
    work: S,
    /// What came before the size was known; all of a file that is decoded whole.
    head: Option<Vec<u8>>,
    /// The source's bytes.
    length: u64,
    /// Such a file's format.
    foreign: Option<Foreign>,
    overlays: Vec<Vec<u8>>,
    derivative: &'a recipe::Derivative,
    effort: Effort,
}

impl<S: Work> Maker<'_, S> {
    fn push(&mut self, chunk: &[u8]) -> Result<(), Refusal> {
        let Some(head) = &mut self.head else {
            return self.work.push(chunk);
        };
        head.extend_from_slice(chunk);
        self.foreign = self.foreign.or_else(|| Foreign::of(head));
        if self.foreign.is_some() {
            // Once: memory that grows by doubling is never given back.
            let length = bounded(self.length)?;
            head.reserve_exact(length.saturating_sub(head.len()));
            return Ok(());
        }
        let Some(found) = probe::probe(head)? else {
            return Ok(());
        };
        let size = found.orientation.size((found.width, found.height));
        let overlays = std::mem::take(&mut self.overlays);
        let job = order(self.derivative, size, overlays, self.effort)?;
        self.work.begin(job)?;
        let head = self.head.take().unwrap_or_default();
        self.work.push(&head)
    }

    /// Whether the rest of the source need not be read.
    fn has_enough(&self) -> bool {
        self.head.is_none() && self.work.has_enough()
    }

    fn compose(&mut self) -> Result<(), Refusal> {
        if self.head.is_some() {
            return Err(MediaError::Truncated.into());
        }
        self.work.compose()
    }

    /// The next frame, if the picture moves.
    pub(super) fn frame(&mut self) -> Result<Option<(Piece, Vec<u8>)>, Refusal> {
        self.work.frame()
    }

    /// Makes the file.
    pub(super) fn finish(self) -> Result<crate::media::Derivative, Refusal> {
        self.work.finish()
    }
}

/// Whether so much of a file may be held.
fn bounded(length: u64) -> Result<usize, Refusal> {
    match usize::try_from(length) {
        Ok(length) if length <= FOREIGN_LIMIT => Ok(length),
        _ => Err(MediaError::TooLarge {
            what: "bytes of this format",
            actual: length,
            limit: FOREIGN_LIMIT as u64,
        }
        .into()),
    }
}

/// The type of [`busy`].
pub(super) const BUSY: &str = "busy";

/// Another picture is being made, and there is room for one.
pub(super) fn busy() -> Problem {
    Problem::new(
        503,
        BUSY,
        "Other pictures are being made",
        "This place is making other pictures; ask again in a moment.",
    )
    .with("retry-after", "2")
}
