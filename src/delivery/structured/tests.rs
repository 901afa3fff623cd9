use proptest::prelude::*;

use super::*;

fn integers(text: &str) -> Option<Vec<(&str, Option<i64>)>> {
    let plain = |value| match value {
        Value::Integer(number) => Some(number),
        Value::Other => None,
    };
    Some(
        dictionary(text)?
            .into_iter()
            .map(|(key, value)| (key, plain(value)))
            .collect(),
    )
}

/// Examples of RFC 9651 section 3.2, and one of every type.
#[test]
fn dictionaries_of_every_type() {
    for (text, want) in [
        ("", vec![]),
        ("  ", vec![]),
        (
            "en=\"Applepie\", da=:w4ZibGV0w6ZydGU=:",
            vec![("en", None), ("da", None)],
        ),
        (
            "a=?0, b, c; foo=bar",
            vec![("a", None), ("b", None), ("c", None)],
        ),
        (
            "rating=1.5, feelings=(joy sadness)",
            vec![("rating", None), ("feelings", None)],
        ),
        (
            "a=(1 2), b=3, c=4;aa=bb, d=(5 6);valid",
            vec![("a", None), ("b", Some(3)), ("c", Some(4)), ("d", None)],
        ),
        ("foo=1, bar=2", vec![("foo", Some(1)), ("bar", Some(2))]),
        ("a=1\t,\t b=-2 ", vec![("a", Some(1)), ("b", Some(-2))]),
        ("a=1,a=2", vec![("a", Some(2))]),
        (
            "d=@1659578233, s=%\"f%c3%bc\\\", t=*a/b:c",
            vec![("d", None), ("s", None), ("t", None)],
        ),
        ("s=\"q\\\"\\\\\", u=()", vec![("s", None), ("u", None)]),
        (
            "*x-1.a_b=999999999999999",
            vec![("*x-1.a_b", Some(999_999_999_999_999))],
        ),
    ] {
        assert_eq!(integers(text), Some(want), "{text}");
    }
}

#[test]
fn a_malformed_member_spoils_the_field() {
    for text in [
        "A=1",
        "1=1",
        "a=",
        "a=1,",
        "a=1 b=2",
        "a=1,,b=2",
        ",a=1",
        "a = 1",
        "a=1;",
        "a=1;B",
        "a=--1",
        "a=-",
        "a=1.",
        "a=1.2345",
        "a=1234567890123.1",
        "a=1000000000000000",
        "a=\"x",
        "a=\"\\x\"",
        "a=\"\u{e9}\"",
        "a=:x",
        "a=?2",
        "a=?",
        "a=@1.5",
        "a=@",
        "a=%x",
        "a=%\"%C3\"",
        "a=%\"%c\"",
        "a=(1",
        "a=(1,2)",
        "a=(1\"x\")",
        "a=\u{e9}",
        "\ta=1",
    ] {
        assert_eq!(dictionary(text), None, "{text}");
    }
    let many: Vec<String> = (0..=MAX_MEMBERS).map(|n| format!("a{n}=1")).collect();
    assert_eq!(dictionary(&many.join(",")), None);
}

proptest! {
    #[test]
    fn any_text_is_taken_without_a_panic(text in "[a=1.\"\\\\:?@%();, é*-]{0,30}|\\PC{0,30}") {
        let _ = dictionary(&text);
    }
}
