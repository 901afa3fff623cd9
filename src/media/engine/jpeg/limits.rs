//! What a hostile file may cost.

/// Bounds on one decode. Time is bounded by `max_pixels` times `max_scans` and
/// by the length of the input, memory by `max_bytes`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Width times height. Bounds the time a small file can cost, since a
    /// truncated picture is filled up to its declared size.
    pub max_pixels: u64,
    /// Bytes of buffers for the chosen plan, metadata included. Bounds memory:
    /// it is compared with the estimate before anything is allocated.
    pub max_bytes: u64,
    /// Scans read. A progressive scan of some dozen bytes can visit every block
    /// of the picture, so files with thousands of them cost minutes.
    pub max_scans: u32,
    /// Marker segments read. Stops streams that redefine tables without end.
    pub max_segments: u32,
    /// Bytes of EXIF, XMP, ICC and IPTC kept in total; what is beyond is dropped
    /// with a warning.
    pub max_metadata_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // "up to 100 megapixels", with room for a sensor's odd rows.
            max_pixels: 110_000_000,
            // Under the 64 MB that a whole derivation may take.
            max_bytes: 48 << 20,
            // Encoders write 10 to 20; hand-made scripts stay under 64.
            max_scans: 100,
            // An ICC profile takes up to 255 and extended XMP as many again.
            max_segments: 4096,
            // Profiles of printers reach 2 MiB.
            max_metadata_bytes: 3 << 20,
        }
    }
}

/// What was wrong with a picture that was decoded all the same.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Warnings {
    /// Pieces of entropy-coded data that were missing or contradictory.
    pub damaged: u32,
    /// Bytes or markers that have no business where they stood.
    pub garbage: u32,
    /// The file ended early; what is missing is grey or less detailed.
    pub truncated: bool,
    /// Metadata was malformed or larger than the limit and was dropped.
    pub metadata_dropped: bool,
}
