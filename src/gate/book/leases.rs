//! Leases: one of many that want the same thing made makes it.

use serde::{Deserialize, Serialize};

use super::{BookError, Question, Rows, load, save};

/// Those of one thing are in one book; many things share few of them.
fn book(name: &str) -> String {
    let hash = crate::trust::Sha256::of(name.as_bytes()).to_hex();
    format!("lease-{}", hash.get(..2).unwrap_or_default())
}

/// Asks for the lease of a thing. `true`: it is the asker's until it is given
/// back or the seconds are over; `false`: it is another's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// Of what.
    pub name: String,
    /// For how long.
    pub seconds: u64,
}

impl Question for Lease {
    const NAME: &'static str = "gate.lease";
    type Answer = bool;

    fn book(&self) -> String {
        book(&self.name)
    }

    fn answer(&self, rows: &dyn Rows, now: u64) -> Result<bool, BookError> {
        if load::<u64>(rows, "lease", &self.name)?.is_some_and(|until| now < until) {
            return Ok(false);
        }
        let until = now.saturating_add(self.seconds);
        save(rows, "lease", &self.name, &until, Some(until))?;
        Ok(true)
    }
}

/// Gives the lease of a thing back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// Of what.
    pub name: String,
}

impl Question for Release {
    const NAME: &'static str = "gate.release";
    type Answer = ();

    fn book(&self) -> String {
        book(&self.name)
    }

    fn answer(&self, rows: &dyn Rows, _: u64) -> Result<(), BookError> {
        rows.delete("lease", &self.name)
    }
}
