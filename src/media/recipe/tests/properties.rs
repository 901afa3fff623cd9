//! What holds for every recipe.

use std::collections::HashMap;

use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use crate::media::cache_key::CacheKey;
use crate::media::negotiate::{Client, Source};
use crate::media::preset::PresetBook;
use crate::media::recipe::{Output, Policy, RawRecipe, Recipe};
use crate::trust::Sha256;

/// Values to draw from for each option: ordinary ones, defaults, ends of
/// ranges, and two spellings of one thing.
const VALUES: &[(&str, &[&str])] = &[
    ("width", &["1", "320", "0320", "640", "4000", "auto"]),
    ("height", &["1", "240", "480", "4000"]),
    ("dpr", &["1", "1.0", "0.1", "1.5", "2", "3"]),
    (
        "fit",
        &[
            "scale-down",
            "contain",
            "cover",
            "crop",
            "aspect-crop",
            "pad",
            "squeeze",
        ],
    ),
    (
        "gravity",
        &[
            "auto",
            "face",
            "center",
            "left",
            "0x0.5",
            "0.5x0.5",
            "0.25x.333333333",
        ],
    ),
    ("zoom", &["0", "0.5", "1"]),
    ("quality", &["1", "85", "high", "low", "45", "100"]),
    ("scq", &["30", "low", "85"]),
    (
        "format",
        &[
            "auto",
            "jpeg",
            "jpg",
            "webp",
            "avif",
            "jxl",
            "png",
            "gif",
            "json",
            "baseline-jpeg",
        ],
    ),
    ("compression", &["fast"]),
    ("onerror", &["redirect"]),
    ("metadata", &["copyright", "keep", "none"]),
    ("anim", &["true", "false"]),
    ("rotate", &["0", "90", "180", "270"]),
    ("flip", &["h", "v", "hv"]),
    (
        "background",
        &[
            "red",
            "%23f00",
            "rgb(255%2C0%2C0)",
            "transparent",
            "00000080",
        ],
    ),
    ("blur", &["0", "1", "2.50", "250"]),
    ("sharpen", &["0", "1", "10"]),
    ("brightness", &["0", "1", "1.10", "10"]),
    ("contrast", &["0", "0.5"]),
    ("saturation", &["0", "1", "2"]),
    ("gamma", &["0", "1", "2.2"]),
    ("trim", &["0;0;0;0", "1;2;3;4", "0.1;0.2;0.3;0.25"]),
    ("border", &["0", "5", "5;5;5;5", "1;2;3;4"]),
    ("border.left", &["0", "5", "300"]),
    ("border.color", &["black", "%23000", "ffffff80"]),
    (
        "draw",
        &[
            "bob~marks~logo.png",
            "bob~marks~logo.png;opacity:0",
            "bob~marks~logo.png;bottom:5;right:5;width:100",
        ],
    ),
    (
        "draw2",
        &[
            "bob~marks~play.png;repeat:x;opacity:.5",
            "bob~marks~play.png;left:0;rotate:90;fit:pad;width:9;height:9;background:transparent",
        ],
    ),
    (
        "draw3",
        &["bob~marks~play.png;height:20;fit:cover;gravity:left"],
    ),
];

fn option(
    (name, values): (&'static str, &'static [&'static str]),
) -> impl Strategy<Value = String> {
    select(values).prop_map(move |value| format!("{name}={value}"))
}

/// Some of the options, in any order. `width=auto` with a `dpr` is refused, and
/// so is a border that `dpr` makes too wide: such draws are dropped.
fn options() -> impl Strategy<Value = Vec<String>> {
    subsequence(VALUES.to_vec(), 1..9)
        .prop_flat_map(|chosen| chosen.into_iter().map(option).collect::<Vec<_>>())
        .prop_filter("a recipe", |options| {
            Recipe::parse(&options.join(",")).is_ok()
        })
}

fn shuffled() -> impl Strategy<Value = (Vec<String>, Vec<String>)> {
    options().prop_flat_map(|options| (Just(options.clone()), Just(options).prop_shuffle()))
}

fn key(recipe: &Recipe, output: Output) -> CacheKey {
    let source = Source::of_media_type("image/gif");
    let derivative = recipe.derive(Client::default(), source, output);
    CacheKey::new(Sha256::of(b"picture"), &[], "engine-1", &derivative)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn the_canonical_text_is_the_recipe(options in options()) {
        let recipe = Recipe::parse(&options.join(",")).unwrap();
        let text = recipe.canonical();
        let again = Recipe::parse(&text);
        prop_assert_eq!(again.as_ref(), Ok(&recipe), "{}", text);
        prop_assert_eq!(again.unwrap().canonical(), text);
    }

    #[test]
    fn a_derivative_is_a_recipe_that_derives_itself(options in options(), output in select(Output::ALL)) {
        let recipe = Recipe::parse(&options.join(",")).unwrap();
        let source = Source::of_media_type("image/gif");
        let derivative = recipe.derive(Client::default(), source, output);
        let again = Recipe::parse(&derivative.canonical()).unwrap();
        prop_assert_eq!(again.derive(Client::default(), source, output), derivative);
    }

    #[test]
    fn the_order_of_the_options_never_matters((one, other) in shuffled()) {
        let one = Recipe::parse(&one.join(",")).unwrap();
        let other = Recipe::parse(&other.join(",")).unwrap();
        prop_assert_eq!(key(&one, Output::WebP), key(&other, Output::WebP));
        prop_assert_eq!(one, other);
    }

    #[test]
    fn equal_derivatives_and_only_they_have_equal_keys(many in prop::collection::vec(options(), 2..12)) {
        let mut seen = HashMap::new();
        for options in many {
            let recipe = Recipe::parse(&options.join(",")).unwrap();
            for &output in Output::ALL {
                let derivative = recipe.derive(Client::default(), Source::of_media_type("image/gif"), output);
                let known = seen.entry(key(&recipe, output)).or_insert_with(|| derivative.clone());
                prop_assert_eq!(&*known, &derivative);
            }
        }
        let distinct: std::collections::HashSet<_> = seen.values().collect();
        prop_assert_eq!(distinct.len(), seen.len());
    }

    #[test]
    fn unsigned_is_stable(options in options()) {
        let unsigned = |text: &str| {
            RawRecipe::parse(text).unwrap().resolve(&PresetBook::default(), Policy::Unsigned)
        };
        if let Ok(recipe) = unsigned(&options.join(",")) {
            prop_assert_eq!(unsigned(&recipe.canonical()), Ok(recipe));
        }
    }

    #[test]
    fn no_text_panics(text in any::<String>()) {
        let _ = RawRecipe::parse(&text);
    }

    #[test]
    fn no_text_of_our_letters_panics(
        text in "([a-z.]{1,9}|width|trim|draw|border|background|card@2)(=[a-z0-9.;:~%x()+ @é-]{0,24})?(,(trim.left|gravity|dpr|draw2|blur|q)=[a-z0-9.;:~%x()-]{0,16}){0,4}"
    ) {
        for policy in [Policy::Signed, Policy::Unsigned] {
            if let Ok(raw) = RawRecipe::parse(&text) {
                let _ = raw.resolve(&PresetBook::default(), policy);
            }
        }
    }

    #[test]
    fn no_value_panics(name in select(VALUES), value in any::<String>()) {
        let _ = RawRecipe::parse(&format!("{}={value}", name.0));
    }
}
