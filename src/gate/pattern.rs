//! What a grant opens: `alice/drop-7/*`, `alice/*` or one exact file.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::trust::{DropPath, Name, PathError, TargetPath};

/// A parsed entry of the claim `paths`. Its parts are [`Name`]s, as are those of
/// the path it is matched with, so that both sides are in canonical form and
/// `..`, `%2f`, `//` or upper case cannot make them meet by accident.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pattern {
    /// `alice/*`: every drop of a creator, future ones too.
    Creator(Name),
    /// `alice/drop-7/*`: every file of a drop.
    Drop(DropPath),
    /// `alice/drop-7/master.zip`.
    File(TargetPath),
}

impl Pattern {
    /// Parses a pattern. One leading slash is dropped, since many back ends
    /// write URL paths; `alice/*/*` is TUF's spelling of `alice/*`.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        let text = text.strip_prefix('/').unwrap_or(text);
        let parts: Vec<&str> = text.splitn(5, '/').collect();
        match *parts.as_slice() {
            [creator, "*"] | [creator, "*", "*"] => Name::parse_creator(creator).map(Self::Creator),
            [creator, drop, "*"] => DropPath::new(creator, drop).map(Self::Drop),
            [creator, drop, file] => TargetPath::new(creator, drop, file).map(Self::File),
            _ => Err(PathError::Parts(parts.len())),
        }
    }

    /// Whether the file is covered.
    #[must_use]
    pub fn covers(&self, path: &TargetPath) -> bool {
        match self {
            Self::Creator(creator) => path.drop.creator == *creator,
            Self::Drop(drop) => path.drop == *drop,
            Self::File(file) => path == file,
        }
    }

    /// Whether every file of the drop is covered, as its ZIP needs.
    #[must_use]
    pub fn covers_drop(&self, drop: &DropPath) -> bool {
        match self {
            Self::Creator(creator) => drop.creator == *creator,
            Self::Drop(own) => own == drop,
            Self::File(_) => false,
        }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Creator(creator) => write!(f, "{creator}/*"),
            Self::Drop(drop) => write!(f, "{drop}/*"),
            Self::File(file) => file.fmt(f),
        }
    }
}

impl Serialize for Pattern {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_cover_what_they_say() {
        let path = TargetPath::parse("alice/drop-7/master.zip").unwrap();
        for (text, covers, whole) in [
            ("alice/*", true, true),
            ("/alice/*", true, true),
            ("alice/*/*", true, true),
            ("alice/drop-7/*", true, true),
            ("alice/drop-7/master.zip", true, false),
            ("alice/drop-7/cover.jpg", false, false),
            ("alice/drop-70/*", false, false),
            ("alice/drop/*", false, false),
            ("alic/*", false, false),
            ("alicea/*", false, false),
            ("bob/*", false, false),
        ] {
            let pattern = Pattern::parse(text).unwrap();
            assert_eq!(pattern.covers(&path), covers, "{text}");
            assert_eq!(pattern.covers_drop(&path.drop), whole, "{text}");
            assert_eq!(Pattern::parse(&pattern.to_string()), Ok(pattern));
        }
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        for text in [
            "",
            "*",
            "/",
            "*/*",
            "*/*/*",
            "*/drop-7/*",
            "alice",
            "alice/drop-7",
            "alice/dr*/x",
            "alice/drop-7/*.jpg",
            "alice/../bob/*",
            "alice/drop-7/../x",
            "alice//x",
            "//alice/*",
            "Alice/*",
            "alice/drop-7/*/",
            "alice/drop%2d7/*",
            "alice/drop-7/x?y",
            "alice.x/*",
            "alice/*/master.zip",
            "alice/**",
            "targets/*",
            "a/b/c/d/e/f/g",
        ] {
            assert!(Pattern::parse(text).is_err(), "{text:?} was taken");
        }
    }
}
