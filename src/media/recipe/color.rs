//! Colours: what CSS Color 4 lets a page write, as eight bits a channel.

use std::fmt;

use super::color_names::named;
use super::number::Decimal;

/// What to write for a colour, in the words of an error.
pub(crate) const COLOR: &str = "a colour: a CSS name, RRGGBB or RRGGBBAA (with %23 before it, or without), rgb(), hsl() or hwb(), with commas as %2C";

/// The number of steps of one in the arithmetic below (see [`Decimal`]).
const ONE: i64 = 10_000;

/// An sRGB colour, its alpha not multiplied in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Color {
    /// Red.
    pub red: u8,
    /// Green.
    pub green: u8,
    /// Blue.
    pub blue: u8,
    /// 0 lets everything through, 255 nothing.
    pub alpha: u8,
}

impl Color {
    /// Opaque black.
    pub const BLACK: Self = Self {
        red: 0,
        green: 0,
        blue: 0,
        alpha: 255,
    };
    /// Nothing at all; every colour with no alpha is this one.
    pub const TRANSPARENT: Self = Self {
        alpha: 0,
        ..Self::BLACK
    };

    /// Whether nothing shows through.
    #[must_use]
    pub fn is_opaque(self) -> bool {
        self.alpha == 255
    }

    /// Parses a CSS colour: a name, `#rgb`, `#rgba`, `#rrggbb`, `#rrggbbaa`
    /// (the `#` may be left out, since a URL has to escape it), `rgb()`,
    /// `hsl()` and `hwb()` in the modern and the comma form. `lab()`, `lch()`
    /// and `color()` are refused: what they hold outside sRGB has no one answer.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        // Form encoders write a space as '+', which no CSS colour needs.
        let text = text.to_ascii_lowercase().replace('+', " ");
        let text = text.trim();
        let color = if text == "transparent" {
            Some(Self::TRANSPARENT)
        } else if let Some(rgb) = named(text) {
            Self::hex(rgb)
        } else if let Some((function, rest)) = text.split_once('(') {
            Self::function(function, rest.strip_suffix(')')?)
        } else {
            Self::hex(text.strip_prefix('#').unwrap_or(text))
        }?;
        Some(if color.alpha == 0 {
            Self::TRANSPARENT
        } else {
            color
        })
    }

    const fn opaque([red, green, blue]: [u8; 3]) -> Self {
        Self {
            red,
            green,
            blue,
            alpha: 255,
        }
    }

    fn hex(digits: &str) -> Option<Self> {
        let nibbles: Vec<u8> = digits
            .chars()
            .take(9)
            .map(|digit| {
                digit
                    .to_digit(16)
                    .and_then(|nibble| u8::try_from(nibble).ok())
            })
            .collect::<Option<_>>()?;
        let bytes: Vec<u8> = match nibbles.len() {
            3 | 4 => nibbles.iter().map(|nibble| nibble * 17).collect(),
            6 | 8 => nibbles
                .chunks(2)
                .map(|pair| pair.iter().fold(0, |byte, nibble| byte * 16 + nibble))
                .collect(),
            _ => return None,
        };
        match *bytes.as_slice() {
            [red, green, blue] => Some(Self::opaque([red, green, blue])),
            [red, green, blue, alpha] => Some(Self {
                red,
                green,
                blue,
                alpha,
            }),
            _ => None,
        }
    }

    /// A colour function: three components and perhaps an alpha, parted by
    /// spaces, commas or a slash.
    fn function(name: &str, components: &str) -> Option<Self> {
        let parts: Vec<&str> = components
            .split([' ', ',', '/'])
            .filter(|part| !part.is_empty())
            .take(5)
            .collect();
        let (first, second, third, alpha) = match *parts.as_slice() {
            [first, second, third] => (first, second, third, "1"),
            [first, second, third, alpha] => (first, second, third, alpha),
            _ => return None,
        };
        let rgb = match name {
            "rgb" | "rgba" => [channel(first)?, channel(second)?, channel(third)?],
            "hsl" | "hsla" => hsl(hue(first)?, percent(second)?, percent(third)?).map(eight_bits),
            "hwb" => hwb(hue(first)?, percent(second)?, percent(third)?).map(eight_bits),
            _ => return None,
        };
        Some(Self {
            alpha: eight_bits(unit(alpha)?),
            ..Self::opaque(rgb)
        })
    }
}

/// Six hexadecimal digits, or eight if something shows through.
impl fmt::Display for Color {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02x}{:02x}{:02x}", self.red, self.green, self.blue)?;
        if self.is_opaque() {
            return Ok(());
        }
        write!(f, "{:02x}", self.alpha)
    }
}

fn steps(number: Decimal) -> i64 {
    i64::from(number.steps())
}

/// `50%` as a part of one; more than all is all.
fn percent(text: &str) -> Option<i64> {
    let number = Decimal::parse(text.strip_suffix('%')?)?;
    Some((steps(number) / 100).min(ONE))
}

/// An alpha: a number up to one, or a percentage; more is one, as CSS has it.
fn unit(text: &str) -> Option<i64> {
    percent(text).or_else(|| Some(steps(Decimal::parse(text)?).min(ONE)))
}

/// A channel of `rgb()`: 0 to 255 or a percentage; more is the most.
fn channel(text: &str) -> Option<u8> {
    match percent(text) {
        Some(part) => Some(eight_bits(part)),
        None => Some(eight_bits(steps(Decimal::parse(text)?) / 255)),
    }
}

/// A hue in degrees, in the steps of one degree, within the circle.
fn hue(text: &str) -> Option<i64> {
    let degrees = Decimal::parse(text.strip_suffix("deg").unwrap_or(text))?;
    Some(steps(degrees) % (360 * ONE))
}

fn eight_bits(part: i64) -> u8 {
    let rounded = (part.clamp(0, ONE) * 255 + ONE / 2) / ONE;
    u8::try_from(rounded).unwrap_or(u8::MAX)
}

/// CSS Color 4, section 7.1: the channels as parts of one.
fn hsl(hue: i64, saturation: i64, lightness: i64) -> [i64; 3] {
    let reach = saturation * lightness.min(ONE - lightness) / ONE;
    [0, 8, 4].map(|offset| {
        let sector = (offset * ONE + hue / 30) % (12 * ONE);
        let slope = (sector - 3 * ONE).min(9 * ONE - sector).clamp(-ONE, ONE);
        lightness - reach * slope / ONE
    })
}

/// CSS Color 4, section 8.1: the channels as parts of one.
fn hwb(hue: i64, white: i64, black: i64) -> [i64; 3] {
    if white + black >= ONE {
        return [white * ONE / (white + black); 3];
    }
    hsl(hue, ONE, ONE / 2).map(|pure| pure * (ONE - white - black) / ONE + white)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pairs of CSS Color 4's examples and of its sample table in
    /// section 7.1, with our own for the forms.
    #[test]
    fn one_colour_has_one_spelling() {
        for (given, canonical) in [
            ("red", "ff0000"),
            ("RebeccaPurple", "663399"),
            ("#F00", "ff0000"),
            ("f00", "ff0000"),
            ("#0f08", "00ff0088"),
            ("00ff00", "00ff00"),
            ("#3cb371ff", "3cb371"),
            ("rgb(240,40,145)", "f02891"),
            ("rgb(255 255 0)", "ffff00"),
            ("rgb(255+255+0)", "ffff00"),
            ("rgba(255 255 0 100)", "ffff00"),
            ("rgb(100% 50% 0%)", "ff8000"),
            ("rgb(0 0 0 / 50%)", "00000080"),
            ("rgba(0, 0, 0, .5)", "00000080"),
            ("rgb(300 0 0)", "ff0000"),
            ("rgba(240,40,145,0)", "00000000"),
            ("transparent", "00000000"),
            ("hsl(120deg 100% 25%)", "008000"),
            ("hsl(0, 100%, 50%)", "ff0000"),
            ("hsl(38.82 100% 50%)", "ffa500"),
            ("hsl(480 100% 50%)", "00ff00"),
            ("hwb(90 10% 10%)", "80e61a"),
            ("hwb(0 60% 60%)", "808080"),
            ("hwb(194 0% 0% / 0.5)", "00c4ff80"),
        ] {
            let color = Color::parse(given).unwrap_or_else(|| panic!("{given} was refused"));
            assert_eq!(color.to_string(), canonical, "{given}");
            assert_eq!(Color::parse(canonical), Some(color), "{canonical}");
        }
    }

    #[test]
    fn what_is_no_colour_is_refused() {
        for bad in [
            "",
            "#",
            "#12",
            "#12345",
            "#1234567",
            "#123456789",
            "octarine",
            "rgb(",
            "rgb()",
            "rgb(1)",
            "rgb(1 2)",
            "rgb(1 2 3 4 5)",
            "rgb(-1 2 3)",
            "rgb(1 2 3",
            "lab(50 1 1)",
            "hsl(1 1 1)",
            "hsl(1 50% 50% x)",
            "url(x)",
            "#ggg",
            "ff ff ff",
            "é",
            "#éé",
        ] {
            assert_eq!(Color::parse(bad), None, "{bad:?} was taken");
        }
    }
}
