//! Test builds only: panics on purpose, so that a test can prove the worker
//! survives one.

/// Panics.
#[allow(clippy::panic)]
pub fn now() -> ! {
    panic!("a crash on purpose")
}
