//! The second grammar: the same gate and tiers, and its own rules for what is kept.

use super::{
    market::{Dress, Goods, Market, get, request},
    pictures,
};
use crate::{
    app::{config::tests::setting, http::Method},
    trust::Access,
};

const ID: &str = "/iiif/3/alice~drop-7~picture.png";

fn market() -> Market {
    let market = Market::founded();
    market.publish(&pictures::goods());
    market
}

#[test]
fn the_identifier_leads_to_a_document_any_page_may_read() {
    let market = market();
    let base = market.ask(get(ID));
    assert_eq!(base.status, 303);
    let address = format!("https://shop.example{ID}");
    assert_eq!(
        base.header("location"),
        Some(format!("{address}/info.json").as_str())
    );
    let info = market.ask(get(&format!("{ID}/info.json")));
    assert_eq!(
        (info.status, info.header("content-type")),
        (200, Some("application/json"))
    );
    assert_eq!(info.header("access-control-allow-origin"), Some("*"));
    let document = info.json();
    assert_eq!(document["id"], address);
    assert_eq!(
        (&document["width"], &document["height"]),
        (&64.into(), &64.into())
    );
    let linked = market.ask(get(&format!("{ID}/info.json")).field("accept", "application/ld+json"));
    assert!(
        linked
            .header("content-type")
            .unwrap()
            .starts_with("application/ld+json;profile=")
    );
    let asked = market.ask(request(Method::Options, &format!("{ID}/info.json")));
    assert_eq!(asked.status, 204);
    assert!(
        asked
            .header("access-control-allow-headers")
            .unwrap()
            .contains("Authorization")
    );
}

#[test]
fn what_is_announced_is_kept_and_anything_else_is_made_for_the_asking() {
    let market = market();
    for (url, kept) in [
        ("full/max/0/default.jpg", true),
        ("0,0,64,64/64,64/0/default.jpg", true),
        ("full/32,/0/default.jpg", false),
        ("3,4,5,6/max/90/gray.png", false),
    ] {
        let url = format!("{ID}/{url}");
        let first = market.ask(get(&url));
        assert_eq!(first.status, 200, "{url}: {:?}", first.verdict());
        market.world.settle();
        let again = market.ask(get(&url));
        let tier = again.header("cache-status").unwrap();
        assert_eq!(tier.contains("; hit"), kept, "{url}: {tier}");
        assert_eq!(again.body, first.body);
    }
    let link = market.ask(get(&format!("{ID}/full/32,/0/default.jpg")));
    let link = link.header("link").unwrap().to_owned();
    assert!(link.starts_with(&format!(
        "<https://shop.example{ID}/full/32,32/0/default.jpg>; rel=\"canonical\""
    )));
    assert!(link.contains("/level2.json>; rel=\"profile\""));
}

#[test]
fn a_deployment_may_offer_what_is_announced_only() {
    let mut market = market();
    market.config = crate::app::config::Config::read(|name| match name {
        "IIIF" => Some("level0".to_owned()),
        name => setting(name),
    })
    .unwrap();
    assert_eq!(
        market.ask(get(&format!("{ID}/info.json"))).json()["profile"],
        "level0"
    );
    assert_eq!(
        market
            .ask(get(&format!("{ID}/full/max/0/default.jpg")))
            .status,
        200
    );
    let refused = market.ask(get(&format!("{ID}/full/32,/0/default.jpg")));
    assert_eq!(refused.verdict(), (400, "bad-iiif".to_owned()));
}

#[test]
fn the_gate_is_that_of_the_file() {
    let market = Market::founded();
    let goods = pictures::goods();
    let (_, picture) = goods.files.last().unwrap();
    market.publish(&Goods::drop_7().with("secret.png", Access::Grant, picture.clone()));
    let grant = market.grant("alice/drop-7/*");
    for end in ["info.json", "full/max/0/default.jpg"] {
        let url = format!("/iiif/3/alice~drop-7~secret.png/{end}");
        let refused = market.ask(get(&url));
        assert_eq!(refused.status, 401, "{url}");
        assert_eq!(refused.header("access-control-allow-origin"), Some("*"));
        let open = market.ask(get(&url).bearer(&grant));
        assert_eq!(open.status, 200, "{url}");
        assert!(open.header("cache-control").unwrap().starts_with("private"));
    }
}

#[test]
fn what_is_malformed_is_400_and_what_names_nothing_404() {
    let market = market();
    for (url, status) in [
        (
            "/iiif/3/alice~drop-7~picture.png/full/max/0/native.jpg",
            400,
        ),
        (
            "/iiif/3/alice~drop-7~picture.png/64,0,1,1/max/0/default.jpg",
            400,
        ),
        (
            "/iiif/3/alice~drop-7~picture.png/full/65,/0/default.jpg",
            400,
        ),
        ("/iiif/3/alice~drop-7~cover.txt/info.json", 415),
        ("/iiif/3/alice~drop-7~nothing.png/info.json", 404),
        ("/iiif/3/alice~drop-7/info.json", 404),
        ("/iiif/3/alice~drop-7~picture.png/full", 400),
        ("/iiif/3/alice~drop-7~picture.png/full/max/0/a/b.jpg", 400),
        ("/iiif/2/alice~drop-7~picture.png/info.json", 404),
    ] {
        assert_eq!(market.ask(get(url)).status, status, "{url}");
    }
    assert_eq!(
        market
            .ask(get("/iiif/3/alice%7Edrop-7%7Epicture%2Epng/info.json"))
            .status,
        200
    );
}

#[test]
fn clients_of_other_image_services_are_understood() {
    let market = market();
    let own = market.ask(get(pictures::PICTURE));
    for url in [
        "/cdn-cgi/image/width=16/alice/drop-7/picture.png",
        "/cdn-cgi/image/width=16/get/alice/drop-7/picture.png",
        "/img/cdn-cgi/image/width=16/https://shop.example/get/alice/drop-7/picture.png",
        "/cdn-cgi/image/width=16/https%3A%2F%2Fshop.example%2Fget%2Falice%2Fdrop-7%2Fpicture.png",
    ] {
        let answer = market.ask(get(url));
        assert_eq!((answer.status, &answer.body), (200, &own.body), "{url}");
    }
    for url in [
        "/cdn-cgi/image/width=16/https://elsewhere.example/get/alice/drop-7/picture.png",
        "/cdn-cgi/image/width=16/alice/drop-7",
        "/cdn-cgi/image/width=16",
    ] {
        assert_eq!(market.ask(get(url)).status, 404, "{url}");
    }
}
