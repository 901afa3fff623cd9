//! What every world must do: one suite, run on `memory.rs` natively and on the
//! real adapters by a route of test builds. Each function leaves behind only
//! what has a fresh name, and returns the first promise of `ports.rs` that was
//! broken.

mod books;
mod caches;
mod store;
mod studio;

use std::{
    fmt,
    future::poll_fn,
    pin::{Pin, pin},
    task::Poll,
};

pub use books::{gate_contract, ledger_contract, trust_contract};
pub use caches::{hot_contract, nearby_contract, surroundings_contract};
pub use store::{feed_contract, send_contract, store_contract};
pub use studio::{PIXEL, studio_contract};

use crate::{
    ports::{PortError, World},
    trust::Sha256,
};

/// The sentence of a broken promise.
pub type Kept = Result<(), String>;

/// Runs all of them. `body` makes an incoming body.
pub async fn whole_contract<W: World>(world: &W, body: impl Fn(Vec<u8>) -> W::Body) -> Kept {
    surroundings_contract(world).await?;
    store_contract(world, &body).await?;
    send_contract(world, &body).await?;
    feed_contract(world).await?;
    studio_contract(world).await?;
    hot_contract(world).await?;
    nearby_contract(world).await?;
    trust_contract(world).await?;
    gate_contract(world).await?;
    ledger_contract(world).await
}

fn must(holds: bool, promise: &str) -> Kept {
    if holds {
        Ok(())
    } else {
        Err(promise.to_owned())
    }
}

/// The same values, or both of them in words.
fn same<T: PartialEq + fmt::Debug>(found: &T, wanted: &T, promise: &str) -> Kept {
    if found == wanted {
        return Ok(());
    }
    Err(format!("{promise}: {found:?} instead of {wanted:?}"))
}

/// A fault where none was to be.
// By value, as `map_err` gives it.
#[allow(clippy::needless_pass_by_value)]
fn fault(error: PortError) -> String {
    error.to_string()
}

/// A digest nobody has seen before.
fn fresh<W: World>(world: &W) -> Result<Sha256, String> {
    world.entropy().map(Sha256).map_err(fault)
}

/// A key nobody has used before.
fn fresh_key<W: World>(world: &W) -> Result<String, String> {
    Ok(format!("contract/{}", fresh(world)?))
}

/// Runs futures at the same time and gives their outcomes in order.
async fn all<F: Future>(futures: impl IntoIterator<Item = F>) -> Vec<F::Output> {
    let mut running: Vec<Pin<Box<F>>> = futures.into_iter().map(Box::pin).collect();
    let mut outcomes: Vec<Option<F::Output>> = running.iter().map(|_| None).collect();
    let mut join = pin!(poll_fn(move |context| {
        for (future, outcome) in running.iter_mut().zip(outcomes.iter_mut()) {
            if outcome.is_none()
                && let Poll::Ready(value) = future.as_mut().poll(context)
            {
                *outcome = Some(value);
            }
        }
        if outcomes.iter().all(Option::is_some) {
            return Poll::Ready(std::mem::take(&mut outcomes));
        }
        Poll::Pending
    }));
    join.as_mut().await.into_iter().flatten().collect()
}
