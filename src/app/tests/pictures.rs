//! Derivatives: made once, kept under seal, made again when a seal does not hold.

use std::io::Cursor;

use super::market::{Answered, Goods, Market, get};
use crate::{ports::Sealed, trust::Access};

pub const PICTURE: &str = "/img/width=16/alice/drop-7/picture.png";

pub fn goods() -> Goods {
    let picture = image::RgbImage::from_fn(64, 64, |x, y| {
        let level = |value: u32| u8::try_from(value % 256).unwrap_or(0);
        image::Rgb([level(x * 4), level(y * 4), level(x * y)])
    });
    let flag = image::RgbImage::from_fn(64, 64, |x, _| image::Rgb([255 * u8::from(x < 32), 0, 0]));
    let file = |picture: &image::RgbImage, format| {
        let mut bytes = Cursor::new(Vec::new());
        picture.write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    };
    let (png, jpeg) = (image::ImageFormat::Png, image::ImageFormat::Jpeg);
    Goods::drop_7()
        .with("picture.png", Access::Public, file(&picture, png))
        .with("flag.jpg", Access::Public, file(&flag, jpeg))
}

/// The best there will be, in the data centre's cache, and in this isolate.
const NEAR: &str = "dropgate-pop; hit; detail=refined";
const HERE: &str = "dropgate-isolate; hit; detail=refined";

fn market() -> Market {
    let market = Market::founded();
    market.publish(&goods());
    market
}

/// The picture, after which what was left for later has run.
fn show(market: &Market) -> Answered {
    let answer = market.ask(get(PICTURE));
    assert_eq!(answer.status, 200, "{:?}", answer.verdict());
    market.world.settle();
    answer
}

fn tier(answer: &Answered) -> &str {
    answer.header("cache-status").unwrap()
}

#[test]
fn a_picture_is_made_once_and_then_found_ever_nearer() {
    let market = market();
    let made = show(&market);
    assert!(tier(&made).ends_with("dropgate-r2; fwd=miss; detail=first"));
    let near = show(&market);
    assert_eq!(tier(&near), NEAR);
    assert!(near.body.len() <= made.body.len());
    let here = show(&market);
    assert_eq!((tier(&here), &here.body), (HERE, &near.body));
    market.forget_nearby();
    let hot = show(&market);
    assert!(tier(&hot).ends_with("dropgate-kv; hit; detail=refined") && hot.body == near.body);
    assert_eq!(tier(&show(&market)), NEAR, "kept near again");
    // The data centre's cache keeps it for a week, and an isolate lives shorter.
    market.world.pass(8 * 86_400);
    market.keep_fresh().unwrap();
    let market = market.elsewhere();
    assert!(tier(&show(&market)).contains("dropgate-kv; hit"));
}

#[test]
fn what_has_no_seal_of_ours_is_made_again() {
    let spoilt: [fn(&mut Sealed); 3] = [
        |sealed| sealed.bytes[0] ^= 1,
        |sealed| sealed.seal.clear(),
        |sealed| sealed.bytes.clear(),
    ];
    for spoil in spoilt {
        let market = market();
        let made = show(&market);
        market.world.spoil_caches(spoil);
        let again = show(&market);
        assert!(tier(&again).contains("dropgate-r2; fwd=miss"));
        assert_eq!(again.body, made.body);
        let logged = market.world.lines();
        assert!(logged.iter().any(|line| line.contains("seal")));
        assert_eq!(tier(&show(&market)), NEAR, "sealed anew");
    }
}

#[test]
fn a_source_that_is_not_the_signed_one_becomes_no_picture() {
    let market = market();
    market.world.spoil("targets/", |object| {
        object.sha256 = None;
        let last = object.bytes.len() - 1;
        object.bytes[last] ^= 1;
    });
    let answer = market.ask(get(PICTURE));
    assert_eq!(answer.verdict(), (502, "content-mismatch".to_owned()));
    market.world.settle();
    assert_eq!(market.world.calls("hot.put"), 0, "nothing of it is kept");
}

#[test]
fn what_is_no_picture_or_gated_is_not_drawn() {
    let market = market();
    let text = market.ask(get("/img/width=16/alice/drop-7/cover.txt"));
    assert_eq!(text.verdict(), (415, "not-a-picture".to_owned()));
    let gated = market.ask(get("/img/width=16/alice/drop-7/master.bin"));
    assert_eq!(gated.status, 401);
    let options = market.ask(get("/img/width=zero/alice/drop-7/picture.png"));
    assert_eq!(options.verdict(), (400, "bad-options".to_owned()));
}

#[test]
fn a_drop_has_presets_of_its_own() {
    let market = Market::founded();
    let mut goods = goods();
    let book = |text: &str| Some(text.to_owned());
    goods.facts.presets =
        book(r#"{"thumb@1":"width=8,height=8,fit=squeeze","dark@1":"brightness=0.5"}"#);
    market.publish(&goods);
    let size = |market: &Market, options: &str| {
        let answer = market.ask(get(&format!("/img/{options}/alice/drop-7/picture.png")));
        assert_eq!(answer.status, 200, "{:?}", answer.verdict());
        let picture = image::load_from_memory(&answer.body).unwrap();
        (picture.width(), picture.height())
    };
    assert_eq!(size(&market, "thumb@1"), (8, 8));
    assert_eq!(
        size(&market, "dark@1"),
        (64, 64),
        "what needs a signature in a URL does not in a preset"
    );
    let unknown = market.ask(get("/img/card@1/alice/drop-7/picture.png"));
    assert_eq!(unknown.verdict(), (400, "bad-options".to_owned()));
    // A newer command line may sign options this edge does not know: the rest of the drop is served.
    goods.facts.presets = book(r#"{"odd@1":"hue=5"}"#);
    market.publish(&goods);
    market.world.pass(61);
    assert_eq!(size(&market, "width=32"), (32, 32));
    let odd = market.ask(get("/img/odd@1/alice/drop-7/picture.png"));
    assert_eq!(odd.verdict(), (422, "drop-presets".to_owned()));
}
