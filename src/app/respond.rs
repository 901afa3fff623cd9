//! From delivery's answer to a reply: the same for files, derivatives and ZIPs.

use super::{
    http::{Body, Method, Reply, Request},
    problem::Problem,
};
use crate::delivery::{
    Span,
    conditional::{self, Conditions},
    response::{self, Representation},
};

/// What is left to do for a request after its conditions and range were looked at.
pub enum Next<B> {
    /// Send these bytes with this reply.
    Send(Reply<B>, Span),
    /// The reply is complete: HEAD, 304.
    Done(Reply<B>),
}

/// Decides status, header fields and range.
pub fn plan_reply<B>(
    request: &Request<B>,
    representation: &Representation,
    now: u64,
) -> Result<Next<B>, Problem> {
    let conditions = Conditions::read(|name| request.header(name).map(str::to_owned));
    let method = match request.method {
        Method::Head => conditional::Method::Head,
        _ => conditional::Method::Get,
    };
    let answer = response::answer(method, &conditions, representation, now);
    let reply = Reply {
        headers: answer.headers,
        ..Reply::empty(answer.status)
    };
    match answer.body {
        response::Body::None => Ok(Next::Done(reply)),
        response::Body::Bytes(span) => Ok(Next::Send(reply, span)),
        response::Body::Problem => Err(refused(reply, representation.length)),
    }
}

fn refused<B>(reply: Reply<B>, length: u64) -> Problem {
    let mut problem = if reply.status == 412 {
        Problem::new(
            412,
            "precondition-failed",
            "The precondition failed",
            "The file is no longer the one that If-Match or If-Unmodified-Since names.",
        )
    } else {
        Problem::new(
            416,
            "range-not-satisfiable",
            "The range lies outside the file",
            format!("The file has {length} bytes; ask for a range that begins before its end."),
        )
    };
    problem.headers = reply.headers;
    problem
}

/// A reply made of bytes in hand.
pub fn from_bytes<B>(
    request: &Request<B>,
    representation: &Representation,
    bytes: &[u8],
    now: u64,
) -> Result<Reply<B>, Problem> {
    match plan_reply(request, representation, now)? {
        Next::Done(reply) => Ok(reply),
        Next::Send(mut reply, span) => {
            let at = |offset: u64| usize::try_from(offset).unwrap_or(usize::MAX);
            let part = bytes.get(at(span.start())..at(span.end()));
            reply.body = Body::Bytes(part.unwrap_or_default().to_vec());
            Ok(reply)
        }
    }
}
