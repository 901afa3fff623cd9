//! The Durable Objects: what is trusted for order and counts.

use serde::{Deserialize, Serialize};

use super::PortError;
use crate::{
    evidence::ReceiptId,
    gate::{GrantHash, book::Question},
    trust::Sha256,
};

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
