//! The recipe: what a URL asks to be made of a picture.
//!
//! # The grammar
//!
//! `/img/{options}/{creator}/{drop}/{file}`, where the options are those of
//! Cloudflare's image URLs (`width=640,fit=cover,format=auto`). [`RawRecipe`]
//! parses them, [`Recipe`] is their one form: two texts that make the same
//! pixels are one `Recipe`, one [`Recipe::canonical`] text and one cache key.
//!
//! | option | values | default |
//! |---|---|---|
//! | `width`, `w` | 1 to 12000, `auto` | the source's |
//! | `height`, `h` | 1 to 12000 | the source's |
//! | `dpr` | 0.1 to 3; multiplies every length in pixels | 1 |
//! | `fit` | `scale-down contain cover crop aspect-crop pad squeeze` | `scale-down` |
//! | `gravity`, `g` | `auto face center left right top bottom`, `0.5x0.33` | `center` |
//! | `zoom`, `face-zoom` | 0 to 1, with `gravity=face` | 0 |
//! | `quality`, `q` | 1 to 100, `high medium-high medium-low low` | 85 |
//! | `slow-connection-quality`, `scq` | as `quality` | none |
//! | `format`, `f` | `auto json jpeg (jpg) baseline-jpeg png webp avif jxl gif` | the source's |
//! | `compression` | `fast` | none |
//! | `metadata` | `copyright keep none` | `copyright` |
//! | `anim` | `true false` | `true` |
//! | `onerror` | `redirect` | none |
//! | `rotate`, `flip` | 0 90 180 270; `h v hv`; the flip comes first | none |
//! | `trim` | `top;right;bottom;left` in pixels or parts below 1; `border` | none |
//! | `trim.top .right .bottom .left .width .height` | pixels, or a part | none |
//! | `trim.border.color .tolerance .keep` | a colour; 0 to 255; pixels | found; 10; 0 |
//! | `background` | a colour | white where `pad` needs one |
//! | `border`, `border.width` | 0 to 1000, or `top;right;bottom;left` | none |
//! | `border.top .right .bottom .left .color` | pixels; a colour | 0; black |
//! | `blur` | 1 to 250, 0 for none | 0 |
//! | `sharpen` | 0 to 10 | 0 |
//! | `brightness contrast gamma` | 0 to 10; 0 and 1 change nothing | 1 |
//! | `saturation` | 0 to 10; 0 is grey | 1 |
//! | `draw draw2 draw3 draw4` | `creator~drop~file;key:value;...` | none |
//! | `preset` | `card@2`, which may stand alone | none |
//!
//! # Where we differ from Cloudflare
//!
//! - An unknown option, a repeated one and a value out of range are errors that
//!   say what to write. Cloudflare ignores some; a typo then costs a cache entry
//!   and a wrong picture.
//! - `dpr` goes to 3, which phones have, not to 2. It multiplies overlays too,
//!   so that a picture looks the same at every density.
//! - `png`, `jxl`, `gif` and `jpg` can be named as formats.
//! - The levels of `quality` are fixed numbers, not measured likeness: one
//!   recipe, one set of pixels.
//! - `border` and `draw`, which Cloudflare takes in Workers only, have a form for
//!   URLs. Overlays are files of this marketplace, never addresses.
//! - Factors end at 10, where every pixel is black or white; Cloudflare names no
//!   end. Decimals are kept to four places.
//! - `trim.border.tolerance` is how far off a colour may be (0 exact).
//! - An animation of more than 50 megapixels in all its frames, which Cloudflare
//!   sends on as it is, is shown as its first frame: what is sent on would have its
//!   metadata, and no preview.
//! - `segment` and `upscale=generate` need a model and are unknown here.

mod color;
mod color_names;
mod derivative;
mod error;
mod escape;
mod frame;
mod normal;
mod number;
mod overlay;
mod policy;
mod raw;
mod suggest;
mod text;
mod turn;
mod words;

#[cfg(test)]
mod tests;

pub use color::Color;
pub use derivative::Derivative;
pub use error::RecipeError;
pub use frame::{Border, End, Length, Span, Trim};
pub use number::Decimal;
pub use overlay::{Overlay, Place, Repeat};
pub use policy::{DERIVATIVES_PER_FILE, LADDER, Policy};
pub use raw::RawRecipe;
pub use turn::{Gravity, Rotate, Turn};
pub use words::{Fit, Flip, Format, Metadata, Output};

use super::preset::PresetBook;

/// Cloudflare's longest edge. Longer ones are no picture for a screen, and the
/// product of two must fit the engine's arithmetic.
pub const LONGEST_EDGE: u32 = 12_000;

/// The longest text of options, in bytes. The longest canonical text, with four
/// overlays and every option, is shorter; longer URLs meet limits of proxies.
pub const MOST_TEXT: usize = 2_048;

/// The most options. A recipe that uses everything has 31 in its canonical text.
pub const MOST_OPTIONS: usize = 32;

/// What a lossy picture is encoded with when nothing is said, as at Cloudflare.
pub const DEFAULT_QUALITY: u8 = 85;

/// What changes the pixels, in the order it happens: trim, turn, resize with
/// fit, adjust, background, border, overlays. `blur` and `sharpen` are done at
/// the resized size.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Edits {
    /// The width of the box, in pixels of the result, after the turn.
    pub width: Option<u32>,
    /// The height of the box.
    pub height: Option<u32>,
    /// How the picture meets the box. With one edge it is `contain` or
    /// `scale-down`; with none it is `scale-down`.
    pub fit: Fit,
    /// Which part is kept. Anything but the centre only if `fit` crops.
    pub gravity: Gravity,
    /// How close to crop to a face, 0 to 1; only with [`Gravity::Face`].
    pub zoom: Decimal,
    /// What is cut off first, before the turn.
    pub trim: Option<Trim>,
    /// How the picture is mirrored and turned, on top of its EXIF orientation.
    pub turn: Turn,
    /// What lies under the picture. `None` keeps transparency, fills the rest of
    /// a `pad` with white, and puts white under what becomes JPEG.
    pub background: Option<Color>,
    /// The frame around the result; it adds to the size.
    pub border: Option<Border>,
    /// Sharpness, light and colour.
    pub adjust: Adjust,
    /// Which facts stay.
    pub metadata: Metadata,
    /// Whether frames after the first stay.
    pub anim: bool,
    /// What is drawn on top, lowest first; at most four.
    pub draw: Vec<Overlay>,
}

/// Sharpness, light and colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Adjust {
    /// The radius of a blur, 1 to 250; 0 is none.
    pub blur: Decimal,
    /// The strength of sharpening, up to 10; 0 is none.
    pub sharpen: Decimal,
    /// A factor; 1 changes nothing. Never 0.
    pub brightness: Decimal,
    /// A factor; 1 changes nothing. Never 0.
    pub contrast: Decimal,
    /// A factor; 1 changes nothing, 0 is grey.
    pub saturation: Decimal,
    /// An exposure; 1 changes nothing, more is lighter. Never 0.
    pub gamma: Decimal,
}

impl Adjust {
    /// Nothing is changed.
    pub const NONE: Self = Self {
        blur: Decimal::ZERO,
        sharpen: Decimal::ZERO,
        brightness: Decimal::ONE,
        contrast: Decimal::ONE,
        saturation: Decimal::ONE,
        gamma: Decimal::ONE,
    };
}

/// What a URL asks for, in its one form. It may still leave to the client what
/// only the client knows (`width=auto`, `format=auto`, a slow connection); a
/// [`Derivative`] has that settled.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Recipe {
    auto_width: bool,
    format: Option<Format>,
    quality: Option<u8>,
    slow_quality: Option<u8>,
    fast: bool,
    redirect: bool,
    edits: Edits,
}

impl Recipe {
    /// Parses options that name no preset, taking everything in range: for
    /// canonical texts, presets and tests. A request goes through
    /// [`RawRecipe::resolve`] with its policy.
    pub fn parse(text: &str) -> Result<Self, RecipeError> {
        RawRecipe::parse(text)?.resolve(&PresetBook::default(), Policy::Signed)
    }

    /// A recipe of another grammar, which leaves nothing to the client.
    #[must_use]
    pub(in crate::media) fn exact(edits: Edits, output: Output) -> Self {
        Self {
            auto_width: false,
            format: Some(Format::As(output)),
            quality: None,
            slow_quality: None,
            fast: false,
            redirect: false,
            edits,
        }
    }

    /// What changes the pixels. Its width is `None` under `width=auto`.
    #[must_use]
    pub fn edits(&self) -> &Edits {
        &self.edits
    }

    /// Whether the width is the client's to say (`width=auto`).
    #[must_use]
    pub fn auto_width(&self) -> bool {
        self.auto_width
    }

    /// What is to be written; without it, the source's format.
    #[must_use]
    pub fn format(&self) -> Option<Format> {
        self.format
    }

    /// The quality that was asked for.
    #[must_use]
    pub fn quality(&self) -> Option<u8> {
        self.quality
    }

    /// The quality for a slow connection, if it is another.
    #[must_use]
    pub fn slow_quality(&self) -> Option<u8> {
        self.slow_quality
    }

    /// Whether the quickest encoding is wanted (`compression=fast`): then the
    /// format is the quickest too, and nothing is refined later.
    #[must_use]
    pub fn fast(&self) -> bool {
        self.fast
    }

    /// Whether a picture that cannot be made is answered with a redirect to the
    /// original (`onerror=redirect`).
    #[must_use]
    pub fn redirects_on_error(&self) -> bool {
        self.redirect
    }
}

/// So many pixels at a device pixel ratio, if that is at most `most`.
fn scaled(pixels: u32, dpr: Decimal, least: u32, most: u32) -> Option<u32> {
    Some(dpr.times(pixels).max(least)).filter(|&pixels| pixels <= most)
}
