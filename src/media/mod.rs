//! Which picture fits this screen, and how is it made?
//!
//! [`Transform`] is fed the chunks of a source and gives back a [`Derivative`];
//! [`Job`](job::Job) says what is wanted, [`probe`](probe::probe) what there is,
//! [`geometry`] where every pixel comes from. Nothing here knows a clock, a
//! network or the text of a URL: that is [`recipe`] and [`negotiate`].

mod budget;
mod bytes;
pub mod cache_key;
mod colour;
mod encode;
mod error;
pub mod geometry;
pub mod job;
pub mod jpeg;
pub mod negotiate;
pub mod order;
mod orientation;
mod paint;
mod planes;
pub mod preset;
pub mod probe;
mod raster;
pub mod recipe;
mod resize;
mod rights;
pub mod signed_url;
mod source;
mod transform;
mod turn;

pub use budget::Budget;
pub use error::MediaError;
pub use orientation::Orientation;
pub use rights::Packets;
pub use transform::{Derivative, Transform};
