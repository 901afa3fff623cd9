use proptest::prelude::*;

use super::super::job::{Border, Colour, Fit, Flip, Geometry, Gravity, Rotation, Side, Trim};
use super::super::orientation::Orientation;
use super::{Layout, layout};

fn plan(stored: (u32, u32), geometry: Geometry) -> Layout {
    layout(stored, Orientation::UPRIGHT, &geometry, None).unwrap()
}

fn boxed(fit: Fit, width: u32, height: u32) -> Geometry {
    Geometry {
        width: Some(width),
        height: Some(height),
        fit,
        ..Geometry::default()
    }
}

/// The window, rounded, as (x, y, width, height).
fn window(layout: &Layout) -> (f64, f64, f64, f64) {
    let window = layout.window;
    (
        window.x.round(),
        window.y.round(),
        window.width.round(),
        window.height.round(),
    )
}

#[test]
fn the_fit_modes_as_documented() {
    // (source, fit, box) -> (canvas, resized, window)
    let table = [
        (
            (4000, 3000),
            Fit::ScaleDown,
            (800, 800),
            (800, 600),
            (800, 600),
            (0.0, 0.0, 4000.0, 3000.0),
        ),
        (
            (400, 300),
            Fit::ScaleDown,
            (800, 800),
            (400, 300),
            (400, 300),
            (0.0, 0.0, 400.0, 300.0),
        ),
        (
            (400, 300),
            Fit::Contain,
            (800, 800),
            (800, 600),
            (800, 600),
            (0.0, 0.0, 400.0, 300.0),
        ),
        (
            (4000, 3000),
            Fit::Contain,
            (800, 300),
            (400, 300),
            (400, 300),
            (0.0, 0.0, 4000.0, 3000.0),
        ),
        (
            (4000, 3000),
            Fit::Cover,
            (800, 800),
            (800, 800),
            (800, 800),
            (500.0, 0.0, 3000.0, 3000.0),
        ),
        (
            (400, 300),
            Fit::Cover,
            (800, 800),
            (800, 800),
            (800, 800),
            (50.0, 0.0, 300.0, 300.0),
        ),
        (
            (4000, 3000),
            Fit::Crop,
            (800, 800),
            (800, 800),
            (800, 800),
            (500.0, 0.0, 3000.0, 3000.0),
        ),
        (
            (400, 300),
            Fit::Crop,
            (800, 800),
            (400, 300),
            (400, 300),
            (0.0, 0.0, 400.0, 300.0),
        ),
        (
            (1000, 300),
            Fit::Crop,
            (800, 800),
            (800, 300),
            (800, 300),
            (100.0, 0.0, 800.0, 300.0),
        ),
        (
            (4000, 3000),
            Fit::Pad,
            (800, 800),
            (800, 800),
            (800, 600),
            (0.0, 0.0, 4000.0, 3000.0),
        ),
        (
            (4000, 3000),
            Fit::Squeeze,
            (800, 100),
            (800, 100),
            (800, 100),
            (0.0, 0.0, 4000.0, 3000.0),
        ),
    ];
    for (source, fit, (width, height), canvas, resized, expected) in table {
        let layout = plan(source, boxed(fit, width, height));
        assert_eq!(
            (layout.canvas, layout.resized, window(&layout)),
            (canvas, resized, expected),
            "{source:?} {fit:?}"
        );
    }
}

#[test]
fn the_shape_of_the_box_is_kept_by_a_smaller_picture() {
    for (source, size, canvas, expected) in [
        (
            (4000, 3000),
            (800, 800),
            (800, 800),
            (500.0, 0.0, 3000.0, 3000.0),
        ),
        (
            (400, 300),
            (800, 800),
            (300, 300),
            (50.0, 0.0, 300.0, 300.0),
        ),
        (
            (512, 512),
            (640, 480),
            (512, 384),
            (0.0, 64.0, 512.0, 384.0),
        ),
    ] {
        let layout = plan(source, boxed(Fit::AspectCrop, size.0, size.1));
        assert_eq!(
            (layout.canvas, layout.resized, window(&layout)),
            (canvas, canvas, expected),
            "{source:?}"
        );
    }
}

#[test]
fn one_side_is_enough() {
    for fit in [
        Fit::ScaleDown,
        Fit::Contain,
        Fit::Cover,
        Fit::Crop,
        Fit::AspectCrop,
        Fit::Pad,
        Fit::Squeeze,
    ] {
        let wide = plan(
            (4000, 3000),
            Geometry {
                width: Some(640),
                fit,
                ..Geometry::default()
            },
        );
        assert_eq!(
            (wide.canvas, wide.resized),
            ((640, 480), (640, 480)),
            "{fit:?}"
        );
        let high = plan(
            (4000, 3000),
            Geometry {
                height: Some(300),
                fit,
                ..Geometry::default()
            },
        );
        assert_eq!(high.canvas, (400, 300), "{fit:?}");
        let neither = plan(
            (4000, 3000),
            Geometry {
                fit,
                ..Geometry::default()
            },
        );
        assert_eq!(neither.canvas, (4000, 3000), "{fit:?}");
    }
}

#[test]
fn gravity_moves_the_crop_and_the_padding() {
    let crop = |gravity| {
        window(&plan(
            (4000, 3000),
            Geometry {
                gravity,
                ..boxed(Fit::Cover, 300, 300)
            },
        ))
    };
    assert_eq!(crop(Gravity::Side(Side::Left)), (0.0, 0.0, 3000.0, 3000.0));
    assert_eq!(
        crop(Gravity::Side(Side::Right)),
        (1000.0, 0.0, 3000.0, 3000.0)
    );
    assert_eq!(crop(Gravity::Side(Side::Top)), (500.0, 0.0, 3000.0, 3000.0));
    assert_eq!(
        crop(Gravity::Point { x: 0.4, y: 0.0 }),
        (100.0, 0.0, 3000.0, 3000.0)
    );
    assert_eq!(
        crop(Gravity::Point {
            x: f32::NAN,
            y: 7.0
        }),
        (500.0, 0.0, 3000.0, 3000.0)
    );
    let pad = |gravity| {
        plan(
            (4000, 3000),
            Geometry {
                gravity,
                ..boxed(Fit::Pad, 800, 800)
            },
        )
        .offset
    };
    assert_eq!(pad(Gravity::CENTRE), (0, 100));
    assert_eq!(pad(Gravity::Side(Side::Bottom)), (0, 200));
    assert_eq!(pad(Gravity::Side(Side::Top)), (0, 0));
}

#[test]
fn an_automatic_crop_keeps_the_picture_whole_until_it_is_seen() {
    let auto = Geometry {
        gravity: Gravity::Auto,
        ..boxed(Fit::Cover, 300, 300)
    };
    let layout = plan((4000, 3000), auto);
    assert_eq!(
        (layout.resized, layout.keep, layout.canvas),
        ((400, 300), (300, 300), (300, 300))
    );
    let close = plan((4000, 3000), Geometry { zoom: 1.0, ..auto });
    assert_eq!((close.resized, close.keep), ((800, 600), (300, 300)));
}

#[test]
fn trim_is_in_pixels_of_the_upright_source() {
    let sides = Trim::Sides {
        top: 10,
        right: 20,
        bottom: 30,
        left: 40,
    };
    let geometry = Geometry {
        trim: sides,
        ..Geometry::default()
    };
    assert_eq!(
        window(&plan((400, 300), geometry)),
        (40.0, 10.0, 340.0, 260.0)
    );
    // Stored lying on its side: a quarter turn clockwise brings stored left-bottom to upright top-left.
    let quarter = Orientation::from_exif(6).unwrap();
    let turned = layout((400, 300), quarter, &geometry, None).unwrap();
    assert_eq!(
        (turned.canvas, window(&turned)),
        ((240, 360), (10.0, 20.0, 360.0, 240.0))
    );
    let rectangle = Trim::Rectangle {
        left: 10,
        top: 20,
        width: Some(1000),
        height: None,
    };
    assert_eq!(
        window(&plan(
            (400, 300),
            Geometry {
                trim: rectangle,
                ..geometry
            }
        )),
        (10.0, 20.0, 390.0, 280.0)
    );
    let nothing = Trim::Sides {
        top: 150,
        right: 0,
        bottom: 150,
        left: 0,
    };
    assert!(
        layout(
            (400, 300),
            Orientation::UPRIGHT,
            &Geometry {
                trim: nothing,
                ..geometry
            },
            None
        )
        .is_err()
    );
    let beyond = Trim::Rectangle {
        left: 400,
        top: 0,
        width: None,
        height: None,
    };
    assert!(
        layout(
            (400, 300),
            Orientation::UPRIGHT,
            &Geometry {
                trim: beyond,
                ..geometry
            },
            None
        )
        .is_err()
    );
}

#[test]
fn width_and_height_are_those_after_the_turn() {
    let geometry = Geometry {
        rotate: Rotation::Quarter,
        ..boxed(Fit::ScaleDown, 300, 300)
    };
    let turned = plan((4000, 3000), geometry);
    assert_eq!((turned.canvas, turned.resized), ((225, 300), (300, 225)));
    let flip = Flip {
        horizontal: true,
        vertical: false,
    };
    let left = Gravity::Side(Side::Left);
    let mirrored = plan(
        (4000, 3000),
        Geometry {
            flip,
            gravity: left,
            ..boxed(Fit::Cover, 300, 300)
        },
    );
    assert_eq!(window(&mirrored), (1000.0, 0.0, 3000.0, 3000.0));
}

#[test]
fn a_border_is_added_around_the_box() {
    let border = Border {
        colour: Colour::WHITE,
        top: 10,
        right: 20,
        bottom: 30,
        left: 40,
    };
    let framed = layout(
        (4000, 3000),
        Orientation::UPRIGHT,
        &boxed(Fit::Squeeze, 800, 600),
        Some(&border),
    )
    .unwrap();
    assert_eq!(
        (framed.resized, framed.canvas, framed.offset),
        ((800, 600), (860, 640), (40, 10))
    );
    let free = layout(
        (400, 300),
        Orientation::UPRIGHT,
        &Geometry::default(),
        Some(&border),
    )
    .unwrap();
    assert_eq!((free.resized, free.canvas), ((400, 300), (460, 340)));
}

fn any_geometry() -> impl Strategy<Value = Geometry> {
    let fits = [
        Fit::ScaleDown,
        Fit::Contain,
        Fit::Cover,
        Fit::Crop,
        Fit::AspectCrop,
        Fit::Pad,
        Fit::Squeeze,
    ];
    let turns = [
        Rotation::None,
        Rotation::Quarter,
        Rotation::Half,
        Rotation::ThreeQuarters,
    ];
    let side = || proptest::option::of(1_u32..5000);
    (
        side(),
        side(),
        0_usize..6,
        any::<bool>(),
        (-0.5_f32..1.5, -0.5_f32..1.5),
        0_usize..4,
        any::<(bool, bool)>(),
    )
        .prop_map(
            move |(width, height, fit, auto, (x, y), turn, (horizontal, vertical))| Geometry {
                width,
                height,
                fit: fits[fit],
                gravity: if auto {
                    Gravity::Auto
                } else {
                    Gravity::Point { x, y }
                },
                zoom: x,
                trim: Trim::None,
                rotate: turns[turn],
                flip: Flip {
                    horizontal,
                    vertical,
                },
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn every_layout_stays_within_its_source_and_its_box(
        width in 1_u32..20_000,
        height in 1_u32..20_000,
        exif in 1_u16..9,
        geometry in any_geometry(),
    ) {
        let recorded = Orientation::from_exif(exif).unwrap();
        let plan = layout((width, height), recorded, &geometry, None).unwrap();
        let window = plan.window;
        prop_assert!(window.x >= -1e-6 && window.y >= -1e-6 && window.width > 0.0 && window.height > 0.0);
        prop_assert!(window.x + window.width <= f64::from(width) + 1e-6);
        prop_assert!(window.y + window.height <= f64::from(height) + 1e-6);
        let turned = plan.orientation.size(plan.resized);
        prop_assert!(plan.keep.0 <= turned.0 && plan.keep.1 <= turned.1);
        prop_assert!(plan.offset.0 + plan.keep.0 <= plan.canvas.0);
        prop_assert!(plan.offset.1 + plan.keep.1 <= plan.canvas.1);
        if let (Some(w), Some(h)) = (geometry.width, geometry.height) {
            prop_assert!(plan.canvas.0 <= w && plan.canvas.1 <= h);
            if matches!(geometry.fit, Fit::Cover | Fit::Pad | Fit::Squeeze) {
                prop_assert_eq!(plan.canvas, (w, h));
            }
        }
    }
}
