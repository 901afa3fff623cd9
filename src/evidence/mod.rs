//! What did we do, and how can anyone prove it? Signed notes, receipts and a
//! Merkle log in the formats of C2SP, checked by stock transparency-log tools.
//!
//! A [`Receipt`] is signed as a [`note`], the note's bytes are an entry of a
//! log, [`sequencer`] turns entries into [`tile`]s and a [`Checkpoint`], and a
//! [`LogProof`] ties one receipt to one checkpoint, offline and for good.
//! [`audit`] re-derives a whole log, [`invariant`] says whether a log and the
//! object that writes it still agree.

pub mod audit;
mod checkpoint;
pub mod dossier;
mod error;
pub mod invariant;
mod key;
pub mod merkle;
pub mod note;
mod proof;
mod receipt;
pub mod sequencer;
pub mod tile;
mod wire;
pub mod witness;

/// A grant as receipts name it; only its salt ties it to the grant.
pub use crate::gate::GrantHash;
pub use checkpoint::{Checkpoint, log_name, log_names, origin};
pub use error::EvidenceError;
pub use key::{Signer, Verifier};
pub use note::Note;
pub use proof::{LogProof, Policy};
pub use receipt::{Detail, Kind, Receipt, ReceiptId};
pub use sequencer::{Batch, LogState};
