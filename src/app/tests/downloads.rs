//! Who gets which bytes.

use std::io::{Cursor, Read};

use super::market::{COVER, Dress, FILM, Goods, HOUR, MASTER, Market, NOW, get, request};
use crate::{app::http::Method, ports::LogName, trust::Access};

#[test]
fn a_public_file_goes_to_all_whole_in_part_or_not_again() {
    let market = Market::open();
    let goods = Goods::drop_7();
    let whole = market.ask(get(COVER));
    assert_eq!(
        (whole.status, whole.body.as_slice()),
        (200, &b"the cover"[..])
    );
    assert!(
        whole
            .header("server-timing")
            .is_some_and(|timing| timing.starts_with("verify;desc=\"bound\""))
    );
    assert_eq!(whole.header("receipt-location"), None);

    let film = goods.bytes("film.bin");
    let part = market.ask(get(FILM).field("range", "bytes=262143-524288"));
    assert_eq!(
        (part.status, &part.body[..]),
        (206, &film[262_143..=524_288])
    );
    let range = format!("bytes 262143-524288/{}", film.len());
    assert_eq!(part.header("content-range"), Some(range.as_str()));
    let outside = market.ask(get(FILM).field("range", "bytes=9999999-"));
    assert_eq!(outside.verdict(), (416, "range-not-satisfiable".to_owned()));

    let tag = whole.header("etag").unwrap();
    let known = market.ask(get(COVER).field("if-none-match", tag));
    assert_eq!((known.status, known.body.len()), (304, 0));
    let head = market.ask(request(Method::Head, COVER));
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_eq!(head.header("content-length"), Some("9"));
}

#[test]
fn a_date_is_that_of_one_content_only() {
    let market = Market::open();
    let version = |published, film: &[u8]| {
        let mut goods = Goods::new("alice/dated").with("film.bin", Access::Public, film.to_vec());
        goods.facts.published = published;
        goods
    };
    let film = "/get/alice/dated/film.bin";
    let resume =
        |date: &str| market.ask(get(film).field("range", "bytes=4-").field("if-range", date));

    // The files' own dates are all the same here: a resumed download that went by
    // them would be half of each.
    market.publish(&version(Some(NOW - 100), b"the first"));
    let first = market
        .ask(get(film))
        .header("last-modified")
        .unwrap()
        .to_owned();
    assert_eq!(resume(&first).body, b"first");
    market.publish(&version(Some(NOW - 99), b"the other"));
    let other = resume(&first);
    assert_eq!((other.status, &other.body[..]), (200, &b"the other"[..]));
    let second = other.header("last-modified").unwrap();
    assert_eq!(resume(second).body, b"other");

    // Whoever signs no such date gives none.
    market.publish(&version(None, b"undated"));
    let undated = market.ask(get(film));
    assert_eq!(undated.header("last-modified"), None);
    assert_eq!(resume(second).body, b"undated");
}

#[test]
fn a_gated_file_wants_a_grant_for_it() {
    let market = Market::open();
    let none = market.ask(get(MASTER));
    assert_eq!(none.status, 401);
    assert_eq!(
        none.header("www-authenticate"),
        Some("Bearer realm=\"dropgate\"")
    );
    let other = market.grant("alice/drop-8/*");
    assert_eq!(market.ask(get(MASTER).bearer(&other)).status, 403);
    assert_eq!(market.ask(get(MASTER).bearer("a.b.c")).status, 401);

    let grant = market.grant("alice/drop-7/*");
    for request in [
        get(MASTER).bearer(&grant),
        get(&format!("{MASTER}?grant={grant}")),
        get(MASTER).field("cookie", format!("a=b; __Host-grant={grant}")),
    ] {
        let got = market.ask(request);
        assert_eq!((got.status, &got.body[..]), (200, &b"the master"[..]));
    }
    let (signed, _) = grant.rsplit_once('.').unwrap();
    let (_, signature) = other.rsplit_once('.').unwrap();
    let forged = format!("{signed}.{signature}");
    assert_eq!(market.ask(get(MASTER).bearer(&forged)).status, 401);
    market.world.pass(2 * HOUR);
    market.keep_fresh().unwrap();
    let late = market.ask(get(MASTER).bearer(&grant));
    assert_eq!(late.verdict(), (401, "grant-expired".to_owned()));
    let detail = late.json()["detail"].to_string();
    assert!(detail.contains("redeem the code again"), "{detail}");
    let page = market.ask(get(&format!("{MASTER}?grant={grant}")).field("accept", "text/html"));
    let page = String::from_utf8(page.body).unwrap();
    assert!(page.contains("Your link has expired") && page.contains("Redeem your code again"));
}

#[test]
fn a_delivery_leaves_a_receipt_once_all_of_it_went_out() {
    let market = Market::open();
    let grant = market.grant("alice/drop-7/*");
    let got = market.ask(get(MASTER).bearer(&grant));
    let place = got.header("receipt-location").unwrap().to_owned();
    assert_eq!(market.ask(get(&place)).status, 404, "not before it is done");
    market.world.settle();
    let receipt = market.ask(get(&place));
    assert_eq!(receipt.status, 200);
    let text = String::from_utf8(receipt.body).unwrap();
    assert!(text.contains("drop-7") && !text.contains(&grant), "{text}");

    market.ask(get(MASTER).bearer(&grant).field("range", "bytes=0-3"));
    market.world.let_readers_leave();
    let left = market.ask(get(MASTER).bearer(&grant));
    market.world.settle();
    let place = left.header("receipt-location").unwrap();
    assert_eq!(market.ask(get(place)).status, 404);
    assert_eq!(market.world.receipts(LogName::Deliveries).len(), 1);
}

#[test]
fn what_is_not_there_is_not_found() {
    let market = Market::open();
    for path in [
        "/get/alice/drop-7/other.txt",
        "/get/alice/drop-8/cover.txt",
        "/get/carol/drop-7/cover.txt",
        "/get/alice/drop-8.zip",
        "/d/alice/drop-8",
        "/metadata/9.root.json",
        "/receipts/none",
    ] {
        assert_eq!(market.ask(get(path)).status, 404, "{path}");
    }
}

#[test]
fn a_whole_drop_is_an_archive_for_those_who_may_have_all_of_it() {
    let market = Market::open();
    let goods = Goods::drop_7();
    let url = "/get/alice/drop-7.zip";
    assert_eq!(market.ask(get(url)).status, 401);
    let grant = market.grant("alice/drop-7/*");
    let got = market.ask(get(url).bearer(&grant));
    assert_eq!(got.status, 200);
    let mut archive = zip::ZipArchive::new(Cursor::new(&got.body)).unwrap();
    assert_eq!(archive.len(), goods.files.len());
    for (file, bytes) in &goods.files {
        let name = format!("drop-7/{}", file.path.file);
        let mut found = Vec::new();
        let mut member = archive.by_name(&name).unwrap();
        member.read_to_end(&mut found).unwrap();
        assert!(found == *bytes, "{name}");
    }
    let end = got.body.len() - 10;
    let range = format!("bytes={end}-");
    let part = market.ask(get(url).bearer(&grant).field("range", range));
    assert_eq!((part.status, &part.body[..]), (206, &got.body[end..]));
}

/// The names in an archive.
fn members(bytes: &[u8]) -> Vec<String> {
    let archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut names: Vec<String> = archive
        .file_names()
        .map(|name| name.unwrap().into_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn an_archive_may_hold_a_choice_or_a_tier() {
    let market = Market::open();
    let tier = |name| Access::parse(name).unwrap();
    let goods = Goods::new("bob/tiers")
        .with("a.txt", Access::Public, b"for all".to_vec())
        .with("b.txt", Access::Grant, b"for guests".to_vec())
        .with("c.txt", tier("gold"), b"for gold".to_vec())
        .with("d.txt", tier("silver"), b"for silver".to_vec());
    market.publish(&goods);
    let url = |query: &str| get(&format!("/get/bob/tiers.zip?{query}"));

    // What is public needs no grant, and may be cached by anyone.
    for query in ["files=a.txt", "tier=public", "files=a.txt&tier=gold"] {
        let open = market.ask(url(query));
        assert_eq!(open.status, 200, "{query}");
        assert_eq!(members(&open.body), ["tiers/a.txt"], "{query}");
        let cache = open.header("cache-control").unwrap();
        assert!(cache.starts_with("public"), "{cache}");
    }
    assert_eq!(market.ask(url("files=a.txt,b.txt")).status, 401);
    let grant = market.grant("bob/tiers/*");
    let two = market.ask(url("files=b.txt,a.txt").bearer(&grant));
    assert_eq!(members(&two.body), ["tiers/a.txt", "tiers/b.txt"]);
    assert!(two.header("cache-control").unwrap().starts_with("private"));
    let turned = market.ask(url("files=a.txt,b.txt").bearer(&grant));
    assert_eq!(
        two.body, turned.body,
        "the order of the names means nothing"
    );
    assert_eq!(two.header("etag"), turned.header("etag"));
    let named = two.header("content-disposition").unwrap();
    assert!(named.contains("tiers-selection.zip"), "{named}");

    // The grant has no tier: it opens what is below every tier.
    let all = market.ask(url("tier=grant").bearer(&grant));
    assert_eq!(members(&all.body), ["tiers/a.txt", "tiers/b.txt"]);
    assert_eq!(market.ask(url("tier=gold").bearer(&grant)).status, 403);
    assert_eq!(market.ask(url("").bearer(&grant)).status, 403);
    // Another drop's grant opens none of it.
    let other = market.grant("alice/drop-7/*");
    assert_eq!(market.ask(url("tier=grant").bearer(&other)).status, 403);

    for (query, verdict) in [
        ("files=a.txt,none.txt", (404, "not-found")),
        ("tier=public&files=b.txt", (404, "not-found")),
        ("tier=a%22b", (404, "not-found")),
        ("files=", (422, "archive-impossible")),
        ("files=..", (422, "archive-impossible")),
    ] {
        let (status, slug) = market.ask(url(query).bearer(&grant)).verdict();
        assert_eq!((status, slug.as_str()), verdict, "{query}");
    }
}

#[test]
fn a_metalink_hands_a_grant_on_to_its_links_and_to_nobody_else() {
    let market = Market::open();
    let open = market.ask(get("/get/alice/drop-7.meta4"));
    let text = String::from_utf8(open.body.clone()).unwrap();
    assert_eq!(text.matches("<file ").count(), 3);
    assert!(open.header("cache-control").unwrap().starts_with("public"));
    let asked = get("/get/alice/drop-7.meta4?grant=aaa.bbb&files=master.bin");
    let granted = market.ask(asked);
    let cache = granted.header("cache-control").unwrap();
    assert!(cache.starts_with("private"), "{cache}");
    let text = String::from_utf8(granted.body.clone()).unwrap();
    assert_eq!(text.matches("<file ").count(), 1);
    assert!(text.contains("/get/alice/drop-7/master.bin?grant=aaa.bbb</url>"));
    let odd = market.ask(get("/get/alice/drop-7.meta4?grant=a%26b"));
    assert_eq!(odd.body, open.body, "what is no token is left out");
}

#[test]
fn a_tuf_client_finds_files_and_metadata_by_their_names() {
    let market = Market::open();
    let goods = Goods::drop_7();
    let stored = goods.files[0].0.stored_name();
    let target = market.ask(get(&format!("/targets/{stored}")));
    assert_eq!((target.status, &target.body[..]), (200, &b"the cover"[..]));
    for name in [
        "timestamp.json",
        "1.root.json",
        "1.targets.json",
        "1.alice.json",
        "1.alice.drop-7.json",
        "2.snapshot.json",
    ] {
        let found = market.ask(get(&format!("/metadata/{name}")));
        assert_eq!(found.status, 200, "{name}");
        assert!(found.json()["signed"]["version"].is_u64(), "{name}");
    }
}
