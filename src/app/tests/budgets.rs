//! Grants with limits: what they cost, and whom they are for.

use serde_json::{Value, json};

use super::market::{Answered, Dress, FILM, HOUR, MASTER, Market, get, post, request};
use crate::{
    app::http::Method,
    gate::{Claims, Limits},
    memory::Fault,
};

/// `film.bin` is public; here it is not.
fn market() -> Market {
    use super::market::Goods;
    use crate::trust::Access;
    let market = Market::founded();
    let film = (0_u32..160_000).flat_map(u32::to_be_bytes).collect();
    let goods = Goods::new("alice/drop-7")
        .with("film.bin", Access::Grant, film)
        .with("master.bin", Access::Grant, b"the master".to_vec());
    market.publish(&goods);
    market
}

fn limited(market: &Market, downloads: Option<u64>, bytes: Option<u64>) -> Claims {
    Claims {
        lim: Limits { downloads, bytes },
        ..market.claims("alice/drop-7/*")
    }
}

fn part(market: &Market, token: &str, range: &str) -> Answered {
    let answer = market.ask(
        get(FILM)
            .bearer(token)
            .field("range", format!("bytes={range}")),
    );
    market.world.settle();
    answer
}

#[test]
fn a_download_manager_with_many_connections_spends_one() {
    let market = market();
    let token = market.minted(&limited(&market, Some(1), None));
    for at in 0..16 {
        let range = format!("{}-{}", at * 40_000, at * 40_000 + 39_999);
        let answer = part(&market, &token, &range);
        assert_eq!(answer.status, 206);
        assert_eq!(answer.header("ratelimit"), Some("\"downloads\";r=0"));
        assert_eq!(answer.header("ratelimit-policy"), Some("\"downloads\";q=1"));
    }
    // A repair belongs to it; another file, or the whole again, does not.
    assert_eq!(part(&market, &token, "5-9").status, 206);
    for again in [get(FILM), get(MASTER)] {
        let refused = market.ask(again.bearer(&token));
        assert_eq!(refused.verdict(), (403, "grant-used-up".to_owned()));
        assert_eq!(refused.header("ratelimit"), Some("\"downloads\";r=0"));
    }
}

#[test]
fn looking_costs_nothing_and_one_question_is_asked() {
    let market = market();
    let token = market.minted(&limited(&market, Some(1), None));
    market.world.heal();
    for _ in 0..3 {
        let head = market.ask(request(Method::Head, FILM).bearer(&token));
        assert_eq!(head.status, 200);
        let past = part(&market, &token, "900000-");
        assert_eq!(past.status, 416);
    }
    assert_eq!(market.world.calls("gate"), 0);
    let whole = market.ask(get(FILM).bearer(&token));
    assert_eq!((whole.status, market.world.calls("gate")), (200, 1));
    let etag = whole.header("etag").unwrap().to_owned();
    market.world.settle();
    let same = market.ask(get(FILM).bearer(&token).field("if-none-match", etag));
    assert_eq!(same.status, 304);
    // A grant without limits asks nobody.
    market.world.heal();
    assert_eq!(
        market
            .ask(get(MASTER).bearer(&market.grant("alice/*")))
            .status,
        200
    );
    assert_eq!(market.world.calls("gate"), 0);
}

#[test]
fn a_small_part_is_one_question_in_all() {
    let market = market();
    let token = market.minted(&limited(&market, Some(1), None));
    let mut questions = Vec::new();
    // As a player looks for what is where; then the whole.
    for range in ["0-99", "639900-639999", "0-65535", "0-65536"] {
        market.world.heal();
        assert_eq!(part(&market, &token, range).status, 206);
        questions.push(market.world.calls("gate"));
    }
    // One that is not looking around may be the last of a download in parts.
    assert_eq!(questions, [1, 2, 1, 3]);
    assert_eq!(part(&market, &token, "0-").status, 206);
    // All of it counts as handed over: whole once more is another download.
    assert_eq!(market.ask(get(FILM).bearer(&token)).status, 403);
    // A small file is settled, so that one that broke off may be asked for again.
    let token = market.minted(&Claims {
        jti: Some("another".to_owned()),
        ..limited(&market, Some(1), None)
    });
    market.world.fail("gate.settle", Fault::Before);
    assert_eq!(market.ask(get(MASTER).bearer(&token)).status, 200);
    market.world.settle();
    assert_eq!(market.ask(get(MASTER).bearer(&token)).status, 200);
}

#[test]
fn bytes_are_counted_once_each() {
    let market = market();
    let token = market.minted(&limited(&market, None, Some(1000)));
    let left = |answer: &Answered| answer.header("ratelimit").unwrap().to_owned();
    assert_eq!(left(&part(&market, &token, "0-499")), "\"bytes\";r=500");
    assert_eq!(left(&part(&market, &token, "250-749")), "\"bytes\";r=250");
    let refused = part(&market, &token, "0-1999");
    assert_eq!(refused.verdict(), (403, "grant-used-up".to_owned()));
    assert_eq!(left(&part(&market, &token, "750-999")), "\"bytes\";r=0");
}

#[test]
fn an_archive_is_a_file_of_its_own() {
    let market = market();
    let token = market.minted(&limited(&market, Some(1), None));
    let zip = market.ask(get("/get/alice/drop-7.zip").bearer(&token));
    assert_eq!(
        (zip.status, zip.header("ratelimit")),
        (200, Some("\"downloads\";r=0"))
    );
    market.world.settle();
    assert_eq!(market.ask(get(FILM).bearer(&token)).status, 403);
}

#[test]
fn a_lost_answer_or_a_failing_book_gives_nothing_away() {
    let market = market();
    let token = market.minted(&limited(&market, Some(1), None));
    market.world.fail("gate.visit", Fault::Before);
    let lost = market.ask(get(FILM).bearer(&token));
    assert_eq!(lost.verdict(), (503, "storage-unavailable".to_owned()));
    market.world.heal();
    market.world.fail("gate.settle", Fault::Before);
    assert_eq!(market.ask(get(FILM).bearer(&token)).status, 200);
    market.world.settle();
    market.world.heal();
    // What was never settled stays charged; the same download may go on.
    assert_eq!(part(&market, &token, "7-").status, 206);
    assert_eq!(market.ask(get(MASTER).bearer(&token)).status, 403);
}

#[test]
fn the_first_device_keeps_a_grant_that_is_for_one() {
    let market = market();
    let token = market.minted(&Claims {
        once: true,
        ..market.claims("alice/drop-7/*")
    });
    let ask = |cookie: Option<&str>, software: &str| {
        let plain = get(MASTER).bearer(&token).field("user-agent", software);
        market.ask(match cookie {
            Some(cookie) => plain.field("cookie", cookie),
            None => plain,
        })
    };
    let first = ask(None, "curl");
    assert_eq!(first.status, 200);
    let device = first
        .header("set-cookie")
        .unwrap()
        .split(';')
        .next()
        .unwrap()
        .to_owned();
    // By its cookie from anywhere, without one from the same place.
    assert_eq!(ask(Some(&device), "another").status, 200);
    assert_eq!(ask(None, "curl").status, 200);
    for other in [ask(None, "another"), ask(Some("__Host-device=x"), "curl")] {
        assert_eq!(other.verdict(), (403, "grant-other-device".to_owned()));
    }
}

#[test]
fn a_download_that_has_begun_may_finish_in_its_grace() {
    let market = market();
    let grace = |jti: &str| {
        market.minted(&Claims {
            jti: Some(jti.to_owned()),
            grace: 600,
            ..market.claims("alice/drop-7/*")
        })
    };
    let (begun, late) = (grace("begun"), grace("late"));
    assert_eq!(part(&market, &begun, "0-99").status, 206);
    market.world.pass(HOUR + 60);
    for _ in 0..12 {
        market.keep_fresh().unwrap();
    }
    assert_eq!(part(&market, &begun, "100-").status, 206);
    for refused in [
        part(&market, &late, "0-99"),
        market.ask(get(MASTER).bearer(&begun)),
    ] {
        assert_eq!(refused.verdict(), (401, "grant-expired".to_owned()));
    }
    market.world.pass(600);
    assert_eq!(part(&market, &begun, "200-").status, 401);
}

fn admin(market: &Market, path: &str, body: &Value) -> Answered {
    market.ask(post(path, body.to_string()).bearer("operator"))
}

#[test]
fn the_operator_sees_extends_and_resets_a_grant() {
    let market = market();
    let token = market.minted(&limited(&market, Some(1), None));
    assert_eq!(market.ask(get(FILM).bearer(&token)).status, 200);
    market.world.settle();
    let shown = admin(&market, "/admin/grants", &json!({"grant": token})).json();
    assert_eq!(shown["used"], json!({"downloads": 1, "bytes": 640_000}));
    let extend = json!({"grant": token, "do": "extend", "downloads": 1});
    assert_eq!(
        admin(&market, "/admin/grants", &extend).json()["added"]["downloads"],
        1
    );
    let more = market.ask(get(MASTER).bearer(&token));
    assert_eq!(more.header("ratelimit-policy"), Some("\"downloads\";q=2"));
    market.world.settle();
    assert_eq!(market.ask(get(FILM).bearer(&token)).status, 403);
    let reset = admin(
        &market,
        "/admin/grants",
        &json!({"grant": token, "do": "reset"}),
    );
    assert_eq!(reset.json()["used"]["downloads"], 0);
    assert_eq!(market.ask(get(FILM).bearer(&token)).status, 200);

    let unlimited = json!({"grant": token, "do": "extend", "bytes": 1});
    assert_eq!(admin(&market, "/admin/grants", &unlimited).status, 400);
    let stranger = market.ask(post("/admin/grants", json!({"grant": token}).to_string()));
    assert_eq!(stranger.status, 401);
}

#[test]
fn explain_says_claim_by_claim_what_the_books_say_too() {
    let market = market();
    let token = market.minted(&Claims {
        once: true,
        geo: vec!["PT".to_owned()],
        ..limited(&market, Some(1), None)
    });
    let explain = |country: &str| {
        let body = json!({"grant": token, "path": "alice/drop-7/film.bin", "country": country});
        admin(&market, "/admin/explain", &body).json()
    };
    let step = |answer: &Value, claim: &str| {
        let steps = answer["steps"].as_array().unwrap();
        let found = steps.iter().find(|step| step["claim"] == claim).unwrap();
        (found["verdict"].clone(), found["sentence"].to_string())
    };
    let good = explain("PT");
    assert_eq!(good["opens"], true, "{good}");
    assert!(step(&good, "lim").1.contains("0 of 1 downloads used"));
    let bad = explain("FR");
    assert_eq!(
        (bad["opens"].clone(), step(&bad, "geo").0),
        (json!(false), json!("fail"))
    );
    assert_eq!(step(&bad, "paths").0, "pass");
    let mut from = get(FILM).bearer(&token);
    from.client.country = Some("PT".to_owned());
    assert_eq!(market.ask(from).status, 200);
    market.world.settle();
    let spent = explain("PT");
    assert_eq!(
        (spent["opens"].clone(), step(&spent, "lim").0),
        (json!(false), json!("fail"))
    );
    let garbage = json!({"grant": "x", "path": "alice/drop-7/film.bin"});
    let garbage = admin(&market, "/admin/explain", &garbage).json();
    assert_eq!(
        (garbage["opens"].clone(), step(&garbage, "token").0),
        (json!(false), json!("fail"))
    );
}
