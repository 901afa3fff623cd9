//! What can be wrong with a picture, and whose fault it was.

use std::fmt;

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
