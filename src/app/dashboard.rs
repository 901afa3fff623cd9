//! `GET /dashboard`: the numbers as plots and tables, for the operator and for
//! each creator their own, by a link that the command line signs.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{
    Answer, Desk,
    grant::token,
    http::{Method, Reply, Request, cookie},
    problem::Problem,
};
use crate::{
    gate::{
        GateError, UnprovenView,
        book::{Conversion, Numbers},
    },
    metrics::{Counts, Rates, history::Step, visitors::SMALL},
    pages::{CampaignView, DashboardView, Plot, Series, Unit},
    ports::World,
    trust::{Name, format_time},
};

/// Holds the link's token, so that it leaves the address bar.
const COOKIE: &str = "__Host-dashboard";

/// Who looks.
struct Viewer {
    creator: Option<Name>,
    until: u64,
}

impl<W: World> Desk<'_, W> {
    /// Shows what the viewer may see; a browser that followed the link is sent
    /// on, so that the token stands in no address and no history.
    pub(super) async fn dashboard(&self, request: &Request<W::Body>) -> Answer<W> {
        let person = request.wants_html();
        let given = request.query("token");
        let held = given.clone().or_else(|| token(request));
        let held = held.or_else(|| request.cookie(COOKIE).map(str::to_owned));
        let viewer = self.viewer(held.as_deref()).await?;
        let step = request.query("range");
        let step = step
            .as_deref()
            .and_then(Step::parse)
            .unwrap_or(Step::Quarter);
        if let (true, Some(token)) = (person, given) {
            let seconds = viewer.until.saturating_sub(self.world.now());
            return Ok(Reply::empty(303)
                .with("Location", "/dashboard")
                .with("Set-Cookie", cookie(COOKIE, &token, seconds))
                .with("Cache-Control", "no-store"));
        }
        let numbers = self.numbers(Some(step)).await?;
        let mut campaigns = self.campaigns().await?;
        if let Some(creator) = &viewer.creator {
            let own = format!("{creator}/");
            campaigns.retain(|campaign| campaign.drop.starts_with(&own));
        }
        let view = self.view(&viewer, step, &numbers, &campaigns);
        let mut reply = if person {
            self.dashboard_page(&view)
        } else {
            Reply::json(200, &as_json(&view))
        };
        if request.method == Method::Head {
            reply.body = super::http::Body::Empty;
        }
        Ok(reply)
    }

    async fn viewer(&self, token: Option<&str>) -> Result<Viewer, Problem> {
        let refused = |detail: &str| {
            Problem::new(401, "not-authorised", "This needs authorisation", detail)
                .with("www-authenticate", "Bearer realm=\"dropgate-dashboard\"")
        };
        let Some(token) = token else {
            return Err(refused(
                "Open the link that 'dropgate dashboard' prints; it is signed for you.",
            ));
        };
        // What the operator's programs have anyway.
        if self.config.is_operator(token) {
            let until = self.world.now().saturating_add(3600);
            return Ok(Viewer {
                creator: None,
                until,
            });
        }
        let wrong = |error: GateError| refused(&format!("{error}."));
        let unproven = UnprovenView::parse(token).map_err(wrong)?;
        let mut keys = vec![self.config.edge_key()];
        if let Some(creator) = &unproven.creator {
            // One of no creator is refused like one with a wrong signature.
            keys.extend(self.creator_keys(creator).await.unwrap_or_default());
        }
        let audience = &self.config.gate.audience;
        let until = unproven
            .prove(&keys, audience, self.world.now())
            .map_err(wrong)?;
        let creator = unproven.creator;
        Ok(Viewer { creator, until })
    }

    fn view<'a>(
        &self,
        viewer: &Viewer,
        step: Step,
        numbers: &'a Numbers,
        campaigns: &'a [Conversion],
    ) -> DashboardView<'a> {
        let now = self.world.now();
        let last = step.of(now);
        let times: Vec<u64> = ((last + 1).saturating_sub(step.shown())..=last)
            .map(|number| number * step.seconds())
            .collect();
        let chart = Chart {
            bins: numbers
                .bins
                .iter()
                .map(|(time, counts)| (*time, counts))
                .collect(),
            times: &times,
            floor: if viewer.creator.is_some() { SMALL } else { 0 },
        };
        let campaigns = campaigns.iter().map(|campaign| CampaignView {
            name: if campaign.label.is_empty() {
                &campaign.id
            } else {
                &campaign.label
            },
            drop: &campaign.drop,
            codes: campaign.codes,
        });
        DashboardView {
            who: viewer.creator.as_ref().map(ToString::to_string),
            step: step.name(),
            now,
            tiles: match &viewer.creator {
                Some(creator) => creator_tiles(&numbers.total, creator.as_str()),
                None => operator_tiles(&Rates::of(&numbers.total, &self.config.prices)),
            },
            plots: match &viewer.creator {
                Some(creator) => chart.of_creator(creator.as_str()),
                None => chart.of_operator(),
            },
            visitors: numbers
                .visitors
                .iter()
                .rev()
                .map(|(day, by)| {
                    let people = match &viewer.creator {
                        Some(creator) => by.get(creator.as_str()).copied().unwrap_or(0),
                        None => by.values().sum(),
                    };
                    (*day, people)
                })
                .collect(),
            campaigns: campaigns.collect(),
            small: SMALL,
            until: viewer.until,
        }
    }
}

/// Makes plots from the history.
struct Chart<'a> {
    bins: BTreeMap<u64, &'a Counts>,
    times: &'a [u64],
    /// Counts below this are shown as none.
    floor: u64,
}

impl Chart<'_> {
    fn series(&self, name: &'static str, of: impl Fn(&Counts) -> u64) -> Series {
        let value = |time: &u64| self.bins.get(time).map_or(0, |counts| of(counts));
        let points = self.times.iter().map(|time| (*time, value(time)));
        let points = points.map(|(time, value)| (time, if value < self.floor { 0 } else { value }));
        Series {
            name,
            points: points.collect(),
        }
    }

    /// One series for each key.
    fn keyed(&self, title: &'static str, unit: Unit, named: &[(&'static str, String)]) -> Plot {
        let series = named
            .iter()
            .map(|(name, key)| self.series(name, |counts| get(counts, key)));
        Plot {
            title,
            unit,
            series: series.collect(),
        }
    }

    fn of_operator(&self) -> Vec<Plot> {
        let keyed = |title, unit, keys: &[(&'static str, &str)]| {
            let named: Vec<_> = keys
                .iter()
                .map(|(name, key)| (*name, (*key).to_owned()))
                .collect();
            self.keyed(title, unit, &named)
        };
        let mean = |name, asset: &str| {
            let (sum, count) = (format!("ttfb_ms;{asset}"), format!("ttfb_n;{asset}"));
            self.series(name, move |counts| {
                get(counts, &sum)
                    .checked_div(get(counts, &count))
                    .unwrap_or(0)
            })
        };
        vec![
            keyed(
                "Requests",
                Unit::Count,
                &[
                    ("good (2xx)", "requests;2xx"),
                    ("elsewhere (3xx)", "requests;3xx"),
                    ("refused (4xx)", "requests;4xx"),
                    ("failed (5xx)", "requests;5xx"),
                ],
            ),
            keyed(
                "Bytes",
                Unit::Bytes,
                &[
                    ("files", "http_bytes;file"),
                    ("archives", "http_bytes;archive"),
                    ("pictures", "http_bytes;picture"),
                    ("pages", "http_bytes;page"),
                ],
            ),
            keyed(
                "Downloads",
                Unit::Count,
                &[
                    ("started", "sessions_started"),
                    ("covered", "sessions_covered"),
                ],
            ),
            self.money(),
            keyed(
                "Derivatives by tier",
                Unit::Count,
                &[
                    ("data centre", "derivatives;pop"),
                    ("KV", "derivatives;kv"),
                    ("R2", "derivatives;r2"),
                    ("made", "derivatives;made"),
                ],
            ),
            Plot {
                title: "Mean time to first byte",
                unit: Unit::Millis,
                series: vec![
                    mean("pictures", "picture"),
                    mean("files", "file"),
                    mean("pages", "page"),
                ],
            },
            keyed(
                "Gate",
                Unit::Count,
                &[
                    ("allowed at the edge", "decisions;edge;allowed"),
                    ("allowed by the books", "decisions;books;allowed"),
                    ("refused at the edge", "decisions;edge;refused"),
                    ("revoked", "revoked"),
                ],
            ),
            keyed(
                "Metadata",
                Unit::Count,
                &[
                    ("valid", "manifests;valid"),
                    ("expired", "manifests;expired"),
                    ("forged", "manifests;forged"),
                ],
            ),
            keyed(
                "Consent",
                Unit::Count,
                &[
                    ("asked", "consent_asked"),
                    ("given", "receipts;consent"),
                    ("codes redeemed", "receipts;redeem"),
                ],
            ),
        ]
    }

    /// From the books that decide it.
    fn money(&self) -> Plot {
        let named = [
            ("charged", "charged_downloads"),
            ("with receipt", "receipts;deliver"),
            ("orders paid", "orders;paid"),
            ("refunded", "orders;refunded"),
        ];
        let named = named.map(|(name, key)| (name, key.to_owned()));
        self.keyed("Money", Unit::Count, &named)
    }

    fn of_creator(&self, creator: &str) -> Vec<Plot> {
        let own = |family: &str| format!("{family};{creator}");
        vec![
            self.keyed(
                "Requests",
                Unit::Count,
                &[("requests", own("creator_requests"))],
            ),
            self.keyed("Bytes", Unit::Bytes, &[("bytes", own("creator_bytes"))]),
            self.keyed(
                "Downloads",
                Unit::Count,
                &[
                    ("started", own("creator_started")),
                    ("covered", own("creator_covered")),
                ],
            ),
        ]
    }
}

fn get(counts: &Counts, key: &str) -> u64 {
    counts.get(key).copied().unwrap_or(0)
}

fn percent(share: Option<f64>) -> String {
    share.map_or_else(
        || "\u{2013}".to_owned(),
        |share| format!("{:.1} %", share * 100.0),
    )
}

fn operator_tiles(rates: &Rates) -> Vec<(&'static str, String)> {
    let none = || "\u{2013}".to_owned();
    vec![
        ("derivatives from a cache", percent(rates.cache_hits)),
        ("downloads completed", percent(rates.completion)),
        ("decided at the edge", percent(rates.edge_decisions)),
        ("metadata valid", percent(rates.manifest_validity)),
        ("consent given", percent(rates.consent)),
        (
            "per thousand requests",
            rates
                .cost_per_thousand
                .map_or_else(none, |cost| format!("${cost:.4}")),
        ),
        (
            "tickets per thousand downloads",
            rates
                .tickets_per_thousand
                .map_or_else(none, |rate| format!("{rate:.1}")),
        ),
    ]
}

#[allow(clippy::cast_precision_loss)]
fn creator_tiles(total: &Counts, creator: &str) -> Vec<(&'static str, String)> {
    let of = |family: &str| get(total, &format!("{family};{creator}"));
    let (started, covered) = (of("creator_started"), of("creator_covered"));
    let share = (started >= SMALL).then(|| covered as f64 / started as f64);
    let shown = |count: u64| match count {
        0 => "0".to_owned(),
        count if count < SMALL => format!("fewer than {SMALL}"),
        count => count.to_string(),
    };
    vec![
        ("requests", shown(of("creator_requests"))),
        ("downloads started", shown(started)),
        ("downloads completed", percent(share)),
    ]
}

/// The same for programs.
fn as_json(view: &DashboardView<'_>) -> Value {
    let plots: serde_json::Map<String, Value> = view
        .plots
        .iter()
        .map(|plot| {
            let series: serde_json::Map<String, Value> = plot
                .series
                .iter()
                .map(|series| {
                    let points = series.points.iter().filter(|(_, value)| *value > 0);
                    let points: Vec<Value> = points
                        .map(|(time, value)| json!([format_time(*time), value]))
                        .collect();
                    (series.name.to_owned(), Value::Array(points))
                })
                .collect();
            (plot.title.to_owned(), Value::Object(series))
        })
        .collect();
    let campaigns = view.campaigns.iter().map(
        |campaign| json!({"name": campaign.name, "drop": campaign.drop, "codes": campaign.codes}),
    );
    json!({
        "for": view.who,
        "range": view.step,
        "now": format_time(view.now),
        "numbers": view.tiles.iter().map(|(name, value)| json!([name, value])).collect::<Vec<_>>(),
        "plots": plots,
        "campaigns": campaigns.collect::<Vec<_>>(),
        "visitors": view.visitors.iter().map(|(day, people)| {
            json!([format_time(*day), if *people < view.small { Value::Null } else { json!(people) }])
        }).collect::<Vec<_>>(),
    })
}
