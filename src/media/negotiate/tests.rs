//! The table: what a recipe, a client, a source and a deployment come to.

use super::*;
use crate::media::recipe::Output;

const CHROME: &str = "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8";
const CHROME_JXL: &str = "image/jxl,image/avif,image/webp,image/apng,image/*,*/*;q=0.8";
const FIREFOX: &str = "image/avif,image/webp,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5";
const OLD_FIREFOX: &str = "image/png,image/*;q=0.8,*/*;q=0.5";
const SAFARI: &str = "image/webp,image/avif,image/jxl,image/heic,image/heic-sequence,video/*;q=0.8,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5";

fn formats(name: &str) -> Formats {
    match name {
        "all" => Formats::ALL,
        "none" => Formats::BUILT_IN,
        "gif" => Formats::BUILT_IN.with(Output::Gif),
        "webp" => Formats::BUILT_IN.with(Output::WebP),
        "no avif" => Formats::ALL.without(Output::Avif).without(Output::Png),
        other => panic!("{other}"),
    }
}

fn client(headers: &[(&str, &str)]) -> Client {
    Client::read(|name| {
        let found = headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| *value)
    })
}

/// The outputs, the smallest first, as one text.
fn chosen(recipe: &str, accept: &str, kind: &str, deployed: &str) -> String {
    let recipe = Recipe::parse(recipe).unwrap();
    let client = client(&[("accept", accept)]);
    let source = Source::of_media_type(&format!("image/{kind}"));
    let outputs = outputs(&recipe, client, source, formats(deployed));
    let words: Vec<&str> = outputs.smallest_first().map(Output::word).collect();
    assert_eq!(words.first(), Some(&outputs.smallest().word()));
    assert_eq!(words.last(), Some(&outputs.quickest().word()));
    words.join(" > ")
}

#[test]
fn formats_are_negotiated() {
    for (recipe, accept, kind, deployed, expected) in [
        // Browsers, photographs.
        ("f=auto", CHROME, "jpeg", "all", "avif > webp > jpeg"),
        (
            "f=auto",
            CHROME_JXL,
            "jpeg",
            "all",
            "avif > jxl > webp > jpeg",
        ),
        (
            "f=auto,q=90",
            CHROME_JXL,
            "jpeg",
            "all",
            "jxl > avif > webp > jpeg",
        ),
        (
            "f=auto,q=89",
            CHROME_JXL,
            "jpeg",
            "all",
            "avif > jxl > webp > jpeg",
        ),
        ("f=auto", FIREFOX, "jpeg", "all", "avif > webp > jpeg"),
        ("f=auto", OLD_FIREFOX, "jpeg", "all", "jpeg"),
        ("f=auto", SAFARI, "jpeg", "all", "avif > jxl > webp > jpeg"),
        ("f=auto", "*/*", "jpeg", "all", "jpeg"),
        ("f=auto", "image/*", "jpeg", "all", "jpeg"),
        ("f=auto", "", "jpeg", "all", "jpeg"),
        // Deployments.
        ("f=auto", CHROME_JXL, "jpeg", "none", "jpeg"),
        ("f=auto", CHROME_JXL, "jpeg", "webp", "webp > jpeg"),
        ("f=auto", CHROME_JXL, "jpeg", "no avif", "jxl > webp > jpeg"),
        // Only what is named, and what is liked best.
        ("f=auto", "image/webp", "jpeg", "all", "webp"),
        ("f=auto", "image/webp", "jpeg", "none", "jpeg"),
        ("f=auto", "IMAGE/WebP ; Q=0.5", "jpeg", "all", "webp"),
        (
            "f=auto",
            "image/avif;q=0.5,image/webp;q=0.9",
            "jpeg",
            "all",
            "webp",
        ),
        ("f=auto", "image/webp;q=0.5,image/*", "jpeg", "all", "jpeg"),
        (
            "f=auto",
            "image/webp,image/avif;q=0,*/*",
            "jpeg",
            "all",
            "webp > jpeg",
        ),
        ("f=auto", "image/webp;q=0,image/*", "jpeg", "all", "jpeg"),
        ("f=auto", "image/webp;q=0.000", "jpeg", "all", "jpeg"),
        ("f=auto", "image/webp;q=1.,*/*;q=0.", "jpeg", "all", "webp"),
        (
            "f=auto",
            "image/avif;q=1.5,image/webp",
            "jpeg",
            "all",
            "webp",
        ),
        (
            "f=auto",
            "image/avif;q=high,image/webp;q=0.1",
            "jpeg",
            "all",
            "webp",
        ),
        (
            "f=auto",
            "image/avif;q=0.1234,image/webp;q=0.1",
            "jpeg",
            "all",
            "webp",
        ),
        ("f=auto", "image/webp;v=1;q=0.5;x=y", "jpeg", "all", "webp"),
        (
            "f=auto",
            "image/webp;q=0.2,image/webp;q=0.9,*/*;q=0.5",
            "jpeg",
            "all",
            "webp > jpeg",
        ),
        (
            "f=auto",
            "*/*;q=0.9,image/jpeg;q=0.1,image/webp;q=0.2",
            "jpeg",
            "all",
            "webp > jpeg",
        ),
        ("f=auto", "image/*,image/jpeg;q=0", "jpeg", "all", "png"),
        ("f=auto", "image/png", "jpeg", "all", "png"),
        ("f=auto", "text/html", "jpeg", "all", "jpeg"),
        ("f=auto", "nonsense,/,image/,/webp", "jpeg", "all", "jpeg"),
        ("f=auto", "image/webp,,, ,", "jpeg", "all", "webp"),
        // Transparency.
        ("f=auto", CHROME, "png", "all", "avif > webp"),
        ("f=auto", CHROME_JXL, "png", "all", "avif > jxl > webp"),
        ("f=auto,q=95", CHROME_JXL, "png", "all", "jxl > avif > webp"),
        ("f=auto", "image/avif,*/*", "png", "all", "avif > png"),
        ("f=auto", "*/*", "png", "all", "png"),
        ("f=auto", "image/jpeg", "png", "all", "jpeg"),
        ("f=auto", CHROME, "png", "none", "png"),
        (
            "f=auto,background=white",
            CHROME,
            "png",
            "all",
            "avif > webp > jpeg",
        ),
        ("f=auto,background=white", "*/*", "png", "all", "jpeg"),
        ("f=auto,background=ffffff80", "*/*", "png", "all", "png"),
        (
            "f=auto,w=9,h=9,fit=pad,background=transparent",
            "*/*",
            "jpeg",
            "all",
            "png",
        ),
        ("f=auto,w=9,h=9,fit=pad", "*/*", "jpeg", "all", "jpeg"),
        (
            "f=auto,border=5,border.color=00000000",
            "*/*",
            "jpeg",
            "all",
            "png",
        ),
        // Animation.
        ("f=auto", CHROME, "gif", "all", "webp"),
        ("f=auto", "*/*", "gif", "all", "gif"),
        ("f=auto", CHROME, "gif", "gif", "gif"),
        ("f=auto", CHROME, "gif", "none", "png"),
        ("f=auto", "image/avif", "gif", "all", "gif"),
        ("f=auto,anim=false", CHROME, "gif", "all", "avif > webp"),
        ("f=auto,anim=false", "*/*", "gif", "all", "png"),
        // A named format is written whatever the client takes.
        ("f=webp", "*/*", "jpeg", "all", "webp"),
        ("f=avif", "image/webp", "jpeg", "all", "avif"),
        ("f=avif", "*/*", "jpeg", "webp", "webp"),
        ("f=avif", "*/*", "jpeg", "none", "jpeg"),
        ("f=jxl", "*/*", "png", "none", "png"),
        ("f=webp", "*/*", "gif", "gif", "gif"),
        ("f=gif", "*/*", "jpeg", "none", "jpeg"),
        ("f=jpeg", CHROME, "png", "all", "jpeg"),
        ("f=baseline-jpeg", CHROME, "png", "all", "baseline-jpeg"),
        ("f=png", CHROME, "jpeg", "all", "png"),
        ("f=json", CHROME, "jpeg", "none", "json"),
        // No format keeps the source's.
        ("w=9", CHROME, "jpeg", "all", "jpeg"),
        ("w=9", CHROME, "png", "all", "png"),
        ("w=9", CHROME, "gif", "all", "gif"),
        ("w=9", "*/*", "webp", "all", "webp"),
        ("w=9", "*/*", "avif", "none", "png"),
        ("w=9", "*/*", "jxl", "webp", "webp"),
        ("w=9", "*/*", "tiff", "all", "png"),
        ("w=9,background=red", "*/*", "tiff", "all", "jpeg"),
        (
            "border=5,border.color=00000000",
            "*/*",
            "jpeg",
            "all",
            "png",
        ),
        // The quickest.
        ("f=auto,compression=fast", CHROME_JXL, "jpeg", "all", "jpeg"),
        ("f=auto,compression=fast", CHROME_JXL, "png", "all", "webp"),
        (
            "f=auto,compression=fast",
            "image/webp",
            "jpeg",
            "all",
            "webp",
        ),
        ("f=avif,compression=fast", "*/*", "jpeg", "all", "jpeg"),
        ("f=avif,compression=fast", "*/*", "png", "all", "webp"),
        ("f=png,compression=fast", "*/*", "jpeg", "all", "png"),
    ] {
        let got = chosen(recipe, accept, kind, deployed);
        assert_eq!(got, expected, "{recipe} | {accept} | {kind} | {deployed}");
    }
}

/// What hints come to: the derivative's one spelling, which its key is made of.
#[test]
fn hints_are_reduced_to_few_pictures() {
    for (recipe, headers, expected) in [
        (
            "w=auto",
            &[][..],
            "width=1280,anim=false,format=jpeg,quality=85",
        ),
        (
            "w=auto",
            &[("Save-Data", "on")],
            "width=640,anim=false,format=jpeg,quality=85",
        ),
        (
            "w=auto",
            &[("Sec-CH-Width", "700")],
            "width=960,anim=false,format=jpeg,quality=85",
        ),
        (
            "w=auto",
            &[("Width", "700")],
            "width=960,anim=false,format=jpeg,quality=85",
        ),
        (
            "w=auto",
            &[("Sec-CH-Width", "320"), ("Width", "3000")],
            "width=320,anim=false,format=jpeg,quality=85",
        ),
        (
            "w=auto",
            &[
                ("Sec-CH-Width", "700"),
                ("Sec-CH-DPR", "2"),
                ("Save-Data", "on"),
            ],
            "width=640,anim=false,format=jpeg,quality=85",
        ),
        (
            "w=auto",
            &[("Sec-CH-Viewport-Width", "390"), ("Sec-CH-DPR", "3.0")],
            "width=1280,anim=false,format=jpeg,quality=85",
        ),
        (
            "w=auto",
            &[("Viewport-Width", "390"), ("DPR", "3")],
            "width=1280,anim=false,format=jpeg,quality=85",
        ),
        (
            "w=auto",
            &[("Viewport-Width", "390"), ("DPR", "3"), ("Save-Data", "ON")],
            "width=640,anim=false,format=jpeg,quality=85",
        ),
        (
            "w=auto",
            &[("Viewport-Width", "1440"), ("DPR", "9")],
            "width=3840,anim=false,format=jpeg,quality=85",
        ),
        (
            "w=auto",
            &[("Viewport-Width", "300.5")],
            "width=320,anim=false,format=jpeg,quality=85",
        ),
        (
            "w=auto",
            &[("Viewport-Width", "99999")],
            "width=1280,anim=false,format=jpeg,quality=85",
        ),
        (
            "w=auto",
            &[("Viewport-Width", "0"), ("DPR", "0")],
            "width=1280,anim=false,format=jpeg,quality=85",
        ),
        (
            "w=auto",
            &[("Viewport-Width", "-1"), ("DPR", "NaN")],
            "width=1280,anim=false,format=jpeg,quality=85",
        ),
        (
            "w=auto",
            &[("Viewport-Width", "32768"), ("DPR", "429496")],
            "width=3840,anim=false,format=jpeg,quality=85",
        ),
        (
            "w=640",
            &[("Sec-CH-Width", "100"), ("Save-Data", "on")],
            "width=640,anim=false,format=jpeg,quality=85",
        ),
        (
            "w=640,q=80,scq=40",
            &[],
            "width=640,anim=false,format=jpeg,quality=80",
        ),
        (
            "w=640,q=80,scq=40",
            &[("Save-Data", "on")],
            "width=640,anim=false,format=jpeg,quality=40",
        ),
        (
            "w=640,scq=40",
            &[("Save-Data", "on; p=1")],
            "width=640,anim=false,format=jpeg,quality=40",
        ),
        (
            "w=640,scq=40",
            &[("Save-Data", "off")],
            "width=640,anim=false,format=jpeg,quality=85",
        ),
        (
            "w=640,scq=40",
            &[("ECT", "3g")],
            "width=640,anim=false,format=jpeg,quality=40",
        ),
        (
            "w=640,scq=40",
            &[("ECT", "4g")],
            "width=640,anim=false,format=jpeg,quality=85",
        ),
        (
            "w=640,scq=40",
            &[("RTT", "151")],
            "width=640,anim=false,format=jpeg,quality=40",
        ),
        (
            "w=640,scq=40",
            &[("RTT", "150")],
            "width=640,anim=false,format=jpeg,quality=85",
        ),
        (
            "w=640,scq=40",
            &[("Downlink", "4.9")],
            "width=640,anim=false,format=jpeg,quality=40",
        ),
        (
            "w=640,scq=40",
            &[("Downlink", "5")],
            "width=640,anim=false,format=jpeg,quality=85",
        ),
        (
            "w=640",
            &[("Save-Data", "on"), ("ECT", "2g")],
            "width=640,anim=false,format=jpeg,quality=85",
        ),
    ] {
        let recipe = Recipe::parse(recipe).unwrap();
        let client = client(headers);
        let source = Source::of_media_type("image/jpeg");
        let output = outputs(&recipe, client, source, Formats::ALL).quickest();
        let derivative = recipe.derive(client, source, output);
        assert_eq!(derivative.canonical(), expected, "{recipe} {headers:?}");
    }
}

#[test]
fn vary_names_what_was_looked_at_and_no_more() {
    let hints = "Sec-CH-DPR, Sec-CH-Width, Sec-CH-Viewport-Width, DPR, Width, Viewport-Width";
    for (recipe, expected) in [
        ("w=640", None),
        ("w=640,f=webp,dpr=2", None),
        ("f=auto", Some("Accept".to_owned())),
        ("w=auto", Some(format!("{hints}, Save-Data"))),
        (
            "f=auto,scq=40",
            Some("Accept, ECT, RTT, Downlink, Save-Data".to_owned()),
        ),
        ("q=40,scq=40", None),
        (
            "f=auto,w=auto,scq=40",
            Some(format!("Accept, {hints}, ECT, RTT, Downlink, Save-Data")),
        ),
    ] {
        assert_eq!(vary(&Recipe::parse(recipe).unwrap()), expected, "{recipe}");
    }
}

/// For every header not named in `Vary`, no value may change the answer; and
/// the tokens are few, whatever is sent.
#[test]
fn tokens_are_few_and_vary_is_true() {
    let values = [
        "",
        "on",
        "2g",
        "0",
        "1",
        "2.5",
        "320",
        "4000",
        CHROME_JXL,
        "image/webp;q=0.5",
        "*/*",
        "image/png",
    ];
    let names = [
        "Accept",
        "Save-Data",
        "ECT",
        "RTT",
        "Downlink",
        "DPR",
        "Width",
        "Viewport-Width",
        "Sec-CH-DPR",
        "Sec-CH-Width",
        "Sec-CH-Viewport-Width",
    ];
    let source = Source::of_media_type("image/png");
    for recipe in [
        "w=640",
        "f=auto",
        "w=auto",
        "scq=40",
        "f=auto,w=auto,scq=40",
    ] {
        let recipe = Recipe::parse(recipe).unwrap();
        let listed = vary(&recipe).unwrap_or_default();
        let answer = |client| {
            let outputs = outputs(&recipe, client, source, Formats::ALL);
            let made: Vec<_> = outputs
                .smallest_first()
                .map(|output| recipe.derive(client, source, output))
                .collect();
            made
        };
        for name in names {
            for value in values {
                let changed = answer(client(&[(name, value)])) != answer(Client::default());
                let named = listed.split(", ").any(|listed| listed == name);
                assert!(named || !changed, "{recipe}: {name}: {value}");
            }
        }
    }
    let tokens: std::collections::HashSet<String> = values
        .iter()
        .map(|value| Accept::parse(Some(value)).token())
        .collect();
    assert_eq!(tokens.len(), 4, "{tokens:?}");
    assert_eq!(Accept::parse(Some(CHROME)).token(), "avif+webp+jpeg+png");
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 200, ..Default::default() })]

    #[test]
    fn no_header_panics_and_there_is_always_an_answer(value in ".{0,60}|[0-9.]{0,12}|(image/(webp|avif|\\*)(;q=[0-9.]{1,5})?,?){0,9}") {
        let client = Client::read(|_| Some(value.as_str()));
        proptest::prop_assert!(AUTO_WIDTHS.contains(&client.width()));
        let recipe = Recipe::parse("w=auto,f=auto,scq=9").unwrap();
        let outputs = outputs(&recipe, client, Source::of_media_type(&value), Formats::ALL);
        proptest::prop_assert!(outputs.smallest_first().count() >= 1);
    }
}
