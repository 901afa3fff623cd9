//! Is it what the creator signed? TUF 1.0 metadata, checked without I/O.
//!
//! | file | what it does |
//! |---|---|
//! | `json`, `canonical`, `time` | reads and writes the forms signatures are made over |
//! | `key`, `verify` | Ed25519 keys; whether enough distinct ones signed |
//! | `metadata` | the five kinds of metadata, parsed |
//! | `drop` | the drop manifest and its files |
//! | `trusted_set` | what a client has verified, and what it then answers |
//! | `repository` | what the edge accepts and signs |
//! | `author` | what the command line writes |

mod author;
mod canonical;
mod digest;
mod drop;
mod error;
mod json;
mod key;
mod metadata;
mod path;
pub mod peek;
mod repository;
mod time;
mod trusted_set;
mod verify;

pub use author::{AuthorError, Delegation, Draft, RootKeys, add_signature};
pub use canonical::canonical;
pub use digest::Sha256;
pub use drop::{
    Access, DropFacts, DropManifest, FileDigester, FileDigests, FileEntry, Preview, Provenance,
    chunk_size_for,
};
pub use error::{RoleMeta, TrustClass, TrustError, Wanted};
pub use json::parse as parse_json;
pub use key::{PublicKey, Signer, SigningKey};
pub use metadata::{
    DelegatedRole, Delegations, Header, Root, Snapshot, TargetInfo, Targets, Timestamp,
};
pub use path::{DropPath, Name, PathError, TargetPath};
pub use repository::{Accepted, Fault, Head, MetadataFile, Repository, Submission, SubmitError};
pub use time::{format_time, parse_time};
pub use trusted_set::{Floor, FoundTarget, TrustedSet, Update};
pub use verify::Signers;

#[cfg(test)]
mod tests;
