//! The marketplace's numbers: what isolates have counted, added up for good and
//! by time; what became of every campaign; tickets.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{BookError, CampaignRecord, Question, Rows, Tally, load, save};
use crate::metrics::{
    BETWEEN, Counts,
    history::{Step, condensed},
    sessions::Sessions,
    sum,
    tally::Batch,
    visitors::Sketches,
};

/// The book that keeps them, apart from those that decide.
pub const NUMBERS: &str = "numbers";

/// More series than this are not kept apart.
const MOST_SERIES: usize = 8000;

/// A download that was begun late may be told of after midnight, in seconds.
const KEPT: u64 = 2 * 3600;

/// Campaigns that are told apart in a report.
const MOST_CAMPAIGNS: u32 = 200;

/// What an isolate has counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddNumbers(pub Batch);

impl Question for AddNumbers {
    const NAME: &'static str = "numbers.add";
    type Answer = ();

    fn book(&self) -> String {
        NUMBERS.to_owned()
    }

    fn answer(&self, rows: &dyn Rows, now: u64) -> Result<(), BookError> {
        if !is_news(rows, &self.0, now)? {
            return Ok(());
        }
        let mut counts = self.0.counts.clone();
        note_sessions(rows, &self.0.sessions, &mut counts, now)?;
        add(rows, &counts, now)?;
        if !self.0.visitors.is_empty() {
            let day = Step::Day.of(now);
            let key = format!("{day:012}");
            let mut known: Sketches = load(rows, "visitors", &key)?.unwrap_or_default();
            known.merge(&self.0.visitors);
            save(rows, "visitors", &key, &known, Some(Step::Day.ends(day)))?;
        }
        Ok(())
    }
}

/// Whether a message is new: one whose answer was lost is sent again.
fn is_news(rows: &dyn Rows, batch: &Batch, now: u64) -> Result<bool, BookError> {
    let Some((isolate, number)) = &batch.sender else {
        return Ok(true);
    };
    let known: Option<u64> = load(rows, "sender", isolate)?;
    if known.is_some_and(|known| *number <= known) {
        return Ok(false);
    }
    let until = now + Step::Day.seconds();
    save(rows, "sender", isolate, number, Some(until))?;
    Ok(true)
}

/// What a book or a log has counted, in the same transactions as it did what it
/// counts. It tells all that it ever counted, so that a message may be lost or
/// come twice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddTold {
    /// Who tells.
    pub source: String,
    /// What it has counted since its beginning.
    pub counts: Counts,
}

impl Question for AddTold {
    const NAME: &'static str = "numbers.told";
    type Answer = ();

    fn book(&self) -> String {
        NUMBERS.to_owned()
    }

    fn answer(&self, rows: &dyn Rows, now: u64) -> Result<(), BookError> {
        let known: Counts = load(rows, "told", &self.source)?.unwrap_or_default();
        let more = |(series, count): (&String, &u64)| {
            let more = count.saturating_sub(known.get(series).copied().unwrap_or(0));
            (more > 0).then(|| (series.clone(), more))
        };
        let news: Counts = self.counts.iter().filter_map(more).collect();
        if news.is_empty() {
            return Ok(());
        }
        add(rows, &news, now)?;
        raise(rows, "told", &self.source, &news, None)
    }
}

/// Adds up, for good and by time.
fn add(rows: &dyn Rows, counts: &Counts, now: u64) -> Result<(), BookError> {
    raise(rows, "total", "all", counts, None)?;
    let condensed = condensed(counts);
    for step in Step::ALL {
        let number = step.of(now);
        let key = format!("{number:012}");
        raise(rows, step.name(), &key, &condensed, Some(step.ends(number)))?;
    }
    Ok(())
}

/// Downloads go over several isolates: which of them have begun and which are
/// complete is known here. Rows are forgotten when their names change, at
/// midnight, and some hours later.
fn note_sessions(
    rows: &dyn Rows,
    sessions: &Sessions,
    counts: &mut Counts,
    now: u64,
) -> Result<(), BookError> {
    let until = (Step::Day.of(now) + 1) * Step::Day.seconds() + KEPT;
    for (key, notes) in sessions {
        let (session, news) = notes.bring(load(rows, "session", key)?);
        save(rows, "session", key, &session, Some(until))?;
        for state in news {
            let (all, of_creator) = state.series();
            let of_creator = format!("{of_creator}{BETWEEN}{}", notes.creator());
            for series in [all.to_owned(), of_creator] {
                *counts.entry(series).or_default() += notes.weight();
            }
        }
    }
    Ok(())
}

fn raise(
    rows: &dyn Rows,
    kind: &str,
    key: &str,
    more: &Counts,
    until: Option<u64>,
) -> Result<(), BookError> {
    let mut counts: Counts = load(rows, kind, key)?.unwrap_or_default();
    for (series, count) in more {
        if let Some(known) = counts.get_mut(series) {
            *known = known.saturating_add(*count);
        } else if counts.len() < MOST_SERIES {
            counts.insert(series.clone(), *count);
        }
    }
    save(rows, kind, key, &counts, until)
}

/// Asks for the totals, and for a stretch of time if one is named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NumbersOf {
    /// The name of a [`Step`].
    pub step: Option<String>,
}

/// The numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Numbers {
    /// Since the beginning.
    pub total: Counts,
    /// By step, the oldest first; steps without a count are missing.
    pub bins: Vec<(u64, Counts)>,
    /// Visitors of each day by creator, the oldest first.
    pub visitors: Vec<(u64, BTreeMap<String, u64>)>,
}

impl Question for NumbersOf {
    const NAME: &'static str = "numbers.of";
    type Answer = Numbers;

    fn book(&self) -> String {
        NUMBERS.to_owned()
    }

    fn answer(&self, rows: &dyn Rows, now: u64) -> Result<Numbers, BookError> {
        let mut numbers = Numbers {
            total: load(rows, "total", "all")?.unwrap_or_default(),
            ..Numbers::default()
        };
        let Some(step) = self.step.as_deref().and_then(Step::parse) else {
            return Ok(numbers);
        };
        let last = step.of(now);
        for number in (last + 1).saturating_sub(step.shown())..=last {
            if let Some(counts) = load(rows, step.name(), &format!("{number:012}"))? {
                numbers.bins.push((number * step.seconds(), counts));
            }
        }
        let today = Step::Day.of(now);
        for day in today.saturating_sub(29)..=today {
            if let Some(known) = load::<Sketches>(rows, "visitors", &format!("{day:012}"))? {
                numbers.visitors.push((day * 86_400, known.estimates()));
            }
        }
        Ok(numbers)
    }
}

/// Someone asked for help.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoteTicket {
    /// The problem's slug, as the code they gave says, or `other`.
    pub about: String,
}

impl Question for NoteTicket {
    const NAME: &'static str = "numbers.ticket";
    /// Tickets and downloads since the beginning.
    type Answer = (u64, u64);

    fn book(&self) -> String {
        NUMBERS.to_owned()
    }

    fn answer(&self, rows: &dyn Rows, now: u64) -> Result<(u64, u64), BookError> {
        let mut batch = Batch::default();
        batch.counts.insert(format!("tickets;{}", self.about), 1);
        AddNumbers(batch).answer(rows, now)?;
        let total: Counts = load(rows, "total", "all")?.unwrap_or_default();
        Ok((
            sum(&total, "tickets", &[]),
            sum(&total, "sessions_started", &[]),
        ))
    }
}

/// What became of every campaign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Campaigns {}

/// A campaign in numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conversion {
    /// Its id.
    pub id: String,
    /// What the operator calls it.
    pub label: String,
    /// The drop.
    pub drop: String,
    /// Codes made, codes whose page was opened, codes redeemed.
    pub codes: [u64; 3],
}

impl Question for Campaigns {
    const NAME: &'static str = "gate.campaigns";
    type Answer = Vec<Conversion>;

    fn answer(&self, rows: &dyn Rows, _: u64) -> Result<Vec<Conversion>, BookError> {
        let found = rows.list("campaign", "", MOST_CAMPAIGNS)?;
        let told = found.into_iter().map(|(id, text)| {
            let record: CampaignRecord = super::read(&text)?;
            let tally: Tally = load(rows, "tally", &id)?.unwrap_or_default();
            Ok(Conversion {
                id,
                label: record.label,
                drop: record.drop,
                codes: [tally.issued, tally.opened, tally.redeemed],
            })
        });
        told.collect()
    }
}
