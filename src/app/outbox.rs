//! A receipt on its way to its log. Nobody waits for it, and it is not lost while
//! the log stands still or fails: it is put into the store and brought later.

use std::{future::poll_fn, pin::pin, task::Poll};

use super::{Desk, problem::Problem, receipt::salted};
use crate::{
    evidence::{Receipt, Signer},
    ports::{LogName, PortError, World},
};

/// How often a log is asked before the timer takes over; appended twice a receipt
/// is kept once.
const TRIES: u32 = 3;
/// A log that has not answered by then stands still. What runs after a reply has
/// half a minute in all.
const PATIENCE_MS: u32 = 5000;
/// So many are brought at a time.
const SHEAF: u32 = 100;
/// And so many sheaves in one run of the timer.
const SHEAVES: usize = 50;
/// A receipt has a few lines.
const MOST_BYTES: u64 = 8192;

/// Where the receipts wait.
const PLACE: &str = "outbox/";

/// Appends a receipt to a log, now or later.
pub(super) async fn append<W: World>(world: &W, notary: &Signer, log: LogName, receipt: &Receipt) {
    let mut parked = None;
    for tries in 1..=TRIES {
        match try_append(world, notary, log, receipt.clone()).await {
            Ok(()) => {
                if let Some(key) = parked {
                    complain(world, world.remove(&[key]).await);
                }
                return;
            }
            Err(fault) => complain(world, Err(fault)),
        }
        if parked.is_none() {
            parked = park(world, notary, log, receipt).await;
        }
        if tries < TRIES {
            world.pause(500 * tries).await;
        }
    }
}

/// Puts the receipt into the store: signed, since the store is trusted for
/// nothing, and not yet salted, for which a book has to be asked.
async fn park<W: World>(
    world: &W,
    notary: &Signer,
    log: LogName,
    receipt: &Receipt,
) -> Option<String> {
    let key = format!("{PLACE}{}/{}", log.as_str(), receipt.id);
    let note = receipt.sign(notary);
    let note = note.map_err(|error| PortError::new("receipt", error));
    let written = match note {
        Ok(note) => world.write(&key, note.as_bytes(), "").await,
        Err(error) => Err(error),
    };
    let is_there = written.is_ok();
    complain(world, written);
    is_there.then_some(key)
}

async fn try_append<W: World>(
    world: &W,
    notary: &Signer,
    log: LogName,
    mut receipt: Receipt,
) -> Result<(), PortError> {
    let append = async {
        if let Some(grant) = receipt.grant {
            receipt.grant = Some(salted(world, grant).await?);
        }
        let note = receipt.sign(notary);
        let note = note.map_err(|error| PortError::new("receipt", error))?;
        world.append(log, receipt.id, &note).await
    };
    within(world, append).await
}

/// The outcome, unless it is too long in coming.
async fn within<W: World>(
    world: &W,
    work: impl Future<Output = Result<(), PortError>>,
) -> Result<(), PortError> {
    let (mut work, mut late) = (pin!(work), pin!(world.pause(PATIENCE_MS)));
    poll_fn(|context| match work.as_mut().poll(context) {
        Poll::Ready(done) => Poll::Ready(done),
        Poll::Pending => late
            .as_mut()
            .poll(context)
            .map(|()| Err(PortError::new("ledger", "it does not answer"))),
    })
    .await
}

fn complain<W: World>(world: &W, outcome: Result<(), PortError>) {
    if let Err(fault) = outcome {
        world.log(&format!("fault: {fault}"));
    }
}

/// Brings the receipts that wait to their logs; how many. Run by a timer.
pub async fn bring<W: World>(desk: &Desk<'_, W>) -> Result<usize, Problem> {
    let (world, notary) = (desk.world, &desk.config.notary);
    let mut brought = 0;
    for _ in 0..SHEAVES {
        let waiting = world.list(PLACE, "", SHEAF).await;
        let waiting = waiting.map_err(|fault| desk.fault(&fault))?;
        let mut done = Vec::new();
        let mut outcome = Ok(());
        for object in &waiting {
            outcome = bring_one(world, notary, &object.key).await;
            if outcome.is_err() {
                break;
            }
            done.push(object.key.clone());
        }
        let removed = world.remove(&done).await;
        removed.and(outcome).map_err(|fault| desk.fault(&fault))?;
        brought += done.len();
        if waiting.len() < SHEAF as usize {
            break;
        }
    }
    Ok(brought)
}

async fn bring_one<W: World>(world: &W, notary: &Signer, key: &str) -> Result<(), PortError> {
    let Some(sealed) = world.read(key, MOST_BYTES).await? else {
        return Ok(());
    };
    let log = key
        .strip_prefix(PLACE)
        .and_then(|rest| rest.split('/').next());
    let receipt = Receipt::open(&sealed.bytes, &[notary.verifier()]);
    if let (Some(log), Ok(receipt)) = (log.and_then(LogName::parse), receipt) {
        return try_append(world, notary, log, receipt).await;
    }
    // Nothing that this edge has put there.
    world.log("incident: a receipt that waited for its log is not one of ours");
    Ok(())
}
