//! Recipes with a name: `card@2` in place of a line of options.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};

use super::recipe::{Policy, RawRecipe, RecipeError};

/// Larger than any book an operator writes by hand; a worker variable holds
/// 5 kB, a drop's manifest a little more.
const MOST_BYTES: usize = 64 * 1024;

/// Each preset multiplies the derivatives a file can have without a signature.
const MOST_PRESETS: usize = 64;

/// A longer time than a year is a typo.
const LONGEST_TTL: u32 = 366 * 86_400;

/// The name and the version of a preset: `card@2`. The version is part of the
/// name so that a page keeps the picture it was designed with. Without one it is
/// the version that a drop pins, or else the newest.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PresetName(String);

impl PresetName {
    /// Parses `name@version`: `[a-z0-9][a-z0-9_-]{0,31}`, and a number from 1
    /// to 9999 without leading zeros.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::parse_any(text).filter(|name| name.version().is_some())
    }

    /// Parses a name with a version or without one.
    #[must_use]
    pub fn parse_any(text: &str) -> Option<Self> {
        let (name, version) = text.split_once('@').unwrap_or((text, "1"));
        let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let named = name.bytes().next().is_some_and(is_letter)
            && name.len() <= 32
            && name
                .bytes()
                .all(|byte| is_letter(byte) || b"_-".contains(&byte));
        let versioned = (1..=4).contains(&version.len())
            && version.bytes().all(|byte| byte.is_ascii_digit())
            && !version.starts_with('0');
        (named && versioned).then(|| Self(text.to_owned()))
    }

    /// The name alone.
    fn stem(&self) -> &str {
        self.0.split('@').next().unwrap_or_default()
    }

    fn version(&self) -> Option<u32> {
        self.0.split_once('@')?.1.parse().ok()
    }
}

impl fmt::Display for PresetName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a book of presets was refused: the operator's (or the creator's) slip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PresetError {
    /// The text is longer than a book may be.
    TooLong,
    /// The text is not JSON of the right shape.
    Json(String),
    /// There are more presets than a book may hold.
    TooMany,
    /// A name is not `name@version`.
    Name(String),
    /// A name is defined twice.
    Twice(String),
    /// A time to live is zero or longer than a year.
    Ttl(String),
    /// A preset names another preset.
    Nested(String),
    /// The options of a preset are not a recipe.
    Recipe(String, RecipeError),
}

impl fmt::Display for PresetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong => write!(f, "the presets are longer than {MOST_BYTES} bytes"),
            Self::Json(why) => write!(
                f,
                "the presets are not JSON of the form {{\"card@2\": \"width=320,fit=cover\"}}: {why}"
            ),
            Self::TooMany => write!(f, "there are more than {MOST_PRESETS} presets"),
            Self::Name(name) => write!(
                f,
                "{name:?} is not a preset's name: write a name and a version, such as card@2"
            ),
            Self::Twice(name) => write!(f, "the preset {name} is defined twice"),
            Self::Ttl(name) => write!(
                f,
                "the ttl of the preset {name} is not a number of seconds from 1 to {LONGEST_TTL}"
            ),
            Self::Nested(name) => write!(
                f,
                "the preset {name} names another preset: write its options out"
            ),
            Self::Recipe(name, error) => write!(f, "the preset {name} is no recipe: {error}"),
        }
    }
}

impl std::error::Error for PresetError {}

/// The presets of a marketplace or of a drop, every one known to be a recipe.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PresetBook {
    presets: BTreeMap<PresetName, Preset>,
    /// Which version a name without one means.
    pins: BTreeMap<PresetName, PresetName>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Preset {
    raw: RawRecipe,
    ttl: Option<u32>,
}

impl PresetBook {
    /// Parses the worker's variable `PRESETS` or the same member of a drop's
    /// manifest: an object of options by name, or of `{"options": "...", "ttl":
    /// 86400}` to say for how many seconds the picture is kept. `"card": "card@2"`
    /// pins the version that `preset=card` means.
    pub fn parse(json: &str) -> Result<Self, PresetError> {
        if json.len() > MOST_BYTES {
            return Err(PresetError::TooLong);
        }
        let entries: Entries =
            serde_json::from_str(json).map_err(|error| PresetError::Json(error.to_string()))?;
        if entries.0.len() > MOST_PRESETS {
            return Err(PresetError::TooMany);
        }
        let mut book = Self::default();
        for (name, entry) in entries.0 {
            let refused = || PresetError::Name(RecipeError::shown(&name));
            let parsed = PresetName::parse_any(&name).ok_or_else(refused)?;
            let is_new = if parsed.version().is_some() {
                let preset = Preset::new(&name, entry)?;
                book.presets.insert(parsed, preset).is_none()
            } else {
                let version = entry.pinned(&parsed).ok_or_else(refused)?;
                book.pins.insert(parsed, version).is_none()
            };
            if !is_new {
                return Err(PresetError::Twice(name));
            }
        }
        Ok(book)
    }

    /// The preset that a name means, with its version.
    #[must_use]
    pub fn meant(&self, name: &PresetName) -> Option<&PresetName> {
        let known = |name| Some(self.presets.get_key_value(name)?.0);
        if name.version().is_some() {
            return known(name);
        }
        if let Some(version) = self.pins.get(name) {
            return known(version);
        }
        let versions = self.presets.keys();
        versions
            .filter(|known| known.stem() == name.stem())
            .max_by_key(|known| known.version())
    }

    /// The options of a preset.
    pub(crate) fn get(&self, name: &PresetName) -> Option<&RawRecipe> {
        Some(&self.presets.get(self.meant(name)?)?.raw)
    }

    /// For how many seconds a picture of this preset is good.
    #[must_use]
    pub fn ttl(&self, name: &PresetName) -> Option<u32> {
        self.presets.get(self.meant(name)?)?.ttl
    }

    /// These presets and, where they do not define a name, those of `base`: a
    /// drop's own before the marketplace's.
    #[must_use]
    pub fn over(&self, base: &Self) -> Self {
        let mut both = base.clone();
        both.presets.extend(self.presets.clone());
        both.pins.extend(self.pins.clone());
        both
    }

    /// The names that are defined, sorted.
    pub fn names(&self) -> impl Iterator<Item = &PresetName> {
        self.presets.keys()
    }
}

impl Preset {
    fn new(name: &str, entry: Entry) -> Result<Self, PresetError> {
        let (options, ttl) = match entry {
            Entry::Options(options) => (options, None),
            Entry::Full { options, ttl } => (options, ttl),
        };
        let refused = |error| PresetError::Recipe(name.to_owned(), error);
        let raw = RawRecipe::parse(&options).map_err(refused)?;
        if raw.preset().is_some() {
            return Err(PresetError::Nested(name.to_owned()));
        }
        raw.resolve(&PresetBook::default(), Policy::Signed)
            .map_err(refused)?;
        match ttl {
            Some(ttl) if !(1..=LONGEST_TTL).contains(&ttl) => {
                Err(PresetError::Ttl(name.to_owned()))
            }
            ttl => Ok(Self { raw, ttl }),
        }
    }
}

/// A preset as JSON has it.
#[derive(serde::Deserialize)]
#[serde(untagged, deny_unknown_fields)]
enum Entry {
    Options(String),
    Full { options: String, ttl: Option<u32> },
}

impl Entry {
    /// The version it pins a name to.
    fn pinned(&self, name: &PresetName) -> Option<PresetName> {
        match self {
            Self::Options(options) => {
                PresetName::parse(options).filter(|version| version.stem() == name.stem())
            }
            Self::Full { .. } => None,
        }
    }
}

/// The object as a list, so that a name given twice is seen.
struct Entries(Vec<(String, Entry)>);

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Entries;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of presets by name")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries, A::Error> {
                let mut entries = Vec::new();
                while let Some(name) = map.next_key::<String>()? {
                    let entry = map.next_value().map_err(|_| {
                        A::Error::custom(
                            "a preset is a line of options, or an object of options and ttl",
                        )
                    })?;
                    entries.push((name, entry));
                }
                Ok(Entries(entries))
            }
        }

        deserializer.deserialize_map(Object)
    }
}

#[cfg(test)]
mod tests;
