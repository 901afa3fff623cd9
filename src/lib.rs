//! dropgate: one worker between a creator marketplace's storage and its shoppers.
//!
//! # The map
//!
//! | room | question it answers |
//! |---|---|
//! | [`app`] | what happens to a request: route, gate, trust, then media or delivery |
//! | [`gate`] | who may have it? |
//! | [`trust`] | is it what the creator signed? |
//! | [`media`] | which picture fits this screen, and how is it made? |
//! | [`delivery`] | which bytes go out, in which order, and how are they checked? |
//! | [`evidence`] | what did we do, and how can anyone prove it? |
//! | [`metrics`] | what does a marketplace steer by? |
//! | [`pages`] | what do people see? |
//! | [`ports`] | what does the app need from the world? |
//! | `memory` | the world in memory, for native tests |
//! | `contract` | what must every world do? |
//! | `edge` | the world on Cloudflare: the only room that names JavaScript |
//!
//! To see how a byte travels read `app/mod.rs`, `app/download.rs`,
//! `delivery/plan.rs` and `edge/pump.rs`, in that order.
//!
//! # What is trusted for what
//!
//! | store | trusted for |
//! |---|---|
//! | R2 | nothing: every byte is bound to a signature or to a seal |
//! | KV | nothing: sealed derivatives only |
//! | Cache API | nothing: sealed derivatives only |
//! | Durable Objects | order and counts: versions, codes, coverage, log positions |
//! | the worker's secrets | signing |

pub mod app;
#[cfg(any(test, feature = "crash-test"))]
pub mod contract;
pub mod delivery;
#[cfg(target_arch = "wasm32")]
pub mod edge;
pub mod evidence;
pub mod gate;
pub mod media;
#[cfg(test)]
pub mod memory;
pub mod metrics;
pub mod pages;
pub mod ports;
pub mod trust;
