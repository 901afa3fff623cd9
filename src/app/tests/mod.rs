//! Stories: a request in, a reply out, over the world in memory.

mod budgets;
mod codes;
mod consents;
mod deliveries;
mod derivatives;
mod downloads;
mod faults;
mod health;
mod iiif;
pub(crate) mod incidents;
mod lives;
mod market;
mod numbers;
mod pictures;
mod previews;
mod publishing;
mod revocations;
mod sessions;
mod sweeping;
mod tampering;
mod time;
mod uploads;
mod warming;
