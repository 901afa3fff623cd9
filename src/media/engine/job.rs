//! What is to be done to a picture: a [`Job`], free of any textual grammar.
//!
//! The fields follow the meaning of Cloudflare's image options. Whoever makes a
//! `Job` has already multiplied by `dpr`: every length here is in pixels of the
//! derivative, except for [`Trim`], which is in pixels of the source.

use serde::{Deserialize, Serialize};

use super::budget::Budget;
use super::raster::blend;

/// Everything the engine needs to know to make one derivative.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// Size, crop and orientation.
    pub geometry: Geometry,
    /// Brightness, contrast, saturation and gamma.
    pub tone: Tone,
    /// Blur radius, 0 (none) to 250.
    pub blur: f32,
    /// Sharpening, 0 (none) to 10.
    pub sharpen: f32,
    /// Painted beneath transparent pixels and into padding. `None` is transparent
    /// where the output can say so and white where it cannot.
    pub background: Option<Colour>,
    /// A frame added around the target box.
    pub border: Option<Border>,
    /// Pictures drawn on top, in order.
    pub overlays: Vec<Overlay>,
    /// Whether all frames of an animation are wanted, and not the first alone.
    pub moving: bool,
    /// What to write.
    pub output: OutputFormat,
    /// 1 (small) to 100 (faithful).
    pub quality: u8,
    /// Whether somebody is waiting.
    pub effort: Effort,
    /// Which facts about the picture travel with it.
    pub metadata: Metadata,
    /// What the work may cost.
    pub budget: Budget,
}

impl Job {
    /// A job that re-encodes the picture as it is, upright.
    #[must_use]
    pub fn new(output: OutputFormat) -> Self {
        Self {
            geometry: Geometry::default(),
            tone: Tone::default(),
            blur: 0.0,
            sharpen: 0.0,
            background: None,
            border: None,
            overlays: Vec::new(),
            moving: false,
            output,
            quality: 85,
            effort: Effort::First,
            metadata: Metadata::Copyright,
            budget: Budget::default(),
        }
    }
}

/// Size, crop and orientation. Steps are taken in this order: the orientation
/// recorded in the file, trim, flip, rotate, fit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Geometry {
    /// Target width after rotation.
    pub width: Option<u32>,
    /// Target height after rotation.
    pub height: Option<u32>,
    /// How the picture fills the box of `width` and `height`.
    pub fit: Fit,
    /// Which part survives a crop, or where a padded picture sits.
    pub gravity: Gravity,
    /// How closely an automatic crop closes in on its subject, 0 to 1.
    pub zoom: f32,
    /// What is cut off first.
    pub trim: Trim,
    /// A turn, clockwise.
    pub rotate: Rotation,
    /// A mirroring, done before the turn.
    pub flip: Flip,
}

impl Default for Geometry {
    fn default() -> Self {
        Self {
            width: None,
            height: None,
            fit: Fit::ScaleDown,
            gravity: Gravity::CENTRE,
            zoom: 0.0,
            trim: Trim::None,
            rotate: Rotation::None,
            flip: Flip::default(),
        }
    }
}

/// How a picture fills its box.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fit {
    /// Inside the box, never enlarged.
    ScaleDown,
    /// As large as the box allows.
    Contain,
    /// Exactly the box; what sticks out is cut off.
    Cover,
    /// As `Cover`, never enlarged.
    Crop,
    /// The box's shape, never enlarged.
    AspectCrop,
    /// As `Contain`, and the rest of the box is filled with the background.
    Pad,
    /// Exactly the box, the proportions are given up.
    Squeeze,
}

/// The point of interest.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Gravity {
    /// The engine looks for the most telling part.
    Auto,
    /// A side of the picture.
    Side(Side),
    /// A point, each coordinate from 0 (left, top) to 1.
    Point {
        /// From the left.
        x: f32,
        /// From the top.
        y: f32,
    },
}

impl Gravity {
    /// The middle of the picture.
    pub const CENTRE: Self = Self::Point { x: 0.5, y: 0.5 };
}

/// A side of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Side {
    /// Left edge, centred vertically.
    Left,
    /// Right edge, centred vertically.
    Right,
    /// Top edge, centred horizontally.
    Top,
    /// Bottom edge, centred horizontally.
    Bottom,
}

/// What is cut off before anything else, in pixels of the upright source.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub enum Trim {
    /// Nothing.
    #[default]
    None,
    /// So many pixels from each side.
    Sides {
        /// From the top.
        top: u32,
        /// From the right.
        right: u32,
        /// From the bottom.
        bottom: u32,
        /// From the left.
        left: u32,
    },
    /// A rectangle is kept; what is not given reaches to the far edge.
    Rectangle {
        /// Left edge.
        left: u32,
        /// Top edge.
        top: u32,
        /// Width to keep.
        width: Option<u32>,
        /// Height to keep.
        height: Option<u32>,
    },
    /// A border of one colour is looked for and removed.
    Border {
        /// Its colour; that of the top left pixel when not given.
        colour: Option<Colour>,
        /// How far a channel may be off, 0 to 255.
        tolerance: u8,
        /// How many pixels of it stay.
        keep: u32,
    },
}

/// A clockwise turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Rotation {
    /// None.
    #[default]
    None,
    /// By 90 degrees.
    Quarter,
    /// By 180 degrees.
    Half,
    /// By 270 degrees.
    ThreeQuarters,
}

/// A mirroring.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Flip {
    /// Left becomes right.
    pub horizontal: bool,
    /// Top becomes bottom.
    pub vertical: bool,
}

/// A colour in sRGB with straight (not premultiplied) alpha.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Colour {
    /// Red.
    pub red: u8,
    /// Green.
    pub green: u8,
    /// Blue.
    pub blue: u8,
    /// 0 is transparent, 255 opaque.
    pub alpha: u8,
}

impl Colour {
    /// Opaque white, the paper of formats without transparency.
    pub const WHITE: Self = Self {
        red: 255,
        green: 255,
        blue: 255,
        alpha: 255,
    };
    /// This colour painted over another.
    #[must_use]
    pub(super) fn over(self, under: Self) -> Self {
        let bytes = |c: Self| [c.red, c.green, c.blue, c.alpha];
        let [red, green, blue, alpha] = blend(bytes(under), bytes(self));
        Self {
            red,
            green,
            blue,
            alpha,
        }
    }

    /// Nothing at all.
    pub const TRANSPARENT: Self = Self {
        red: 0,
        green: 0,
        blue: 0,
        alpha: 0,
    };
}

/// Factors; 1 changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Tone {
    /// Multiplies every channel.
    pub brightness: f32,
    /// Stretches around mid grey.
    pub contrast: f32,
    /// 0 is grey.
    pub saturation: f32,
    /// Above 1 lightens the shadows, below 1 darkens them.
    pub gamma: f32,
}

impl Default for Tone {
    fn default() -> Self {
        Self {
            brightness: 1.0,
            contrast: 1.0,
            saturation: 1.0,
            gamma: 1.0,
        }
    }
}

/// A frame around the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Border {
    /// Its colour.
    pub colour: Colour,
    /// Height of the upper bar.
    pub top: u32,
    /// Width of the right bar.
    pub right: u32,
    /// Height of the lower bar.
    pub bottom: u32,
    /// Width of the left bar.
    pub left: u32,
}

/// A picture drawn on top of another: a logo, a watermark.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Overlay {
    /// The encoded file (PNG, JPEG, WebP or GIF), already checked.
    pub source: Vec<u8>,
    /// Its own size and orientation.
    pub geometry: Geometry,
    /// 0 (invisible) to 1.
    pub opacity: f32,
    /// Whether it is repeated, and along which axis.
    pub repeat: Repeat,
    /// Distance from the edges; an axis without one is centred.
    pub placement: Placement,
    /// Painted beneath the overlay.
    pub background: Option<Colour>,
}

/// Along which axis an overlay is tiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Repeat {
    /// Once.
    #[default]
    None,
    /// In a row.
    X,
    /// In a column.
    Y,
    /// All over.
    Both,
}

/// Where an overlay sits, in pixels from the edges of the derivative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Placement {
    /// From the top.
    pub top: Option<i32>,
    /// From the right; ignored when `left` is given.
    pub right: Option<i32>,
    /// From the bottom; ignored when `top` is given.
    pub bottom: Option<i32>,
    /// From the left.
    pub left: Option<i32>,
}

/// What is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum OutputFormat {
    /// JPEG, 4:2:0 (4:4:4 from quality 90).
    Jpeg,
    /// JPEG that is never progressive, for old viewers.
    BaselineJpeg,
    /// PNG, every colour kept.
    Png,
    /// PNG with at most 256 colours.
    PalettePng,
    /// GIF.
    Gif,
    /// Facts about the derivative as JSON, in place of it.
    Facts,
    /// Straight RGBA, eight bits a channel, rows from the top: what an encoder
    /// outside this room takes.
    Rgba,
}

impl OutputFormat {
    /// Its media type.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg | Self::BaselineJpeg => "image/jpeg",
            Self::Png | Self::PalettePng => "image/png",
            Self::Gif => "image/gif",
            Self::Facts => "application/json",
            Self::Rgba => "application/octet-stream",
        }
    }
}

/// How long an encoder may look for a smaller file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Effort {
    /// Somebody is waiting for it.
    First,
    /// The file has been served already; now it shall become small.
    Refined,
}

/// Which facts about the picture travel with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Metadata {
    /// None.
    None,
    /// Creator, copyright, licence and credit.
    #[default]
    Copyright,
    /// All but position, serial numbers and embedded previews.
    Keep,
}
