//! What hints come to: a few widths, and slow or not.

use super::*;

/// Recipe, headers, and the derivative that is made: its one spelling, which
/// its cache key is made of, without `anim=false,format=jpeg`.
const TABLE: &str = r"
w=auto |  | width=1280,quality=85
w=auto | Save-Data: on | width=640,quality=85
w=auto | Sec-CH-Width: 700 | width=960,quality=85
w=auto | Width: 700 | width=960,quality=85
w=auto | Sec-CH-Width: 320 & Width: 3000 | width=320,quality=85
w=auto | Sec-CH-Width: 700 & Sec-CH-DPR: 2 & Save-Data: on | width=640,quality=85
w=auto | Sec-CH-Viewport-Width: 390 & Sec-CH-DPR: 3.0 | width=1280,quality=85
w=auto | Viewport-Width: 390 & DPR: 3 | width=1280,quality=85
w=auto | Viewport-Width: 390 & DPR: 3 & Save-Data: ON | width=640,quality=85
w=auto | Viewport-Width: 1440 & DPR: 9 | width=3840,quality=85
w=auto | Viewport-Width: 300.5 | width=320,quality=85
w=auto | Viewport-Width: 99999 | width=1280,quality=85
w=auto | Viewport-Width: 0 & DPR: 0 | width=1280,quality=85
w=auto | Viewport-Width: -1 & DPR: NaN | width=1280,quality=85
w=auto | Viewport-Width: 32768 & DPR: 429496 | width=3840,quality=85
w=640 | Sec-CH-Width: 100 & Save-Data: on | width=640,quality=85
w=640,q=80,scq=40 |  | width=640,quality=80
w=640,q=80,scq=40 | Save-Data: on | width=640,quality=40
w=640,scq=40 | Save-Data: on; p=1 | width=640,quality=40
w=640,scq=40 | Save-Data: off | width=640,quality=85
w=640,scq=40 | ECT: 3g | width=640,quality=40
w=640,scq=40 | ECT: 4g | width=640,quality=85
w=640,scq=40 | RTT: 151 | width=640,quality=40
w=640,scq=40 | RTT: 150 | width=640,quality=85
w=640,scq=40 | Downlink: 4.9 | width=640,quality=40
w=640,scq=40 | Downlink: 5 | width=640,quality=85
w=640 | Save-Data: on & ECT: 2g | width=640,quality=85
";

#[test]
fn hints_are_reduced_to_few_pictures() {
    for row in rows(TABLE) {
        let [recipe, headers, expected] = row[..] else {
            panic!("three cells: {row:?}");
        };
        let recipe = Recipe::parse(recipe).unwrap();
        let headers: Vec<(&str, &str)> = headers
            .split(" & ")
            .filter_map(|header| header.split_once(": "))
            .collect();
        let client = client(&headers);
        let source = Source::of_media_type("image/jpeg");
        let output = outputs(&recipe, client, source, Formats::ALL).quickest();
        let made = recipe.derive(client, source, output).canonical();
        assert_eq!(
            made.replace(",anim=false,format=jpeg", ""),
            expected,
            "{row:?}"
        );
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
