//! How much of its budget a grant has used, counted by coverage.

mod account;
mod coverage;
mod handover;
#[cfg(test)]
mod tests;
mod varint;

pub use account::{Account, BudgetError, Charge, Download, Remaining, charge, settle};
pub use coverage::{Coverage, CoverageError, MAX_SPANS};
pub use handover::{End, Handover};
