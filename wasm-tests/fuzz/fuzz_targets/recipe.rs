//! Any text as the options of a URL, and any headers beside it: no panic, and a
//! recipe's one spelling is stable.
#![no_main]

use dropgate::media::{
    negotiate::{Client, Formats, Source, outputs, vary},
    recipe::Recipe,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: (&str, &str, u8)| {
    let (options, headers, media_type) = data;
    let Ok(recipe) = Recipe::parse(options) else {
        return;
    };
    let lines: Vec<(&str, &str)> = headers
        .lines()
        .filter_map(|line| line.split_once(':'))
        .collect();
    let client = Client::read(|name| {
        let found = lines.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.trim())
    });
    let types = [
        "image/jpeg",
        "image/png",
        "image/webp",
        "image/gif",
        "image/svg+xml",
        "text/plain",
    ];
    let source = Source::of_media_type(types[usize::from(media_type) % types.len()]);
    let names = vary(&recipe);
    assert!(names.is_none_or(|names| !names.is_empty()));
    for output in outputs(&recipe, client, source, Formats::BUILT_IN).smallest_first() {
        let derivative = recipe.derive(client, source, output);
        assert_eq!(derivative.output(), output);
        assert_eq!(
            derivative.canonical(),
            recipe.derive(client, source, output).canonical()
        );
    }
});
