//! Downloads as shoppers see them: one that is resumed, or fetched over several
//! connections or data centres, is one. They are told apart by a hash under the
//! day's salt that the books forget on the next day.

use std::{collections::BTreeMap, ops::Range};

use serde::{Deserialize, Serialize};

use crate::gate::budget::{End, Handover};

/// More in one message are not told apart.
const MOST: usize = 1024;
/// Requests of one download in one message.
const MOST_NOTES: usize = 64;

/// Files above this many bytes are watched now and then: to see how a body ends
/// costs the runtime as much again as to send it.
const LARGE: u64 = 1 << 20;
/// Of those, one download in so many.
const SAMPLE: u64 = 8;

/// Whether a download is watched to its end. All requests of one are, or none.
#[must_use]
pub const fn is_watched(session: u64, length: u64) -> bool {
    session.is_multiple_of(weight(length))
}

/// How many downloads one that is watched stands for.
#[must_use]
pub const fn weight(length: u64) -> u64 {
    if length > LARGE { SAMPLE } else { 1 }
}

/// What happened to downloads, by session.
pub type Sessions = BTreeMap<String, Notes>;

/// What happened to one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notes {
    creator: String,
    total: u64,
    started: bool,
    ended: Vec<(Range<u64>, End)>,
}

/// How far a download is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Its first byte was asked for.
    Started,
    /// All of it was handed over.
    Covered,
}

impl State {
    /// The series that counts it, of all and of a creator.
    #[must_use]
    pub const fn series(self) -> (&'static str, &'static str) {
        match self {
            Self::Started => ("sessions_started", "creator_started"),
            Self::Covered => ("sessions_covered", "creator_covered"),
        }
    }
}

/// A download as the books remember it for a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    started: bool,
    covered: bool,
    handover: Handover,
}

/// Notes a request's begin (`None`) or end.
pub fn note(
    sessions: &mut Sessions,
    session: u64,
    (creator, total): (&str, u64),
    range: Range<u64>,
    end: Option<End>,
) {
    let key = format!("{session:016x}");
    if sessions.len() >= MOST && !sessions.contains_key(&key) {
        return;
    }
    let notes = sessions.entry(key).or_insert_with(|| Notes {
        creator: creator.to_owned(),
        total,
        ..Notes::default()
    });
    match end {
        None => notes.started |= range.start == 0,
        Some(end) if notes.ended.len() < MOST_NOTES => notes.ended.push((range, end)),
        Some(_) => {}
    }
}

impl Notes {
    /// Whose files they are.
    #[must_use]
    pub fn creator(&self) -> &str {
        &self.creator
    }

    /// How many downloads it stands for.
    #[must_use]
    pub const fn weight(&self) -> u64 {
        weight(self.total)
    }

    /// Brings what is remembered up to date; which states are new.
    #[must_use]
    pub fn bring(&self, known: Option<Session>) -> (Session, Vec<State>) {
        let mut session = known.unwrap_or_else(|| Session {
            started: false,
            covered: false,
            handover: Handover::of(self.total),
        });
        let mut news = Vec::new();
        if self.started && !session.started {
            session.started = true;
            news.push(State::Started);
        }
        if !session.covered {
            for (range, end) in &self.ended {
                session.handover.note_late(range, *end);
            }
            if session.handover.is_complete() {
                session.covered = true;
                session.handover = Handover::of(self.total);
                news.push(State::Covered);
            }
        }
        (session, news)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: (&str, u64) = ("alice", 100);

    #[test]
    fn a_session_counts_once_in_each_state_wherever_its_requests_go() {
        let (mut here, mut there) = (Sessions::new(), Sessions::new());
        note(&mut here, 1, FILE, 0..100, None);
        note(&mut here, 1, FILE, 0..100, Some(End::Left));
        note(&mut there, 1, FILE, 60..100, None);
        note(&mut there, 1, FILE, 60..100, Some(End::Whole));
        for messages in [[&here, &there, &here], [&there, &here, &there]] {
            let (mut session, mut all) = (None, Vec::new());
            for message in messages {
                for notes in message.values() {
                    let (next, news) = notes.bring(session.take());
                    session = Some(next);
                    all.extend(news);
                }
            }
            assert_eq!(all, [State::Started, State::Covered]);
        }
    }

    #[test]
    fn the_last_byte_alone_is_no_download() {
        let mut sessions = Sessions::new();
        note(&mut sessions, 1, FILE, 0..1, None);
        note(&mut sessions, 1, FILE, 0..1, Some(End::Whole));
        note(&mut sessions, 1, FILE, 99..100, None);
        note(&mut sessions, 1, FILE, 99..100, Some(End::Whole));
        let news: Vec<_> = sessions.values().map(|notes| notes.bring(None).1).collect();
        assert_eq!(news, [[State::Started]]);
    }

    #[test]
    fn one_large_download_in_eight_is_watched_and_counts_eightfold() {
        let watched = |length| {
            (0..800)
                .filter(|session| is_watched(*session, length))
                .count()
        };
        assert_eq!((watched(LARGE), watched(LARGE + 1)), (800, 100));
        assert_eq!((weight(LARGE), weight(LARGE + 1)), (1, 8));
    }

    #[test]
    fn notes_are_bounded() {
        let mut sessions = Sessions::new();
        for session in 0..2 * MOST as u64 {
            note(&mut sessions, session, FILE, 0..1, None);
        }
        for _ in 0..2 * MOST_NOTES {
            note(&mut sessions, 0, FILE, 0..1, Some(End::Whole));
        }
        assert_eq!(sessions.len(), MOST);
        let most = sessions.values().map(|notes| notes.ended.len()).max();
        assert_eq!(most, Some(MOST_NOTES));
    }
}
