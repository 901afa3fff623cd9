//! The `Trust` Durable Object: which metadata is the newest. One for the whole
//! marketplace; SQLite is its state.

use serde::{Deserialize, Serialize};
use worker::{DurableObject, Env, Request, Response, SqlStorage, State, durable_object};

use super::objects::{answer, asked, execute, json, received, rows};
use crate::{
    ports::{PortError, Tip},
    trust::Sha256,
};

const TABLES: &str = "
CREATE TABLE IF NOT EXISTS tip (id INTEGER PRIMARY KEY CHECK (id = 1), value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS files (name TEXT PRIMARY KEY, sha256 TEXT NOT NULL);
";

/// Moves the tip.
#[derive(Serialize, Deserialize)]
pub struct Advance {
    /// What the tip must be; nothing before the first root.
    pub expected: Option<Tip>,
    /// What it becomes.
    pub next: Tip,
    /// The new files and their digests.
    pub files: Vec<(String, Sha256)>,
}

#[derive(Deserialize)]
struct Value {
    value: String,
}

/// The object.
#[durable_object(fetch)]
pub struct Trust {
    sql: SqlStorage,
}

impl DurableObject for Trust {
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

impl Trust {
    /// Everything below is synchronous: no other request runs in between.
    fn serve(&self, operation: &str, question: &str) -> Result<serde_json::Value, PortError> {
        execute(&self.sql, TABLES, Vec::new())?;
        match operation {
            "tip" => json(&self.tip()?),
            "advance" => json(&self.advance(&asked(question)?)?),
            "metadata" => json(&self.metadata(&asked::<String>(question)?)?),
            #[cfg(feature = "crash-test")]
            "crash" => super::crash::now(),
            _ => Err(PortError::new("trust", format!("no operation {operation}"))),
        }
    }

    fn tip(&self) -> Result<Option<Tip>, PortError> {
        let found: Vec<Value> = rows(&self.sql, "SELECT value FROM tip", Vec::new())?;
        found.first().map(|row| asked(&row.value)).transpose()
    }

    fn advance(&self, request: &Advance) -> Result<bool, PortError> {
        if self.tip()? != request.expected {
            return Ok(false);
        }
        for (name, sha256) in &request.files {
            execute(
                &self.sql,
                "INSERT OR REPLACE INTO files (name, sha256) VALUES (?, ?)",
                vec![name.as_str().into(), sha256.to_hex().into()],
            )?;
        }
        let next =
            serde_json::to_string(&request.next).map_err(|error| PortError::new("trust", error))?;
        execute(
            &self.sql,
            "INSERT OR REPLACE INTO tip (id, value) VALUES (1, ?)",
            vec![next.into()],
        )?;
        Ok(true)
    }

    fn metadata(&self, name: &str) -> Result<Option<String>, PortError> {
        let found: Vec<Value> = rows(
            &self.sql,
            "SELECT sha256 AS value FROM files WHERE name = ?",
            vec![name.into()],
        )?;
        Ok(found.into_iter().next().map(|row| row.value))
    }
}
