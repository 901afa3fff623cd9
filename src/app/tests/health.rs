//! `/healthz`, and a worker that nobody has published to.

use serde_json::json;

use super::market::{COVER, HOUR, Market, get};
use crate::memory::Fault;

#[test]
fn health_says_what_is_wrong() {
    let market = Market::empty();
    let health = |market: &Market| market.ask(get("/healthz")).verdict();
    assert_eq!(health(&market), (503, "no-marketplace".to_owned()));

    let market = Market::open();
    let answer = market.ask(get("/healthz"));
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json(), json!({"status": "ok", "creators": 2}));

    market.world.pass(HOUR);
    assert_eq!(health(&market), (503, "metadata-expired".to_owned()));
    market.keep_fresh().unwrap();
    assert_eq!(health(&market).0, 200);

    for port in ["trust.tip", "store.read"] {
        let elsewhere = market.elsewhere();
        market.world.fail(port, Fault::Before);
        assert_eq!(health(&elsewhere), (503, "storage-unavailable".to_owned()));
        market.world.heal();
        assert_eq!(health(&elsewhere).0, 200);
    }
}

#[test]
fn before_anything_is_published_people_are_told_how_to_begin() {
    let market = Market::empty();
    assert_eq!(market.ask(get("/")).status, 200);
    let download = market.ask(get(COVER));
    assert_eq!(download.verdict(), (503, "no-marketplace".to_owned()));
    assert!(download.header("retry-after").is_some());
    market.keep_fresh().unwrap();
}
