//! From a recipe's derivative and a probed source to the engine's job.

use super::{
    MediaError,
    job::{
        Border, Colour, Effort, Fit, Flip, Geometry, Gravity, Job, Metadata, OutputFormat, Overlay,
        Placement, Repeat, Rotation, Tone, Trim,
    },
    preview,
    recipe::{self, Output},
};

/// From this quality on a PNG is written with all its colours.
const TRUE_COLOUR_FROM: u8 = 100;

/// The job that makes `derivative` of a source whose upright size is `size`.
/// `overlays` are the verified files its `draw` names, in order.
pub fn order(
    derivative: &recipe::Derivative,
    size: (u32, u32),
    overlays: Vec<Vec<u8>>,
    effort: Effort,
) -> Result<Job, MediaError> {
    let edits = derivative.edits();
    let mut job = Job::new(output(derivative));
    job.geometry = Geometry {
        width: edits.width,
        height: edits.height,
        fit: fit(edits.fit),
        gravity: gravity(edits.gravity),
        zoom: narrow(edits.zoom),
        trim: edits.trim.map_or(Ok(Trim::None), |trim| cut(trim, size))?,
        rotate: rotation(edits.turn.quarters),
        flip: Flip {
            horizontal: edits.turn.mirrored,
            vertical: false,
        },
    };
    job.tone = Tone {
        brightness: narrow(edits.adjust.brightness),
        contrast: narrow(edits.adjust.contrast),
        saturation: narrow(edits.adjust.saturation),
        gamma: narrow(edits.adjust.gamma),
    };
    job.blur = narrow(edits.adjust.blur);
    job.sharpen = narrow(edits.adjust.sharpen);
    job.background = edits.background.map(colour);
    job.border = edits.border.map(|border| Border {
        colour: colour(border.color),
        top: border.top,
        right: border.right,
        bottom: border.bottom,
        left: border.left,
    });
    job.overlays = edits
        .draw
        .iter()
        .zip(overlays)
        .map(|(draw, source)| overlay(draw, source))
        .collect();
    job.moving = edits.anim;
    job.quality = derivative.quality().unwrap_or(recipe::DEFAULT_QUALITY);
    job.effort = effort;
    job.metadata = match edits.metadata {
        recipe::Metadata::Copyright => Metadata::Copyright,
        recipe::Metadata::Keep => Metadata::Keep,
        recipe::Metadata::None => Metadata::None,
    };
    if let Some(rule) = derivative.preview() {
        preview::bind(&mut job, rule, size);
    }
    Ok(job)
}

fn output(derivative: &recipe::Derivative) -> OutputFormat {
    match (derivative.output(), derivative.quality()) {
        (Output::Jpeg, _) => OutputFormat::Jpeg,
        (Output::BaselineJpeg, _) => OutputFormat::BaselineJpeg,
        (Output::Png, Some(quality)) if quality < TRUE_COLOUR_FROM => OutputFormat::PalettePng,
        (Output::Png, _) => OutputFormat::Png,
        (Output::Gif, _) => OutputFormat::Gif,
        (Output::Json, _) => OutputFormat::Facts,
        (Output::WebP | Output::Avif | Output::Jxl, _) => OutputFormat::Rgba,
    }
}

fn fit(fit: recipe::Fit) -> Fit {
    match fit {
        recipe::Fit::ScaleDown => Fit::ScaleDown,
        recipe::Fit::Contain => Fit::Contain,
        recipe::Fit::Cover => Fit::Cover,
        recipe::Fit::Crop => Fit::Crop,
        recipe::Fit::AspectCrop => Fit::AspectCrop,
        recipe::Fit::Pad => Fit::Pad,
        recipe::Fit::Squeeze => Fit::Squeeze,
    }
}

/// Faces are not looked for: where the picture draws the eye is the nearest
/// thing, and what Cloudflare does when it finds no face.
fn gravity(gravity: recipe::Gravity) -> Gravity {
    match gravity {
        recipe::Gravity::Auto | recipe::Gravity::Face => Gravity::Auto,
        recipe::Gravity::Point { x, y } => Gravity::Point {
            x: narrow(x),
            y: narrow(y),
        },
    }
}

fn cut(trim: recipe::Trim, (width, height): (u32, u32)) -> Result<Trim, MediaError> {
    match trim {
        recipe::Trim::Window { across, down } => {
            const NOTHING: MediaError = MediaError::Impossible("the trim leaves nothing");
            let (left, width) = across.on(width).ok_or(NOTHING)?;
            let (top, height) = down.on(height).ok_or(NOTHING)?;
            Ok(Trim::Rectangle {
                left,
                top,
                width: Some(width),
                height: Some(height),
            })
        }
        recipe::Trim::Border {
            color,
            tolerance,
            keep,
        } => Ok(Trim::Border {
            colour: color.map(colour),
            tolerance,
            keep,
        }),
    }
}

fn rotation(quarters: u8) -> Rotation {
    match quarters % 4 {
        1 => Rotation::Quarter,
        2 => Rotation::Half,
        3 => Rotation::ThreeQuarters,
        _ => Rotation::None,
    }
}

fn overlay(draw: &recipe::Overlay, source: Vec<u8>) -> Overlay {
    let (left, right) = sides(draw.across);
    let (top, bottom) = sides(draw.down);
    Overlay {
        source,
        geometry: Geometry {
            width: draw.width,
            height: draw.height,
            fit: fit(draw.fit),
            gravity: gravity(draw.gravity),
            rotate: rotation(draw.rotate.quarters()),
            ..Geometry::default()
        },
        opacity: narrow(draw.opacity),
        repeat: match draw.repeat {
            recipe::Repeat::Once => Repeat::None,
            recipe::Repeat::X => Repeat::X,
            recipe::Repeat::Y => Repeat::Y,
            recipe::Repeat::Both => Repeat::Both,
        },
        placement: Placement {
            top,
            right,
            bottom,
            left,
        },
        background: draw.background.map(colour),
    }
}

/// The distance from the near and from the far edge.
fn sides(place: recipe::Place) -> (Option<i32>, Option<i32>) {
    let pixels = |distance: u32| i32::try_from(distance).ok();
    match place {
        recipe::Place::Middle => (None, None),
        recipe::Place::Near(distance) => (pixels(distance), None),
        recipe::Place::Far(distance) => (None, pixels(distance)),
    }
}

fn colour(color: recipe::Color) -> Colour {
    Colour {
        red: color.red,
        green: color.green,
        blue: color.blue,
        alpha: color.alpha,
    }
}

/// The grammar's decimals have four places and end at 12 000: `f32` holds them.
#[allow(clippy::cast_possible_truncation)]
fn narrow(number: recipe::Decimal) -> f32 {
    number.value() as f32
}
