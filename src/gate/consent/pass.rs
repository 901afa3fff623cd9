//! How a device shows that it has agreed: a sealed line in a cookie, so that the
//! gate needs no storage call to see it. It opens nothing by itself.

use std::fmt;

use hmac_sha256::HMAC;

use crate::gate::base64url;

/// A consent is asked for again after a year.
pub const CONSENT_SECONDS: u64 = 365 * 86_400;

/// What a device has agreed to for one drop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsentPass {
    /// The drop that asked: `creator/drop`.
    pub drop: String,
    /// The scopes that were agreed to.
    pub scopes: Vec<String>,
    /// The id of the receipt.
    pub receipt: String,
    /// The place in the status lists where its withdrawal would be found.
    pub place: u64,
    /// Until when it is good.
    pub until: u64,
}

/// The secret behind passes and the links of receipts.
#[derive(Clone)]
pub struct ConsentKey([u8; 32]);

impl ConsentKey {
    /// Takes 32 random bytes.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The pass as a cookie holds it.
    #[must_use]
    pub fn seal(&self, pass: &ConsentPass) -> String {
        let ConsentPass {
            drop,
            scopes,
            receipt,
            place,
            until,
        } = pass;
        let line = format!("{drop} {} {receipt} {place} {until}", scopes.join(","));
        let mac = base64url::encode(self.mac("pass", &line));
        format!("{}.{mac}", base64url::encode(line))
    }

    /// A pass that this key sealed and that is still good.
    #[must_use]
    pub fn open(&self, text: &str, now: u64) -> Option<ConsentPass> {
        let (line, mac) = text.split_once('.')?;
        let line = String::from_utf8(base64url::decode(line)?).ok()?;
        if !self.holds("pass", &line, mac) {
            return None;
        }
        let parts: Vec<&str> = line.split(' ').collect();
        let [drop, scopes, receipt, place, until] = parts.as_slice() else {
            return None;
        };
        let pass = ConsentPass {
            drop: (*drop).to_owned(),
            scopes: scopes.split(',').map(str::to_owned).collect(),
            receipt: (*receipt).to_owned(),
            place: place.parse().ok()?,
            until: until.parse().ok()?,
        };
        (now < pass.until).then_some(pass)
    }

    /// What a receipt's address ends with: who has it may withdraw. The id alone,
    /// which others see in the log, is not enough.
    #[must_use]
    pub fn link(&self, receipt: &str) -> String {
        let mac = base64url::encode(self.mac("receipt", receipt));
        format!("{receipt}.{mac}")
    }

    /// The receipt of such an address.
    #[must_use]
    pub fn linked<'a>(&self, text: &'a str) -> Option<&'a str> {
        let (receipt, mac) = text.split_once('.')?;
        self.holds("receipt", receipt, mac).then_some(receipt)
    }

    fn mac(&self, label: &str, text: &str) -> [u8; 32] {
        HMAC::mac(format!("consent {label}\0{text}"), self.0)
    }

    /// Compares in a time that does not depend on what is wrong.
    fn holds(&self, label: &str, text: &str, mac: &str) -> bool {
        let expected = format!("consent {label}\0{text}");
        base64url::decode_array(mac).is_some_and(|mac| HMAC::verify(expected, self.0, &mac))
    }
}

impl fmt::Debug for ConsentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ConsentKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pass() -> ConsentPass {
        ConsentPass {
            drop: "alice/drop-7".to_owned(),
            scopes: vec!["measurement".to_owned(), "prefetch".to_owned()],
            receipt: "0f".repeat(16),
            place: 7,
            until: 1000,
        }
    }

    #[test]
    fn a_pass_is_read_back_until_its_end_and_no_other_is() {
        let key = ConsentKey::new([1; 32]);
        let sealed = key.seal(&pass());
        assert_eq!(key.open(&sealed, 999), Some(pass()));
        assert_eq!(key.open(&sealed, 1000), None);
        assert_eq!(ConsentKey::new([2; 32]).open(&sealed, 0), None);
        let (line, mac) = sealed.split_once('.').unwrap();
        let more = ConsentPass {
            until: 2000,
            ..pass()
        };
        let (longer, _) = key
            .seal(&more)
            .split_once('.')
            .map(|(line, mac)| (line.to_owned(), mac.to_owned()))
            .unwrap();
        for forged in [
            format!("{longer}.{mac}"),
            format!("{line}."),
            line.to_owned(),
            format!("{line}.{mac}x"),
            String::new(),
        ] {
            assert_eq!(key.open(&forged, 0), None, "{forged}");
        }
        for at in 0..sealed.len() {
            let mut bytes = sealed.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            assert_eq!(key.open(&String::from_utf8(bytes).unwrap(), 0), None);
        }
    }

    #[test]
    fn a_link_proves_itself_and_a_pass_is_none() {
        let key = ConsentKey::new([1; 32]);
        let link = key.link("abc");
        assert_eq!(key.linked(&link), Some("abc"));
        for other in [
            key.link("abd").replace("abd", "abc"),
            key.seal(&pass()),
            "abc".to_owned(),
        ] {
            assert_eq!(key.linked(&other), None);
        }
    }
}
