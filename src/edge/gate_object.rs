//! The `Gate` Durable Objects: the gate's books, one row a line. SQLite is
//! their state; what the rows mean is said in `gate/book/`.

use serde::Deserialize;
use worker::{DurableObject, Env, Request, Response, SqlStorage, State, durable_object};

use std::cell::Cell;

use super::objects::{call, execute, received, rows};
use crate::{
    gate::book::{AddTold, BookError, EXACT, NUMBERS, Question, Rows, answer, counted_exactly},
    ports::PortError,
};

const TABLES: &str = "
CREATE TABLE IF NOT EXISTS book (
  kind TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, until INTEGER,
  PRIMARY KEY (kind, key)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS book_by_end ON book (until) WHERE until IS NOT NULL;
";

/// What has ended goes a few rows at a time, so that no question waits for it.
const SWEEP: &str = "DELETE FROM book WHERE (kind, key) IN
  (SELECT kind, key FROM book WHERE until IS NOT NULL AND until < ? LIMIT 20)";

/// What is counted exactly waits so long to be told, and so long after a fault.
const TELL_MS: i64 = 1000;
const RETRY_MS: i64 = 10_000;

/// What comes after every text that begins with a prefix.
const LAST: char = char::MAX;

#[derive(Deserialize)]
struct Row {
    key: String,
    value: String,
}

/// The object.
#[durable_object(alarm)]
pub struct Gate {
    state: State,
    sql: SqlStorage,
    env: Env,
    /// Whether something was counted exactly that no alarm is set to tell.
    untold: Cell<bool>,
    /// Whether this instance knows of an alarm.
    is_set: Cell<bool>,
}

impl DurableObject for Gate {
    fn new(state: State, env: Env) -> Self {
        Self {
            sql: state.storage().sql(),
            state,
            env,
            untold: Cell::default(),
            is_set: Cell::default(),
        }
    }

    async fn fetch(&self, request: Request) -> worker::Result<Response> {
        let outcome = match received(request).await {
            Ok((name, question)) => self.serve(&name, &question),
            Err(error) => Err(error),
        };
        if self.untold.take() && !self.is_set.replace(true) {
            // With the rows or not at all: nothing was awaited since they were written.
            self.state.storage().set_alarm(TELL_MS).await?;
        }
        match outcome {
            Ok(answer) => Response::ok(answer),
            Err(error) => Response::error(error.to_string(), 500),
        }
    }

    /// Tells the numbers of the marketplace what was counted here. An alarm
    /// outlives the worker, so that a kill takes nothing along.
    async fn alarm(&self) -> worker::Result<Response> {
        self.is_set.set(false);
        if let Err(fault) = self.tell().await {
            worker::console_error!("dropgate: {fault}");
            self.is_set.set(true);
            self.state.storage().set_alarm(RETRY_MS).await?;
        }
        Response::ok("told")
    }
}

impl Gate {
    async fn tell(&self) -> Result<(), PortError> {
        execute(&self.sql, TABLES, Vec::new())?;
        let counts = counted_exactly(self).map_err(|error| PortError::new("gate", error))?;
        let told = AddTold {
            source: self.state.id().to_string(),
            counts,
        };
        call(&self.env, "GATE", NUMBERS, AddTold::NAME, &told).await
    }

    /// Everything below is synchronous: no other request runs in between, and
    /// the runtime commits all its writes together.
    fn serve(&self, name: &str, question: &str) -> Result<String, PortError> {
        let now = worker::Date::now().as_millis() / 1000;
        execute(&self.sql, TABLES, Vec::new())?;
        let answer =
            answer(name, question, self, now).map_err(|error| PortError::new("gate", error))?;
        execute(&self.sql, SWEEP, vec![second(now).into()])?;
        Ok(answer)
    }

    fn run(
        &self,
        statement: &str,
        bindings: Vec<worker::SqlStorageValue>,
    ) -> Result<(), BookError> {
        execute(&self.sql, statement, bindings).map_err(|error| BookError(error.why))
    }

    fn find(
        &self,
        query: &str,
        bindings: Vec<worker::SqlStorageValue>,
    ) -> Result<Vec<Row>, BookError> {
        rows(&self.sql, query, bindings).map_err(|error| BookError(error.why))
    }
}

impl Rows for Gate {
    fn get(&self, kind: &str, key: &str) -> Result<Option<String>, BookError> {
        let query = "SELECT key, value FROM book WHERE kind = ? AND key = ?";
        let found = self.find(query, vec![kind.into(), key.into()])?;
        Ok(found.into_iter().next().map(|row| row.value))
    }

    fn put(&self, kind: &str, key: &str, value: &str, until: Option<u64>) -> Result<(), BookError> {
        if kind == EXACT {
            self.untold.set(true);
        }
        self.run(
            "INSERT OR REPLACE INTO book (kind, key, value, until) VALUES (?, ?, ?, ?)",
            vec![
                kind.into(),
                key.into(),
                value.into(),
                until.map(second).into(),
            ],
        )
    }

    fn delete(&self, kind: &str, key: &str) -> Result<(), BookError> {
        let statement = "DELETE FROM book WHERE kind = ? AND key = ?";
        self.run(statement, vec![kind.into(), key.into()])
    }

    fn list(
        &self,
        kind: &str,
        prefix: &str,
        limit: u32,
    ) -> Result<Vec<(String, String)>, BookError> {
        let query = "SELECT key, value FROM book
          WHERE kind = ? AND key >= ? AND key < ? ORDER BY key LIMIT ?";
        let end = format!("{prefix}{LAST}");
        let bindings = vec![
            kind.into(),
            prefix.into(),
            end.into(),
            i64::from(limit).into(),
        ];
        let found = self.find(query, bindings)?;
        Ok(found.into_iter().map(|row| (row.key, row.value)).collect())
    }
}

/// SQLite's integers are signed; nothing lasts that long.
fn second(at: u64) -> i64 {
    i64::try_from(at).unwrap_or(i64::MAX)
}
