//! Where every pixel of the derivative comes from. Pure arithmetic.
//!
//! [`layout`] turns the size of a source and a [`Geometry`] into a [`Layout`]:
//! which rectangle of the *stored* picture to resample, to which size, how to
//! turn the result, and where to put it on the canvas. The steps are Cloudflare's:
//! recorded orientation, trim, flip, rotate, fit within the box, then the border around it.

mod fit;
#[cfg(test)]
mod tests;

use super::error::MediaError;
use super::job::{Border, Geometry, Gravity, Trim};
use super::orientation::Orientation;
use fit::Fitted;

/// A rectangle in fractional pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rect {
    /// Left edge.
    pub x: f64,
    /// Top edge.
    pub y: f64,
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
}

/// The plan for one picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Layout {
    /// What to resample, in pixels of the stored picture.
    pub window: Rect,
    /// To which size, still lying as stored.
    pub resized: (u32, u32),
    /// How to turn the resampled picture.
    pub orientation: Orientation,
    /// What to keep of the turned picture: for an automatic crop, which looks at
    /// the picture before it decides, less than all of it.
    pub keep: (u32, u32),
    /// The size of the derivative.
    pub canvas: (u32, u32),
    /// Where the kept part goes on the canvas.
    pub offset: (u32, u32),
}

/// Plans one picture: `stored` is its size in the file, `recorded` the
/// orientation the file asks for.
pub fn layout(
    stored: (u32, u32),
    recorded: Orientation,
    geometry: &Geometry,
    border: Option<&Border>,
) -> Result<Layout, MediaError> {
    let upright = recorded.size(stored);
    let trimmed = trim(upright, &geometry.trim)?;
    let turn =
        Orientation::from_flip(geometry.flip).then(Orientation::from_rotation(geometry.rotate));
    let turned = turn.size((trimmed.width, trimmed.height));

    let target = (geometry.width, geometry.height);
    let fitted = fit::fit(turned, target, geometry);

    let in_trimmed = turn_rect(&fitted.window, turned, turn.inverse());
    let in_upright = Rect {
        x: in_trimmed.x + trimmed.x,
        y: in_trimmed.y + trimmed.y,
        ..in_trimmed
    };
    let upright_size = (f64::from(upright.0), f64::from(upright.1));
    let orientation = recorded.then(turn);
    let (left, top) = border.map_or((0, 0), |frame| (frame.left, frame.top));
    let (right, bottom) = border.map_or((0, 0), |frame| (frame.right, frame.bottom));
    let framed = |length: u32, bars: [u32; 2]| bars.into_iter().fold(length, u32::saturating_add);
    let Fitted {
        resized,
        keep,
        canvas,
        offset,
        ..
    } = fitted;
    Ok(Layout {
        window: turn_rect(&in_upright, upright_size, recorded.inverse()),
        resized: orientation.inverse().size(resized),
        orientation,
        keep,
        canvas: (
            framed(canvas.0, [left, right]),
            framed(canvas.1, [top, bottom]),
        ),
        offset: (offset.0.saturating_add(left), offset.1.saturating_add(top)),
    })
}

/// Where a rectangle within `size` lies after `size` was turned.
fn turn_rect(rect: &Rect, size: (f64, f64), turn: Orientation) -> Rect {
    let (rect, size) = if turn.transposes() {
        (
            Rect {
                x: rect.y,
                y: rect.x,
                width: rect.height,
                height: rect.width,
            },
            (size.1, size.0),
        )
    } else {
        (*rect, size)
    };
    Rect {
        x: if turn.mirrors_x() {
            size.0 - rect.x - rect.width
        } else {
            rect.x
        },
        y: if turn.mirrors_y() {
            size.1 - rect.y - rect.height
        } else {
            rect.y
        },
        ..rect
    }
}

/// What is left of the upright picture. A border of one colour is not known
/// before the picture is seen and is cut off elsewhere.
fn trim(upright: (u32, u32), trim: &Trim) -> Result<Rect, MediaError> {
    const EMPTY: MediaError = MediaError::Impossible("the trim leaves nothing of the picture");
    let (width, height) = upright;
    let (x, y, width, height) = match *trim {
        Trim::None | Trim::Border { .. } => (0, 0, width, height),
        Trim::Sides {
            top,
            right,
            bottom,
            left,
        } => {
            let width = width
                .checked_sub(left)
                .and_then(|rest| rest.checked_sub(right))
                .ok_or(EMPTY)?;
            let height = height
                .checked_sub(top)
                .and_then(|rest| rest.checked_sub(bottom))
                .ok_or(EMPTY)?;
            (left, top, width, height)
        }
        Trim::Rectangle {
            left,
            top,
            width: wanted_width,
            height: wanted_height,
        } => {
            let width = width.checked_sub(left).ok_or(EMPTY)?;
            let height = height.checked_sub(top).ok_or(EMPTY)?;
            (
                left,
                top,
                wanted_width.map_or(width, |w| w.min(width)),
                wanted_height.map_or(height, |h| h.min(height)),
            )
        }
    };
    if width == 0 || height == 0 {
        return Err(EMPTY);
    }
    Ok(Rect {
        x: f64::from(x),
        y: f64::from(y),
        width: f64::from(width),
        height: f64::from(height),
    })
}

/// Where the middle of interest is, each coordinate from 0 to 1.
fn focus(gravity: Gravity) -> (f64, f64) {
    use super::job::Side;
    let within = |value: f32| {
        if value.is_finite() {
            f64::from(value.clamp(0.0, 1.0))
        } else {
            0.5
        }
    };
    match gravity {
        Gravity::Auto => (0.5, 0.5),
        Gravity::Side(Side::Left) => (0.0, 0.5),
        Gravity::Side(Side::Right) => (1.0, 0.5),
        Gravity::Side(Side::Top) => (0.5, 0.0),
        Gravity::Side(Side::Bottom) => (0.5, 1.0),
        Gravity::Point { x, y } => (within(x), within(y)),
    }
}
