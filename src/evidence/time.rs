//! Times as people and RFC 3339 write them, from seconds since 1970 in UTC.

/// The last second of the year 9999, the last that RFC 3339 can write.
const LAST: u64 = 253_402_300_799;

/// `2026-11-22T20:41:48Z`. Later than the year 9999 is written as its end.
#[must_use]
pub fn rfc3339(seconds: u64) -> String {
    let seconds = seconds.min(LAST);
    let (year, month, day) = civil_from_days(seconds / 86_400);
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// Reads what [`rfc3339`] writes and no other spelling.
#[must_use]
pub fn parse_rfc3339(text: &str) -> Option<u64> {
    let number = |range: std::ops::Range<usize>| text.get(range)?.parse::<u64>().ok();
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    let (hour, minute, second) = (number(11..13)?, number(14..16)?, number(17..19)?);
    let in_day = hour * 3600 + minute * 60 + second;
    let seconds = days_from_civil(year, month, day)? * 86_400 + in_day;
    (rfc3339(seconds) == text).then_some(seconds)
}

/// `2026h2`: logs start anew every half-year, so that none grows for ever.
#[must_use]
pub fn half_year(seconds: u64) -> String {
    let (year, month, _) = civil_from_days(seconds.min(LAST) / 86_400);
    format!("{year:04}h{}", if month <= 6 { 1 } else { 2 })
}

/// The Gregorian date, counted from 1 March of the year 0 so that the leap day
/// is the last of a year and every 400 years are alike.
const fn civil_from_days(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let leap_days = day_of_era / 1460 + day_of_era / 146_096 - day_of_era / 36_524;
    let year_of_era = (day_of_era - leap_days) / 365;
    let day_of_year = day_of_era + year_of_era / 100 - year_of_era * 365 - year_of_era / 4;
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    let year = era * 400 + year_of_era;
    (if month <= 2 { year + 1 } else { year }, month, day)
}

/// The inverse; impossible dates give some number that does not come back.
fn days_from_civil(year: u64, month: u64, day: u64) -> Option<u64> {
    let month_from_march = if month > 2 {
        month.checked_sub(3)?
    } else {
        month.checked_add(9)?
    };
    let year = if month > 2 {
        year
    } else {
        year.checked_sub(1)?
    };
    let day_of_year = (153 * month_from_march + 2) / 5 + day.checked_sub(1)?;
    let days = year * 365 + year / 4 + year / 400 - year / 100 + day_of_year;
    days.checked_sub(719_468)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn known_times() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_234_567_890, "2009-02-13T23:31:30Z"),
            (4_107_542_399, "2100-02-28T23:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
            (LAST, "9999-12-31T23:59:59Z"),
        ] {
            assert_eq!(rfc3339(seconds), text);
            assert_eq!(parse_rfc3339(text), Some(seconds));
        }
        assert_eq!(rfc3339(u64::MAX), rfc3339(LAST));
        assert_eq!(half_year(1_782_863_999), "2026h1");
        assert_eq!(half_year(1_782_864_000), "2026h2");
    }

    #[test]
    fn other_spellings_are_refused() {
        for bad in [
            "",
            "1969-12-31T23:59:59Z",
            "2026-02-29T00:00:00Z",
            "2026-00-01T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-01-00T00:00:00Z",
            "2026-01-32T00:00:00Z",
            "2026-01-01T24:00:00Z",
            "2026-01-01T00:60:00Z",
            "2026-01-01T00:00:60Z",
            "2026-01-01 00:00:00Z",
            "2026-01-01T00:00:00",
            "2026-01-01T00:00:00+00:00",
            "2026-01-01T00:00:00.0Z",
            "+026-01-01T00:00:00Z",
            "éééééééééé",
        ] {
            assert_eq!(parse_rfc3339(bad), None, "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn every_second_comes_back(seconds in 0..=LAST) {
            prop_assert_eq!(parse_rfc3339(&rfc3339(seconds)), Some(seconds));
        }
    }
}
