//! Numbers and times the way people read them.

use maud::{Markup, html};

use crate::trust::format_time;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// `1.3 MB`: in steps of a thousand, as shops and phones count.
pub(super) fn size(bytes: u64) -> String {
    if bytes < 1000 {
        return count(bytes, "byte", "bytes");
    }
    let mut unit = 1000_u64;
    for name in ["kB", "MB", "GB", "TB"] {
        let tenths =
            (bytes / (unit / 10)).saturating_add(u64::from(bytes % (unit / 10) >= unit / 20));
        if tenths < 100 {
            return format!("{}.{} {name}", tenths / 10, tenths % 10);
        }
        // Above 9.9 the decimal says nothing.
        let whole = (tenths + 5) / 10;
        if whole < 1000 {
            return format!("{whole} {name}");
        }
        unit *= 1000;
    }
    format!("{} TB", bytes / 1_000_000_000_000)
}

/// `1 file`, `2 files`.
pub(super) fn count(number: u64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// `22 November 2026, 20:41 UTC`, and the machine's form beside it.
pub(super) fn moment(unix: u64) -> Markup {
    let machine = format_time(unix);
    let part = |range: std::ops::Range<usize>| machine.get(range).unwrap_or_default();
    let month = part(5..7).parse::<usize>().ok();
    let month = month.and_then(|month| MONTHS.get(month.saturating_sub(1)));
    let day = part(8..10).trim_start_matches('0');
    html! {
        time datetime=(machine) {
            (day) " " (month.copied().unwrap_or_default()) " " (part(0..4)) ", "
            (part(11..16)) " UTC"
        }
    }
}

/// What a media type is called: `JPEG picture`.
pub(super) fn kind(media_type: &str) -> &str {
    match media_type {
        "image/jpeg" => "JPEG picture",
        "image/png" => "PNG picture",
        "image/webp" => "WebP picture",
        "image/gif" => "GIF picture",
        "image/avif" => "AVIF picture",
        "application/zip" => "ZIP archive",
        "application/pdf" => "PDF document",
        "audio/ogg" => "Ogg audio",
        "audio/mpeg" => "MP3 audio",
        "audio/flac" => "FLAC audio",
        "video/mp4" => "MP4 video",
        "video/webm" => "WebM video",
        "text/plain" | "text/plain; charset=utf-8" => "Text",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_read_well() {
        for (bytes, text) in [
            (0, "0 bytes"),
            (1, "1 byte"),
            (999, "999 bytes"),
            (1000, "1.0 kB"),
            (1_344_608, "1.3 MB"),
            (9_949_999, "9.9 MB"),
            (9_950_000, "10 MB"),
            (999_400_000, "999 MB"),
            (999_960_000, "1.0 GB"),
            (u64::MAX, "18446744 TB"),
        ] {
            assert_eq!(size(bytes), text);
        }
    }

    #[test]
    fn times_read_well() {
        let text = moment(1_795_380_108).into_string();
        let expected = "<time datetime=\"2026-11-22T20:41:48Z\">22 November 2026, 20:41 UTC</time>";
        assert_eq!(text, expected);
    }
}
