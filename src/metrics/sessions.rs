//! Downloads as shoppers see them: one that is resumed, or fetched over several
//! connections, is one. They are told apart by a hash under the day's salt, in
//! the memory of the isolate alone; nothing of it is stored or sent.

use std::{cell::RefCell, collections::VecDeque};

use super::tally;

/// What an isolate remembers.
const MOST: usize = 1024;

/// How far a download is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Its first byte is sent.
    Started,
    /// Its last byte was handed over.
    Covered,
}

thread_local! {
    static KNOWN: RefCell<VecDeque<(u64, State)>> = RefCell::default();
}

/// Counts a download that is so far, once.
pub fn note(creator: &str, session: u64, state: State) {
    let is_new = KNOWN.with_borrow_mut(|known| {
        if known.contains(&(session, state)) {
            return false;
        }
        if known.len() >= MOST {
            known.pop_front();
        }
        known.push_back((session, state));
        true
    });
    if is_new {
        let (all, of_creator) = match state {
            State::Started => ("sessions_started", "creator_started"),
            State::Covered => ("sessions_covered", "creator_covered"),
        };
        tally::add(all, &[], 1);
        tally::add(of_creator, &[creator], 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::sum;

    #[test]
    fn a_session_counts_once_in_each_state() {
        for session in [1, 2, 1, 1] {
            note("alice", session, State::Started);
        }
        note("alice", 1, State::Covered);
        note("alice", 1, State::Covered);
        let counts = tally::take().counts;
        assert_eq!(sum(&counts, "sessions_started", &[]), 2);
        assert_eq!(sum(&counts, "creator_covered", &["alice"]), 1);
    }
}
