use super::*;
use proptest::prelude::*;

const PHOTO: (u32, u32) = (4000, 3000);
const ARTWORK: (u32, u32) = (12_500, 8_000);

fn plan(full: (u32, u32), path: &str) -> Result<Planned, IiifError> {
    let parts: Vec<&str> = path.split('/').collect();
    ImageRequest::parse(parts[0], parts[1], parts[2], parts[3])?.on(full)
}

/// The canonical form of a request on the photograph.
fn canonical(path: &str) -> Result<String, IiifError> {
    plan(PHOTO, path).map(|planned| planned.canonical())
}

#[test]
fn every_feature_of_level_2_has_one_canonical_form() {
    for (asked, expected) in [
        // (1)
        ("full/!100,100/0/default.jpg", "full/100,75/0/default.jpg"),
        (
            "square/300,/0/default.jpg",
            "500,0,3000,3000/300,300/0/default.jpg",
        ),
        (
            "10,20,30,40/max/0/default.jpg",
            "10,20,30,40/max/0/default.jpg",
        ),
        (
            "3990,2990,30,40/max/0/default.jpg",
            "3990,2990,10,10/max/0/default.jpg",
        ),
        (
            "0,0,4000,3000/400,300/0/default.jpg",
            "full/400,300/0/default.jpg",
        ),
        (
            "pct:25,50,50,12.5/200,/0/default.jpg",
            "1000,1500,2000,375/200,38/0/default.jpg",
        ),
        // (2)
        ("full/max/0/default.jpg", "full/max/0/default.jpg"),
        (
            "0,0,100,50/100,50/0/default.jpg",
            "0,0,100,50/max/0/default.jpg",
        ),
        ("full/400,/0/default.jpg", "full/400,300/0/default.jpg"),
        ("full/,300/0/default.jpg", "full/400,300/0/default.jpg"),
        ("full/pct:10/0/default.jpg", "full/400,300/0/default.jpg"),
        ("full/123,456/0/default.jpg", "full/123,456/0/default.jpg"),
        ("full/!9000,30/0/default.jpg", "full/40,30/0/default.jpg"),
        (
            "0,0,10,20/!500,39/0/default.jpg",
            "0,0,10,20/max/0/default.jpg",
        ),
        (
            "0,0,4000,1/40,/0/default.jpg",
            "0,0,4000,1/40,1/0/default.jpg",
        ),
        // (3)
        ("full/40,/360/default.jpg", "full/40,30/0/default.jpg"),
        ("full/40,/!270/default.jpg", "full/40,30/!270/default.jpg"),
        // (4), (5)
        ("full/40,/0/bitonal.png", "full/40,30/0/bitonal.png"),
        ("full/40,/0/color.jpg", "full/40,30/0/color.jpg"),
        ("full/40,/0/gray.jpg", "full/40,30/0/gray.jpg"),
    ] {
        assert_eq!(canonical(asked).as_deref(), Ok(expected), "{asked}");
        assert_eq!(canonical(expected).as_deref(), Ok(expected), "again");
    }
}

#[test]
fn what_is_none_of_it_is_refused_by_name() {
    use IiifError::{
        Enlarges, Format, Nothing, Outside, Quality, Region, Rotation, Size, TooLarge,
    };
    for (error, requests) in [
        (
            Region,
            "1,2,3 1,2,3,4,5 -1,0,2,2 +1,0,2,2 pct:1,2,3 all 1.5,0,2,2 pct:-1,0,2,2 ,,,",
        ),
        (
            Outside,
            "4000,0,1,1 0,3000,1,1 0,0,0,5 0,0,5,0 pct:100,0,10,10 pct:0,0,0,10",
        ),
    ] {
        for region in requests.split(' ') {
            let asked = format!("{region}/max/0/default.jpg");
            assert_eq!(canonical(&asked), Err(error), "{asked}");
        }
    }
    for (error, sizes) in [
        (
            Size,
            "full , !, !5, !,5 w,h 5 5,5,5 pct: pct:x -5, ^max ^400,",
        ),
        (Nothing, "0, ,0 0,5 !0,5 pct:0"),
        (
            Enlarges,
            "4001, ,3001 !8000,6000 4001,5 5,3001 pct:100.1 99999999999,",
        ),
        (TooLarge, "4000, 3000,3000 pct:90"),
    ] {
        for size in sizes.split(' ') {
            let asked = format!("full/{size}/0/default.jpg");
            let found = canonical(&asked);
            let digits_overflow = size.starts_with("99999");
            assert_eq!(
                found,
                Err(if digits_overflow { Size } else { error }),
                "{asked}"
            );
        }
    }
    for (error, end) in [
        (Rotation, "45/default.jpg"),
        (Rotation, "-90/default.jpg"),
        (Rotation, "!/default.jpg"),
        (Quality, "0/native.jpg"),
        (Quality, "0/.jpg"),
        (Format, "0/default"),
        (Format, "0/default.tif"),
        (Format, "0/default.jpg.png"),
    ] {
        assert_eq!(canonical(&format!("full/max/{end}")), Err(error), "{end}");
    }
}

#[test]
fn an_identifier_is_a_file_and_back() {
    let path = identified("alice~drop-7~cover.jpg").unwrap();
    assert_eq!(path.to_string(), "alice/drop-7/cover.jpg");
    assert_eq!(identifier(&path), "alice~drop-7~cover.jpg");
    for text in [
        "",
        "alice",
        "alice~drop-7",
        "a~b~c~d",
        "A~b~c",
        "a/b/c",
        "~~",
    ] {
        assert_eq!(identified(text), None, "{text}");
    }
}

/// Every tile and size a viewer derives from `info.json`, as OpenSeadragon does.
fn announced(full: (u32, u32)) -> Vec<String> {
    let mut asked = Vec::new();
    let pyramid = Pyramid::of(full);
    for factor in pyramid.scale_factors() {
        let edge = TILE * factor;
        for y in (0..full.1).step_by(edge as usize) {
            for x in (0..full.0).step_by(edge as usize) {
                let (w, h) = (edge.min(full.0 - x), edge.min(full.1 - y));
                let (wide, high) = (w.div_ceil(factor), h.div_ceil(factor));
                asked.push(format!("{x},{y},{w},{h}/{wide},{high}/0/default.jpg"));
            }
        }
    }
    for (width, height) in pyramid.sizes() {
        asked.push(format!("full/{width},{height}/0/default.jpg"));
    }
    asked.push("full/max/0/default.jpg".to_owned());
    asked
}

#[test]
fn what_is_announced_is_known_as_such_and_bounded() {
    for full in [
        (1, 1),
        (1000, 1000),
        (1024, 1024),
        (1025, 3),
        PHOTO,
        ARTWORK,
        (100_000, 1000),
    ] {
        let asked = announced(full);
        for path in &asked {
            let planned = plan(full, path).unwrap();
            assert!(planned.is_announced(), "{path} of {full:?}");
        }
        assert!(asked.len() < 256, "{full:?} has {}", asked.len());
    }
    assert_eq!(
        Pyramid::of(ARTWORK).scale_factors().collect::<Vec<_>>(),
        [1, 2, 4, 8, 16]
    );
    for path in [
        "0,0,1024,1024/1000,1000/0/default.jpg",
        "0,0,1023,1024/1023,1024/0/default.jpg",
        "1,0,1024,1024/1024,1024/0/default.jpg",
        "0,0,1024,1024/1024,1024/90/default.jpg",
        "0,0,1024,1024/1024,1024/!0/default.jpg",
        "0,0,1024,1024/1024,1024/0/gray.jpg",
        "0,0,1024,1024/1024,1024/0/default.png",
        "full/999,666/0/default.jpg",
    ] {
        assert!(!plan(ARTWORK, path).unwrap().is_announced(), "{path}");
    }
}

#[test]
fn equal_pictures_have_one_recipe() {
    let recipe = |path| plan(PHOTO, path).unwrap().recipe();
    assert_eq!(
        recipe("pct:0,0,50,50/200,/90/gray.png"),
        recipe("0,0,2000,1500/200,150/90/gray.png")
    );
    assert_eq!(
        recipe("0,0,2000,1500/200,150/90/gray.png"),
        crate::media::recipe::Recipe::parse(
            "trim.left=0,trim.top=0,trim.width=2000,trim.height=1500,width=150,height=200,\
             fit=squeeze,rotate=90,saturation=0,format=png,anim=false"
        )
        .unwrap()
    );
}

#[test]
fn the_document_has_what_the_specification_requires() {
    let about = About {
        id: "https://edge.example/iiif/3/alice~drop-7~cover.jpg",
        size: ARTWORK,
        level: Level::Two,
        license: Some("CC-BY-NC-4.0"),
    };
    let document = info(&about);
    assert_eq!(document["type"], "ImageService3");
    assert_eq!(document["profile"], "level2");
    assert_eq!(document["width"], 12_500);
    assert_eq!(document["tiles"][0]["scaleFactors"][4], 16);
    assert_eq!(document["sizes"][0]["width"], 782);
    assert_eq!(
        document["rights"],
        "http://creativecommons.org/licenses/by-nc/4.0/"
    );
    let level0 = info(&About {
        level: Level::Zero,
        license: Some("All mine"),
        ..about
    });
    assert_eq!(level0["profile"], "level0");
    assert_eq!(level0.get("rights"), None);
}

proptest! {
    #[test]
    fn whatever_is_planned_lies_within_the_picture_and_the_limits(
        full in (1_u32..100_000, 1_u32..20_000),
        region in prop_oneof![
            Just("full".to_owned()),
            Just("square".to_owned()),
            "[0-9]{1,5},[0-9]{1,5},[0-9]{1,5},[0-9]{1,5}",
            "pct:[0-9]{1,2},[0-9.]{1,3},[0-9]{1,3},[0-9]{1,3}",
        ],
        size in prop_oneof![
            Just("max".to_owned()), "[0-9]{1,4},", ",[0-9]{1,4}", "!?[0-9]{1,4},[0-9]{1,4}", "pct:[0-9]{1,2}",
        ],
    ) {
        let path = format!("{region}/{size}/0/default.jpg");
        if let Ok(planned) = plan(full, &path) {
            let canonical = planned.canonical();
            let again = plan(full, &canonical).expect(&canonical);
            prop_assert_eq!(again.recipe(), planned.recipe(), "{}", canonical);
            let edits = planned.recipe();
            let (width, height) = (edits.edits().width.unwrap(), edits.edits().height.unwrap());
            prop_assert!(width > 0 && height > 0);
            prop_assert!(u64::from(width) * u64::from(height) <= MAX_AREA);
            prop_assert!(width <= full.0 && height <= full.1);
        }
    }
}
