//! The story of one derivative: bytes in, [`Derivative`] out.

mod compose;
#[cfg(test)]
mod tests;

use super::colour;
use super::encode::{self, Encoding};
use super::error::MediaError;
use super::geometry::{Layout, layout};
use super::job::{Job, OutputFormat, Tone};
use super::planes::{Chroma, Pixels};
use super::probe::{Format, Probe, probe, recorded_orientation};
use super::source::{Decoded, Demand, Source};

/// Makes one derivative from the chunks of a source, as they arrive.
pub struct Transform {
    job: Job,
    state: State,
}

enum State {
    /// The header is not complete, or the format hides what is needed behind its picture.
    Collecting(Vec<u8>),
    /// Rows are being decoded and resampled.
    Running(Source, Layout),
    /// There was an error.
    Failed,
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
}

impl Transform {
    /// Nothing is allocated yet.
    #[must_use]
    pub const fn new(job: Job) -> Self {
        Self { job, state: State::Collecting(Vec::new()) }
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

    fn take(&mut self, chunk: &[u8]) -> Result<(), MediaError> {
        match &mut self.state {
            State::Running(source, _) => source.push(chunk),
            State::Failed => Err(MediaError::Internal("it went on after an error")),
            State::Collecting(prefix) => {
                self.job.budget.allow_bytes((prefix.len() as u64).saturating_add(chunk.len() as u64))?;
                prefix.extend_from_slice(chunk);
                match probe(prefix)? {
                    Some(found) if found.format != Format::WebP => {
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
        let job = &self.job;
        let size = (found.width, found.height);
        let plan = layout(size, found.orientation, &job.geometry, job.border.as_ref())?;
        let planes = planes_will_do(job, &plan);
        let pixels = u64::from(plan.resized.0) * u64::from(plan.resized.1);
        let canvas = u64::from(plan.canvas.0) * u64::from(plan.canvas.1);
        let after = encode::bytes(job.output, canvas, planes.is_some()) + pixels * 2;
        job.budget.allow_bytes(after)?;
        let mut budget = job.budget;
        budget.max_bytes -= after;
        let demand = Demand {
            window: plan.window,
            size: (plan.resized.0 as usize, plan.resized.1 as usize),
            planes,
            mirrored: stored_mirrors(&plan),
            budget,
        };
        self.state = State::Running(Source::begin(prefix, found, demand)?, plan);
        Ok(())
    }

    /// The source is complete.
    pub fn finish(mut self) -> Result<Derivative, MediaError> {
        if let State::Collecting(file) = &mut self.state {
            let mut found = probe(file)?.ok_or(MediaError::Truncated)?;
            found.orientation = recorded_orientation(file, &found);
            let file = std::mem::take(file);
            self.begin(file, &found)?;
        }
        let State::Running(source, plan) = self.state else {
            return Err(MediaError::Internal("it went on after an error"));
        };
        let job = self.job;
        let Decoded { pixels, facts } = source.finish()?;
        let pixels = match facts.icc.as_deref().filter(|icc| !colour::is_srgb(icc)) {
            Some(icc) => {
                let mut raster = pixels.into_raster();
                colour::to_srgb(&mut raster, icc);
                Pixels::Raster(raster)
            }
            None => pixels,
        };
        let pixels = pixels.turned(plan.orientation);
        let pixels = if planes_will_do(&job, &plan).is_some() {
            pixels
        } else {
            Pixels::Raster(compose::compose(pixels.into_raster(), &plan, &job)?)
        };
        let encoding = Encoding { output: job.output, quality: job.quality, effort: job.effort };
        let bytes = encode::encode(pixels, &encoding)?;
        let (width, height) = plan.canvas;
        Ok(Derivative { bytes, media_type: encode::media_type(job.output), width, height })
    }
}

/// Whether nothing has to be done to pixels, so that luma and chroma can go from
/// decoder to encoder as they are, and with how much chroma.
fn planes_will_do(job: &Job, plan: &Layout) -> Option<Chroma> {
    let jpeg = matches!(job.output, OutputFormat::Jpeg | OutputFormat::BaselineJpeg);
    let whole = plan.orientation.size(plan.resized) == plan.canvas;
    let untouched = job.blur == 0.0
        && job.sharpen == 0.0
        && job.tone == Tone::default()
        && job.overlays.is_empty()
        && job.border.is_none();
    (jpeg && whole && untouched).then(|| encode::chroma(job.quality))
}

/// Whether stored columns and rows run backwards in the derivative.
fn stored_mirrors(plan: &Layout) -> (bool, bool) {
    let (x, y) = (plan.orientation.mirrors_x(), plan.orientation.mirrors_y());
    if plan.orientation.transposes() { (y, x) } else { (x, y) }
}
