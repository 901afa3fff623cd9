//! Signatures that this isolate has checked already. A shopper shows one grant
//! many times; only the first costs the curve.
//!
//! What is remembered is that a key signed a token, and nothing else: every
//! claim is held against every request anew, and a key that its issuer has given
//! up is no longer asked for. Only good signatures are kept, so that strangers
//! cannot fill the memory.

use std::{cell::RefCell, collections::BTreeSet, fmt};

use hmac_sha256::Hash;

use super::{jws::Jws, keys::VerifyingKey};

/// At 32 bytes each some 100 KB; when it is full it begins anew.
const MOST: usize = 2048;

/// The digests of pairs of a key and what it signed.
#[derive(Clone, Default)]
pub struct Seen(RefCell<BTreeSet<[u8; 32]>>);

impl Seen {
    /// Whether the key signed it; looked up, or else checked.
    pub(super) fn signed_by(&self, jws: &Jws<'_>, key: &VerifyingKey) -> bool {
        let mut pair = Hash::new();
        pair.update(key.to_bytes());
        pair.update(jws.signature());
        pair.update(jws.signed_text());
        let pair = pair.finalize();
        if self.0.borrow().contains(&pair) {
            return true;
        }
        let good = jws.signed_by(key);
        if good {
            let mut seen = self.0.borrow_mut();
            if seen.len() >= MOST {
                seen.clear();
            }
            seen.insert(pair);
        }
        good
    }
}

impl fmt::Debug for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seen(..)")
    }
}
