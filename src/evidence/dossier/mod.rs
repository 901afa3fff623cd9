//! A dossier: one file with all that is known about a drop, a grant or a
//! receipt, for an arbiter who has neither this program's server nor a reason
//! to trust whoever hands it over. It is a letter with attachments (MIME, so
//! that any mail program opens it); [`examine`] checks the attachments with the
//! root of trust and the log's key alone, and the letter must say exactly what
//! was found.

mod envelope;
mod examine;
mod letter;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;

use super::{EvidenceError, GrantHash, Receipt, ReceiptId};
use crate::trust::{DropManifest, DropPath, Sha256, TrustError, TrustedSet};

pub use examine::{Anchors, examine, follow};

/// More than any drop needs: 300 receipts with proofs and manifests of 5 MB.
pub const MAX_BYTES: usize = 64 * 1024 * 1024;

/// What a dossier is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// A drop.
    Drop(DropPath),
    /// A grant, by its salted hash.
    Grant(GrantHash),
    /// One receipt.
    Receipt(ReceiptId),
}

impl Subject {
    /// Reads what [`Subject`]'s `Display` writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text.split_once(' ')? {
            ("drop", drop) => DropPath::parse(drop).ok().map(Self::Drop),
            ("grant", hex) => Sha256::from_hex(hex).map(|hash| Self::Grant(GrantHash(hash))),
            ("receipt", id) => ReceiptId::parse(id).map(Self::Receipt),
            _ => None,
        }
    }

    /// Whether a receipt has anything to do with it.
    fn concerns(&self, receipt: &Receipt) -> bool {
        match self {
            Self::Drop(drop) => receipt.drop.as_ref() == Some(drop),
            Self::Grant(grant) => receipt.grant.as_ref() == Some(grant),
            Self::Receipt(id) => receipt.id == *id || receipt.about == Some(*id),
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Drop(drop) => write!(f, "drop {drop}"),
            Self::Grant(grant) => write!(f, "grant {}", grant.0.to_hex()),
            Self::Receipt(id) => write!(f, "receipt {id}"),
        }
    }
}

/// The attachments: `metadata/N.role.json`, `receipts/ID.txt`, `proofs/ID.tlog`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dossier {
    /// What it is about.
    pub subject: Subject,
    /// When it was put together: the moment the chain is judged at.
    pub collected: u64,
    /// The attachments by name.
    pub files: BTreeMap<String, Vec<u8>>,
}

/// A receipt that a log's signed checkpoint covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proven {
    /// What it says.
    pub receipt: Receipt,
    /// The log.
    pub origin: String,
    /// Its place there.
    pub index: u64,
    /// How many entries the checkpoint covers.
    pub size: u64,
    /// How many known witnesses have seen that checkpoint.
    pub witnesses: usize,
}

/// What a dossier proves.
#[derive(Debug)]
pub struct Findings {
    /// The chain of signed metadata, if it is enclosed.
    pub chain: Option<TrustedSet>,
    /// The manifests of the drops in question, newest version as published.
    pub manifests: Vec<DropManifest>,
    /// The receipts, the oldest first.
    pub receipts: Vec<Proven>,
    /// Manifests that are no longer the newest; receipts name their digests.
    pub earlier: Vec<DropManifest>,
}

/// Why a dossier proves nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DossierError {
    /// The file is not a dossier.
    Form(&'static str),
    /// An attachment that must be there is not.
    Missing(String),
    /// A receipt has nothing to do with the subject.
    Unrelated(ReceiptId),
    /// The letter says something else than its attachments prove.
    Letter,
    /// A receipt, proof or checkpoint does not hold.
    Evidence(String, EvidenceError),
    /// The signed metadata does not hold.
    Trust(TrustError),
}

impl fmt::Display for DossierError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form(why) => write!(f, "this is not an evidence file: {why}"),
            Self::Missing(name) => write!(f, "the attachment {name} is missing"),
            Self::Unrelated(id) => write!(f, "the receipt {id} is about something else"),
            Self::Letter => f.write_str(
                "the letter does not say what its attachments prove: somebody has changed it",
            ),
            Self::Evidence(name, error) => write!(f, "{name}: {error}"),
            Self::Trust(error) => write!(f, "the signed metadata does not hold: {error}"),
        }
    }
}

impl std::error::Error for DossierError {}

impl From<TrustError> for DossierError {
    fn from(error: TrustError) -> Self {
        Self::Trust(error)
    }
}
