//! Who may have it? Grants, budgets, codes, links and revocations.
//!
//! | file | question |
//! |---|---|
//! | [`decide`](Gate::decide) | does this token open this path? |
//! | `explain` | and why, claim by claim? |
//! | `jws`, `json`, `base64url` | is the token well made? |
//! | `issuers`, `jwks`, `keys` | who may mint, and with which keys? |
//! | `claims`, `claim_reader`, `pattern`, `net` | what does it say? |
//! | `offer` | what will it say? |
//! | [`budget`] | how much of its limits has a grant used? |
//! | [`code`] | what becomes of a code on a card? |
//! | [`link`] | what becomes of a link in a mail? |
//! | [`status`] | was a grant revoked? |
//! | [`stripe`] | did Stripe say so? |
//! | `upload` | may this creator upload to this drop? |
//! | `private` | what must never be written down? |

mod base64url;
pub mod budget;
mod claim_reader;
mod claims;
pub mod code;
mod decide;
mod error;
mod explain;
mod issuers;
mod json;
mod jwks;
mod jws;
mod keys;
pub mod link;
mod net;
mod offer;
mod pattern;
mod private;
pub mod status;
pub mod stripe;
#[cfg(test)]
mod tests;
mod upload;

pub use claims::{Claims, ConsentId, Limits, StatusRef, mint};
pub use decide::{Access, Allowed, Decision, Gate, Grant, Needs, Policy, SKEW, Tiers};
pub use error::{Class, GateError, Part};
pub use explain::{Step, Verdict};
pub use issuers::{IssuerFault, Issuers, IssuersError};
pub use jwks::{Jwks, JwksError, MAX_JWKS_BYTES};
pub use jws::MAX_TOKEN;
pub use keys::{KeyError, SigningKey, VerifyingKey};
pub use net::Cidr;
pub use offer::Offer;
pub use pattern::Pattern;
pub use private::{
    AddressHash, DeviceHash, EmailHash, GrantHash, GrantId, RequestHash, Salt, Subject, SubjectHash,
};
pub use upload::{UPLOAD_LIFE, UnprovenUpload, UploadRight, mint_upload};
