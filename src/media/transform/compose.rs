//! What happens to the resampled, upright pixels before they are encoded.

use super::super::encode;
use super::super::error::MediaError;
use super::super::geometry::Layout;
use super::super::job::{Colour, Job};
use super::super::raster::Raster;

/// Puts the picture on its canvas.
pub(super) fn compose(picture: Raster, plan: &Layout, job: &Job) -> Result<Raster, MediaError> {
    let (spare_x, spare_y) = (
        u32::try_from(picture.width).unwrap_or(0).saturating_sub(plan.keep.0),
        u32::try_from(picture.height).unwrap_or(0).saturating_sub(plan.keep.1),
    );
    let kept = if (spare_x, spare_y) == (0, 0) {
        picture
    } else {
        picture.cropped((spare_x / 2, spare_y / 2), plan.keep)
    };
    let paper = match job.background {
        Some(colour) if encode::has_alpha(job.output) || colour.alpha == 255 => colour,
        None if encode::has_alpha(job.output) => Colour::TRANSPARENT,
        _ => Colour::WHITE,
    };
    let mut canvas = Raster::filled(plan.canvas, paper, &job.budget)?;
    canvas.draw(&kept, (i64::from(plan.offset.0), i64::from(plan.offset.1)));
    Ok(canvas)
}
