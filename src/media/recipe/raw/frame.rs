//! The options of `trim` and of `border`, which come in parts.

use super::put;
use crate::media::recipe::color::{COLOR, Color};
use crate::media::recipe::error::RecipeError;
use crate::media::recipe::frame::{LONGEST_CUT, Length, WIDEST_BORDER, border_sides};
use crate::media::recipe::number::integer_within;

/// The value of `trim` itself; its parts have options of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::media::recipe) enum TrimValue {
    Border,
    Sides([Length; 4]),
}

/// The options whose names begin with `trim`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::media::recipe) struct RawTrim {
    pub(in crate::media::recipe) value: Option<TrimValue>,
    pub(in crate::media::recipe) top: Option<Length>,
    pub(in crate::media::recipe) right: Option<Length>,
    pub(in crate::media::recipe) bottom: Option<Length>,
    pub(in crate::media::recipe) left: Option<Length>,
    pub(in crate::media::recipe) width: Option<Length>,
    pub(in crate::media::recipe) height: Option<Length>,
    pub(in crate::media::recipe) color: Option<Color>,
    pub(in crate::media::recipe) tolerance: Option<u8>,
    pub(in crate::media::recipe) keep: Option<u32>,
}

/// The options whose names begin with `border`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::media::recipe) struct RawBorder {
    pub(in crate::media::recipe) sides: Option<[u32; 4]>,
    pub(in crate::media::recipe) top: Option<u32>,
    pub(in crate::media::recipe) right: Option<u32>,
    pub(in crate::media::recipe) bottom: Option<u32>,
    pub(in crate::media::recipe) left: Option<u32>,
    pub(in crate::media::recipe) color: Option<Color>,
}

const CUT: &str = "a whole number of pixels up to 100000, or a part of the edge such as 0.25";
const SIDE: &str = "a whole number of pixels from 0 to 1000";

impl RawTrim {
    pub(super) fn take(&mut self, name: &str, text: &str) -> Result<bool, RecipeError> {
        let length = || Length::parse(text);
        let size = || Length::parse_size(text);
        match name {
            "trim" => {
                let expected = "border, or four lengths as top;right;bottom;left";
                let value = match text {
                    "border" => Some(TrimValue::Border),
                    sides => Length::parse_sides(sides).map(TrimValue::Sides),
                };
                put(&mut self.value, "trim", text, expected, value)
            }
            "trim.top" => put(&mut self.top, "trim.top", text, CUT, length()),
            "trim.right" => put(&mut self.right, "trim.right", text, CUT, length()),
            "trim.bottom" => put(&mut self.bottom, "trim.bottom", text, CUT, length()),
            "trim.left" => put(&mut self.left, "trim.left", text, CUT, length()),
            "trim.width" => put(&mut self.width, "trim.width", text, CUT, size()),
            "trim.height" => put(&mut self.height, "trim.height", text, CUT, size()),
            "trim.border.color" => put(
                &mut self.color,
                "trim.border.color",
                text,
                COLOR,
                Color::parse(text),
            ),
            "trim.border.tolerance" => {
                let expected = "a whole number from 0 to 255";
                let tolerance = integer_within(text, 0, 255).and_then(|n| u8::try_from(n).ok());
                put(
                    &mut self.tolerance,
                    "trim.border.tolerance",
                    text,
                    expected,
                    tolerance,
                )
            }
            "trim.border.keep" => {
                let keep = integer_within(text, 0, LONGEST_CUT);
                put(
                    &mut self.keep,
                    "trim.border.keep",
                    text,
                    "a whole number of pixels",
                    keep,
                )
            }
            _ => Ok(false),
        }
    }
}

impl RawBorder {
    pub(super) fn take(&mut self, name: &str, text: &str) -> Result<bool, RecipeError> {
        let side = || integer_within(text, 0, WIDEST_BORDER);
        match name {
            "border" | "border.width" => {
                let expected =
                    "a width from 0 to 1000 pixels, or four of them as top;right;bottom;left";
                put(
                    &mut self.sides,
                    "border",
                    text,
                    expected,
                    border_sides(text),
                )
            }
            "border.top" => put(&mut self.top, "border.top", text, SIDE, side()),
            "border.right" => put(&mut self.right, "border.right", text, SIDE, side()),
            "border.bottom" => put(&mut self.bottom, "border.bottom", text, SIDE, side()),
            "border.left" => put(&mut self.left, "border.left", text, SIDE, side()),
            "border.color" => put(
                &mut self.color,
                "border.color",
                text,
                COLOR,
                Color::parse(text),
            ),
            _ => Ok(false),
        }
    }
}
