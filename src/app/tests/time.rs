//! What becomes of drops and of the chain as time passes.

use super::market::{COVER, Goods, HOUR, Market, NOW, get};
use crate::{memory::Fault, trust::Access};

#[test]
fn a_chain_that_nobody_keeps_fresh_stops_being_believed() {
    let market = Market::open();
    assert_eq!(market.ask(get(COVER)).status, 200);
    market.world.pass(HOUR);
    for market in [&market, &market.elsewhere()] {
        let stale = market.ask(get(COVER));
        assert_eq!(stale.verdict(), (503, "metadata-expired".to_owned()));
        assert!(stale.header("retry-after").is_some());
    }
    market.keep_fresh().unwrap();
    assert_eq!(market.ask(get(COVER)).body, b"the cover");
    assert_eq!(market.elsewhere().ask(get(COVER)).status, 200);
}

#[test]
fn the_timer_renews_only_what_is_due_and_tries_again() {
    let market = Market::open();
    market.world.heal();
    market.keep_fresh().unwrap();
    assert_eq!(market.world.calls("trust.advance"), 0, "nothing is due");
    market.world.pass(10 * 60);
    market.world.fail("store.write", Fault::Before);
    market.world.fail_nth("trust.advance", 1, Fault::Before);
    assert_eq!(market.keep_fresh().unwrap_err().status, 503);
    assert_eq!(market.ask(get(COVER)).status, 200, "it is still good");
    market.world.heal();
    market.keep_fresh().unwrap();
    market.world.pass(10 * 60);
    assert_eq!(market.ask(get(COVER)).status, 200);
    // Long after: the snapshot as well.
    market.world.pass(30 * 24 * HOUR);
    market.keep_fresh().unwrap();
    assert_eq!(market.ask(get(COVER)).status, 200);
}

#[test]
fn a_drop_opens_and_ends_at_its_times() {
    let market = Market::founded();
    let mut goods = Goods::new("alice/drop-7").with("cover.txt", Access::Public, b"c".to_vec());
    goods.facts.not_before = Some(NOW + HOUR);
    goods.expires = NOW + 2 * HOUR;
    market.publish(&goods);
    let verdict_at = |now| {
        market.world.set_now(now);
        market.keep_fresh().unwrap();
        let (here, there) = (market.ask(get(COVER)), market.elsewhere().ask(get(COVER)));
        assert_eq!(here.verdict(), there.verdict());
        here.verdict()
    };
    assert_eq!(
        verdict_at(NOW + HOUR - 1),
        (425, "drop-not-open".to_owned())
    );
    assert_eq!(verdict_at(NOW + HOUR), (200, String::new()));
    assert_eq!(verdict_at(NOW + 2 * HOUR - 1).0, 200);
    assert_eq!(verdict_at(NOW + 2 * HOUR), (410, "drop-ended".to_owned()));
}

#[test]
fn what_was_published_shows_elsewhere_after_a_minute() {
    let market = Market::open();
    let elsewhere = market.elsewhere();
    assert_eq!(elsewhere.ask(get(COVER)).body, b"the cover");
    let newer = Goods::new("alice/drop-7").with("cover.txt", Access::Public, b"newer".to_vec());
    market.publish(&newer);
    assert_eq!(market.ask(get(COVER)).body, b"newer", "here at once");
    market.world.pass(59);
    assert_eq!(elsewhere.ask(get(COVER)).body, b"the cover");
    market.world.pass(1);
    assert_eq!(elsewhere.ask(get(COVER)).body, b"newer");
}
