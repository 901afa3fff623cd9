//! What is decoded to which size, decided from the header alone.

use super::super::encode::{self, Encoding};
use super::super::error::MediaError;
use super::super::geometry::{Layout, Rect, layout};
use super::super::job::{Job, OutputFormat, Tone, Trim};
use super::super::planes::Chroma;
use super::super::probe::{Format, Probe};
use super::super::raster::CHANNELS;
use super::super::source::Demand;

/// How a derivative will be made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Plan {
    /// Every pixel's place is known.
    Place(Layout),
    /// The picture has to be seen first, at this size, to find its border.
    Look {
        /// What is known of the source.
        found: Probe,
        /// The size, lying as stored.
        size: (u32, u32),
    },
}

/// The longer side at which a picture is looked at: enough to find its border to
/// within a pixel or two, and to make most derivatives of.
const LOOK: u32 = 2048;

impl Plan {
    pub fn new(job: &Job, found: &Probe) -> Result<Self, MediaError> {
        let stored = (found.width, found.height);
        if matches!(job.geometry.trim, Trim::Border { .. }) {
            let longer = stored.0.max(stored.1).max(1);
            let shrunk = |side: u32| (u64::from(side) * u64::from(LOOK) / u64::from(longer)).max(1);
            let side = |side: u32| {
                if longer > LOOK {
                    u32::try_from(shrunk(side)).unwrap_or(LOOK)
                } else {
                    side
                }
            };
            return Ok(Self::Look {
                found: *found,
                size: (side(stored.0), side(stored.1)),
            });
        }
        layout(
            stored,
            found.orientation,
            &job.geometry,
            job.border.as_ref(),
        )
        .map(Self::Place)
    }

    /// The size of what is made, or of what is looked at.
    pub fn canvas(&self) -> (u32, u32) {
        match self {
            Self::Place(plan) => plan.canvas,
            Self::Look { size, .. } => *size,
        }
    }

    /// What the source has to give, and what it may take for it.
    pub fn demand(&self, job: &Job, found: &Probe) -> Result<Demand, MediaError> {
        let pixels = |size: (u32, u32)| u64::from(size.0) * u64::from(size.1);
        let (window, size, canvas, planes, mirrored) = match self {
            Self::Place(plan) => {
                let planes = planes_will_do(job, plan)
                    .filter(|_| found.format == Format::Jpeg && found.channels < 4);
                (
                    plan.window,
                    plan.resized,
                    plan.canvas,
                    planes,
                    stored_mirrors(plan),
                )
            }
            Self::Look { found, size } => {
                let (width, height) = (f64::from(found.width), f64::from(found.height));
                (
                    Rect {
                        x: 0.0,
                        y: 0.0,
                        width,
                        height,
                    },
                    *size,
                    *size,
                    None,
                    (false, false),
                )
            }
        };
        // What the source gives is turned, then composed and encoded. What the source
        // itself takes is gone by then: each has the whole budget.
        let turned = pixels(size).saturating_mul(if planes.is_some() {
            6
        } else {
            2 * CHANNELS as u64
        });
        let after = encode::bytes(Encoding::of(job), pixels(canvas), planes.is_some());
        job.budget.allow_bytes(after.max(turned))?;
        let budget = job.budget;
        Ok(Demand {
            window,
            size: (size.0 as usize, size.1 as usize),
            planes,
            mirrored,
            budget,
        })
    }
}

/// Whether nothing has to be done to pixels, so that luma and chroma can go from
/// decoder to encoder as they are, and with how much chroma.
pub(super) fn planes_will_do(job: &Job, plan: &Layout) -> Option<Chroma> {
    let jpeg = matches!(job.output, OutputFormat::Jpeg | OutputFormat::BaselineJpeg);
    let whole = plan.orientation.size(plan.resized) == plan.canvas;
    let untouched = job.blur <= 0.0
        && job.sharpen <= 0.0
        && job.tone == Tone::default()
        && job.overlays.is_empty()
        && job.border.is_none();
    (jpeg && whole && untouched).then(|| encode::chroma(job.quality))
}

/// Whether stored columns and rows run backwards in the derivative.
fn stored_mirrors(plan: &Layout) -> (bool, bool) {
    let (x, y) = (plan.orientation.mirrors_x(), plan.orientation.mirrors_y());
    if plan.orientation.transposes() {
        (y, x)
    } else {
        (x, y)
    }
}
