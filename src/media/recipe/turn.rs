//! Which part of a picture is kept, and how it lies.

use super::number::Decimal;
use super::words::Flip;

/// Which part of the picture is kept when it is cropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Gravity {
    /// Where the picture draws the eye.
    Auto,
    /// Where faces are; the centre if there are none.
    Face,
    /// Around a point, as fractions of the width and the height.
    Point {
        /// From the left edge, 0 to 1.
        x: Decimal,
        /// From the top edge, 0 to 1.
        y: Decimal,
    },
}

impl Gravity {
    /// The middle of the picture, the default.
    pub const CENTER: Self = Self::point(Decimal::HALF, Decimal::HALF);

    const fn point(x: Decimal, y: Decimal) -> Self {
        Self::Point { x, y }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        const NEAR: Decimal = Decimal::ZERO;
        const FAR: Decimal = Decimal::ONE;
        const MIDDLE: Decimal = Decimal::HALF;
        Some(match text {
            "auto" => Self::Auto,
            "face" => Self::Face,
            "center" => Self::CENTER,
            "left" => Self::point(NEAR, MIDDLE),
            "right" => Self::point(FAR, MIDDLE),
            "top" => Self::point(MIDDLE, NEAR),
            "bottom" => Self::point(MIDDLE, FAR),
            point => {
                let (x, y) = point.split_once('x')?;
                let fraction = |text| Decimal::within(text, NEAR, FAR);
                Self::point(fraction(x)?, fraction(y)?)
            }
        })
    }
}

impl std::fmt::Display for Gravity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Face => f.write_str("face"),
            Self::Point { x, y } => write!(f, "{x}x{y}"),
        }
    }
}

/// One of the eight ways a picture can lie: mirrored left to right or not, then
/// turned clockwise. Flips and turns together come to one of these, so that
/// `flip=hv` and `rotate=180` are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Turn {
    /// Mirrored left to right, before it is turned.
    pub mirrored: bool,
    /// Quarter turns clockwise, 0 to 3.
    pub quarters: u8,
}

impl Turn {
    /// The flip first, then the turn, as Cloudflare does it.
    pub(crate) fn new(flip: Option<Flip>, rotate: Option<Rotate>) -> Self {
        let (mirrored, flipped) = match flip {
            None => (false, 0),
            Some(Flip::Horizontal) => (true, 0),
            Some(Flip::Vertical) => (true, 2),
            Some(Flip::Both) => (false, 2),
        };
        let turned = rotate.map_or(0, |Rotate(quarters)| quarters);
        Self {
            mirrored,
            quarters: (flipped + turned) % 4,
        }
    }

    /// Whether width and height change places.
    #[must_use]
    pub fn swaps_edges(self) -> bool {
        self.quarters % 2 == 1
    }
}

/// Quarter turns clockwise, as `rotate` gives them in degrees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Rotate(pub(crate) u8);

impl Rotate {
    pub(crate) fn parse(degrees: &str) -> Option<Self> {
        match degrees {
            "0" | "360" => Some(Self(0)),
            "90" => Some(Self(1)),
            "180" => Some(Self(2)),
            "270" => Some(Self(3)),
            _ => None,
        }
    }

    /// Quarter turns clockwise, 0 to 3.
    #[must_use]
    pub fn quarters(self) -> u8 {
        self.0
    }

    /// The turn in degrees.
    #[must_use]
    pub fn degrees(self) -> u16 {
        u16::from(self.0) * 90
    }
}
