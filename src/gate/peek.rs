//! What a token says of itself, believed by nobody: enough to see which of a
//! browser's tokens is worth a closer look.

use super::claim_reader::Reader;
use super::jws::Jws;

/// A few claims of a token whose signature was *not* checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peek {
    /// Its id.
    pub jti: Option<String>,
    /// When it ends.
    pub exp: u64,
    /// When the session it belongs to ends.
    pub until: Option<u64>,
}

/// Reads them; `None` if it is no token.
#[must_use]
pub fn peek(token: &str) -> Option<Peek> {
    let jws = Jws::parse(token).ok()?;
    let read = Reader(&jws.payload);
    Some(Peek {
        jti: read.text("jti").ok()?,
        exp: read.date("exp").ok()??,
        until: read.date("session_until").ok()?,
    })
}
