//! Where pictures are made, and the codecs of foreign formats.

use super::PortError;
use crate::media::{
    self, Refusal,
    codec::Writing,
    foreign::Foreign,
    job::Job,
    motion::Piece,
    negotiate::Formats,
    recipe::{Metadata, Output},
};

/// Encoders of formats that the engine does not write itself, each a module of
/// its own that an operator may leave out.
pub trait Encoder {
    /// What the deployed modules write, with what the engine always does.
    fn formats(&self) -> Formats;

    /// The bytes of memory that an encoder may take which works alone.
    fn spare(&self) -> u64;

    /// The bytes of memory that one may take which works while the engine does.
    fn spare_beside(&self) -> u64;

    /// Writes straight RGBA, rows from the top, at a desk that nothing else is done at.
    async fn encode(&self, writing: &Writing, pixels: Vec<u8>) -> Result<Vec<u8>, PortError>;

    /// One instance for many pictures.
    type Series: Series;

    /// Begins a series, beside what the engine does at the desk.
    async fn series(&self, output: Output) -> Result<Self::Series, PortError>;
}

/// An encoder that writes one picture after the other.
pub trait Series {
    /// Writes straight RGBA, rows from the top.
    fn write(&mut self, writing: &Writing, pixels: &[u8]) -> Result<Vec<u8>, PortError>;
}

/// Decoders of formats that the engine does not read itself.
pub trait Decoder {
    /// Whether the module is deployed.
    fn reads(&self, format: Foreign) -> bool;

    /// The bytes of memory that it may take, the file included.
    fn spare_to_read(&self) -> u64;

    /// A file's pixels.
    type Pixels: Pixels;

    /// Reads a file at a desk where the engine has not begun. Its header says that
    /// there are `size` pixels; `None` if it turns out to take more memory than there
    /// is. A file of another size is a fault, as is a damaged one.
    async fn decode(
        &self,
        format: Foreign,
        size: (u32, u32),
        file: Vec<u8>,
    ) -> Result<Option<Self::Pixels>, PortError>;
}

/// A decoded file, for as long as its desk is there.
pub trait Pixels {
    /// What its colours mean, unless the file's header says so or it is sRGB.
    fn icc(&self) -> Option<Vec<u8>>;

    /// The next rows, from the top, as straight RGBA; `None` when there are no more.
    fn rows(&mut self) -> Result<Option<Vec<u8>>, PortError>;
}

/// What makes SVG drawings harmless.
pub trait Cleaner {
    /// The drawing without scripts, handlers, foreign content and references to
    /// anything outside it, and of its metadata what is asked for; `None` if it is no
    /// drawing, or broken. Done at a desk.
    async fn clean(&self, drawing: &[u8], metadata: Metadata)
    -> Result<Option<Vec<u8>>, PortError>;
}

/// Whether somebody waits for a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Haste {
    /// Somebody does.
    Now,
    /// Nobody does: it is to be made smaller, or ahead of time.
    Later,
}

/// Where pictures are made.
pub trait Studio {
    /// A picture in the making.
    type Work: Work;

    /// A place to make one picture at, with all the memory there is for it, until the
    /// work is dropped. Waits while there is no room; `None` when that
    /// takes so long that the client had better come again. What has time gives
    /// way to all that has none: it begins when for a moment nobody has wanted a
    /// desk now.
    async fn desk(&self, haste: Haste) -> Result<Option<Self::Work>, PortError>;
}

/// One picture. A refusal is final, and of the picture or the job alone: the
/// worker is as well as before.
pub trait Work {
    /// Says what is to be made; comes first, and once.
    fn begin(&mut self, job: Job) -> Result<(), Refusal>;
    /// Takes the next bytes of the source.
    fn push(&mut self, chunk: &[u8]) -> Result<(), Refusal>;
    /// Whether no further byte would change anything: the source need not be read
    /// to its end.
    fn has_enough(&self) -> bool;
    /// The source is complete: what is left to do to its pixels is done.
    fn compose(&mut self) -> Result<(), Refusal>;
    /// The next frame of an animation, as the part of it that is new, in straight
    /// RGBA; comes after `compose`. `None` at its end, and of a picture that does not
    /// move.
    fn frame(&mut self) -> Result<Option<(Piece, Vec<u8>)>, Refusal>;
    /// Makes the file. Comes last.
    fn finish(self) -> Result<media::Derivative, Refusal>;
}
