//! Uploads under way, and files that nothing names any more.
//!
//! # Why no file that a manifest names is ever swept
//!
//! A file is *marked* when the sweep finds that no manifest names it, and
//! *condemned* once it has been marked for a day; only what is condemned is
//! removed. Whoever publishes first *claims* the files of the manifest, then
//! looks whether they are stored, then publishes:
//!
//! - a claim takes the mark away, so that a claimed file is not condemned for at
//!   least a day, and by then the sweep sees the manifest that names it;
//! - a condemned file cannot be claimed until the sweep has said that it is
//!   removed, and then the look into the store finds that it is missing.

use serde::{Deserialize, Serialize};

use super::{BookError, Question, Rows, load, save};

/// The book there is one of.
const BOOK: &str = "uploads";
/// How long an upload may rest, and a file stay that nothing names.
const DAY: u64 = 86_400;
/// A sweep that has condemned files and not said that they are removed after
/// this long has died; no removal it asked for can still be on its way.
const DEAD: u64 = 900;
/// How many rows one question reads.
const MANY: u32 = 500;

const OPEN: &str = "upload";
const TAG: &str = "part";
const MARK: &str = "mark";
const CONDEMNED: &str = "condemned";
const PLACE: &str = "sweep";

/// An upload in parts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenUpload {
    /// The store's name for it.
    pub upload: String,
    /// The length of the whole object.
    pub length: u64,
    /// When it was last heard of.
    pub seen: u64,
}

fn book() -> String {
    BOOK.to_owned()
}

/// The row of a part: sorted by number.
fn part_row(key: &str, number: u16) -> String {
    format!("{key} {number:05}")
}

fn parts_of(rows: &dyn Rows, key: &str) -> Result<Vec<(u16, String)>, BookError> {
    let prefix = format!("{key} ");
    let listed = rows.list(TAG, &prefix, u32::from(u16::MAX))?;
    let parts = listed.into_iter().filter_map(|(row, tag)| {
        let number = row.strip_prefix(&prefix)?.parse().ok()?;
        Some((number, tag))
    });
    Ok(parts.collect())
}

fn forget(rows: &dyn Rows, key: &str) -> Result<(), BookError> {
    for (number, _) in parts_of(rows, key)? {
        rows.delete(TAG, &part_row(key, number))?;
    }
    rows.delete(OPEN, key)
}

/// Looks for an upload to the object `key`, or notes that one was begun: the
/// first counts, so that two who begin at once go on with one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UploadOf {
    /// The object.
    pub key: String,
    /// The upload that was begun, if one was.
    pub begun: Option<OpenUpload>,
}

impl Question for UploadOf {
    const NAME: &'static str = "gate.upload";
    /// The upload that counts, and its parts by number, each with its tag.
    type Answer = Option<(OpenUpload, Vec<(u16, String)>)>;

    fn book(&self) -> String {
        book()
    }

    fn answer(&self, rows: &dyn Rows, now: u64) -> Result<Self::Answer, BookError> {
        let known = load::<OpenUpload>(rows, OPEN, &self.key)?;
        let Some(mut open) = known.or_else(|| self.begun.clone()) else {
            return Ok(None);
        };
        open.seen = now;
        save(rows, OPEN, &self.key, &open, None)?;
        Ok(Some((open, parts_of(rows, &self.key)?)))
    }
}

/// Notes that a part is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotePart {
    /// The object.
    pub key: String,
    /// The upload.
    pub upload: String,
    /// The part's number and tag.
    pub part: (u16, String),
}

impl Question for NotePart {
    const NAME: &'static str = "gate.part";
    /// Whether that upload is still the one under way.
    type Answer = bool;

    fn book(&self) -> String {
        book()
    }

    fn answer(&self, rows: &dyn Rows, now: u64) -> Result<bool, BookError> {
        let Some(mut open) = load::<OpenUpload>(rows, OPEN, &self.key)? else {
            return Ok(false);
        };
        if open.upload != self.upload {
            return Ok(false);
        }
        let (number, tag) = &self.part;
        rows.put(TAG, &part_row(&self.key, *number), tag, None)?;
        open.seen = now;
        save(rows, OPEN, &self.key, &open, None)?;
        Ok(true)
    }
}

/// Notes that an upload is over, joined or given up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndUpload {
    /// The object.
    pub key: String,
    /// The upload.
    pub upload: String,
}

impl Question for EndUpload {
    const NAME: &'static str = "gate.end-upload";
    type Answer = ();

    fn book(&self) -> String {
        book()
    }

    fn answer(&self, rows: &dyn Rows, _: u64) -> Result<(), BookError> {
        match load::<OpenUpload>(rows, OPEN, &self.key)? {
            Some(open) if open.upload == self.upload => forget(rows, &self.key),
            _ => Ok(()),
        }
    }
}

/// Claims the files of a manifest that is about to be published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimFiles {
    /// Where they are stored.
    pub keys: Vec<String>,
}

impl Question for ClaimFiles {
    const NAME: &'static str = "gate.claim-files";
    /// `false`: one of them is just being swept.
    type Answer = bool;

    fn book(&self) -> String {
        book()
    }

    fn answer(&self, rows: &dyn Rows, _: u64) -> Result<bool, BookError> {
        for key in &self.keys {
            if rows.get(CONDEMNED, key)?.is_some() {
                return Ok(false);
            }
        }
        for key in &self.keys {
            rows.delete(MARK, key)?;
        }
        Ok(true)
    }
}

/// Where the sweep is, and what an earlier one left behind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SweepState;

/// The answer to [`SweepState`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToSweep {
    /// The last key that was looked at.
    pub after: String,
    /// Files that were condemned and perhaps not removed.
    pub condemned: Vec<String>,
    /// Uploads that have rested for a day: the object and the store's name.
    pub stale: Vec<(String, String)>,
}

impl Question for SweepState {
    const NAME: &'static str = "gate.sweep-state";
    type Answer = ToSweep;

    fn book(&self) -> String {
        book()
    }

    fn answer(&self, rows: &dyn Rows, now: u64) -> Result<ToSweep, BookError> {
        let condemned = rows.list(CONDEMNED, "", MANY)?.into_iter();
        let condemned = condemned.filter(|(_, since)| is_past(since, DEAD, now));
        let mut stale = Vec::new();
        for (key, text) in rows.list(OPEN, "", MANY)? {
            let open: OpenUpload = super::read(&text)?;
            if open.seen.saturating_add(DAY) <= now {
                stale.push((key, open.upload));
            }
        }
        Ok(ToSweep {
            after: rows.get(PLACE, PLACE)?.unwrap_or_default(),
            condemned: condemned.map(|(key, _)| key).collect(),
            stale,
        })
    }
}

/// What a sweep has seen of a stretch of the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sweep {
    /// Files that a manifest names.
    pub named: Vec<String>,
    /// Files that none does, and that are a day old.
    pub unnamed: Vec<String>,
    /// The last key of the stretch; empty at the end of the store.
    pub after: String,
}

impl Question for Sweep {
    const NAME: &'static str = "gate.sweep";
    /// The files to remove.
    type Answer = Vec<String>;

    fn book(&self) -> String {
        book()
    }

    fn answer(&self, rows: &dyn Rows, now: u64) -> Result<Vec<String>, BookError> {
        for key in &self.named {
            rows.delete(MARK, key)?;
        }
        let mut condemned = Vec::new();
        for key in &self.unnamed {
            match rows.get(MARK, key)? {
                Some(since) if is_past(&since, DAY, now) => {
                    rows.delete(MARK, key)?;
                    rows.put(CONDEMNED, key, &now.to_string(), None)?;
                    condemned.push(key.clone());
                }
                Some(_) => {}
                None if rows.get(CONDEMNED, key)?.is_some() => {}
                None => rows.put(MARK, key, &now.to_string(), None)?,
            }
        }
        rows.put(PLACE, PLACE, &self.after, None)?;
        Ok(condemned)
    }
}

/// Says that condemned files are removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Swept {
    /// Which.
    pub keys: Vec<String>,
}

impl Question for Swept {
    const NAME: &'static str = "gate.swept";
    type Answer = ();

    fn book(&self) -> String {
        book()
    }

    fn answer(&self, rows: &dyn Rows, _: u64) -> Result<(), BookError> {
        self.keys
            .iter()
            .try_for_each(|key| rows.delete(CONDEMNED, key))
    }
}

/// Whether the second in a row lies `age` seconds back.
fn is_past(since: &str, age: u64, now: u64) -> bool {
    since
        .parse::<u64>()
        .is_ok_and(|since| since.saturating_add(age) <= now)
}
