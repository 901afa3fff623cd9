//! The status and every header field of an answer that carries bytes: files,
//! derivatives and archives alike.

use super::conditional::{self, Conditions, Method, Outcome, Validators};
use super::disposition::{self, Disposition};
use super::etag::EntityTag;
use super::range::Selection;
use super::{Span, date, digest};
use crate::trust::Sha256;

/// Who else may see the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anyone.
    Public,
    /// The holder of a grant.
    Private,
}

impl Access {
    /// The value of `Cache-Control`.
    ///
    /// A URL names a file, not a version of it, so nothing is immutable. What
    /// is public may be reused for as long as the edge itself relies on a
    /// signed timestamp before it makes a new one, five minutes; then it is
    /// revalidated, which the strong tag makes a 304 without a body. What
    /// depends on a grant stays with its holder, and each use asks the gate
    /// again, so that a revocation counts at once. `no-transform`, because a
    /// proxy that recompresses would break tag, digest and ranges.
    #[must_use]
    pub const fn cache_control(self) -> &'static str {
        match self {
            Self::Public => "public, max-age=300, must-revalidate, no-transform",
            Self::Private => "private, no-cache, no-transform",
        }
    }
}

/// The facts about a representation that its header fields tell.
#[derive(Debug, Clone)]
pub struct Representation<'a> {
    /// How many bytes it has.
    pub length: u64,
    /// Its tag: [`EntityTag::of_bytes`], or that of the archive.
    pub etag: EntityTag,
    /// When it was last modified, if that is known. To make the date strong it
    /// must rise whenever the bytes change: the time of publication does, the
    /// date a creator's file happens to have does not.
    pub modified: Option<u64>,
    /// The SHA-256 of its bytes, if that is known.
    pub sha256: Option<Sha256>,
    /// What it is.
    pub media_type: &'a str,
    /// Under which name it is saved.
    pub file_name: &'a str,
    /// Save it even if it could be shown.
    pub save: bool,
    /// Who may see it.
    pub access: Access,
    /// The request fields it was chosen by, as `Vary` lists them; empty if the
    /// URL alone names it.
    pub vary: &'a str,
}

/// The part of an answer that follows the header fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Body {
    /// None: the answer to HEAD, and 304.
    None,
    /// These bytes of the representation; none of them if it is empty.
    Bytes(Span),
    /// A problem document, which is the app's to write: 412 and 416.
    Problem,
}

/// An answer, but for the bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// 200, 206, 304, 412 or 416.
    pub status: u16,
    /// The header fields, names in their usual spelling. `Date` and
    /// `Server-Timing` are the edge's to add; a problem has its own
    /// `Content-Type`, `Content-Length` and `Cache-Control`.
    pub headers: Vec<(&'static str, String)>,
    /// What follows.
    pub body: Body,
}

impl Answer {
    /// The value of a header field.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}

/// Answers a request for `representation`, once the gate has let it through.
///
/// What RFC 9110 section 15 asks of each status:
///
/// 1. 206 MUST carry `Content-Range`, and the `Cache-Control`, `ETag` and
///    `Vary` that 200 would (15.3.7, 15.3.7.1). `Content-Length` is that of
///    the part (8.6).
/// 2. 304 MUST carry the `Cache-Control`, `ETag` and `Vary` that 200 would,
///    should leave out other metadata, and has no body (15.4.5).
/// 3. 416 should carry `Content-Range: bytes */length` (15.5.17).
/// 4. HEAD MUST have no body and should have the fields of GET, the length of
///    the whole among them (9.3.2).
/// 5. `Last-Modified` MUST NOT be in the future (8.8.2.1): such a date is no
///    fact, so it is treated as unknown throughout.
#[must_use]
pub fn answer(
    method: Method,
    request: &Conditions,
    representation: &Representation,
    now: u64,
) -> Answer {
    let length = representation.length;
    let current = Validators {
        etag: representation.etag.clone(),
        // (5)
        modified: representation.modified.filter(|modified| *modified <= now),
    };
    let selection = match conditional::evaluate(method, request, &current, length, now) {
        Outcome::Proceed(selection) => selection,
        Outcome::NotModified => return not_modified(representation),
        Outcome::PreconditionFailed => return problem(412, &representation.etag, None),
        Outcome::Unsatisfiable => return problem(416, &representation.etag, Some(length)),
    };
    let (status, span) = match selection {
        Selection::Whole => (200, Span::whole(length)),
        Selection::Part(span) => (206, span),
    };
    let mut headers = shared_headers(representation);
    headers.push(("Accept-Ranges", "bytes".to_owned()));
    headers.push(("Content-Length", span.length().to_string()));
    if status == 206 {
        // (1)
        headers.push(("Content-Range", format!("bytes {span}/{length}")));
    }
    headers.extend(
        current
            .modified
            .map(|modified| ("Last-Modified", date::format(modified))),
    );
    headers.extend(digest_header(request, representation));
    headers.extend(content_headers(representation));
    let body = match method {
        Method::Get => Body::Bytes(span),
        // (4)
        Method::Head => Body::None,
    };
    Answer {
        status,
        headers,
        body,
    }
}

/// (2)
fn not_modified(representation: &Representation) -> Answer {
    Answer {
        status: 304,
        headers: shared_headers(representation),
        body: Body::None,
    }
}

/// (3)
fn problem(status: u16, etag: &EntityTag, length: Option<u64>) -> Answer {
    let mut headers = vec![("ETag", etag.to_string())];
    if let Some(length) = length {
        headers.push(("Accept-Ranges", "bytes".to_owned()));
        headers.push(("Content-Range", format!("bytes */{length}")));
    }
    Answer {
        status,
        headers,
        body: Body::Problem,
    }
}

/// What 200, 206 and 304 have in common.
fn shared_headers(representation: &Representation) -> Vec<(&'static str, String)> {
    let mut headers = vec![
        ("ETag", representation.etag.to_string()),
        (
            "Cache-Control",
            representation.access.cache_control().to_owned(),
        ),
    ];
    if !representation.vary.is_empty() {
        headers.push(("Vary", representation.vary.to_owned()));
    }
    headers
}

fn digest_header(
    request: &Conditions,
    representation: &Representation,
) -> Option<(&'static str, String)> {
    let sha256 = representation.sha256?;
    digest::is_wanted(request.want_repr_digest.as_deref())
        .then(|| ("Repr-Digest", digest::repr_digest(&sha256)))
}

/// What the bytes are, and what a browser must not do with them.
fn content_headers(representation: &Representation) -> Vec<(&'static str, String)> {
    let media_type = disposition::content_type(representation.media_type);
    let disposition = if representation.save {
        Disposition::Attachment
    } else {
        Disposition::for_media_type(media_type)
    };
    let mut headers = vec![
        ("Content-Type", media_type.to_owned()),
        (
            "Content-Disposition",
            disposition.header(representation.file_name),
        ),
        ("X-Content-Type-Options", "nosniff".to_owned()),
    ];
    if disposition == Disposition::Attachment {
        // For the frame or plug-in that shows an attachment all the same.
        headers.push((
            "Content-Security-Policy",
            "default-src 'none'; sandbox".to_owned(),
        ));
    }
    headers
}

#[cfg(test)]
mod tests;
