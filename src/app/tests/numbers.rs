//! Numbers, codes of problems, and what a holder may know and have deleted.

use serde_json::json;

use super::market::{Answered, COVER, Dress, FILM, MASTER, Market, NOW, get, post};
use crate::{
    app::diagnosis::Diagnosis,
    gate::{Claims, Limits, OPERATOR, SigningKey, mint_view},
    ports::LogName,
    trust::Sha256,
};

fn grant_of(market: &Market, jti: &str) -> String {
    market.minted(&Claims {
        jti: Some(jti.to_owned()),
        ..market.claims("alice/drop-7/*")
    })
}

fn metrics(market: &Market) -> String {
    market.world.settle();
    let answered = market.ask(get("/metrics").bearer("operator"));
    assert_eq!(answered.status, 200, "{answered:?}");
    String::from_utf8(answered.body).unwrap()
}

/// The value of a sample.
fn value(text: &str, sample: &str) -> Option<f64> {
    text.lines()
        .find_map(|line| line.strip_prefix(sample)?.strip_prefix(' ')?.parse().ok())
}

#[test]
fn what_was_answered_is_counted() {
    let market = Market::open();
    let grant = grant_of(&market, "master");
    for _ in 0..3 {
        assert_eq!(market.ask(get(COVER)).status, 200);
    }
    assert_eq!(market.ask(get(MASTER).bearer(&grant)).status, 200);
    assert_eq!(market.ask(get(MASTER)).status, 401);
    let objecting = get(COVER).field("sec-gpc", "1");
    assert_eq!(market.ask(objecting).status, 200);
    let text = metrics(&market);
    let of = |sample: &str| value(&text, sample);
    assert_eq!(
        of("dropgate_http_requests_total{route=\"download\",status=\"200\"}"),
        Some(5.0)
    );
    assert_eq!(
        of("dropgate_http_requests_total{route=\"download\",status=\"401\"}"),
        Some(1.0)
    );
    assert_eq!(
        of("dropgate_problems_total{type=\"grant-missing\"}"),
        Some(1.0)
    );
    assert_eq!(
        of("dropgate_gate_decisions_total{place=\"edge\",outcome=\"allowed\"}"),
        Some(1.0)
    );
    assert_eq!(of("dropgate_receipts_total{type=\"deliver\"}"), Some(1.0));
    assert_eq!(of("dropgate_log_entries{log=\"deliveries\"}"), Some(1.0));
    assert_eq!(of("dropgate_manifest_valid_ratio"), Some(1.0));
    // One visitor: the cover once, the master once; who objects is not told apart.
    assert_eq!(of("dropgate_download_sessions_started_total"), Some(2.0));
    assert_eq!(of("dropgate_download_sessions_covered_total"), Some(2.0));
    assert_eq!(
        of("dropgate_creator_requests_total{creator=\"alice\"}"),
        Some(5.0)
    );
    assert!(of("dropgate_cost_per_thousand_requests_dollars").unwrap() > 0.0);
    assert_eq!(market.ask(get("/metrics")).status, 401);
}

#[test]
fn numbers_that_cannot_be_told_hold_nobody_up() {
    let market = Market::open();
    market.world.settle();
    market
        .world
        .fail("numbers.add", crate::memory::Fault::Before);
    assert_eq!(market.ask(get(COVER)).status, 200);
    market.world.settle();
    market.world.heal();
    // The message is sent again; one whose answer was lost is not counted twice.
    let of = |text: &str| value(text, "dropgate_creator_requests_total{creator=\"alice\"}");
    assert_eq!(of(&metrics(&market)), Some(1.0));
    market
        .world
        .fail("numbers.add", crate::memory::Fault::After);
    assert_eq!(market.ask(get(COVER)).status, 200);
    market.world.settle();
    market.world.heal();
    assert_eq!(of(&metrics(&market)), Some(2.0));
}

#[test]
fn money_is_counted_where_it_is_decided() {
    let market = Market::open();
    let limited = |jti: &str| {
        market.minted(&Claims {
            jti: Some(jti.to_owned()),
            lim: Limits {
                downloads: Some(2),
                bytes: None,
            },
            ..market.claims("alice/drop-7/*")
        })
    };
    let (one, other) = (limited("one"), limited("other"));
    for grant in [&one, &one, &one, &other] {
        market.ask(get(MASTER).bearer(grant));
        market.world.settle();
    }
    let text = metrics(&market);
    let of = |sample: &str| value(&text, sample);
    assert_eq!(of("dropgate_charged_downloads_total"), Some(3.0));
    assert_eq!(of("dropgate_charged_bytes_total"), Some(30.0));
    assert_eq!(of("dropgate_receipts_total{type=\"deliver\"}"), Some(3.0));
    assert_eq!(of("dropgate_receipts_total{type=\"publish\"}"), Some(1.0));
    assert_eq!(of("dropgate_delivered_bytes_total"), Some(30.0));
}

#[test]
fn a_download_is_one_over_isolates_and_a_last_byte_is_none() {
    let market = Market::open();
    let from = |range: &str| {
        let answer = market.ask(get(FILM).field("range", format!("bytes={range}")));
        assert_eq!(answer.status, 206);
        market.world.settle();
        let text = metrics(&market);
        let of = |what: &str| value(&text, &format!("dropgate_download_sessions_{what}_total"));
        (of("started"), of("covered"))
    };
    assert_eq!(from("0-0"), (Some(1.0), None));
    assert_eq!(from("639999-"), (Some(1.0), None));
    assert_eq!(from("0-320000"), (Some(1.0), None));
    assert_eq!(from("320001-639998"), (Some(1.0), Some(1.0)));
    assert_eq!(from("0-"), (Some(1.0), Some(1.0)), "the same once more");
}

#[test]
fn every_reply_says_where_its_time_went() {
    let market = Market::open();
    let timing = market
        .ask(get(COVER))
        .header("server-timing")
        .unwrap()
        .to_owned();
    assert!(
        timing.starts_with("verify;desc=\"bound\", gate;dur=0, trust;dur=0, fetch;dur=0"),
        "{timing}"
    );
    assert!(
        market
            .ask(get("/nothing"))
            .header("server-timing")
            .is_some()
    );
}

#[test]
fn a_problem_has_a_code_that_says_what_happened() {
    let market = Market::open();
    let problem = market.ask(get(MASTER));
    let read = Diagnosis::read(problem.json()["code"].as_str().unwrap()).unwrap();
    assert_eq!((read.slug, read.route), ("grant-missing", "download"));
    assert_eq!(read.time, NOW / 60 * 60);
    let page = market.ask(get(MASTER).field("accept", "text/html"));
    let page = String::from_utf8(page.body).unwrap();
    let (_, rest) = page.split_once("class=\"diagnostic\">").unwrap();
    let shown = rest.split('<').next().unwrap();
    assert_eq!(Diagnosis::read(shown).unwrap().slug, "grant-missing");
}

#[test]
fn tickets_are_counted_against_downloads() {
    let market = Market::open();
    market.ask(get(COVER));
    let code = market.ask(get(MASTER)).json()["code"].clone();
    market.world.settle();
    let ticket = |body: serde_json::Value| post("/admin/tickets", body.to_string());
    assert_eq!(market.ask(ticket(json!({}))).status, 401);
    let noted = market.ask(ticket(json!({"code": code})).bearer("operator"));
    assert_eq!(noted.status, 201);
    assert_eq!(noted.json()["about"], "grant-missing");
    assert_eq!(noted.json()["per_thousand_downloads"], 1000.0);
    let other = market.ask(ticket(json!({})).bearer("operator"));
    assert_eq!(other.json()["tickets"], 2);
    let wrong = market.ask(ticket(json!({"code": "nonsense"})).bearer("operator"));
    assert_eq!(wrong.status, 400);
    let text = metrics(&market);
    assert_eq!(
        value(
            &text,
            "dropgate_support_tickets_total{type=\"grant-missing\"}"
        ),
        Some(1.0)
    );
}

fn link(who: &str, key: [u8; 32]) -> String {
    let key = SigningKey::from_seed(key).unwrap();
    format!(
        "/dashboard?token={}",
        mint_view(who, "dropgate", &key, NOW, 3600)
    )
}

fn creator_seed(name: &str) -> [u8; 32] {
    Sha256::of(name.as_bytes()).0
}

#[test]
fn a_creator_sees_their_own_numbers_only() {
    let market = Market::open();
    for _ in 0..7 {
        market.ask(get(COVER));
    }
    let edge = [1; 32];
    let operator = market.ask(get(&link(OPERATOR, edge))).json();
    assert_eq!(operator["for"], json!(null));
    assert!(operator["plots"]["Gate"].is_object());
    let alice = market
        .ask(get(&link("alice", creator_seed("alice"))))
        .json();
    assert_eq!(alice["for"], "alice");
    assert_eq!(alice["numbers"][0], json!(["requests", "7"]));
    assert_eq!(alice["plots"]["Requests"]["requests"][0][1], 7);
    assert!(alice["plots"]["Gate"].is_null());
    let bob = market.ask(get(&link("bob", creator_seed("bob")))).json();
    assert_eq!(bob["numbers"][0], json!(["requests", "0"]));
    assert_eq!(bob["plots"]["Requests"]["requests"], json!([]));
    for (who, key) in [("alice", "bob"), (OPERATOR, "alice"), ("nobody", "alice")] {
        let refused = market.ask(get(&link(who, creator_seed(key))));
        assert_eq!(refused.status, 401, "{who} signed by {key}");
    }
    assert_eq!(market.ask(get("/dashboard")).status, 401);
    assert_eq!(
        market
            .ask(get(&format!("/dashboard?token={}", grant_of(&market, "x"))))
            .status,
        401
    );
    market.world.pass(3700);
    assert_eq!(
        market
            .ask(get(&link("alice", creator_seed("alice"))))
            .status,
        401
    );
}

#[test]
fn small_numbers_are_not_told_to_creators() {
    let market = Market::open();
    for _ in 0..3 {
        market.ask(get(COVER));
    }
    let alice = market
        .ask(get(&link("alice", creator_seed("alice"))))
        .json();
    assert_eq!(alice["numbers"][0], json!(["requests", "fewer than 5"]));
    assert_eq!(alice["plots"]["Requests"]["requests"], json!([]));
    assert_eq!(alice["visitors"][0][1], json!(null));
}

#[test]
fn a_link_leaves_the_address_bar_and_shows_the_page() {
    let market = Market::open();
    for _ in 0..6 {
        market.ask(get(COVER));
    }
    let url = link("alice", creator_seed("alice"));
    let first = market.ask(get(&url).field("accept", "text/html"));
    assert_eq!(
        (first.status, first.header("location")),
        (303, Some("/dashboard"))
    );
    let cookie = first
        .header("set-cookie")
        .unwrap()
        .split(';')
        .next()
        .unwrap()
        .to_owned();
    let page = get("/dashboard?range=day")
        .field("accept", "text/html")
        .field("cookie", cookie);
    let page = market.ask(page);
    assert_eq!(page.status, 200);
    let page = String::from_utf8(page.body).unwrap();
    assert!(page.contains("<svg") && page.contains("<table") && page.contains("Numbers of alice"));
}

fn known(market: &Market, grant: &str) -> Answered {
    market.world.settle();
    market.ask(get("/known").bearer(grant))
}

#[test]
fn a_holder_sees_all_that_is_known_and_can_have_it_deleted() {
    let market = Market::open();
    let grant = grant_of(&market, "mine");
    let other = grant_of(&market, "other");
    for token in [&grant, &other, &grant] {
        assert_eq!(market.ask(get(MASTER).bearer(token)).status, 200);
    }
    let told = known(&market, &grant).json();
    let receipts = told["receipts"].as_array().unwrap();
    assert_eq!(receipts.len(), 2, "{told}");
    assert_eq!(receipts[0]["type"], "deliver");
    assert_eq!(
        known(&market, &other).json()["receipts"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    let page = market.ask(get("/known").bearer(&grant).field("accept", "text/html"));
    assert!(
        String::from_utf8(page.body)
            .unwrap()
            .contains("alice/drop-7/master.bin")
    );

    let logged = market.world.receipts(LogName::Deliveries);
    let unconfirmed = market.ask(post("/known", "do=delete").bearer(&grant));
    assert_eq!(unconfirmed.status, 400);
    let deleted = market.ask(post("/known", "do=delete&confirm=yes").bearer(&grant));
    assert_eq!(deleted.json()["deleted"], true);
    assert_eq!(known(&market, &grant).json()["receipts"], json!([]));
    // Nothing in the log has changed, and others' receipts are found as before.
    assert_eq!(market.world.receipts(LogName::Deliveries), logged);
    assert_eq!(
        known(&market, &other).json()["receipts"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert_eq!(market.ask(get("/known")).status, 401);
    assert_eq!(market.ask(get("/known").bearer("x.y.z")).status, 401);
}
