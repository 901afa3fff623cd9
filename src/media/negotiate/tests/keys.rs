//! What eighty combinations of a source, `Accept`, hints and options come to: the
//! formats, the smallest first, the exact derivative of the first, and the name
//! under which the best of them is kept. The names are pinned: were one to
//! change, pictures that are stored would be lost unseen.

use super::*;
use crate::{
    media::{
        cache_key::CacheKey,
        preset::PresetBook,
        recipe::{Policy, RawRecipe},
    },
    trust::Sha256,
};

const TABLE: &str = include_str!("keys.txt");

const PRESETS: &str = r#"{"card@1":"width=320,fit=cover,height=240,quality=70,format=auto","card@2":"width=400,format=auto","flat@1":"width=640,format=auto,background=white","card":"card@1"}"#;

/// What the third column says: `name: value` parted by semicolons.
fn hints(text: &str) -> Vec<(&str, &str)> {
    let pairs = text.split(';').filter_map(|pair| pair.split_once(':'));
    pairs
        .map(|(name, value)| (name.trim(), value.trim()))
        .collect()
}

/// The last three columns, as they are found.
fn found(media_type: &str, accepted: &str, said: &str, options: &str) -> [String; 3] {
    let mut headers = hints(said);
    if accepted != "-" {
        headers.push(("Accept", accept(accepted)));
    }
    let client = client(&headers);
    let source = Source::of_media_type(media_type);
    let presets = PresetBook::parse(PRESETS).unwrap();
    // A signed URL's options are marked.
    let (options, policy) = match options.strip_prefix("signed ") {
        Some(options) => (options, Policy::Signed),
        None => (options, Policy::Unsigned),
    };
    let raw = RawRecipe::parse(options).unwrap();
    let recipe = raw.resolve(&presets, policy).unwrap();
    let everything = Formats::BUILT_IN
        .with(Output::WebP)
        .with(Output::Avif)
        .with(Output::Jxl);
    let outputs = outputs(&recipe, client, source, everything);
    let derivatives: Vec<_> = outputs
        .smallest_first()
        .map(|output| recipe.derive(client, source, output))
        .collect();
    let every = every(&recipe, source);
    assert!(
        derivatives.iter().all(|one| every.contains(one)),
        "what a purge finds"
    );
    let hash = Sha256::of(b"source");
    let keys: Vec<_> = derivatives
        .iter()
        .map(|one| CacheKey::new(hash, &[], "engine", one))
        .collect();
    let words: Vec<_> = outputs.smallest_first().map(Output::word).collect();
    let name = CacheKey::of_best(hash, &keys);
    let name = name.rsplit('/').next().unwrap().get(..16).unwrap();
    [words.join(" "), derivatives[0].canonical(), name.to_owned()]
}

#[test]
fn each_combination_has_its_formats_and_its_key() {
    let mut wrong = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    for row in rows(TABLE) {
        let [media_type, accepted, said, options, expected @ ..] = row.as_slice() else {
            panic!("a short row: {row:?}");
        };
        assert!(
            seen.insert([*media_type, *accepted, *said, *options]),
            "twice: {row:?}"
        );
        let found = found(media_type, accepted, said, options);
        if found != expected {
            let row = [media_type, accepted, said, options].map(|cell| (*cell).to_owned());
            wrong.push([row.as_slice(), &found].concat().join(" | "));
        }
    }
    assert!(wrong.is_empty(), "these are found:\n{}", wrong.join("\n"));
    assert!(seen.len() >= 60, "{}", seen.len());
}

/// Whoever gets the same formats of the same derivative shares one name, and
/// nobody else does.
#[test]
fn names_are_shared_by_what_is_the_same_and_by_nothing_else() {
    let mut names = std::collections::BTreeMap::new();
    for row in rows(TABLE) {
        let [_, _, _, _, formats, derivative, name] = row.as_slice() else {
            panic!("a short row: {row:?}");
        };
        // The first derivative and the list of formats decide the rest.
        let known = names.entry(*name).or_insert((*formats, *derivative));
        assert_eq!(*known, (*formats, *derivative), "{name}");
    }
    let distinct: std::collections::BTreeSet<_> = names.values().collect();
    assert_eq!(distinct.len(), names.len());
    assert!(names.len() >= 25, "{}", names.len());
}
