//! The proof in a link page's form that this device was shown the page.

use std::fmt;

use hmac_sha256::HMAC;

use super::LinkError;
use crate::gate::base64url;
use crate::gate::private::DeviceHash;

/// How long the page may stay open before its button is pressed.
const NONCE_LIFE: u64 = 15 * 60;

/// The secret behind the nonces of link pages.
#[derive(Clone)]
pub struct NonceKey([u8; 32]);

impl NonceKey {
    /// Takes 32 random bytes.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The nonce for the form on a link's page, as this device sees it now.
    #[must_use]
    pub fn nonce(&self, link: &str, device: &DeviceHash, now: u64) -> String {
        let mac = HMAC::mac(text(link, device, now), self.0);
        base64url::encode([&now.to_be_bytes()[..], &mac].concat())
    }

    /// Checks a nonce, in a time that does not depend on what is wrong in it.
    pub fn verify(
        &self,
        nonce: &str,
        link: &str,
        device: &DeviceHash,
        now: u64,
    ) -> Result<(), LinkError> {
        let bytes: [u8; 40] = base64url::decode_array(nonce).ok_or(LinkError::Nonce)?;
        let Some((at, mac)) = bytes.split_first_chunk::<8>() else {
            return Err(LinkError::Nonce);
        };
        let (at, mac) = (
            u64::from_be_bytes(*at),
            mac.try_into().map_err(|_| LinkError::Nonce)?,
        );
        let genuine = HMAC::verify(text(link, device, at), self.0, mac);
        let in_time = at <= now && now.saturating_sub(at) < NONCE_LIFE;
        if genuine && in_time {
            Ok(())
        } else {
            Err(LinkError::Nonce)
        }
    }
}

impl fmt::Debug for NonceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NonceKey(..)")
    }
}

/// What a nonce is the MAC of: the fixed-length parts first.
fn text(link: &str, device: &DeviceHash, at: u64) -> Vec<u8> {
    [
        b"link nonce\0",
        &at.to_be_bytes()[..],
        &device.0.0,
        link.as_bytes(),
    ]
    .concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::private::Salt;

    fn device(name: &str) -> DeviceHash {
        Salt::new([4; 32]).device(name)
    }

    #[test]
    fn a_nonce_is_for_one_link_one_device_and_some_minutes() {
        let key = NonceKey::new([5; 32]);
        let phone = device("phone");
        let nonce = key.nonce("link-1", &phone, 1000);
        assert_eq!(key.verify(&nonce, "link-1", &phone, 1000), Ok(()));
        assert_eq!(key.verify(&nonce, "link-1", &phone, 1899), Ok(()));
        let mut flipped = nonce.clone().into_bytes();
        flipped[20] ^= 1;
        let flipped = String::from_utf8(flipped).unwrap();
        let other = NonceKey::new([6; 32]);
        for refused in [
            key.verify(&nonce, "link-1", &phone, 1900),
            key.verify(&nonce, "link-1", &phone, 999),
            key.verify(&nonce, "link-2", &phone, 1000),
            key.verify(&nonce, "link-1", &device("laptop"), 1000),
            key.verify(&flipped, "link-1", &phone, 1000),
            key.verify("", "link-1", &phone, 1000),
            key.verify(&format!("{nonce}="), "link-1", &phone, 1000),
            other.verify(&nonce, "link-1", &phone, 1000),
        ] {
            assert_eq!(refused, Err(LinkError::Nonce));
        }
    }
}
