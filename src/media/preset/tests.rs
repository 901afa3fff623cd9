use super::*;

#[test]
fn a_book_is_read_and_asked() {
    let book = PresetBook::parse(
        r#"{"card@2": "width=320,fit=cover", "hero@1": {"options": "w=1920,f=auto", "ttl": 86400}}"#,
    )
    .unwrap();
    let name = |text| PresetName::parse(text).unwrap();
    assert_eq!(
        book.names().map(ToString::to_string).collect::<Vec<_>>(),
        ["card@2", "hero@1"]
    );
    assert_eq!(book.ttl(&name("hero@1")), Some(86_400));
    assert_eq!(book.ttl(&name("card@2")), None);
    assert_eq!(book.ttl(&name("card@1")), None);
    let recipe = |text: &str, policy| {
        let recipe = RawRecipe::parse(text).unwrap().resolve(&book, policy);
        recipe.unwrap().canonical()
    };
    assert_eq!(recipe("card@2", Policy::Unsigned), "width=320,fit=contain");
    assert_eq!(
        recipe("preset=hero%401", Policy::Signed),
        "width=1920,format=auto"
    );
    assert_eq!(
        RawRecipe::parse("card@2").unwrap().preset(),
        Some(&name("card@2"))
    );
}

#[test]
fn a_drops_presets_stand_before_the_marketplaces() {
    let market = PresetBook::parse(r#"{"card@2": "width=320", "hero@1": "width=1920"}"#).unwrap();
    let drop = PresetBook::parse(r#"{"card@2": "width=100"}"#).unwrap();
    let both = drop.over(&market);
    let width = |name| {
        let recipe = RawRecipe::parse(name)
            .unwrap()
            .resolve(&both, Policy::Unsigned);
        recipe.unwrap().edits().width
    };
    assert_eq!((width("card@2"), width("hero@1")), (Some(100), Some(1920)));
}

#[test]
fn a_name_without_a_version_means_the_pinned_one_or_the_newest() {
    let market =
        r#"{"card@2": "w=20", "card@10": {"options": "w=100", "ttl": 60}, "cards@11": "w=11"}"#;
    let market = PresetBook::parse(market).unwrap();
    let drop = PresetBook::parse(r#"{"card": "card@2"}"#)
        .unwrap()
        .over(&market);
    let lost = PresetBook::parse(r#"{"card": "card@3"}"#)
        .unwrap()
        .over(&market);
    let name = PresetName::parse_any("card").unwrap();
    let meant = |book: &PresetBook| book.meant(&name).map(ToString::to_string);
    assert_eq!(meant(&market).as_deref(), Some("card@10"));
    assert_eq!(meant(&drop).as_deref(), Some("card@2"));
    assert_eq!(meant(&lost), None, "never another in its place");
    assert_eq!((market.ttl(&name), drop.ttl(&name)), (Some(60), None));
    let width = |book| {
        let raw = RawRecipe::parse("preset=card").unwrap();
        raw.resolve(book, Policy::Unsigned).unwrap().edits().width
    };
    assert_eq!((width(&market), width(&drop)), (Some(100), Some(20)));
}

#[test]
fn a_slip_in_a_book_is_named() {
    for (json, told) in [
        ("", "not JSON"),
        ("[]", "not JSON"),
        ("{\"card@2\": 1}", "not JSON"),
        ("{\"card@2\": {\"ttl\": 1}}", "not JSON"),
        (
            "{\"card@2\": {\"options\": \"w=1\", \"tll\": 1}}",
            "not JSON",
        ),
        ("{\"card\": \"w=1\"}", "\"card\" is not a preset's name"),
        ("{\"card\": \"hero@1\"}", "\"card\" is not a preset's name"),
        (
            "{\"card\": {\"options\": \"card@1\"}}",
            "is not a preset's name",
        ),
        (
            "{\"card\": \"card@1\", \"card\": \"card@2\"}",
            "card is defined twice",
        ),
        ("{\"Card@1\": \"w=1\"}", "is not a preset's name"),
        ("{\"card@01\": \"w=1\"}", "is not a preset's name"),
        ("{\"card@0\": \"w=1\"}", "is not a preset's name"),
        ("{\"card@10000\": \"w=1\"}", "is not a preset's name"),
        ("{\"@1\": \"w=1\"}", "is not a preset's name"),
        (
            "{\"card@1\": \"w=1\", \"card@1\": \"w=2\"}",
            "card@1 is defined twice",
        ),
        (
            "{\"card@1\": \"w=0\"}",
            "card@1 is no recipe: width cannot be",
        ),
        (
            "{\"card@1\": \"trim=border,trim.left=1\"}",
            "card@1 is no recipe",
        ),
        ("{\"card@1\": \"\"}", "card@1 is no recipe"),
        ("{\"card@1\": \"card@2\"}", "names another preset"),
        (
            "{\"card@1\": {\"options\": \"w=1\", \"ttl\": 0}}",
            "ttl of the preset card@1",
        ),
    ] {
        let error = PresetBook::parse(json).unwrap_err().to_string();
        assert!(error.contains(told), "{json}: {error}");
    }
    let entry = |n: usize| format!("\"p{n}@1\": \"w=1\"");
    let many: Vec<String> = (0..=MOST_PRESETS).map(entry).collect();
    let many = format!("{{{}}}", many.join(","));
    assert_eq!(PresetBook::parse(&many), Err(PresetError::TooMany));
    assert_eq!(
        PresetBook::parse(&" ".repeat(MOST_BYTES + 1)),
        Err(PresetError::TooLong)
    );
    assert_eq!(PresetBook::parse("{}"), Ok(PresetBook::default()));
}
