//! The `Gate` Durable Object: codes and their campaigns. SQLite is its state.

use serde::Deserialize;
use worker::{DurableObject, Env, Request, Response, SqlStorage, State, durable_object};

use super::objects::{answer, asked, execute, json, received, rows};
use crate::{
    gate::{
        AddressHash, DeviceHash,
        code::{
            Bucket, CodeHash, CodeRow, CodeState,
            book::{CampaignDraft, CampaignRecord, RedeemRequest, Rows, redeem_in},
        },
    },
    ports::PortError,
};

const TABLES: &str = "
CREATE TABLE IF NOT EXISTS campaigns (id TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS codes (
  hash TEXT PRIMARY KEY, campaign TEXT NOT NULL, device TEXT, value TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS codes_by_device ON codes (campaign, device);
CREATE TABLE IF NOT EXISTS failures (address TEXT PRIMARY KEY, full_at INTEGER NOT NULL);
";

#[derive(Deserialize)]
struct Value {
    value: String,
}

#[derive(Deserialize)]
struct Number {
    value: f64,
}

/// The object.
#[durable_object(fetch)]
pub struct Gate {
    sql: SqlStorage,
}

impl DurableObject for Gate {
    fn new(state: State, _env: Env) -> Self {
        Self {
            sql: state.storage().sql(),
        }
    }

    async fn fetch(&self, request: Request) -> worker::Result<Response> {
        let outcome = match received(request).await {
            Ok((operation, question)) => self.serve(&operation, &question),
            Err(error) => Err(error),
        };
        answer(outcome)
    }
}

impl Gate {
    /// Everything below is synchronous: no other request runs in between.
    fn serve(&self, operation: &str, question: &str) -> Result<serde_json::Value, PortError> {
        execute(&self.sql, TABLES, Vec::new())?;
        match operation {
            "add-campaign" => json(&self.add_campaign(&asked(question)?)?),
            "redeem" => {
                let request: RedeemRequest = asked(question)?;
                let now = worker::Date::now().as_millis() / 1000;
                json(&redeem_in(self, &request, now)?)
            }
            _ => Err(PortError::new("gate", format!("no operation {operation}"))),
        }
    }

    fn add_campaign(&self, draft: &CampaignDraft) -> Result<(), PortError> {
        let id = &draft.record.rules.id;
        execute(
            &self.sql,
            "INSERT INTO campaigns (id, value) VALUES (?, ?)",
            vec![id.as_str().into(), text(&draft.record)?.into()],
        )?;
        let row = CodeRow::issued(id);
        for hash in &draft.codes {
            self.put_code(*hash, &row)?;
        }
        Ok(())
    }

    fn one(&self, query: &str, key: &str) -> Result<Option<String>, PortError> {
        let found: Vec<Value> = rows(&self.sql, query, vec![key.into()])?;
        Ok(found.into_iter().next().map(|row| row.value))
    }
}

impl Rows for Gate {
    type Error = PortError;

    fn code(&self, hash: CodeHash) -> Result<Option<CodeRow>, PortError> {
        let found = self.one("SELECT value FROM codes WHERE hash = ?", &hash.0.to_hex())?;
        found.map(|value| asked(&value)).transpose()
    }

    fn put_code(&self, hash: CodeHash, row: &CodeRow) -> Result<(), PortError> {
        let device = match &row.state {
            CodeState::Redeemed { by, .. } => Some(by.device.0.to_hex()),
            _ => None,
        };
        execute(
            &self.sql,
            "INSERT OR REPLACE INTO codes (hash, campaign, device, value) VALUES (?, ?, ?, ?)",
            vec![
                hash.0.to_hex().into(),
                row.campaign.as_str().into(),
                device.into(),
                text(row)?.into(),
            ],
        )
    }

    fn campaign(&self, id: &str) -> Result<Option<CampaignRecord>, PortError> {
        let found = self.one("SELECT value FROM campaigns WHERE id = ?", id)?;
        found.map(|value| asked(&value)).transpose()
    }

    fn redeemed_by(&self, campaign: &str, device: DeviceHash) -> Result<u64, PortError> {
        let found: Vec<Number> = rows(
            &self.sql,
            "SELECT COUNT(*) AS value FROM codes WHERE campaign = ? AND device = ?",
            vec![campaign.into(), device.0.to_hex().into()],
        )?;
        Ok(whole(&found))
    }

    fn failures(&self, address: AddressHash) -> Result<Bucket, PortError> {
        let found: Vec<Number> = rows(
            &self.sql,
            "SELECT full_at AS value FROM failures WHERE address = ?",
            vec![address.0.to_hex().into()],
        )?;
        Ok(Bucket {
            full_at: whole(&found),
        })
    }

    fn put_failures(&self, address: AddressHash, bucket: Bucket) -> Result<(), PortError> {
        let full_at = i64::try_from(bucket.full_at).unwrap_or(i64::MAX);
        execute(
            &self.sql,
            "INSERT OR REPLACE INTO failures (address, full_at) VALUES (?, ?)",
            vec![address.0.to_hex().into(), full_at.into()],
        )
    }
}

fn text<T: serde::Serialize>(value: &T) -> Result<String, PortError> {
    serde_json::to_string(value).map_err(|error| PortError::new("gate", error))
}

/// Counts and seconds fit a double exactly.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn whole(found: &[Number]) -> u64 {
    found.first().map_or(0, |number| number.value as u64)
}
