//! Drawings that would run, call out or blow up, and one that would not.
//! `wasm-tests/drawings.test.mjs` shows them to a browser.

use super::*;

fn clean(inside: &str) -> String {
    let svg = format!(
        "<svg xmlns='http://www.w3.org/2000/svg' xmlns:xlink='http://www.w3.org/1999/xlink' viewBox='0 0 9 9'>{inside}</svg>"
    );
    String::from_utf8(cleaned(svg.as_bytes()).unwrap_or_default()).unwrap()
}

#[test]
fn what_is_drawn_stays() {
    let kept = clean(
        "<title>Söven &amp; co</title><style>.a{fill:red;stroke:url(#g)}</style>\
         <defs><linearGradient id='g'><stop offset='1' stop-color='#fff'/></linearGradient></defs>\
         <g class='a' transform='scale(2)'><path d='M0 0L9 9'/><use href='#g'/></g>\
         <text x='1' font-family='Arial, sans-serif'>Hello</text>\
         <image href='data:image/png;base64,iVBORw0KGgo//A==' width='1' height='1'/>\
         <rect fill='url(#g)' style='opacity:.5'/><animate attributeName='x' to='5'/>",
    );
    for part in [
        "<title>Söven &amp; co</title>",
        ".a{fill:red;stroke:url(#g)}",
        "href=\"#g\"",
        "d=\"M0 0L9 9\"",
        "font-family=\"Arial, sans-serif\"",
        "href=\"data:image/png;base64,iVBORw0KGgo//A==\"",
        "fill=\"url(#g)\"",
        "style=\"opacity:.5\"",
        ">Hello</text>",
        "viewBox=\"0 0 9 9\"",
    ] {
        assert!(kept.contains(part), "{part}: {kept}");
    }
}

#[test]
fn no_letter_is_added_to_a_text() {
    let kept = clean("<text><tspan>a</tspan><tspan fill='red'>b</tspan> <tspan>c</tspan></text>");
    let text = kept
        .split("<text>")
        .nth(1)
        .unwrap()
        .split("</text>")
        .next()
        .unwrap();
    let letters: String = text
        .split('<')
        .filter_map(|part| part.split('>').nth(1))
        .collect();
    assert_eq!(letters, "ab c", "{kept}");
}

#[test]
fn nothing_calls_out() {
    for part in [
        "<image href='https://evil.example/a.png'/>",
        "<image xlink:href='//evil.example/a.png'/>",
        "<image href='/same/origin.png'/>",
        "<use href='other.svg#a'/>",
        "<rect fill='url(https://evil.example/#a)'/>",
        "<rect style='fill:u\\72l(https://evil.example)'/>",
        "<style>@import 'https://evil.example/a.css';</style>",
        "<style>@font-face{font-family:a;src:url(\"//evil.example/a.woff\")}</style>",
        "<style>rect{background:image-set('https://evil.example/a.png' 1x)}</style>",
        "<style>rect{background:IMAGE-SET('evil.example' 1x)}</style>",
        "<animate attributeName='fill' values='red;url(https://evil.example/a)'/>",
        "<animate attributeName='href' to='https://evil.example'/>",
        "<feImage href='https://evil.example/a.png'/>",
        "<a href='https://evil.example'><rect/></a>",
        "<image href='data:image/svg+xml,&lt;svg>evil.example&lt;/svg>'/>",
    ] {
        let clean = clean(part);
        assert!(clean.contains("<svg"), "{part}");
        for word in ["evil", "origin", "other.svg"] {
            assert!(!clean.contains(word), "{part}: {clean}");
        }
    }
}

#[test]
fn bombs_and_what_is_no_drawing_are_refused() {
    let entity = |n: u32| format!("<!ENTITY a{n} \"{}\">", format!("&a{};", n - 1).repeat(10));
    let entities = (1..30).map(entity).collect::<Vec<_>>().concat();
    let bomb = format!(
        "<!DOCTYPE svg [<!ENTITY a0 \"lol\">{entities}]><svg xmlns='http://www.w3.org/2000/svg'><text>&a29;</text></svg>"
    );
    assert_eq!(cleaned(bomb.as_bytes()), None);
    for other in [
        "",
        "hello",
        "<html><script>alert(1)</script></html>",
        "<svg xmlns='http://www.w3.org/2000/svg'><rect></svg>",
        "<svg xmlns='http://www.w3.org/2000/svg'><rect/>",
        "<svg><rect/></svg>",
    ] {
        assert_eq!(cleaned(other.as_bytes()), None, "{other}");
    }
    let deep = format!(
        "<svg xmlns='http://www.w3.org/2000/svg'>{}{}</svg>",
        "<g>".repeat(100_000),
        "</g>".repeat(100_000)
    );
    assert_eq!(cleaned(deep.as_bytes()), None);
    let external = "<!DOCTYPE svg [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><svg xmlns='http://www.w3.org/2000/svg'><text>&x;</text></svg>";
    let clean = cleaned(external.as_bytes()).unwrap_or_default();
    assert!(!String::from_utf8(clean).unwrap().contains("root:"));
}

proptest::proptest! {
    #[test]
    fn what_is_clean_stays_as_it_is(cuts in proptest::collection::vec((0..600_usize, 0..12_usize, "[<>/&;#'\"a-z:= ]{0,6}"), 0..6)) {
        let mut drawing = "<svg xmlns='http://www.w3.org/2000/svg' xmlns:xlink='http://www.w3.org/1999/xlink'><style>.a{fill:url(#g)}</style><script>a</script><a xlink:href='javascript:a'><image href='//evil/a.png' onload='a'/></a><text>a<tspan style='fill:url(b)'>b</tspan></text></svg>".to_owned();
        for (at, length, with) in cuts {
            let at = at % drawing.len();
            let end = (at + length).min(drawing.len());
            drawing.replace_range(at..end, &with);
        }
        if let Some(clean) = cleaned(drawing.as_bytes()) {
            let again = cleaned(&clean);
            proptest::prop_assert_eq!(again.as_ref(), Some(&clean));
            let text = String::from_utf8(clean).unwrap();
            for word in ["<script", "<!", "href=\"//", "href=\"j"] {
                proptest::prop_assert!(!text.contains(word), "{}", text);
            }
        }
    }
}
