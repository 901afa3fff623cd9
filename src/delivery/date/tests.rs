use proptest::prelude::*;

use super::*;

/// The moment of RFC 9110's examples, and the year this was written in.
const EXAMPLE: u64 = 784_111_777;
const NOW: u64 = 1_790_000_000;

#[test]
fn the_three_forms_of_section_5_6_7_name_one_moment() {
    for text in [
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
    ] {
        assert_eq!(parse(text, NOW), Some(EXAMPLE), "{text}");
    }
    assert_eq!(format(EXAMPLE), "Sun, 06 Nov 1994 08:49:37 GMT");
    assert_eq!(
        Civil::from_unix(EXAMPLE).to_rfc3339(),
        "1994-11-06T08:49:37Z"
    );
}

#[test]
fn known_days() {
    for (unix, text) in [
        (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
        (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
        (1_709_164_800, "Thu, 29 Feb 2024 00:00:00 GMT"),
        (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 GMT"),
        (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
        (LAST_SECOND, "Fri, 31 Dec 9999 23:59:59 GMT"),
    ] {
        assert_eq!(format(unix), text);
        assert_eq!(parse(text, NOW), Some(unix), "{text}");
    }
    assert_eq!(format(u64::MAX), "Fri, 31 Dec 9999 23:59:59 GMT");
    assert_eq!(parse("Wed, 01 Jan 1800 00:00:00 GMT", NOW), Some(0));
    assert_eq!(
        parse("Fri, 30 Jun 2017 23:59:60 GMT", NOW),
        parse("Sat, 01 Jul 2017 00:00:00 GMT", NOW)
    );
    assert_eq!(
        parse("Sat Jul 11 00:00:00 2026", NOW),
        parse("Sat, 11 Jul 2026 00:00:00 GMT", NOW)
    );
}

#[test]
fn two_digits_of_a_year_are_read_around_now() {
    let year = |digits: &str, now| {
        let unix = parse(&format!("Sunday, 06-Nov-{digits} 08:49:37 GMT"), now).unwrap();
        Civil::from_unix(unix).year
    };
    assert_eq!(year("94", NOW), 1994);
    assert_eq!(year("26", NOW), 2026);
    assert_eq!(year("76", NOW), 2076);
    assert_eq!(year("77", NOW), 1977);
    let in_2098 = 4_050_000_000;
    assert_eq!(year("10", in_2098), 2110);
    assert_eq!(year("60", in_2098), 2060);
}

#[test]
fn anything_else_is_no_date() {
    for text in [
        "",
        "now",
        "0",
        "784111777",
        "1994-11-06T08:49:37Z",
        "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 06 Nov 1994 08:49:37 +0000",
        "Sun, 6 Nov 1994 08:49:37 GMT",
        "sun, 06 nov 1994 08:49:37 gmt",
        "Son, 06 Nov 1994 08:49:37 GMT",
        "Sun, 31 Nov 1994 08:49:37 GMT",
        "Sun, 00 Nov 1994 08:49:37 GMT",
        "Tue, 29 Feb 2023 00:00:00 GMT",
        "Sun, 06 Nov 1994 24:49:37 GMT",
        "Sun, 06 Nov 1994 08:60:37 GMT",
        "Sun, 06 Nov 1994 08:49:61 GMT",
        "Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT",
        "Sun, 06-Nov-94 08:49:37 GMT",
        "Sun Nov 6 08:49:37 1994",
        "Sun Nov 06 08:49:37 94",
    ] {
        assert_eq!(parse(text, NOW), None, "{text}");
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(unix in 0..=LAST_SECOND) {
        prop_assert_eq!(parse(&format(unix), NOW), Some(unix));
    }

    #[test]
    fn any_text_is_taken_without_a_panic(text in "\\PC{0,40}", now: u64) {
        let _ = parse(&text, now);
    }
}
