//! A store that fails is never read as a file that is missing, and never makes
//! other bytes of it.

use serde_json::json;

use super::{
    market::{Answered, COVER, Dress, FILM, MASTER, Market, get, post},
    pictures::{self, PICTURE},
};
use crate::{app::http::Request, memory::Fault};

/// Everything a request may need of the world. A fault of the reader's own
/// body (`store.collect`) is the reader's.
const PORTS: [&str; 14] = [
    "trust.tip",
    "trust.metadata",
    "store.head",
    "store.read",
    "store.get",
    "hot.get",
    "hot.put",
    "nearby.get",
    "nearby.put",
    "crypto",
    "entropy",
    "gate",
    "ledger.append",
    "ledger.receipt",
];

/// What a cache, or the work after the reply, may lose without anyone noticing.
const UNNOTICED: [&str; 5] = [
    "hot.get",
    "hot.put",
    "nearby.get",
    "nearby.put",
    "ledger.append",
];

fn requests(grant: &str, receipt: &str) -> Vec<(String, Request<Vec<u8>>)> {
    let urls = [
        COVER,
        FILM,
        MASTER,
        PICTURE,
        "/",
        "/d/alice/drop-7",
        "/get/alice/drop-7.zip",
        "/get/alice/drop-7.meta4",
        "/metadata/timestamp.json",
        "/metadata/1.alice.json",
        "/.well-known/jwks.json",
        "/healthz",
        receipt,
    ];
    let mut requests: Vec<_> = urls
        .into_iter()
        .map(|url| (url.to_owned(), get(url).bearer(grant)))
        .collect();
    let codes = json!({"drop": "alice/drop-7"}).to_string();
    let codes = post("/admin/codes", codes).bearer("operator");
    requests.push(("/admin/codes".to_owned(), codes));
    requests
}

/// What does not depend on which store answered or on chance; of a picture its
/// pixels, since it may have been made small meanwhile.
fn essence(answer: &Answered) -> (u16, Vec<u8>) {
    let body = match image::load_from_memory(&answer.body) {
        Ok(picture) => picture.into_rgba8().into_raw(),
        Err(_) => answer.body.clone(),
    };
    (answer.status, body)
}

#[test]
fn a_fault_is_a_503_or_goes_unnoticed() {
    let market = Market::founded();
    market.publish(&pictures::goods());
    let grant = market.grant("alice/drop-7/*");
    let got = market.ask(get(MASTER).bearer(&grant));
    market.world.settle();
    let receipt = got.header("receipt-location").unwrap().to_owned();

    let healthy: Vec<_> = requests(&grant, &receipt)
        .into_iter()
        .map(|(_, request)| market.elsewhere().ask(request))
        .collect();
    assert!(
        healthy
            .iter()
            .all(|answer| matches!(answer.status, 200 | 201))
    );
    let mut noticed = 0;
    for port in PORTS {
        for (at, healthy) in healthy.iter().enumerate() {
            for nth in [None, Some(1), Some(2), Some(3)] {
                let (url, request) = requests(&grant, &receipt).swap_remove(at);
                let isolate = market.elsewhere();
                market.world.heal();
                match nth {
                    None => market.world.fail(port, Fault::Before),
                    Some(nth) => market.world.fail_nth(port, nth, Fault::Before),
                }
                let answer = isolate.ask(request);
                let was_hit = market.world.calls(port) >= nth.unwrap_or(1);
                market.world.settle();
                market.world.heal();
                let why = format!("{port} {nth:?} {url}: {:?}", answer.verdict());
                if answer.status == 503 {
                    assert!(was_hit && !UNNOTICED.contains(&port), "{why}");
                    assert_eq!(answer.verdict().1, "storage-unavailable", "{why}");
                    assert!(answer.header("retry-after").is_some(), "{why}");
                    noticed += 1;
                    continue;
                }
                assert_eq!(answer.status, healthy.status, "{why}");
                // A picture that was made small meanwhile is no picture cut short.
                let is_cut = !url.contains("/img/") && answer.body.len() < healthy.body.len();
                if url.contains("/codes") {
                    assert!(!was_hit || UNNOTICED.contains(&port), "{why}");
                } else if was_hit && is_cut {
                    assert!(healthy.body.starts_with(&answer.body), "{why}");
                    assert!(port == "store.get" && url.ends_with("drop-7.zip"), "{why}");
                } else {
                    assert!(essence(&answer) == essence(healthy), "{why}");
                }
            }
        }
    }
    assert!(noticed > 50, "faults are noticed: {noticed}");
}

#[test]
fn a_receipt_that_cannot_be_written_does_not_keep_anyone_from_the_file() {
    let market = Market::open();
    let grant = market.grant("alice/drop-7/*");
    market.world.fail("ledger", Fault::Before);
    let got = market.ask(get(MASTER).bearer(&grant));
    assert_eq!((got.status, &got.body[..]), (200, &b"the master"[..]));
    market.world.settle();
    let logged = market.world.lines();
    assert!(logged.iter().any(|line| line.starts_with("fault: ledger")));
}

#[test]
fn what_a_store_said_stays_with_the_operator() {
    let market = Market::open();
    market.world.fail("", Fault::Before);
    let answer = market.elsewhere().ask(get(COVER));
    let shown = String::from_utf8(answer.body).unwrap();
    assert!(!shown.contains("switched"), "{shown}");
    let logged = market.world.lines();
    assert!(logged.iter().any(|line| line.contains("switched")));
}
