//! The second look: a picture whose border is cut off once it has been seen.

use super::super::error::MediaError;
use super::super::geometry::{Layout, Rect, layout};
use super::super::job::{Geometry, Job, Trim};
use super::super::orientation::Orientation;
use super::super::paint::crop::inside_border;
use super::super::planes::Pixels;
use super::super::probe::Probe;
use super::super::raster::{CHANNELS, Raster};
use super::super::resize::{Resample, Resizer};
use super::super::source::premultiply::{premultiply, to_rgba};

/// Finds the border of what was seen, plans, and resamples.
pub(super) fn again(
    seen: Raster,
    found: &Probe,
    job: &Job,
) -> Result<(Pixels, Layout), MediaError> {
    let mut seen = seen.turned(found.orientation);
    let upright = found.upright_size();
    let geometry = Geometry {
        trim: inside(&seen, upright, &job.geometry.trim)?,
        ..job.geometry
    };
    let plan = layout(
        upright,
        Orientation::UPRIGHT,
        &geometry,
        job.border.as_ref(),
    )?;

    let scale = (
        to_f64(seen.width) / f64::from(upright.0),
        to_f64(seen.height) / f64::from(upright.1),
    );
    let window = Rect {
        x: plan.window.x * scale.0,
        y: plan.window.y * scale.1,
        width: plan.window.width * scale.0,
        height: plan.window.height * scale.1,
    };
    let (width, height) = (plan.resized.0 as usize, plan.resized.1 as usize);
    let source = (seen.width, seen.height);
    let resample = Resample {
        source,
        window,
        target: (width, height),
        channels: CHANNELS,
    };
    job.budget
        .allow_bytes(Resizer::bytes(&resample) + seen.data.len() as u64)?;
    let mut resizer = Resizer::new(&resample);
    for row in seen.rows_mut() {
        premultiply(row, CHANNELS);
        resizer.push_row(row);
    }
    let data = to_rgba(resizer.finish(), CHANNELS, true);
    Ok((
        Pixels::Raster(
            Raster {
                width,
                height,
                data,
            }
            .turned(plan.orientation),
        ),
        plan,
    ))
}

/// What is inside the border of an upright picture that was seen, whose own size is
/// `upright`.
pub(crate) fn inside(seen: &Raster, upright: (u32, u32), trim: &Trim) -> Result<Trim, MediaError> {
    let &Trim::Border {
        colour,
        tolerance,
        keep,
    } = trim
    else {
        return Err(MediaError::Internal("there was nothing to look for"));
    };
    let inside = inside_border(seen, colour, tolerance);
    let columns = grown(inside.0, inside.2, seen.width, upright.0, keep);
    let rows = grown(inside.1, inside.3, seen.height, upright.1, keep);
    Ok(Trim::Rectangle {
        left: columns.0,
        top: rows.0,
        width: Some(columns.1),
        height: Some(rows.1),
    })
}

/// A span of what was seen, in pixels of the source, with `keep` more on each side.
fn grown(start: usize, length: usize, seen: usize, whole: u32, keep: u32) -> (u32, u32) {
    let scaled = |at: usize| at as u64 * u64::from(whole) / (seen as u64).max(1);
    let first = scaled(start).saturating_sub(u64::from(keep));
    let end = (scaled(start + length) + u64::from(keep)).min(u64::from(whole));
    let narrow = |value: u64| u32::try_from(value).unwrap_or(whole);
    (narrow(first), narrow(end - first))
}

#[allow(clippy::cast_precision_loss)] // far below 2^52
fn to_f64(length: usize) -> f64 {
    length as f64
}
