//! Purges: what was made before one is not shown after it, wherever it lies.
//!
//! A purge raises a number, the *generation* of what it concerns. The number is
//! part of every name under which something is kept, so that all tiers in all
//! places have nothing of that name: no cache need be reached, and none can be
//! forgotten. What lies under older names is removed later, only to save room.

use serde::{Deserialize, Serialize};

use super::{BookError, Question, Rows, load, read, save};

/// The book there is one of, and its rows.
const BOOK: &str = "purges";
const CLEAR: &str = "clear";

/// So many purges are told apart: every isolate reads them each minute.
const MOST: usize = 400;
/// How many rows of work are handed out at once.
const MANY: u32 = 50;
/// An isolate that has not heard of a purge may put older things away for so long.
const SETTLED: u64 = 120;

/// What a purge concerns: all that agrees with every part that is there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope {
    /// A drop.
    pub drop: Option<String>,
    /// A file of it.
    pub file: Option<String>,
    /// A preset, with its version.
    pub preset: Option<String>,
}

impl Scope {
    /// Whether all that `other` concerns is concerned.
    fn covers(&self, other: &Self) -> bool {
        let covers = |own: &Option<String>, other| own.is_none() || own == other;
        covers(&self.drop, &other.drop)
            && covers(&self.file, &other.file)
            && covers(&self.preset, &other.preset)
    }
}

/// All purges there were.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Purges {
    last: u64,
    /// Purges that are not told apart any more have become one of everything.
    all: u64,
    some: Vec<(Scope, u64)>,
}

impl Purges {
    /// The generation of a picture of a file: 0 if it was never purged.
    #[must_use]
    pub fn of_picture(&self, asked: &Scope) -> u64 {
        self.newest(|scope| scope.covers(asked))
    }

    /// The generation of what is made of a whole drop: it rises with that of any
    /// of its pictures.
    #[must_use]
    pub fn of_drop(&self, drop: &str) -> u64 {
        let concerned = |known: &String| known == drop;
        self.newest(|scope| scope.drop.as_ref().is_none_or(concerned))
    }

    fn newest(&self, concerns: impl Fn(&Scope) -> bool) -> u64 {
        let concerned = self.some.iter().filter(|(scope, _)| concerns(scope));
        let newest = concerned.map(|(_, generation)| *generation).max();
        newest.unwrap_or_default().max(self.all)
    }

    fn add(&mut self, scope: &Scope) -> u64 {
        self.last = self.last.saturating_add(1);
        self.some.retain(|(known, _)| !scope.covers(known));
        if self.some.len() >= MOST {
            let oldest = self.some.drain(..MOST / 2);
            self.all = oldest
                .map(|(_, generation)| generation)
                .max()
                .unwrap_or_default();
        }
        self.some.push((scope.clone(), self.last));
        self.last
    }
}

/// What is to be removed of what was made from one source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clear {
    /// The source's digest.
    pub source: String,
    /// Of generations before this one.
    pub before: u64,
    /// How the names begin; all if there is none.
    pub stems: Vec<String>,
    /// Not before this second.
    pub due: u64,
}

/// Notes a purge, and the work it leaves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Purge {
    /// What it concerns.
    pub scope: Scope,
    /// The sources, each with the beginnings of the names; all if there is none.
    pub sources: Vec<(String, Vec<String>)>,
}

impl Question for Purge {
    const NAME: &'static str = "gate.purge";
    /// The generation of what is made from now on.
    type Answer = u64;

    fn book(&self) -> String {
        BOOK.to_owned()
    }

    fn answer(&self, rows: &dyn Rows, now: u64) -> Result<u64, BookError> {
        let mut purges: Purges = load(rows, BOOK, BOOK)?.unwrap_or_default();
        let generation = purges.add(&self.scope);
        save(rows, BOOK, BOOK, &purges, None)?;
        for (source, stems) in &self.sources {
            let clear = Clear {
                source: source.clone(),
                before: generation,
                stems: stems.clone(),
                due: now.saturating_add(SETTLED),
            };
            save(rows, CLEAR, &clear.row(), &clear, None)?;
        }
        Ok(generation)
    }
}

/// Asks for all purges.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PurgesOf {}

impl Question for PurgesOf {
    const NAME: &'static str = "gate.purges";
    type Answer = Purges;

    fn book(&self) -> String {
        BOOK.to_owned()
    }

    fn answer(&self, rows: &dyn Rows, _: u64) -> Result<Purges, BookError> {
        Ok(load(rows, BOOK, BOOK)?.unwrap_or_default())
    }
}

/// Says what was cleared and what is to be cleared besides, and asks for what is due.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clearing {
    /// Done.
    pub done: Vec<Clear>,
    /// To do.
    pub more: Vec<Clear>,
}

impl Question for Clearing {
    const NAME: &'static str = "gate.clearing";
    type Answer = Vec<Clear>;

    fn book(&self) -> String {
        BOOK.to_owned()
    }

    fn answer(&self, rows: &dyn Rows, now: u64) -> Result<Vec<Clear>, BookError> {
        for clear in &self.done {
            rows.delete(CLEAR, &clear.row())?;
        }
        for clear in &self.more {
            save(rows, CLEAR, &clear.row(), clear, None)?;
        }
        let mut due = Vec::new();
        for (_, text) in rows.list(CLEAR, "", MANY)? {
            let clear: Clear = read(&text)?;
            if clear.due <= now {
                due.push(clear);
            }
        }
        Ok(due)
    }
}

impl Clear {
    /// Its row: what is due first comes first.
    fn row(&self) -> String {
        format!("{:012} {:012} {}", self.due, self.before, self.source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(drop: &str, file: &str, preset: &str) -> Scope {
        let part = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        Scope {
            drop: part(drop),
            file: part(file),
            preset: part(preset),
        }
    }

    #[test]
    fn a_purge_raises_the_generation_of_what_it_concerns_and_of_nothing_else() {
        let mut purges = Purges::default();
        let asked = scope("a/d", "cover.jpg", "card@1");
        let plain = scope("a/d", "cover.jpg", "");
        for (drop, file, preset, generations) in [
            ("a/other", "", "", [0, 0, 0]),
            ("a/d", "other.jpg", "", [0, 0, 2]),
            ("", "", "card@2", [0, 0, 3]),
            ("a/d", "cover.jpg", "", [4, 4, 4]),
            ("a/d", "", "card@1", [5, 4, 5]),
            ("", "", "card@1", [6, 4, 6]),
            ("a/d", "", "", [7, 7, 7]),
        ] {
            purges.add(&scope(drop, file, preset));
            let found = [
                purges.of_picture(&asked),
                purges.of_picture(&plain),
                purges.of_drop("a/d"),
            ];
            assert_eq!(found, generations);
        }
        assert_eq!(purges.of_drop("a/other"), 6);
    }

    #[test]
    fn many_purges_are_remembered_or_become_one_of_everything() {
        let mut purges = Purges::default();
        for _ in 0..3 {
            purges.add(&scope("a/d", "", ""));
        }
        assert_eq!(purges.some.len(), 1, "the same one is remembered once");
        let drop = |number: usize| scope(&format!("a/{number}"), "", "");
        let mut before = Vec::new();
        for number in 0..2 * MOST {
            purges.add(&drop(number));
            before.push(purges.of_picture(&drop(number)));
            assert!(purges.some.len() <= MOST);
        }
        for (number, generation) in before.into_iter().enumerate() {
            assert!(purges.of_picture(&drop(number)) >= generation);
        }
        assert!(purges.of_picture(&scope("b/never", "", "")) > 0);
        let last = purges.last;
        assert!(purges.of_picture(&drop(2 * MOST - 1)) == last);
    }
}
