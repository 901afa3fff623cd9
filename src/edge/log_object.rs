//! The `Log` Durable Object: takes receipts and sequences them into a log. One
//! object for each log; SQLite is its state. A row is durable before its
//! append is answered, and its number is its index in the log for good.

#[cfg(feature = "crash-test")]
mod on_test;
mod tell;
mod witnesses;

use std::cell::Cell;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use worker::{DurableObject, Env, Request, Response, SqlStorage, State, durable_object};

use super::{
    objects::{answer, asked, execute, json, received, rows},
    store,
};
use crate::{
    evidence::{
        Receipt, Signer, origin,
        sequencer::{
            Batch, CHECKPOINT, LogFile, LogState, MAX_BATCH, Standing, Step, reconcile, step,
        },
    },
    ports::{Filed, PortError},
};

const PORT: &str = "log";

/// Receipts wait this long for others, so that many share one signature. R2
/// takes one write a second of the checkpoint.
const PAUSE_MS: i64 = 1000;

/// After a fault of the store, or while another's checkpoint halts the log.
const RETRY_MS: i64 = 10_000;

/// No tile, bundle or checkpoint is larger.
const FILE_LIMIT: u64 = 32 * 1024 * 1024;

const TABLES: &str = "
CREATE TABLE IF NOT EXISTS entries (
  number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, note TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS log (
  id INTEGER PRIMARY KEY CHECK (id = 1), name TEXT NOT NULL, origin TEXT NOT NULL,
  state TEXT NOT NULL, checkpoint TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS grants (
  hash TEXT NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (hash, number)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS counted (
  id INTEGER PRIMARY KEY CHECK (id = 1), next INTEGER NOT NULL, counts TEXT NOT NULL
);
";

#[derive(Deserialize)]
struct Note {
    note: String,
}

#[derive(Deserialize)]
struct Number {
    value: u64,
}

/// How far a log is.
#[derive(Default, Serialize, Deserialize)]
pub struct Status {
    /// How many receipts are in the tree.
    pub size: u64,
    /// How many were accepted.
    pub accepted: u64,
    /// When the last checkpoint was made.
    pub checkpoint_time: u64,
}

/// What the object remembers of its log.
#[derive(Serialize, Deserialize)]
struct Known {
    name: String,
    origin: String,
    state: String,
    checkpoint: String,
}

/// A receipt on its way in: the log's name, the receipt's id, the signed note.
pub type Append = (String, String, String);

/// The object.
#[durable_object(alarm)]
pub struct Log {
    state: State,
    sql: SqlStorage,
    env: Env,
    /// Operations on R2 that are billed and not told yet: reads, writes.
    billed: Cell<[u64; 2]>,
}

impl DurableObject for Log {
    fn new(state: State, env: Env) -> Self {
        Self {
            sql: state.storage().sql(),
            state,
            env,
            billed: Cell::default(),
        }
    }

    async fn fetch(&self, request: Request) -> worker::Result<Response> {
        let outcome = match received(request).await {
            Ok((operation, question)) => self.serve(&operation, &question).await,
            Err(error) => Err(error),
        };
        answer(outcome)
    }

    async fn alarm(&self) -> worker::Result<Response> {
        #[cfg(feature = "crash-test")]
        if self.waits_for_the_test() {
            return Response::ok("waits");
        }
        let done = async {
            self.integrate().await?;
            self.have_witnessed().await
        };
        let done = done.await;
        for error in [done, self.tell().await]
            .into_iter()
            .filter_map(Result::err)
        {
            // The runtime would give up after some tries, and the next receipt
            // may be long in coming. Nothing is lost meanwhile.
            worker::console_error!("dropgate: {error}");
            self.state.storage().set_alarm(RETRY_MS).await?;
        }
        Response::ok("integrated")
    }
}

impl Log {
    async fn serve(&self, operation: &str, question: &str) -> Result<serde_json::Value, PortError> {
        execute(&self.sql, TABLES, Vec::new())?;
        match operation {
            "append" => {
                let append = asked(question)?;
                self.operate(async || self.insert(&append)).await?;
                self.wake().await?;
                json(&())
            }
            "receipt" => json(&self.receipt(&asked::<String>(question)?)?),
            "receipts-of" => json(&self.receipts_of(&asked::<String>(question)?)?),
            "status" => json(&self.status()?),
            #[cfg(feature = "crash-test")]
            _ => self.test(operation, question).await,
            #[cfg(not(feature = "crash-test"))]
            _ => Err(PortError::new(PORT, format!("no operation {operation}"))),
        }
    }

    /// One operation on a store, which a test build can make go wrong.
    async fn operate<T: Default>(
        &self,
        act: impl AsyncFnOnce() -> Result<T, PortError>,
    ) -> Result<T, PortError> {
        #[cfg(feature = "crash-test")]
        return super::log_faults::operate(act).await;
        #[cfg(not(feature = "crash-test"))]
        act().await
    }

    /// How far the log is, and how many receipts wait.
    fn status(&self) -> Result<Status, PortError> {
        let Some(known) = self.known()? else {
            return Ok(Status::default());
        };
        let state = parse_state(&known)?;
        let rows: Vec<Number> = rows(
            &self.sql,
            "SELECT COALESCE(MAX(number) + 1, 0) AS value FROM entries",
            Vec::new(),
        )?;
        Ok(Status {
            size: state.size(),
            accepted: rows.first().map_or(0, |row| row.value),
            checkpoint_time: state.checkpoint_time(),
        })
    }

    /// Synchronous: two appends cannot have one number. A receipt that comes
    /// twice is kept once.
    fn insert(&self, (log, id, note): &Append) -> Result<(), PortError> {
        if self.known()?.is_none() {
            let host = self.setting("AUDIENCE")?;
            let known = Known {
                name: log.clone(),
                origin: origin(&host, log),
                state: STANDARD.encode(LogState::new().to_bytes()),
                checkpoint: String::new(),
            };
            self.remember(&known)?;
        }
        execute(
            &self.sql,
            "INSERT OR IGNORE INTO entries (number, id, note)
             VALUES ((SELECT COALESCE(MAX(number) + 1, 0) FROM entries), ?, ?)",
            vec![id.as_str().into(), note.as_str().into()],
        )?;
        // For its holder, who may ask what is known about a grant.
        if let Some(grant) = Receipt::grant_of(note) {
            execute(
                &self.sql,
                "INSERT OR IGNORE INTO grants (hash, number)
                 SELECT ?, number FROM entries WHERE id = ?",
                vec![grant.0.to_hex().into(), id.as_str().into()],
            )?;
        }
        Ok(())
    }

    fn receipts_of(&self, grant: &str) -> Result<Vec<Filed>, PortError> {
        rows(
            &self.sql,
            "SELECT entries.note, log.name AS log, entries.number AS \"index\"
             FROM grants JOIN entries ON entries.number = grants.number, log
             WHERE grants.hash = ? ORDER BY entries.number LIMIT 1000",
            vec![grant.into()],
        )
    }

    fn receipt(&self, id: &str) -> Result<Option<Filed>, PortError> {
        let found: Vec<Filed> = rows(
            &self.sql,
            "SELECT entries.note, log.name AS log, entries.number AS \"index\"
             FROM entries, log WHERE entries.id = ?",
            vec![id.into()],
        )?;
        Ok(found.into_iter().next())
    }

    async fn wake(&self) -> Result<(), PortError> {
        let storage = self.state.storage();
        let fault = |error: worker::Error| PortError::new(PORT, error);
        if storage.get_alarm().await.map_err(fault)?.is_none() {
            storage.set_alarm(PAUSE_MS).await.map_err(fault)?;
        }
        Ok(())
    }

    /// Brings the rows that wait into the tree, a batch at a time.
    async fn integrate(&self) -> Result<(), PortError> {
        execute(&self.sql, TABLES, Vec::new())?;
        let Some(known) = self.known()? else {
            return Ok(());
        };
        let signer = self.signer(&known.origin)?;
        let mut state = parse_state(&known)?;
        self.catch_up(&known, &state, &signer).await?;
        loop {
            let tail = self.notes(state.size() - state.tail_length(), state.tail_length())?;
            let pending = self.notes(state.size(), MAX_BATCH as u64)?;
            let batch = step(&state, &tail, &pending, &known.origin, now()).map_err(broken)?;
            let Some(batch) = batch else {
                return Ok(());
            };
            self.carry_out(&known, &batch, &signer).await?;
            state = batch.state;
        }
    }

    /// Publishes a checkpoint that was committed and never written; halts on
    /// one that this object does not remember signing.
    async fn catch_up(
        &self,
        known: &Known,
        state: &LogState,
        signer: &Signer,
    ) -> Result<(), PortError> {
        let key = file_key(&known.name, CHECKPOINT);
        self.bill(1, 0);
        let read = async || store::read(&self.env, &key, FILE_LIMIT).await;
        let published = self.operate(read).await?;
        let published = published.as_ref().map(|sealed| sealed.bytes.as_slice());
        match reconcile(published, state, &known.origin, signer.verifier()).map_err(broken)? {
            Standing::InStep => Ok(()),
            Standing::Behind => self.write(&key, known.checkpoint.as_bytes()).await,
        }
    }

    async fn carry_out(
        &self,
        known: &Known,
        batch: &Batch,
        signer: &Signer,
    ) -> Result<(), PortError> {
        let note = batch.checkpoint.sign(signer).map_err(broken)?;
        for step in batch.steps() {
            match step {
                Step::Write(LogFile { path, bytes }) => {
                    self.write(&file_key(&known.name, path), bytes).await?;
                }
                Step::ReadBack(LogFile { path, bytes }) => {
                    let key = file_key(&known.name, path);
                    self.bill(1, 0);
                    let read = async || store::read(&self.env, &key, FILE_LIMIT).await;
                    let read = self.operate(read).await?;
                    if read.is_none_or(|read| read.bytes != *bytes) {
                        return Err(PortError::new(
                            PORT,
                            format!("{key} was not stored as written"),
                        ));
                    }
                }
                Step::Commit(batch) => {
                    let next = Known {
                        name: known.name.clone(),
                        origin: known.origin.clone(),
                        state: STANDARD.encode(batch.state.to_bytes()),
                        checkpoint: note.clone(),
                    };
                    self.operate(async || self.remember(&next)).await?;
                }
                Step::Publish => {
                    let key = file_key(&known.name, CHECKPOINT);
                    self.write(&key, note.as_bytes()).await?;
                }
            }
        }
        Ok(())
    }

    async fn write(&self, key: &str, bytes: &[u8]) -> Result<(), PortError> {
        self.bill(0, 1);
        let write = async || store::write(&self.env, key, bytes, "").await;
        self.operate(write).await
    }

    /// `count` notes from number `first` on.
    fn notes(&self, first: u64, count: u64) -> Result<Vec<String>, PortError> {
        let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        let found: Vec<Note> = rows(
            &self.sql,
            "SELECT note FROM entries WHERE number >= ? ORDER BY number LIMIT ?",
            vec![number(first).into(), number(count).into()],
        )?;
        Ok(found.into_iter().map(|row| row.note).collect())
    }

    fn known(&self) -> Result<Option<Known>, PortError> {
        let found: Vec<Known> = rows(
            &self.sql,
            "SELECT name, origin, state, checkpoint FROM log",
            Vec::new(),
        )?;
        Ok(found.into_iter().next())
    }

    fn remember(&self, known: &Known) -> Result<(), PortError> {
        #[cfg(feature = "crash-test")]
        self.note_commit(&known.checkpoint)?;
        execute(
            &self.sql,
            "INSERT OR REPLACE INTO log (id, name, origin, state, checkpoint) VALUES (1, ?, ?, ?, ?)",
            vec![
                known.name.as_str().into(),
                known.origin.as_str().into(),
                known.state.as_str().into(),
                known.checkpoint.as_str().into(),
            ],
        )
    }

    /// The edge's key under the log's own name, as witnesses expect it.
    fn signer(&self, origin: &str) -> Result<Signer, PortError> {
        let seed = super::config::key(&self.env, "EDGE_KEY")?;
        Signer::new(origin, seed).map_err(broken)
    }

    fn setting(&self, name: &'static str) -> Result<String, PortError> {
        super::config::setting(&self.env, name)
            .ok_or_else(|| PortError::new(PORT, format!("{name} is not set")))
    }
}

fn parse_state(known: &Known) -> Result<LogState, PortError> {
    let bytes = STANDARD.decode(&known.state).unwrap_or_default();
    LogState::from_bytes(&bytes).map_err(broken)
}

/// Where a log's checkpoint is stored.
pub fn checkpoint_key(log: &str) -> String {
    file_key(log, CHECKPOINT)
}

fn file_key(log: &str, path: &str) -> String {
    format!("log/{log}/{path}")
}

fn broken(error: crate::evidence::EvidenceError) -> PortError {
    PortError::new(PORT, error)
}

fn now() -> u64 {
    worker::Date::now().as_millis() / 1000
}
