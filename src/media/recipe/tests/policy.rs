//! What can be had without a signature, and how much of it.

use std::collections::HashSet;

use proptest::prelude::*;

use crate::media::negotiate::{AUTO_WIDTHS, Client, Source};
use crate::media::preset::PresetBook;
use crate::media::recipe::{
    DERIVATIVES_PER_FILE, Derivative, Edits, LADDER, Output, Policy, RawRecipe, Recipe, RecipeError,
};

fn unsigned(text: &str) -> Result<Recipe, RecipeError> {
    RawRecipe::parse(text)?.resolve(&book(), Policy::Unsigned)
}

fn book() -> PresetBook {
    PresetBook::parse(r#"{"card@2": "width=330,height=205,fit=cover,blur=3,quality=33"}"#).unwrap()
}

#[test]
fn values_snap_up() {
    for (given, made) in [
        ("width=1", "width=32"),
        ("width=640", "width=640"),
        ("width=641", "width=800"),
        ("width=12000", "width=3840"),
        ("height=500", "height=640"),
        ("width=320,dpr=2", "width=640"),
        ("width=320,dpr=1.1", "width=480"),
        ("width=320,dpr=0.5", "width=320"),
        ("width=100,dpr=2.5", "width=320"),
        ("quality=1", "quality=45"),
        ("quality=80", "quality=85"),
        ("quality=100", "quality=85"),
        ("quality=60,scq=50", "quality=60"),
        (
            "width=640,height=640,fit=cover",
            "width=640,height=640,fit=aspect-crop",
        ),
        (
            "width=300,height=200,fit=cover",
            "width=320,height=213,fit=aspect-crop",
        ),
        (
            "width=200,height=300,fit=crop",
            "width=213,height=320,fit=crop",
        ),
        (
            "width=1600,height=900,fit=pad",
            "width=1600,height=900,fit=pad",
        ),
        ("width=800,height=601,fit=contain", "width=800,height=600"),
        (
            "width=3000,height=1,fit=cover,gravity=auto",
            "width=3840,height=1280,fit=aspect-crop,gravity=auto",
        ),
        ("width=640,fit=contain", "width=640"),
        ("width=auto,format=auto", "width=auto,format=auto"),
        (
            "anim=false,onerror=redirect,blur=0,rotate=0,metadata=copyright",
            "anim=false,onerror=redirect",
        ),
        ("card@2", "width=330,height=205,fit=cover,blur=3,quality=33"),
        (
            "card@2,dpr=1.9,format=auto",
            "width=660,height=410,fit=cover,blur=3,format=auto,quality=33",
        ),
    ] {
        assert_eq!(unsigned(given).unwrap().canonical(), made, "{given}");
    }
}

#[test]
fn what_is_not_listed_needs_a_signature() {
    for given in [
        "blur=5",
        "sharpen=1",
        "gamma=2",
        "saturation=0",
        "rotate=90",
        "flip=h",
        "trim=1;1;1;1",
        "trim=border",
        "border=1",
        "background=red",
        "draw=a~b~c",
        "metadata=none",
        "metadata=keep",
        "compression=fast",
        "format=baseline-jpeg",
        "width=9,height=9,fit=squeeze",
        "width=9,height=9,fit=cover,gravity=face",
        "width=9,height=9,fit=cover,gravity=0.1x0.2",
        "width=auto,height=9",
        "card@2,width=9",
        "card@2,gamma=2",
        "card@2,trim=border",
        "card@2,quality=9",
    ] {
        let error = unsigned(given).unwrap_err();
        assert!(
            matches!(error, RecipeError::Unsigned { .. }),
            "{given}: {error}"
        );
        assert!(
            RawRecipe::parse(given)
                .unwrap()
                .resolve(&book(), Policy::Signed)
                .is_ok()
        );
    }
}

#[test]
fn options_stand_over_those_of_the_preset() {
    let signed = |text: &str| {
        let recipe = RawRecipe::parse(text)
            .unwrap()
            .resolve(&book(), Policy::Signed);
        recipe.unwrap().canonical()
    };
    assert_eq!(
        signed("card@2,width=100,blur=0,border=1"),
        "width=100,height=205,fit=cover,border=1;1;1;1,quality=33"
    );
    assert_eq!(signed("preset=card@2"), signed("card@2"));
}

/// Every size and shape an unsigned URL can bring about.
fn shapes() -> HashSet<Edits> {
    let mut sizes = vec![String::new()];
    for edge in LADDER {
        sizes.push(format!("width={edge},"));
        sizes.push(format!("height={edge},"));
        for short in 1..=edge {
            sizes.push(format!("width={edge},height={short},"));
            sizes.push(format!("width={short},height={edge},"));
        }
    }
    let resolve = |size: &String| {
        let shape = unsigned(&format!("{size}fit=scale-down")).unwrap();
        shape.edits().clone()
    };
    let boxes: HashSet<Edits> = sizes.iter().map(resolve).collect();
    let mut shapes = HashSet::new();
    for edits in boxes {
        let width = edits.width.map(|width| format!("width={width},"));
        let height = edits.height.map(|height| format!("height={height},"));
        let size = width.unwrap_or_default() + &height.unwrap_or_default();
        for fit in [
            "scale-down",
            "contain",
            "cover",
            "crop",
            "aspect-crop",
            "pad",
        ] {
            for gravity in ["auto", "center"] {
                let text = format!("{size}fit={fit},gravity={gravity}");
                shapes.insert(unsigned(&text).unwrap().edits().clone());
            }
        }
    }
    shapes
}

/// Every way one shape can be written. The source is one that can become
/// everything; slow clients only choose among the same qualities.
fn writings() -> HashSet<Derivative> {
    let source = Source {
        animated: true,
        ..Source::of_media_type("image/webp")
    };
    let mut found = HashSet::new();
    for quality in 0..=100 {
        let quality = if quality == 0 {
            String::new()
        } else {
            format!(",quality={quality}")
        };
        for anim in ["true", "false"] {
            let recipe = unsigned(&format!("anim={anim}{quality}")).unwrap();
            for &output in Output::ALL {
                if output != Output::BaselineJpeg {
                    found.insert(recipe.derive(Client::default(), source, output));
                }
            }
        }
    }
    found
}

#[test]
fn a_file_has_a_bounded_number_of_unsigned_derivatives() {
    assert_eq!(shapes().len() * writings().len(), DERIVATIVES_PER_FILE);
    assert!(AUTO_WIDTHS.iter().all(|width| LADDER.contains(width)));
}

#[test]
fn nothing_unsigned_is_outside_the_bound() {
    let shapes = shapes();
    let edge = || prop::option::of(1_u32..=12_000);
    let fit = prop::sample::select(vec!["contain", "cover", "crop", "aspect-crop", "pad"]);
    let gravity = prop::sample::select(vec!["auto", "center"]);
    let mut runner = proptest::test_runner::TestRunner::default();
    let inputs = (edge(), edge(), fit, gravity);
    let outcome = runner.run(&inputs, |(width, height, fit, gravity)| {
        let width = width.map_or_else(String::new, |width| format!("width={width},"));
        let height = height.map_or_else(String::new, |height| format!("height={height},"));
        let text = format!("{width}{height}fit={fit},gravity={gravity}");
        prop_assert!(
            shapes.contains(unsigned(&text).unwrap().edits()),
            "{}",
            text
        );
        Ok(())
    });
    outcome.unwrap();
}
