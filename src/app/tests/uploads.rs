//! Uploads in parts: gone on with, checked part by part, and never half a file.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::json;

use super::market::{Answered, Dress, Goods, HOUR, Market, get, post, request};
use crate::{
    app::http::Method,
    gate::PART_SIZE,
    memory::Fault,
    trust::{Access, Sha256},
};

const LAST: usize = 1000;
const FILM: &str = "/get/alice/drop-7/film.bin";

/// A drop with a file of two parts, the second a short one.
fn goods() -> Goods {
    let mut film = vec![7; usize::try_from(PART_SIZE).unwrap() + LAST];
    film[12_345] = 1;
    Goods::new("alice/drop-7").with("film.bin", Access::Public, film)
}

struct Uploader<'a> {
    market: &'a Market,
    goods: &'a Goods,
}

impl Uploader<'_> {
    fn url(&self) -> String {
        format!("/admin/files/{}", self.goods.files[0].0.stored_name())
    }

    fn length(&self) -> u64 {
        self.goods.files[0].0.length
    }

    fn order(&self, order: &serde_json::Value) -> Answered {
        let token = self.market.creator_token(&self.goods.path);
        let order = post(&self.url(), order.to_string()).bearer(&token);
        self.market.ask(order)
    }

    fn begin(&self) -> Answered {
        self.order(&json!({"length": self.length()}))
    }

    fn join(&self) -> Answered {
        self.order(&json!({"length": self.length(), "join": true}))
    }

    fn part(&self, number: usize) -> Answered {
        let part = usize::try_from(PART_SIZE).unwrap();
        let bytes = &self.goods.files[0].1;
        let end = bytes.len().min(number * part);
        self.send(number, bytes[(number - 1) * part..end].to_vec(), None)
    }

    fn send(&self, number: usize, bytes: Vec<u8>, digest: Option<Sha256>) -> Answered {
        let digest = digest.unwrap_or_else(|| Sha256::of(&bytes));
        let sent = request(Method::Put, &format!("{}?part={number}", self.url()))
            .bearer(&self.market.creator_token(&self.goods.path))
            .field(
                "content-digest",
                format!("sha-256=:{}:", STANDARD.encode(digest.0)),
            )
            .body(bytes);
        self.market.ask(sent)
    }
}

#[test]
fn a_file_in_parts_is_published_and_delivered_chunk_by_chunk() {
    let (market, goods) = (Market::founded(), goods());
    let uploader = Uploader {
        market: &market,
        goods: &goods,
    };
    let state = |parts: &[u16]| json!({"stored": false, "part_size": PART_SIZE, "parts": parts});
    assert_eq!(uploader.begin().json(), state(&[]));
    assert_eq!(uploader.part(2).status, 201);
    assert_eq!(uploader.join().verdict(), (409, "parts-missing".to_owned()));
    // Another day, another isolate: what is there is there.
    let elsewhere = market.elsewhere();
    let again = Uploader {
        market: &elsewhere,
        goods: &goods,
    };
    assert_eq!(again.begin().json(), state(&[2]));
    assert_eq!(again.part(1).status, 201);
    let missing = market.ask(market.submission(&goods));
    assert_eq!(missing.verdict(), (422, "file-not-uploaded".to_owned()));
    assert_eq!(again.join().status, 201);
    assert_eq!(market.world.uploads(), 0);
    for order in [again.begin(), again.join()] {
        assert_eq!(order.json(), json!({"stored": false}));
    }
    market.submit(&goods);
    let film = market.ask(get(FILM));
    assert_eq!(
        film.header("server-timing"),
        Some("verify;desc=\"checked\", gate;dur=0, trust;dur=0, fetch;dur=0, total;dur=0")
    );
    assert!(film.body == goods.bytes("film.bin"));
}

#[test]
fn a_part_that_is_not_as_announced_does_not_count() {
    let (market, goods) = (Market::founded(), goods());
    let uploader = Uploader {
        market: &market,
        goods: &goods,
    };
    let lost = (409, "upload-lost".to_owned());
    assert_eq!(uploader.part(2).verdict(), lost, "nothing was begun");
    assert_eq!(uploader.join().verdict(), lost);
    uploader.begin();
    let wrong = uploader.send(2, vec![0; LAST], Some(Sha256::of(b"other")));
    assert_eq!(wrong.verdict(), (422, "upload-mismatch".to_owned()));
    for (number, length) in [(0, LAST), (3, LAST), (2, LAST - 1), (1, LAST), (70_000, 1)] {
        let wrong = uploader.send(number, vec![0; length], None);
        assert_eq!(wrong.verdict(), (400, "bad-request".to_owned()), "{number}");
    }
    assert_eq!(uploader.begin().json()["parts"], json!([]));
    for order in [json!({}), json!({"length": 0}), json!({"length": "many"})] {
        assert_eq!(uploader.order(&order).status, 400);
    }
    let token = market.creator_token(&Goods::new("bob/drop-1").path);
    let url = uploader.url();
    let theirs = post(&url, "{\"length\":5}").bearer(&token);
    assert_eq!(market.ask(theirs).status, 401, "a token is for one drop");
}

#[test]
fn whatever_fails_on_the_way_the_upload_can_be_gone_on_with() {
    // That a call happened and its answer was lost is the worse of the two.
    let lost = [
        "store.begin_parts",
        "store.receive_part",
        "store.join_parts",
        "store.drop_parts",
        "gate.upload",
        "gate.part",
        "gate.end-upload",
    ];
    let lost = lost.map(|port| (port, Fault::After));
    for (port, fault) in lost
        .into_iter()
        .chain([("store.join_parts", Fault::Before)])
    {
        let (market, goods) = (Market::founded(), goods());
        let uploader = Uploader {
            market: &market,
            goods: &goods,
        };
        market.world.fail_nth(port, 1, fault);
        uploader.begin();
        uploader.part(1);
        uploader.part(2);
        uploader.join();
        market.world.heal();
        // The command line's loop.
        let begun = uploader.begin().json();
        if begun.get("parts").is_some() {
            for part in [1, 2] {
                if !begun["parts"].as_array().unwrap().contains(&json!(part)) {
                    assert_eq!(uploader.part(part).status, 201, "{port} {fault:?}");
                }
            }
            let joined = uploader.join();
            assert!(matches!(joined.status, 200 | 201), "{port}: {joined:?}");
        }
        market.submit(&goods);
        let film = market.ask(get(FILM));
        assert!(film.body == goods.bytes("film.bin"), "{port} {fault:?}");
    }
}

#[test]
fn an_upload_that_rests_for_a_day_is_given_up() {
    let (market, goods) = (Market::founded(), goods());
    let uploader = Uploader {
        market: &market,
        goods: &goods,
    };
    uploader.begin();
    market.sweep_after(23 * HOUR);
    assert_eq!(uploader.part(2).status, 201);
    market.sweep_after(2 * HOUR);
    assert_eq!(market.world.uploads(), 1, "it was heard of two hours ago");
    market.sweep_after(22 * HOUR);
    assert_eq!(market.world.uploads(), 0);
    assert_eq!(uploader.begin().json()["parts"], json!([]));
}
