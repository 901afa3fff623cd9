//! Grants that are taken back, and issuers that are far away.

use serde_json::json;

use super::market::{Answered, Dress, MASTER, Market, NOW, get, post};
use crate::{
    app::config::{Config, tests::setting},
    gate::{
        Claims, Jwks, SigningKey, StatusRef, mint,
        status::{INVALID, StatusList},
    },
    memory::Fault,
};

fn admin(market: &Market, path: &str, body: &serde_json::Value) -> Answered {
    market.ask(post(path, body.to_string()).bearer("operator"))
}

/// A grant with a place in this edge's list.
fn revocable(market: &Market) -> String {
    let place = admin(market, "/admin/status", &json!({"jti": "grant-1"})).json();
    let list = &place["status"]["status_list"];
    market.minted(&Claims {
        status: Some(StatusRef {
            idx: list["idx"].as_u64().unwrap(),
            uri: list["uri"].as_str().unwrap().to_owned(),
        }),
        ..market.claims("alice/drop-7/*")
    })
}

#[test]
fn a_revocation_is_seen_everywhere_within_a_minute_and_counted() {
    let market = Market::open();
    let token = revocable(&market);
    let elsewhere = market.elsewhere();
    assert_eq!(elsewhere.ask(get(MASTER).bearer(&token)).status, 200);
    market.world.heal();
    assert_eq!(elsewhere.ask(get(MASTER).bearer(&token)).status, 200);
    assert_eq!(market.world.calls("gate"), 0, "a warm isolate asks nobody");

    let revoke = |what: &str| {
        admin(
            &market,
            "/admin/grants",
            &json!({"grant": token, "do": what}),
        )
    };
    assert_eq!(
        revoke("revoke").json()["status"],
        "the grant was revoked by its issuer"
    );
    let refused = market.ask(get(MASTER).bearer(&token));
    assert_eq!(refused.verdict(), (401, "grant-revoked".to_owned()));
    market.world.pass(20);
    let refused = elsewhere.ask(get(MASTER).bearer(&token));
    assert_eq!(refused.verdict(), (401, "grant-revoked".to_owned()));
    market.world.settle();
    assert!(revoke("show").json()["refused"].as_u64().unwrap() >= 2);

    assert_eq!(revoke("suspend").status, 200);
    let refused = market.ask(get(MASTER).bearer(&token));
    assert_eq!(refused.verdict(), (403, "grant-suspended".to_owned()));
    assert_eq!(revoke("restore").json()["status"], "valid");
    assert_eq!(market.ask(get(MASTER).bearer(&token)).status, 200);

    let other = json!({"grant": market.grant("alice/*"), "do": "revoke"});
    let refused = admin(&market, "/admin/grants", &other);
    assert_eq!(refused.verdict(), (409, "grant-not-revocable".to_owned()));
}

#[test]
fn the_list_is_one_that_others_can_read() {
    let market = Market::open();
    let token = revocable(&market);
    let list = |market: &Market| {
        let served = market.ask(get("/status/0"));
        assert_eq!(
            served.header("content-type"),
            Some("application/statuslist+jwt")
        );
        assert_eq!(served.header("cache-control"), Some("public, max-age=40"));
        let keys = Jwks::of(market.config.edge.public());
        let text = String::from_utf8(served.body).unwrap();
        StatusList::from_token(&text, "https://shop.example/status/0", &keys, NOW).unwrap()
    };
    assert_eq!(list(&market).get(0), Ok(0));
    admin(
        &market,
        "/admin/grants",
        &json!({"grant": token, "do": "revoke"}),
    );
    assert_eq!(list(&market).get(0), Ok(INVALID));
    assert_eq!(market.ask(get("/status/9")).status, 404);
    assert_eq!(market.ask(get("/status/x")).status, 404);
}

#[test]
fn without_the_books_nothing_revocable_opens_for_long() {
    let market = Market::open();
    let token = revocable(&market);
    assert_eq!(market.ask(get(MASTER).bearer(&token)).status, 200);
    market.world.fail("gate", Fault::Before);
    market.world.pass(59);
    assert_eq!(market.ask(get(MASTER).bearer(&token)).status, 200);
    market.world.pass(1);
    let refused = market.ask(get(MASTER).bearer(&token));
    assert_eq!(refused.verdict(), (503, "storage-unavailable".to_owned()));
}

/// A marketplace that trusts two shops by their URLs.
fn with_shops() -> (Market, SigningKey) {
    let mut market = Market::open();
    market.config = Config::read(|name| match name {
        "ISSUERS" => Some(
            r#"[{"iss":"shop","jwks_uri":"https://shop.example/jwks"},
                {"iss":"down","jwks_uri":"https://down.example/jwks"}]"#
                .to_owned(),
        ),
        _ => setting(name),
    })
    .unwrap();
    (market, SigningKey::from_seed([7; 32]).unwrap())
}

fn of_shop(market: &Market, key: &SigningKey, status: Option<StatusRef>) -> String {
    let claims = Claims {
        iss: "shop".to_owned(),
        status,
        ..market.claims("alice/drop-7/*")
    };
    mint(&claims, key, &key.public().thumbprint())
}

#[test]
fn keys_come_from_a_url_and_rotate_without_a_deploy() {
    let (market, key) = with_shops();
    let token = of_shop(&market, &key, None);
    let refused = market.ask(get(MASTER).bearer(&token));
    assert_eq!(
        refused.verdict(),
        (503, "issuer-keys-unavailable".to_owned())
    );
    assert!(refused.header("retry-after").is_some());

    let jwks = |key: &SigningKey| Jwks::of(key.public()).to_json().to_string();
    market
        .world
        .publish_outside("https://shop.example/jwks", jwks(&key));
    market.world.pass(30);
    assert_eq!(market.ask(get(MASTER).bearer(&token)).status, 200);
    market.world.settle();
    market.world.heal();
    assert_eq!(market.ask(get(MASTER).bearer(&token)).status, 200);
    market.world.settle();
    assert_eq!(market.world.calls("outside"), 0, "keys are kept");

    let next = SigningKey::from_seed([8; 32]).unwrap();
    market
        .world
        .publish_outside("https://shop.example/jwks", jwks(&next));
    market.world.pass(60);
    let rotated = of_shop(&market, &next, None);
    assert_eq!(market.ask(get(MASTER).bearer(&rotated)).status, 200);
    // Made-up names do not make the edge hammer the shop.
    market.world.heal();
    let forged = of_shop(&market, &SigningKey::from_seed([9; 32]).unwrap(), None);
    for _ in 0..5 {
        let refused = market.ask(get(MASTER).bearer(&forged));
        assert_eq!(refused.verdict(), (401, "grant-unknown-key".to_owned()));
    }
    let asked = market.world.calls("outside");
    assert!(
        asked <= 5,
        "{asked} fetches, those of the issuer that is down included"
    );
}

#[test]
fn an_issuers_own_list_is_read_and_fails_closed() {
    let (market, key) = with_shops();
    let jwks = Jwks::of(key.public()).to_json().to_string();
    market
        .world
        .publish_outside("https://shop.example/jwks", jwks);
    let uri = "https://lists.example/1";
    let token = of_shop(
        &market,
        &key,
        Some(StatusRef {
            idx: 3,
            uri: uri.to_owned(),
        }),
    );
    let refused = market.ask(get(MASTER).bearer(&token));
    assert_eq!(
        refused.verdict(),
        (503, "status-list-unavailable".to_owned())
    );
    let publish = |revoked: bool| {
        let mut list = StatusList::new(1, 64).unwrap();
        list.set(3, u8::from(revoked)).unwrap();
        let now = crate::ports::Surroundings::now(&market.world);
        let text = list.token("shop", uri, now, 300, &key, &key.public().thumbprint());
        market.world.publish_outside(uri, text);
    };
    publish(false);
    market.world.pass(5);
    assert_eq!(market.ask(get(MASTER).bearer(&token)).status, 200);
    publish(true);
    market.world.pass(60);
    let refused = market.ask(get(MASTER).bearer(&token));
    assert_eq!(refused.verdict(), (401, "grant-revoked".to_owned()));
}
