//! Drawings that would run, call out or blow up, and one that would not.
//! `wasm-tests/drawings.test.mjs` shows them to a browser.

use super::*;

fn clean(inside: &str) -> String {
    let svg = format!(
        "<svg xmlns='http://www.w3.org/2000/svg' xmlns:xlink='http://www.w3.org/1999/xlink' viewBox='0 0 9 9'>{inside}</svg>"
    );
    String::from_utf8(cleaned(svg.as_bytes(), Metadata::Copyright).unwrap_or_default()).unwrap()
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

/// Found by fuzzing: without its prefix, an element had no namespace either.
#[test]
fn a_drawing_with_prefixes_is_one_without() {
    let drawing = "<ns0:svg xmlns:ns0='http://www.w3.org/2000/svg' xmlns:x='http://www.w3.org/1999/xlink'>\
        <ns0:g xmlns='urn:other'><ns0:use x:href='#a'/><rect/><ns0:text>a</ns0:text></ns0:g></ns0:svg>";
    let clean = cleaned(drawing.as_bytes(), Metadata::Copyright).unwrap();
    let text = String::from_utf8(clean.clone()).unwrap();
    assert!(
        text.ends_with(
            "<svg xmlns=\"http://www.w3.org/2000/svg\"><g><use href=\"#a\"></use><text>a</text></g></svg>"
        ),
        "{text}"
    );
    assert_eq!(cleaned(&clean, Metadata::Copyright), Some(clean));
}

/// Found by fuzzing: a space was left where a letter had been.
#[test]
fn values_are_trimmed_of_what_was_taken_out() {
    let clean = clean("<path d='M0 0 ﻻ'/><path d=' M9 9 '/>");
    assert!(
        clean.contains("d=\"M0 0\"") && clean.contains("d=\"M9 9\""),
        "{clean}"
    );
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

/// What Inkscape writes.
const INKSCAPE: &str = "<metadata id='m'><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' \
    xmlns:cc='http://creativecommons.org/ns#' xmlns:dc='http://purl.org/dc/elements/1.1/'><cc:Work rdf:about=''>\
    <dc:format>image/svg+xml</dc:format><dc:type rdf:resource='http://purl.org/dc/dcmitype/StillImage'/>\
    <dc:title>Harbour</dc:title><dc:date>2026-05-17</dc:date>\
    <dc:creator><cc:Agent><dc:title>\n  Alice &lt;Adair&gt; &amp;\n Co\n</dc:title></cc:Agent></dc:creator>\
    <dc:rights><cc:Agent><dc:title>© 2026 Alice</dc:title></cc:Agent></dc:rights>\
    <dc:contributor><cc:Agent><dc:title>Mallory</dc:title></cc:Agent></dc:contributor>\
    <dc:subject><rdf:Bag><rdf:li>sea</rdf:li><rdf:li>boats</rdf:li></rdf:Bag></dc:subject>\
    <cc:license rdf:resource='http://creativecommons.org/licenses/by/4.0/'/></cc:Work>\
    <cc:License rdf:about='http://creativecommons.org/licenses/by/4.0/'><dc:creator>Creative Commons</dc:creator>\
    <cc:permits rdf:resource='http://creativecommons.org/ns#Reproduction'/></cc:License></rdf:RDF></metadata>";

/// What Illustrator writes, and what a studio adds.
const ILLUSTRATOR: &str = "<metadata><?xpacket begin='' id='W5M0MpCehiHzreSzNTczkc9d'?><x:xmpmeta xmlns:x='adobe:ns:meta/'>\
    <r:RDF xmlns:r='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><r:Description r:about='' \
    xmlns:photoshop='http://ns.adobe.com/photoshop/1.0/' photoshop:Credit='Studio &amp; Co' \
    xmlns:xmpMM='http://ns.adobe.com/xap/1.0/mm/' xmpMM:DocumentID='uuid:42'><dc:creator xmlns:dc='http://purl.org/dc/elements/1.1/'>\
    <r:Seq><r:li>Alice</r:li><r:li>Böb</r:li></r:Seq></dc:creator></r:Description>\
    <r:Description r:about='' xmlns:xmpRights='http://ns.adobe.com/xap/1.0/rights/' xmlns:plus='http://ns.useplus.org/ldf/xmp/1.0/'>\
    <xmpRights:UsageTerms><r:Alt><r:li xml:lang='x-default'>Ask first</r:li><r:li xml:lang='de'>Erst fragen</r:li></r:Alt></xmpRights:UsageTerms>\
    <xmpRights:WebStatement>javascript:alert(1)//</xmpRights:WebStatement>\
    <plus:Licensor><r:Seq><r:li r:parseType='Resource'><plus:LicensorName>Eve</plus:LicensorName>\
    <plus:LicensorURL>https://example.com/buy?a=1&amp;b=2</plus:LicensorURL></r:li></r:Seq></plus:Licensor>\
    </r:Description></r:RDF></x:xmpmeta><?xpacket end='w'?></metadata>";

#[test]
fn rights_stay_as_text_and_nothing_else_of_the_metadata() {
    let inkscape = clean(&format!("<g/>{INKSCAPE}<script>alert(1)</script>"));
    for part in [
        "<dc:creator><rdf:Seq><rdf:li>Alice &lt;Adair&gt; &amp; Co</rdf:li></rdf:Seq></dc:creator>",
        "<dc:rights><rdf:Alt><rdf:li xml:lang=\"x-default\">© 2026 Alice</rdf:li></rdf:Alt></dc:rights>",
        "<xmpRights:WebStatement>http://creativecommons.org/licenses/by/4.0/</xmpRights:WebStatement>",
        "</rdf:Description></rdf:RDF></metadata>",
    ] {
        assert!(inkscape.contains(part), "{part}: {inkscape}");
    }
    for word in [
        "id=",
        "Mallory",
        "permits",
        "cc:",
        "Harbour",
        "2026-05",
        "boats",
        "Creative Commons",
        "alert",
    ] {
        assert!(!inkscape.contains(word), "{word}: {inkscape}");
    }
    let illustrator = clean(ILLUSTRATOR);
    for part in [
        "<rdf:li>Alice</rdf:li><rdf:li>Böb</rdf:li>",
        "<photoshop:Credit>Studio &amp; Co</photoshop:Credit>",
        "\"x-default\">Ask first<",
        "<xmpRights:WebStatement>javascript:alert(1)//</xmpRights:WebStatement>",
        "<plus:LicensorURL>https://example.com/buy?a=1&amp;b=2</plus:LicensorURL>",
    ] {
        assert!(illustrator.contains(part), "{part}: {illustrator}");
    }
    for word in ["uuid", "Erst", "Eve", "xpacket", "adobe:ns:meta"] {
        assert!(!illustrator.contains(word), "{word}: {illustrator}");
    }
    assert_eq!(illustrator.matches("<metadata").count(), 1);
}

#[test]
fn as_much_of_the_metadata_travels_as_is_asked_for() {
    let drawing = format!("<svg xmlns='http://www.w3.org/2000/svg'>{INKSCAPE}<g/></svg>");
    let clean = |drawing: &str, metadata| {
        String::from_utf8(cleaned(drawing.as_bytes(), metadata).unwrap()).unwrap()
    };
    let none = clean(&drawing, Metadata::None);
    assert!(
        !none.contains("metadata") && !none.contains("Alice"),
        "{none}"
    );
    let kept = clean(&drawing, Metadata::Keep);
    for part in [
        "Alice",
        ">Harbour<",
        "<photoshop:DateCreated>2026-05-17<",
        "<rdf:Bag><rdf:li>sea</rdf:li><rdf:li>boats</rdf:li></rdf:Bag>",
    ] {
        assert!(kept.contains(part), "{part}: {kept}");
    }
    // What we wrote is what the next of us reads.
    assert_eq!(clean(&kept, Metadata::Keep), kept);
    assert_eq!(
        clean(&kept, Metadata::Copyright),
        clean(&drawing, Metadata::Copyright)
    );
    let without = drawing.replace(INKSCAPE, "");
    assert_eq!(clean(&without, Metadata::Keep), none);
}

#[test]
fn only_what_the_drawing_says_of_itself_counts_and_only_so_much() {
    let part = clean(&format!("<g>{INKSCAPE}</g>"));
    assert!(!part.contains("Alice"), "{part}");
    let other = clean(&INKSCAPE.replace("purl.org/dc", "example.com/dc"));
    assert!(
        !other.contains("Alice") && other.contains("by/4.0"),
        "{other}"
    );
    let many = (0..90).map(|n| format!("<rdf:li>{n} {}</rdf:li>", "é".repeat(3000)));
    let many = INKSCAPE.replace(
        "<cc:Agent><dc:title>\n  Alice",
        &format!(
            "<rdf:Seq>{}</rdf:Seq><cc:Agent><dc:title>",
            many.collect::<String>()
        ),
    );
    let many = clean(&many);
    assert_eq!(many.matches("<rdf:li>").count(), 50);
    assert!(many.len() < 50 * 2100, "{}", many.len());
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
    assert_eq!(cleaned(bomb.as_bytes(), Metadata::Copyright), None);
    for other in [
        "",
        "hello",
        "<html><script>alert(1)</script></html>",
        "<svg xmlns='http://www.w3.org/2000/svg'><rect></svg>",
        "<svg xmlns='http://www.w3.org/2000/svg'><rect/>",
        "<svg><rect/></svg>",
    ] {
        assert_eq!(
            cleaned(other.as_bytes(), Metadata::Copyright),
            None,
            "{other}"
        );
    }
    let deep = format!(
        "<svg xmlns='http://www.w3.org/2000/svg'>{}{}</svg>",
        "<g>".repeat(100_000),
        "</g>".repeat(100_000)
    );
    assert_eq!(cleaned(deep.as_bytes(), Metadata::Copyright), None);
    let external = "<!DOCTYPE svg [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><svg xmlns='http://www.w3.org/2000/svg'><text>&x;</text></svg>";
    let clean = cleaned(external.as_bytes(), Metadata::Copyright).unwrap_or_default();
    assert!(!String::from_utf8(clean).unwrap().contains("root:"));
}

proptest::proptest! {
    #[test]
    fn what_is_clean_stays_as_it_is(cuts in proptest::collection::vec((0..900_usize, 0..12_usize, "[<>/&;#'\"a-z:= ]{0,6}"), 0..6)) {
        let mut drawing = "<svg xmlns='http://www.w3.org/2000/svg' xmlns:xlink='http://www.w3.org/1999/xlink'><style>.a{fill:url(#g)}</style><script>a</script><metadata><r:RDF xmlns:r='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><r:Description d:title='a' xmlns:d='http://purl.org/dc/elements/1.1/'><d:creator>a</d:creator></r:Description></r:RDF></metadata><a xlink:href='javascript:a'><image href='//evil/a.png' onload='a'/></a><text>a<tspan style='fill:url(b)'>b</tspan></text></svg>".to_owned();
        for (at, length, with) in cuts {
            let at = at % drawing.len();
            let end = (at + length).min(drawing.len());
            drawing.replace_range(at..end, &with);
        }
        if let Some(clean) = cleaned(drawing.as_bytes(), Metadata::Keep) {
            let again = cleaned(&clean, Metadata::Keep);
            proptest::prop_assert_eq!(again.as_ref(), Some(&clean));
            let text = String::from_utf8(clean).unwrap();
            for word in ["<script", "<!", "href=\"//", "href=\"j"] {
                proptest::prop_assert!(!text.contains(word), "{}", text);
            }
        }
    }
}
