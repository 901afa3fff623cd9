//! The names of things: `creator/drop/file`, and nothing else is a path.

use std::fmt;

/// Why a name was refused. The text is fit for a problem's `detail`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathError {
    /// A path must have exactly three parts.
    Parts(usize),
    /// A part does not match `[a-z0-9][a-z0-9._-]{0,63}`.
    Part(String),
    /// A creator's name holds a dot or is a TUF top-level role.
    Creator(String),
}

impl fmt::Display for PathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Parts(found) => write!(
                f,
                "a path is creator/drop/file, three parts; this one has {found}"
            ),
            Self::Part(part) => write!(
                f,
                "{part:?} is not a name: use 1 to 64 of a-z, 0-9, '.', '_' and '-', starting with a letter or digit"
            ),
            Self::Creator(name) => write!(
                f,
                "{name:?} cannot be a creator: a creator's name has no dot and is not root, timestamp, snapshot or targets"
            ),
        }
    }
}

impl std::error::Error for PathError {}

/// One part of a path: `[a-z0-9][a-z0-9._-]{0,63}`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(String);

impl Name {
    /// Parses one part.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        let first_is_good = text
            .as_bytes()
            .first()
            .is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        let rest_is_good = text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b));
        if first_is_good && rest_is_good && text.len() <= 64 {
            Ok(Self(text.to_owned()))
        } else {
            Err(PathError::Part(text.chars().take(80).collect()))
        }
    }

    /// Parses a creator's name, which besides has no dot: the role of a drop is
    /// `creator.drop`, and the first dot must say where the creator ends.
    pub fn parse_creator(text: &str) -> Result<Self, PathError> {
        let name = Self::parse(text)?;
        let reserved = ["root", "timestamp", "snapshot", "targets"].contains(&text);
        if reserved || text.contains('.') {
            return Err(PathError::Creator(name.0));
        }
        Ok(name)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A drop: `creator/drop`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DropPath {
    /// Who publishes it.
    pub creator: Name,
    /// Its name with that creator.
    pub drop: Name,
}

impl DropPath {
    /// Builds one from its two names.
    pub fn new(creator: &str, drop: &str) -> Result<Self, PathError> {
        Ok(Self {
            creator: Name::parse_creator(creator)?,
            drop: Name::parse(drop)?,
        })
    }

    /// Parses `creator/drop`.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        match text.split_once('/') {
            Some((creator, drop)) => Self::new(creator, drop),
            None => Err(PathError::Parts(1)),
        }
    }

    /// Reads the name of a drop's TUF role, `creator.drop`: the first dot says
    /// where the creator ends. `None` when it is no such name.
    #[must_use]
    pub fn from_role(role: &str) -> Option<Self> {
        let (creator, drop) = role.split_once('.')?;
        Self::new(creator, drop).ok()
    }

    /// The TUF role that signs the drop's manifest: `creator.drop`.
    #[must_use]
    pub fn role(&self) -> String {
        format!("{}.{}", self.creator, self.drop)
    }
}

impl fmt::Display for DropPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.creator, self.drop)
    }
}

/// A file: `creator/drop/file`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TargetPath {
    /// The drop it belongs to.
    pub drop: DropPath,
    /// Its name in that drop.
    pub file: Name,
}

impl TargetPath {
    /// Builds one from its three names.
    pub fn new(creator: &str, drop: &str, file: &str) -> Result<Self, PathError> {
        Ok(Self {
            drop: DropPath::new(creator, drop)?,
            file: Name::parse(file)?,
        })
    }

    /// Parses `creator/drop/file`.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        let parts: Vec<&str> = text.split('/').collect();
        match parts.as_slice() {
            &[creator, drop, file] => Self::new(creator, drop, file),
            other => Err(PathError::Parts(other.len())),
        }
    }
}

impl fmt::Display for TargetPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.drop, self.file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_one_spelling() {
        let path = TargetPath::parse("alice/drop-7/cover.jpg").unwrap();
        assert_eq!(path.to_string(), "alice/drop-7/cover.jpg");
        assert_eq!(path.drop.role(), "alice.drop-7");
        for bad in [
            "",
            "a",
            "a/b",
            "a/b/c/d",
            "a//c",
            "a/../c",
            "A/b/c",
            "a/b/c%2f",
            "a/b/.c",
            "a/b/ c",
            "a.b/c/d",
            "targets/b/c",
            "a/b/é",
        ] {
            assert!(TargetPath::parse(bad).is_err(), "{bad:?} was taken");
        }
        assert!(Name::parse(&"a".repeat(64)).is_ok());
        assert!(Name::parse(&"a".repeat(65)).is_err());
    }
}
