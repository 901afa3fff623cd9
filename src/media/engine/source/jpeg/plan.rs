//! How much of a picture is decoded, at which scales, and how that is resampled.

use super::super::super::error::MediaError;
use super::super::super::geometry::Rect;
use super::super::super::jpeg::{
    Colour, ComponentLayout, Crop, Header, Plan, Scale, estimated_bytes,
};
use super::super::super::planes::Chroma;
use super::super::super::resize::{Resample, Resizer};
use super::JpegSource;
use super::fault::fault;

/// Samples the decoder leaves to the resizer for each one of the target. A scaled
/// transform is a coarse filter, so the last step is the resizer's: with 1.26 left
/// the derivative loses three points of ssimulacra2, with this much next to nothing.
const LEFT_TO_RESIZER: f64 = 1.75;

impl JpegSource {
    /// Chooses the scales and sets up the resizers.
    pub(super) fn plan(&mut self) -> Result<(), MediaError> {
        let header = self.decoder.header().ok_or(MediaError::Truncated)?.clone();
        let chroma = self.chroma;
        let targets: Vec<Rect> = (0..header.components().len())
            .map(|index| self.window(index, chroma))
            .collect();
        let sizes = |index: usize| {
            if index == 0 {
                self.demand.size
            } else {
                chroma.size(self.demand.size)
            }
        };
        let wanted = |index: usize| wanted_scale(&header, index, targets.get(index), sizes(index));
        let scale = if header.colour == Colour::YCbCr {
            wanted(0)
        } else {
            (0..header.components().len())
                .map(wanted)
                .max()
                .unwrap_or(Scale::Full)
        };
        let finer = (header.colour == Colour::YCbCr).then(|| wanted(1).max(wanted(2)));
        let mut plan = Plan {
            scale,
            chroma: finer,
            crop: Some(self.crop(&header)),
        };
        let resizing: u64 = (0..header.components().len())
            .filter_map(|index| {
                Some(Resizer::bytes(&whole(
                    &header,
                    index,
                    targets.get(index)?,
                    sizes(index),
                )))
            })
            .sum();
        // A picture in several passes holds its coefficients: rather fewer of them than none.
        while estimated_bytes(&header, &plan) + resizing > self.demand.budget.max_bytes
            && coarser(&mut plan)
        {}
        self.demand
            .budget
            .allow_bytes(estimated_bytes(&header, &plan) + resizing)?;
        let layout = self.decoder.plan(plan).map_err(fault)?;
        let frame = header.max_sampling();
        let mut last: Option<Resample> = None;
        for (index, ((layout, component), window)) in layout
            .components
            .iter()
            .zip(header.components())
            .zip(&targets)
            .enumerate()
        {
            let factor = (
                step(component.h, frame.0, layout.edge),
                step(component.v, frame.1, layout.edge),
            );
            let resample = component_resample(layout, factor, window, sizes(index));
            // The two chroma planes have the same weights; making them takes time.
            let resizer = match self.resizers.last() {
                Some(resizer) if last == Some(resample) => resizer.clone(),
                _ => Resizer::new(&resample),
            };
            self.resizers.push(resizer);
            last = Some(resample);
        }
        Ok(())
    }

    /// The part of the source that a component's target shows.
    fn window(&self, index: usize, chroma: Chroma) -> Rect {
        let window = self.demand.window;
        let (width, height) = self.demand.size;
        if index == 0 || chroma == Chroma::Full {
            return window;
        }
        // The last sample of an odd row stands for one pixel and one beyond the edge.
        let (columns, rows) = chroma.size((width, height));
        let pixel = (window.width / to_f64(width), window.height / to_f64(height));
        let (odd_x, odd_y) = (to_f64(2 * columns - width), to_f64(2 * rows - height));
        let (back_x, back_y) = self.demand.mirrored;
        Rect {
            x: window.x - if back_x { odd_x * pixel.0 } else { 0.0 },
            y: window.y - if back_y { odd_y * pixel.1 } else { 0.0 },
            width: to_f64(2 * columns) * pixel.0,
            height: to_f64(2 * rows) * pixel.1,
        }
    }

    /// What must be decoded: the window and what the filter sees around it.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // within the picture
    fn crop(&self, header: &Header) -> Crop {
        let window = self.demand.window;
        let (width, height) = self.demand.size;
        let axis = |start: f64, length: f64, target: usize, all: u32| {
            // Three lobes on each side, twice as wide for chroma.
            let margin = 6.0 * (length / to_f64(target)).max(1.0) + 16.0;
            let first = (start - margin).floor().clamp(0.0, f64::from(all - 1)) as u32;
            let end = (start + length + margin)
                .ceil()
                .clamp(f64::from(first + 1), f64::from(all)) as u32;
            (first, end - first)
        };
        let (x, columns) = axis(window.x, window.width, width, header.width);
        let (y, rows) = axis(window.y, window.height, height, header.height);
        Crop {
            x,
            y,
            width: columns,
            height: rows,
        }
    }
}

#[allow(clippy::cast_precision_loss)] // far below 2^52
fn to_f64(length: usize) -> f64 {
    length as f64
}

/// Samples of a component for each pixel of the picture.
fn step(sampling: u8, most: u8, edge: usize) -> f64 {
    f64::from(sampling) * to_f64(edge) / (f64::from(most) * 8.0)
}

/// The coarsest scale that leaves the resizer enough.
fn wanted_scale(
    header: &Header,
    index: usize,
    window: Option<&Rect>,
    target: (usize, usize),
) -> Scale {
    let (Some(component), Some(window)) = (header.components().get(index), window) else {
        return Scale::Eighth;
    };
    let (h_max, v_max) = header.max_sampling();
    [Scale::Eighth, Scale::Quarter, Scale::Half]
        .into_iter()
        .find(|scale| {
            let columns = window.width * step(component.h, h_max, scale.edge());
            let rows = window.height * step(component.v, v_max, scale.edge());
            columns >= LEFT_TO_RESIZER * to_f64(target.0)
                && rows >= LEFT_TO_RESIZER * to_f64(target.1)
        })
        .unwrap_or(Scale::Full)
}

/// One step coarser, if there is one.
fn coarser(plan: &mut Plan) -> bool {
    let down = |scale: Scale| match scale {
        Scale::Full => Scale::Half,
        Scale::Half => Scale::Quarter,
        Scale::Quarter | Scale::Eighth => Scale::Eighth,
    };
    let before = *plan;
    plan.chroma = plan.chroma.map(down);
    plan.scale = down(plan.scale);
    *plan != before
}

/// A component at full scale: what its resizer takes at most.
fn whole(header: &Header, index: usize, window: &Rect, target: (usize, usize)) -> Resample {
    let (width, height) = (header.width as usize, header.height as usize);
    let (h_max, v_max) = header.max_sampling();
    let part = |length: usize, sampling: u8, most: u8| {
        (length * usize::from(sampling)).div_ceil(usize::from(most))
    };
    let source = header
        .components()
        .get(index)
        .map_or((width, height), |component| {
            (
                part(width, component.h, h_max),
                part(height, component.v, v_max),
            )
        });
    Resample {
        source,
        window: *window,
        target,
        channels: 1,
    }
}

fn component_resample(
    layout: &ComponentLayout,
    factor: (f64, f64),
    window: &Rect,
    target: (usize, usize),
) -> Resample {
    let (left, top) = (layout.columns.0, layout.rows.0);
    Resample {
        source: (layout.columns.1 - left, layout.rows.1 - top),
        window: Rect {
            x: window.x * factor.0 - to_f64(left),
            y: window.y * factor.1 - to_f64(top),
            width: window.width * factor.0,
            height: window.height * factor.1,
        },
        target,
        channels: 1,
    }
}
