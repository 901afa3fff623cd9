//! What a grant has used: budgets, first devices and downloads that have begun.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::{BookError, Question, Rows, count_exactly, load, save};
use crate::gate::{
    DeviceHash, GrantHash, Limits, base64url,
    budget::{Account, BudgetError, Charge, Coverage, Download, Remaining, charge, settle},
};

/// Books for single grants.
const SHELVES: &str = "grants";

/// A grant asks for bytes, or only whether it may.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visit {
    /// The grant.
    pub grant: GrantHash,
    /// The file, or the archive, and its length.
    pub file: (String, u64),
    /// Which bytes; `None` asks without taking any.
    pub range: Option<Range<u64>>,
    /// Whether they go out with the answer, so that nothing is to be settled.
    pub at_once: bool,
    /// How much the grant may take.
    pub limits: Limits,
    /// Who asks, if only the first device may.
    pub devices: Option<Devices>,
    /// If the grant has expired: the second by which the download must have begun.
    pub begun_by: Option<u64>,
    /// When the rows may be forgotten.
    pub until: u64,
}

/// A device as far as it can be told from others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Devices {
    /// By the cookie that it sent.
    pub known: Option<DeviceHash>,
    /// By the cookie that it will be sent.
    pub fresh: DeviceHash,
    /// By its place and its software: for programs without cookies.
    pub place: DeviceHash,
}

/// Why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum VisitRefusal {
    /// Another device was first.
    OtherDevice,
    /// The grant has expired, and this download had not begun.
    Expired,
    /// The budget is used up.
    Budget(BudgetError),
}

/// The answer to a visit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visited {
    /// What was charged, to be settled unless it was at once; or why not.
    pub outcome: Result<Option<Charge>, VisitRefusal>,
    /// The limits in force: those of the grant and what was added.
    pub limits: Limits,
    /// What is left of them.
    pub remaining: Remaining,
    /// Whether this visit bound the grant to the fresh cookie.
    pub bound: bool,
}

/// What the books know of a grant.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrantState {
    /// Downloads begun.
    pub downloads: u64,
    /// Bytes covered.
    pub bytes: u64,
    /// What the operator has added to its limits.
    pub extra: Limits,
    /// The devices it is bound to: one person's, known in two ways.
    pub devices: Vec<DeviceHash>,
    /// How often it was refused because it was revoked.
    #[serde(default)]
    pub refused: u64,
}

/// The present download of a file.
#[derive(Serialize, Deserialize)]
struct FileRow {
    total: u64,
    number: u64,
    begun: u64,
    touched: u64,
    charged: String,
    sent: String,
    handed: u64,
    pending: u64,
}

impl Question for Visit {
    const NAME: &'static str = "gate.visit";
    type Answer = Visited;

    fn book(&self) -> String {
        shelf(self.grant)
    }

    fn answer(&self, rows: &dyn Rows, now: u64) -> Result<Visited, BookError> {
        let mut state = state_of(rows, self.grant)?;
        let limits = raised(self.limits, state.extra);
        let mut download = download_of(rows, self.grant, &self.file)?;
        let mut account = Account {
            downloads: state.downloads,
            bytes: state.bytes,
        };
        let before = state.clone();
        let outcome = self.visit(&limits, &mut state, &mut account, &mut download, now);
        if outcome.is_ok() {
            (state.downloads, state.bytes) = (account.downloads, account.bytes);
            if state != before {
                save(
                    rows,
                    "grant",
                    &self.grant.0.to_hex(),
                    &state,
                    Some(self.until),
                )?;
            }
            if let Ok(Some(charge)) = &outcome {
                count_exactly(rows, "charged_downloads", u64::from(charge.began))?;
                count_exactly(rows, "charged_bytes", charge.new_bytes)?;
                keep_download(rows, self.grant, &self.file.0, &download, self.until)?;
            }
        }
        Ok(Visited {
            outcome,
            limits,
            remaining: account.remaining(&limits),
            bound: state.devices != before.devices,
        })
    }
}

impl Visit {
    fn visit(
        &self,
        limits: &Limits,
        state: &mut GrantState,
        account: &mut Account,
        download: &mut Download,
        now: u64,
    ) -> Result<Option<Charge>, VisitRefusal> {
        if let Some(devices) = self.devices {
            devices.bind(&mut state.devices)?;
        }
        let begun = (download.number > 0).then_some(download.begun);
        if let Some(by) = self.begun_by
            && begun.is_none_or(|begun| begun > by)
        {
            return Err(VisitRefusal::Expired);
        }
        let Some(range) = self.range.clone() else {
            return Ok(None);
        };
        let charged = charge(limits, account, download, range, now);
        let charged = charged.map_err(VisitRefusal::Budget)?;
        if charged.began && self.begun_by.is_some() {
            return Err(VisitRefusal::Expired);
        }
        if self.at_once {
            settle(account, download, &charged, u64::MAX);
        }
        Ok(Some(charged))
    }
}

impl Devices {
    /// The first device stays the only one.
    fn bind(self, bound: &mut Vec<DeviceHash>) -> Result<(), VisitRefusal> {
        if bound.is_empty() {
            bound.extend([self.known.unwrap_or(self.fresh), self.place]);
            return Ok(());
        }
        let is_first = match self.known {
            Some(cookie) => bound.contains(&cookie),
            None => bound.contains(&self.place),
        };
        if is_first {
            Ok(())
        } else {
            Err(VisitRefusal::OtherDevice)
        }
    }
}

/// A body has ended: what of it was handed over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settle {
    /// The grant.
    pub grant: GrantHash,
    /// The file and its length.
    pub file: (String, u64),
    /// What the visit was charged.
    pub charge: Charge,
    /// How many bytes of it went out.
    pub handed: u64,
    /// When the rows may be forgotten.
    pub until: u64,
}

impl Question for Settle {
    const NAME: &'static str = "gate.settle";
    type Answer = ();

    fn book(&self) -> String {
        shelf(self.grant)
    }

    fn answer(&self, rows: &dyn Rows, _: u64) -> Result<(), BookError> {
        let mut state = state_of(rows, self.grant)?;
        let mut download = download_of(rows, self.grant, &self.file)?;
        let mut account = Account {
            downloads: state.downloads,
            bytes: state.bytes,
        };
        settle(&mut account, &mut download, &self.charge, self.handed);
        if account.bytes != state.bytes {
            let returned = state.bytes.saturating_sub(account.bytes);
            count_exactly(rows, "returned_bytes", returned)?;
            state.bytes = account.bytes;
            save(
                rows,
                "grant",
                &self.grant.0.to_hex(),
                &state,
                Some(self.until),
            )?;
        }
        keep_download(rows, self.grant, &self.file.0, &download, self.until)
    }
}

/// The operator looks at a grant or changes what the books know of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlterGrant {
    /// The grant.
    pub grant: GrantHash,
    /// What is to be done.
    pub alter: Alter,
    /// When the rows may be forgotten.
    pub until: Option<u64>,
}

/// What can be done to a grant's books.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Alter {
    /// Nothing: only show them.
    Show,
    /// Allow more.
    Extend(Limits),
    /// Forget what was used and by which device.
    Reset,
    /// Note that it was shown after it had been revoked.
    Refused,
}

impl Question for AlterGrant {
    const NAME: &'static str = "gate.alter-grant";
    type Answer = GrantState;

    fn book(&self) -> String {
        shelf(self.grant)
    }

    fn answer(&self, rows: &dyn Rows, _: u64) -> Result<GrantState, BookError> {
        let key = self.grant.0.to_hex();
        let mut state = state_of(rows, self.grant)?;
        match self.alter {
            Alter::Show => return Ok(state),
            Alter::Extend(more) => state.extra = sum(state.extra, more),
            Alter::Refused => state.refused = state.refused.saturating_add(1),
            Alter::Reset => {
                state = GrantState {
                    extra: state.extra,
                    refused: state.refused,
                    ..GrantState::default()
                };
                for (file, _) in rows.list("file", &format!("{key}/"), u32::MAX)? {
                    rows.delete("file", &file)?;
                }
            }
        }
        save(rows, "grant", &key, &state, self.until)?;
        Ok(state)
    }
}

/// When a grant began its present download of a file, if it did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BegunOf {
    /// The grant.
    pub grant: GrantHash,
    /// The file.
    pub file: String,
}

impl Question for BegunOf {
    const NAME: &'static str = "gate.begun";
    type Answer = Option<u64>;

    fn book(&self) -> String {
        shelf(self.grant)
    }

    fn answer(&self, rows: &dyn Rows, _: u64) -> Result<Option<u64>, BookError> {
        let row: Option<FileRow> = load(rows, "file", &file_key(self.grant, &self.file))?;
        Ok(row.map(|row| row.begun))
    }
}

fn file_key(grant: GrantHash, file: &str) -> String {
    format!("{}/{file}", grant.0)
}

/// The book of a grant.
pub(super) fn shelf(grant: GrantHash) -> String {
    let [first, ..] = grant.0.0;
    format!("{SHELVES}-{first:02x}")
}

fn state_of(rows: &dyn Rows, grant: GrantHash) -> Result<GrantState, BookError> {
    Ok(load(rows, "grant", &grant.0.to_hex())?.unwrap_or_default())
}

fn sum(limits: Limits, more: Limits) -> Limits {
    let add = |one: Option<u64>, other: Option<u64>| match (one, other) {
        (None, None) => None,
        _ => Some(one.unwrap_or(0).saturating_add(other.unwrap_or(0))),
    };
    Limits {
        downloads: add(limits.downloads, more.downloads),
        bytes: add(limits.bytes, more.bytes),
    }
}

/// What is not limited stays so.
fn raised(limits: Limits, extra: Limits) -> Limits {
    let raised = sum(limits, extra);
    Limits {
        downloads: limits.downloads.and(raised.downloads),
        bytes: limits.bytes.and(raised.bytes),
    }
}

/// A file that was published anew with another length is another file.
fn download_of(
    rows: &dyn Rows,
    grant: GrantHash,
    (file, total): &(String, u64),
) -> Result<Download, BookError> {
    let row: Option<FileRow> = load(rows, "file", &file_key(grant, file))?;
    let Some(row) = row.filter(|row| row.total == *total) else {
        return Ok(Download::of(*total));
    };
    let coverage = |text: &str| {
        let bytes = base64url::decode(text).unwrap_or_default();
        Coverage::decode(&bytes, *total).map_err(|error| BookError(error.to_string()))
    };
    Ok(Download {
        number: row.number,
        begun: row.begun,
        touched: row.touched,
        charged: coverage(&row.charged)?,
        sent: coverage(&row.sent)?,
        handed: row.handed,
        pending: row.pending,
    })
}

fn keep_download(
    rows: &dyn Rows,
    grant: GrantHash,
    file: &str,
    download: &Download,
    until: u64,
) -> Result<(), BookError> {
    let row = FileRow {
        total: download.sent.total(),
        number: download.number,
        begun: download.begun,
        touched: download.touched,
        charged: base64url::encode(download.charged.encode()),
        sent: base64url::encode(download.sent.encode()),
        handed: download.handed,
        pending: download.pending,
    };
    save(rows, "file", &file_key(grant, file), &row, Some(until))
}
