//! Consent first: shut until it is given, for this drop and these scopes only,
//! and shut again after it was taken back.

use std::collections::BTreeMap;

use serde_json::Value;

use super::market::{Answered, COVER, Dress, Goods, HOUR, MASTER, Market, NOW, get, post, request};
use crate::{
    app::http::Method,
    evidence::{Kind, Receipt},
    gate::{ConsentId, SigningKey, mint_view},
    memory::Fault,
    trust::{Name, Sha256},
};

const ASK: &str = "/consent/alice/drop-7";

fn market() -> Market {
    let market = Market::founded();
    let mut goods = Goods::drop_7();
    goods.facts.consent = vec![
        Name::parse("measurement").unwrap(),
        Name::parse("prefetch").unwrap(),
    ];
    market.publish(&goods);
    market
}

/// A browser that keeps its cookies.
#[derive(Default)]
struct Browser(BTreeMap<String, String>);

impl Browser {
    fn cookie(&self) -> String {
        let pairs = self.0.iter().map(|(name, value)| format!("{name}={value}"));
        pairs.collect::<Vec<_>>().join("; ")
    }

    fn keep(&mut self, answer: &Answered) {
        for (name, value) in &answer.headers {
            if name.eq_ignore_ascii_case("set-cookie") {
                let (name, value) = value.split(';').next().unwrap().split_once('=').unwrap();
                self.0.insert(name.to_owned(), value.to_owned());
            }
        }
    }

    fn get(&mut self, market: &Market, url: &str) -> Answered {
        let answer = market.ask(get(url).field("cookie", self.cookie()));
        self.keep(&answer);
        answer
    }

    /// Opens the page and sends its form with these fields.
    fn agree(&mut self, market: &Market, fields: &str) -> Answered {
        let page = self.get(market, ASK);
        let page = String::from_utf8(page.body).unwrap();
        let nonce = between(&page, "name=\"nonce\" value=\"", "\"");
        let form = format!("nonce={nonce}&{fields}");
        let answer = market.ask(post(ASK, form).field("cookie", self.cookie()));
        self.keep(&answer);
        answer
    }
}

fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    let (_, rest) = text.split_once(from).unwrap();
    rest.split_once(to).unwrap().0
}

const ALL: &str = "agree-measurement=yes&agree-prefetch=yes&confirm=yes";

fn path_of(url: &Value) -> String {
    let url = url.as_str().unwrap();
    url.strip_prefix("https://shop.example").unwrap().to_owned()
}

#[test]
fn a_drop_that_asks_answers_428_with_what_is_asked_and_where() {
    let market = market();
    let grant = market.grant("alice/drop-7/*");
    for asked in [
        get(COVER),
        get(MASTER).bearer(&grant),
        get("/get/alice/drop-7.zip").bearer(&grant),
    ] {
        let refused = market.ask(asked);
        assert_eq!(refused.verdict(), (428, "consent-required".to_owned()));
        let consent = &refused.json()["consent"];
        assert_eq!(
            consent["scopes"],
            serde_json::json!(["measurement", "prefetch"])
        );
        assert_eq!(consent["ask"], ASK);
        assert!(
            refused
                .header("link")
                .unwrap()
                .starts_with("</consent/alice/drop-7>")
        );
    }
    let person = market.ask(get(COVER).field("accept", "text/html"));
    assert_eq!(person.status, 428);
    assert!(
        String::from_utf8(person.body)
            .unwrap()
            .contains("href=\"/consent/alice/drop-7\"")
    );
    assert_eq!(
        market.ask(get(MASTER)).status,
        401,
        "a grant is needed first"
    );
}

#[test]
fn who_has_not_agreed_is_not_counted() {
    let market = market();
    let mut browser = Browser::default();
    let key = SigningKey::from_seed(Sha256::of(b"alice").0).unwrap();
    let visitors = || {
        market.world.settle();
        let token = mint_view("alice", "dropgate", &key, NOW, HOUR);
        let dashboard = market.ask(get(&format!("/dashboard?token={token}"))).json();
        dashboard["visitors"].as_array().unwrap().len()
    };
    browser.get(&market, "/d/alice/drop-7");
    assert_eq!(visitors(), 0);
    assert_eq!(browser.agree(&market, ALL).status, 201);
    let page = get("/d/alice/drop-7").field("cookie", browser.cookie());
    market.ask(page.field("sec-gpc", "1"));
    assert_eq!(visitors(), 0);
    browser.get(&market, "/d/alice/drop-7");
    assert_eq!(visitors(), 1);
}

#[test]
fn the_page_asks_for_exactly_that_and_every_box_is_empty() {
    let market = market();
    let page = market.ask(get(ASK));
    let page = String::from_utf8(page.body).unwrap();
    assert_eq!(page.matches("type=\"checkbox\"").count(), 2);
    for scope in ["measurement", "prefetch"] {
        // Required, and not ticked beforehand.
        let tick =
            format!("<input type=\"checkbox\" name=\"agree-{scope}\" value=\"yes\" required>");
        assert!(page.contains(&tick), "{page}");
    }
    assert!(market.ask(request(Method::Head, ASK)).body.is_empty());
    market.publish(&Goods::new("bob/open").with(
        "a.txt",
        crate::trust::Access::Public,
        b"a".to_vec(),
    ));
    market.memo.forget_head();
    let nothing = market.ask(get("/consent/bob/open"));
    assert!(!String::from_utf8(nothing.body).unwrap().contains("<form"));
}

#[test]
fn consent_opens_the_drop_on_this_device_and_is_no_grant() {
    let market = market();
    let grant = market.grant("alice/drop-7/*");
    let mut browser = Browser::default();
    let given = browser.agree(&market, ALL);
    assert_eq!(given.status, 201, "{:?}", given.verdict());
    assert_eq!(browser.get(&market, COVER).status, 200);
    assert_eq!(
        browser.get(&market, MASTER).status,
        401,
        "consent is no grant"
    );
    let both =
        |market: &Market| market.ask(get(MASTER).bearer(&grant).field("cookie", browser.cookie()));
    let opened = both(&market);
    assert_eq!(opened.status, 200);
    assert!(
        opened
            .header("cache-control")
            .unwrap()
            .starts_with("private")
    );
    assert_eq!(both(&market.elsewhere()).status, 200, "in every isolate");
    assert_eq!(market.ask(get(COVER)).status, 428, "nobody else has agreed");
    let pass = browser.0["__Host-consent"].clone();
    for token in [pass.as_str(), given.json()["receipt"].as_str().unwrap()] {
        assert_eq!(market.ask(get(MASTER).bearer(token)).status, 401);
    }
}

#[test]
fn what_is_half_agreed_forged_or_not_pressed_gives_nothing() {
    let market = market();
    let mut browser = Browser::default();
    let half = browser.agree(&market, "agree-measurement=yes&confirm=yes");
    assert_eq!(half.verdict(), (422, "consent-incomplete".to_owned()));
    let unpressed = browser.agree(&market, "agree-measurement=yes&agree-prefetch=yes");
    assert_eq!(unpressed.status, 200, "asked once more");
    assert!(
        String::from_utf8(unpressed.body)
            .unwrap()
            .contains("name=\"confirm\"")
    );
    // Another site's form, and another device's nonce.
    let forged = market.ask(post(ASK, ALL).field("cookie", browser.cookie()));
    assert_eq!(forged.verdict(), (403, "consent-nonce".to_owned()));
    let page = String::from_utf8(Browser::default().get(&market, ASK).body).unwrap();
    let nonce = between(&page, "name=\"nonce\" value=\"", "\"");
    let stolen =
        market.ask(post(ASK, format!("nonce={nonce}&{ALL}")).field("cookie", browser.cookie()));
    assert_eq!(stolen.status, 403);
    for cookie in ["x", "x.y", "~", ""] {
        let asked = get(COVER).field("cookie", format!("__Host-consent={cookie}"));
        assert_eq!(market.ask(asked).status, 428);
    }
    assert!(!browser.0.contains_key("__Host-consent"));
}

#[test]
fn a_receipt_is_signed_logged_and_takes_the_consent_back() {
    let market = market();
    let mut browser = Browser::default();
    let given = browser.agree(&market, ALL);
    market.world.settle();
    let logged = market.ask(get(given.header("receipt-location").unwrap()));
    let receipt = Receipt::open(&logged.body, &[market.config.notary.verifier()]).unwrap();
    assert_eq!(receipt.kind, Kind::Consent);
    assert_eq!(receipt.detail.unwrap().as_str(), "measurement,prefetch");

    let here = path_of(&given.json()["receipt"]);
    let shown = market.ask(get(&here)).json();
    let record = &shown["receipt"];
    assert_eq!(record["schema_version"], "ISO/IEC TS 27560:2023");
    assert_eq!(record["consent_events"].as_array().unwrap().len(), 1);
    assert_eq!(
        record["pii_processing"]["purposes"][1]["purpose"],
        "prefetch"
    );
    // Who only knows the id, from the log, can do nothing with it.
    let id = record["record_id"].as_str().unwrap();
    for other in [format!("/consent/{id}"), format!("/consent/{id}.AAAA")] {
        assert_eq!(market.ask(get(&other)).status, 404);
        assert_eq!(market.ask(post(&other, "")).status, 404);
    }

    // A program that only loads it withdraws nothing, nor does a page's script.
    for looked in [
        get(&here),
        request(Method::Head, &here),
        post(&here, "").field("sec-fetch-site", "same-origin"),
    ] {
        assert_eq!(market.ask(looked).status, 200);
    }
    assert_eq!(browser.get(&market, COVER).status, 200);
    let withdrawn = market.ask(post(&here, "")).json();
    assert_eq!(
        withdrawn["receipt"]["consent_events"][1]["event_state"],
        "consent withdrawn"
    );
    assert_eq!(
        market.ask(post(&here, "")).json(),
        withdrawn,
        "again is the same"
    );
    assert_eq!(browser.get(&market, COVER).status, 428, "here at once");
    let elsewhere = market.elsewhere();
    assert_eq!(browser.get(&elsewhere, COVER).status, 428);
    assert_eq!(
        browser.agree(&market, ALL).status,
        201,
        "one may agree again"
    );
    assert_eq!(browser.get(&market, COVER).status, 200);
}

#[test]
fn a_withdrawal_shows_in_warm_isolates_within_a_minute() {
    let market = market();
    let elsewhere = market.elsewhere();
    let mut browser = Browser::default();
    let given = browser.agree(&market, ALL);
    assert_eq!(browser.get(&elsewhere, COVER).status, 200);
    market.ask(post(&path_of(&given.json()["receipt"]), ""));
    market.world.pass(60);
    assert_eq!(browser.get(&elsewhere, COVER).status, 428);
}

#[test]
fn a_grant_carries_the_receipt_until_it_is_taken_back() {
    let market = market();
    let given = Browser::default().agree(&market, ALL);
    let carried: Vec<ConsentId> = given.json()["consent"]
        .as_array()
        .unwrap()
        .iter()
        .map(|text| {
            let (scope, receipt) = text.as_str().unwrap().split_once(':').unwrap();
            ConsentId {
                scope: scope.to_owned(),
                receipt: receipt.to_owned(),
            }
        })
        .collect();
    let mut claims = market.claims("alice/drop-7/*");
    claims.consent = carried;
    let grant = market.minted(&claims);
    assert_eq!(market.ask(get(MASTER).bearer(&grant)).status, 200);
    claims.consent[0].receipt = "a-receipt-of-the-shop".to_owned();
    let others = market.minted(&claims);
    market.ask(post(&path_of(&given.json()["receipt"]), ""));
    let refused = market.ask(get(MASTER).bearer(&grant));
    assert_eq!(refused.verdict(), (428, "consent-withdrawn".to_owned()));
    let body = serde_json::json!({"grant": grant, "path": "alice/drop-7/master.bin"});
    let why = market
        .ask(post("/admin/explain", body.to_string()).bearer("operator"))
        .json();
    assert_eq!(why["opens"], false);
    let steps = why["steps"].as_array().unwrap();
    let consent = steps
        .iter()
        .find(|step| step["claim"] == "consent")
        .unwrap();
    assert_eq!(consent["verdict"], "fail", "{consent}");
    assert_eq!(
        market.ask(get(MASTER).bearer(&others)).status,
        428,
        "one of two is not enough"
    );
    claims.consent[1].receipt = "another-of-the-shop".to_owned();
    let foreign = market.minted(&claims);
    assert_eq!(
        market.ask(get(MASTER).bearer(&foreign)).status,
        200,
        "the issuer answers for its own"
    );
}

#[test]
fn the_books_failing_shuts_what_hangs_on_consent() {
    let market = market();
    let mut browser = Browser::default();
    browser.agree(&market, ALL);
    let cold = market.elsewhere();
    market.world.fail("gate", Fault::Before);
    assert_eq!(browser.get(&cold, COVER).status, 503);
}

#[test]
fn consent_and_privacy_signals_decide_what_is_fetched_ahead() {
    let market = market();
    let page = |browser: &mut Browser, fields: &[(&str, &str)]| {
        let mut asked = get("/d/alice/drop-7").field("cookie", browser.cookie());
        for (name, value) in fields {
            asked = asked.field(name, *value);
        }
        String::from_utf8(market.ask(asked).body).unwrap()
    };
    let mut browser = Browser::default();
    let before = page(&mut browser, &[]);
    assert!(before.contains("href=\"/consent/alice/drop-7\""));
    assert!(!before.contains("id=\"ahead\""));
    browser.agree(&market, ALL);
    let after = page(&mut browser, &[]);
    assert!(!after.contains("href=\"/consent/alice/drop-7\"") && after.contains("id=\"ahead\""));
    assert!(!page(&mut browser, &[("sec-gpc", "1")]).contains("id=\"ahead\""));
    assert!(!page(&mut browser, &[("save-data", "on")]).contains("id=\"ahead\""));
    let gpc = market.ask(get("/.well-known/gpc.json"));
    assert_eq!(gpc.json()["gpc"], true);
}
