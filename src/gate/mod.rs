//! Who may have it? Grants, budgets, codes, links and revocations.
//!
//! | file | question |
//! |---|---|
//! | [`decide`](Gate::decide) | does this token open this path? |
//! | `access`, `checks`, `needs` | what is asked, what is checked, what is left to the books? |
//! | `explain` | and why, claim by claim? |
//! | `jws`, `json`, `base64url` | is the token well made? |
//! | `issuers`, `jwks`, `keys` | who may mint, and with which keys? |
//! | `claims`, `claim_reader`, `pattern`, `net` | what does it say? |
//! | `offer` | what will it say? |
//! | [`book`] | what do the books say, and what do they write? |
//! | [`budget`] | how much of its limits has a grant used? |
//! | [`code`] | what becomes of a code on a card? |
//! | [`link`] | what becomes of a link in a mail? |
//! | [`consent`] | what was agreed to, and what follows? |
//! | [`status`] | was a grant revoked? |
//! | [`stripe`] | did Stripe say so? |
//! | `seen` | was this signature checked before? |
//! | `peek` | what does a token say of itself? |
//! | `upload` | may this creator upload to this drop? |
//! | `private` | what must never be written down? |

mod access;
mod base64url;
pub mod book;
pub mod budget;
mod checks;
mod claim_reader;
mod claims;
pub mod code;
pub mod consent;
mod decide;
mod error;
mod explain;
mod issuers;
mod json;
mod jwks;
mod jws;
mod keys;
pub mod link;
mod needs;
mod net;
mod offer;
mod pattern;
mod peek;
mod private;
mod seen;
pub mod status;
pub mod stripe;
#[cfg(test)]
mod tests;
mod upload;
mod viewer;

pub use access::{Access, Policy, Tiers};
pub use checks::SKEW;
pub use claims::{Claims, ConsentId, Limits, StatusRef, mint, standing};
pub use decide::{Allowed, Decision, Gate, Grant};
pub use error::{Class, GateError, Part};
pub use explain::{Step, Verdict};
pub use issuers::{IssuerFault, Issuers, IssuersError, fetchable};
pub use jwks::{Jwks, JwksError, MAX_JWKS_BYTES};
pub use jws::MAX_TOKEN;
pub use keys::{KeyError, SigningKey, VerifyingKey};
pub use needs::Needs;
pub use net::Cidr;
pub use offer::Offer;
pub use pattern::Pattern;
pub use peek::{Peek, peek};
pub use private::{
    AddressHash, DeviceHash, EmailHash, GrantHash, GrantId, LinkHash, RequestHash, Salt, Subject,
    SubjectHash,
};
pub use seen::Seen;
pub use upload::{UPLOAD_LIFE, UnprovenUpload, UploadRight, mint_upload};
pub use viewer::{OPERATOR, UnprovenView, VIEW_LIFE, mint_view};
