//! The shares and prices that follow from counts.

use serde_json::Value;

use super::{Counts, sum};

/// What operations cost, in dollars for a million. The default is the public
/// list of Cloudflare's paid plan; whoever pays otherwise sets `PRICES`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PriceSheet {
    /// Requests to the worker.
    pub request: f64,
    /// Requests to Durable Objects.
    pub object: f64,
    /// Reads of R2 (class B).
    pub r2_read: f64,
    /// Writes of R2 (class A).
    pub r2_write: f64,
    /// Reads of KV.
    pub kv_read: f64,
    /// Writes of KV.
    pub kv_write: f64,
    /// A gigabyte of traffic (dollars each, not for a million).
    pub gigabyte: f64,
}

impl Default for PriceSheet {
    fn default() -> Self {
        Self {
            request: 0.30,
            object: 0.15,
            r2_read: 0.36,
            r2_write: 4.50,
            kv_read: 0.50,
            kv_write: 5.00,
            gigabyte: 0.0,
        }
    }
}

impl PriceSheet {
    /// Reads `{"request": 0.3, ...}`; what is not named keeps its default.
    pub fn parse(text: &str) -> Result<Self, String> {
        let value: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let members = value.as_object().ok_or("it is not a JSON object")?;
        let mut sheet = Self::default();
        for (name, value) in members {
            let price = value.as_f64().filter(|price| *price >= 0.0);
            let price = price.ok_or_else(|| format!("\"{name}\" is not a price"))?;
            *match name.as_str() {
                "request" => &mut sheet.request,
                "object" => &mut sheet.object,
                "r2_read" => &mut sheet.r2_read,
                "r2_write" => &mut sheet.r2_write,
                "kv_read" => &mut sheet.kv_read,
                "kv_write" => &mut sheet.kv_write,
                "gigabyte" => &mut sheet.gigabyte,
                _ => return Err(format!("\"{name}\" is nothing that is billed")),
            } = price;
        }
        Ok(sheet)
    }

    /// What everything counted has cost, in dollars.
    #[allow(clippy::cast_precision_loss)]
    fn cost(&self, counts: &Counts) -> f64 {
        let of = |family: &str, labels: &[&str], price: f64| {
            sum(counts, family, labels) as f64 * price / 1e6
        };
        of("http_requests", &[], self.request)
            + of("stores", &["object"], self.object)
            + of("stores", &["r2", "read"], self.r2_read)
            + of("stores", &["r2", "write"], self.r2_write)
            + of("stores", &["kv", "read"], self.kv_read)
            + of("stores", &["kv", "write"], self.kv_write)
            + sum(counts, "http_bytes", &[]) as f64 * self.gigabyte / 1e9
    }
}

/// What an operator looks at first. `None` where nothing was counted yet.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Rates {
    /// Derivatives that some tier had.
    pub cache_hits: Option<f64>,
    /// Look-ups of metadata that was valid.
    pub manifest_validity: Option<f64>,
    /// Decisions made without asking the books.
    pub edge_decisions: Option<f64>,
    /// Downloads begun that were completed.
    pub completion: Option<f64>,
    /// Of those asked for consent, how many gave it.
    pub consent: Option<f64>,
    /// Dollars for a thousand requests.
    pub cost_per_thousand: Option<f64>,
    /// Tickets for a thousand downloads.
    pub tickets_per_thousand: Option<f64>,
}

impl Rates {
    /// What the counts come to.
    #[must_use]
    #[allow(clippy::cast_precision_loss)]
    pub fn of(counts: &Counts, prices: &PriceSheet) -> Self {
        let total = |family: &str| sum(counts, family, &[]);
        let made = sum(counts, "derivatives", &["made"]);
        let started = total("sessions_started");
        let requests = total("http_requests");
        Self {
            cache_hits: share(
                total("derivatives").saturating_sub(made),
                total("derivatives"),
            ),
            manifest_validity: share(sum(counts, "manifests", &["valid"]), total("manifests")),
            edge_decisions: share(sum(counts, "decisions", &["edge"]), total("decisions")),
            completion: share(total("sessions_covered"), started),
            consent: share(
                sum(counts, "receipts", &["consent"]),
                total("consent_asked"),
            ),
            cost_per_thousand: (requests > 0)
                .then(|| prices.cost(counts) * 1000.0 / requests as f64),
            tickets_per_thousand: share(total("tickets"), started).map(|share| share * 1000.0),
        }
    }

    /// Those that are told as gauges: name, what it says, value.
    #[must_use]
    pub fn gauges(&self) -> [(&'static str, &'static str, Option<f64>); 7] {
        [
            (
                "dropgate_derivative_hit_ratio",
                "Derivatives that some tier had, of all.",
                self.cache_hits,
            ),
            (
                "dropgate_manifest_valid_ratio",
                "Look-ups of signed metadata that was valid, of all.",
                self.manifest_validity,
            ),
            (
                "dropgate_edge_decision_ratio",
                "Decisions of the gate made without asking the books, of all.",
                self.edge_decisions,
            ),
            (
                "dropgate_session_completion_ratio",
                "Downloads covered, of those started.",
                self.completion,
            ),
            (
                "dropgate_consent_ratio",
                "Consents given, of those asked for.",
                self.consent,
            ),
            (
                "dropgate_cost_per_thousand_requests_dollars",
                "What a thousand requests have cost by the price sheet (PRICES): requests and operations on stores as Cloudflare bills them, without CPU time and storage at rest. Sampled: what it is divided by is told in the same messages, so that a killed isolate changes neither alone. The bill itself is Cloudflare's to tell.",
                self.cost_per_thousand,
            ),
            (
                "dropgate_tickets_per_thousand_downloads",
                "Support tickets for each thousand downloads started.",
                self.tickets_per_thousand,
            ),
        ]
    }
}

#[allow(clippy::cast_precision_loss)]
fn share(part: u64, of: u64) -> Option<f64> {
    (of > 0).then(|| part as f64 / of as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_and_prices_follow_from_counts() {
        let counts: Counts = [
            ("http_requests;image;200", 1000),
            ("http_bytes;picture", 2_000_000_000),
            ("derivatives;pop", 3),
            ("derivatives;made", 1),
            ("sessions_started", 4),
            ("sessions_covered", 3),
            ("stores;r2;write", 1000),
            ("tickets;not-found", 1),
        ]
        .map(|(key, count)| (key.to_owned(), count))
        .into();
        let sheet = PriceSheet::parse(r#"{"request": 1, "r2_write": 2, "gigabyte": 0.5}"#).unwrap();
        let rates = Rates::of(&counts, &sheet);
        assert_eq!(rates.cache_hits, Some(0.75));
        assert_eq!(rates.completion, Some(0.75));
        assert_eq!(rates.consent, None);
        assert_eq!(rates.tickets_per_thousand, Some(250.0));
        let cost = rates.cost_per_thousand.unwrap();
        assert!((cost - 1.003).abs() < 1e-9, "{cost}");
        assert_eq!(Rates::of(&Counts::new(), &sheet).cost_per_thousand, None);
    }

    #[test]
    fn a_price_that_is_none_is_named() {
        for text in ["[]", "{", r#"{"request": -1}"#, r#"{"egress": 1}"#] {
            assert!(PriceSheet::parse(text).is_err(), "{text}");
        }
    }
}
