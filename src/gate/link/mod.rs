//! Links in mails and chats: looked at by machines, spent by people.

mod nonce;
mod row;

pub use nonce::NonceKey;
pub use row::{LinkError, LinkGrant, LinkRecord, LinkRow, LinkView, Use, revoke, spend};
