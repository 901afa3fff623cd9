//! The recipe as a whole: its one form, its errors, its policy.

mod equal;
mod errors;
mod policy;
mod properties;
