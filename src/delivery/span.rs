//! A run of bytes, the unit everything in this room counts in.

use std::fmt;

/// The bytes `start..end` of a representation, `end` not included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Span {
    start: u64,
    end: u64,
}

impl Span {
    /// The bytes `start..end`; `None` if they run backwards.
    #[must_use]
    pub const fn new(start: u64, end: u64) -> Option<Self> {
        if start <= end {
            Some(Self { start, end })
        } else {
            None
        }
    }

    /// All bytes of something `length` bytes long.
    #[must_use]
    pub const fn whole(length: u64) -> Self {
        Self {
            start: 0,
            end: length,
        }
    }

    /// The offset of the first byte.
    #[must_use]
    pub const fn start(self) -> u64 {
        self.start
    }

    /// The offset after the last byte.
    #[must_use]
    pub const fn end(self) -> u64 {
        self.end
    }

    /// How many bytes it holds.
    #[must_use]
    pub const fn length(self) -> u64 {
        self.end - self.start
    }

    /// Whether it holds none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// The bytes in both; `None` if they share none.
    #[must_use]
    pub fn intersect(self, other: Self) -> Option<Self> {
        let start = self.start.max(other.start);
        let end = self.end.min(other.end);
        (start < end).then_some(Self { start, end })
    }

    /// These bytes of `bytes`; `None` if it does not have them all.
    #[must_use]
    pub fn of(self, bytes: &[u8]) -> Option<&[u8]> {
        let start = usize::try_from(self.start).ok()?;
        let end = usize::try_from(self.end).ok()?;
        bytes.get(start..end)
    }

    /// The same bytes counted from `origin` instead of from zero; what lies
    /// before `origin` is cut off.
    #[must_use]
    pub const fn relative_to(self, origin: u64) -> Self {
        Self {
            start: self.start.saturating_sub(origin),
            end: self.end.saturating_sub(origin),
        }
    }
}

/// As HTTP writes it, both ends included: `0-499`. An empty span has no such
/// form; nothing in this room writes one.
impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.start, self.end.saturating_sub(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_meet_only_where_they_share_a_byte() {
        let span = |start, end| Span::new(start, end).unwrap();
        assert_eq!(Span::new(3, 2), None);
        assert_eq!(span(0, 5).intersect(span(5, 9)), None);
        assert_eq!(span(0, 5).intersect(span(4, 9)), Some(span(4, 5)));
        assert_eq!(span(2, 9).relative_to(4), span(0, 5));
        assert_eq!(span(0, 500).to_string(), "0-499");
        assert_eq!(span(1, 3).of(b"abcd"), Some(&b"bc"[..]));
        assert_eq!(span(1, 5).of(b"abcd"), None);
        assert!(Span::whole(0).is_empty());
    }
}
