//! Test builds only: integrates on demand, with faults, and checks the books.

use super::{
    super::log_faults::{self, Books},
    Log, Note, PORT, PortError, asked, execute, json, parse_state, rows,
};

impl Log {
    /// Logs of such a name integrate when they are told to, not by their alarm.
    pub(super) fn waits_for_the_test(&self) -> bool {
        let known = self.known().ok().flatten();
        known.is_some_and(|known| known.name.starts_with("log-faults-"))
    }

    pub(super) async fn test(
        &self,
        operation: &str,
        question: &str,
    ) -> Result<serde_json::Value, PortError> {
        match operation {
            "integrate" => json(&self.integrate().await?),
            "fault" => {
                let (after, fault) = asked(question)?;
                log_faults::plan(after, fault);
                json(&())
            }
            "weather" => {
                log_faults::become_like(asked(question)?);
                json(&())
            }
            "ended" => json(&log_faults::ended()),
            "hangs" => json(&log_faults::hangs()),
            "check" => json(&self.check().await?),
            _ => Err(PortError::new(PORT, format!("no operation {operation}"))),
        }
    }

    async fn check(&self) -> Result<(), PortError> {
        let Some(known) = self.known()? else {
            return Ok(());
        };
        let accepted = self.notes(0, 1 << 32)?;
        let books = Books {
            name: &known.name,
            origin: &known.origin,
            state: &parse_state(&known)?,
            accepted: accepted.into_iter().map(String::into_bytes).collect(),
            signed: self.committed()?,
        };
        log_faults::check(&self.env, &books, &self.signer(&known.origin)?).await
    }

    /// Keeps what was committed, for the checker.
    pub(super) fn note_commit(&self, checkpoint: &str) -> Result<(), PortError> {
        execute(&self.sql, COMMITTED, Vec::new())?;
        let insert = "INSERT INTO committed (note) VALUES (?)";
        execute(&self.sql, insert, vec![checkpoint.into()])
    }

    fn committed(&self) -> Result<Vec<String>, PortError> {
        execute(&self.sql, COMMITTED, Vec::new())?;
        let query = "SELECT note FROM committed WHERE note <> ''";
        let found: Vec<Note> = rows(&self.sql, query, Vec::new())?;
        Ok(found.into_iter().map(|row| row.note).collect())
    }
}

const COMMITTED: &str = "CREATE TABLE IF NOT EXISTS committed (note TEXT NOT NULL)";
