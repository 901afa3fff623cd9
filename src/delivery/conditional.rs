//! Conditional requests (RFC 9110 section 13): may the request proceed, and
//! with which part of the representation?

use super::date;
use super::etag::EntityTag;
use super::range::{self, Selection, Unsatisfiable};

/// The methods that deliver bytes. Every other method is for the app.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Status, header fields and bytes.
    Get,
    /// The same without the bytes.
    Head,
}

/// The header fields of a request that delivery reads, as they came. Several
/// lines of one field are joined with a comma, as `Headers.get` does.
#[derive(Debug, Clone, Default)]
pub struct Conditions {
    /// `If-Match`
    pub if_match: Option<String>,
    /// `If-Unmodified-Since`
    pub if_unmodified_since: Option<String>,
    /// `If-None-Match`
    pub if_none_match: Option<String>,
    /// `If-Modified-Since`
    pub if_modified_since: Option<String>,
    /// `If-Range`
    pub if_range: Option<String>,
    /// `Range`
    pub range: Option<String>,
    /// `Want-Repr-Digest`
    pub want_repr_digest: Option<String>,
}

impl Conditions {
    /// Reads them through `get`, which answers the value of a field by its
    /// lower-case name.
    pub fn read(get: impl Fn(&str) -> Option<String>) -> Self {
        Self {
            if_match: get("if-match"),
            if_unmodified_since: get("if-unmodified-since"),
            if_none_match: get("if-none-match"),
            if_modified_since: get("if-modified-since"),
            if_range: get("if-range"),
            range: get("range"),
            want_repr_digest: get("want-repr-digest"),
        }
    }
}

/// What a condition is compared with: the facts about the current
/// representation that change when it changes.
#[derive(Debug, Clone)]
pub struct Validators {
    /// Its strong entity tag.
    pub etag: EntityTag,
    /// When it was last modified, if that is known and not in the future.
    pub modified: Option<u64>,
}

/// What becomes of the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// 200 with everything, or 206 with a part.
    Proceed(Selection),
    /// 304: what the client has is current.
    NotModified,
    /// 412: what the client wants is gone.
    PreconditionFailed,
    /// 416: no byte asked for exists.
    Unsatisfiable,
}

/// Evaluates the preconditions and then the range of a request for a
/// representation of `length` bytes.
///
/// Call it only when the answer without conditions would be a success: an
/// origin server MUST ignore preconditions otherwise (RFC 9110 section 13.2.1).
/// What section 13 asks, in the order of 13.2.2:
///
/// 1. `If-Match`: unless it is `*` or lists the current tag by the strong
///    comparison, the method MUST NOT be performed; answer 412 (13.1.1).
/// 2. `If-Unmodified-Since`, only without `If-Match`: later modification is
///    412. It MUST be ignored with `If-Match`, if it is not a valid HTTP date,
///    and if there is no modification date (13.1.4).
/// 3. `If-None-Match`: if it is `*` or lists the current tag by the weak
///    comparison, answer 304 to GET and HEAD (13.1.2).
/// 4. `If-Modified-Since`, only without `If-None-Match`: without later
///    modification answer 304. It MUST be ignored with `If-None-Match`, if it
///    is not one valid HTTP date, and if there is no modification date (13.1.3).
/// 5. `Range` is defined for GET only and MUST be ignored otherwise (14.2);
///    `If-Range` MUST be ignored without `Range` (13.1.5).
/// 6. `If-Range`: a tag has to match by the strong comparison, a date has to be
///    the very `Last-Modified` and strong (8.8.2.2); otherwise `Range` MUST be
///    ignored (13.1.5).
/// 7. `Range` is evaluated last, as if there were no conditions (14.2).
#[must_use]
pub fn evaluate(
    method: Method,
    request: &Conditions,
    current: &Validators,
    length: u64,
    now: u64,
) -> Outcome {
    if let Some(field) = &request.if_match {
        // (1)
        if !current.etag.satisfies_if_match(field) {
            return Outcome::PreconditionFailed;
        }
    } else if is_modified_since(request.if_unmodified_since.as_deref(), current, now) == Some(true)
    {
        // (2)
        return Outcome::PreconditionFailed;
    }
    if let Some(field) = &request.if_none_match {
        // (3)
        if current.etag.is_listed_in_if_none_match(field) {
            return Outcome::NotModified;
        }
    } else if is_modified_since(request.if_modified_since.as_deref(), current, now) == Some(false) {
        // (4)
        return Outcome::NotModified;
    }
    // (5)
    let (Method::Get, Some(range)) = (method, &request.range) else {
        return Outcome::Proceed(Selection::Whole);
    };
    // (6)
    if !if_range_holds(request.if_range.as_deref(), current, now) {
        return Outcome::Proceed(Selection::Whole);
    }
    // (7)
    match range::select(range, length) {
        Ok(selection) => Outcome::Proceed(selection),
        Err(Unsatisfiable) => Outcome::Unsatisfiable,
    }
}

/// Whether the representation was modified after the date in `field`; `None`
/// if either date is absent or unreadable.
fn is_modified_since(field: Option<&str>, current: &Validators, now: u64) -> Option<bool> {
    let since = date::parse(field?, now)?;
    Some(current.modified? > since)
}

fn if_range_holds(field: Option<&str>, current: &Validators, now: u64) -> bool {
    let Some(field) = field else { return true };
    let Some(date) = date::parse(field, now) else {
        return current.etag.satisfies_if_range(field);
    };
    // Until the second of the modification is over, another one could follow
    // in it, and the date would be that of two representations.
    current.modified == Some(date) && date < now
}

#[cfg(test)]
mod tests;
