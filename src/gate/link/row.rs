//! Ephemeral links: looking costs nothing, a person's POST spends a use.
//!
//! Mail scanners and chat previews open every link with GET and HEAD, and some
//! submit what they find. So [`LinkRow::show`] takes the row by reference and
//! cannot change it, and [`spend`] wants a [`NonceKey`](super::NonceKey)'s proof that the same
//! device was shown the page a short while ago.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::gate::offer::Offer;
use crate::gate::private::DeviceHash;
use crate::trust::format_time;

/// How long the device that spent a use gets the same grant again: a reload, a
/// lost answer, the back button.
const REUSE: u64 = 15 * 60;

/// More uses than this is a campaign; print codes.
const MAX_USES: u32 = 1000;

/// One use: who has it and what it became.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Use {
    /// The device.
    pub device: DeviceHash,
    /// The `jti` of the grant.
    pub jti: String,
    /// When it was spent.
    pub at: u64,
}

/// A link's row in the books. Every use stays in it, so that it can be audited
/// and its grants revoked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkRow {
    /// What a use of it becomes.
    pub offer: Offer,
    /// How many times it may be spent.
    pub uses: u32,
    /// The second from which it no longer can.
    pub expires: u64,
    /// Whether it was revoked.
    pub revoked: bool,
    /// The uses that were spent, oldest first.
    pub spent: Vec<Use>,
}

/// A link in the books.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkRecord {
    /// Its rules and uses.
    pub row: LinkRow,
    /// The drop it is for: `creator/drop`.
    pub drop: String,
    /// What the operator calls it.
    pub label: String,
    /// The grant that every use opens, for an order; else each has its own.
    #[serde(default)]
    pub grant: Option<(String, u64)>,
}

/// Why a link gives nothing. Fit for a problem's `detail`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum LinkError {
    /// No such link.
    Unknown,
    /// It was revoked.
    Revoked,
    /// It has expired.
    Expired(u64),
    /// Every use was spent.
    Spent,
    /// The form's nonce is not one that this device was given for this link
    /// within the last minutes.
    Nonce,
}

impl fmt::Display for LinkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => f.write_str("this link is not known"),
            Self::Revoked => f.write_str("this link was withdrawn"),
            Self::Expired(at) => write!(f, "this link expired at {}", format_time(*at)),
            Self::Spent => f.write_str("this link was used up on another device or some time ago"),
            Self::Nonce => f.write_str("open the link's page again and press its button there"),
        }
    }
}

impl std::error::Error for LinkError {}

/// What the page shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinkView {
    /// Uses that are left.
    pub left: u32,
    /// When it expires.
    pub expires: u64,
}

/// The grant that a spent use becomes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkGrant {
    /// The grant's id; the same for the same device within the re-use window.
    pub jti: String,
    /// When the use was spent: the grant's `iat`.
    pub at: u64,
    /// Whether this request spent it.
    pub fresh: bool,
}

impl LinkRow {
    /// A new link, spent by nobody; at least one use, at most a thousand.
    #[must_use]
    pub fn new(offer: Offer, uses: u32, expires: u64) -> Self {
        Self {
            offer,
            uses: uses.clamp(1, MAX_USES),
            expires,
            revoked: false,
            spent: Vec::new(),
        }
    }

    /// What GET and HEAD may know. Changes nothing.
    pub fn show(&self, now: u64) -> Result<LinkView, LinkError> {
        if self.revoked {
            return Err(LinkError::Revoked);
        }
        if now >= self.expires {
            return Err(LinkError::Expired(self.expires));
        }
        let spent = u32::try_from(self.spent.len()).unwrap_or(u32::MAX);
        Ok(LinkView {
            left: self.uses.saturating_sub(spent),
            expires: self.expires,
        })
    }
}

/// Spends a use for a device whose nonce was verified: the row to write back and
/// the grant to mint with `jti`, or why not. The caller runs it inside one
/// transaction.
pub fn spend(
    mut row: LinkRow,
    device: DeviceHash,
    jti: &str,
    now: u64,
) -> (LinkRow, Result<LinkGrant, LinkError>) {
    if row.revoked {
        return (row, Err(LinkError::Revoked));
    }
    let recent = |spent: &&Use| spent.device == device && now.saturating_sub(spent.at) < REUSE;
    if let Some(spent) = row.spent.iter().rev().find(recent) {
        let grant = LinkGrant {
            jti: spent.jti.clone(),
            at: spent.at,
            fresh: false,
        };
        return (row, Ok(grant));
    }
    match row.show(now) {
        Err(error) => (row, Err(error)),
        Ok(LinkView { left: 0, .. }) => (row, Err(LinkError::Spent)),
        Ok(_) => {
            row.spent.push(Use {
                device,
                jti: jti.to_owned(),
                at: now,
            });
            let grant = LinkGrant {
                jti: jti.to_owned(),
                at: now,
                fresh: true,
            };
            (row, Ok(grant))
        }
    }
}

/// Withdraws the link; the uses stay, and name the grants to revoke.
#[must_use]
pub fn revoke(row: LinkRow) -> LinkRow {
    LinkRow {
        revoked: true,
        ..row
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::private::Salt;

    fn device(name: &str) -> DeviceHash {
        Salt::new([4; 32]).device(name)
    }

    #[test]
    fn looking_never_spends_and_a_device_spends_once() {
        let row = LinkRow::new(Offer::default(), 1, 1000);
        for now in 0..50 {
            assert_eq!(
                row.show(now),
                Ok(LinkView {
                    left: 1,
                    expires: 1000
                })
            );
        }
        let (row, first) = spend(row, device("phone"), "j1", 50);
        assert_eq!(
            first,
            Ok(LinkGrant {
                jti: "j1".to_owned(),
                at: 50,
                fresh: true
            })
        );
        let (row, again) = spend(row, device("phone"), "j2", 949);
        assert_eq!(
            again,
            Ok(LinkGrant {
                jti: "j1".to_owned(),
                at: 50,
                fresh: false
            })
        );
        let (row, other) = spend(row, device("laptop"), "j3", 60);
        assert_eq!(other, Err(LinkError::Spent));
        let (row, late) = spend(row, device("phone"), "j4", 950);
        assert_eq!(late, Err(LinkError::Spent), "the re-use window is over");
        assert_eq!(
            row.show(60),
            Ok(LinkView {
                left: 0,
                expires: 1000
            })
        );
        assert_eq!(row.spent.len(), 1);
    }

    #[test]
    fn a_link_ends_by_time_and_by_will() {
        let (row, late) = spend(
            LinkRow::new(Offer::default(), 2, 100),
            device("phone"),
            "j",
            100,
        );
        assert_eq!(late, Err(LinkError::Expired(100)));
        let (row, good) = spend(row, device("phone"), "j1", 99);
        assert!(good.is_ok());
        let (row, again) = spend(row, device("phone"), "j2", 101);
        assert!(
            !again.unwrap().fresh,
            "a reload after the end still shows the grant"
        );
        let row = revoke(row);
        assert_eq!(row.show(50), Err(LinkError::Revoked));
        let (row, after) = spend(row, device("phone"), "j3", 60);
        assert_eq!(after, Err(LinkError::Revoked));
        assert_eq!(row.spent[0].jti, "j1");
        for (wanted, uses) in [(0, 1), (7, 7), (u32::MAX, 1000)] {
            assert_eq!(LinkRow::new(Offer::default(), wanted, 1).uses, uses);
        }
        let stored = serde_json::to_string(&row).unwrap();
        assert_eq!(serde_json::from_str::<LinkRow>(&stored).unwrap(), row);
    }
}
