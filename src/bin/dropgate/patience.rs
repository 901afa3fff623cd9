//! Going on when a network fails for a moment.

use std::{thread::sleep, time::Duration};

use anyhow::Result;

use crate::api::Refused;

/// A wait before each new try, in seconds: half a minute in all.
const WAITS: [u64; 5] = [1, 2, 4, 8, 16];

/// Tries again while the worker cannot be reached or fails; what it refuses is final.
pub fn patiently<T>(mut attempt: impl FnMut() -> Result<T>) -> Result<T> {
    for wait in WAITS {
        match attempt() {
            Err(error) if may_pass(&error) => {
                eprintln!("dropgate: {error:#}; trying again in {wait} s");
                sleep(Duration::from_secs(wait));
            }
            done => return done,
        }
    }
    attempt()
}

fn may_pass(error: &anyhow::Error) -> bool {
    match error.downcast_ref::<Refused>() {
        Some(refused) => refused.status >= 500,
        None => error.downcast_ref::<ureq::Error>().is_some_and(|error| {
            matches!(
                error,
                ureq::Error::Io(_)
                    | ureq::Error::ConnectionFailed
                    | ureq::Error::HostNotFound
                    | ureq::Error::Timeout(_)
                    | ureq::Error::Protocol(_)
            )
        }),
    }
}
