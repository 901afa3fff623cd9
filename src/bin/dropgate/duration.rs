//! Durations as people write them: `90s`, `15m`, `24h`, `30d`.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};

/// Parses a duration into seconds.
pub fn seconds(text: &str) -> Result<u64, String> {
    let split = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(split).unwrap_or((text, ""));
    let unit = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return Err("write a number and s, m, h or d, such as 90s or 24h".to_owned()),
    };
    let number: u64 = number
        .parse()
        .map_err(|_| "the number is missing".to_owned())?;
    number
        .checked_mul(unit)
        .filter(|seconds| (1..=100 * 365 * 86_400).contains(seconds))
        .ok_or_else(|| "the duration must be between 1s and 36500d".to_owned())
}

/// Parses a moment: a day (its first second, UTC) or RFC 3339 in UTC.
pub fn moment(text: &str) -> Result<u64, String> {
    let full = if text.contains('T') {
        text.to_owned()
    } else {
        format!("{text}T00:00:00Z")
    };
    dropgate::trust::parse_time(&full)
        .ok_or_else(|| "write a time as 2026-12-01 or 2026-12-01T09:00:00Z".to_owned())
}

/// Seconds since 1970.
pub fn now() -> Result<u64> {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .context("the clock is before 1970")?;
    // Metadata signed by a clock that is years off would lock everyone out.
    if since.as_secs() < 1_700_000_000 {
        bail!("the clock of this machine is wrong: it is before November 2023");
    }
    Ok(since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::seconds;

    #[test]
    fn moments_are_days_or_seconds() {
        assert_eq!(super::moment("1970-01-02"), Ok(86_400));
        assert_eq!(super::moment("1970-01-01T00:01:00Z"), Ok(60));
        for bad in [
            "",
            "tomorrow",
            "2026-13-01",
            "2026-12-01 09:00",
            "2026-12-01T09:00:00+01:00",
        ] {
            assert!(super::moment(bad).is_err(), "{bad:?} was taken");
        }
    }

    #[test]
    fn durations_have_a_unit() {
        assert_eq!(seconds("90s"), Ok(90));
        assert_eq!(seconds("24h"), Ok(86_400));
        assert_eq!(seconds("30d"), Ok(2_592_000));
        for bad in [
            "",
            "h",
            "10",
            "0s",
            "-1h",
            "1w",
            "1.5h",
            "99999999999999999999d",
            "36501d",
        ] {
            assert!(seconds(bad).is_err(), "{bad:?} was taken");
        }
    }
}
