//! The canvas: paper, border, picture.

use super::super::budget::Budget;
use super::super::error::MediaError;
use super::super::geometry::Layout;
use super::super::job::{Border, Colour};
use super::super::raster::Raster;

/// Lays a picture on paper, with a border around it.
pub(crate) fn mount(
    picture: Raster,
    plan: &Layout,
    paper: Colour,
    border: Option<&Border>,
    budget: &Budget,
) -> Result<Raster, MediaError> {
    let fills = (picture.width, picture.height) == (plan.canvas.0 as usize, plan.canvas.1 as usize);
    if fills && paper.alpha == 0 {
        return Ok(picture);
    }
    let mut canvas = Raster::filled(plan.canvas, paper, budget)?;
    if let Some(border) = border {
        let (width, height) = plan.canvas;
        let inner = (
            width.saturating_sub(border.left.saturating_add(border.right)),
            height.saturating_sub(border.top.saturating_add(border.bottom)),
        );
        let paper = canvas;
        canvas = Raster::filled(plan.canvas, border.colour, budget)?;
        canvas.copy(
            &paper.cropped((0, 0), inner),
            (border.left as usize, border.top as usize),
        );
    }
    canvas.draw(
        &picture,
        (i64::from(plan.offset.0), i64::from(plan.offset.1)),
    );
    Ok(canvas)
}
