//! The picture engine as a wasm module of its own.
//!
//! It is instantiated anew for each picture, in the memory that all picture work
//! in an isolate shares: whatever a hostile file does to it ends with the picture.
//! `src/edge/pictures.mjs` is the other side of the border.
//!
//! The caller asks for [`room`], writes a message there and calls [`begin`],
//! [`push`], [`compose`], [`frame()`] or [`finish`]. 0 means that all is well, 1 that [`answer`] holds a
//! [`Refusal`]. After `finish`, `answer` holds the [`Facts`] and [`file`] the file.

use std::cell::RefCell;

// Its allocator.
use dropgate_arena as _;
use dropgate_engine::{
    MediaError, Refusal, Transform,
    wire::{self, Facts},
};
use serde::Serialize;

thread_local! {
    static DESK: RefCell<Desk> = RefCell::new(Desk::default());
}

#[derive(Default)]
struct Desk {
    message: Vec<u8>,
    transform: Option<Transform>,
    answer: Vec<u8>,
    file: Vec<u8>,
}

impl Desk {
    fn begin(&mut self) -> Result<(), MediaError> {
        let job = wire::read(&std::mem::take(&mut self.message))?;
        self.transform = Some(Transform::new(job));
        Ok(())
    }

    fn push(&mut self) -> Result<(), MediaError> {
        let transform = self.transform.as_mut();
        transform.ok_or(NOT_BEGUN)?.push(&self.message)
    }

    fn compose(&mut self) -> Result<(), MediaError> {
        // What the last chunk took is room for the picture.
        self.message = Vec::new();
        self.transform.as_mut().ok_or(NOT_BEGUN)?.compose()
    }

    fn frame(&mut self) -> Result<(), MediaError> {
        let frame = self.transform.as_mut().ok_or(NOT_BEGUN)?.frame()?;
        let (piece, pixels) = frame.unzip();
        self.answer = wire::write(&piece)?;
        self.file = pixels.unwrap_or_default();
        Ok(())
    }

    fn finish(&mut self) -> Result<(), MediaError> {
        let made = self.transform.take().ok_or(NOT_BEGUN)?.finish()?;
        self.file = made.bytes;
        self.answer = wire::write(&Facts {
            width: made.width,
            height: made.height,
            metadata: made.metadata,
        })?;
        Ok(())
    }

    /// 0, or 1 and the reason as the answer.
    fn status(&mut self, outcome: Result<(), MediaError>) -> i32 {
        let Err(error) = outcome else { return 0 };
        self.answer = or_empty(&Refusal::from(error));
        1
    }
}

const NOT_BEGUN: MediaError = MediaError::Internal("no picture has been begun");

/// A refusal that cannot be written is told from a good one by being empty.
fn or_empty<T: Serialize>(value: &T) -> Vec<u8> {
    wire::write(value).unwrap_or_default()
}

fn at_the_desk<T>(work: impl FnOnce(&mut Desk) -> T) -> T {
    DESK.with(|desk| work(&mut desk.borrow_mut()))
}

/// Room for a message of so many bytes; the caller writes there.
#[unsafe(no_mangle)]
pub extern "C" fn room(length: usize) -> *mut u8 {
    at_the_desk(|desk| {
        desk.message.clear();
        desk.message.resize(length, 0);
        desk.message.as_mut_ptr()
    })
}

/// The message is a job.
#[unsafe(no_mangle)]
pub extern "C" fn begin() -> i32 {
    at_the_desk(|desk| {
        let outcome = desk.begin();
        desk.status(outcome)
    })
}

/// The message is the next bytes of the source.
#[unsafe(no_mangle)]
pub extern "C" fn push() -> i32 {
    at_the_desk(|desk| {
        let outcome = desk.push();
        desk.status(outcome)
    })
}

/// 1 when no further byte of the source would change anything.
#[unsafe(no_mangle)]
pub extern "C" fn enough() -> i32 {
    at_the_desk(|desk| {
        let transform = desk.transform.as_ref();
        i32::from(transform.is_some_and(Transform::has_enough))
    })
}

/// The source is complete: what is left to do to its pixels is done.
#[unsafe(no_mangle)]
pub extern "C" fn compose() -> i32 {
    at_the_desk(|desk| {
        let outcome = desk.compose();
        desk.status(outcome)
    })
}

/// The next frame of an animation: `answer` holds the piece, if there is one, and
/// `file` its pixels.
#[unsafe(no_mangle)]
pub extern "C" fn frame() -> i32 {
    at_the_desk(|desk| {
        let outcome = desk.frame();
        desk.status(outcome)
    })
}

/// Makes the file.
#[unsafe(no_mangle)]
pub extern "C" fn finish() -> i32 {
    at_the_desk(|desk| {
        let outcome = desk.finish();
        desk.status(outcome)
    })
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

/// Where the file is.
#[unsafe(no_mangle)]
pub extern "C" fn file() -> *const u8 {
    at_the_desk(|desk| desk.file.as_ptr())
}

/// How many bytes it has.
#[unsafe(no_mangle)]
pub extern "C" fn file_length() -> usize {
    at_the_desk(|desk| desk.file.len())
}
