//! How a body ended, whoever ends it: the store says when all was handed over or
//! when the bytes were wrong, and says nothing when the reader has left.

use std::{cell::Cell, rc::Rc};

use crate::ports::Handed;

/// How a body ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    /// All of it was handed over.
    Whole,
    /// The store's bytes were not the signed ones.
    Wrong,
    /// Its reader left on the way, or the store failed.
    Left,
}

/// Whether a body has begun: what never did cannot be left.
#[derive(Clone, Default)]
pub(super) struct Begun(Rc<Cell<bool>>);

impl Begun {
    /// It has.
    pub fn now(&self) {
        self.0.set(true);
    }
}

/// Is told how a body ended; that it is dropped untold says that nobody read on.
struct Ending<F: FnOnce(Ended)> {
    act: Option<F>,
    begun: Begun,
}

impl<F: FnOnce(Ended)> Ending<F> {
    fn end(mut self, ended: Ended) {
        if let Some(act) = self.act.take() {
            act(ended);
        }
    }
}

impl<F: FnOnce(Ended)> Drop for Ending<F> {
    fn drop(&mut self) {
        if let Some(act) = self.act.take().filter(|_| self.begun.0.get()) {
            act(Ended::Left);
        }
    }
}

/// For [`Store::send`](crate::ports::Store::send): runs `act` once, however the
/// body ends after it has begun.
pub(super) fn watched(
    begun: &Begun,
    act: impl FnOnce(Ended) + 'static,
) -> impl FnOnce(Handed) + 'static {
    let ending = Ending {
        act: Some(act),
        begun: begun.clone(),
    };
    move |handed| {
        ending.end(match handed {
            Handed::Whole => Ended::Whole,
            Handed::Wrong => Ended::Wrong,
        });
    }
}
