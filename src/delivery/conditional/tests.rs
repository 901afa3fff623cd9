use super::*;
use crate::delivery::Span;
use crate::trust::Sha256;

const MODIFIED: u64 = 784_111_777;
const NOW: u64 = 1_790_000_000;
const LENGTH: u64 = 100;
const SAME: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
const BEFORE: &str = "Sun, 06 Nov 1994 08:49:36 GMT";
const AFTER: &str = "Sun, 06 Nov 1994 08:49:38 GMT";

const WHOLE: Outcome = Outcome::Proceed(Selection::Whole);

fn part() -> Outcome {
    Outcome::Proceed(Selection::Part(Span::new(0, 10).unwrap()))
}

fn etag() -> EntityTag {
    EntityTag::of_bytes(&Sha256::of(b"current"))
}

/// Fields are `name: value` with `$` for the current tag.
fn outcome_with(method: Method, fields: &[(&str, &str)], modified: Option<u64>) -> Outcome {
    let request = Conditions::read(|name| {
        let (_, value) = fields.iter().find(|(known, _)| *known == name)?;
        Some(value.replace('$', &etag().to_string()))
    });
    let current = Validators {
        etag: etag(),
        modified,
    };
    evaluate(method, &request, &current, LENGTH, NOW)
}

fn outcome(fields: &[(&str, &str)]) -> Outcome {
    outcome_with(Method::Get, fields, Some(MODIFIED))
}

#[test]
fn each_condition_alone() {
    use Outcome::{NotModified, PreconditionFailed};
    for (name, value, want) in [
        ("if-match", "$", WHOLE),
        ("if-match", "*", WHOLE),
        ("if-match", "\"x\", $", WHOLE),
        ("if-match", "\"x\"", PreconditionFailed),
        ("if-match", "W/$", PreconditionFailed),
        ("if-match", "garbage", PreconditionFailed),
        ("if-unmodified-since", SAME, WHOLE),
        ("if-unmodified-since", AFTER, WHOLE),
        ("if-unmodified-since", BEFORE, PreconditionFailed),
        ("if-unmodified-since", "garbage", WHOLE),
        ("if-none-match", "$", NotModified),
        ("if-none-match", "W/$", NotModified),
        ("if-none-match", "*", NotModified),
        ("if-none-match", "\"x\"", WHOLE),
        ("if-none-match", "garbage", WHOLE),
        ("if-modified-since", SAME, NotModified),
        ("if-modified-since", AFTER, NotModified),
        ("if-modified-since", BEFORE, WHOLE),
        ("if-modified-since", "garbage", WHOLE),
        ("if-range", "\"x\"", WHOLE),
        ("range", "bytes=0-9", part()),
        ("range", "bytes=100-", Outcome::Unsatisfiable),
    ] {
        assert_eq!(outcome(&[(name, value)]), want, "{name}: {value}");
    }
}

#[test]
fn the_order_of_section_13_2_2() {
    use Outcome::{NotModified, PreconditionFailed};
    for (fields, want) in [
        // If-Match hides If-Unmodified-Since.
        (
            &[("if-match", "$"), ("if-unmodified-since", BEFORE)][..],
            WHOLE,
        ),
        (
            &[("if-match", "\"x\""), ("if-unmodified-since", AFTER)],
            PreconditionFailed,
        ),
        // If-None-Match hides If-Modified-Since.
        (
            &[("if-none-match", "\"x\""), ("if-modified-since", SAME)],
            WHOLE,
        ),
        (
            &[("if-none-match", "$"), ("if-modified-since", BEFORE)],
            NotModified,
        ),
        // 412 comes before 304, and both before the range.
        (
            &[("if-match", "\"x\""), ("if-none-match", "$")],
            PreconditionFailed,
        ),
        (&[("if-match", "$"), ("if-none-match", "$")], NotModified),
        (
            &[("if-unmodified-since", BEFORE), ("if-modified-since", SAME)],
            PreconditionFailed,
        ),
        (
            &[("if-none-match", "$"), ("range", "bytes=0-9")],
            NotModified,
        ),
        (
            &[("if-match", "\"x\""), ("range", "bytes=100-")],
            PreconditionFailed,
        ),
        (
            &[("if-match", "$"), ("range", "bytes=100-")],
            Outcome::Unsatisfiable,
        ),
        // A range that If-Range switches off cannot be unsatisfiable.
        (&[("if-range", "\"x\""), ("range", "bytes=100-")], WHOLE),
    ] {
        assert_eq!(outcome(fields), want, "{fields:?}");
    }
}

#[test]
fn if_range_wants_a_strong_match() {
    for (value, want) in [
        ("$", part()),
        ("W/$", WHOLE),
        ("\"x\"", WHOLE),
        ("$, $", WHOLE),
        ("*", WHOLE),
        ("garbage", WHOLE),
        (SAME, part()),
        ("Sun Nov  6 08:49:37 1994", part()),
        (BEFORE, WHOLE),
        (AFTER, WHOLE),
    ] {
        let got = outcome(&[("if-range", value), ("range", "bytes=0-9")]);
        assert_eq!(got, want, "{value}");
    }
    // In the very second of the modification the date is weak.
    let fields = [
        ("if-range", "Mon, 21 Sep 2026 14:13:20 GMT"),
        ("range", "bytes=0-9"),
    ];
    assert_eq!(outcome_with(Method::Get, &fields, Some(NOW)), WHOLE);
}

#[test]
fn dates_are_ignored_where_there_is_no_modification_date() {
    for fields in [
        [("if-modified-since", AFTER)],
        [("if-unmodified-since", BEFORE)],
    ] {
        assert_eq!(outcome_with(Method::Get, &fields, None), WHOLE);
    }
    let fields = [("if-range", SAME), ("range", "bytes=0-9")];
    assert_eq!(outcome_with(Method::Get, &fields, None), WHOLE);
}

#[test]
fn head_has_conditions_but_no_ranges() {
    for (fields, want) in [
        (("range", "bytes=0-9"), WHOLE),
        (("range", "bytes=100-"), WHOLE),
        (("if-none-match", "$"), Outcome::NotModified),
        (("if-match", "\"x\""), Outcome::PreconditionFailed),
    ] {
        assert_eq!(outcome_with(Method::Head, &[fields], Some(MODIFIED)), want);
    }
}
