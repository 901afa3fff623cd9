//! What can be wrong with a picture, and whose fault it was.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Why there is no derivative.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum MediaError {
    /// The first bytes belong to no picture format this engine knows. The file is to blame.
    NotAnImage,
    /// The format is known and this kind of it is not taken. The file is to blame.
    Unsupported(&'static str),
    /// The source or what was asked of it is larger than allowed. The request is to blame.
    TooLarge {
        /// What is too large: `pixels`, `bytes of memory`, ...
        what: &'static str,
        /// How much it would be.
        actual: u64,
        /// How much is allowed.
        limit: u64,
    },
    /// The file ends too early.
    Truncated,
    /// The file contradicts its own format.
    Damaged(&'static str),
    /// The request makes no sense for this picture, such as a trim that leaves nothing.
    Impossible(&'static str),
    /// A library refused what it should have taken. The engine is to blame.
    Internal(&'static str),
}

impl fmt::Display for MediaError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAnImage => {
                out.write_str("The file is not a picture in JPEG, PNG, WebP or GIF format.")
            }
            Self::Unsupported(what) => {
                write!(out, "The picture cannot be read: {what} is not supported.")
            }
            Self::TooLarge {
                what,
                actual,
                limit,
            } => {
                write!(
                    out,
                    "The picture needs {actual} {what}; the limit is {limit}."
                )
            }
            Self::Truncated => out.write_str("The picture file ends before the picture does."),
            Self::Damaged(what) => write!(out, "The picture file is damaged: {what}."),
            Self::Impossible(what) => write!(out, "The picture cannot be made this way: {what}."),
            Self::Internal(what) => write!(out, "The picture could not be made: {what}."),
        }
    }
}

impl std::error::Error for MediaError {}

/// Whose fault it was, in five words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Class {
    /// The file is no picture this engine reads.
    NotAPicture,
    /// The source, or what was asked of it, is larger than allowed.
    TooLarge,
    /// The file is cut short or contradicts its own format.
    Damaged,
    /// What was asked makes no sense for this picture.
    Impossible,
    /// The engine is to blame.
    Failed,
}

/// An error as it crosses the border of a module: what it comes to, and its words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// Whose fault it was.
    pub class: Class,
    /// A sentence for whoever asked.
    pub detail: String,
}

impl From<MediaError> for Refusal {
    fn from(error: MediaError) -> Self {
        Self {
            class: match error {
                MediaError::NotAnImage | MediaError::Unsupported(_) => Class::NotAPicture,
                MediaError::TooLarge { .. } => Class::TooLarge,
                MediaError::Truncated | MediaError::Damaged(_) => Class::Damaged,
                MediaError::Impossible(_) => Class::Impossible,
                MediaError::Internal(_) => Class::Failed,
            },
            detail: error.to_string(),
        }
    }
}
