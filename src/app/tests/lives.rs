//! How long what was made is shown: the time of its preset, until its source is
//! another, until it is purged; and never after its drop is retired.

use serde_json::json;

use super::{
    market::{Answered, Dress, Goods, HOUR, Market, get, post},
    pictures,
};
use crate::{
    app::config::{Config, tests::setting},
    memory::Fault,
    trust::{Access, DropPath},
};

const PICTURE: &str = pictures::PICTURE;
const FLAG: &str = "/img/width=16/alice/drop-7/flag.jpg";
const PRESETS: &str = r#"{"card@1":{"options":"width=20","ttl":600},"card@2":"width=48"}"#;
const CARD: &str = "/img/card@1/alice/drop-7/picture.png";

fn market() -> Market {
    let mut market = Market::founded();
    market.config = with_presets(PRESETS);
    market.publish(&pictures::goods());
    market
}

/// The same marketplace in another isolate.
fn elsewhere(market: &Market) -> Market {
    let mut other = market.elsewhere();
    other.config = with_presets(PRESETS);
    other
}

fn with_presets(presets: &str) -> Config {
    let presets = presets.to_owned();
    Config::read(|name| match name {
        "PRESETS" => Some(presets.clone()),
        name => setting(name),
    })
    .unwrap()
}

/// The answer, after which what was left for later has run, until nothing better comes.
fn show(market: &Market, url: &str) -> Answered {
    let answer = market.ask(get(url).field("accept", "image/webp,*/*"));
    assert_eq!(answer.status, 200, "{url}: {:?}", answer.verdict());
    market.world.settle();
    answer
}

fn tier(answer: &Answered) -> &str {
    answer.header("cache-status").unwrap()
}

fn is_made(answer: &Answered) -> bool {
    tier(answer).contains("dropgate-r2; fwd=miss")
}

fn is_stale(answer: &Answered) -> bool {
    tier(answer).ends_with("detail=stale")
}

fn purge(market: &Market, body: &serde_json::Value) -> Answered {
    let answer = market.ask(post("/admin/purge", body.to_string()).bearer("operator"));
    market.world.settle();
    answer
}

/// The same picture under a drop with other pixels.
fn other_goods() -> Goods {
    let mut goods = pictures::goods();
    let flag = goods.bytes("flag.jpg");
    goods
        .files
        .retain(|(file, _)| file.path.file.as_str() != "picture.png");
    goods.with("picture.png", Access::Public, flag)
}

fn alice() -> DropPath {
    DropPath::parse("alice/drop-7").unwrap()
}

#[test]
fn a_picture_of_a_preset_is_good_for_its_time_and_shown_a_while_longer() {
    let market = market();
    let keep = |answer: &Answered| answer.header("cache-control").unwrap().to_owned();
    let made = show(&market, CARD);
    assert!(is_made(&made));
    assert_eq!(
        keep(&made),
        "public, max-age=600, stale-while-revalidate=600, no-transform"
    );
    assert_eq!(
        keep(&show(&market, PICTURE)),
        "public, max-age=240, stale-while-revalidate=60, no-transform"
    );
    market.world.pass(599);
    market.keep_fresh().unwrap();
    assert!(tier(&show(&market, CARD)).contains("; hit; detail=refined"));
    market.world.pass(41);
    let stale = show(&market, CARD);
    assert!(
        tier(&stale).contains("; hit; ttl=-40; detail=stale"),
        "{}",
        tier(&stale)
    );
    assert_eq!(keep(&stale), "public, no-cache, no-transform");
    let fresh = show(&market, CARD);
    assert!(!is_stale(&fresh) && !is_made(&fresh), "{}", tier(&fresh));
    // The stores forget it in the end, and nobody who comes then gets it.
    for _ in 0..3 {
        market.world.pass(HOUR);
        market.keep_fresh().unwrap();
    }
    assert!(is_made(&show(&market, CARD)));
    let plain = show(&market, PICTURE);
    assert!(tier(&plain).contains("; hit"), "others are good for ever");
}

#[test]
fn what_cannot_be_made_again_is_shown_no_longer_than_a_while() {
    let market = market();
    show(&market, CARD);
    market.world.pass(900);
    market.keep_fresh().unwrap();
    market.world.fail("studio", Fault::Before);
    assert!(is_stale(&show(&market, CARD)));
    market.world.pass(300);
    market.keep_fresh().unwrap();
    assert_eq!(market.ask(get(CARD)).status, 503);
}

#[test]
fn while_the_next_version_is_made_the_former_is_shown_for_a_minute_at_most() {
    let market = market();
    show(&market, PICTURE);
    let former = show(&market, PICTURE);
    market.publish(&other_goods());
    market.world.pass(61);
    market.world.fail("studio", Fault::Before);
    for _ in 0..2 {
        let shown = show(&market, PICTURE);
        assert!(is_stale(&shown));
        assert_eq!(shown.body, former.body);
        assert_eq!(
            shown.header("cache-control"),
            Some("public, no-cache, no-transform")
        );
    }
    market.world.pass(61);
    assert_eq!(market.ask(get(PICTURE)).status, 503);
    market.world.heal();
    let next = show(&market, PICTURE);
    assert!(is_made(&next) && next.body != former.body);
    // And where the next can be made at once, it is there for the second who asks.
    let market = self::market();
    let former = show(&market, PICTURE);
    market.publish(&other_goods());
    market.world.pass(61);
    assert!(is_stale(&show(&market, PICTURE)));
    let next = show(&market, PICTURE);
    assert!(!is_stale(&next) && next.body != former.body);
}

#[test]
fn nothing_is_shown_of_what_was_retired_taken_out_or_closed() {
    let published = || {
        let market = market();
        show(&market, PICTURE);
        market
    };
    let market = published();
    market.retire(&alice());
    market.world.pass(61);
    assert_eq!(market.ask(get(PICTURE)).status, 404);

    let market = published();
    let mut fewer = pictures::goods();
    fewer
        .files
        .retain(|(file, _)| file.path.file.as_str() != "picture.png");
    market.publish(&fewer);
    market.world.pass(61);
    assert_eq!(market.ask(get(PICTURE)).status, 404);

    // What was gated before is not shown to those who may see what is open now.
    let market = Market::founded();
    let open = pictures::goods();
    let secret = Goods::drop_7().with("picture.png", Access::Grant, open.bytes("flag.jpg"));
    market.publish(&secret);
    let grant = market.grant("alice/drop-7/*");
    assert_eq!(market.ask(get(PICTURE).bearer(&grant)).status, 200);
    market.world.settle();
    market.publish(&open);
    market.world.pass(61);
    assert!(is_made(&show(&market, PICTURE)));
    // Nor the other way round.
    market.publish(&secret);
    market.world.pass(61);
    assert_eq!(market.ask(get(PICTURE)).status, 401);
}

/// Its bytes never change under one name: only who else keeps it is told.
#[test]
fn the_time_of_its_preset_is_that_of_a_catalogue() {
    let catalog = "/get/alice/drop-7/catalog.zip";
    for (presets, lasts) in [
        (PRESETS, "max-age=300,"),
        (
            r#"{"catalog@1":{"options":"width=20","ttl":60}}"#,
            "max-age=60, stale-while-revalidate=60,",
        ),
    ] {
        let mut market = market();
        market.config = with_presets(presets);
        let first = show(&market, catalog);
        market.world.pass(200);
        let later = show(&market, catalog);
        assert!(is_made(&first) && !is_made(&later));
        assert_eq!(first.body, later.body);
        for answer in [first, later] {
            let said = answer.header("cache-control").unwrap();
            assert!(said.contains(lasts), "{said}");
        }
    }
}

#[test]
fn a_purge_of_a_drop_or_a_file_counts_everywhere_within_a_minute() {
    let scopes = [
        (json!({"drop": "alice/drop-7"}), true),
        (
            json!({"drop": "alice/drop-7", "file": "picture.png"}),
            false,
        ),
    ];
    for (scope, takes_all) in scopes {
        let market = market();
        for url in [PICTURE, FLAG, CARD] {
            show(&market, url);
            show(&market, url);
        }
        let elsewhere = elsewhere(&market);
        show(&elsewhere, PICTURE);
        let catalog = "/get/alice/drop-7/catalog.zip";
        show(&market, catalog);
        let answer = purge(&market, &scope);
        assert_eq!(answer.status, 200, "{:?}", answer.verdict());
        for url in [PICTURE, CARD, catalog] {
            let shown = show(&market, url);
            assert!(is_made(&shown), "{url}: {}", tier(&shown));
            assert!(!is_made(&show(&market, url)), "{url}: once");
        }
        assert_eq!(is_made(&show(&market, FLAG)), takes_all);
        assert!(!is_made(&show(&elsewhere, PICTURE)), "it has not heard yet");
        market.world.pass(61);
        let there = self::elsewhere(&market);
        for isolate in [&elsewhere, &there] {
            // Made by the first isolate after the purge, and found.
            let shown = show(isolate, PICTURE);
            assert_eq!(shown.body, show(&market, PICTURE).body);
        }
    }
}

#[test]
fn a_purge_of_a_preset_takes_what_was_asked_for_by_it_and_nothing_else() {
    let market = market();
    let dense = "/img/card@1,dpr=2,format=webp/alice/drop-7/picture.png";
    let (newer, spelt) = (
        "/img/card@2/alice/drop-7/picture.png",
        "/img/width=32/alice/drop-7/flag.jpg",
    );
    let all = [CARD, dense, newer, spelt];
    for url in all {
        show(&market, url);
    }
    let answer = purge(&market, &json!({"preset": "card@1"}));
    assert_eq!(answer.json()["pictures"], 2, "{answer:?}");
    let made = all.map(|url| is_made(&show(&market, url)));
    assert_eq!(made, [true, true, false, false]);
    let answer = purge(
        &market,
        &json!({"preset": "card@2", "drop": "alice/drop-7"}),
    );
    assert_eq!(answer.status, 200);
    let made = all.map(|url| is_made(&show(&market, url)));
    assert_eq!(made, [false, false, true, false]);
}

#[test]
fn what_was_purged_does_not_stay_in_the_stores() {
    let market = market();
    let tried = [json!({"drop": "alice/drop-7"}), json!({"preset": "card@1"})];
    for scope in tried {
        show(&market, CARD);
        show(&market, CARD);
        assert!(!market.world.kept("").is_empty());
        purge(&market, &scope);
        let stays = |name: &String| name.contains("/size");
        assert!(market.world.kept("derived/").iter().all(stays), "{scope}");
        // What an isolate puts away that has not heard of it goes later.
        let before = market.world.kept("derived/").len();
        show(&elsewhere(&market), CARD);
        market.world.pass(121);
        market.keep_fresh().unwrap();
        market.sweep();
        assert!(
            market.world.kept("derived/").len() > before,
            "what is new stays"
        );
    }
    // A source that is swept takes what was made of it along.
    market.retire(&alice());
    for _ in 0..4 {
        market.sweep_after(25 * HOUR);
    }
    assert!(
        market.world.kept("derived/").is_empty(),
        "{:?}",
        market.world.kept("derived/")
    );
}

#[test]
fn a_purge_is_the_operators_and_names_what_there_is() {
    let market = market();
    let text = json!({"drop": "alice/drop-7"}).to_string();
    for token in ["", "guess", &market.creator_token(&alice())] {
        let refused = market.ask(post("/admin/purge", text.clone()).bearer(token));
        assert_eq!(refused.verdict(), (401, "not-authorised".to_owned()));
    }
    for (body, verdict) in [
        ("{", (400, "bad-request")),
        ("[]", (400, "bad-request")),
        ("{}", (400, "bad-request")),
        (r#"{"drop":7}"#, (400, "bad-request")),
        (r#"{"drop":"alice"}"#, (400, "bad-request")),
        (r#"{"file":"picture.png"}"#, (400, "bad-request")),
        (
            r#"{"file":"picture.png","preset":"card@1"}"#,
            (400, "bad-request"),
        ),
        (
            r#"{"drop":"alice/drop-7","file":"../x"}"#,
            (400, "bad-request"),
        ),
        (r#"{"preset":"card"}"#, (400, "bad-request")),
        (r#"{"drop":"alice/nothing"}"#, (404, "not-found")),
        (
            r#"{"drop":"alice/drop-7","file":"nothing.png"}"#,
            (404, "not-found"),
        ),
        (r#"{"preset":"card@9"}"#, (404, "not-found")),
        (
            r#"{"drop":"alice/drop-7","preset":"card@9"}"#,
            (404, "not-found"),
        ),
    ] {
        let refused = market.ask(post("/admin/purge", body).bearer("operator"));
        let (status, slug) = verdict;
        assert_eq!(refused.verdict(), (status, slug.to_owned()), "{body}");
    }
    show(&market, PICTURE);
    let told = purge(&market, &json!({"drop": "alice/drop-7", "dry_run": true}));
    assert_eq!(
        told.json(),
        json!({"pictures": 3}),
        "two, and the catalogue"
    );
    assert!(!is_made(&show(&market, PICTURE)), "nothing happened");
}

#[test]
fn a_book_that_fails_is_believed_for_a_while_and_keeps_purged_pictures_back() {
    let market = market();
    show(&market, PICTURE);
    market.world.pass(61);
    market.world.fail("gate", Fault::Before);
    assert!(!is_made(&show(&market, PICTURE)), "what it said before");
    let elsewhere = market.elsewhere();
    assert_eq!(
        elsewhere.ask(get(PICTURE)).status,
        503,
        "it has said nothing there"
    );
}

#[test]
fn a_drop_pins_the_preset_and_the_engine_it_was_published_with() {
    let bare = "/img/preset=card/alice/drop-7/picture.png";
    let width = |market: &Market| {
        let picture = show(market, bare);
        image::load_from_memory(&picture.body).unwrap().width()
    };
    let mut market = market();
    assert_eq!(width(&market), 48, "the newest");
    let mut goods = pictures::goods();
    goods.facts.presets = Some(r#"{"card":"card@1"}"#.to_owned());
    market.publish(&goods);
    market.world.pass(61);
    assert_eq!(width(&market), 20);
    // The operator brings a newer one: this drop keeps its own.
    market.config = with_presets(r#"{"card@1":"width=20","card@3":"width=8"}"#);
    assert_eq!(width(&market), 20);
    // What the engine of the pinned version made is not made again by this one.
    goods.facts.engine = Some("0.0.1".to_owned());
    market.publish(&goods);
    market.world.pass(61);
    assert!(
        is_made(&show(&market, FLAG)),
        "this engine has never asked under that name"
    );
    goods.facts.title = "Another".to_owned();
    market.publish(&goods);
    market.world.pass(61);
    assert!(!is_made(&show(&market, FLAG)));
}
