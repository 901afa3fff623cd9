//! The eight ways a rectangle can lie: turns and mirrorings, and their products.

use super::job::{Flip, Rotation};

/// A product of quarter turns and mirrorings, as the matrix
/// `[x'] = [xx xy] [x]`, `[y'] = [yx yy] [y]`, y pointing down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Orientation {
    xx: i8,
    xy: i8,
    yx: i8,
    yy: i8,
}

impl Orientation {
    /// Upright.
    pub const UPRIGHT: Self = Self {
        xx: 1,
        xy: 0,
        yx: 0,
        yy: 1,
    };

    /// Columns become rows.
    pub(super) const TRANSPOSED: Self = Self {
        xx: 0,
        xy: 1,
        yx: 1,
        yy: 0,
    };

    /// From the value of EXIF tag 0x0112 (Exif 2.32, 4.6.4 A): what must be
    /// done to the stored rows to see the picture upright.
    #[must_use]
    pub const fn from_exif(value: u16) -> Option<Self> {
        Some(match value {
            1 => Self::UPRIGHT,
            2 => Self {
                xx: -1,
                xy: 0,
                yx: 0,
                yy: 1,
            },
            3 => Self {
                xx: -1,
                xy: 0,
                yx: 0,
                yy: -1,
            },
            4 => Self {
                xx: 1,
                xy: 0,
                yx: 0,
                yy: -1,
            },
            5 => Self {
                xx: 0,
                xy: 1,
                yx: 1,
                yy: 0,
            },
            6 => Self {
                xx: 0,
                xy: -1,
                yx: 1,
                yy: 0,
            },
            7 => Self {
                xx: 0,
                xy: -1,
                yx: -1,
                yy: 0,
            },
            8 => Self {
                xx: 0,
                xy: 1,
                yx: -1,
                yy: 0,
            },
            _ => return None,
        })
    }

    /// The mirroring alone.
    #[must_use]
    pub const fn from_flip(flip: Flip) -> Self {
        Self {
            xx: if flip.horizontal { -1 } else { 1 },
            xy: 0,
            yx: 0,
            yy: if flip.vertical { -1 } else { 1 },
        }
    }

    /// The clockwise turn alone.
    #[must_use]
    pub const fn from_rotation(rotation: Rotation) -> Self {
        match rotation {
            Rotation::None => Self::UPRIGHT,
            Rotation::Quarter => Self {
                xx: 0,
                xy: -1,
                yx: 1,
                yy: 0,
            },
            Rotation::Half => Self {
                xx: -1,
                xy: 0,
                yx: 0,
                yy: -1,
            },
            Rotation::ThreeQuarters => Self {
                xx: 0,
                xy: 1,
                yx: -1,
                yy: 0,
            },
        }
    }

    /// This one first, then `next`.
    #[must_use]
    pub const fn then(self, next: Self) -> Self {
        Self {
            xx: next.xx * self.xx + next.xy * self.yx,
            xy: next.xx * self.xy + next.xy * self.yy,
            yx: next.yx * self.xx + next.yy * self.yx,
            yy: next.yx * self.xy + next.yy * self.yy,
        }
    }

    /// What undoes it (the transpose: the matrix is orthogonal).
    #[must_use]
    pub const fn inverse(self) -> Self {
        Self {
            xx: self.xx,
            xy: self.yx,
            yx: self.xy,
            yy: self.yy,
        }
    }

    /// Whether width and height change places.
    #[must_use]
    pub const fn transposes(self) -> bool {
        self.xx == 0
    }

    /// Whether columns run backwards after an optional transposition.
    #[must_use]
    pub const fn mirrors_x(self) -> bool {
        self.xx + self.xy < 0
    }

    /// Whether rows run backwards after an optional transposition.
    #[must_use]
    pub const fn mirrors_y(self) -> bool {
        self.yx + self.yy < 0
    }

    /// The size of a rectangle after it was turned.
    #[must_use]
    pub fn size<T>(self, size: (T, T)) -> (T, T) {
        if self.transposes() {
            (size.1, size.0)
        } else {
            size
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Vec<Orientation> {
        (1..=8).filter_map(Orientation::from_exif).collect()
    }

    #[test]
    fn the_eight_are_a_group() {
        for &a in &all() {
            assert_eq!(a.then(a.inverse()), Orientation::UPRIGHT);
            for &b in &all() {
                assert!(all().contains(&a.then(b)));
            }
        }
        assert_eq!(all().len(), 8);
        assert!(Orientation::from_exif(0).is_none() && Orientation::from_exif(9).is_none());
    }

    #[test]
    fn turns_add_up() {
        let quarter = Orientation::from_rotation(Rotation::Quarter);
        assert_eq!(
            quarter.then(quarter),
            Orientation::from_rotation(Rotation::Half)
        );
        assert_eq!(
            quarter.then(quarter).then(quarter),
            Orientation::from_rotation(Rotation::ThreeQuarters)
        );
        assert_eq!(Orientation::from_exif(6), Some(quarter));
        assert!(quarter.transposes());
        assert_eq!(quarter.size((3, 2)), (2, 3));
    }

    #[test]
    fn a_flip_before_a_turn_is_not_a_flip_after_it() {
        let flip = Orientation::from_flip(Flip {
            horizontal: true,
            vertical: false,
        });
        let quarter = Orientation::from_rotation(Rotation::Quarter);
        assert_eq!(flip.then(quarter), Orientation::from_exif(7).unwrap());
        assert_ne!(flip.then(quarter), quarter.then(flip));
    }
}
