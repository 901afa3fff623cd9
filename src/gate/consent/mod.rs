//! Consent first: how a device shows that it agreed, what is written down of
//! it, and what may be done then that nobody asked for.

mod effect;
mod pass;
mod record;

pub use effect::{Effect, MEASUREMENT, PREFETCH, Signals};
pub use pass::{CONSENT_SECONDS, ConsentKey, ConsentPass};
pub use record::{ConsentRecord, Parties, told_scope};
