//! What happens to the resampled, upright pixels before they are encoded, in
//! Cloudflare's order: crop, tone, blur, sharpen, background, border, overlays.

use super::super::encode;
use super::super::error::MediaError;
use super::super::geometry::Layout;
use super::super::job::{Colour, Job};
use super::super::paint::{blur, crop, frame, overlay, tone};
use super::super::raster::Raster;

/// Makes the final picture.
pub(super) fn compose(picture: Raster, plan: &Layout, job: &Job) -> Result<Raster, MediaError> {
    let (width, height) = plan.keep;
    let mut kept = if (picture.width, picture.height) == (width as usize, height as usize) {
        picture
    } else {
        picture.cropped(crop::salient(&picture, plan.keep), plan.keep)
    };
    tone::apply(&mut kept, &job.tone);
    blur::blur(&mut kept, job.blur);
    blur::sharpen(&mut kept, job.sharpen);
    let mut canvas = frame::mount(kept, plan, paper(job), job.border.as_ref(), &job.budget)?;
    for drawn in &job.overlays {
        overlay::draw(&mut canvas, drawn, &job.budget)?;
    }
    Ok(canvas)
}

/// What shows through transparent pixels. Formats without alpha have white beneath all.
fn paper(job: &Job) -> Colour {
    if encode::has_alpha(job.output) {
        return job.background.unwrap_or(Colour::TRANSPARENT);
    }
    job.background
        .map_or(Colour::WHITE, |colour| colour.over(Colour::WHITE))
}
