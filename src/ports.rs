//! What the app needs from the world, as contracts. `edge/` keeps them on
//! Cloudflare, `memory.rs` in memory; one suite of tests holds both to them.
//!
//! Every answer is `Result<Option<T>, PortError>` where something can be
//! absent: a storage fault is never read as "missing".

// The runtime has one thread: nobody needs these futures to be `Send`.
#![allow(async_fn_in_trait)]

use std::{fmt, ops::ControlFlow};

use serde::{Deserialize, Serialize};

use crate::{
    delivery::{
        Span,
        plan::{Entry, Verify},
    },
    evidence::ReceiptId,
    gate::{GrantHash, book::Question},
    media::{self, Refusal, codec::Writing, foreign::Foreign, job::Job, negotiate::Formats},
    trust::Sha256,
};

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

/// An object in the store, without its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectHead {
    /// Length in bytes.
    pub size: u64,
    /// The SHA-256 the store itself checked when the object was written, if it did.
    pub sha256: Option<Sha256>,
}

/// What became of an upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Received {
    /// Stored, and the store checked the SHA-256.
    Stored,
    /// The bytes were not what was announced; nothing is stored.
    Mismatch,
}

/// What became of one part of an upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PartReceived {
    /// Stored under this tag, and its SHA-256 is the announced one.
    Stored(String),
    /// The bytes were not what was announced; the part does not count.
    Mismatch,
    /// There is no such upload, or not any more.
    Gone,
}

/// An object in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its key.
    pub key: String,
    /// When it was written, in unix seconds.
    pub written: u64,
}

/// A run of bytes to send.
#[derive(Debug, Clone)]
pub enum Part {
    /// These.
    Bytes(Vec<u8>),
    /// Those of a stored file.
    File {
        /// Where it is stored.
        key: String,
        /// What its creator signed.
        entry: Entry,
        /// Which of its bytes.
        span: Span,
    },
}

impl Part {
    /// How many bytes it has.
    #[must_use]
    pub fn length(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::File { span, .. } => span.length(),
        }
    }
}

/// How a body that was begun has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handed {
    /// Every byte was handed to the runtime.
    Whole,
    /// The store's bytes were not the signed ones, or gone; the body is short.
    Wrong,
}

/// A body on its way out.
#[derive(Debug)]
pub struct Sending<B> {
    /// Exactly the wanted bytes, with a declared length.
    pub body: B,
    /// How they are checked (`bound` or `checked`), for `Server-Timing`.
    pub mode: &'static str,
}

/// Why bytes could not be handed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SendError {
    /// The object is not there although the manifest names it.
    Missing,
    /// Its bytes are not the signed ones.
    Mismatch,
    /// The store failed.
    Port(PortError),
}

impl From<PortError> for SendError {
    fn from(error: PortError) -> Self {
        Self::Port(error)
    }
}

/// Large objects (R2). Trusted for nothing.
pub trait Store {
    /// Bytes on their way in or out; they never enter wasm memory.
    type Body: 'static;

    /// Size and stored checksum. Strongly consistent.
    async fn head(&self, key: &str) -> Result<Option<ObjectHead>, PortError>;

    /// The whole object with the seal it was written with; one larger than
    /// `limit` bytes is a fault.
    async fn read(&self, key: &str, limit: u64) -> Result<Option<Sealed>, PortError>;

    /// Writes bytes; durable and visible everywhere when it returns. One write
    /// a second per key.
    async fn write(&self, key: &str, bytes: &[u8], seal: &str) -> Result<(), PortError>;

    /// Stores an object without bytes, as `receive` would.
    async fn store_empty(&self, key: &str, sha256: Sha256) -> Result<Received, PortError>;

    /// Stores a stream of exactly `length` bytes; the store checks the SHA-256
    /// before the object becomes visible.
    async fn receive(
        &self,
        key: &str,
        body: Self::Body,
        length: u64,
        sha256: Sha256,
    ) -> Result<Received, PortError>;

    /// Begins an object that comes in parts; its name for the calls below. The
    /// object is not there before [`join_parts`](Self::join_parts).
    async fn begin_parts(&self, key: &str) -> Result<String, PortError>;

    /// Takes one part, numbered from 1, a stream of exactly `length` bytes. A
    /// later part of the same number replaces it.
    async fn receive_part(
        &self,
        key: &str,
        upload: &str,
        number: u16,
        body: Self::Body,
        length: u64,
        sha256: Sha256,
    ) -> Result<PartReceived, PortError>;

    /// Makes the parts, each a number and its tag, one object, all at once.
    /// `false`: there is no such upload, or one of the parts is not its.
    async fn join_parts(
        &self,
        key: &str,
        upload: &str,
        parts: &[(u16, String)],
    ) -> Result<bool, PortError>;

    /// Forgets an upload and its parts; that there is none is no error.
    async fn drop_parts(&self, key: &str, upload: &str) -> Result<(), PortError>;

    /// At most `limit` (up to 1000) objects whose key begins so and comes after
    /// the key `after`, in the order of keys.
    async fn list(&self, prefix: &str, after: &str, limit: u32) -> Result<Vec<Listed>, PortError>;

    /// Removes objects (up to 1000), for good when it returns.
    async fn remove(&self, keys: &[String]) -> Result<(), PortError>;

    /// Streams the parts one after another with a declared length, each file's
    /// bytes checked as `delivery::plan` says. Chunk by chunk, the first chunk
    /// of the first file has been checked when this returns, and a later
    /// mismatch cuts the stream short. `done` runs once: after the last byte was
    /// handed over, or when the store's bytes were found to be wrong on the
    /// way; not at all if the reader left before.
    async fn send(
        &self,
        parts: Vec<Part>,
        verify: Verify,
        done: impl FnOnce(Handed) + 'static,
    ) -> Result<Sending<Self::Body>, SendError>;

    /// Reads a whole file: `each` gets every chunk in order, checked, and ends
    /// the reading early by returning `Break`.
    async fn feed(
        &self,
        key: &str,
        entry: &Entry,
        each: impl FnMut(&[u8]) -> ControlFlow<()>,
    ) -> Result<(), SendError>;

    /// Up to `limit` bytes of an incoming body; longer is `None`.
    async fn collect(&self, body: Self::Body, limit: usize) -> Result<Option<Vec<u8>>, PortError>;
}

/// Encoders of formats that the engine does not write itself, each a module of
/// its own that an operator may leave out.
pub trait Encoder {
    /// What the deployed modules write, with what the engine always does.
    fn formats(&self) -> Formats;

    /// The bytes of memory that a job may take now.
    fn spare(&self) -> u64;

    /// Writes straight RGBA, rows from the top. The instance that did it is gone
    /// when this returns, with all the memory it took.
    async fn encode(&self, writing: &Writing, pixels: Vec<u8>) -> Result<Vec<u8>, PortError>;
}

/// Decoders of formats that the engine does not read itself.
pub trait Decoder {
    /// Whether the module is deployed.
    fn reads(&self, format: Foreign) -> bool;

    /// Reads a file, whose header says that there are `size` pixels: `each` gets
    /// them as straight RGBA, rows from the top, in pieces, and ends the reading
    /// early by returning `Break`. A file of another size is a fault, as is a
    /// damaged one.
    async fn decode(
        &self,
        format: Foreign,
        size: (u32, u32),
        file: Vec<u8>,
        each: impl FnMut(&[u8]) -> ControlFlow<()>,
    ) -> Result<(), PortError>;
}

/// Where pictures are made.
pub trait Studio {
    /// A picture in the making.
    type Work: Work;

    /// A place to make one picture at, with memory of its own that is given back
    /// when the work is dropped. Waits while there is no room; `None` when that
    /// takes so long that the client had better come again.
    async fn desk(&self) -> Result<Option<Self::Work>, PortError>;
}

/// One picture. A refusal is final, and of the picture or the job alone: the
/// worker is as well as before.
pub trait Work {
    /// Says what is to be made; comes first, and once.
    fn begin(&mut self, job: &Job) -> Result<(), Refusal>;
    /// Takes the next bytes of the source.
    fn push(&mut self, chunk: &[u8]) -> Result<(), Refusal>;
    /// Whether no further byte would change anything: the source need not be read
    /// to its end.
    fn has_enough(&self) -> bool;
    /// The source is complete: what is left to do to its pixels is done.
    fn compose(&mut self) -> Result<(), Refusal>;
    /// Makes the file. Comes last.
    fn finish(self) -> Result<media::Derivative, Refusal>;
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
/// second per key; values to 25 MiB, of which we use 256 KiB.
pub trait Hot {
    /// The value, perhaps an old one.
    async fn hot_get(&self, key: &str) -> Result<Option<Sealed>, PortError>;
    /// Writes; visible elsewhere after a while.
    async fn hot_put(&self, key: &str, value: &Sealed) -> Result<(), PortError>;
}

/// The cache of this data centre. A hint: may forget anything at any time.
pub trait Nearby {
    /// The value stored under this key here.
    async fn nearby_get(&self, key: &str) -> Result<Option<Sealed>, PortError>;
    /// Stores for at most `seconds`.
    async fn nearby_put(&self, key: &str, value: &Sealed, seconds: u32) -> Result<(), PortError>;
}

/// The newest root and timestamp, signed; everything else hangs on them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tip {
    /// The newest root.
    #[serde(with = "base64_text")]
    pub root: Vec<u8>,
    /// The newest timestamp.
    #[serde(with = "base64_text")]
    pub timestamp: Vec<u8>,
}

/// Bytes as base64 in JSON (RFC 4648 section 4).
mod base64_text {
    use base64::{Engine, engine::general_purpose::STANDARD};
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(bytes))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(deserializer)?;
        STANDARD.decode(text).map_err(D::Error::custom)
    }
}

/// The order of signed metadata (the `Trust` Durable Object).
pub trait TrustBook {
    /// The newest tip; `None` before the first root. Strongly consistent.
    async fn tip(&self) -> Result<Option<Tip>, PortError>;

    /// Replaces the tip if it still is `expected`, and remembers which digest
    /// each new metadata file has. Atomic; durable when it returns. `false`:
    /// another publish was first, and nothing has changed.
    async fn advance(
        &self,
        expected: Option<&Tip>,
        next: &Tip,
        files: &[(String, Sha256)],
    ) -> Result<bool, PortError>;

    /// The digest of `N.role.json`, however old.
    async fn metadata(&self, file: &str) -> Result<Option<Sha256>, PortError>;
}

/// Codes, links, budgets, revocations (the `Gate` Durable Objects).
pub trait GateBook {
    /// Asks the book that knows. Atomic: however many ask one book at once, each
    /// sees all that those before it changed. Durable when it returns.
    async fn ask<Q: Question>(&self, question: &Q) -> Result<Q::Answer, PortError>;
}

/// Which log an entry goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogName {
    /// What creators published: open to all.
    Publish,
    /// What shoppers were given: its entries are for those who hold a receipt.
    Deliveries,
}

impl LogName {
    /// The name in URLs and origins.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Publish => "publish",
            Self::Deliveries => "deliveries",
        }
    }

    /// Parses the name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Publish, Self::Deliveries]
            .into_iter()
            .find(|log| log.as_str() == text)
    }
}

/// A receipt as its log keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filed {
    /// The signed note.
    pub note: String,
    /// The log's name, such as `deliveries-2026h2`.
    pub log: String,
    /// Its place there, for good.
    pub index: u64,
}

/// The receipts and their logs (one `Log` Durable Object each).
pub trait Ledger {
    /// Appends a signed receipt. Durable when it returns; it is in the tree soon after.
    async fn append(&self, log: LogName, id: ReceiptId, note: &str) -> Result<(), PortError>;

    /// How many receipts the present log of that kind has accepted.
    async fn accepted(&self, log: LogName) -> Result<u64, PortError>;

    /// The receipts that name this grant, oldest first, at most a thousand,
    /// however old.
    async fn receipts_of(&self, log: LogName, grant: GrantHash) -> Result<Vec<Filed>, PortError>;

    /// The receipt with this id, however old.
    async fn receipt(&self, log: LogName, id: ReceiptId) -> Result<Option<Filed>, PortError>;
}
