//! What clients say, and what they get.

mod formats;
mod hints;
mod keys;

use super::*;
use crate::media::recipe::Output;

const CHROME: &str = "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8";
const CHROME_JXL: &str = "image/jxl,image/avif,image/webp,image/apng,image/*,*/*;q=0.8";
const FIREFOX: &str = "image/avif,image/webp,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5";
const OLD_FIREFOX: &str = "image/png,image/*;q=0.8,*/*;q=0.5";
const SAFARI: &str = "image/webp,image/avif,image/jxl,image/heic,image/heic-sequence,video/*;q=0.8,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5";

/// A header by its name in the tables, or as it stands there.
fn accept(name: &str) -> &str {
    match name {
        "CHROME" => CHROME,
        "CHROME_JXL" => CHROME_JXL,
        "FIREFOX" => FIREFOX,
        "OLD_FIREFOX" => OLD_FIREFOX,
        "SAFARI" => SAFARI,
        header => header,
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

/// The rows of a table, cell by cell; lines that begin with `#` are titles.
fn rows(table: &str) -> impl Iterator<Item = Vec<&str>> {
    let rows = table
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty());
    rows.map(|line| line.split('|').map(str::trim).collect())
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
                let is_listed = listed.split(", ").any(|listed| listed == name);
                assert!(is_listed || !changed, "{recipe}: {name}: {value}");
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
