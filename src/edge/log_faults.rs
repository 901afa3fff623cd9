//! Test builds only: every operation of a log's sequencing can be made to fail,
//! to fail after having happened, to be lost, to panic, or never to return, and
//! the invariant checker is run on what is left in the real stores.

use std::{cell::Cell, collections::BTreeMap, future::pending};

use serde::Deserialize;
use worker::Env;

use super::{crash, store};
use crate::{
    evidence::{Checkpoint, LogState, Policy, Signer, invariant},
    ports::PortError,
};

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// It fails and nothing has happened.
    Before,
    /// It happens, and then it fails.
    After,
    /// It is said to have happened and has not.
    Lost,
    /// The worker dies before it.
    PanicBefore,
    /// The worker dies after it.
    PanicAfter,
    /// It never begins: the test kills the process meanwhile.
    HangBefore,
    /// It happens and never returns: the test kills the process meanwhile.
    HangAfter,
}

/// What all logs of this instance are like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Weather {
    /// As always.
    Fair,
    /// Nothing returns until it is fair again.
    Still,
    /// Everything fails.
    Foul,
}

thread_local! {
    static WEATHER: Cell<Weather> = const { Cell::new(Weather::Fair) };
    /// How many operations from now, and what then. Dies with the instance.
    static PLAN: Cell<Option<(u32, Fault)>> = const { Cell::new(None) };
    static HANGS: Cell<bool> = const { Cell::new(false) };
}

/// The operation after the next `after` ones goes wrong.
pub fn plan(after: u32, fault: Fault) {
    PLAN.set(Some((after, fault)));
}

/// From now on all logs are so.
pub fn become_like(weather: Weather) {
    WEATHER.set(weather);
}

/// Whether the fault has happened; ends it if not.
pub fn ended() -> bool {
    PLAN.take().is_none()
}

/// Whether an operation hangs.
pub fn hangs() -> bool {
    HANGS.get()
}

fn next() -> Option<Fault> {
    let (left, fault) = PLAN.get()?;
    let now = left == 0;
    PLAN.set((!now).then(|| (left - 1, fault)));
    now.then_some(fault)
}

/// Does what it is asked, unless this is the operation that goes wrong.
pub async fn operate<T: Default>(
    act: impl AsyncFnOnce() -> Result<T, PortError>,
) -> Result<T, PortError> {
    let failed = || PortError::new("log", "a fault on purpose");
    while WEATHER.get() == Weather::Still {
        worker::Delay::from(std::time::Duration::from_millis(20)).await;
    }
    if WEATHER.get() == Weather::Foul {
        return Err(failed());
    }
    match next() {
        None => act().await,
        Some(Fault::Before) => Err(failed()),
        Some(Fault::After) => {
            act().await?;
            Err(failed())
        }
        Some(Fault::Lost) => Ok(T::default()),
        Some(Fault::PanicBefore) => crash::now(),
        Some(Fault::PanicAfter) => {
            act().await?;
            crash::now()
        }
        Some(Fault::HangBefore) => {
            HANGS.set(true);
            pending().await
        }
        Some(Fault::HangAfter) => {
            act().await?;
            HANGS.set(true);
            pending().await
        }
    }
}

/// What the object knows of its log, for the checker.
pub struct Books<'a> {
    /// The log's name.
    pub name: &'a str,
    /// Its origin.
    pub origin: &'a str,
    /// What was committed last.
    pub state: &'a LogState,
    /// Every row, in order.
    pub accepted: Vec<Vec<u8>>,
    /// Every checkpoint that was ever committed, as signed.
    pub signed: Vec<String>,
}

/// Checks the books against what R2 holds.
pub async fn check(env: &Env, books: &Books<'_>, signer: &Signer) -> Result<(), PortError> {
    let broken = |error: crate::evidence::EvidenceError| PortError::new("invariant", error);
    let prefix = format!("log/{}/", books.name);
    let bucket = store::bucket(env)?;
    let mut stored = BTreeMap::new();
    let mut cursor: Option<String> = None;
    loop {
        let mut list = bucket.list().prefix(prefix.clone());
        if let Some(cursor) = cursor {
            list = list.cursor(cursor);
        }
        let page = list.execute().await.map_err(store::failed)?;
        for object in page.objects() {
            let key = object.key();
            let sealed = store::read(env, &key, u64::from(u32::MAX)).await?;
            let path = key.strip_prefix(&prefix).unwrap_or(&key).to_owned();
            stored.extend(sealed.map(|sealed| (path, sealed.bytes)));
        }
        cursor = page.cursor();
        if cursor.is_none() {
            break;
        }
    }
    let known = [signer.verifier()];
    let open = |note: &String| Checkpoint::open(note.as_bytes(), books.origin, &known);
    let checkpoints: Result<Vec<_>, _> = books.signed.iter().map(open).collect();
    let log = invariant::Log {
        policy: Policy {
            origin: books.origin,
            log: signer.verifier(),
            witnesses: &[],
            quorum: 0,
        },
        state: books.state,
        accepted: &books.accepted,
        signed: &checkpoints.map_err(broken)?,
    };
    invariant::check(&log, |path| stored.get(path).cloned()).map_err(broken)
}
