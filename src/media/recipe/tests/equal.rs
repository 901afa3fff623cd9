//! Texts that make the same pixels have one spelling; others do not.

use crate::media::recipe::{Edits, Fit, Gravity, Metadata, Output, Overlay, Place, Recipe, Turn};

fn canonical(text: &str) -> String {
    match Recipe::parse(text) {
        Ok(recipe) => recipe.canonical(),
        Err(error) => panic!("{text}: {error}"),
    }
}

/// A text, and the one spelling of what it makes.
const TABLE: &str = r"
# Aliases, order, numbers.
w=640,h=480,f=webp,q=80,g=auto,fit=cover -> width=640,height=480,fit=cover,gravity=auto,format=webp,quality=80
fit=cover,height=0480,width=640 -> width=640,height=480,fit=cover
scq=50,q=75 -> quality=75,slow-connection-quality=50
scq=75,q=75 -> quality=75
f=jpg -> format=jpeg
quality=low,scq=medium-low -> quality=45,slow-connection-quality=60
# Percent-encoding.
%77idth=%36%34%30 -> width=640
background=%23FF0000 -> background=ff0000
background=rgb%28240%2C40%2C145%29 -> background=f02891
background=rgb(255 0 0 / 50%25) -> background=ff000080
# Defaults.
fit=scale-down,anim=true,metadata=copyright,rotate=0 -> fit=scale-down
blur=0,sharpen=0,brightness=1,contrast=0,gamma=0,saturation=1 -> fit=scale-down
saturation=0 -> saturation=0
trim=0;0;0;0,border=0,border.color=red -> fit=scale-down
# The device pixel ratio is folded into every length.
width=320,dpr=2 -> width=640
width=333,height=200,dpr=1.5 -> width=500,height=300
width=4,dpr=0.1 -> width=1
border=5,dpr=2 -> border=10;10;10;10
trim=20;30;20;0,dpr=2 -> trim.right=60,trim.top=40,trim.bottom=40
trim=0.1;0.2;0.1;0.2,dpr=2 -> trim.left=0.2,trim.right=0.2,trim.top=0.1,trim.bottom=0.1
draw=a~b~c.png;right:5;width:50,dpr=2 -> draw=a~b~c.png;width:100;right:10
# A fit needs a box, a gravity a crop, a zoom a face.
fit=cover -> fit=scale-down
width=9,fit=cover -> width=9,fit=contain
width=9,fit=pad -> width=9,fit=contain
width=9,fit=squeeze -> width=9,fit=contain
height=9,fit=crop -> height=9
height=9,fit=aspect-crop -> height=9
width=auto,fit=cover -> width=auto,fit=contain
width=auto,height=9,fit=cover -> width=auto,height=9,fit=cover
width=9,height=9,fit=contain,gravity=left -> width=9,height=9,fit=contain
width=9,height=9,fit=crop,gravity=left -> width=9,height=9,fit=crop,gravity=0x0.5
width=9,height=9,fit=crop,gravity=bottom -> width=9,height=9,fit=crop,gravity=0.5x1
width=9,height=9,fit=crop,gravity=0.50x.5 -> width=9,height=9,fit=crop
width=9,height=9,fit=cover,gravity=auto,zoom=1 -> width=9,height=9,fit=cover,gravity=auto
width=9,height=9,fit=cover,gravity=face,face-zoom=.5 -> width=9,height=9,fit=cover,gravity=face,zoom=0.5
# Flips and turns come to one of eight.
flip=hv -> rotate=180
flip=hv,rotate=180 -> fit=scale-down
flip=v -> flip=h,rotate=180
flip=v,rotate=270 -> flip=h,rotate=90
rotate=360 -> fit=scale-down
# Backgrounds that cannot be seen.
background=transparent -> fit=scale-down
width=9,height=9,fit=pad,background=%23ff00 -> width=9,height=9,fit=pad,background=00000000
# Borders and trims by side or at once.
border.width=5,border.color=%23000 -> border=5;5;5;5
border=5,border.left=0 -> border=5;5;5;0
border.top=1,border.color=white -> border=1;0;0;0,border.color=ffffff
trim.left=30,trim.width=678 -> trim.left=30,trim.width=678
trim.top=0.0,trim.bottom=9 -> trim.bottom=9
trim.border.tolerance=10 -> trim=border
trim=border,trim.border.color=%23FFF,trim.border.keep=4,dpr=2 -> trim=border,trim.border.color=ffffff,trim.border.keep=8
# Overlays.
draw3=a~b~c.png -> draw=a~b~c.png
draw=a~b~c.png;opacity:0 -> fit=scale-down
draw2=a~b~c.png,draw=a~b~d.png -> draw=a~b~d.png,draw2=a~b~c.png
draw=a~b~c.png;repeat:true;opacity:.250;fit:scale-down;rotate:0 -> draw=a~b~c.png;opacity:0.25;repeat:true
# The rest.
compression=fast,onerror=redirect,metadata=none,anim=false -> metadata=none,anim=false,compression=fast,onerror=redirect
";

#[test]
fn the_same_pixels_have_one_spelling() {
    let is_row = |line: &&str| !line.is_empty() && !line.starts_with('#');
    for row in TABLE.lines().filter(is_row) {
        let (given, expected) = row.split_once(" -> ").unwrap();
        assert_eq!(canonical(given), expected, "{given}");
        assert_eq!(
            canonical(expected),
            expected,
            "the canonical text is not its own"
        );
    }
}

#[test]
fn other_pixels_have_other_spellings() {
    for (one, other) in [
        ("width=640", "height=640"),
        (
            "width=640,height=640,fit=cover",
            "width=640,height=640,fit=crop",
        ),
        ("flip=h", "flip=v"),
        ("flip=h,rotate=90", "flip=v,rotate=90"),
        ("saturation=0", "saturation=1"),
        ("quality=84", "quality=85"),
        ("trim.width=1", "trim.right=1"),
        ("trim.left=1", "trim.left=0.1"),
        ("draw=a~b~c,draw2=a~b~d", "draw=a~b~d,draw2=a~b~c"),
        (
            "width=9,height=9,fit=pad",
            "width=9,height=9,fit=pad,background=transparent",
        ),
        ("format=jpeg", "format=baseline-jpeg"),
        ("width=1280", "width=auto"),
    ] {
        assert_ne!(canonical(one), canonical(other));
    }
}

#[test]
fn every_option_arrives_where_the_engine_reads_it() {
    let recipe = Recipe::parse(
        "width=300,height=200,fit=cover,gravity=0x1,rotate=90,flip=h,background=red,metadata=keep,anim=false,draw=alice~drop-7~logo.png;left:3;bottom:4,sharpen=1",
    )
    .unwrap();
    let edits: &Edits = recipe.edits();
    assert_eq!((edits.width, edits.height), (Some(300), Some(200)));
    assert_eq!(edits.fit, Fit::Cover);
    assert!(
        matches!(edits.gravity, Gravity::Point { x, y } if x.value() == 0.0 && y.value() >= 1.0)
    );
    let turn = Turn {
        mirrored: true,
        quarters: 1,
    };
    assert_eq!(edits.turn, turn);
    assert!(turn.swaps_edges());
    assert_eq!(edits.background.map(|color| color.red), Some(255));
    assert_eq!(edits.metadata, Metadata::Keep);
    assert!(!edits.anim);
    let [
        Overlay {
            file, across, down, ..
        },
    ] = edits.draw.as_slice()
    else {
        panic!("one overlay was asked for");
    };
    assert_eq!(file.to_string(), "alice/drop-7/logo.png");
    assert_eq!((*across, *down), (Place::Near(3), Place::Far(4)));
    assert_eq!(Output::ALL.len(), 8);
}
