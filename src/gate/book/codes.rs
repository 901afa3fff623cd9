//! Codes and their campaigns.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{BookError, Question, Rows, count, load, save, status::place_of};
use crate::gate::{
    AddressHash,
    code::{
        Bucket, Campaign, CodeError, CodeHash, CodeRow, FAILURES_PER_ADDRESS, Holder, Outcome,
        Redemption, redeem,
    },
};

/// A mistyped code costs one try; a good code costs none.
const RATE: crate::gate::code::Rate = FAILURES_PER_ADDRESS;

/// Hours a report tells apart; what is later counts in the last.
const MOST_HOURS: usize = 24 * 60;

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
pub struct AddCampaign {
    /// The campaign.
    pub record: CampaignRecord,
    /// The hashes of its codes.
    pub codes: Vec<CodeHash>,
}

impl Question for AddCampaign {
    const NAME: &'static str = "gate.add-campaign";
    /// Whether it was new.
    type Answer = bool;

    fn answer(&self, rows: &dyn Rows, _: u64) -> Result<bool, BookError> {
        let id = &self.record.rules.id;
        if rows.get("campaign", id)?.is_some() {
            return Ok(false);
        }
        save(rows, "campaign", id, &self.record, None)?;
        let tally = Tally {
            issued: self.codes.len() as u64,
            ..Tally::default()
        };
        save(rows, "tally", id, &tally, None)?;
        for hash in &self.codes {
            save(rows, "code", &hash.0.to_hex(), &CodeRow::issued(id), None)?;
        }
        Ok(true)
    }
}

/// Someone wants to redeem a code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Redeem {
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
        /// Its place in the status lists.
        place: u64,
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

impl Question for Redeem {
    const NAME: &'static str = "gate.redeem";
    type Answer = RedeemAnswer;

    fn answer(&self, rows: &dyn Rows, now: u64) -> Result<RedeemAnswer, BookError> {
        if let Err(seconds) = ready(rows, self.address, now)? {
            return Ok(RedeemAnswer::Throttled(seconds));
        }
        let Some((row, campaign)) = find(rows, self.code)? else {
            fail(rows, self.address, now)?;
            return Ok(RedeemAnswer::Refused(CodeError::Unknown));
        };
        let device = format!("{}/{}", row.campaign, self.by.device.0);
        let redemption = Redemption {
            by: self.by,
            jti: self.jti.clone(),
            redeemed_before: load(rows, "redeemed-by", &device)?.unwrap_or(0),
        };
        let (row, outcome) = redeem(row, &campaign.rules, redemption, now);
        let (jti, at, fresh) = match outcome {
            Outcome::Refused(error) => return Ok(RedeemAnswer::Refused(error)),
            Outcome::Granted { jti, at, fresh } => (jti, at, fresh),
        };
        if fresh {
            save(rows, "code", &self.code.0.to_hex(), &row, None)?;
            count(rows, "redeemed-by", &device, 1)?;
            tally(rows, &row.campaign, |tally| {
                tally.redeemed += 1;
                tally.hour(now).redeemed += 1;
            })?;
        }
        Ok(RedeemAnswer::Granted {
            place: place_of(rows, &jti)?,
            jti,
            at,
            fresh,
            campaign: Box::new(campaign),
        })
    }
}

/// Whether this place may try again; else the seconds to wait.
pub(super) fn ready(
    rows: &dyn Rows,
    address: AddressHash,
    now: u64,
) -> Result<Result<(), u64>, BookError> {
    let bucket: Bucket = load(rows, "failures", &address.0.to_hex())?.unwrap_or_default();
    Ok(bucket.ready(RATE, now))
}

/// Counts a failed try from a place, until it is made good.
pub(super) fn fail(rows: &dyn Rows, address: AddressHash, now: u64) -> Result<(), BookError> {
    let key = address.0.to_hex();
    let bucket: Bucket = load(rows, "failures", &key)?.unwrap_or_default();
    match bucket.take(RATE, now) {
        Ok(next) => save(rows, "failures", &key, &next, Some(next.full_at)),
        Err(_) => Ok(()),
    }
}

fn find(rows: &dyn Rows, code: CodeHash) -> Result<Option<(CodeRow, CampaignRecord)>, BookError> {
    let Some(row) = load::<CodeRow>(rows, "code", &code.0.to_hex())? else {
        return Ok(None);
    };
    let campaign = load(rows, "campaign", &row.campaign)?;
    Ok(campaign.map(|campaign| (row, campaign)))
}

/// What has become of a campaign's codes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// How many were made.
    pub issued: u64,
    /// How many had their page opened by someone, or something.
    pub opened: u64,
    /// How many were redeemed.
    pub redeemed: u64,
    /// By hours since 1970.
    pub hours: BTreeMap<u64, Hour>,
}

/// One hour of a campaign.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hour {
    /// Codes whose page was opened for the first time.
    pub opened: u64,
    /// Codes redeemed.
    pub redeemed: u64,
}

impl Tally {
    fn hour(&mut self, now: u64) -> &mut Hour {
        let hour = match self.hours.last_key_value() {
            Some((last, _)) if self.hours.len() >= MOST_HOURS => *last,
            _ => now / 3600,
        };
        self.hours.entry(hour).or_default()
    }
}

fn tally(rows: &dyn Rows, campaign: &str, note: impl Fn(&mut Tally)) -> Result<(), BookError> {
    let mut found: Tally = load(rows, "tally", campaign)?.unwrap_or_default();
    note(&mut found);
    save(rows, "tally", campaign, &found, None)
}

/// A code's page was shown. Spends nothing; counted once for each code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoteOpened {
    /// Which code.
    pub code: CodeHash,
}

impl Question for NoteOpened {
    const NAME: &'static str = "gate.note-opened";
    type Answer = ();

    fn answer(&self, rows: &dyn Rows, now: u64) -> Result<(), BookError> {
        let key = self.code.0.to_hex();
        let Some(row) = load::<CodeRow>(rows, "code", &key)? else {
            return Ok(());
        };
        if rows.get("opened", &key)?.is_some() {
            return Ok(());
        }
        save(rows, "opened", &key, &now, None)?;
        tally(rows, &row.campaign, |tally| {
            tally.opened += 1;
            tally.hour(now).opened += 1;
        })
    }
}

/// The operator asks how a campaign goes, or ends it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CampaignOf {
    /// Its id.
    pub id: String,
    /// Whether what was not redeemed becomes void.
    pub void: bool,
}

impl Question for CampaignOf {
    const NAME: &'static str = "gate.campaign";
    type Answer = Option<(CampaignRecord, Tally)>;

    fn answer(&self, rows: &dyn Rows, _: u64) -> Result<Self::Answer, BookError> {
        let Some(mut record) = load::<CampaignRecord>(rows, "campaign", &self.id)? else {
            return Ok(None);
        };
        if self.void && !record.rules.voided {
            record.rules.voided = true;
            save(rows, "campaign", &self.id, &record, None)?;
        }
        let tally = load(rows, "tally", &self.id)?.unwrap_or_default();
        Ok(Some((record, tally)))
    }
}
