//! Which picture fits this screen, and how is it made?
//!
//! The language of pictures is here: the [`recipe`] in a URL, the other grammar
//! that deep zoom speaks ([`iiif`]), what a client takes ([`negotiate`]),
//! what a [`codec`] module can be asked for, under which name the result is kept ([`cache_key`]), and the [`order`] that all
//! this comes to. The pixels are the engine's, a crate of its own in `engine/`,
//! which knows nothing of URLs and clients. In the worker it runs as a wasm
//! module of its own, whose border is `pictures/`.

pub mod cache_key;
pub mod codec;
pub mod iiif;
pub mod negotiate;
pub mod order;
pub mod preset;
mod preview;
pub mod recipe;
pub mod signed_url;

pub use dropgate_engine::{
    Budget, Class, Derivative, MediaError, Orientation, Packets, Refusal, Transform, embed,
    foreign, geometry, job, jpeg, motion, probe, wire,
};
