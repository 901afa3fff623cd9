//! What receipts say of deliveries: files and archives, in one piece or in parts.

use super::market::{Answered, Dress, FILM, Goods, MASTER, Market, get};
use crate::{
    evidence::{Detail, Kind, Note, Receipt},
    memory::Fault,
    ports::{Ledger, LogName, Store},
    trust::Access,
};

fn market() -> Market {
    let market = Market::founded();
    let mut goods = Goods::drop_7();
    for (entry, _) in &mut goods.files {
        entry.access = Access::Grant;
    }
    market.publish(&goods);
    market
}

/// The receipt that a reply has promised, if it is there.
fn receipt(market: &Market, reply: &Answered) -> Option<Receipt> {
    market.world.settle();
    let answer = market.ask(get(reply.header("receipt-location")?));
    let key = market.config.notary.verifier();
    let note = (answer.status == 200).then_some(answer.body)?;
    Receipt::parse(&Note::parse(&note).unwrap().open(&[key]).unwrap().text).ok()
}

fn accepted(market: &Market) -> u64 {
    market.world.settle();
    pollster::block_on(market.world.accepted(LogName::Deliveries)).unwrap()
}

fn detail(receipt: &Receipt) -> &str {
    receipt.detail.as_ref().map_or("-", Detail::as_str)
}

#[test]
fn an_archive_leaves_one_receipt_that_names_its_files() {
    let market = market();
    let grant = market.grant("alice/drop-7/*");
    let zip =
        |query: &str| market.ask(get(&format!("/get/alice/drop-7.zip{query}")).bearer(&grant));
    let all = zip("");
    let told = receipt(&market, &all).unwrap();
    assert_eq!((told.kind, detail(&told)), (Kind::Deliver, "archive"));
    assert_eq!((told.version, told.archived()), (Some(1), None));
    assert_eq!(told.bytes, Some(all.body.len() as u64));
    assert!(told.grant.is_some() && told.statement().contains("an archive of the files"));

    let some = receipt(&market, &zip("?files=master.bin,cover.txt")).unwrap();
    assert_eq!(some.archived(), Some(vec!["cover.txt", "master.bin"]));
    // Every file by its name is every file.
    let each = receipt(&market, &zip("?files=master.bin,cover.txt,film.bin")).unwrap();
    assert_eq!(each.archived(), None);
    assert_eq!(accepted(&market), 3);

    // What anyone may have leaves none, and neither does what was left.
    market.world.let_readers_leave();
    zip("");
    assert_eq!(accepted(&market), 3);
    let open = Market::open();
    let public = open.ask(get("/get/alice/drop-7.zip?files=cover.txt"));
    assert_eq!(
        (public.status, public.header("receipt-location")),
        (200, None)
    );
    assert_eq!(accepted(&open), 0);
}

#[test]
fn a_download_in_parts_leaves_its_receipt_when_all_was_handed_over() {
    let market = market();
    let grant = market.grant("alice/drop-7/*");
    for url in [FILM, "/get/alice/drop-7.zip"] {
        let before = accepted(&market);
        let part = |range: &str| {
            let asked = get(url)
                .bearer(&grant)
                .field("range", format!("bytes={range}"));
            let answer = market.ask(asked);
            assert_eq!(answer.status, 206, "{url} {range}");
            answer
        };
        assert_eq!(part("0-99999").header("receipt-location"), None);
        let last = part("300000-");
        assert_eq!(receipt(&market, &last), None, "a last byte is not all");
        part("100000-229999");
        assert_eq!(accepted(&market), before);
        part("230000-299999");
        let told = receipt(&market, &last).unwrap();
        assert!(told.is_resumed() && told.statement().contains("several requests"));
        assert_eq!(told.is_archive(), url.contains("zip"));
        assert_eq!(accepted(&market), before + 1);
    }
}

#[test]
fn a_download_that_broke_off_counts_up_to_where_it_is_resumed() {
    let market = market();
    let grant = market.grant("alice/drop-7/*");
    market.world.let_readers_leave();
    market.ask(get(FILM).bearer(&grant));
    market.world.settle();
    market.world.heal();
    let rest = market.elsewhere();
    let resumed = rest.ask(get(FILM).bearer(&grant).field("range", "bytes=320000-"));
    let told = receipt(&rest, &resumed).unwrap();
    assert_eq!((detail(&told), told.bytes), ("resumed", Some(640_000)));

    // Another grant's parts are not this one's.
    let other = market.grant("alice/*");
    assert_ne!(other, grant);
    let tail = market.ask(get(FILM).bearer(&other).field("range", "bytes=320000-"));
    market.world.settle();
    assert_eq!(tail.status, 206);
    assert_eq!(accepted(&market), 1);
    // A book that fails costs a receipt, and no download.
    market.world.fail("gate.handover", Fault::Before);
    let answer = market.ask(get(MASTER).bearer(&grant).field("range", "bytes=0-3"));
    market.world.settle();
    assert_eq!(answer.body, b"the ");
}

#[test]
fn names_that_do_not_fit_go_into_several_receipts() {
    let mut goods = Goods::new("alice/many").with("notes.txt", Access::Grant, b"x".to_vec());
    let names: Vec<String> = (0..40)
        .map(|n| format!("a-name-of-some-length-{n:02}.txt"))
        .collect();
    for name in &names {
        goods = goods.with(name, Access::Grant, name.as_bytes().to_vec());
    }
    let market = market();
    market.publish(&goods);
    let grant = market.grant("alice/*");
    let asked = get(&format!("/get/alice/many.zip?files={}", names.join(",")));
    let answer = market.ask(asked.bearer(&grant));
    assert_eq!(answer.status, 200);
    market.world.settle();
    let places = answer.header("receipt-location").unwrap();
    let mut told = Vec::new();
    for place in places.split(", ") {
        let note = market.ask(get(place)).body;
        let note = Note::parse(&note)
            .unwrap()
            .open(&[market.config.notary.verifier()])
            .unwrap();
        let receipt = Receipt::parse(&note.text).unwrap();
        told.extend(receipt.archived().unwrap().into_iter().map(str::to_owned));
    }
    assert!(places.contains(", "));
    assert_eq!(told, names);
}

#[test]
fn a_log_that_fails_loses_no_receipt_and_holds_nobody_up() {
    let market = market();
    let grant = market.grant("alice/drop-7/*");
    let bring = |market: &Market| pollster::block_on(crate::app::bring_receipts(&market.desk()));
    for (port, fault) in [
        ("ledger.append", Fault::Before),
        ("ledger.append", Fault::After),
        ("gate.salt", Fault::Before),
    ] {
        let before = accepted(&market);
        market.world.fail(port, fault);
        let holder = market.grant("alice/*");
        let answer = market.ask(get(MASTER).bearer(&holder));
        assert_eq!((answer.status, &answer.body[..]), (200, &b"the master"[..]));
        market.world.settle();
        // The timer finds the log as it is.
        assert!(port == "gate.salt" || bring(&market).is_err());
        market.world.heal();
        let brought = bring(&market).unwrap();
        assert!(port == "gate.salt" || brought == 1, "{port}");
        assert_eq!(receipt(&market, &answer).unwrap().kind, Kind::Deliver);
        assert_eq!(accepted(&market), before + 1, "{port}");
        assert_eq!(bring(&market), Ok(0));
    }

    // One fault is mended at once, and nothing waits.
    market.world.fail_nth("ledger.append", 1, Fault::Before);
    let answer = market.ask(get(MASTER).bearer(&grant));
    assert!(receipt(&market, &answer).is_some());
    market.world.heal();
    assert_eq!(bring(&market), Ok(0));

    // What somebody else has put there is never signed.
    let forged = pollster::block_on(market.world.write("outbox/publish/x", b"a note", ""));
    assert!(forged.is_ok());
    let before = accepted(&market);
    assert_eq!(bring(&market), Ok(1));
    assert_eq!(accepted(&market), before);
}
