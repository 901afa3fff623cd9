//! The allocator of the modules that make pictures. They share one memory, which
//! JavaScript owns (`src/edge/arena.mjs`), so none of them may grow it: each asks
//! for more, and is given what no other has. To name this crate is to use it; off
//! wasm it is nothing.
#![cfg_attr(target_arch = "wasm32", no_std)]

#[cfg(target_arch = "wasm32")]
mod host;
