//! What the app needs from the world, as contracts. `edge/` keeps them on
//! Cloudflare, `memory.rs` in memory; one suite of tests holds both to them.
//!
//! Every answer is `Result<Option<T>, PortError>` where something can be
//! absent: a storage fault is never read as "missing".

// The runtime has one thread: nobody needs these futures to be `Send`.
#![allow(async_fn_in_trait)]

mod books;
mod pictures;
mod store;

use std::fmt;

pub use books::{Filed, GateBook, Ledger, LogName, Tip, TrustBook};
pub use pictures::{Cleaner, Decoder, Encoder, Haste, Pixels, Series, Studio, Work};
pub use store::{
    Handed, Listed, ObjectHead, Part, PartReceived, Received, SendError, Sending, Store, Tell,
};

use crate::trust::Sha256;

/// A store did not do what it was asked. Says which and why, for the operator;
/// a shopper sees only that storage failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortError {
    /// The port: `store`, `hot`, `nearby`, `trust`, `gate`, `ledger`, ...
    pub port: &'static str,
    /// What it said.
    pub why: String,
}

impl PortError {
    /// A fault of `port`.
    pub fn new(port: &'static str, why: impl fmt::Display) -> Self {
        Self {
            port,
            why: why.to_string(),
        }
    }
}

impl fmt::Display for PortError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} failed: {}", self.port, self.why)
    }
}

impl std::error::Error for PortError {}

/// The whole world.
pub trait World:
    Surroundings
    + Outside
    + Store
    + Encoder
    + Decoder
    + Studio
    + Cleaner
    + Hot
    + Nearby
    + TrustBook
    + GateBook
    + Ledger
    + Clone
    + 'static
{
}

/// Time, chance and background work.
pub trait Surroundings {
    /// Seconds since 1970-01-01T00:00:00Z. On Cloudflare it stands still
    /// between two I/O operations.
    fn now(&self) -> u64;

    /// The same clock in milliseconds, for measuring; it stands still too.
    fn millis(&self) -> u64;

    /// Waits. For work that goes on after the reply.
    async fn pause(&self, millis: u32);

    /// Hands sampled numbers to whatever keeps them for analysis, each with its
    /// labels. May lose any of them; never fails and never waits.
    fn sample(&self, counts: &crate::metrics::Counts);

    /// Fills the array from a cryptographic source.
    fn entropy<const N: usize>(&self) -> Result<[u8; N], PortError>;

    /// Runs `work` after the reply; the world may end it after 30 seconds.
    fn later(&self, work: impl Future<Output = ()> + 'static);

    /// A line for the operator's log. Never holds an address, token or code.
    fn log(&self, line: &str);

    /// SHA-256 by the platform: for bodies above a few KiB.
    async fn sha256(&self, bytes: &[u8]) -> Result<Sha256, PortError>;
}

/// What other servers publish: key sets and status lists of issuers.
pub trait Outside {
    /// The body of a 200 to a GET without cookies; redirects, other answers,
    /// more than `limit` bytes or five seconds are a fault.
    async fn fetch(&self, url: &str, limit: usize) -> Result<Vec<u8>, PortError>;
}

/// Bytes with the seal that was stored beside them (empty when there was none).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// The seal.
    pub seal: String,
}

/// Small, hot, sealed values (KV). Eventually consistent: 60 s; one write a
/// second per key; values to 25 MiB, of which we use 256 KiB for what is to stay.
pub trait Hot {
    /// The value, perhaps an old one.
    async fn hot_get(&self, key: &str) -> Result<Option<Sealed>, PortError>;
    /// Writes, for as many seconds as said or for ever; visible elsewhere after a
    /// while. May keep it longer: no store forgets before a minute is over.
    async fn hot_put(
        &self,
        key: &str,
        value: &Sealed,
        seconds: Option<u32>,
    ) -> Result<(), PortError>;
    /// Up to a thousand keys that begin so; one put lately may be missing.
    async fn hot_list(&self, prefix: &str) -> Result<Vec<String>, PortError>;
    /// Removes a value; elsewhere it may be seen for a while. That there is none
    /// is no error.
    async fn hot_remove(&self, key: &str) -> Result<(), PortError>;
}

/// The cache of this data centre. A hint: may forget anything at any time.
pub trait Nearby {
    /// The value stored under this key here.
    async fn nearby_get(&self, key: &str) -> Result<Option<Sealed>, PortError>;
    /// Stores for at most `seconds`.
    async fn nearby_put(&self, key: &str, value: &Sealed, seconds: u32) -> Result<(), PortError>;
}
