//! A JPEG decoder: bytes in, in chunks of any size; bands of samples out, top to
//! bottom; a few rows of memory. It does no I/O and knows nothing of this crate.
//!
//! ```no_run
//! # use dropgate_engine::jpeg::{Decoder, Event, Limits, Plan, Scale, Error};
//! # fn next_chunk() -> Option<Vec<u8>> { None }
//! # fn main() -> Result<(), Error> {
//! let mut decoder = Decoder::new(Limits::default());
//! let mut chunk = Vec::new();
//! let mut input: &[u8] = &chunk;
//! loop {
//!     match decoder.decode(&mut input)? {
//!         Event::NeedInput => match next_chunk() {
//!             Some(next) => { chunk = next; input = &chunk; }
//!             None => decoder.finish(),
//!         },
//!         Event::Header(header) => {
//!             let scale = Scale::at_least(header.width, 800);
//!             decoder.plan(Plan { scale, ..Plan::default() })?;
//!         }
//!         Event::Band(band) => for plane in band.planes() { /* resize plane.lines() */ },
//!         Event::End => break,
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # How a byte becomes a pixel
//!
//! 1. **A file is a row of segments** (`segment`), each a marker, a length and a
//!    body. Some define tables (`tables`), some carry metadata (`metadata`), the
//!    frame header (`frame`) says how large the picture is and of which components
//!    it is made, the scan header (`scan`) that the picture itself follows.
//! 2. **What follows is a stream of bits** in which the byte FF is escaped. The
//!    `window` takes the escapes out sixteen bytes at a time and lays the bytes out
//!    so that one load gives 64 bits in order. It always holds enough for a whole
//!    MCU before one is begun, so that nothing ever has to be rolled back; behind
//!    the end of the data it holds zeros.
//! 3. **The bits are Huffman codes** (`huffman`). A block of 8x8 samples is one
//!    difference, from which the mean follows, and up to 63 pairs of "so many zeros,
//!    then this value" in zigzag order. Tables of twelve bits (`lookup`) give a
//!    difference with the end of its block, two values, or the way over several
//!    values that nobody wants, in one look.
//! 4. **The values times the quantisation steps are frequencies** (`block`), and
//!    the inverse DCT (`idct`) turns them into samples: 64, or of the lowest
//!    frequencies alone 16, 4 or 1. A picture that is to become an eighth is never
//!    transformed at all.
//! 5. **Blocks make up MCUs, MCUs rows, rows bands** (`stream`, `walk`, `band`):
//!    each component a plane in its own subsampling. Colour conversion and
//!    upsampling are the caller's, who resizes first and has less of it to do.
//!
//! A picture that comes in several scans, progressive or one component after the
//! other, first gathers its coefficients (`store`), as many as the scale needs, in
//! `passes` over all blocks that begin with the coarse bits and `refine` them. Scans
//! that cannot matter are not read: at 1/8 those are all but the first few.
//!
//! # What is damaged
//!
//! Data that ends, restart markers that are missing, codes that do not exist: the
//! rules are libjpeg's, bit for bit as far as anyone could see the difference, so
//! that a file looks the same here as elsewhere. Such things are counted in
//! [`Warnings`]. What cannot be decoded at all, or costs more than [`Limits`], is an
//! [`Error`] that says so by name.
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "bits and samples change their width on purpose, and the code says so"
)]
#![allow(
    clippy::inline_always,
    reason = "the bit buffer must stay in registers across a block; measured"
)]

mod band;
mod block;
mod decoder;
mod error;
mod frame;
mod huffman;
mod idct;
mod limits;
mod lookup;
mod metadata;
mod passes;
mod plan;
mod refine;
mod scan;
mod segment;
mod standard;
mod store;
mod stream;
mod tables;
#[cfg(test)]
mod tests;
mod unstuff;
mod walk;
mod window;

pub use band::{Band, Plane};
pub use decoder::{Decoder, Event};
pub use error::{Error, Unsupported};
pub use frame::{Colour, Component, Header};
pub use limits::{Limits, Warnings};
pub use metadata::Metadata;
pub use plan::{ComponentLayout, Crop, Layout, Plan, Scale, estimated_bytes};
