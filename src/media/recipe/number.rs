//! Numbers as a recipe writes them: exact, so that equal means equal.

use std::fmt;

/// How many steps make one: numbers are kept to four decimals, about a pixel
/// across the widest result (12 000 pixels).
const STEPS: u32 = 10_000;

/// Longer numbers are no number a client computes: 9 digits, a point, and the
/// 17 decimals JavaScript may print.
const LONGEST: usize = 27;

/// A decimal of zero or more, to four places. Being an integer inside, it can
/// be compared, hashed and printed in one spelling, which a float cannot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Decimal(u32);

impl Decimal {
    /// 0.
    pub const ZERO: Self = Self(0);
    /// 0.5.
    pub const HALF: Self = Self(STEPS / 2);
    /// 1.
    pub const ONE: Self = Self(STEPS);

    /// A whole number; one too large for the type becomes its largest.
    #[must_use]
    pub const fn whole(number: u32) -> Self {
        Self(number.saturating_mul(STEPS))
    }

    /// A number of ten-thousandths.
    #[must_use]
    pub const fn ten_thousandths(steps: u32) -> Self {
        Self(steps)
    }

    /// Parses `12`, `0.5`, `.5` or `1.25`: no sign, no exponent; the fifth
    /// decimal rounds the fourth.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if text.len() > LONGEST {
            return None;
        }
        let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
        let well_formed = decimals.bytes().all(|b| b.is_ascii_digit())
            && !decimals.is_empty()
            && (whole.is_empty() && text.starts_with('.') || integer(whole).is_some());
        if !well_formed {
            return None;
        }
        let mut digits = decimals.bytes().map(|b| u32::from(b - b'0'));
        let mut fraction = 0;
        for _ in 0..4 {
            fraction = fraction * 10 + digits.next().unwrap_or(0);
        }
        let carry = u32::from(digits.next().unwrap_or(0) >= 5);
        integer(whole)
            .unwrap_or(0)
            .checked_mul(STEPS)?
            .checked_add(fraction + carry)
            .map(Self)
    }

    /// Parses a number between two others, both taken.
    pub(crate) fn within(text: &str, least: Self, most: Self) -> Option<Self> {
        Self::parse(text).filter(|number| (least..=most).contains(number))
    }

    /// The number as a float, for the arithmetic on pixels.
    #[must_use]
    pub fn value(self) -> f64 {
        f64::from(self.0) / f64::from(STEPS)
    }

    /// The number in ten-thousandths.
    #[must_use]
    pub const fn steps(self) -> u32 {
        self.0
    }

    /// The next whole number.
    pub(crate) fn ceil(self) -> u32 {
        self.0.div_ceil(STEPS)
    }

    /// So many pixels divided by this number, rounded up; by zero, all of them.
    pub(crate) fn divide(self, pixels: u32) -> u32 {
        let exact = u64::from(pixels) * u64::from(STEPS);
        let divided = exact.div_ceil(u64::from(self.0.max(1)));
        u32::try_from(divided).unwrap_or(u32::MAX)
    }

    /// So many pixels times this number, to the nearest pixel.
    pub(crate) fn times(self, pixels: u32) -> u32 {
        let exact = u64::from(self.0) * u64::from(pixels) + u64::from(STEPS / 2);
        u32::try_from(exact / u64::from(STEPS)).unwrap_or(u32::MAX)
    }
}

/// The one spelling: no leading or trailing zero that says nothing.
impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, fraction) = (self.0 / STEPS, self.0 % STEPS);
        if fraction == 0 {
            return write!(f, "{whole}");
        }
        let decimals = format!("{fraction:04}");
        write!(f, "{whole}.{}", decimals.trim_end_matches('0'))
    }
}

/// Parses a whole number of at most nine digits.
pub(crate) fn integer(text: &str) -> Option<u32> {
    let digits = !text.is_empty() && text.len() <= 9 && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

/// Parses a whole number between two others, both taken.
pub(crate) fn integer_within(text: &str, least: u32, most: u32) -> Option<u32> {
    integer(text).filter(|number| (least..=most).contains(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_number_has_one_spelling() {
        for (given, canonical) in [
            ("1", "1"),
            ("01.50", "1.5"),
            (".5", "0.5"),
            ("0.33333333333", "0.3333"),
            ("0.66666666666", "0.6667"),
            ("0.99999", "1"),
            ("0.00004", "0"),
            ("250", "250"),
        ] {
            assert_eq!(Decimal::parse(given).unwrap().to_string(), canonical);
        }
        for bad in [
            "",
            ".",
            "1.",
            "-1",
            "+1",
            "1e3",
            "1,5",
            " 1",
            "NaN",
            "inf",
            "1.2.3",
            "٣",
            "9999999999",
            "999999999.0",
            "0.0000000000000000000000000000001",
        ] {
            assert_eq!(Decimal::parse(bad), None, "{bad:?} was taken");
        }
    }

    #[test]
    fn multiplies_to_the_nearest_pixel() {
        assert_eq!(Decimal::parse("1.5").unwrap().times(333), 500);
        assert_eq!(Decimal::parse("0.1").unwrap().times(4), 0);
        assert_eq!(Decimal::whole(u32::MAX).times(u32::MAX), u32::MAX);
    }
}
