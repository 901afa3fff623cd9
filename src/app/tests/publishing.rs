//! Publishing: all or nothing, whoever else publishes and whatever fails.

use std::pin::pin;

use pollster::block_on;
use serde_json::json;

use super::market::{COVER, Dress, Goods, Market, get, post};
use crate::{
    memory::Fault,
    trust::{Access, DropPath},
};

fn goods(drop: &str) -> Goods {
    Goods::new(drop).with("cover.txt", Access::Public, drop.as_bytes().to_vec())
}

#[test]
fn what_is_published_is_there_and_publishing_again_changes_nothing() {
    let market = Market::open();
    for url in ["/", "/d/alice/drop-7"] {
        let page = market.ask(get(url));
        let text = String::from_utf8(page.body).unwrap();
        assert!(page.status == 200 && text.contains("The drop alice/drop-7"));
    }
    let market = Market::founded();
    let goods = goods("alice/drop-7");
    market.upload(&goods);
    let submission = || market.submission(&goods);
    assert_eq!(market.ask(submission()).json(), json!({"changed": true}));
    assert_eq!(market.ask(submission()).json(), json!({"changed": false}));
    let stored = market.ask(market.upload_of(&goods, 0));
    assert_eq!(stored.json(), json!({"stored": false}));
}

#[test]
fn a_marketplace_is_founded_once() {
    let market = Market::founded();
    let found = |name, token| market.ask(Market::foundation(name).bearer(token));
    assert_eq!(
        found("market", "operator").json(),
        json!({"changed": false})
    );
    assert_eq!(found("other", "operator").verdict().0, 409);
    assert_eq!(found("market", "guess").verdict().0, 401);
    market.publish(&goods("alice/drop-7"));
}

#[test]
fn only_a_creator_publishes_and_only_what_is_uploaded() {
    let market = Market::founded();
    let goods = goods("alice/drop-7");
    let early = market.ask(market.submission(&goods));
    assert_eq!(early.verdict(), (422, "file-not-uploaded".to_owned()));

    let mut other_bytes = market.upload_of(&goods, 0);
    other_bytes.body = Some(vec![0; goods.files[0].1.len()]);
    let refused = market.ask(other_bytes);
    assert_eq!(refused.verdict(), (422, "upload-mismatch".to_owned()));
    let mut no_length = market.upload_of(&goods, 0);
    no_length
        .headers
        .retain(|(name, _)| name != "content-length");
    assert_eq!(market.ask(no_length).status, 411);
    let mut of_bob = market.upload_of(&goods, 0);
    of_bob.headers.retain(|(name, _)| name != "authorization");
    let bob = market.creator_token(&DropPath::parse("bob/drop-7").unwrap());
    assert_eq!(market.ask(of_bob.bearer(&bob)).status, 401);
    assert_eq!(market.ask(get(COVER)).status, 404);

    market.upload(&goods);
    let mut nobody = market.submission(&goods);
    nobody.headers.clear();
    assert_eq!(market.ask(nobody).status, 401);
    let nonsense = post("/admin/metadata", "{\"roles\": {\"alice\": \"AAAA\"}}");
    let refused = market.ask(nonsense.bearer("operator"));
    assert_eq!(refused.verdict(), (422, "metadata-refused".to_owned()));
    assert_eq!(market.ask(market.submission(&goods)).status, 200);
}

#[test]
fn two_who_publish_at_once_both_land() {
    let market = Market::founded();
    let both = [goods("alice/drop-7"), goods("bob/drop-1")];
    for goods in &both {
        market.upload(goods);
    }
    // Each in an isolate of its own.
    let isolates = [market.elsewhere(), market.elsewhere()];
    market.world.heal();
    let mut first = pin!(isolates[0].asked(isolates[0].submission(&both[0])));
    let mut second = pin!(isolates[1].asked(isolates[1].submission(&both[1])));
    let (mut one, mut two) = (None, None);
    block_on(std::future::poll_fn(|context| {
        use std::task::Poll;
        if one.is_none()
            && let Poll::Ready(answer) = first.as_mut().poll(context)
        {
            one = Some(answer);
        }
        if two.is_none()
            && let Poll::Ready(answer) = second.as_mut().poll(context)
        {
            two = Some(answer);
        }
        if one.is_some() && two.is_some() {
            return Poll::Ready(());
        }
        Poll::Pending
    }));
    assert_eq!(one.unwrap().json(), json!({"changed": true}));
    assert_eq!(two.unwrap().json(), json!({"changed": true}));
    assert_eq!(
        market.world.calls("trust.advance"),
        3,
        "one had to try again"
    );
    let visitor = market.elsewhere();
    for drop in ["alice/drop-7", "bob/drop-1"] {
        let got = visitor.ask(get(&format!("/get/{drop}/cover.txt")));
        assert_eq!(got.body, drop.as_bytes());
    }
}

/// A publish whose `nth` call fails; whether it failed.
fn publish_dies_at(nth: usize, fault: Fault) -> bool {
    let market = Market::founded();
    let old = goods("alice/drop-7");
    market.publish(&old);
    let new = Goods::new("alice/drop-7")
        .with("cover.txt", Access::Public, b"new".to_vec())
        .with("more.txt", Access::Public, b"more".to_vec());
    market.upload(&new);
    let submission = || market.submission(&new);

    let isolate = market.elsewhere();
    market.world.heal();
    market.world.fail_nth("", nth, fault);
    let answer = isolate.ask(submission());
    let fell_through = market.world.calls("") < nth;
    market.world.heal();
    if !fell_through {
        assert!(matches!(answer.status, 400 | 503), "{nth} {answer:?}");
    }
    // Whoever looks sees the old drop or the new one, whole.
    let visitor = market.elsewhere();
    let cover = visitor.ask(get(COVER)).body;
    let more = visitor.ask(get("/get/alice/drop-7/more.txt")).status;
    let is_new = more == 200;
    let wanted = if is_new {
        b"new".to_vec()
    } else {
        b"alice/drop-7".to_vec()
    };
    assert_eq!(cover, wanted, "call {nth}");
    assert!(is_new || more == 404);
    assert!(fell_through || !is_new || fault == Fault::After);
    // And the creator's second try always lands.
    let again = isolate.ask(submission());
    assert_eq!(again.json(), json!({"changed": !is_new}), "call {nth}");
    assert_eq!(market.elsewhere().ask(get(COVER)).body, b"new");
    !fell_through
}

#[test]
fn a_publish_that_dies_leaves_all_of_it_or_nothing() {
    for fault in [Fault::Before, Fault::After] {
        let deaths = (1..100)
            .take_while(|nth| publish_dies_at(*nth, fault))
            .count();
        assert!(deaths > 8, "every call was made to fail once: {deaths}");
    }
}
