//! The books of the gate: what one question reads and writes, whoever keeps the
//! rows.
//!
//! Every question is a struct that knows its answer. The keeper (a Durable
//! Object, or memory in tests) runs [`answer`] without a pause in between, so
//! that each is one transaction: however many ask at once, they are answered one
//! after the other, and a crash keeps all of an answer's rows or none.
//!
//! | file | what is asked |
//! |---|---|
//! | `codes` | make a campaign, redeem, report, void |
//! | `consents` | give, show, take back a consent |
//! | `handovers` | was all of this file handed over by now? |
//! | `holders` | what ties a grant to its receipts; forget it |
//! | `leases` | may I make this while others wait? |
//! | `links` | make, show, spend, revoke a link |
//! | `numbers` | what was counted, campaigns, tickets |
//! | `orders` | note a fact about a purchase; find an order |
//! | `purges` | what was purged? what is to be removed? |
//! | `visits` | may this grant have these bytes? what has it used? |
//! | `status` | which grants were revoked? |
//! | `uploads` | which parts of a file are there? may this file be swept? |

mod codes;
mod consents;
mod handovers;
mod holders;
mod leases;
mod links;
mod numbers;
mod orders;
mod purges;
mod status;
mod uploads;
mod visits;

use std::fmt;

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::metrics::Counts;

pub use codes::{
    AddCampaign, CampaignOf, CampaignRecord, Hour, NoteOpened, Redeem, RedeemAnswer, Tally,
};
pub use consents::{ConsentOf, GiveConsent};
pub use handovers::NoteHandover;
pub use holders::{Forget, SaltOf};
pub use leases::{Lease, Release};
pub use links::{AddLink, LinkOf, RevokeLink, SpendLink};
pub use numbers::NUMBERS;
pub use numbers::{AddNumbers, AddTold, Campaigns, Conversion, NoteTicket, Numbers, NumbersOf};
pub use orders::{
    Dispute, Fact, FindOrder, NoteFact, Noted, Order, OrderAnswer, OrderKey, Purchase,
};
pub use purges::{Clear, Clearing, Purge, Purges, PurgesOf, Scope};
pub use status::{LIST_PLACES, PlaceOf, SetPlace, SetStatus, Statuses, StatusesOf};
pub use uploads::{
    ClaimFiles, EndUpload, NotePart, OpenUpload, Sweep, SweepState, Swept, ToSweep, UploadOf,
};
pub use visits::{
    Alter, AlterGrant, BegunOf, Devices, GrantState, Settle, Visit, VisitRefusal, Visited,
};

/// The book that there is one of.
pub const MAIN: &str = "main";

/// The keeper failed, or a row cannot be read. For the operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BookError(pub String);

impl fmt::Display for BookError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BookError {}

/// A keeper of rows: text by kind and key.
pub trait Rows {
    /// A row.
    fn get(&self, kind: &str, key: &str) -> Result<Option<String>, BookError>;
    /// Writes a row. After the second `until` the keeper may forget it.
    fn put(&self, kind: &str, key: &str, value: &str, until: Option<u64>) -> Result<(), BookError>;
    /// Removes a row.
    fn delete(&self, kind: &str, key: &str) -> Result<(), BookError>;
    /// At most `limit` rows whose key begins with `prefix`, by key.
    fn list(
        &self,
        kind: &str,
        prefix: &str,
        limit: u32,
    ) -> Result<Vec<(String, String)>, BookError>;
}

/// A question to the books.
pub trait Question: Serialize + DeserializeOwned {
    /// Its name on the wire and in logs.
    const NAME: &'static str;
    /// What is answered.
    type Answer: Serialize + DeserializeOwned;

    /// Which book knows: those of single grants are spread over many, so that
    /// no grant waits for another.
    fn book(&self) -> String {
        MAIN.to_owned()
    }

    /// The answer, and what it changes.
    fn answer(&self, rows: &dyn Rows, now: u64) -> Result<Self::Answer, BookError>;
}

/// Answers a question that came over a wire.
pub fn answer(name: &str, text: &str, rows: &dyn Rows, now: u64) -> Result<String, BookError> {
    macro_rules! asked {
        ($($question:ty),* $(,)?) => {
            match name {
                $(<$question>::NAME => spoken::<$question>(text, rows, now),)*
                _ => Err(BookError(format!("no question {name}"))),
            }
        };
    }
    asked!(
        AddCampaign,
        Redeem,
        NoteOpened,
        CampaignOf,
        Lease,
        Release,
        AddLink,
        LinkOf,
        RevokeLink,
        SpendLink,
        Visit,
        Settle,
        AlterGrant,
        BegunOf,
        NoteHandover,
        StatusesOf,
        SetStatus,
        SetPlace,
        PlaceOf,
        NoteFact,
        FindOrder,
        GiveConsent,
        ConsentOf,
        UploadOf,
        NotePart,
        EndUpload,
        ClaimFiles,
        SweepState,
        Sweep,
        Swept,
        Purge,
        PurgesOf,
        Clearing,
        AddNumbers,
        AddTold,
        NumbersOf,
        NoteTicket,
        Campaigns,
        SaltOf,
        Forget
    )
}

fn spoken<Q: Question>(text: &str, rows: &dyn Rows, now: u64) -> Result<String, BookError> {
    let question: Q = read(text)?;
    write(&question.answer(rows, now)?)
}

/// A row as a value.
fn load<T: DeserializeOwned>(
    rows: &dyn Rows,
    kind: &str,
    key: &str,
) -> Result<Option<T>, BookError> {
    rows.get(kind, key)?.map(|text| read(&text)).transpose()
}

/// Writes a value as a row.
fn save<T: Serialize>(
    rows: &dyn Rows,
    kind: &str,
    key: &str,
    value: &T,
    until: Option<u64>,
) -> Result<(), BookError> {
    rows.put(kind, key, &write(value)?, until)
}

/// The row of counts that a book's keeper tells the numbers of the marketplace.
pub const EXACT: &str = "exact";

/// Counts what is money, in the transaction that it counts.
fn count_exactly(rows: &dyn Rows, series: &str, more: u64) -> Result<(), BookError> {
    if more == 0 {
        return Ok(());
    }
    let mut counts: Counts = load(rows, EXACT, EXACT)?.unwrap_or_default();
    let count = counts.entry(series.to_owned()).or_default();
    *count = count.saturating_add(more);
    save(rows, EXACT, EXACT, &counts, None)
}

/// What a book has counted exactly since its beginning.
pub fn counted_exactly(rows: &dyn Rows) -> Result<Counts, BookError> {
    Ok(load(rows, EXACT, EXACT)?.unwrap_or_default())
}

/// Adds to a row that counts, and returns the new count.
fn count(rows: &dyn Rows, kind: &str, key: &str, more: u64) -> Result<u64, BookError> {
    let now = load::<u64>(rows, kind, key)?
        .unwrap_or(0)
        .saturating_add(more);
    save(rows, kind, key, &now, None)?;
    Ok(now)
}

fn read<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, BookError> {
    serde_json::from_str(text).map_err(|error| BookError(error.to_string()))
}

fn write<T: Serialize>(value: &T) -> Result<String, BookError> {
    serde_json::to_string(value).map_err(|error| BookError(error.to_string()))
}
