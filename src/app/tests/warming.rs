//! Which pictures are made before anybody asks.

use super::market::{Dress, Goods, Market, get};
use crate::trust::Access;

const PAGE: &str = "/d/alice/pictures";

fn pictures(title: &str) -> Goods {
    let mut goods = Goods::new("alice/pictures")
        .with("a.png", Access::Public, b"a".to_vec())
        .with("cover.png", Access::Public, b"cover".to_vec())
        .with("hidden.png", Access::Grant, b"hidden".to_vec())
        .with("notes.txt", Access::Public, b"notes".to_vec());
    goods.facts.title = title.to_owned();
    goods
}

#[test]
fn a_page_is_followed_by_the_pictures_further_down_once_for_each_version() {
    let market = Market::open();
    market.publish(&pictures("Pictures"));
    let first = market.ask(get(PAGE));
    let page = String::from_utf8(first.body).unwrap();
    assert_eq!(first.after, ["/get/alice/pictures/catalog.zip"]);
    assert!(page.contains(&first.after[0]));
    assert!(market.ask(get(PAGE)).after.is_empty());
    market.publish(&pictures("Other pictures"));
    market.memo.forget_head();
    assert_eq!(market.ask(get(PAGE)).after.len(), 1);
}

#[test]
fn nothing_is_made_ahead_for_a_browser_that_says_no() {
    for (field, value) in [("sec-gpc", "1"), ("save-data", "on")] {
        let market = Market::open();
        market.publish(&pictures("Pictures"));
        let quiet = market.ask(get(PAGE).field(field, value));
        assert_eq!((quiet.status, quiet.after.len()), (200, 0), "{field}");
        // That visit used nothing up.
        assert_eq!(market.ask(get(PAGE)).after.len(), 1);
    }
}

#[test]
fn what_is_published_is_followed_by_every_picture_of_its_page() {
    let market = Market::open();
    let goods = pictures("Pictures");
    market.upload(&goods);
    let published = market.ask(market.submission(&goods));
    let sizes: Vec<&str> = published
        .after
        .iter()
        .filter_map(|path| path.rsplit('/').next())
        .collect();
    assert_eq!(sizes, ["cover.png", "catalog.zip"]);
    // The same again changes nothing, so nothing is new.
    assert!(market.ask(market.submission(&goods)).after.is_empty());
}
