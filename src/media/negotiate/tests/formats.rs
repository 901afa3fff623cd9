//! Which outputs a recipe, a client, a source and a deployment come to.

use super::*;

fn formats(name: &str) -> Formats {
    match name {
        "all" => Formats::ALL,
        "none" => Formats::BUILT_IN,
        "webp" => Formats::BUILT_IN.with(Output::WebP),
        "no avif" => Formats::ALL.without(Output::Avif).without(Output::Png),
        other => panic!("{other}"),
    }
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

/// Recipe, `Accept`, source, what is deployed, and the outputs, smallest first.
const TABLE: &str = r"
# Browsers, photographs.
f=auto | CHROME | jpeg | all | avif > webp > jpeg
f=auto | CHROME_JXL | jpeg | all | avif > jxl > webp > jpeg
f=auto,q=90 | CHROME_JXL | jpeg | all | jxl > avif > webp > jpeg
f=auto,q=89 | CHROME_JXL | jpeg | all | avif > jxl > webp > jpeg
f=auto | FIREFOX | jpeg | all | avif > webp > jpeg
f=auto | OLD_FIREFOX | jpeg | all | jpeg
f=auto | SAFARI | jpeg | all | avif > jxl > webp > jpeg
f=auto | */* | jpeg | all | jpeg
f=auto | image/* | jpeg | all | jpeg
f=auto |  | jpeg | all | jpeg
# Deployments.
f=auto | CHROME_JXL | jpeg | none | jpeg
f=auto | CHROME_JXL | jpeg | webp | webp > jpeg
f=auto | CHROME_JXL | jpeg | no avif | jxl > webp > jpeg
# Only what is named, and what is liked best.
f=auto | image/webp | jpeg | all | webp
f=auto | image/webp | jpeg | none | jpeg
f=auto | IMAGE/WebP ; Q=0.5 | jpeg | all | webp
f=auto | image/avif;q=0.5,image/webp;q=0.9 | jpeg | all | webp
f=auto | image/webp;q=0.5,image/* | jpeg | all | jpeg
f=auto | image/webp,image/avif;q=0,*/* | jpeg | all | webp > jpeg
f=auto | image/webp;q=0,image/* | jpeg | all | jpeg
f=auto | image/webp;q=0.000 | jpeg | all | jpeg
f=auto | image/webp;q=1.,*/*;q=0. | jpeg | all | webp
f=auto | image/avif;q=1.5,image/webp | jpeg | all | webp
f=auto | image/avif;q=high,image/webp;q=0.1 | jpeg | all | webp
f=auto | image/avif;q=0.1234,image/webp;q=0.1 | jpeg | all | webp
f=auto | image/webp;v=1;q=0.5;x=y | jpeg | all | webp
f=auto | image/webp;q=0.2,image/webp;q=0.9,*/*;q=0.5 | jpeg | all | webp > jpeg
f=auto | */*;q=0.9,image/jpeg;q=0.1,image/webp;q=0.2 | jpeg | all | webp > jpeg
f=auto | image/*,image/jpeg;q=0 | jpeg | all | png
f=auto | image/png | jpeg | all | png
f=auto | text/html | jpeg | all | jpeg
f=auto | nonsense,/,image/,/webp | jpeg | all | jpeg
f=auto | image/webp,,, , | jpeg | all | webp
# Transparency.
f=auto | CHROME | png | all | avif > webp
f=auto | CHROME_JXL | png | all | avif > jxl > webp
f=auto,q=95 | CHROME_JXL | png | all | jxl > avif > webp
f=auto | image/avif,*/* | png | all | avif > png
f=auto | */* | png | all | png
f=auto | image/jpeg | png | all | jpeg
f=auto | CHROME | png | none | png
f=auto,background=white | CHROME | png | all | avif > webp > jpeg
f=auto,background=white | */* | png | all | jpeg
f=auto,background=ffffff80 | */* | png | all | png
f=auto,w=9,h=9,fit=pad,background=transparent | */* | jpeg | all | png
f=auto,w=9,h=9,fit=pad | */* | jpeg | all | jpeg
f=auto,border=5,border.color=00000000 | */* | jpeg | all | png
# Animation.
f=auto | CHROME | gif | all | webp
f=auto | */* | gif | all | gif
f=auto | CHROME | gif | none | gif
f=auto | image/avif | gif | all | gif
f=auto,anim=false | CHROME | gif | all | avif > webp
f=auto,anim=false | */* | gif | all | png
f=auto | CHROME | webp | all | avif > webp
# A named format is written whatever the client takes.
f=webp | */* | jpeg | all | webp
f=avif | image/webp | jpeg | all | avif
f=avif | */* | jpeg | webp | webp
f=avif | */* | jpeg | none | jpeg
f=jxl | */* | png | none | png
f=webp | */* | gif | none | gif
f=gif | */* | jpeg | none | gif
f=jpeg | CHROME | png | all | jpeg
f=baseline-jpeg | CHROME | png | all | baseline-jpeg
f=png | CHROME | jpeg | all | png
f=json | CHROME | jpeg | none | json
# No format keeps the source's.
w=9 | CHROME | jpeg | all | jpeg
w=9 | CHROME | png | all | png
w=9 | CHROME | gif | all | gif
w=9 | */* | webp | all | webp
w=9 | */* | avif | none | png
w=9 | */* | jxl | webp | webp
w=9 | */* | tiff | all | png
w=9,background=red | */* | tiff | all | jpeg
border=5,border.color=00000000 | */* | jpeg | all | png
# The quickest.
f=auto,compression=fast | CHROME_JXL | jpeg | all | jpeg
f=auto,compression=fast | CHROME_JXL | png | all | webp
f=auto,compression=fast | image/webp | jpeg | all | webp
f=avif,compression=fast | */* | jpeg | all | jpeg
f=avif,compression=fast | */* | png | all | webp
f=png,compression=fast | */* | jpeg | all | png
";

#[test]
fn formats_are_negotiated() {
    assert!(rows(TABLE).count() >= 60);
    for row in rows(TABLE) {
        let [recipe, header, kind, deployed, expected] = row[..] else {
            panic!("five cells: {row:?}");
        };
        assert_eq!(
            chosen(recipe, accept(header), kind, deployed),
            expected,
            "{row:?}"
        );
    }
}

#[test]
fn no_header_is_any() {
    assert_eq!(client(&[]).accept(), Accept::ANY);
    assert_eq!(Accept::parse(None), Accept::parse(Some("*/*")));
}
