//! Sessions in a browser: short, renewed while they are used, and a
//! subscription's goes on when it is paid again.

use hmac_sha256::HMAC;
use serde_json::{Value, json};

use super::market::{Answered, Dress, HOUR, MASTER, Market, get, post};
use crate::{ports::Surroundings, trust::Sha256};

const DAY: u64 = 24 * HOUR;
const SECRET: &str = "whsec_test";

fn market() -> Market {
    let mut market = Market::open();
    market.config.stripe_secrets = vec![SECRET.to_owned()];
    market
}

/// An event as Stripe signs it.
fn send(market: &Market, id: &str, kind: &str, object: &Value) {
    let now = market.world.now();
    let payload = json!({"id": id, "type": kind, "created": now, "data": {"object": object}});
    let payload = payload.to_string();
    let mac = HMAC::mac(format!("{now}.{payload}"), SECRET);
    let hex = Sha256(mac).to_hex();
    let event =
        post("/hooks/stripe", payload).field("stripe-signature", format!("t={now},v1={hex}"));
    let answer = market.ask(event);
    assert_eq!(answer.status, 200, "{:?}", answer.verdict());
}

fn paid(market: &Market, id: &str, until: u64) {
    let invoice = json!({"subscription": "sub_1", "lines": {"data": [{"period": {"end": until}}]}});
    send(market, id, "invoice.paid", &invoice);
}

fn cookie_of(answer: &Answered) -> Option<String> {
    let mut set = answer
        .headers
        .iter()
        .filter(|(name, _)| *name == "Set-Cookie");
    let (_, value) = set.find(|(_, value)| value.starts_with("__Host-grant="))?;
    value.split(';').next().map(str::to_owned)
}

/// Some days later; the timer has run.
fn pass(market: &Market, seconds: u64) {
    market.world.pass(seconds);
    market.keep_fresh().unwrap();
    market.memo.forget_head();
}

#[test]
fn a_subscription_goes_on_in_the_same_browser_once_it_is_paid_again() {
    let market = market();
    let now = market.world.now();
    let session = json!({
        "id": "cs_1", "mode": "subscription", "payment_status": "paid", "subscription": "sub_1",
        "metadata": {"dropgate_paths": "alice/*"},
    });
    send(&market, "evt_1", "checkout.session.completed", &session);
    paid(&market, "evt_2", now + 30 * DAY);
    let opened = market.ask(post("/orders/cs_1", ""));
    assert_eq!(opened.status, 200, "{:?}", opened.verdict());
    let mut cookie = cookie_of(&opened).unwrap();
    let asked = |cookie: &str| market.ask(get(MASTER).field("cookie", cookie));
    let first = asked(&cookie);
    assert_eq!((first.status, cookie_of(&first)), (200, None), "fresh");

    // The session is an hour's; the edge renews it while the month lasts.
    for _ in 0..3 {
        pass(&market, 9 * DAY);
        let later = asked(&cookie);
        assert_eq!(later.status, 200);
        cookie = cookie_of(&later).unwrap();
    }
    // Late, and within the grace.
    pass(&market, 5 * DAY);
    let late = asked(&cookie);
    assert_eq!(late.status, 200);
    cookie = cookie_of(&late).unwrap_or(cookie);
    pass(&market, 2 * DAY);
    assert_eq!(asked(&cookie).verdict(), (401, "grant-expired".to_owned()));
    // A webhook later the same browser is let in, and keeps the new session.
    paid(&market, "evt_3", now + 60 * DAY);
    let again = asked(&cookie);
    assert_eq!(again.status, 200, "{:?}", again.verdict());
    cookie = cookie_of(&again).unwrap();
    assert_eq!(cookie_of(&asked(&cookie)), None, "nothing is left to renew");
    // It ends for good.
    let now = market.world.now();
    send(
        &market,
        "evt_4",
        "customer.subscription.deleted",
        &json!({"id": "sub_1", "ended_at": now}),
    );
    pass(&market, 30 * DAY);
    assert_eq!(asked(&cookie).status, 401);
}

#[test]
fn a_bought_grant_that_is_shown_in_the_open_is_not_revived() {
    let market = market();
    let object = json!({
        "id": "cs_2", "payment_status": "paid", "payment_intent": "pi_2",
        "metadata": {"dropgate_paths": "alice/drop-7/*", "dropgate_days": "1"},
    });
    send(&market, "evt_1", "checkout.session.completed", &object);
    let grant = market.ask(post("/orders/cs_2", "")).json()["grant"].clone();
    let grant = grant.as_str().unwrap();
    assert_eq!(market.ask(get(MASTER).bearer(grant)).status, 200);
    pass(&market, 2 * DAY);
    assert_eq!(market.ask(get(MASTER).bearer(grant)).status, 401);
    let cookie = format!("__Host-grant={grant}");
    assert_eq!(market.ask(get(MASTER).field("cookie", cookie)).status, 401);
}
