//! Which picture fits this screen, and how is it made?

pub mod cache_key;
pub mod negotiate;
pub mod preset;
pub mod recipe;
pub mod signed_url;
