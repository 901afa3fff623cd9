//! Storage is trusted for nothing: whoever can write to it can only make a
//! file unavailable.

use super::market::{COVER, Dress, FILM, Goods, Market, get};
use pollster::block_on;

use crate::{
    app::config::{Config, tests::setting},
    memory::Object,
    ports::{LogName, TrustBook},
    trust::{Access, Sha256},
};

const MISMATCH: (u16, &str) = (502, "content-mismatch");

fn assert_mismatch(market: &Market, url: &str, why: &str) {
    let answer = market.ask(get(url));
    let (status, slug) = answer.verdict();
    assert_eq!((status, slug.as_str()), MISMATCH, "{why}");
    let logged = market.world.lines();
    assert!(logged.iter().any(|line| line.starts_with("incident")));
    market.world.settle();
    let noted = market.world.receipts(LogName::Publish);
    assert!(noted.iter().any(|note| note.contains("incident")), "{why}");
}

#[test]
fn a_stored_file_of_another_digest_is_not_sent() {
    let market = Market::open();
    market.world.spoil("targets/", |object| {
        object.bytes[0] ^= 1;
        object.sha256 = Some(Sha256::of(&object.bytes));
    });
    assert_mismatch(&market, COVER, "a put of other bytes");
}

#[test]
fn a_stored_file_without_a_digest_is_checked() {
    let market = Market::open();
    market.world.spoil("targets/", |object| {
        object.bytes[0] ^= 1;
        object.sha256 = None;
    });
    assert_mismatch(&market, COVER, "a flipped bit");
}

#[test]
fn a_file_that_was_cut_or_lost_is_not_sent() {
    let market = Market::open();
    let cut = |object: &mut Object| {
        object.bytes.pop();
        object.sha256 = None;
    };
    market.world.spoil("targets/", cut);
    assert_mismatch(&market, COVER, "a byte too few");
    let market = Market::open();
    market.world.lose("targets/");
    assert_mismatch(&market, COVER, "lost");
}

#[test]
fn a_store_that_lies_about_digests_is_found_out_by_verify_always() {
    let mut market = Market::open();
    market.config = Config::read(|name| match name {
        "VERIFY" => Some("always".to_owned()),
        _ => setting(name),
    })
    .unwrap();
    let good = market.ask(get(COVER));
    let timing = good.header("server-timing").unwrap_or_default();
    assert!(timing.starts_with("verify;desc=\"checked\""), "{timing}");
    market
        .world
        .spoil("targets/", |object| object.bytes[0] ^= 1);
    assert_mismatch(&market, COVER, "a flipped bit");
}

#[test]
fn a_later_chunk_that_is_wrong_cuts_the_body_short() {
    let market = Market::open();
    let film = Goods::drop_7().bytes("film.bin");
    market.world.spoil("targets/alice/drop-7/", |object| {
        object.sha256 = None;
        if object.bytes.len() == film.len() {
            object.bytes[600_000] ^= 1;
        }
    });
    let answer = market.ask(get(FILM));
    assert_eq!(answer.status, 200);
    let declared = film.len().to_string();
    assert_eq!(answer.header("content-length"), Some(declared.as_str()));
    assert!(answer.body.len() < 600_000 && film.starts_with(&answer.body));
    let ahead = market.ask(get(FILM).field("range", "bytes=0-1000"));
    assert_eq!((ahead.status, &ahead.body[..]), (206, &film[..=1000]));
}

/// What someone who can write to the bucket may do to a file.
const CHANGES: [fn(&mut Vec<u8>); 4] = [
    |bytes| bytes.push(b' '),
    |bytes| bytes.truncate(10),
    Vec::clear,
    |bytes| {
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
    },
];

#[test]
fn metadata_that_was_changed_or_lost_is_not_believed() {
    let market = Market::open();
    let keys = market.world.keys().into_iter();
    let mut chain = 0;
    for key in keys.filter(|key| key.starts_with("metadata/")) {
        let original = market.world.object(&key).unwrap();
        market.world.lose(&key);
        let counts = market.elsewhere().ask(get(COVER)).status != 200;
        for change in CHANGES {
            let mut object = original.clone();
            change(&mut object.bytes);
            market.world.put(&key, object);
            let answer = market.elsewhere().ask(get(COVER));
            let (status, slug) = answer.verdict();
            let wanted = if counts { MISMATCH } else { (200, "") };
            assert_eq!((status, slug.as_str()), wanted, "{key}");
        }
        market.world.put(&key, original);
        chain += usize::from(counts);
    }
    assert_eq!(
        chain, 4,
        "snapshot, targets, the creator's role, the manifest"
    );
}

#[test]
fn one_creators_manifest_does_not_pass_for_anothers() {
    let market = Market::open();
    let other = Goods::new("bob/drop-7").with("cover.txt", Access::Public, b"bob's".to_vec());
    market.publish(&other);
    let of = |role: &str| {
        let sha256 = block_on(market.world.metadata(&format!("1.{role}.json")));
        format!("metadata/{}.json", sha256.unwrap().unwrap())
    };
    let bobs = market.world.object(&of("bob.drop-7")).unwrap();
    market.world.put(&of("alice.drop-7"), bobs);
    let elsewhere = market.elsewhere();
    assert_mismatch(&elsewhere, COVER, "a manifest in another's place");
    assert_eq!(
        elsewhere.ask(get("/get/bob/drop-7/cover.txt")).body,
        b"bob's"
    );
    assert_mismatch(
        &elsewhere,
        "/metadata/1.alice.drop-7.json",
        "for TUF clients",
    );
}
