//! Counts by time: fine for the last hours, coarse for the last year.

use super::{BETWEEN, Counts};

/// A width of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// For watching an event.
    Minute,
    /// For a day.
    Quarter,
    /// For a season.
    Day,
}

impl Step {
    /// All, the finest first.
    pub const ALL: [Self; 3] = [Self::Minute, Self::Quarter, Self::Day];

    /// Its name in the books and in URLs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Quarter => "quarter",
            Self::Day => "day",
        }
    }

    /// Parses a name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.name() == text)
    }

    /// How many seconds wide.
    #[must_use]
    pub const fn seconds(self) -> u64 {
        match self {
            Self::Minute => 60,
            Self::Quarter => 900,
            Self::Day => 86_400,
        }
    }

    /// How many of them are shown; a few more are kept.
    #[must_use]
    pub const fn shown(self) -> u64 {
        match self {
            Self::Minute => 60,
            Self::Quarter => 96,
            Self::Day => 90,
        }
    }

    /// The number of the step that a second is in.
    #[must_use]
    pub const fn of(self, second: u64) -> u64 {
        second / self.seconds()
    }

    /// When a row may be forgotten.
    #[must_use]
    pub const fn ends(self, number: u64) -> u64 {
        (number + 2 * self.shown()) * self.seconds()
    }
}

/// The series of the history that a count belongs to; detail is left out, and
/// what is told by data centre is told in all.
fn series(key: &str) -> Option<String> {
    let mut parts = key.split(BETWEEN);
    let family = parts.next()?;
    match family {
        "span" | "stores" => None,
        "ttfb" => {
            let (_, asset, bucket) = (parts.next()?, parts.next()?, parts.next()?);
            let what = if bucket == "ms" { "ttfb_ms" } else { "ttfb_n" };
            Some(format!("{what};{asset}"))
        }
        "http_requests" => {
            let (_, status) = (parts.next()?, parts.next()?);
            Some(format!("requests;{}xx", status.get(..1)?))
        }
        _ => Some(key.to_owned()),
    }
}

/// The counts as the history keeps them.
#[must_use]
pub fn condensed(counts: &Counts) -> Counts {
    let mut condensed = Counts::new();
    for (key, count) in counts {
        if let Some(series) = series(key) {
            *condensed.entry(series).or_default() += count;
        }
    }
    condensed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn history_keeps_what_is_plotted() {
        let counts: Counts = [
            ("http_requests;image;200", 2),
            ("http_requests;page;206", 3),
            ("http_requests;page;404", 1),
            ("ttfb;LAX;picture;3", 4),
            ("ttfb;LIS;picture;0", 1),
            ("ttfb;LIS;picture;ms", 90),
            ("span;gate;0", 1),
            ("creator_bytes;alice", 9),
        ]
        .map(|(key, count)| (key.to_owned(), count))
        .into();
        let wanted: Counts = [
            ("requests;2xx", 5),
            ("requests;4xx", 1),
            ("ttfb_n;picture", 5),
            ("ttfb_ms;picture", 90),
            ("creator_bytes;alice", 9),
        ]
        .map(|(key, count)| (key.to_owned(), count))
        .into();
        assert_eq!(condensed(&counts), wanted);
    }

    #[test]
    fn rows_outlive_the_plot() {
        for step in Step::ALL {
            let now = 1_795_377_600;
            assert!(step.ends(step.of(now)) > now + step.seconds() * step.shown());
            assert_eq!(Step::parse(step.name()), Some(step));
        }
    }
}
