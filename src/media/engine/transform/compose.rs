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
    let kept = if (picture.width, picture.height) == (width as usize, height as usize) {
        picture
    } else {
        picture.cropped(crop::salient(&picture, plan.keep), plan.keep)
    };
    let ready = |drawn| overlay::Ready::new(drawn, &job.budget);
    let overlays: Vec<_> = job.overlays.iter().map(ready).collect::<Result<_, _>>()?;
    on_paper(kept, plan, job, &overlays)
}

/// What comes after the crop.
pub(crate) fn on_paper(
    mut kept: Raster,
    plan: &Layout,
    job: &Job,
    overlays: &[overlay::Ready],
) -> Result<Raster, MediaError> {
    tone::apply(&mut kept, &job.tone);
    blur::blur(&mut kept, job.blur);
    blur::sharpen(&mut kept, job.sharpen);
    let mut canvas = frame::mount(kept, plan, paper(job), job.border.as_ref(), &job.budget)?;
    for drawn in overlays {
        drawn.draw(&mut canvas);
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
