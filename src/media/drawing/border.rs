//! The module's border. The caller asks for [`room`], writes the drawing there and
//! calls [`clean`]: 0 means that [`answer`] holds the clean one, 1 that it is no drawing.

use std::cell::RefCell;

use super::Metadata;

thread_local! {
    static DRAWING: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

fn with<T>(work: impl FnOnce(&mut Vec<u8>) -> T) -> T {
    DRAWING.with(|drawing| work(&mut drawing.borrow_mut()))
}

/// Room for a drawing of so many bytes.
#[unsafe(no_mangle)]
pub extern "C" fn room(length: usize) -> *mut u8 {
    with(|drawing| {
        *drawing = vec![0; length];
        drawing.as_mut_ptr()
    })
}

/// Cleans it, and leaves none of its metadata (0), what concerns its rights (1) or more (2).
#[unsafe(no_mangle)]
pub extern "C" fn clean(metadata: u32) -> i32 {
    let metadata = match metadata {
        0 => Metadata::None,
        1 => Metadata::Copyright,
        _ => Metadata::Keep,
    };
    with(|drawing| match super::cleaned(drawing, metadata) {
        Some(cleaned) => {
            *drawing = cleaned;
            0
        }
        None => 1,
    })
}

/// Where the clean one is.
#[unsafe(no_mangle)]
pub extern "C" fn answer() -> *const u8 {
    with(|drawing| drawing.as_ptr())
}

/// How many bytes it has.
#[unsafe(no_mangle)]
pub extern "C" fn answer_length() -> usize {
    with(|drawing| drawing.len())
}
