//! The AVIF decoder as a wasm module. Its border is the one of JPEG XL.

#[path = "../../jxl/border.rs"]
mod border;

// Its allocator.
use dropgate_arena as _;
use dropgate_avif::{Fault, Picture, decode};
