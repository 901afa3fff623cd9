//! Reads claims by name and type, and says which one is wrong.

use serde_json::{Map, Value};

use super::checks::SKEW;
use super::error::{GateError, quoted};

/// No name, id or label of ours is longer.
const MAX_TEXT: usize = 256;

/// The last second that a double counts exactly (RFC 7519 allows a date to be
/// any JSON number); far beyond any date that is meant.
const MAX_DATE: u64 = 1 << 53;

/// A payload to read from.
pub struct Reader<'a>(pub &'a Map<String, Value>);

impl<'a> Reader<'a> {
    /// A string of at most 256 bytes.
    pub fn text(&self, name: &'static str) -> Result<Option<String>, GateError> {
        self.0.get(name).map(|value| short(name, value)).transpose()
    }

    /// Seconds since 1970; a fraction is dropped.
    pub fn date(&self, name: &'static str) -> Result<Option<u64>, GateError> {
        let Some(value) = self.0.get(name) else {
            return Ok(None);
        };
        let wanted = GateError::ClaimType(name, "a date: seconds since 1970 as a number");
        let seconds = match value.as_u64() {
            Some(seconds) => seconds,
            None => value.as_f64().and_then(whole_seconds).ok_or(wanted)?,
        };
        if seconds > MAX_DATE {
            return Err(GateError::ClaimBound(name, MAX_DATE));
        }
        Ok(Some(seconds))
    }

    /// Until when a token of our own is good: it is dated, not over at `now`, and
    /// lasts no longer than `longest` seconds.
    pub fn lifetime(&self, now: u64, longest: u64) -> Result<u64, GateError> {
        let exp = self.date("exp")?.ok_or(GateError::NoClaim("exp"))?;
        let iat = self.date("iat")?.ok_or(GateError::NoClaim("iat"))?;
        if now >= exp.saturating_add(SKEW) {
            return Err(GateError::Expired(exp));
        }
        if iat > now.saturating_add(SKEW) {
            return Err(GateError::IssuedInFuture(iat));
        }
        let latest = iat.saturating_add(longest);
        if exp > latest {
            return Err(GateError::ClaimBound("exp", latest));
        }
        Ok(exp)
    }

    /// A whole number up to `most`.
    pub fn whole(&self, name: &'static str, most: u64) -> Result<Option<u64>, GateError> {
        let Some(value) = self.0.get(name) else {
            return Ok(None);
        };
        let number = value
            .as_u64()
            .ok_or(GateError::ClaimType(name, "a whole number"))?;
        if number > most {
            return Err(GateError::ClaimBound(name, most));
        }
        Ok(Some(number))
    }

    /// A boolean; absent is false.
    pub fn flag(&self, name: &'static str) -> Result<bool, GateError> {
        match self.0.get(name) {
            None => Ok(false),
            Some(value) => value
                .as_bool()
                .ok_or(GateError::ClaimType(name, "true or false")),
        }
    }

    /// An object.
    pub fn object(&self, name: &'static str) -> Result<Option<&'a Map<String, Value>>, GateError> {
        match self.0.get(name) {
            None => Ok(None),
            Some(value) => value
                .as_object()
                .map(Some)
                .ok_or(GateError::ClaimType(name, "an object")),
        }
    }

    /// One string or an array of them (RFC 7519 §4.1.3); at least one.
    pub fn texts_or_one(&self, name: &'static str, most: usize) -> Result<Vec<String>, GateError> {
        match self.0.get(name) {
            Some(one @ Value::String(_)) => Ok(vec![short(name, one)?]),
            _ => self
                .list(name, most, |text| Some(text.to_owned()))?
                .ok_or(GateError::NoClaim(name)),
        }
    }

    /// An array of strings that each parse. An empty one is refused: whether it
    /// means "nothing" or "anything" is not for us to guess.
    pub fn list<T>(
        &self,
        name: &'static str,
        most: usize,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<Vec<T>>, GateError> {
        let Some(value) = self.0.get(name) else {
            return Ok(None);
        };
        let items =
            value
                .as_array()
                .filter(|items| !items.is_empty())
                .ok_or(GateError::ClaimType(
                    name,
                    "an array of at least one string",
                ))?;
        if items.len() > most {
            let most = u64::try_from(most).unwrap_or(u64::MAX);
            return Err(GateError::ClaimBound(name, most));
        }
        items
            .iter()
            .map(|item| {
                let text = short(name, item)?;
                parse(&text).ok_or_else(|| GateError::ClaimValue(name, quoted(&text)))
            })
            .collect::<Result<_, _>>()
            .map(Some)
    }
}

fn short(name: &'static str, value: &Value) -> Result<String, GateError> {
    let text = value
        .as_str()
        .ok_or(GateError::ClaimType(name, "a string"))?;
    if text.len() > MAX_TEXT {
        return Err(GateError::ClaimBound(name, 256));
    }
    Ok(text.to_owned())
}

/// The whole seconds of a number that is no integer; `None` below zero.
fn whole_seconds(seconds: f64) -> Option<u64> {
    if !(0.0..9_007_199_254_740_992.0).contains(&seconds) {
        return None;
    }
    format!("{:.0}", seconds.floor()).parse().ok()
}
