//! What must never be written down, as types that cannot be.
//!
//! A subject, an address, a device or an e-mail enters here and only an HMAC
//! leaves. The salt is kept in one place and can be destroyed; then no stored
//! hash can be tied to anyone any more, not even by trying every IPv4 address.

use std::fmt;
use std::net::IpAddr;

use hmac_sha256::HMAC;
use serde::{Deserialize, Serialize};

use crate::trust::Sha256;

/// Whom a grant was minted for. No `Display`, no `Serialize`, a silent `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Subject(String);

impl Subject {
    /// Takes the claim `sub`.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The text, for minting only.
    pub(super) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Subject(..)")
    }
}

/// The hash of a subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SubjectHash(pub Sha256);

/// The hash of a device's random cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct DeviceHash(pub Sha256);

/// The hash of a network address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AddressHash(pub Sha256);

/// The hash of an e-mail address, for "find my order".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EmailHash(pub Sha256);

/// The hash of a client's idempotency key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RequestHash(pub Sha256);

/// The hash of a link's id: who reads the books can open none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct LinkHash(pub Sha256);

/// The salted hash of a grant, as receipts carry it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct GrantHash(pub Sha256);

/// The secret behind the hashes: 32 random bytes.
#[derive(Clone)]
pub struct Salt([u8; 32]);

impl Salt {
    /// Takes 32 random bytes.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Hashes a subject.
    #[must_use]
    pub fn subject(&self, subject: &Subject) -> SubjectHash {
        SubjectHash(self.hash("subject", subject.0.as_bytes()))
    }

    /// Hashes the random value of a device's cookie.
    #[must_use]
    pub fn device(&self, cookie: &str) -> DeviceHash {
        DeviceHash(self.hash("device", cookie.as_bytes()))
    }

    /// Hashes an address. Of IPv6 only the first 64 bits count: a subscriber
    /// has at least that many to choose from.
    #[must_use]
    pub fn address(&self, address: IpAddr) -> AddressHash {
        AddressHash(match address.to_canonical() {
            IpAddr::V4(v4) => self.hash("ipv4", &v4.octets()),
            IpAddr::V6(v6) => self.hash("ipv6/64", &(v6.to_bits() >> 64).to_be_bytes()),
        })
    }

    /// Hashes an e-mail address without regard to case and outer white space.
    #[must_use]
    pub fn email(&self, email: &str) -> EmailHash {
        EmailHash(self.hash("email", email.trim().to_lowercase().as_bytes()))
    }

    /// Hashes an idempotency key.
    #[must_use]
    pub fn request(&self, idempotency_key: &str) -> RequestHash {
        RequestHash(self.hash("request", idempotency_key.as_bytes()))
    }

    /// Hashes a link's id.
    #[must_use]
    pub fn link(&self, id: &str) -> LinkHash {
        LinkHash(self.hash("link", id.as_bytes()))
    }

    /// A visitor as one day knows them: the same person has another name tomorrow.
    #[must_use]
    pub fn visitor(&self, day: u64, who: &str) -> [u8; 32] {
        self.hash("visitor", format!("{day}\n{who}").as_bytes()).0
    }

    /// Hashes a grant's id.
    #[must_use]
    pub fn grant(&self, id: &GrantId) -> GrantHash {
        GrantHash(self.hash("grant", &id.0.0))
    }

    /// The label keeps two kinds of the same text from having one hash.
    fn hash(&self, label: &str, text: &[u8]) -> Sha256 {
        let mut mac = HMAC::new(self.0);
        mac.update(label);
        mac.update([0]);
        mac.update(text);
        Sha256(mac.finalize())
    }
}

impl fmt::Debug for Salt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Salt(..)")
    }
}

/// The name of a grant in our own books: SHA-256 over its issuer and `jti`, or
/// over the signed text if it has none. It opens nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct GrantId(pub Sha256);

impl GrantId {
    /// The id of a grant with a `jti`: every copy and renewal has the same.
    #[must_use]
    pub fn named(issuer: &str, jti: &str) -> Self {
        let text = format!("grant jti\0{}\0{issuer}\0{jti}", issuer.len());
        Self(Sha256::of(text.as_bytes()))
    }

    /// The id of a grant without a `jti`.
    #[must_use]
    pub fn of_text(signed: &str) -> Self {
        Self(Sha256::of(format!("grant text\0{signed}").as_bytes()))
    }
}

impl fmt::Display for GrantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_people_hash_alike_and_kinds_do_not_mix() {
        let salt = Salt::new([1; 32]);
        let other = Salt::new([2; 32]);
        assert_eq!(
            salt.email(" Ann@Example.org "),
            salt.email("ann@example.org")
        );
        assert_ne!(
            salt.email("ann@example.org"),
            other.email("ann@example.org")
        );
        assert_ne!(salt.device("x").0, salt.request("x").0);
        let address = |text: &str| salt.address(text.parse().unwrap());
        assert_eq!(address("::ffff:192.0.2.1"), address("192.0.2.1"));
        assert_eq!(address("2001:db8::1"), address("2001:db8::2"));
        assert_ne!(address("2001:db8:0:1::1"), address("2001:db8::1"));
    }

    #[test]
    fn debug_tells_nothing() {
        let subject = Subject::new("ann@example.org".to_owned());
        assert_eq!(
            format!("{subject:?} {:?}", Salt::new([7; 32])),
            "Subject(..) Salt(..)"
        );
    }

    #[test]
    fn grant_ids_do_not_run_together() {
        assert_ne!(GrantId::named("a", "b\0c"), GrantId::named("a\0b", "c"));
        assert_ne!(GrantId::named("a", "b"), GrantId::of_text("a.b"));
    }
}
