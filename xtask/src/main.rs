//! Builds the worker. See `cargo xtask --help`.

fn main() {}
