//! What one without a grant sees of a gated picture, and what they never see.

use std::io::Cursor;

use super::market::{Answered, Dress, Goods, Market, get};
use crate::trust::{Access, Name, Preview};

const RULE: Preview = Preview {
    max_edge: 40,
    watermark: false,
};

/// A gated picture of 200 by 120 pixels and one of 20 by 20, and a file that
/// says it is a picture and is none.
fn goods(rule: Option<Preview>) -> Goods {
    let mut goods = Goods::new("alice/drop-7")
        .with("large.png", Access::Grant, picture(200, 120))
        .with(
            "small.png",
            Access::Tier(Name::parse("gold").unwrap()),
            picture(20, 20),
        )
        .with("text.txt", Access::Grant, b"a text".to_vec());
    goods.facts.preview = rule;
    goods
}

fn picture(width: u32, height: u32) -> Vec<u8> {
    let level = |value: u32| u8::try_from(value % 256).unwrap_or(0);
    let picture = image::RgbImage::from_fn(width, height, |x, y| {
        image::Rgb([level(x * 7), level(y * 5), level(x * y)])
    });
    let mut bytes = Vec::new();
    picture
        .write_to(&mut Cursor::new(&mut bytes), image::ImageFormat::Png)
        .unwrap();
    bytes
}

fn market(rule: Option<Preview>) -> Market {
    let market = Market::founded();
    market.publish(&goods(rule));
    market
}

fn large(options: &str) -> String {
    format!("/img/{options}/alice/drop-7/large.png")
}

fn pixels(answer: &Answered) -> image::RgbImage {
    assert_eq!(answer.status, 200, "{:?}", answer.verdict());
    image::load_from_memory(&answer.body).unwrap().to_rgb8()
}

#[test]
fn without_a_rule_there_is_no_preview() {
    let market = market(None);
    for options in ["width=16", "format=auto"] {
        assert_eq!(market.ask(get(&large(options))).status, 401);
    }
}

#[test]
fn a_preview_is_all_of_the_picture_within_the_rule() {
    let market = market(Some(RULE));
    for (options, size) in [
        ("width=32", (32, 19)),
        ("width=1920", (40, 24)),
        ("height=1080", (40, 24)),
        ("width=1280,height=1280,fit=cover", (40, 24)),
        ("width=1280,height=1280,fit=contain", (40, 24)),
        ("width=320,height=320,fit=crop,gravity=auto", (40, 24)),
        ("width=320,height=320,fit=pad", (40, 24)),
        ("dpr=3,width=640", (40, 24)),
        ("width=auto", (40, 24)),
        ("format=png", (40, 24)),
    ] {
        let shown = market.ask(get(&large(options)));
        assert_eq!(pixels(&shown).dimensions(), size, "{options}");
        assert!(
            shown
                .header("cache-control")
                .unwrap()
                .starts_with("private")
        );
    }
}

/// Whoever signed the URL, the shopper who follows it has no grant: a window
/// moved over the original at its full scale would give it away.
#[test]
fn no_signature_opens_more_than_the_rule() {
    let mut market = market(Some(RULE));
    let ring = crate::media::signed_url::KeyRing::parse(&format!("k:{}", "A".repeat(43))).unwrap();
    let config = crate::app::config::Config::read(|name| match name {
        "URL_KEYS" => Some(format!("k:{}", "A".repeat(43))),
        other => crate::app::config::tests::setting(other),
    });
    market.config = config.unwrap();
    for options in [
        "trim=0;160;80;0,width=40",
        "trim=border,width=40",
        "width=40,height=40,fit=cover,gravity=left",
        "width=40,height=4,fit=squeeze",
        "rotate=90,blur=20,width=30,border=10",
        "metadata=keep,background=red,sharpen=10",
        "draw=alice~drop-7~large.png;width:200,width=40",
        "draw=bob~none~none.png,width=40",
    ] {
        let path = large(options);
        let shown = pixels(&market.ask(get(&ring.sign(&path, None).unwrap())));
        assert!(shown.width() <= 40 && shown.height() <= 24, "{options}");
        assert_eq!(
            shown.width().max(1) * 3 / 5,
            shown.height(),
            "{options}: all of the picture, upright"
        );
    }
}

#[test]
fn a_picture_within_the_rule_is_still_not_the_original() {
    let market = market(Some(RULE));
    let shown = market.ask(get("/img/format=png/alice/drop-7/small.png"));
    assert_eq!(pixels(&shown).dimensions(), (10, 10));
}

#[test]
fn a_watermark_is_drawn_and_kept_apart() {
    let rule = Preview {
        max_edge: 100,
        watermark: true,
    };
    let plain = market(Some(Preview {
        watermark: false,
        ..rule
    }));
    let marked = market(Some(rule));
    let [one, other] = [&plain, &marked].map(|market| {
        let shown = market.ask(get(&large("width=1920")));
        market.world.settle();
        pixels(&shown)
    });
    assert_eq!(one.dimensions(), other.dimensions());
    let differ = one.pixels().zip(other.pixels()).filter(|(a, b)| a != b);
    assert!(differ.count() > 300, "the watermark can be seen");
    // The same shop takes its rule back, and makes another: each has its own.
    let mut goods = goods(Some(rule));
    goods.facts.preview = Some(RULE);
    marked.publish(&goods);
    marked.memo.forget_head();
    let again = pixels(&marked.ask(get(&large("width=1920"))));
    assert_eq!(again.dimensions(), (40, 24));
}

#[test]
fn a_grant_shows_the_picture_itself_and_its_absence_the_preview_from_one_cache() {
    let market = market(Some(RULE));
    let grant = market.grant("alice/drop-7/*");
    let url = large("width=128");
    for _ in 0..2 {
        let own = market.ask(get(&url).bearer(&grant));
        market.world.settle();
        assert_eq!(pixels(&own).dimensions(), (128, 77));
        let preview = market.ask(get(&url));
        market.world.settle();
        assert_eq!(pixels(&preview).dimensions(), (40, 24));
        assert_ne!(own.header("etag"), preview.header("etag"));
    }
}

#[test]
fn a_bad_grant_is_told_so_and_a_stale_cookie_shows_the_preview() {
    let market = market(Some(RULE));
    let url = large("width=32");
    let mut claims = market.claims("alice/drop-7/*");
    claims.exp -= 7200;
    let stale = market.minted(&claims);
    assert_eq!(market.ask(get(&url).bearer(&stale)).status, 401);
    assert_eq!(market.ask(get(&format!("{url}?grant={stale}"))).status, 401);
    let cookie = get(&url).field("cookie", format!("__Host-grant={stale}"));
    assert_eq!(pixels(&market.ask(cookie)).dimensions(), (32, 19));
}

/// The pictures in a drop's catalogue, by the names of its members.
fn packed(market: &Market) -> Vec<(String, image::RgbImage)> {
    let zip = market.ask(get("/get/alice/drop-7/catalog.zip"));
    assert_eq!(zip.status, 200, "{:?}", zip.verdict());
    let number = |at: usize, bytes: usize| {
        let bytes = zip.body[at..at + bytes].iter().rev();
        bytes.fold(0, |number, byte| number * 256 + usize::from(*byte))
    };
    let (mut at, mut pictures) = (0, Vec::new());
    while zip.body[at..].starts_with(b"PK\x03\x04") {
        let (length, name, extra) = (number(at + 22, 4), number(at + 26, 2), number(at + 28, 2));
        let begin = at + 30 + name + extra;
        let called = String::from_utf8(zip.body[at + 30..at + 30 + name].to_vec()).unwrap();
        at = begin + length;
        if let Ok(picture) = image::load_from_memory(&zip.body[begin..at]) {
            pictures.push((called, picture.to_rgb8()));
        }
    }
    pictures
}

#[test]
fn the_catalogue_has_previews_of_what_is_gated_or_nothing() {
    assert!(packed(&market(None)).is_empty());
    let sizes = |pictures: Vec<(String, image::RgbImage)>| -> Vec<_> {
        let size = |(name, picture): (String, image::RgbImage)| (name, picture.dimensions());
        pictures.into_iter().map(size).collect()
    };
    let shown = sizes(packed(&market(Some(RULE))));
    let expected = [
        ("cover.jpg", (40, 24)),
        ("thumbnails/large.png.jpg", (40, 24)),
        ("thumbnails/small.png.jpg", (10, 10)),
    ];
    let expected = expected.map(|(name, size)| (format!("drop-7/{name}"), size));
    assert_eq!(shown, expected);
    // A grant changes nothing: everyone gets the same, which anyone may keep.
    let market = self::market(Some(RULE));
    let grant = market.grant("alice/drop-7/*");
    let url = large("width=128,format=jpeg");
    assert_eq!(pixels(&market.ask(get(&url).bearer(&grant))).width(), 128);
    market.world.settle();
    assert_eq!(sizes(packed(&market)), expected);
    let [without, with] = [false, true].map(|watermark| {
        let rule = Preview {
            max_edge: 100,
            watermark,
        };
        packed(&self::market(Some(rule))).remove(0).1
    });
    assert_ne!(without, with);
    // A marketplace that asks for consent first shows as little.
    let mut asks = goods(None);
    asks.files
        .retain(|(file, _)| file.path.file.as_str() == "large.png");
    asks.files[0].0.access = Access::Public;
    asks.facts.consent = vec![Name::parse("measurement").unwrap()];
    let market = Market::founded();
    market.publish(&asks);
    assert!(packed(&market).is_empty());
}

/// Every other door to the bytes stays shut.
#[test]
fn the_original_has_no_other_door() {
    let market = market(Some(RULE));
    let goods = goods(Some(RULE));
    let entry = &goods.files[0].0;
    for url in [
        "/get/alice/drop-7/large.png".to_owned(),
        "/get/alice/drop-7.zip".to_owned(),
        format!("/targets/{}", entry.stored_name()),
    ] {
        assert_eq!(market.ask(get(&url)).status, 401, "{url}");
    }
    // What is no picture has no preview.
    assert_eq!(
        market
            .ask(get("/img/width=16/alice/drop-7/text.txt"))
            .status,
        401
    );
}
