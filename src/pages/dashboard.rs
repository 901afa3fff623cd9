//! The dashboard: numbers as plots over time, each with its table. The plots
//! are drawn here, as SVG; a script only fetches the page anew while it is seen.

use maud::{Markup, PreEscaped, html};
use std::fmt::Write;

use super::asset;
use super::layout::{Listing, Site};
use crate::trust::format_time;

/// What a plot counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Things.
    Count,
    /// Bytes.
    Bytes,
    /// Milliseconds.
    Millis,
}

/// A line of a plot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Series {
    /// Its name in the legend.
    pub name: &'static str,
    /// Its values, the oldest first; all series of a plot have the same times.
    pub points: Vec<(u64, u64)>,
}

/// A plot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plot {
    /// Its heading.
    pub title: &'static str,
    /// What it counts.
    pub unit: Unit,
    /// Its lines, at most four.
    pub series: Vec<Series>,
}

/// A campaign of codes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CampaignView<'a> {
    /// What the operator calls it.
    pub name: &'a str,
    /// Its drop.
    pub drop: &'a str,
    /// Codes made, opened, redeemed.
    pub codes: [u64; 3],
}

/// What one viewer may see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DashboardView<'a> {
    /// The creator; `None` is the operator.
    pub who: Option<String>,
    /// The name of the step: `minute`, `quarter`, `day`.
    pub step: &'a str,
    /// When it was made.
    pub now: u64,
    /// What to see first: a name, a value.
    pub tiles: Vec<(&'static str, String)>,
    /// The plots.
    pub plots: Vec<Plot>,
    /// Visitors by day, the newest first.
    pub visitors: Vec<(u64, u64)>,
    /// Campaigns.
    pub campaigns: Vec<CampaignView<'a>>,
    /// Numbers of people below this are not told.
    pub small: u64,
    /// Until when the viewer's link is good.
    pub until: u64,
}

/// The names of the ranges, as links.
const RANGES: [(&str, &str, &str); 3] = [
    ("minute", "last hour", "minute"),
    ("quarter", "last day", "quarter of an hour"),
    ("day", "last 90 days", "day"),
];

/// The drawing area of a plot.
const WIDTH: u32 = 640;
const HEIGHT: u32 = 200;

/// The page.
#[must_use]
pub fn dashboard(site: Site<'_>, view: &DashboardView<'_>) -> String {
    let per = RANGES.iter().find(|(step, ..)| *step == view.step);
    let per = per.map_or("", |(.., per)| per);
    let title = match &view.who {
        Some(creator) => format!("Numbers of {creator}"),
        None => "Numbers".to_owned(),
    };
    let main = html! {
        script type="module" src=(asset::dashboard()) {}
        div #live {
            h1 { (title) }
            nav.ranges aria-label="Range" {
                @for (step, name, _) in RANGES {
                    a href={ "/dashboard?range=" (step) } aria-current=[(step == view.step).then_some("page")] { (name) }
                }
            }
            p.small { "As of " (clock(view.now)) " UTC, by the " (per) ". It follows by itself while you look." }
            dl.tiles {
                @for (name, value) in &view.tiles { div { dt { (name) } dd { (value) } } }
            }
            @for plot in &view.plots { (plot_section(plot, view.step, per)) }
            (campaigns(view))
            (people(view))
            p.small {
                "Money, codes, receipts and tickets are exact. The rest is sampled: counted in each worker and told every two seconds; one that is killed takes its last seconds along. "
                "Nobody is named: people are estimated from a sketch that is another each day, and not at all for those who send "
                "Global Privacy Control. This link is good until " (format_time(view.until)) "."
            }
        }
    };
    site.page(&title, Listing::Private, &main)
}

fn plot_section(plot: &Plot, step: &str, per: &str) -> Markup {
    let most = plot
        .series
        .iter()
        .flat_map(|series| &series.points)
        .map(|(_, value)| *value);
    let top = ceiling(most.max().unwrap_or(0));
    let times: Vec<u64> = plot
        .series
        .first()
        .into_iter()
        .flat_map(|series| &series.points)
        .map(|(time, _)| *time)
        .collect();
    let summary = plot.series.iter().map(|series| {
        let most = series
            .points
            .iter()
            .map(|(_, value)| *value)
            .max()
            .unwrap_or(0);
        format!("{}: at most {}", series.name, amount(plot.unit, most))
    });
    let summary = format!(
        "{} by the {per}. {}.",
        plot.title,
        summary.collect::<Vec<_>>().join(", ")
    );
    html! {
        section.plot {
            h2 { (plot.title) }
            div.beside {
                figure {
                    ul.legend aria-hidden="true" {
                        @for (at, series) in plot.series.iter().enumerate() {
                            li { span.{ "key s" (at) } {} (series.name) }
                        }
                    }
                    svg viewBox={ "0 0 " (WIDTH) " " (HEIGHT + 28) } role="img" aria-label=(summary) {
                        (PreEscaped(grid(plot.unit, top, &times, step)))
                        @for (at, series) in plot.series.iter().enumerate() {
                            polyline.line.{ "s" (at) } points=(line(series, top)) {}
                        }
                    }
                }
                (table(plot, step))
            }
        }
    }
}

/// A round number that is not below.
fn ceiling(most: u64) -> u64 {
    let mut power = 1_u64;
    while let Some(next) = power.checked_mul(10).filter(|next| *next <= most) {
        power = next;
    }
    let steps = [1, 2, 5, 10].map(|step: u64| step.saturating_mul(power));
    steps
        .into_iter()
        .find(|step| *step >= most)
        .unwrap_or(most)
        .max(1)
}

/// Lines and words behind the plot: the scale and four times.
fn grid(unit: Unit, top: u64, times: &[u64], step: &str) -> String {
    let mut svg = String::new();
    for (part, y) in [(0, HEIGHT), (1, HEIGHT / 2), (2, 0)] {
        let _ = write!(svg, "<path class=\"rule\" d=\"M0 {y}H{WIDTH}\"/>");
        // The line at the bottom is zero; a word there would lie under the plot.
        if part == 0 {
            continue;
        }
        let value = amount(unit, top * part / 2);
        let y = if y == 0 { 20 } else { y - 4 };
        let _ = write!(svg, "<text x=\"2\" y=\"{y}\">{value}</text>");
    }
    for (at, anchor) in [(0, "start"), (1, "middle"), (2, "middle"), (3, "end")] {
        let index = times.len().saturating_sub(1) * at / 3;
        let x = WIDTH as usize * at / 3;
        if let Some(time) = times.get(index) {
            let _ = write!(
                svg,
                "<text x=\"{x}\" y=\"{}\" text-anchor=\"{anchor}\">{}</text>",
                HEIGHT + 22,
                when(*time, step)
            );
        }
    }
    svg
}

fn line(series: &Series, top: u64) -> String {
    let last = series.points.len().saturating_sub(1).max(1) as u64;
    let mut points = String::new();
    for ((_, value), at) in series.points.iter().zip(0_u64..) {
        let x = u64::from(WIDTH) * at / last;
        let high = value.saturating_mul(u64::from(HEIGHT)) / top;
        let y = u64::from(HEIGHT).saturating_sub(high);
        let _ = write!(points, "{x},{y} ");
    }
    points
}

/// The rows in which anything was counted, the newest first.
fn table(plot: &Plot, step: &str) -> Markup {
    let times = plot.series.first().map_or(&[][..], |series| &series.points);
    let mut rows = Vec::new();
    for (at, (time, _)) in times.iter().enumerate().rev() {
        let values = plot
            .series
            .iter()
            .map(|series| series.points.get(at).map_or(0, |(_, value)| *value));
        let values: Vec<u64> = values.collect();
        if values.iter().any(|value| *value > 0) {
            rows.push((*time, values));
        }
    }
    html! {
        div.scroll tabindex="0" role="region" aria-label={ (plot.title) " as a table" } {
            @if rows.is_empty() { p.small { "Nothing in this time." } } @else {
                table {
                    thead { tr { th scope="col" { "From" } @for series in &plot.series { th scope="col" { (series.name) } } } }
                    tbody {
                        @for (time, values) in &rows {
                            tr {
                                th scope="row" { (when(*time, step)) }
                                @for value in values { td { (amount(plot.unit, *value)) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn campaigns(view: &DashboardView<'_>) -> Markup {
    html! {
        section.plot {
            h2 { "Codes" }
            @if view.campaigns.is_empty() { p.small { "There are no campaigns." } } @else {
                div.scroll tabindex="0" role="region" aria-label="Campaigns of codes" {
                    table {
                        thead { tr { th scope="col" { "Campaign" } th.word scope="col" { "Drop" } th scope="col" { "Made" } th scope="col" { "Opened" } th scope="col" { "Redeemed" } th scope="col" { "Conversion" } } }
                        tbody {
                            @for campaign in &view.campaigns {
                                @let [made, opened, redeemed] = campaign.codes;
                                tr {
                                    th scope="row" { (campaign.name) }
                                    td.word { (campaign.drop) }
                                    td { (made) } td { (opened) } td { (redeemed) }
                                    td { (conversion(opened, redeemed)) }
                                }
                            }
                        }
                    }
                }
                p.small { "Conversion is codes redeemed of codes whose page was opened." }
            }
        }
    }
}

fn conversion(opened: u64, redeemed: u64) -> String {
    // A program may redeem without opening the page.
    match redeemed
        .saturating_mul(100)
        .checked_div(opened.max(redeemed))
    {
        Some(percent) => format!("{percent} %"),
        None => "\u{2013}".to_owned(),
    }
}

fn people(view: &DashboardView<'_>) -> Markup {
    html! {
        section.plot {
            h2 { "Visitors by day" }
            @if view.visitors.is_empty() { p.small { "Nobody yet." } } @else {
                div.scroll tabindex="0" role="region" aria-label="Visitors by day" {
                    table {
                        thead { tr { th scope="col" { "Day" } th scope="col" { "About" } } }
                        tbody {
                            @for (day, people) in &view.visitors {
                                tr {
                                    th scope="row" { (when(*day, "day")) }
                                    td { @if *people < view.small { "fewer than " (view.small) } @else { (people) } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn when(time: u64, step: &str) -> String {
    let text = format_time(time);
    let part = if step == "day" {
        text.get(..10)
    } else {
        text.get(11..16)
    };
    part.unwrap_or_default().to_owned()
}

fn clock(time: u64) -> String {
    format_time(time).get(11..19).unwrap_or_default().to_owned()
}

/// A number as people read it.
fn amount(unit: Unit, value: u64) -> String {
    match unit {
        Unit::Count => thousands(value, 1000, ["", "k", "M", "G"]),
        Unit::Bytes => thousands(value, 1000, [" B", " kB", " MB", " GB"]),
        Unit::Millis => format!("{value} ms"),
    }
}

fn thousands(value: u64, base: u64, names: [&str; 4]) -> String {
    let mut rest = (value, 0);
    let mut name = names.first().copied().unwrap_or_default();
    for next in names.iter().skip(1) {
        if rest.0 < base {
            break;
        }
        rest = (rest.0 / base, rest.0 % base * 10 / base);
        name = next;
    }
    match rest {
        (whole, tenth) if tenth > 0 && whole < 100 => format!("{whole}.{tenth}{name}"),
        (whole, _) => format!("{whole}{name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_are_round_and_numbers_short() {
        for (most, top) in [
            (0, 1),
            (1, 1),
            (3, 5),
            (10, 10),
            (11, 20),
            (999, 1000),
            (2001, 5000),
        ] {
            assert_eq!(ceiling(most), top, "{most}");
        }
        assert_eq!(amount(Unit::Bytes, 0), "0 B");
        assert_eq!(amount(Unit::Bytes, 1_234_567), "1.2 MB");
        assert_eq!(amount(Unit::Count, 45_900), "45.9k");
        assert_eq!(amount(Unit::Count, 459_000), "459k");
        assert_eq!(amount(Unit::Millis, 1200), "1200 ms");
        assert_eq!(conversion(0, 0), "\u{2013}");
        assert_eq!(conversion(4, 3), "75 %");
        assert_eq!(conversion(0, 3), "100 %");
    }
}
