//! Every refusal names the option, what was given and what to write.

use crate::media::recipe::{MOST_OPTIONS, MOST_TEXT, Recipe, RecipeError};

/// Every option at once, none of them with its default, each in a long form.
const EVERYTHING: &str = "width=11999,height=11999,fit=aspect-crop,gravity=0.1234x0.1234,\
trim.left=0.1234,trim.right=0.1234,trim.top=0.1234,trim.bottom=0.1234,flip=h,rotate=270,\
background=ffffff80,border=1000;1000;1000;1000,border.color=ffffff80,blur=249.1234,\
sharpen=9.1234,brightness=9.1234,contrast=9.1234,saturation=9.1234,gamma=9.1234,\
metadata=none,anim=false,draw=OVERLAY,draw2=OVERLAY,draw3=OVERLAY,draw4=OVERLAY,\
format=baseline-jpeg,quality=100,slow-connection-quality=99,compression=fast,onerror=redirect";

const OVERLAY: &str = "width:11999;height:11999;fit:aspect-crop;gravity:0.1234x0.1234;\
opacity:0.1234;repeat:true;right:11999;bottom:11999;background:ffffff80;rotate:270";

#[test]
fn the_longest_recipe_is_within_the_limits() {
    let name = "n".repeat(64);
    let overlay = format!("{name}~{name}~{name};{OVERLAY}");
    let text = EVERYTHING.replace("OVERLAY", &overlay);
    let recipe = Recipe::parse(&text).unwrap();
    assert_eq!(recipe.canonical(), text);
    assert!((1_800..=MOST_TEXT).contains(&text.len()), "{}", text.len());
}

fn refusal(text: &str) -> String {
    match Recipe::parse(text) {
        Ok(recipe) => panic!("{text} was taken as {recipe}"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn a_refusal_says_what_to_change() {
    for (given, told) in [
        ("", "at least one"),
        (",", "has no value"),
        ("width=640,", "has no value"),
        ("width", "\"width\" has no value"),
        ("width=", "width cannot be \"\""),
        ("=640", "\"\" is not an option"),
        ("widht=640", "did you mean \"width\""),
        ("Width=640", "did you mean \"width\""),
        ("segment=foreground", "is not an option"),
        ("width=640,w=320", "width is given twice"),
        ("quality=1,q=1", "quality is given twice"),
        ("border=1,border.width=1", "border is given twice"),
        ("width=0", "from 1 to 12000, or auto"),
        ("width=12001", "from 1 to 12000"),
        ("width=-1", "from 1 to 12000"),
        ("width=640.5", "whole number"),
        ("width=640px", "\"640px\""),
        ("width= 640", "\" 640\""),
        ("width=99999999999999999999", "whole number"),
        ("height=auto", "height cannot be \"auto\""),
        ("dpr=0", "0.1 to 3"),
        ("dpr=3.1", "0.1 to 3"),
        ("width=12000,dpr=2", "width times dpr is more than 12000"),
        ("border=900,dpr=2", "border.top times dpr is more than 1000"),
        ("draw=a~b~c;left:9000,dpr=2", "draw times dpr"),
        ("width=auto,dpr=2", "drop dpr"),
        ("fit=fill", "scale-down, contain"),
        ("gravity=side", "auto, face, center"),
        ("gravity=0.5", "0.5x0.33"),
        ("gravity=1.1x0", "each from 0 to 1"),
        ("gravity=0.5X0.5", "0.5x0.33"),
        ("zoom=2", "from 0 to 1"),
        ("quality=0", "from 1 to 100"),
        ("quality=101", "from 1 to 100"),
        ("quality=best", "high, medium-high"),
        ("scq=0", "slow-connection-quality cannot be"),
        ("format=heic", "auto, json, jpeg"),
        ("format=tiff", "auto, json, jpeg"),
        ("compression=slow", "write fast"),
        ("onerror=ignore", "write redirect"),
        ("metadata=all", "copyright, keep and none"),
        ("anim=0", "true or false"),
        ("rotate=45", "0, 90, 180 and 270"),
        ("rotate=-90", "0, 90, 180 and 270"),
        ("flip=x", "h, v and hv"),
        ("background=octarine", "a CSS name"),
        ("background=rgb(240,40,145)", "a CSS name"),
        ("background=%2", "percent-encoded"),
        ("background=%zz", "percent-encoded"),
        ("background=%ff", "percent-encoded"),
        ("blur=0.5", "from 1 to 250"),
        ("blur=251", "from 1 to 250"),
        ("sharpen=11", "from 0 to 10"),
        ("brightness=-1", "from 0 to 10"),
        ("brightness=1e3", "from 0 to 10"),
        ("gamma=NaN", "from 0 to 10"),
        ("trim=1;2;3", "top;right;bottom;left"),
        ("trim=1,2,3,4", "top;right;bottom;left"),
        ("trim=border,trim.left=1", "cannot both be given"),
        ("trim=1;2;3;4,trim.left=1", "cannot both be given"),
        (
            "trim.right=1,trim.width=1",
            "trim.right and trim.width cannot both",
        ),
        ("trim.left=0.5,trim.right=0.5", "leave some of the picture"),
        ("trim.width=0", "trim.width cannot be"),
        ("trim.left=1.5", "trim.left cannot be"),
        ("trim.border.tolerance=256", "from 0 to 255"),
        ("border=1001", "from 0 to 1000"),
        ("border=1;2", "top;right;bottom;left"),
        ("draw=https://example.com/logo.png", "creator~drop~file"),
        ("draw=alice/drop-7/logo.png", "creator~drop~file"),
        ("draw=alice~..~logo.png", "creator~drop~file"),
        ("draw=a~b~c;left:1;right:1", "left:5|right:5"),
        ("draw=a~b~c;top:1;top:1", "top:5|bottom:5"),
        ("draw=a~b~c;opacity:2", "opacity:0.5"),
        ("draw=a~b~c;repeat:z", "repeat:true|x|y"),
        ("draw=a~b~c;colour:red", "creator~drop~file"),
        ("draw5=a~b~c", "did you mean \"draw\""),
        ("preset=card", "such as card@2"),
        ("card@0", "such as card@2"),
        ("card@2", "there is no preset \"card@2\""),
        ("card%402", "there is no preset \"card@2\""),
        ("card@2,preset=card@2", "preset is given twice"),
    ] {
        let told_in_fact = refusal(given);
        assert!(told_in_fact.contains(told), "{given}: {told_in_fact}");
        assert!(told_in_fact.len() < 400, "{given}: {told_in_fact}");
    }
}

#[test]
fn the_text_is_bounded() {
    let long = format!("width=640,background={}", "a".repeat(MOST_TEXT));
    assert!(matches!(
        Recipe::parse(&long),
        Err(RecipeError::TooLong { .. })
    ));
    let many = EVERYTHING
        .replace("OVERLAY", "a~b~c")
        .replace("border=", "border.top=1,border.left=1,dpr=1,border=");
    assert_eq!(
        Recipe::parse(&many),
        Err(RecipeError::TooMany { most: MOST_OPTIONS })
    );
    let long_value = refusal(&format!("width={}", "é".repeat(1000)));
    assert!(long_value.chars().count() < 160, "{long_value}");
}
