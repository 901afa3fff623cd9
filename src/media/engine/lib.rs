//! The picture engine: chunks of a source in, a derivative out, under a memory bound.
//!
//! [`Transform`] is fed the chunks of a source and gives back a [`Derivative`];
//! [`Job`](job::Job) says what is wanted, [`probe`](probe::probe) what there is,
//! [`geometry`] where every pixel comes from. Nothing here knows a clock, a
//! network or the text of a URL.

mod boxes;
mod budget;
mod bytes;
mod colour;
mod encode;
mod error;
mod facts;
pub mod foreign;
pub mod geometry;
pub mod job;
pub mod jpeg;
pub mod motion;
mod orientation;
mod paint;
mod planes;
pub mod probe;
mod raster;
mod resize;
mod rights;
mod source;
mod transform;
mod turn;
pub mod wire;

pub use budget::Budget;
pub use error::{Class, MediaError, Refusal};
pub use orientation::Orientation;
pub use rights::{Packets, embed};
pub use transform::{Derivative, Transform};
