//! What a decision leaves to the books.

use super::access::Access;
use super::checks::SKEW;
use super::claims::{Claims, Limits, StatusRef};
use super::error::GateError;
use super::private::DeviceHash;

/// What a yes still depends on. All empty (the common case): no storage call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Needs {
    /// The budget to charge in the `Gate` object.
    pub budget: Option<Limits>,
    /// The first device to show the grant keeps it.
    pub once: bool,
    /// The status list whose bit must not be set.
    pub status: Option<StatusRef>,
    /// The grant has expired and is in its grace: the books must show that it
    /// began this file at or before this second, else the answer is `Expired`.
    pub begun_by: Option<u64>,
    /// The grant has a grace: note in the books when it begins a file.
    pub note_begin: bool,
}

impl Needs {
    /// Whether the decision stands as it is.
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// Settles `begun_by` with what the books say: when the grant began this
    /// file, if it did.
    pub fn check_begun(&self, begun: Option<u64>) -> Result<(), GateError> {
        let Some(by) = self.begun_by else {
            return Ok(());
        };
        if begun.is_some_and(|begun| begun <= by) {
            Ok(())
        } else {
            Err(GateError::Expired(by.saturating_sub(SKEW)))
        }
    }

    /// Settles `once` with the device that the books name for the grant, if
    /// any; returns the one to write there.
    pub fn check_device(
        &self,
        first: Option<DeviceHash>,
        now: DeviceHash,
    ) -> Result<Option<DeviceHash>, GateError> {
        if !self.once {
            return Ok(first);
        }
        let first = first.unwrap_or(now);
        if first == now {
            Ok(Some(first))
        } else {
            Err(GateError::OtherDevice)
        }
    }

    /// What these claims leave to the books.
    pub(super) fn of(claims: &Claims, access: &Access<'_>) -> Self {
        let end = claims.exp.saturating_add(SKEW);
        Self {
            budget: (!claims.lim.is_none()).then_some(claims.lim),
            once: claims.once,
            status: claims.status.clone(),
            begun_by: (access.now >= end).then_some(end),
            note_begin: claims.grace > 0,
        }
    }
}
