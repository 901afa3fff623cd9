//! What is cut off before the picture is resized (`trim`) and put around it
//! afterwards (`border`).

use super::color::Color;
use super::number::{Decimal, integer, integer_within};

/// No source has a longer edge: 100 megapixels in one row of 1000 pixels height.
pub(crate) const LONGEST_CUT: u32 = 100_000;

/// A border wider than this is a picture of a border.
pub(crate) const WIDEST_BORDER: u32 = 1_000;

/// A length on the source: pixels, or a part of its edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Length {
    /// Pixels.
    Pixels(u32),
    /// A part of the edge, more than 0 and less than 1.
    Part(Decimal),
}

impl Length {
    const NONE: Self = Self::Pixels(0);

    /// `20` is pixels; what has a point, as `0.25`, is a part.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if !text.contains('.') {
            return integer(text)
                .filter(|&n| n <= LONGEST_CUT)
                .map(Self::Pixels);
        }
        match Decimal::parse(text)? {
            Decimal::ZERO => Some(Self::NONE),
            part => (part < Decimal::ONE).then_some(Self::Part(part)),
        }
    }

    /// A length that leaves something.
    pub(crate) fn parse_size(text: &str) -> Option<Self> {
        Self::parse(text).filter(|&length| length != Self::NONE)
    }

    /// Four lengths: top, right, bottom, left.
    pub(crate) fn parse_sides(text: &str) -> Option<[Self; 4]> {
        let sides: Vec<Self> = text
            .split(';')
            .take(5)
            .map(Self::parse)
            .collect::<Option<_>>()?;
        sides.try_into().ok()
    }

    /// So many pixels of an edge this long.
    #[must_use]
    pub fn of(self, edge: u32) -> u32 {
        match self {
            Self::Pixels(pixels) => pixels.min(edge),
            Self::Part(part) => part.times(edge),
        }
    }

    fn part(self) -> Decimal {
        match self {
            Self::Pixels(_) => Decimal::ZERO,
            Self::Part(part) => part,
        }
    }
}

impl std::fmt::Display for Length {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Pixels(pixels) => write!(f, "{pixels}"),
            Self::Part(part) => write!(f, "{part}"),
        }
    }
}

/// Where the kept part of an axis ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum End {
    /// So far before the far edge (`trim.right`, `trim.bottom`).
    Inset(Length),
    /// So far after where it starts (`trim.width`, `trim.height`).
    Size(Length),
}

/// The kept part of one axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Span {
    /// How much is cut at the near edge.
    pub start: Length,
    /// Where it ends.
    pub end: End,
}

impl Span {
    /// All of the axis.
    pub const WHOLE: Self = Self {
        start: Length::NONE,
        end: End::Inset(Length::NONE),
    };

    /// Whether something is left on every edge: two parts must not make a whole.
    pub(crate) fn leaves_something(self) -> bool {
        match self.end {
            End::Inset(end) => {
                self.start.part().steps() + end.part().steps() < Decimal::ONE.steps()
            }
            End::Size(_) => true,
        }
    }

    /// The start and the length of the kept part on an edge of `edge` pixels,
    /// or `None` if nothing is left of it.
    #[must_use]
    pub fn on(self, edge: u32) -> Option<(u32, u32)> {
        let start = self.start.of(edge);
        let left = edge.checked_sub(start)?;
        let length = match self.end {
            End::Inset(inset) => left.checked_sub(inset.of(edge))?,
            End::Size(size) => left.min(size.of(edge)),
        };
        (length > 0).then_some((start, length))
    }
}

/// What is cut off before anything else is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Trim {
    /// All but a window.
    Window {
        /// What is kept from left to right.
        across: Span,
        /// What is kept from top to bottom.
        down: Span,
    },
    /// A border of one colour.
    Border {
        /// The colour; without it, the one found in the corner.
        color: Option<Color>,
        /// How far a channel may be from the colour and still be border, 0
        /// (exactly the colour) to 255. (Cloudflare's reference has the two
        /// ends both ways round; this is the usual meaning of a tolerance.)
        tolerance: u8,
        /// How many pixels of the border are left on.
        keep: u32,
    },
}

impl Trim {
    /// Enough for the noise that JPEG leaves on a flat border.
    pub(crate) const TOLERANCE: u8 = 10;
}

/// A frame around the finished picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Border {
    /// Pixels at the top.
    pub top: u32,
    /// Pixels at the right.
    pub right: u32,
    /// Pixels at the bottom.
    pub bottom: u32,
    /// Pixels at the left.
    pub left: u32,
    /// Its colour.
    pub color: Color,
}

/// Parses the widths of a border: one for all sides, or top, right, bottom, left.
pub(crate) fn border_sides(text: &str) -> Option<[u32; 4]> {
    let side = |text| integer_within(text, 0, WIDEST_BORDER);
    if let Some(all) = side(text) {
        return Some([all; 4]);
    }
    let sides: Vec<u32> = text.split(';').take(5).map(side).collect::<Option<_>>()?;
    sides.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_what_is_left_of_an_edge() {
        let span = |start, end| Span {
            start: Length::parse(start).unwrap(),
            end,
        };
        let inset = |text| End::Inset(Length::parse(text).unwrap());
        let size = |text| End::Size(Length::parse(text).unwrap());
        assert_eq!(Span::WHOLE.on(100), Some((0, 100)));
        assert_eq!(span("20", inset("30")).on(100), Some((20, 50)));
        assert_eq!(span("0.25", inset("0.25")).on(100), Some((25, 50)));
        assert_eq!(span("20", size("30")).on(100), Some((20, 30)));
        assert_eq!(span("90", size("30")).on(100), Some((90, 10)));
        assert_eq!(span("60", inset("60")).on(100), None);
        assert_eq!(span("100", size("1")).on(100), None);
        assert_eq!(Span::WHOLE.on(0), None);
    }

    #[test]
    fn lengths_are_pixels_or_parts() {
        assert_eq!(Length::parse("0.0"), Some(Length::Pixels(0)));
        assert_eq!(Length::parse("20").unwrap().to_string(), "20");
        assert_eq!(Length::parse("0.250").unwrap().to_string(), "0.25");
        for bad in ["", "1.0", "1.5", "-1", "100001", "x", "0.99999"] {
            assert_eq!(Length::parse(bad), None, "{bad:?} was taken");
        }
        assert!(Length::parse_sides("1;2;3").is_none());
        assert!(Length::parse_sides("1;2;3;4;5").is_none());
        assert_eq!(border_sides("5"), Some([5; 4]));
        assert_eq!(border_sides("1;2;3;4"), Some([1, 2, 3, 4]));
    }
}
