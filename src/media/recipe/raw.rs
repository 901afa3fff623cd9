//! The options as they are given: each value parsed, none yet weighed against
//! another.

use super::color::{COLOR, Color};
use super::error::RecipeError;
use super::escape::decode;
use super::number::{Decimal, integer_within};
use super::overlay::{OVERLAY, Overlay};
use super::suggest::nearest;
use super::turn::{Gravity, Rotate};
use super::words::{Fit, Flip, Format, Metadata, quality};
use super::{LONGEST_EDGE, MOST_OPTIONS, MOST_TEXT};
use crate::media::preset::PresetName;

mod frame;

pub(super) use frame::{RawBorder, RawTrim, TrimValue};

/// The value of `width`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Width {
    Auto,
    Pixels(u32),
}

/// A recipe as it was written: every option parsed into its type and its range,
/// but presets not looked up, options not combined and defaults not dropped.
/// [`RawRecipe::resolve`] makes a [`super::Recipe`] of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RawRecipe {
    pub(super) preset: Option<PresetName>,
    pub(super) width: Option<Width>,
    pub(super) height: Option<u32>,
    pub(super) dpr: Option<Decimal>,
    pub(super) fit: Option<Fit>,
    pub(super) gravity: Option<Gravity>,
    pub(super) zoom: Option<Decimal>,
    pub(super) quality: Option<u8>,
    pub(super) slow_quality: Option<u8>,
    pub(super) format: Option<Format>,
    pub(super) fast: Option<()>,
    pub(super) redirect: Option<()>,
    pub(super) metadata: Option<Metadata>,
    pub(super) anim: Option<bool>,
    pub(super) rotate: Option<Rotate>,
    pub(super) flip: Option<Flip>,
    pub(super) background: Option<Color>,
    pub(super) blur: Option<Decimal>,
    pub(super) sharpen: Option<Decimal>,
    pub(super) brightness: Option<Decimal>,
    pub(super) contrast: Option<Decimal>,
    pub(super) saturation: Option<Decimal>,
    pub(super) gamma: Option<Decimal>,
    pub(super) trim: RawTrim,
    pub(super) border: RawBorder,
    pub(super) draw: [Option<Overlay>; 4],
}

const EDGE: &str = "a whole number of pixels from 1 to 12000";
const FACTOR: &str = "a number from 0 to 10, such as 1.2; 1 changes nothing";
const QUALITY: &str =
    "a whole number from 1 to 100, or one of high, medium-high, medium-low and low";
const TEN: Decimal = Decimal::whole(10);

impl RawRecipe {
    /// Parses the options of a URL: `name=value`, parted by commas. The text is
    /// taken as it stands in the path: it is split at its literal commas and at
    /// each part's first literal `=`, and every name and value is then
    /// percent-decoded once. So a comma inside a value is `%2C`.
    pub fn parse(text: &str) -> Result<Self, RecipeError> {
        if text.is_empty() {
            return Err(RecipeError::Empty);
        }
        if text.len() > MOST_TEXT {
            return Err(RecipeError::TooLong {
                found: text.len(),
                most: MOST_TEXT,
            });
        }
        let mut raw = Self::default();
        for (count, part) in text.split(',').enumerate() {
            if count >= MOST_OPTIONS {
                return Err(RecipeError::TooMany { most: MOST_OPTIONS });
            }
            raw.take(part)?;
        }
        Ok(raw)
    }

    /// The preset it names.
    #[must_use]
    pub fn preset(&self) -> Option<&PresetName> {
        self.preset.as_ref()
    }

    fn take(&mut self, part: &str) -> Result<(), RecipeError> {
        let Some((name, value)) = part.split_once('=') else {
            return self.take_preset(&decode(part)?);
        };
        let (name, value) = (decode(name)?, decode(value)?);
        let taken = self.take_size(&name, &value)?
            || self.take_output(&name, &value)?
            || self.take_look(&name, &value)?
            || self.trim.take(&name, &value)?
            || self.border.take(&name, &value)?
            || self.take_overlay(&name, &value)?;
        if taken {
            return Ok(());
        }
        Err(RecipeError::Unknown {
            meant: nearest(&name),
            given: RecipeError::shown(&name),
        })
    }

    /// A part without `=` is a preset's name and version, or a slip.
    fn take_preset(&mut self, text: &str) -> Result<(), RecipeError> {
        if !text.contains('@') {
            return Err(RecipeError::NoValue {
                given: RecipeError::shown(text),
            });
        }
        self.put_preset(text).map(|_| ())
    }

    fn put_preset(&mut self, text: &str) -> Result<bool, RecipeError> {
        let expected = "a preset's name and version, such as card@2";
        let preset = PresetName::parse_any(text);
        put(&mut self.preset, "preset", text, expected, preset)
    }

    fn take_size(&mut self, name: &str, text: &str) -> Result<bool, RecipeError> {
        match name {
            "preset" => self.put_preset(text),
            "width" | "w" => {
                let expected = "a whole number of pixels from 1 to 12000, or auto";
                let width = match text {
                    "auto" => Some(Width::Auto),
                    pixels => integer_within(pixels, 1, LONGEST_EDGE).map(Width::Pixels),
                };
                put(&mut self.width, "width", text, expected, width)
            }
            "height" | "h" => {
                let height = integer_within(text, 1, LONGEST_EDGE);
                put(&mut self.height, "height", text, EDGE, height)
            }
            "dpr" => {
                let expected = "a number from 0.1 to 3";
                let least = Decimal::ten_thousandths(1_000);
                let dpr = Decimal::within(text, least, Decimal::whole(3));
                put(&mut self.dpr, "dpr", text, expected, dpr)
            }
            "fit" => {
                let expected =
                    "one of scale-down, contain, cover, crop, aspect-crop, pad and squeeze";
                put(&mut self.fit, "fit", text, expected, Fit::parse(text))
            }
            "gravity" | "g" => {
                let expected = "auto, face, center, left, right, top, bottom, or a point such as 0.5x0.33 (each from 0 to 1)";
                put(
                    &mut self.gravity,
                    "gravity",
                    text,
                    expected,
                    Gravity::parse(text),
                )
            }
            "zoom" | "face-zoom" => {
                let zoom = Decimal::within(text, Decimal::ZERO, Decimal::ONE);
                put(&mut self.zoom, "zoom", text, "a number from 0 to 1", zoom)
            }
            _ => Ok(false),
        }
    }

    fn take_output(&mut self, name: &str, text: &str) -> Result<bool, RecipeError> {
        match name {
            "quality" | "q" => put(&mut self.quality, "quality", text, QUALITY, quality(text)),
            "slow-connection-quality" | "scq" => {
                let option = "slow-connection-quality";
                put(&mut self.slow_quality, option, text, QUALITY, quality(text))
            }
            "format" | "f" => {
                let expected =
                    "one of auto, json, jpeg, baseline-jpeg, png, webp, avif, jxl and gif";
                put(
                    &mut self.format,
                    "format",
                    text,
                    expected,
                    Format::parse(text),
                )
            }
            "compression" => {
                let fast = (text == "fast").then_some(());
                put(&mut self.fast, "compression", text, "fast", fast)
            }
            "onerror" => {
                let redirect = (text == "redirect").then_some(());
                put(&mut self.redirect, "onerror", text, "redirect", redirect)
            }
            "metadata" => {
                let expected = "one of copyright, keep and none";
                put(
                    &mut self.metadata,
                    "metadata",
                    text,
                    expected,
                    Metadata::parse(text),
                )
            }
            "anim" => {
                let anim = match text {
                    "true" => Some(true),
                    "false" => Some(false),
                    _ => None,
                };
                put(&mut self.anim, "anim", text, "true or false", anim)
            }
            _ => Ok(false),
        }
    }

    fn take_look(&mut self, name: &str, text: &str) -> Result<bool, RecipeError> {
        let factor = || Decimal::within(text, Decimal::ZERO, TEN);
        match name {
            "rotate" => {
                let expected = "one of 0, 90, 180 and 270";
                put(
                    &mut self.rotate,
                    "rotate",
                    text,
                    expected,
                    Rotate::parse(text),
                )
            }
            "flip" => put(
                &mut self.flip,
                "flip",
                text,
                "one of h, v and hv",
                Flip::parse(text),
            ),
            "background" => put(
                &mut self.background,
                "background",
                text,
                COLOR,
                Color::parse(text),
            ),
            "blur" => {
                let expected = "a number from 1 to 250, or 0 for none";
                let blur = Decimal::within(text, Decimal::ZERO, Decimal::whole(250))
                    .filter(|&radius| radius == Decimal::ZERO || radius >= Decimal::ONE);
                put(&mut self.blur, "blur", text, expected, blur)
            }
            "sharpen" => put(
                &mut self.sharpen,
                "sharpen",
                text,
                "a number from 0 to 10",
                factor(),
            ),
            "brightness" => put(&mut self.brightness, "brightness", text, FACTOR, factor()),
            "contrast" => put(&mut self.contrast, "contrast", text, FACTOR, factor()),
            "saturation" => put(&mut self.saturation, "saturation", text, FACTOR, factor()),
            "gamma" => put(&mut self.gamma, "gamma", text, FACTOR, factor()),
            _ => Ok(false),
        }
    }

    /// Overlays have numbered names, later ones on top, so that the order of
    /// the options never matters.
    fn take_overlay(&mut self, name: &str, text: &str) -> Result<bool, RecipeError> {
        let [first, second, third, fourth] = &mut self.draw;
        let (slot, option) = match name {
            "draw" => (first, "draw"),
            "draw2" => (second, "draw2"),
            "draw3" => (third, "draw3"),
            "draw4" => (fourth, "draw4"),
            _ => return Ok(false),
        };
        put(slot, option, text, OVERLAY, Overlay::parse(text))
    }
}

/// Fills an option's slot once, with a value that was understood.
fn put<T>(
    slot: &mut Option<T>,
    option: &'static str,
    given: &str,
    expected: &'static str,
    value: Option<T>,
) -> Result<bool, RecipeError> {
    if slot.is_some() {
        return Err(RecipeError::Twice { option });
    }
    let value = value.ok_or_else(|| RecipeError::Value {
        option,
        given: RecipeError::shown(given),
        expected,
    })?;
    *slot = Some(value);
    Ok(true)
}
