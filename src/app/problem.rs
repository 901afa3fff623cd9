//! The one place where errors become HTTP: RFC 9457 problems.
//!
//! A problem has a stable `type` (a client may switch on it), a public
//! `detail` that says what to change, and nothing internal: what a store said
//! goes to the operator's log.

use serde_json::Value;

use super::http::Reply;

/// What every `type` begins with; the rest is a slug below.
pub const TYPE_PREFIX: &str = "urn:dropgate:problem:";

/// A problem on its way to the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The status code.
    pub status: u16,
    /// The slug: the end of `type`.
    pub slug: &'static str,
    /// The same words for every problem of this type.
    pub title: &'static str,
    /// What happened here and what to change.
    pub detail: String,
    /// Header fields that belong to the status (`Allow`, `Retry-After`, ...).
    pub headers: Vec<(&'static str, String)>,
    /// Extension members (RFC 9457 section 3.2).
    pub members: Vec<(&'static str, Value)>,
}

impl Problem {
    /// A problem of a type.
    pub fn new(
        status: u16,
        slug: &'static str,
        title: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        Self {
            status,
            slug,
            title,
            detail: detail.into(),
            headers: Vec::new(),
            members: Vec::new(),
        }
    }

    /// Adds a header field.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// 400: the request is malformed.
    pub fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(400, "bad-request", "The request is malformed", detail)
    }

    /// 404: no such thing.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(404, "not-found", "There is nothing here", detail)
    }

    /// 413: the body is too large.
    pub fn too_large(detail: impl Into<String>) -> Self {
        Self::new(413, "content-too-large", "The body is too large", detail)
    }

    /// 502: the store holds other bytes than were signed.
    pub fn corrupt(detail: impl Into<String>) -> Self {
        Self::new(
            502,
            "content-mismatch",
            "The stored bytes are not the signed ones",
            detail,
        )
    }

    /// 503: storage does not answer.
    #[must_use]
    pub fn storage() -> Self {
        Self::new(
            503,
            "storage-unavailable",
            "Storage does not answer",
            "A store behind this worker failed. Try again in a moment.",
        )
        .with("retry-after", "5")
    }

    /// The `application/problem+json` reply, with the code that
    /// `dropgate explain` reads.
    #[must_use]
    pub fn into_reply<B>(self, code: &str) -> Reply<B> {
        let mut body = serde_json::json!({
            "type": format!("{TYPE_PREFIX}{}", self.slug),
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "code": code,
        });
        if let Value::Object(body) = &mut body {
            let members = self.members.into_iter();
            body.extend(members.map(|(name, value)| (name.to_owned(), value)));
        }
        let mut reply = Reply::bytes(self.status, "application/problem+json", body.to_string())
            .with("cache-control", "no-store")
            .with("x-content-type-options", "nosniff");
        reply.headers.extend(self.headers);
        reply
    }
}
