//! Bytes across the border of a wasm module: JavaScript asks for room, fills it,
//! and reads a result back. One module does one thing at a time.

#![allow(static_mut_refs, reason = "a module of the benchmark has one thread")]

static mut INPUT: Vec<u8> = Vec::new();
static mut OUTPUT: Vec<u8> = Vec::new();

/// Room for `length` bytes of input; JavaScript writes there.
#[unsafe(no_mangle)]
pub extern "C" fn room(length: usize) -> *mut u8 {
    unsafe {
        INPUT.clear();
        INPUT.resize(length, 0);
        INPUT.as_mut_ptr()
    }
}

/// Where the result begins.
#[unsafe(no_mangle)]
pub extern "C" fn output() -> *const u8 {
    unsafe { OUTPUT.as_ptr() }
}

/// The first `length` bytes of the room.
#[must_use]
pub fn input(length: usize) -> &'static [u8] {
    unsafe { &INPUT[..length] }
}

/// Keeps a result for JavaScript and returns its length, or the message of an
/// error and its length below zero.
pub fn keep<E: ToString>(result: Result<Vec<u8>, E>) -> i32 {
    let (bytes, sign) = match result {
        Ok(bytes) => (bytes, 1),
        Err(error) => (error.to_string().into_bytes(), -1),
    };
    let length = sign * i32::try_from(bytes.len()).unwrap();
    unsafe { OUTPUT = bytes };
    length
}
