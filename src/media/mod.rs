//! (room media)

pub mod jpeg;
