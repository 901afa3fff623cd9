//! A JPEG decoder.
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
