//! The fit modes: a picture of one size into a box of another.

use super::super::job::{Fit, Geometry, Gravity};
use super::{Rect, focus};

/// How a turned picture fills its box.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Fitted {
    /// What of the turned picture is resampled.
    pub window: Rect,
    /// To which size.
    pub resized: (u32, u32),
    /// What is kept of that.
    pub keep: (u32, u32),
    /// The size of the box, without a border.
    pub canvas: (u32, u32),
    /// Where in the box the kept part goes.
    pub offset: (u32, u32),
}

/// The largest side a derivative may ask for; the budget refuses long before.
const MAX_SIDE: f64 = 65_535.0;

pub(super) fn fit(
    size: (f64, f64),
    target: (Option<u32>, Option<u32>),
    geometry: &Geometry,
) -> Fitted {
    let (wide, high) = match target {
        (Some(width), Some(height)) => (f64::from(width), f64::from(height)),
        // With one side given, the other follows: the box is as wide as it needs to be.
        (Some(width), None) => (f64::from(width), size.1 * f64::from(width) / size.0),
        (None, Some(height)) => (size.0 * f64::from(height) / size.1, f64::from(height)),
        (None, None) => size,
    };
    let target = (wide, high);
    let inside = (wide / size.0).min(high / size.1);
    let outside = (wide / size.0).max(high / size.1);
    match geometry.fit {
        Fit::ScaleDown => whole(size, inside.min(1.0)),
        Fit::Contain => whole(size, inside),
        Fit::Pad => pad(whole(size, inside), target, geometry.gravity),
        Fit::Squeeze => whole_as(size, target),
        Fit::Cover => crop(size, target, outside, geometry),
        Fit::Crop => {
            let scale = outside.min(1.0);
            let smaller = (wide.min(size.0 * scale), high.min(size.1 * scale));
            crop(size, smaller, scale, geometry)
        }
        Fit::AspectCrop => {
            // The largest box of that shape that the picture fills as it is.
            let room = (size.0 / wide).min(size.1 / high).min(1.0);
            crop(size, (wide * room, high * room), outside * room, geometry)
        }
    }
}

/// A length in whole pixels, at least one.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // clamped to 1..=65535
fn pixels(length: f64) -> u32 {
    length.round().clamp(1.0, MAX_SIDE) as u32
}

/// All of the picture, scaled.
fn whole(size: (f64, f64), scale: f64) -> Fitted {
    whole_as(size, (size.0 * scale, size.1 * scale))
}

fn whole_as(size: (f64, f64), target: (f64, f64)) -> Fitted {
    let resized = (pixels(target.0), pixels(target.1));
    Fitted {
        window: Rect {
            x: 0.0,
            y: 0.0,
            width: size.0,
            height: size.1,
        },
        resized,
        keep: resized,
        canvas: resized,
        offset: (0, 0),
    }
}

/// The whole picture on a larger canvas.
fn pad(inner: Fitted, target: (f64, f64), gravity: Gravity) -> Fitted {
    let canvas = (
        pixels(target.0).max(inner.resized.0),
        pixels(target.1).max(inner.resized.1),
    );
    let (x, y) = focus(gravity);
    let place = |room: u32, at: f64| pixels_from_zero(f64::from(room) * at);
    let offset = (
        place(canvas.0 - inner.resized.0, x),
        place(canvas.1 - inner.resized.1, y),
    );
    Fitted {
        canvas,
        offset,
        ..inner
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // clamped to 0..=65535
fn pixels_from_zero(length: f64) -> u32 {
    length.round().clamp(0.0, MAX_SIDE) as u32
}

/// As much of the picture as fills the box at this scale.
fn crop(size: (f64, f64), target: (f64, f64), scale: f64, geometry: &Geometry) -> Fitted {
    let canvas = (pixels(target.0), pixels(target.1));
    if geometry.gravity == Gravity::Auto {
        return crop_later(size, canvas, scale, geometry.zoom);
    }
    let window = (f64::from(canvas.0) / scale, f64::from(canvas.1) / scale);
    let window = (window.0.min(size.0), window.1.min(size.1));
    let (x, y) = focus(geometry.gravity);
    // The point of interest is brought to the middle as far as the edges allow;
    // for a side that is the edge itself.
    let start = |length: f64, part: f64, at: f64| {
        (length * at - part / 2.0).clamp(0.0, (length - part).max(0.0))
    };
    let window = Rect {
        x: start(size.0, window.0, x),
        y: start(size.1, window.1, y),
        width: window.0,
        height: window.1,
    };
    Fitted {
        window,
        resized: canvas,
        keep: canvas,
        canvas,
        offset: (0, 0),
    }
}

/// The whole picture at the scale of the crop (closer, with zoom): which part of
/// it is kept is decided when it can be seen.
fn crop_later(size: (f64, f64), canvas: (u32, u32), scale: f64, zoom: f32) -> Fitted {
    // At full zoom the crop shows half of what it could.
    let closer = if zoom.is_finite() {
        1.0 / (1.0 - 0.5 * f64::from(zoom.clamp(0.0, 1.0)))
    } else {
        1.0
    };
    let resized = (
        pixels(size.0 * scale * closer).max(canvas.0),
        pixels(size.1 * scale * closer).max(canvas.1),
    );
    Fitted {
        keep: canvas,
        canvas,
        ..whole_as(size, (f64::from(resized.0), f64::from(resized.1)))
    }
}
