//! Every number there is. Labels are bounded: words of this program, statuses,
//! data centres, and creators of this marketplace.

/// How a family is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It only grows.
    Counter,
    /// It goes up and down.
    Gauge,
    /// How often it took how long; see [`super::tally::BOUNDS_MS`].
    Histogram,
}

/// A family of series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Family {
    /// Its name in our counts.
    pub key: &'static str,
    /// Its name in Prometheus.
    pub name: &'static str,
    /// How it is counted.
    pub kind: Kind,
    /// The names of its labels.
    pub labels: &'static [&'static str],
    /// What it says, and how exactly.
    pub help: &'static str,
}

/// How exact the counts of isolates are.
macro_rules! near {
    ($text:literal) => {
        concat!(
            $text,
            " Sampled: counted in each isolate's memory and told every two seconds; an isolate that is killed takes along what it had not told, two seconds as a rule and fifteen at most."
        )
    };
}

macro_rules! exact {
    ($text:literal) => {
        concat!(
            $text,
            " Exact: counted in one transaction with what it counts, and told within seconds."
        )
    };
}

macro_rules! sampled {
    ($text:literal) => {
        concat!(
            $text,
            " Sampled: the clock of an isolate stands still while it computes, so that only time spent waiting is seen; Analytics Engine holds the same by data point."
        )
    };
}

const fn counter(
    key: &'static str,
    name: &'static str,
    labels: &'static [&'static str],
    help: &'static str,
) -> Family {
    let kind = Kind::Counter;
    Family {
        key,
        name,
        kind,
        labels,
        help,
    }
}

const fn of_kind(kind: Kind, family: Family) -> Family {
    Family { kind, ..family }
}

/// All families, in the order they are told.
pub const FAMILIES: &[Family] = &[
    counter(
        "http_requests",
        "dropgate_http_requests_total",
        &["route", "status"],
        near!("Requests by route and status."),
    ),
    counter(
        "http_bytes",
        "dropgate_http_response_bytes_total",
        &["asset"],
        near!("Declared bytes of response bodies by kind of asset."),
    ),
    counter(
        "derivatives",
        "dropgate_derivatives_total",
        &["tier"],
        near!("Derivatives by the tier that had them (as in Cache-Status); made is none."),
    ),
    of_kind(
        Kind::Histogram,
        counter(
            "span",
            "dropgate_span_seconds",
            &["span"],
            sampled!("Time by part of the work, as in Server-Timing."),
        ),
    ),
    of_kind(
        Kind::Histogram,
        counter(
            "ttfb",
            "dropgate_time_to_first_byte_seconds",
            &["colo", "asset"],
            sampled!("Time until the reply began, by data centre and kind of asset."),
        ),
    ),
    counter(
        "manifests",
        "dropgate_manifest_checks_total",
        &["result"],
        near!("Look-ups of signed metadata by what they came to."),
    ),
    counter(
        "decisions",
        "dropgate_gate_decisions_total",
        &["place", "outcome"],
        near!("Decisions of the gate: in the isolate (edge) or after asking the books."),
    ),
    counter(
        "revoked",
        "dropgate_revoked_grants_refused_total",
        &[],
        near!("Requests refused because their grant was revoked."),
    ),
    counter(
        "sessions_started",
        "dropgate_download_sessions_started_total",
        &[],
        near!(
            "Downloads whose first byte was asked for: one for each visitor, file and day, however many requests and isolates it took. Of files above 1 MiB one in eight is watched, and counts eightfold."
        ),
    ),
    counter(
        "sessions_covered",
        "dropgate_download_sessions_covered_total",
        &[],
        near!(
            "Downloads of which all was handed over, in one piece or resumed. Of a request that was left, what a later one did not ask for again counts."
        ),
    ),
    counter(
        "consent_asked",
        "dropgate_consent_asked_total",
        &[],
        near!("Requests answered by asking for consent."),
    ),
    counter(
        "receipts",
        "dropgate_receipts_total",
        &["type"],
        exact!("Receipts in the logs, by type."),
    ),
    counter(
        "problems",
        "dropgate_problems_total",
        &["type"],
        near!("Problems by the end of their type."),
    ),
    counter(
        "stores",
        "dropgate_store_operations_total",
        &["store", "operation"],
        near!("Operations on stores, as they are billed."),
    ),
    counter(
        "creator_requests",
        "dropgate_creator_requests_total",
        &["creator"],
        near!("Requests for a creator's drops."),
    ),
    counter(
        "creator_bytes",
        "dropgate_creator_response_bytes_total",
        &["creator"],
        near!("Declared bytes of a creator's drops."),
    ),
    counter(
        "creator_started",
        "dropgate_creator_sessions_started_total",
        &["creator"],
        near!("Downloads of a creator's files whose first byte was asked for."),
    ),
    counter(
        "creator_covered",
        "dropgate_creator_sessions_covered_total",
        &["creator"],
        near!("Downloads of a creator's files of which all was handed over."),
    ),
    counter(
        "delivered_bytes",
        "dropgate_delivered_bytes_total",
        &[],
        exact!(
            "Bytes of files and archives that were handed over in full under a grant, by their receipts."
        ),
    ),
    counter(
        "charged_downloads",
        "dropgate_charged_downloads_total",
        &[],
        exact!("Downloads charged to the budgets of grants."),
    ),
    counter(
        "charged_bytes",
        "dropgate_charged_bytes_total",
        &[],
        exact!("Bytes charged to the budgets of grants."),
    ),
    counter(
        "returned_bytes",
        "dropgate_returned_bytes_total",
        &[],
        exact!("Bytes that were charged, never handed over, and given back."),
    ),
    counter(
        "orders",
        "dropgate_orders_total",
        &["event"],
        exact!("Orders paid, refunded and disputed, each counted once."),
    ),
    counter(
        "tickets",
        "dropgate_support_tickets_total",
        &["type"],
        exact!("Support tickets by the type of problem they name."),
    ),
    of_kind(
        Kind::Gauge,
        counter(
            "campaign",
            "dropgate_campaign_codes",
            &["campaign", "state"],
            exact!("Codes of a campaign by what became of them."),
        ),
    ),
    of_kind(
        Kind::Gauge,
        counter(
            "log",
            "dropgate_log_entries",
            &["log"],
            exact!("Receipts that a log has accepted."),
        ),
    ),
];

impl Family {
    /// The family of that key.
    #[must_use]
    pub fn find(key: &str) -> Option<&'static Self> {
        FAMILIES.iter().find(|family| family.key == key)
    }
}
