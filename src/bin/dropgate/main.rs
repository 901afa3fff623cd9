//! The `dropgate` command line.

fn main() {}
