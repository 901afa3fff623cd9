//! Ephemeral links.

use serde::{Deserialize, Serialize};

use super::{BookError, Question, Rows, load, save, status::place_of};
use crate::gate::{
    DeviceHash, LinkHash,
    link::{LinkError, LinkGrant, LinkRecord, revoke, spend},
};

/// A link stays in the books for half a year after its end, to be audited.
const KEPT: u64 = 184 * 86_400;

fn keep(rows: &dyn Rows, link: LinkHash, record: &LinkRecord) -> Result<(), BookError> {
    let until = record.row.expires.saturating_add(KEPT);
    save(rows, "link", &link.0.to_hex(), record, Some(until))
}

fn find(rows: &dyn Rows, link: LinkHash) -> Result<Option<LinkRecord>, BookError> {
    load(rows, "link", &link.0.to_hex())
}

/// Adds a link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddLink {
    /// Which.
    pub link: LinkHash,
    /// What it is.
    pub record: LinkRecord,
}

impl Question for AddLink {
    const NAME: &'static str = "gate.add-link";
    type Answer = ();

    fn answer(&self, rows: &dyn Rows, _: u64) -> Result<(), BookError> {
        keep(rows, self.link, &self.record)
    }
}

/// Looks at a link. Changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkOf {
    /// Which.
    pub link: LinkHash,
}

impl Question for LinkOf {
    const NAME: &'static str = "gate.link";
    type Answer = Option<LinkRecord>;

    fn answer(&self, rows: &dyn Rows, _: u64) -> Result<Self::Answer, BookError> {
        find(rows, self.link)
    }
}

/// Withdraws a link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevokeLink {
    /// Which.
    pub link: LinkHash,
}

impl Question for RevokeLink {
    const NAME: &'static str = "gate.revoke-link";
    type Answer = Option<LinkRecord>;

    fn answer(&self, rows: &dyn Rows, _: u64) -> Result<Self::Answer, BookError> {
        let Some(mut record) = find(rows, self.link)? else {
            return Ok(None);
        };
        record.row = revoke(record.row);
        keep(rows, self.link, &record)?;
        Ok(Some(record))
    }
}

/// Spends a use; the device's nonce was verified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpendLink {
    /// Which.
    pub link: LinkHash,
    /// By which device.
    pub device: DeviceHash,
    /// A fresh random id for the grant.
    pub jti: String,
}

impl Question for SpendLink {
    const NAME: &'static str = "gate.spend-link";
    /// The grant, its place in the status lists, and what it opens.
    type Answer = Result<(LinkGrant, u64, LinkRecord), LinkError>;

    fn answer(&self, rows: &dyn Rows, now: u64) -> Result<Self::Answer, BookError> {
        let Some(mut record) = find(rows, self.link)? else {
            return Ok(Err(LinkError::Unknown));
        };
        let (row, outcome) = spend(record.row, self.device, &self.jti, now);
        record.row = row;
        let grant = match outcome {
            Ok(grant) => grant,
            Err(error) => return Ok(Err(error)),
        };
        if grant.fresh {
            keep(rows, self.link, &record)?;
        }
        let grant = match &record.grant {
            Some((jti, at)) => LinkGrant {
                jti: jti.clone(),
                at: *at,
                ..grant
            },
            None => grant,
        };
        let place = place_of(rows, &grant.jti)?;
        Ok(Ok((grant, place, record)))
    }
}
