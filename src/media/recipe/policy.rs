//! What may be asked without a signature: so little that nobody can fill the
//! store or burn the CPU by counting up widths.

use super::error::RecipeError;
use super::number::Decimal;
use super::raw::{RawBorder, RawRecipe, RawTrim};
use super::turn::{Gravity, Turn};
use super::words::{Fit, Format, Metadata, Output};
use super::{Adjust, Edits, Recipe};

/// The edges made without a signature, in pixels: the breakpoints of the common
/// clients, close together where pictures are large and snapping up costs bytes,
/// with the widths of `width=auto` among them.
pub const LADDER: [u32; 16] = [
    32, 64, 128, 256, 320, 400, 480, 640, 800, 960, 1080, 1280, 1600, 1920, 2560, 3840,
];

/// The shapes made without a signature, long edge to short: those of cameras,
/// screens and films. Each is used lying and standing.
const SHAPES: [(u32, u32); 8] = [
    (1, 1),
    (5, 4),
    (4, 3),
    (3, 2),
    (16, 9),
    (2, 1),
    (7, 3),
    (3, 1),
];

/// The qualities made without a signature: the four levels of `quality`.
const QUALITIES: [u8; 4] = [45, 60, 75, 85];

/// The densities taken without a signature, in ten-thousandths: those of
/// screens. Only a preset's size is multiplied by them; any other is snapped to
/// the ladder afterwards.
const DENSITIES: [u32; 4] = [10_000, 15_000, 20_000, 30_000];

impl RawRecipe {
    /// The same options, and the same at each density that is given without a signature.
    pub fn at_densities(&self) -> impl Iterator<Item = Self> + '_ {
        let dense = DENSITIES.map(Decimal::ten_thousandths);
        let at = dense.into_iter().map(|dpr| Self {
            dpr: Some(dpr),
            ..self.clone()
        });
        [self.clone()].into_iter().chain(at)
    }
}

/// How many derivatives of one file requests without a signature can bring
/// about, presets aside: 1473 boxes (with fit and gravity), times the 29 ways to
/// write each (four lossy formats at four qualities, PNG plain or at four, GIF,
/// JSON, and WebP, GIF and JSON with frames and without). A test counts them. A
/// preset adds its own size at no more than five densities in each format.
pub const DERIVATIVES_PER_FILE: usize = 42_717;

/// How far a request is trusted to choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Policy {
    /// Anyone may have written the URL. Edges snap up to [`LADDER`], two edges
    /// to the nearest of 15 shapes, qualities up to 45, 60, 75 or 85; nothing
    /// but `pad` enlarges (`contain` becomes `scale-down`, `cover` becomes
    /// `aspect-crop`); and of the options only `width`, `height`, `dpr`, `fit`
    /// (not `squeeze`), `gravity` (`auto` and `center`), `quality`, `format`
    /// (not `baseline-jpeg`), `slow-connection-quality`, `anim`, `onerror` and
    /// presets are taken. Options that change nothing (`blur=0`) always are.
    Unsigned,
    /// The URL carries the operator's signature: everything in range.
    Signed,
}

impl Policy {
    /// The device pixel ratio a request gets.
    pub(super) fn density(self, asked: Option<Decimal>) -> Decimal {
        let asked = asked.unwrap_or(Decimal::ONE);
        match self {
            Self::Signed => asked,
            Self::Unsigned => {
                let steps = DENSITIES.map(Decimal::ten_thousandths);
                snap_up(asked, &steps)
            }
        }
    }

    /// A preset is the operator's; without a signature only what does not
    /// multiply its derivatives without bound may stand beside it.
    pub(super) fn admit_beside_preset(self, given: &RawRecipe) -> Result<(), RecipeError> {
        let harmless = RawRecipe {
            preset: given.preset.clone(),
            format: given.format,
            dpr: given.dpr,
            redirect: given.redirect,
            ..RawRecipe::default()
        };
        if self == Self::Signed || *given == harmless {
            return Ok(());
        }
        Err(unsigned(
            given.first_beside_preset(),
            "beside a preset, write format, dpr and onerror only",
        ))
    }

    /// The recipe as this policy makes it.
    pub(super) fn snap(self, recipe: Recipe) -> Result<Recipe, RecipeError> {
        match self {
            Self::Signed => Ok(recipe),
            Self::Unsigned => {
                refuse_unlisted(&recipe)?;
                Ok(Recipe {
                    quality: recipe.quality.map(quality),
                    slow_quality: recipe
                        .slow_quality
                        .map(quality)
                        .filter(|&slow| recipe.quality.map(quality) != Some(slow)),
                    edits: size(recipe.edits).normal(recipe.auto_width),
                    ..recipe
                })
            }
        }
    }
}

/// The smallest step that is large enough; above them all, the largest.
fn snap_up<T: Copy + Ord>(asked: T, steps: &[T]) -> T {
    let enough = steps.iter().find(|&&step| step >= asked);
    enough.or(steps.last()).copied().unwrap_or(asked)
}

fn quality(asked: u8) -> u8 {
    snap_up(asked, &QUALITIES)
}

/// Puts the box on the ladder, its shape among the shapes.
fn size(edits: Edits) -> Edits {
    let fit = match edits.fit {
        Fit::Contain => Fit::ScaleDown,
        Fit::Cover => Fit::AspectCrop,
        other => other,
    };
    let (width, height) = match (edits.width, edits.height) {
        (Some(width), Some(height)) => {
            let (long, short) = shape(width.max(height), width.min(height));
            let lying = width >= height;
            let (width, height) = if lying { (long, short) } else { (short, long) };
            (Some(width), Some(height))
        }
        (width, height) => {
            let edge = |asked| snap_up(asked, &LADDER);
            (width.map(edge), height.map(edge))
        }
    };
    Edits {
        width,
        height,
        fit,
        ..edits
    }
}

/// The long edge on the ladder, and the short one that makes the nearest shape:
/// nearest by ratio, so the border between two shapes is their geometric mean.
fn shape(long: u32, short: u32) -> (u32, u32) {
    let [first, rest @ ..] = SHAPES;
    let mut nearest = first;
    for next in rest {
        let asked = u64::from(long).pow(2) * u64::from(nearest.1 * next.1);
        let middle = u64::from(nearest.0 * next.0) * u64::from(short).pow(2);
        if asked > middle {
            nearest = next;
        }
    }
    let long = snap_up(long, &LADDER);
    let (whole, part) = nearest;
    (long, (long * part + whole / 2) / whole)
}

fn unsigned(option: &'static str, allowed: &'static str) -> RecipeError {
    RecipeError::Unsigned { option, allowed }
}

/// What is not listed must be as if it had not been written.
fn refuse_unlisted(recipe: &Recipe) -> Result<(), RecipeError> {
    const LEAVE_OUT: &str = "leave it out, sign the URL or define a preset";
    let edits = &recipe.edits;
    let baseline = recipe.format == Some(Format::As(Output::BaselineJpeg));
    let checks = [
        (
            edits.fit == Fit::Squeeze,
            "fit=squeeze",
            "write fit=cover, crop, aspect-crop, pad, contain or scale-down",
        ),
        (
            !matches!(edits.gravity, Gravity::Auto | Gravity::CENTER),
            "gravity",
            "write auto or center",
        ),
        (baseline, "format=baseline-jpeg", "write format=jpeg"),
        (
            edits.metadata != Metadata::Copyright,
            "metadata",
            "leave it out; rights are kept, place and device are not",
        ),
        (
            recipe.auto_width && edits.height.is_some(),
            "height with width=auto",
            "write width=auto alone",
        ),
        (recipe.fast, "compression", LEAVE_OUT),
        (edits.trim.is_some(), "trim", LEAVE_OUT),
        (edits.turn != Turn::default(), "rotate or flip", LEAVE_OUT),
        (edits.background.is_some(), "background", LEAVE_OUT),
        (edits.border.is_some(), "border", LEAVE_OUT),
        (
            edits.adjust != Adjust::NONE,
            "a blur, a sharpening or a colour adjustment",
            LEAVE_OUT,
        ),
        (!edits.draw.is_empty(), "draw", LEAVE_OUT),
    ];
    match checks.into_iter().find(|&(given, ..)| given) {
        Some((_, option, allowed)) => Err(unsigned(option, allowed)),
        None => Ok(()),
    }
}

impl RawRecipe {
    /// The first option that is given beside a preset and may not be.
    fn first_beside_preset(&self) -> &'static str {
        let given = [
            (self.width.is_some(), "width"),
            (self.height.is_some(), "height"),
            (self.fit.is_some(), "fit"),
            (self.gravity.is_some(), "gravity"),
            (self.zoom.is_some(), "zoom"),
            (self.quality.is_some(), "quality"),
            (self.slow_quality.is_some(), "slow-connection-quality"),
            (self.fast.is_some(), "compression"),
            (self.metadata.is_some(), "metadata"),
            (self.anim.is_some(), "anim"),
            (self.rotate.is_some(), "rotate"),
            (self.flip.is_some(), "flip"),
            (self.background.is_some(), "background"),
            (self.trim != RawTrim::default(), "trim"),
            (self.border != RawBorder::default(), "border"),
            (self.draw.iter().any(Option::is_some), "draw"),
        ];
        let found = given.into_iter().find(|&(given, _)| given);
        found.map_or("a colour adjustment", |(_, option)| option)
    }
}
