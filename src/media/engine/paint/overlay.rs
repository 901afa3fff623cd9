//! Pictures on top of the picture: a logo, a watermark all over.

use super::super::budget::Budget;
use super::super::error::MediaError;
use super::super::job::{Effort, Job, Metadata, OutputFormat, Overlay, Placement, Repeat};
use super::super::raster::{CHANNELS, Raster};
use super::super::transform::Transform;

/// An overlay, decoded: it is drawn on every frame of an animation.
pub(crate) struct Ready {
    drawn: Raster,
    placement: Placement,
    repeat: Repeat,
}

impl Ready {
    /// Decodes it.
    pub fn new(overlay: &Overlay, budget: &Budget) -> Result<Self, MediaError> {
        let mut drawn = decode(overlay, budget)?;
        let opacity = if overlay.opacity.is_finite() {
            overlay.opacity.clamp(0.0, 1.0)
        } else {
            1.0
        };
        for [.., alpha] in drawn.data.as_chunks_mut::<CHANNELS>().0 {
            *alpha = faded(*alpha, opacity);
        }
        Ok(Self {
            drawn,
            placement: overlay.placement,
            repeat: overlay.repeat,
        })
    }

    /// Draws it.
    pub fn draw(&self, canvas: &mut Raster) {
        let Self {
            drawn, placement, ..
        } = self;
        let (across, down) = match self.repeat {
            Repeat::None => (false, false),
            Repeat::X => (true, false),
            Repeat::Y => (false, true),
            Repeat::Both => (true, true),
        };
        let columns = places(
            canvas.width,
            drawn.width,
            placement.left,
            placement.right,
            across,
        );
        let rows = places(
            canvas.height,
            drawn.height,
            placement.top,
            placement.bottom,
            down,
        );
        for &y in &rows {
            for &x in &columns {
                canvas.draw(drawn, (x, y));
            }
        }
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // opacity is 0 to 1
fn faded(alpha: u8, opacity: f32) -> u8 {
    (f32::from(alpha) * opacity).round() as u8
}

/// An overlay is a derivative of its own source.
fn decode(overlay: &Overlay, budget: &Budget) -> Result<Raster, MediaError> {
    let mut transform = Transform::new(Job {
        geometry: overlay.geometry,
        background: overlay.background,
        budget: *budget,
        effort: Effort::First,
        metadata: Metadata::None,
        ..Job::new(OutputFormat::Rgba)
    });
    transform.push(&overlay.source)?;
    let drawn = transform.finish()?;
    Ok(Raster {
        width: drawn.width as usize,
        height: drawn.height as usize,
        data: drawn.bytes,
    })
}

/// Where copies begin along one axis.
fn places(
    canvas: usize,
    drawn: usize,
    near: Option<i32>,
    far: Option<i32>,
    repeat: bool,
) -> Vec<i64> {
    let length = |value: usize| i64::try_from(value).unwrap_or(i64::MAX);
    let (canvas, drawn) = (length(canvas), length(drawn).max(1));
    let start = match (near, far) {
        (Some(near), _) => i64::from(near),
        (None, Some(far)) => canvas - drawn - i64::from(far),
        (None, None) => (canvas - drawn) / 2,
    };
    if !repeat {
        return vec![start];
    }
    let first = start.rem_euclid(drawn) - drawn;
    let copies = (canvas - first).max(0).div_euclid(drawn) + 1;
    (0..copies)
        .map(|copy| first + copy * drawn)
        .filter(|&at| at < canvas)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_cover_the_axis_without_a_gap() {
        assert_eq!(places(100, 30, None, None, false), [35]);
        assert_eq!(places(100, 30, Some(5), Some(7), false), [5]);
        assert_eq!(places(100, 30, None, Some(7), false), [63]);
        assert_eq!(places(100, 30, Some(-10), None, false), [-10]);
        assert_eq!(places(100, 30, Some(5), None, true), [-25, 5, 35, 65, 95]);
        assert_eq!(places(10, 30, Some(0), None, true), [-30, 0]);
    }
}
