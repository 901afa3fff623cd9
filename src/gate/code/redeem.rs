//! The life of a code: issued, reserved, redeemed or revoked.
//!
//! Every function takes a row and gives the row to write back with what to
//! answer. The caller runs one of them inside one transaction; nothing here
//! needs a second look at the row, so a crash before the write changes nothing
//! and a crash after it is answered by asking again.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::gate::Offer;
use crate::gate::private::{DeviceHash, RequestHash};
use crate::trust::format_time;

/// How long a code is kept for a device that still has something to agree to
/// (a consent page) before the grant is made.
pub const HOLD: u64 = 15 * 60;

/// Who asks: a device by its cookie, and one attempt by its idempotency key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The device.
    pub device: DeviceHash,
    /// The attempt.
    pub request: RequestHash,
}

impl Holder {
    /// The same device, or the same attempt after its cookie was lost.
    fn is(&self, other: &Self) -> bool {
        self.device == other.device || self.request == other.request
    }
}

/// Where a code is in its life.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum CodeState {
    /// Printed, not used.
    Issued,
    /// Kept for someone until a second; then it is issued again.
    Reserved {
        /// For whom.
        by: Holder,
        /// Until when.
        until: u64,
    },
    /// Spent.
    Redeemed {
        /// By whom.
        by: Holder,
        /// The `jti` of the grant it became. The same for ever: a copy of the
        /// grant can be minted again, a second grant cannot.
        jti: String,
        /// When.
        at: u64,
    },
    /// Void.
    Revoked {
        /// Since when.
        at: u64,
        /// The grant to revoke along with it, if there was one.
        jti: Option<String>,
    },
}

/// A code's row in the books; its key is the [`CodeHash`](super::CodeHash).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeRow {
    /// The campaign it was printed for.
    pub campaign: String,
    /// Where it is in its life.
    pub state: CodeState,
}

/// What all codes of a campaign have in common.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Campaign {
    /// Its id.
    pub id: String,
    /// What a code of it becomes.
    pub offer: Offer,
    /// The first second in which its codes can be redeemed.
    pub from: Option<u64>,
    /// The second from which they no longer can.
    pub until: Option<u64>,
    /// How many of its codes one device may redeem.
    pub per_device: Option<u64>,
    /// Whether what was not redeemed is void.
    pub voided: bool,
}

/// A request to redeem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Redemption {
    /// Who asks.
    pub by: Holder,
    /// A fresh random id for the grant, used only if this request spends the code.
    pub jti: String,
    /// How many codes of the campaign this device has redeemed before.
    pub redeemed_before: u64,
}

/// Why a code cannot be redeemed. Fit for a problem's `detail`. Whether a code
/// exists is the caller's to say, in the words of [`CodeError::Unknown`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum CodeError {
    /// No such code.
    Unknown,
    /// Another device has redeemed it.
    Spent,
    /// Another device is about to; it may let go.
    Held {
        /// Until when.
        until: u64,
    },
    /// It was revoked, or its campaign was.
    Revoked,
    /// Its campaign has not begun.
    TooEarly(u64),
    /// Its campaign is over.
    TooLate(u64),
    /// This device has redeemed as many as it may.
    DeviceLimit(u64),
}

impl fmt::Display for CodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => f.write_str("this code is not known; check it against the card"),
            Self::Spent => f.write_str("this code was redeemed on another device"),
            Self::Held { .. } => {
                f.write_str("this code is being redeemed on another device; try again later")
            }
            Self::Revoked => f.write_str("this code is no longer good"),
            Self::TooEarly(at) => {
                write!(
                    f,
                    "this code cannot be redeemed before {}",
                    format_time(*at)
                )
            }
            Self::TooLate(at) => {
                write!(
                    f,
                    "this code had to be redeemed before {}",
                    format_time(*at)
                )
            }
            Self::DeviceLimit(most) => {
                write!(
                    f,
                    "this device has redeemed {most} of these codes, as many as it may"
                )
            }
        }
    }
}

impl std::error::Error for CodeError {}

/// The answer to a redemption.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// The code is this device's: mint the grant with this `jti`.
    Granted {
        /// The grant's id, the same each time.
        jti: String,
        /// Since when: the grant's `iat`, the same each time.
        at: u64,
        /// Whether this request spent the code (count it, log it) or an earlier
        /// one of the same holder did.
        fresh: bool,
    },
    /// It is not.
    Refused(CodeError),
}

impl CodeRow {
    /// A new code of a campaign.
    #[must_use]
    pub fn issued(campaign: &str) -> Self {
        Self {
            campaign: campaign.to_owned(),
            state: CodeState::Issued,
        }
    }
}

/// Keeps the code for a device for [`HOLD`] seconds. Reserving again prolongs;
/// a code that this holder has redeemed already is left as it is.
pub fn reserve(
    row: CodeRow,
    campaign: &Campaign,
    by: Holder,
    redeemed_before: u64,
    now: u64,
) -> (CodeRow, Result<(), CodeError>) {
    if let CodeState::Redeemed { by: owner, .. } = &row.state {
        let answer = if owner.is(&by) {
            Ok(())
        } else {
            Err(CodeError::Spent)
        };
        return (row, answer);
    }
    if let Err(error) = available(&row, campaign, &by, redeemed_before, now) {
        return (row, Err(error));
    }
    let until = now.saturating_add(HOLD);
    let state = CodeState::Reserved { by, until };
    (CodeRow { state, ..row }, Ok(()))
}

/// Spends the code, once. The holder who spent it gets the same grant each time
/// it asks, also after the campaign has ended.
#[must_use]
pub fn redeem(
    row: CodeRow,
    campaign: &Campaign,
    request: Redemption,
    now: u64,
) -> (CodeRow, Outcome) {
    if let CodeState::Redeemed { by, jti, at } = &row.state {
        let outcome = if by.is(&request.by) {
            Outcome::Granted {
                jti: jti.clone(),
                at: *at,
                fresh: false,
            }
        } else {
            Outcome::Refused(CodeError::Spent)
        };
        return (row, outcome);
    }
    if let Err(error) = available(&row, campaign, &request.by, request.redeemed_before, now) {
        return (row, Outcome::Refused(error));
    }
    let state = CodeState::Redeemed {
        by: request.by,
        jti: request.jti.clone(),
        at: now,
    };
    let outcome = Outcome::Granted {
        jti: request.jti,
        at: now,
        fresh: true,
    };
    (CodeRow { state, ..row }, outcome)
}

/// Makes the code void. The row then names the grant to revoke, if any.
#[must_use]
pub fn revoke(row: CodeRow, now: u64) -> CodeRow {
    let state = match row.state {
        CodeState::Revoked { at, jti } => CodeState::Revoked { at, jti },
        CodeState::Redeemed { jti, .. } => CodeState::Revoked {
            at: now,
            jti: Some(jti),
        },
        CodeState::Issued | CodeState::Reserved { .. } => CodeState::Revoked { at: now, jti: None },
    };
    CodeRow { state, ..row }
}

/// Whether a code that nobody has redeemed is this holder's to take.
fn available(
    row: &CodeRow,
    campaign: &Campaign,
    by: &Holder,
    redeemed_before: u64,
    now: u64,
) -> Result<(), CodeError> {
    match &row.state {
        CodeState::Issued => {}
        CodeState::Reserved { by: keeper, until } => {
            if now < *until && !keeper.is(by) {
                return Err(CodeError::Held { until: *until });
            }
        }
        CodeState::Redeemed { .. } => return Err(CodeError::Spent),
        CodeState::Revoked { .. } => return Err(CodeError::Revoked),
    }
    if campaign.voided {
        return Err(CodeError::Revoked);
    }
    if let Some(from) = campaign.from.filter(|from| now < *from) {
        return Err(CodeError::TooEarly(from));
    }
    if let Some(until) = campaign.until.filter(|until| now >= *until) {
        return Err(CodeError::TooLate(until));
    }
    match campaign.per_device {
        Some(most) if redeemed_before >= most => Err(CodeError::DeviceLimit(most)),
        _ => Ok(()),
    }
}
