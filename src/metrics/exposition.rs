//! Numbers as Prometheus reads them (text format 0.0.4).

use std::fmt::Write;

use super::{BETWEEN, Counts, FAMILIES, Family, Kind, Rates, tally::BOUNDS_MS};

/// The media type.
pub const MEDIA_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// All numbers.
#[must_use]
pub fn text(counts: &Counts, rates: &Rates) -> String {
    let mut text = String::with_capacity(16 * 1024);
    for family in FAMILIES {
        head(&mut text, family.name, family.kind, family.help);
        match family.kind {
            Kind::Histogram => histograms(&mut text, family, counts),
            Kind::Counter | Kind::Gauge => series(&mut text, family, counts),
        }
    }
    for (name, help, value) in rates.gauges() {
        if let Some(value) = value {
            head(&mut text, name, Kind::Gauge, help);
            let _ = writeln!(text, "{name} {value}");
        }
    }
    text
}

fn head(text: &mut String, name: &str, kind: Kind, help: &str) {
    let kind = match kind {
        Kind::Counter => "counter",
        Kind::Gauge => "gauge",
        Kind::Histogram => "histogram",
    };
    let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
}

/// The series of a family, with what is behind its name.
fn of_family<'a>(
    family: &'a Family,
    counts: &'a Counts,
) -> impl Iterator<Item = (Vec<&'a str>, u64)> {
    counts
        .range(family.key.to_owned()..)
        .take_while(|(key, _)| key.starts_with(family.key))
        .filter_map(|(key, count)| {
            let mut parts = key.split(BETWEEN);
            (parts.next() == Some(family.key)).then(|| (parts.collect(), *count))
        })
}

fn series(text: &mut String, family: &Family, counts: &Counts) {
    for (labels, count) in of_family(family, counts) {
        if labels.len() == family.labels.len() {
            let labels = braces(family, &labels, None);
            let _ = writeln!(text, "{}{labels} {count}", family.name);
        }
    }
}

/// `family;label...;bucket` counts, and `family;label...;ms` is the sum.
fn histograms(text: &mut String, family: &Family, counts: &Counts) {
    let mut known: Vec<(Vec<&str>, [u64; 9], u64)> = Vec::new();
    for (mut labels, count) in of_family(family, counts) {
        let Some(last) = labels.pop().filter(|_| labels.len() == family.labels.len()) else {
            continue;
        };
        if known.last().is_none_or(|(of, ..)| *of != labels) {
            known.push((labels, [0; 9], 0));
        }
        let Some((_, buckets, sum)) = known.last_mut() else {
            continue;
        };
        if last == "ms" {
            *sum = count;
        } else if let Some(bucket) = last.parse().ok().and_then(|n: usize| buckets.get_mut(n)) {
            *bucket = count;
        }
    }
    for (labels, buckets, sum) in known {
        let mut below = 0;
        let bounds = BOUNDS_MS.iter().map(|bound| seconds(u64::from(*bound)));
        let bounds = bounds.chain(["+Inf".to_owned()]);
        for (bound, count) in bounds.zip(buckets) {
            below += count;
            let labels = braces(family, &labels, Some(&bound));
            let _ = writeln!(text, "{}_bucket{labels} {below}", family.name);
        }
        let labels = braces(family, &labels, None);
        let name = family.name;
        let sum = seconds(sum);
        let _ = writeln!(
            text,
            "{name}_sum{labels} {sum}\n{name}_count{labels} {below}"
        );
    }
}

fn seconds(millis: u64) -> String {
    let (whole, rest) = (millis / 1000, millis % 1000);
    if rest == 0 {
        return whole.to_string();
    }
    format!("{whole}.{rest:03}")
        .trim_end_matches('0')
        .to_owned()
}

fn braces(family: &Family, labels: &[&str], bound: Option<&str>) -> String {
    let mut pairs = String::new();
    let names = family.labels.iter().copied().zip(labels.iter().copied());
    for (name, value) in names.chain(bound.map(|bound| ("le", bound))) {
        if !pairs.is_empty() {
            pairs.push(',');
        }
        let value = value
            .replace('\\', "\\\\")
            .replace('"', "\\\"")
            .replace('\n', "\\n");
        let _ = write!(pairs, "{name}=\"{value}\"");
    }
    if pairs.is_empty() {
        return pairs;
    }
    format!("{{{pairs}}}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_and_histograms_are_told() {
        let counts: Counts = [
            ("http_requests;image;200", 3),
            ("ttfb;LAX;picture;0", 2),
            ("ttfb;LAX;picture;8", 1),
            ("ttfb;LAX;picture;ms", 6012),
            ("revoked", 4),
            ("unknown;x", 1),
        ]
        .map(|(key, count)| (key.to_owned(), count))
        .into();
        let rates = Rates {
            consent: Some(0.5),
            ..Rates::default()
        };
        let text = text(&counts, &rates);
        for line in [
            "dropgate_http_requests_total{route=\"image\",status=\"200\"} 3",
            "dropgate_revoked_grants_refused_total 4",
            "dropgate_time_to_first_byte_seconds_bucket{colo=\"LAX\",asset=\"picture\",le=\"0.005\"} 2",
            "dropgate_time_to_first_byte_seconds_bucket{colo=\"LAX\",asset=\"picture\",le=\"5\"} 2",
            "dropgate_time_to_first_byte_seconds_bucket{colo=\"LAX\",asset=\"picture\",le=\"+Inf\"} 3",
            "dropgate_time_to_first_byte_seconds_sum{colo=\"LAX\",asset=\"picture\"} 6.012",
            "dropgate_time_to_first_byte_seconds_count{colo=\"LAX\",asset=\"picture\"} 3",
            "dropgate_consent_ratio 0.5",
            "# TYPE dropgate_log_entries gauge",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
        assert!(!text.contains("unknown"));
        assert!(text.ends_with('\n'));
    }
}
