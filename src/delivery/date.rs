//! HTTP dates (RFC 9110 section 5.6.7), and the calendar under them.
//!
//! Times are whole seconds since 1970-01-01T00:00:00Z.

const DAY_NAMES: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const LONG_DAY_NAMES: [&str; 7] = [
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
];
const MONTH_NAMES: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];
const DAY: u64 = 86_400;
/// The last second of the year 9999: every format here has four digits for it.
const LAST_SECOND: u64 = 253_402_300_799;

/// A moment in UTC by the Gregorian calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Civil {
    /// The year, 1970 to 9999.
    pub year: u32,
    /// The month, 1 to 12.
    pub month: u32,
    /// The day of the month, 1 to 31.
    pub day: u32,
    /// The hour, 0 to 23.
    pub hour: u32,
    /// The minute, 0 to 59.
    pub minute: u32,
    /// The second, 0 to 59.
    pub second: u32,
    /// Days since Sunday, 0 to 6.
    pub weekday: u32,
}

impl Civil {
    /// The moment `unix` seconds after the epoch, at most the end of 9999.
    #[must_use]
    pub fn from_unix(unix: u64) -> Self {
        let unix = unix.min(LAST_SECOND);
        let (days, second_of_day) = (unix / DAY, unix % DAY);
        // Count in eras of 400 years of 146 097 days that begin on 1 March of
        // the year 0, so that a leap day is the last day of its year.
        let days_since_march_0 = days + 719_468;
        let (era, day_of_era) = (days_since_march_0 / 146_097, days_since_march_0 % 146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let months_since_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * months_since_march + 2) / 5 + 1;
        let (month, carry) = if months_since_march < 10 {
            (months_since_march + 3, 0)
        } else {
            (months_since_march - 9, 1)
        };
        Self {
            year: small(era * 400 + year_of_era + carry),
            month: small(month),
            day: small(day),
            hour: small(second_of_day / 3600),
            minute: small(second_of_day / 60 % 60),
            second: small(second_of_day % 60),
            weekday: small((days + 4) % 7),
        }
    }

    /// `1994-11-06T08:49:37Z`, as RFC 3339 writes it.
    #[must_use]
    pub fn to_rfc3339(self) -> String {
        let Self {
            year,
            month,
            day,
            hour,
            minute,
            second,
            ..
        } = self;
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
    }
}

/// Every part of a date up to the year 9999 fits.
fn small(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Writes an IMF-fixdate, the only form a sender may use:
/// `Sun, 06 Nov 1994 08:49:37 GMT`.
#[must_use]
pub fn format(unix: u64) -> String {
    let Civil {
        year,
        month,
        day,
        hour,
        minute,
        second,
        weekday,
    } = Civil::from_unix(unix);
    let day_name = name(&DAY_NAMES, weekday);
    let month_name = name(&MONTH_NAMES, month.saturating_sub(1));
    format!("{day_name}, {day:02} {month_name} {year:04} {hour:02}:{minute:02}:{second:02} GMT")
}

fn name(names: &[&'static str], index: u32) -> &'static str {
    usize::try_from(index)
        .ok()
        .and_then(|index| names.get(index))
        .copied()
        .unwrap_or_default()
}

/// Reads an HTTP date in any of the three forms a recipient MUST accept;
/// `None` if it is none of them. A time before 1970 counts as 1970.
///
/// The name of the day has to be one, but not the right one: the century of
/// the RFC 850 form is a guess, so its day cannot be held against it.
#[must_use]
pub fn parse(text: &str, now: u64) -> Option<u64> {
    imf_fixdate(text)
        .or_else(|| rfc850_date(text, now))
        .or_else(|| asctime_date(text))
}

/// `Sun, 06 Nov 1994 08:49:37 GMT`
fn imf_fixdate(text: &str) -> Option<u64> {
    let (day_name, rest) = text.split_once(", ")?;
    let mut parts = rest.split(' ');
    let date = Date {
        day: digits(parts.next()?, 2)?,
        month: month(parts.next()?)?,
        year: digits(parts.next()?, 4)?,
    };
    let time = time_of_day(parts.next()?)?;
    let ended = parts.next() == Some("GMT") && parts.next().is_none();
    (ended && DAY_NAMES.contains(&day_name)).then(|| date.at(time))?
}

/// `Sunday, 06-Nov-94 08:49:37 GMT`
fn rfc850_date(text: &str, now: u64) -> Option<u64> {
    let (day_name, rest) = text.split_once(", ")?;
    let mut parts = rest.split(' ');
    let mut date = parts.next()?.split('-');
    let (day, month_name, year) = (date.next()?, date.next()?, date.next()?);
    let time = time_of_day(parts.next()?)?;
    let ended = date.next().is_none() && parts.next() == Some("GMT") && parts.next().is_none();
    if !ended || !LONG_DAY_NAMES.contains(&day_name) {
        return None;
    }
    let date_in = |century: u32| -> Option<u64> {
        Date {
            day: digits(day, 2)?,
            month: month(month_name)?,
            year: century * 100 + digits(year, 2)?,
        }
        .at(time)
    };
    // A recipient MUST take what looks more than 50 years ahead for the most
    // recent past year with the same two digits (section 5.6.7).
    let this_year = Civil::from_unix(now).year;
    let two_digits = digits(year, 2)?;
    let candidate = this_year / 100 * 100 + two_digits;
    let century = if candidate > this_year + 50 {
        candidate / 100 - 1
    } else if candidate + 50 < this_year {
        candidate / 100 + 1
    } else {
        candidate / 100
    };
    date_in(century)
}

/// `Sun Nov  6 08:49:37 1994`
fn asctime_date(text: &str) -> Option<u64> {
    let (day_name, rest) = text.split_once(' ')?;
    let (month_name, rest) = rest.split_once(' ')?;
    // The day is padded with a space: `( 2DIGIT / ( SP 1DIGIT ))`.
    let (padded, width) = match rest.strip_prefix(' ') {
        Some(padded) => (padded, 1),
        None => (rest, 2),
    };
    let (day, rest) = padded.split_once(' ')?;
    let day = digits(day, width)?;
    let (time, year) = rest.split_once(' ')?;
    let date = Date {
        day,
        month: month(month_name)?,
        year: digits(year, 4)?,
    };
    let time = time_of_day(time)?;
    DAY_NAMES.contains(&day_name).then(|| date.at(time))?
}

struct Date {
    year: u32,
    month: u32,
    day: u32,
}

impl Date {
    /// Seconds since the epoch; `None` if the month has no such day.
    fn at(&self, second_of_day: u64) -> Option<u64> {
        let leap = self.year.is_multiple_of(4)
            && (!self.year.is_multiple_of(100) || self.year.is_multiple_of(400));
        let days_in_month = match self.month {
            2 if leap => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
        if self.day == 0 || self.day > days_in_month {
            return None;
        }
        // The inverse of `Civil::from_unix`, in years that begin on 1 March.
        let (year, months_since_march) = if self.month > 2 {
            (u64::from(self.year), u64::from(self.month) - 3)
        } else {
            (
                u64::from(self.year).saturating_sub(1),
                u64::from(self.month) + 9,
            )
        };
        let day_of_year = (153 * months_since_march + 2) / 5 + u64::from(self.day) - 1;
        let days_since_march_0 = 365 * year + year / 4 - year / 100 + year / 400 + day_of_year;
        Some(match days_since_march_0.checked_sub(719_468) {
            Some(days) => days * DAY + second_of_day,
            None => 0,
        })
    }
}

/// `08:49:37`; a leap second is the first second of the next minute.
fn time_of_day(text: &str) -> Option<u64> {
    let mut parts = text.split(':');
    let (hour, minute, second) = (
        digits(parts.next()?, 2)?,
        digits(parts.next()?, 2)?,
        digits(parts.next()?, 2)?,
    );
    let in_range = hour < 24 && minute < 60 && second <= 60 && parts.next().is_none();
    in_range.then(|| u64::from(hour) * 3600 + u64::from(minute) * 60 + u64::from(second))
}

fn month(text: &str) -> Option<u32> {
    (1..)
        .zip(MONTH_NAMES)
        .find(|(_, name)| *name == text)
        .map(|(number, _)| number)
}

/// Exactly `count` decimal digits.
fn digits(text: &str, count: usize) -> Option<u32> {
    let good = text.len() == count && text.bytes().all(|b| b.is_ascii_digit());
    good.then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests;
