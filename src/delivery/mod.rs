//! Which bytes go out, in which order, and how is each of them checked?
//!
//! The room is pure: it reads header fields, facts about an entry and the
//! time, and answers with values. The order in which a request meets it:
//!
//! | file | what it decides |
//! |---|---|
//! | [`response`] | the status and every header field of an answer with bytes |
//! | [`conditional`] | may the request proceed, and with the whole or a part (RFC 9110 section 13) |
//! | [`range`] | which part (RFC 9110 section 14) |
//! | [`plan`] | what is read from storage, and which digest covers each byte |
//! | [`chunks`] | the digests of a file, which cover all of it |
//! | [`zip`] | the same for an archive that is never stored |
//! | [`check`] | which ranges a client has to fetch again |
//! | [`metalink`] | the pieces and their hashes, for download managers |

pub mod check;
pub mod chunks;
pub mod conditional;
pub mod date;
pub mod digest;
pub mod disposition;
pub mod etag;
pub mod metalink;
pub mod plan;
pub mod range;
pub mod response;
mod span;
mod structured;
pub mod zip;

pub use span::Span;
