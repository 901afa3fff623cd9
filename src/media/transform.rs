//! The story of one derivative: bytes in, [`Derivative`] out.

use fast_image_resize as fir;

use super::encode;
use super::error::MediaError;
use super::geometry::{Layout, layout};
use super::job::{Colour, Job};
use super::probe::{Probe, probe};
use super::raster::Raster;
use super::{decode, job};

/// Makes one derivative from the chunks of a source, as they arrive.
#[derive(Debug)]
pub struct Transform {
    job: Job,
    source: Vec<u8>,
    probe: Option<Probe>,
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
        Self {
            job,
            source: Vec::new(),
            probe: None,
        }
    }

    /// Takes the next bytes of the source. An error is final: there will be no derivative.
    pub fn push(&mut self, chunk: &[u8]) -> Result<(), MediaError> {
        self.job
            .budget
            .allow_bytes((self.source.len() as u64).saturating_add(chunk.len() as u64))?;
        self.source.extend_from_slice(chunk);
        if self.probe.is_none() {
            self.probe = probe(&self.source)?;
            if let Some(found) = &self.probe {
                self.job.budget.allow_pixels(found.pixels())?;
            }
        }
        Ok(())
    }

    /// The source is complete.
    pub fn finish(self) -> Result<Derivative, MediaError> {
        let Self { job, source, probe } = self;
        let probe = probe.ok_or(MediaError::Truncated)?;
        let plan = layout(
            (probe.width, probe.height),
            probe.orientation,
            &job.geometry,
            job.border.as_ref(),
        )?;
        let decoded = decode::decode(&source, &probe, &job.budget)?;
        drop(source);
        let resized = resize(decoded, &plan, &job)?.turned(plan.orientation);
        let picture = compose(resized, &plan, &job)?;
        let (width, height) = plan.canvas;
        let bytes = encode::encode(picture, job.output, job.quality, job.effort)?;
        Ok(Derivative {
            bytes,
            media_type: encode::media_type(job.output),
            width,
            height,
        })
    }
}

/// Resamples the window of the layout.
fn resize(decoded: Raster, plan: &Layout, job: &Job) -> Result<Raster, MediaError> {
    const FAILED: MediaError = MediaError::Internal("the resizer failed");
    let (width, height) = plan.resized;
    let mut out = Raster::filled(plan.resized, Colour::TRANSPARENT, &job.budget)?;
    let size = |length: usize| u32::try_from(length).map_err(|_| FAILED);
    let (source_width, source_height) = (size(decoded.width)?, size(decoded.height)?);
    let source = fir::images::Image::from_vec_u8(
        source_width,
        source_height,
        decoded.data,
        fir::PixelType::U8x4,
    )
    .map_err(|_| FAILED)?;
    let mut target =
        fir::images::Image::from_slice_u8(width, height, &mut out.data, fir::PixelType::U8x4)
            .map_err(|_| FAILED)?;
    let window = plan.window;
    let options = fir::ResizeOptions::new()
        .resize_alg(fir::ResizeAlg::Convolution(fir::FilterType::Lanczos3))
        .crop(window.x, window.y, window.width, window.height);
    fir::Resizer::new()
        .resize(&source, &mut target, &options)
        .map_err(|_| FAILED)?;
    drop(target);
    Ok(out)
}

/// Puts the turned picture on its canvas.
fn compose(picture: Raster, plan: &Layout, job: &Job) -> Result<Raster, MediaError> {
    let (spare_x, spare_y) = (
        u32::try_from(picture.width)
            .unwrap_or(0)
            .saturating_sub(plan.keep.0),
        u32::try_from(picture.height)
            .unwrap_or(0)
            .saturating_sub(plan.keep.1),
    );
    let kept = if (spare_x, spare_y) == (0, 0) {
        picture
    } else {
        picture.cropped((spare_x / 2, spare_y / 2), plan.keep)
    };
    let paper = match job.background {
        Some(colour) if encode::has_alpha(job.output) || colour.alpha == 255 => colour,
        Some(_) | None if !encode::has_alpha(job.output) => Colour::WHITE,
        _ => Colour::TRANSPARENT,
    };
    let mut canvas = Raster::filled(plan.canvas, paper, &job.budget)?;
    if let Some(job::Border { colour, .. }) = job.border {
        canvas.draw(&Raster::filled(plan.canvas, colour, &job.budget)?, (0, 0));
    }
    canvas.draw(&kept, (i64::from(plan.offset.0), i64::from(plan.offset.1)));
    Ok(canvas)
}

#[cfg(test)]
mod tests;
