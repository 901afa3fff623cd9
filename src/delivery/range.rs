//! Byte ranges (RFC 9110 section 14): a `Range` field and a length in, the
//! bytes to send out.

use super::Span;

/// How many ranges one request may name. Honest clients name one, a few name
/// two or three; section 17.15 asks servers to guard against long lists.
pub const MAX_RANGES: usize = 16;

/// The part of a representation an answer carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Selection {
    /// All of it: status 200.
    Whole,
    /// These bytes, at least one: status 206.
    Part(Span),
}

/// No range of the set overlaps the representation: status 416.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unsatisfiable;

/// One `range-spec` of the unit `bytes`, as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum RangeSpec {
    /// `first-last` or `first-`; an absent last position is `u64::MAX`.
    Int { first: u64, last: u64 },
    /// `-length`: the last bytes.
    Suffix(u64),
}

/// What a `Range` field selects from a representation of `length` bytes.
///
/// What RFC 9110 asks of a server, with the section:
///
/// 1. A range unit it does not understand: the field MUST be ignored (14.2).
///    Unit names are case-insensitive (14.1).
/// 2. A field that is malformed, or holds a range whose last position is below
///    its first, is invalid and may be ignored (14.1.1, 14.2); so may one with
///    too many ranges (17.15). We ignore both.
/// 3. Large numerals MUST be anticipated and not overflow (14.1.2): here they
///    saturate, which is past the end of any file.
/// 4. A last position at or past the end means the last byte (14.1.2).
/// 5. A suffix longer than the representation means all of it (14.1.2).
/// 6. A set is satisfiable if one range starts below the length or one suffix
///    is not zero; otherwise 416 (14.1.2, 15.5.17).
/// 7. Ranges that overlap or touch may be coalesced (15.3.7.2). If one remains
///    it is sent as a single part; otherwise the whole is, because a server is
///    free to ignore `Range` (14.2) and no download manager needs
///    `multipart/byteranges`.
/// 8. With length zero, a suffix is satisfiable (14.1.2), but `Content-Range`
///    cannot name zero bytes: the whole, empty, is the answer.
pub fn select(field: &str, length: u64) -> Result<Selection, Unsatisfiable> {
    // (1) (2) (3)
    let Some(specs) = parse(field) else {
        return Ok(Selection::Whole);
    };
    // (6)
    if !specs.iter().any(|spec| spec.is_satisfiable(length)) {
        return Err(Unsatisfiable);
    }
    // (4) (5)
    let mut spans: Vec<Span> = specs
        .iter()
        .filter(|spec| spec.is_satisfiable(length))
        .filter_map(|spec| spec.clamp(length))
        .collect();
    spans.sort_by_key(|span| span.start());
    // (7) (8)
    Ok(match coalesce(&spans) {
        Some(span) if !span.is_empty() => Selection::Part(span),
        _ => Selection::Whole,
    })
}

impl RangeSpec {
    fn is_satisfiable(self, length: u64) -> bool {
        match self {
            Self::Int { first, .. } => first < length,
            Self::Suffix(count) => count > 0,
        }
    }

    fn clamp(self, length: u64) -> Option<Span> {
        match self {
            Self::Int { first, last } => Span::new(first, last.saturating_add(1).min(length)),
            Self::Suffix(count) => Span::new(length.saturating_sub(count), length),
        }
    }
}

/// The one span that sorted `spans` make together, if they leave no gap.
fn coalesce(spans: &[Span]) -> Option<Span> {
    let (first, rest) = spans.split_first()?;
    rest.iter().try_fold(*first, |sum, next| {
        if next.start() <= sum.end() {
            Span::new(sum.start(), sum.end().max(next.end()))
        } else {
            None
        }
    })
}

/// `bytes=` and a list of range-specs; `None` if it is anything else.
fn parse(field: &str) -> Option<Vec<RangeSpec>> {
    let (unit, set) = trim_ows(field).split_once('=')?;
    if !unit.eq_ignore_ascii_case("bytes") {
        return None;
    }
    // Empty elements are legal in a list (section 5.6.1.2), in reasonable
    // number: they count towards the limit.
    if set.split(',').nth(MAX_RANGES).is_some() {
        return None;
    }
    let specs: Vec<RangeSpec> = set
        .split(',')
        .map(trim_ows)
        .filter(|element| !element.is_empty())
        .map(parse_spec)
        .collect::<Option<_>>()?;
    (!specs.is_empty()).then_some(specs)
}

fn parse_spec(text: &str) -> Option<RangeSpec> {
    match text.split_once('-')? {
        ("", suffix) => Some(RangeSpec::Suffix(parse_digits(suffix)?)),
        (first, "") => Some(RangeSpec::Int {
            first: parse_digits(first)?,
            last: u64::MAX,
        }),
        (first, last) => {
            let (first, last) = (parse_digits(first)?, parse_digits(last)?);
            (first <= last).then_some(RangeSpec::Int { first, last })
        }
    }
}

/// `1*DIGIT`, saturating. `str::parse` would take a sign and refuse overflow.
fn parse_digits(text: &str) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    text.bytes().try_fold(0_u64, |sum, digit| {
        digit.is_ascii_digit().then(|| {
            sum.saturating_mul(10)
                .saturating_add(u64::from(digit - b'0'))
        })
    })
}

/// Optional whitespace around a value or list element is space and tab only.
fn trim_ows(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn part(start: u64, end: u64) -> Result<Selection, Unsatisfiable> {
        Span::new(start, end)
            .map(Selection::Part)
            .ok_or(Unsatisfiable)
    }

    #[test]
    fn the_examples_of_section_14_1_2() {
        for (field, want) in [
            ("bytes=0-499", part(0, 500)),
            ("bytes=500-999", part(500, 1000)),
            ("bytes=-500", part(9500, 10_000)),
            ("bytes=9500-", part(9500, 10_000)),
            ("bytes= 0-999, 4500-5499, -1000", Ok(Selection::Whole)),
            ("bytes=0-0,-1", Ok(Selection::Whole)),
            ("bytes=500-600,601-999", part(500, 1000)),
            ("bytes=500-700,601-999", part(500, 1000)),
        ] {
            assert_eq!(select(field, 10_000), want, "{field}");
        }
    }

    #[test]
    fn ranges_are_clamped_and_coalesced_in_any_order() {
        for (field, want) in [
            ("bytes=0-", part(0, 10)),
            ("bytes=9-9", part(9, 10)),
            ("bytes=0-99", part(0, 10)),
            ("bytes=-99", part(0, 10)),
            ("BYTES=1-2", part(1, 3)),
            ("  bytes=1-2\t", part(1, 3)),
            ("bytes=,1-2 ,\t, 3-4,", part(1, 5)),
            ("bytes=5-6,1-4", part(1, 7)),
            ("bytes=1-8,3-4", part(1, 9)),
            ("bytes=1-2,50-60", part(1, 3)),
            ("bytes=1-2,-0", part(1, 3)),
            ("bytes=0-99999999999999999999999999", part(0, 10)),
            ("bytes=-99999999999999999999999999", part(0, 10)),
            ("bytes=0000000000000000000000000000001-2", part(1, 3)),
        ] {
            assert_eq!(select(field, 10), want, "{field}");
        }
        assert_eq!(select("bytes=0-", u64::MAX), part(0, u64::MAX));
    }

    #[test]
    fn a_field_that_is_not_a_range_set_is_ignored() {
        for field in [
            "",
            "bytes",
            "bytes=",
            "bytes=,",
            "bytes=-",
            "bytes=a-b",
            "bytes=1",
            "bytes=2-1",
            "bytes=1-2-3",
            "bytes=+1-2",
            "bytes=--1",
            "bytes=1 -2",
            "bytes=1- 2",
            "bytes =1-2",
            "items=0-1",
            "bytes=0-1,x",
            "bytes=0-1;2-3",
            "bytes=0x1-2",
            "bytes=\u{661}-\u{662}",
            "bytes=0-1\u{a0}",
            "seconds=1-2",
        ] {
            assert_eq!(select(field, 10), Ok(Selection::Whole), "{field}");
        }
        let long = format!("bytes={}0-1", "0-1,".repeat(MAX_RANGES));
        assert_eq!(select(&long, 10), Ok(Selection::Whole));
        let just_right = format!("bytes={}0-1", "0-1,".repeat(MAX_RANGES - 1));
        assert_eq!(select(&just_right, 10), part(0, 2));
    }

    #[test]
    fn what_lies_past_the_end_is_unsatisfiable() {
        for field in [
            "bytes=10-",
            "bytes=10-20",
            "bytes=-0",
            "bytes=99999999999999999999-",
            "bytes=10-,11-",
        ] {
            assert_eq!(select(field, 10), Err(Unsatisfiable), "{field}");
        }
        assert_eq!(select("bytes=0-", 0), Err(Unsatisfiable));
        assert_eq!(select("bytes=0-0", 0), Err(Unsatisfiable));
        assert_eq!(select("bytes=-0", 0), Err(Unsatisfiable));
        assert_eq!(select("bytes=-5", 0), Ok(Selection::Whole));
    }

    proptest! {
        #[test]
        fn a_part_is_never_empty_and_never_outside(field in "(bytes=)?[0-9, -]{0,24}", length: u64) {
            if let Ok(Selection::Part(span)) = select(&field, length) {
                prop_assert!(!span.is_empty() && span.end() <= length);
            }
        }

        #[test]
        fn a_single_range_selects_what_it_says(first in 0_u64..2000, count in 1_u64..2000, length in 0_u64..2000) {
            let got = select(&format!("bytes={first}-{}", first + count - 1), length);
            let want = Span::whole(length).intersect(Span::new(first, first + count).unwrap());
            prop_assert_eq!(got, want.map(Selection::Part).ok_or(Unsatisfiable));
        }

        #[test]
        fn any_text_is_taken_without_a_panic(field in "\\PC{0,40}", length: u64) {
            let _ = select(&field, length);
        }
    }
}
