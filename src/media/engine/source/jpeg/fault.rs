//! Whose fault an error of the decoder is.

use super::super::super::error::MediaError;
use super::super::super::jpeg::{Error, Unsupported};

/// The decoder's error in the words of this room.
pub(super) fn fault(error: Error) -> MediaError {
    match error {
        Error::NotJpeg => MediaError::NotAnImage,
        Error::Truncated => MediaError::Truncated,
        Error::Unsupported(what) => MediaError::Unsupported(match what {
            Unsupported::Precision(_) => "JPEG of more than 8 bits",
            Unsupported::Arithmetic => "arithmetic coding",
            Unsupported::Lossless => "lossless JPEG",
            Unsupported::Hierarchical => "hierarchical JPEG",
            Unsupported::LateHeight => "JPEG without a height",
            Unsupported::Components(_) => "JPEG of this number of channels",
        }),
        Error::TooManyPixels { found, limit } => MediaError::TooLarge {
            what: "pixels",
            actual: found,
            limit,
        },
        Error::TooMuchMemory { needed, limit } => MediaError::TooLarge {
            what: "bytes of memory",
            actual: needed,
            limit,
        },
        Error::TooManyScans(limit) => {
            let limit = u64::from(limit);
            MediaError::TooLarge {
                what: "scans",
                actual: limit + 1,
                limit,
            }
        }
        Error::TooManySegments(limit) => {
            let limit = u64::from(limit);
            MediaError::TooLarge {
                what: "marker segments",
                actual: limit + 1,
                limit,
            }
        }
        Error::OutOfMemory => MediaError::Internal("there was no memory for it"),
        Error::BadWindow => MediaError::Internal("the crop lies outside the picture"),
        Error::BadSegment(_)
        | Error::BadFrame
        | Error::SecondFrame
        | Error::NoFrame
        | Error::BadScan => MediaError::Damaged("its markers contradict each other"),
        Error::NoQuantisation(_) => MediaError::Damaged("a quantisation table is missing"),
        Error::NoHuffman(_) => MediaError::Damaged("a Huffman table is missing"),
    }
}
