//! Places in the status lists, and what became of the grants that have them.

use serde::{Deserialize, Serialize};

use super::{BookError, Question, Rows, count, load, save};
use crate::gate::status::{self, StatusError, StatusList};

/// Grants in one list: with two bits each a quarter of a megabyte before it is
/// compressed, and almost nothing after.
pub const LIST_PLACES: u64 = 1 << 20;

/// Two bits: valid, revoked, suspended, withdrawn.
const BITS: u8 = 2;

/// More revocations than this are not sent to an isolate in one answer; a
/// marketplace that has as many keeps a list of its own.
const MOST: u32 = 100_000;

/// The place of a grant of this edge: given once, the same ever after.
pub(super) fn place_of(rows: &dyn Rows, jti: &str) -> Result<u64, BookError> {
    if let Some(place) = load(rows, "place", jti)? {
        return Ok(place);
    }
    let place = count(rows, "places", "next", 1)?.saturating_sub(1);
    save(rows, "place", jti, &place, None)?;
    Ok(place)
}

/// Sets the status of a grant of this edge.
pub(super) fn set(rows: &dyn Rows, jti: &str, status: u8) -> Result<(), BookError> {
    set_place(rows, place_of(rows, jti)?, status)
}

fn set_place(rows: &dyn Rows, place: u64, status: u8) -> Result<(), BookError> {
    let key = format!("{place:012}");
    if status == status::VALID {
        rows.delete("status", &key)
    } else {
        save(rows, "status", &key, &status, None)
    }
}

/// Asks for every status that is not "valid".
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StatusesOf {}

/// The statuses of this edge's grants.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statuses {
    /// How many places were given.
    pub places: u64,
    /// The places whose status is not "valid".
    pub set: Vec<(u64, u8)>,
}

impl Question for StatusesOf {
    const NAME: &'static str = "gate.statuses";
    type Answer = Statuses;

    fn answer(&self, rows: &dyn Rows, _: u64) -> Result<Statuses, BookError> {
        let set = rows.list("status", "", MOST)?.into_iter();
        let parsed =
            set.filter_map(|(key, status)| Some((key.parse().ok()?, status.parse().ok()?)));
        Ok(Statuses {
            places: load(rows, "places", "next")?.unwrap_or(0),
            set: parsed.collect(),
        })
    }
}

impl Statuses {
    /// The status of a place.
    #[must_use]
    pub fn get(&self, place: u64) -> u8 {
        let found = self.set.binary_search_by_key(&place, |(place, _)| *place);
        found
            .ok()
            .and_then(|at| self.set.get(at))
            .map_or(status::VALID, |(_, status)| *status)
    }

    /// The `number`th list as it is served.
    pub fn list(&self, number: u64) -> Result<StatusList, StatusError> {
        let first = number.saturating_mul(LIST_PLACES);
        let places = self.places.saturating_sub(first).min(LIST_PLACES);
        // A list that grows with every grant would tell how many are sold.
        let mut list = StatusList::new(BITS, places.max(1).next_power_of_two().max(1024))?;
        for (place, status) in &self.set {
            if let Some(place) = place
                .checked_sub(first)
                .filter(|place| *place < LIST_PLACES)
            {
                list.set(place, *status)?;
            }
        }
        Ok(list)
    }
}

/// Sets the status of grants by their ids.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SetStatus {
    /// The ids of grants of this edge.
    pub jtis: Vec<String>,
    /// What they become.
    pub status: u8,
}

impl Question for SetStatus {
    const NAME: &'static str = "gate.set-status";
    type Answer = ();

    fn answer(&self, rows: &dyn Rows, _: u64) -> Result<(), BookError> {
        self.jtis
            .iter()
            .try_for_each(|jti| set(rows, jti, self.status))
    }
}

/// Sets the status of a place.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SetPlace {
    /// The place.
    pub place: u64,
    /// What its grant becomes.
    pub status: u8,
}

impl Question for SetPlace {
    const NAME: &'static str = "gate.set-place";
    type Answer = ();

    fn answer(&self, rows: &dyn Rows, _: u64) -> Result<(), BookError> {
        set_place(rows, self.place, self.status)
    }
}

/// Asks for the place of a grant, which it is given if it has none.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PlaceOf {
    /// The grant's id.
    pub jti: String,
}

impl Question for PlaceOf {
    const NAME: &'static str = "gate.place";
    type Answer = u64;

    fn answer(&self, rows: &dyn Rows, _: u64) -> Result<u64, BookError> {
        place_of(rows, &self.jti)
    }
}
