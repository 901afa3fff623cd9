//! The story of one derivative: bytes in, [`Derivative`] out.

pub(super) mod compose;
pub(super) mod look;
mod plan;
#[cfg(test)]
mod tests;

use super::colour;
use super::encode::{self, Encoding};
use super::error::MediaError;
use super::facts;
use super::job::{Job, OutputFormat, Trim};
use super::motion::{self, Motion, Piece};
use super::planes::Pixels;
use super::probe::{Format, Probe, probe, recorded_orientation};
use super::rights::{self, Packets};
use super::source::{Decoded, Source};
use plan::Plan;

/// Nothing follows an error, and nothing but the file a composed picture.
const OVER: &str = "it went on after its end";

/// Makes one derivative from the chunks of a source, as they arrive.
pub struct Transform {
    job: Job,
    state: State,
    /// Bytes of the source so far.
    length: u64,
    /// What facts are about: the size the derivative would have, and its source.
    about: Option<((u32, u32), Probe)>,
}

enum State {
    /// The header is not complete, or the format hides what is needed behind its picture.
    Collecting(Vec<u8>),
    /// Rows are being decoded and resampled.
    Running(Source, Plan),
    /// Frames are made, one after the other.
    Moving(Box<Motion>),
    /// Only the encoding is left.
    Composed(Box<Composed>),
    /// There was an error.
    Failed,
}

/// The picture before it is a file.
struct Composed {
    pixels: Pixels,
    size: (u32, u32),
    metadata: Packets,
}

/// What was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Derivative {
    /// The file.
    pub bytes: Vec<u8>,
    /// Its media type.
    pub media_type: &'static str,
    /// Its width.
    pub width: u32,
    /// Its height.
    pub height: u32,
    /// What travels with it: already in the file, except for [`OutputFormat::Rgba`],
    /// whose encoder has to embed it.
    pub metadata: Packets,
}

impl Transform {
    /// Nothing is allocated yet.
    #[must_use]
    pub const fn new(job: Job) -> Self {
        Self {
            job,
            state: State::Collecting(Vec::new()),
            length: 0,
            about: None,
        }
    }

    /// Takes the next bytes of the source. An error is final: there will be no derivative.
    pub fn push(&mut self, chunk: &[u8]) -> Result<(), MediaError> {
        match self.take(chunk) {
            Ok(()) => Ok(()),
            Err(error) => {
                self.state = State::Failed;
                Err(error)
            }
        }
    }

    /// Whether no further byte would change anything: whoever pushes may stop.
    #[must_use]
    pub const fn has_enough(&self) -> bool {
        // Facts say how long the file is.
        self.about.is_none()
            && matches!(&self.state, State::Running(source, _) if source.has_enough())
    }

    fn take(&mut self, chunk: &[u8]) -> Result<(), MediaError> {
        self.length += chunk.len() as u64;
        match &mut self.state {
            State::Running(source, _) => source.push(chunk),
            State::Failed | State::Moving(_) | State::Composed(_) => {
                Err(MediaError::Internal(OVER))
            }
            State::Collecting(prefix) => {
                self.job
                    .budget
                    .allow_bytes((prefix.len() as u64).saturating_add(chunk.len() as u64))?;
                prefix.extend_from_slice(chunk);
                match probe(prefix)? {
                    Some(found)
                        if found.format != Format::WebP && !motion::wanted(&self.job, &found) =>
                    {
                        let prefix = std::mem::take(prefix);
                        self.begin(prefix, &found)
                    }
                    Some(found) => self.job.budget.allow_pixels(found.pixels()),
                    None => Ok(()),
                }
            }
        }
    }

    /// The header is known: plans, and hands the source what it has missed.
    fn begin(&mut self, prefix: Vec<u8>, found: &Probe) -> Result<(), MediaError> {
        let mut plan = Plan::new(&self.job, found)?;
        if self.job.output == OutputFormat::Facts {
            let canvas = plan.canvas();
            self.about = Some((canvas, *found));
            if let Plan::Place(_) = plan {
                self.job = facts::shrunk(&self.job, canvas);
                plan = Plan::new(&self.job, found)?;
            }
        }
        let demand = plan.demand(&self.job, found)?;
        self.state = State::Running(Source::begin(prefix, found, demand)?, plan);
        Ok(())
    }

    /// The source is complete: what is left to do to its pixels is done.
    pub fn compose(&mut self) -> Result<(), MediaError> {
        if let State::Moving(_) = self.state {
            return Ok(());
        }
        if let State::Collecting(file) = &mut self.state
            && let Some(found) = probe(file)?
            && motion::wanted(&self.job, &found)
            && let Some(census) = motion::affordable(file, &found, &self.job)
        {
            let file = std::mem::take(file);
            let motion = Motion::new(file, &found, census, self.job.clone());
            self.state = State::Failed;
            self.state = State::Moving(Box::new(motion?));
            return Ok(());
        }
        let composed = self.composed()?;
        self.state = State::Composed(Box::new(composed));
        Ok(())
    }

    /// The next frame of an animation that is composed, as the part of it that is
    /// new, in straight RGBA. `None` at its end, and of a picture that does not move.
    pub fn frame(&mut self) -> Result<Option<(Piece, Vec<u8>)>, MediaError> {
        match &mut self.state {
            State::Moving(motion) => motion.piece(),
            _ => Ok(None),
        }
    }

    fn composed(&mut self) -> Result<Composed, MediaError> {
        if let State::Collecting(file) = &mut self.state {
            let mut found = probe(file)?.ok_or(MediaError::Truncated)?;
            found.orientation = recorded_orientation(file, &found);
            let file = std::mem::take(file);
            self.begin(file, &found)?;
        }
        let (source, plan) = match std::mem::replace(&mut self.state, State::Failed) {
            State::Running(source, plan) => (source, plan),
            State::Composed(composed) => return Ok(*composed),
            State::Collecting(_) | State::Moving(_) | State::Failed => {
                return Err(MediaError::Internal(OVER));
            }
        };
        let job = &self.job;
        let Decoded { pixels, facts } = source.finish()?;
        let pixels = match facts.icc.as_deref().filter(|icc| !colour::is_srgb(icc)) {
            Some(icc) => {
                let mut raster = pixels.into_raster();
                colour::to_srgb(&mut raster, icc);
                Pixels::Raster(raster)
            }
            None => pixels,
        };
        let (pixels, plan) = match plan {
            Plan::Place(plan) => (pixels.turned(plan.orientation), plan),
            Plan::Look { found, .. } => look::again(pixels.into_raster(), &found, job)?,
        };
        let pixels = match pixels {
            Pixels::Planes(planes) if plan::planes_will_do(job, &plan).is_some() => {
                Pixels::Planes(planes)
            }
            pixels => Pixels::Raster(compose::compose(pixels.into_raster(), &plan, job)?),
        };
        Ok(Composed {
            pixels,
            size: plan.canvas,
            metadata: rights::carry(&facts, job.metadata),
        })
    }

    /// Makes the file; composes first, if that was not done.
    pub fn finish(mut self) -> Result<Derivative, MediaError> {
        self.compose()?;
        if let State::Moving(motion) = self.state {
            return moved(*motion, self.job.output);
        }
        let Composed {
            pixels,
            size: (width, height),
            metadata,
        } = self.composed()?;
        if let Some((canvas, source)) = self.about {
            // Where a border had to be found first, the size is known only now.
            let (width, height) = if matches!(self.job.geometry.trim, Trim::Border { .. }) {
                (width, height)
            } else {
                canvas
            };
            return Ok(Derivative {
                bytes: facts::write(&pixels.into_raster(), (width, height), &source, self.length),
                media_type: self.job.output.media_type(),
                width,
                height,
                metadata: Packets::default(),
            });
        }
        let job = self.job;
        let bytes = encode::encode(pixels, Encoding::of(&job), &metadata)?;
        Ok(Derivative {
            bytes,
            media_type: job.output.media_type(),
            width,
            height,
            metadata,
        })
    }
}

/// The file of an animation; what was not asked for as frames has none.
fn moved(mut motion: Motion, output: OutputFormat) -> Result<Derivative, MediaError> {
    let (width, height) = motion.size();
    let bytes = match output {
        OutputFormat::Gif => encode::animation(&mut motion)?,
        _ => Vec::new(),
    };
    Ok(Derivative {
        bytes,
        media_type: output.media_type(),
        width,
        height,
        metadata: motion.metadata().clone(),
    })
}
