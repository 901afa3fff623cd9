//! The book of codes: what one redemption reads and writes, whoever keeps the
//! rows. The keeper runs [`redeem_in`] without a pause in between, so that of
//! many requests for one code exactly one spends it.

use serde::{Deserialize, Serialize};

use super::{
    Bucket, Campaign, CodeError, CodeHash, CodeRow, FAILURES_PER_ADDRESS, Holder, Outcome, Rate,
    Redemption, redeem,
};
use crate::gate::{AddressHash, DeviceHash};

/// A campaign and what its codes become.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CampaignRecord {
    /// The rules of its codes.
    pub rules: Campaign,
    /// What the operator calls it.
    pub label: String,
    /// The drop its grants open: `creator/drop`.
    pub drop: String,
}

/// A new campaign with its codes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CampaignDraft {
    /// The campaign.
    pub record: CampaignRecord,
    /// The hashes of its codes.
    pub codes: Vec<CodeHash>,
}

/// A request to redeem, as it reaches the book.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RedeemRequest {
    /// Which code.
    pub code: CodeHash,
    /// Who asks.
    pub by: Holder,
    /// From where, for the throttle.
    pub address: AddressHash,
    /// A fresh random id for the grant.
    pub jti: String,
}

/// What the book answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum RedeemAnswer {
    /// The code is this device's.
    Granted {
        /// The grant's id: the same each time this device asks.
        jti: String,
        /// Since when: the same each time.
        at: u64,
        /// Whether this request spent the code.
        fresh: bool,
        /// What the grant opens.
        campaign: Box<CampaignRecord>,
    },
    /// It is not.
    Refused(CodeError),
    /// Too many wrong codes from one place; seconds to wait.
    Throttled(u64),
}

/// The rows, as some store keeps them.
pub trait Rows {
    /// What a failing store says.
    type Error;

    /// A code's row.
    fn code(&self, hash: CodeHash) -> Result<Option<CodeRow>, Self::Error>;
    /// Writes a code's row.
    fn put_code(&self, hash: CodeHash, row: &CodeRow) -> Result<(), Self::Error>;
    /// A campaign.
    fn campaign(&self, id: &str) -> Result<Option<CampaignRecord>, Self::Error>;
    /// How many codes of a campaign a device has redeemed.
    fn redeemed_by(&self, campaign: &str, device: DeviceHash) -> Result<u64, Self::Error>;
    /// An address's bucket of failures.
    fn failures(&self, address: AddressHash) -> Result<Bucket, Self::Error>;
    /// Writes it.
    fn put_failures(&self, address: AddressHash, bucket: Bucket) -> Result<(), Self::Error>;
}

/// A mistyped code costs one try; a good code costs none.
const RATE: Rate = FAILURES_PER_ADDRESS;

/// Redeems in a book.
pub fn redeem_in<R: Rows>(
    rows: &R,
    request: &RedeemRequest,
    now: u64,
) -> Result<RedeemAnswer, R::Error> {
    let failures = rows.failures(request.address)?;
    if let Err(seconds) = failures.ready(RATE, now) {
        return Ok(RedeemAnswer::Throttled(seconds));
    }
    let Some((row, campaign)) = find(rows, request.code)? else {
        if let Ok(bucket) = failures.take(RATE, now) {
            rows.put_failures(request.address, bucket)?;
        }
        return Ok(RedeemAnswer::Refused(CodeError::Unknown));
    };
    let redemption = Redemption {
        by: request.by,
        jti: request.jti.clone(),
        redeemed_before: rows.redeemed_by(&row.campaign, request.by.device)?,
    };
    let (row, outcome) = redeem(row, &campaign.rules, redemption, now);
    match outcome {
        Outcome::Refused(error) => Ok(RedeemAnswer::Refused(error)),
        Outcome::Granted { jti, at, fresh } => {
            if fresh {
                rows.put_code(request.code, &row)?;
            }
            Ok(RedeemAnswer::Granted {
                jti,
                at,
                fresh,
                campaign: Box::new(campaign),
            })
        }
    }
}

fn find<R: Rows>(rows: &R, code: CodeHash) -> Result<Option<(CodeRow, CampaignRecord)>, R::Error> {
    let Some(row) = rows.code(code)? else {
        return Ok(None);
    };
    let campaign = rows.campaign(&row.campaign)?;
    Ok(campaign.map(|campaign| (row, campaign)))
}
