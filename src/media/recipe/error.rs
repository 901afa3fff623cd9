//! Why a recipe was refused. All of these are the caller's to mend.

use std::fmt;

/// No more of a refused value than this is repeated: it is an answer, not an echo.
const SHOWN: usize = 60;

/// Why a recipe was refused. Each names the option, what was given and what to
/// write instead; the text is fit for a problem's `detail`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecipeError {
    /// The options hold nothing.
    Empty,
    /// The text is longer than it may be.
    TooLong {
        /// Its length in bytes.
        found: usize,
        /// The longest that is taken.
        most: usize,
    },
    /// More options than a recipe may have.
    TooMany {
        /// The most that are taken.
        most: usize,
    },
    /// A `%` is not followed by two hexadecimal digits, or the bytes it spells
    /// are not UTF-8.
    Escape {
        /// The part of the text it is in.
        given: String,
    },
    /// A name with no `=value`, and not a preset.
    NoValue {
        /// What was given.
        given: String,
    },
    /// No option has this name.
    Unknown {
        /// What was given.
        given: String,
        /// The option it looks like.
        meant: Option<&'static str>,
    },
    /// An option, or an option and its short form, is given twice.
    Twice {
        /// The option.
        option: &'static str,
    },
    /// The value is not one the option takes.
    Value {
        /// The option.
        option: &'static str,
        /// What was given.
        given: String,
        /// What to write.
        expected: &'static str,
    },
    /// Two options that cannot both be had.
    Conflict {
        /// One of them.
        option: &'static str,
        /// The other.
        other: &'static str,
        /// What to write.
        instead: &'static str,
    },
    /// The device pixel ratio carries a length past its limit.
    Scaled {
        /// The option that holds the length.
        option: &'static str,
        /// The most pixels it may come to.
        most: u32,
    },
    /// This marketplace has no preset of that name and version.
    Preset {
        /// What was given.
        given: String,
    },
    /// The option is only taken from a signed URL or a preset.
    Unsigned {
        /// The option.
        option: &'static str,
        /// What may be written without a signature.
        allowed: &'static str,
    },
}

impl RecipeError {
    /// Cuts what was given to what may be repeated.
    pub(crate) fn shown(given: &str) -> String {
        given.chars().take(SHOWN).collect()
    }
}

impl fmt::Display for RecipeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str(
                "no options are given: write at least one, such as width=640,format=auto",
            ),
            Self::TooLong { found, most } => write!(
                f,
                "the options are {found} bytes long: write at most {most}, or define a preset"
            ),
            Self::TooMany { most } => {
                write!(f, "there are more options than {most}: define a preset")
            }
            Self::Escape { given } => write!(
                f,
                "{given:?} is not percent-encoded UTF-8: write % as %25, and each byte as %XX"
            ),
            Self::NoValue { given } => write!(
                f,
                "{given:?} has no value: write name=value, or a preset as name@version"
            ),
            Self::Unknown {
                given,
                meant: Some(meant),
            } => write!(
                f,
                "{given:?} is not an option: did you mean {meant:?}? (a comma inside a value is written %2C)"
            ),
            Self::Unknown { given, meant: None } => write!(
                f,
                "{given:?} is not an option: write one of width, height, fit, quality, format and the others of the documentation (a comma inside a value is written %2C)"
            ),
            Self::Twice { option } => {
                write!(f, "{option} is given twice: write it once")
            }
            Self::Value {
                option,
                given,
                expected,
            } => write!(f, "{option} cannot be {given:?}: write {expected}"),
            Self::Conflict {
                option,
                other,
                instead,
            } => write!(f, "{option} and {other} cannot both be given: {instead}"),
            Self::Scaled { option, most } => write!(
                f,
                "{option} times dpr is more than {most} pixels: write a smaller {option} or dpr"
            ),
            Self::Preset { given } => write!(
                f,
                "there is no preset {given:?}: write the name and version of one that is defined, such as card@2"
            ),
            Self::Unsigned { option, allowed } => {
                write!(f, "{option} needs a signed URL or a preset here: {allowed}")
            }
        }
    }
}

impl std::error::Error for RecipeError {}
