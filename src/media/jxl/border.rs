//! The module's border. The caller asks for [`room`], writes the file there and
//! calls [`decode`]: 0 means that all is well, 1 that the file is damaged, 2 that it
//! is too large. Then [`rows`] puts rows where [`answer`] says.

use std::cell::RefCell;

use super::{Fault, Picture};

thread_local! {
    static DESK: RefCell<Desk> = RefCell::new(Desk::default());
}

#[derive(Default)]
struct Desk {
    file: Vec<u8>,
    picture: Option<Picture>,
    answer: Vec<u8>,
}

fn at_the_desk<T>(work: impl FnOnce(&mut Desk) -> T) -> T {
    DESK.with(|desk| work(&mut desk.borrow_mut()))
}

/// Room for a file of so many bytes.
#[unsafe(no_mangle)]
pub extern "C" fn room(length: usize) -> *mut u8 {
    at_the_desk(|desk| {
        desk.file = vec![0; length];
        desk.file.as_mut_ptr()
    })
}

/// Decodes the file in about so many bytes of memory. The answer is its colour profile.
#[unsafe(no_mangle)]
pub extern "C" fn decode(most_bytes: u32) -> i32 {
    at_the_desk(|desk| {
        let decoded = super::decode(&desk.file, u64::from(most_bytes));
        desk.file = Vec::new();
        match decoded {
            Ok(mut picture) => {
                desk.answer = std::mem::take(&mut picture.icc);
                desk.picture = Some(picture);
                0
            }
            Err(Fault::Damaged) => 1,
            Err(Fault::TooLarge) => 2,
        }
    })
}

/// Its width.
#[unsafe(no_mangle)]
pub extern "C" fn width() -> usize {
    at_the_desk(|desk| desk.picture.as_ref().map_or(0, |picture| picture.width))
}

/// Its height.
#[unsafe(no_mangle)]
pub extern "C" fn height() -> usize {
    at_the_desk(|desk| desk.picture.as_ref().map_or(0, |picture| picture.height))
}

/// The answer is so many rows from `first` on, as straight RGBA.
#[unsafe(no_mangle)]
pub extern "C" fn rows(first: usize, count: usize) {
    at_the_desk(|desk| {
        let rows = desk
            .picture
            .as_ref()
            .map(|picture| picture.rows(first, count));
        desk.answer = rows.unwrap_or_default();
    });
}

/// Where the answer is.
#[unsafe(no_mangle)]
pub extern "C" fn answer() -> *const u8 {
    at_the_desk(|desk| desk.answer.as_ptr())
}

/// How many bytes it has.
#[unsafe(no_mangle)]
pub extern "C" fn answer_length() -> usize {
    at_the_desk(|desk| desk.answer.len())
}
