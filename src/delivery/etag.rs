//! Entity tags (RFC 9110 section 8.8.3): ours, and the lists clients send.

use std::fmt;

use crate::trust::Sha256;

/// How many tags one field may list. A cache sends the few variants it holds;
/// a longer list matches nothing, like a malformed one.
pub const MAX_TAGS: usize = 64;

/// A strong entity tag of our own making: a SHA-256 in hexadecimal, with a
/// prefix where the same digest could stand for something else.
///
/// It is strong because it is a digest of the representation's bytes, or of
/// everything that determines them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntityTag(String);

impl EntityTag {
    /// The tag of the bytes with this digest.
    #[must_use]
    pub fn of_bytes(digest: &Sha256) -> Self {
        Self(digest.to_hex())
    }

    /// The tag of a ZIP whose layout has this digest.
    #[must_use]
    pub(super) fn of_zip(digest: &Sha256) -> Self {
        Self(format!("zip-{digest}"))
    }

    /// The strong comparison with a tag a client sent.
    fn equals_strongly(&self, other: &ReceivedTag) -> bool {
        !other.weak && other.opaque == self.0
    }

    /// The weak comparison: `W/` makes no difference.
    fn equals_weakly(&self, other: &ReceivedTag) -> bool {
        other.opaque == self.0
    }

    /// Whether `field`, the value of `If-Match`, names this tag.
    #[must_use]
    pub fn satisfies_if_match(&self, field: &str) -> bool {
        TagList::parse(field).any(|tag| self.equals_strongly(tag))
    }

    /// Whether `field`, the value of `If-None-Match`, names this tag.
    #[must_use]
    pub fn is_listed_in_if_none_match(&self, field: &str) -> bool {
        TagList::parse(field).any(|tag| self.equals_weakly(tag))
    }

    /// Whether `field`, the value of `If-Range`, is exactly this tag.
    #[must_use]
    pub fn satisfies_if_range(&self, field: &str) -> bool {
        match ReceivedTag::parse(field) {
            Some((tag, "")) => self.equals_strongly(&tag),
            _ => false,
        }
    }
}

impl fmt::Display for EntityTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0)
    }
}

/// An entity tag as a client wrote it.
struct ReceivedTag<'a> {
    weak: bool,
    opaque: &'a str,
}

impl<'a> ReceivedTag<'a> {
    /// `[ "W/" ] DQUOTE *etagc DQUOTE`, and what follows it.
    fn parse(text: &'a str) -> Option<(Self, &'a str)> {
        let (weak, quoted) = match text.strip_prefix("W/") {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (opaque, rest) = quoted.strip_prefix('"')?.split_once('"')?;
        // `etagc`: visible characters but the double quote, and obs-text.
        let good = opaque.chars().all(|c| c > ' ' && c != '\u{7f}');
        good.then_some((Self { weak, opaque }, rest))
    }
}

/// The value of `If-Match` or `If-None-Match`.
enum TagList<'a> {
    /// `*`: any current representation.
    Any,
    /// The tags listed; none if the field is malformed, so that a condition
    /// that cannot be read is one that does not match.
    Tags(Vec<ReceivedTag<'a>>),
}

impl<'a> TagList<'a> {
    fn parse(field: &'a str) -> Self {
        if trim_ows(field) == "*" {
            return Self::Any;
        }
        Self::Tags(Self::parse_tags(field).unwrap_or_default())
    }

    /// A comma may stand inside a tag, so the list cannot be split at commas.
    fn parse_tags(field: &'a str) -> Option<Vec<ReceivedTag<'a>>> {
        let mut tags = Vec::new();
        let mut rest = trim_list(field);
        while !rest.is_empty() {
            let (tag, after) = ReceivedTag::parse(rest)?;
            tags.push(tag);
            let after = after.trim_start_matches([' ', '\t']);
            if tags.len() > MAX_TAGS || !(after.is_empty() || after.starts_with(',')) {
                return None;
            }
            rest = trim_list(after);
        }
        Some(tags)
    }

    fn any(&self, matches: impl Fn(&ReceivedTag) -> bool) -> bool {
        match self {
            Self::Any => true,
            Self::Tags(tags) => tags.iter().any(matches),
        }
    }
}

fn trim_ows(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
}

/// Skips whitespace and empty list elements.
fn trim_list(text: &str) -> &str {
    text.trim_start_matches([' ', '\t', ','])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tag(opaque: &str) -> EntityTag {
        EntityTag(opaque.to_owned())
    }

    /// The table of RFC 9110 section 8.8.3.2, with our tag on one side (ours
    /// is always strong).
    #[test]
    fn strong_and_weak_comparison() {
        for (received, strong, weak) in [
            ("W/\"1\"", false, true),
            ("W/\"2\"", false, false),
            ("\"1\"", true, true),
            ("\"2\"", false, false),
        ] {
            assert_eq!(tag("1").satisfies_if_match(received), strong, "{received}");
            assert_eq!(tag("1").satisfies_if_range(received), strong, "{received}");
            assert_eq!(
                tag("1").is_listed_in_if_none_match(received),
                weak,
                "{received}"
            );
        }
    }

    #[test]
    fn lists_as_section_13_1_writes_them() {
        for field in [
            "\"xyzzy\", \"r2d2xxxx\", \"c3piozzzz\"",
            "\"a\",\"r2d2xxxx\"",
            " , ,\"a\" ,\t\"r2d2xxxx\" ,",
            "\"a,b\", \"r2d2xxxx\"",
            "*",
            " * ",
        ] {
            assert!(tag("r2d2xxxx").satisfies_if_match(field), "{field}");
        }
        assert!(tag("a,b").satisfies_if_match("\"a,b\""));
    }

    #[test]
    fn a_malformed_list_matches_nothing() {
        for field in [
            "",
            "a",
            "\"a",
            "a\"",
            "\"a\" \"a\"",
            "\"a\"x",
            "w/\"a\"",
            "W/ \"a\"",
            "'a'",
            "\"a\", b",
            "*, \"a\"",
            "\"a\", *",
            "\"a\";x=1",
        ] {
            assert!(!tag("a").satisfies_if_match(field), "{field}");
            assert!(!tag("a").is_listed_in_if_none_match(field), "{field}");
        }
        assert!(!tag("a b").satisfies_if_match("\"a b\""));
        assert!(!tag("a").satisfies_if_range("\"a\", \"a\""));
        assert!(!tag("a").satisfies_if_range("*"));
        let long = "\"b\",".repeat(MAX_TAGS) + "\"a\"";
        assert!(!tag("a").satisfies_if_match(&long));
    }

    #[test]
    fn ours_is_quoted_and_names_the_bytes() {
        let digest = Sha256::of(b"abc");
        assert_eq!(
            EntityTag::of_bytes(&digest).to_string(),
            format!("\"{digest}\"")
        );
        assert_ne!(EntityTag::of_bytes(&digest), EntityTag::of_zip(&digest));
    }

    proptest! {
        #[test]
        fn any_text_is_taken_without_a_panic(field in "\\PC{0,40}") {
            let _ = tag("a").satisfies_if_match(&field);
            let _ = tag("a").satisfies_if_range(&field);
        }
    }
}
