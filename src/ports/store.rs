//! Large objects, and bodies on their way in and out.

use std::ops::ControlFlow;

use super::{PortError, Sealed};
use crate::{
    delivery::{
        Span,
        plan::{Entry, Verify},
    },
    trust::Sha256,
};

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

/// What the sender wants to hear of a body's end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tell {
    /// However it ends.
    Always,
    /// Nothing, if it went well: then a body that needs no check may go out
    /// without anybody looking on, which costs least.
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
    /// way; not at all if the reader left before, or if nobody wants to be told.
    async fn send(
        &self,
        parts: Vec<Part>,
        verify: Verify,
        tell: Tell,
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
