//! Codes: one grant for each, however often and by how many it is asked for.

use serde_json::{Value, json};

use super::market::{Answered, Dress, MASTER, Market, get, post};
use crate::{app::http::Request, memory::Fault, ports::LogName};

fn codes(market: &Market, terms: &Value) -> Vec<String> {
    let made = market.ask(post("/admin/codes", terms.to_string()).bearer("operator"));
    assert_eq!(made.status, 201, "{made:?}");
    let body = made.json();
    let codes = body["codes"].as_array().unwrap().iter();
    codes
        .map(|code| code.as_str().unwrap().to_owned())
        .collect()
}

fn code(market: &Market) -> String {
    codes(market, &json!({"drop": "alice/drop-7"})).remove(0)
}

fn redeem(code: &str, device: &str) -> Request<Vec<u8>> {
    post("/redeem", format!("code={code}")).field("cookie", format!("__Host-device={device}"))
}

fn grant(answer: &Answered) -> String {
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()["grant"].as_str().unwrap().to_owned()
}

#[test]
fn a_code_becomes_one_grant_for_one_device() {
    let market = Market::open();
    let code = code(&market);
    let shown = market.ask(get(&format!("/r/{code}")));
    assert_eq!(shown.status, 200);
    let first = market.ask(redeem(&code, "phone"));
    assert_eq!(first.json()["drop"], "alice/drop-7");
    let first = grant(&first);
    assert_eq!(market.ask(get(MASTER).bearer(&first)).body, b"the master");

    market.world.pass(600);
    market.keep_fresh().unwrap();
    assert_eq!(grant(&market.ask(redeem(&code, "phone"))), first);
    let other = market.ask(redeem(&code, "laptop"));
    assert_eq!(other.verdict(), (409, "code-spent".to_owned()));
    market.world.settle();
    let receipts = market.world.receipts(LogName::Deliveries).into_iter();
    let redeemed = receipts.filter(|receipt| receipt.contains("redeem"));
    assert_eq!(redeemed.count(), 1, "the code was spent once");
}

#[test]
fn an_answer_that_was_lost_is_asked_for_again() {
    let market = Market::open();
    let code = code(&market);
    // A program without cookies, with a key of its own.
    let attempt = || post("/redeem", format!("code={code}")).field("idempotency-key", "try-1");
    market.world.fail("gate.redeem", Fault::After);
    let lost = market.ask(attempt());
    assert_eq!(lost.verdict(), (503, "storage-unavailable".to_owned()));
    market.world.heal();
    let found = grant(&market.ask(attempt()));
    assert_eq!(grant(&market.ask(attempt())), found);
}

#[test]
fn wrong_codes_are_refused_and_then_slowed_down() {
    let market = Market::open();
    let good = code(&market);
    let malformed = market.ask(redeem("x", "phone"));
    assert_eq!(malformed.verdict(), (422, "code-malformed".to_owned()));
    // A code of another marketplace with the same chances.
    let elsewhere = Market::open();
    codes(&elsewhere, &json!({"drop": "alice/drop-7", "count": 3}));
    let strange = codes(&elsewhere, &json!({"drop": "alice/drop-7"})).remove(0);
    for _ in 0..10 {
        let refused = market.ask(redeem(&strange, "phone"));
        assert_eq!(refused.verdict(), (404, "code-unknown".to_owned()));
    }
    let slowed = market.ask(redeem(&good, "phone"));
    assert_eq!(slowed.verdict(), (429, "too-many-tries".to_owned()));
    let wait: u64 = slowed.header("retry-after").unwrap().parse().unwrap();
    market.world.pass(wait);
    grant(&market.ask(redeem(&good, "phone")));
}

#[test]
fn campaigns_have_terms() {
    let market = Market::open();
    let now = crate::app::tests::market::NOW;
    let early = codes(&market, &json!({"drop": "alice/drop-7", "from": now + 60})).remove(0);
    let refused = market.ask(redeem(&early, "phone"));
    assert_eq!(refused.verdict(), (425, "code-too-early".to_owned()));
    market.world.pass(60);
    grant(&market.ask(redeem(&early, "phone")));

    let terms = json!({"drop": "alice/drop-7", "count": 2, "per_device": 1});
    let two = codes(&market, &terms);
    grant(&market.ask(redeem(&two[0], "phone")));
    let more = market.ask(redeem(&two[1], "phone"));
    assert_eq!(more.verdict(), (403, "code-device-limit".to_owned()));

    let unknown = json!({"drop": "alice/drop-9"}).to_string();
    let refused = market.ask(post("/admin/codes", unknown).bearer("operator"));
    assert_eq!(refused.status, 404);
}
