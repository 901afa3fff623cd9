//! What can be wrong with a JPEG, in words fit for the person who sent it.

use std::fmt;

/// Why a picture was refused. Damage that can be painted over is not here: it
/// is counted in [`super::Warnings`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Error {
    /// The first two bytes are not SOI.
    NotJpeg,
    /// The data ended before the first scan.
    Truncated,
    /// The frame is of a kind we do not decode.
    Unsupported(Unsupported),
    /// A marker segment contradicts itself; holds the marker's second byte.
    BadSegment(u8),
    /// The frame header names no pixels, or sampling factors outside 1 to 4.
    BadFrame,
    /// A second frame header where only one may be.
    SecondFrame,
    /// A scan before the frame header.
    NoFrame,
    /// A scan header that does not fit the frame.
    BadScan,
    /// A component refers to a quantisation table that was never sent.
    NoQuantisation(u8),
    /// A scan refers to a Huffman table that was never sent.
    NoHuffman(u8),
    /// More pixels than [`super::Limits::max_pixels`].
    TooManyPixels {
        /// Width times height.
        found: u64,
        /// The limit.
        limit: u64,
    },
    /// More scans than [`super::Limits::max_scans`].
    TooManyScans(u32),
    /// More marker segments than [`super::Limits::max_segments`].
    TooManySegments(u32),
    /// Decoding as planned needs more memory than [`super::Limits::max_bytes`].
    TooMuchMemory {
        /// What it would take.
        needed: u64,
        /// The limit.
        limit: u64,
    },
    /// The allocator refused a buffer that the limits allowed.
    OutOfMemory,
    /// The crop window lies outside the picture.
    BadWindow,
}

/// Kinds of JPEG that are refused by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unsupported {
    /// Samples of other than 8 bits; holds the precision.
    Precision(u8),
    /// Arithmetic entropy coding (SOF9, SOF10).
    Arithmetic,
    /// Lossless coding (SOF3, SOF11).
    Lossless,
    /// Hierarchical coding (SOF5 to 7, SOF13 to 15).
    Hierarchical,
    /// The height comes only after the first scan (DNL).
    LateHeight,
    /// A number of components other than 1, 3 or 4.
    Components(u8),
}

impl fmt::Display for Unsupported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Precision(bits) => write!(f, "{bits}-bit samples; only 8-bit JPEG is taken"),
            Self::Arithmetic => f.write_str("arithmetic coding"),
            Self::Lossless => f.write_str("lossless coding"),
            Self::Hierarchical => f.write_str("hierarchical coding"),
            Self::LateHeight => f.write_str("a height that is defined after the picture (DNL)"),
            Self::Components(count) => {
                write!(f, "{count} colour components; only 1, 3 or 4 are taken")
            }
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotJpeg => f.write_str("this is not a JPEG file"),
            Self::Truncated => f.write_str("the JPEG file ends before its picture begins"),
            Self::Unsupported(what) => write!(f, "this JPEG uses {what}"),
            Self::BadSegment(marker) => {
                write!(f, "the JPEG marker segment FF{marker:02X} is malformed")
            }
            Self::BadFrame => f.write_str("the JPEG frame header is malformed"),
            Self::SecondFrame => f.write_str("the JPEG file has two frame headers"),
            Self::NoFrame => f.write_str("the JPEG file has a scan before its frame header"),
            Self::BadScan => f.write_str("a JPEG scan header does not fit the frame"),
            Self::NoQuantisation(table) => {
                write!(f, "the JPEG quantisation table {table} is missing")
            }
            Self::NoHuffman(table) => write!(f, "the JPEG Huffman table {table} is missing"),
            Self::TooManyPixels { found, limit } => {
                write!(
                    f,
                    "the picture has {found} pixels; at most {limit} are taken"
                )
            }
            Self::TooManyScans(limit) => {
                write!(f, "the JPEG file has more than {limit} scans")
            }
            Self::TooManySegments(limit) => {
                write!(f, "the JPEG file has more than {limit} marker segments")
            }
            Self::TooMuchMemory { needed, limit } => write!(
                f,
                "decoding this picture takes {needed} bytes of memory; at most {limit} are given"
            ),
            Self::OutOfMemory => f.write_str("there is not enough memory for this picture"),
            Self::BadWindow => f.write_str("the crop lies outside the picture"),
        }
    }
}

impl std::error::Error for Error {}
