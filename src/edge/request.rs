//! Requests in, replies out: between the runtime's types and the app's.

use worker::{Headers, Response, ResponseBody, web_sys::ReadableStream};

use crate::{
    app::{
        http::{Body, Client, Method, Reply, Request},
        problem::Problem,
    },
    delivery::date,
};

/// More bytes of header fields than this are refused: no client sends them, and
/// each is copied into wasm memory.
const HEADER_LIMIT: usize = 64 * 1024;

/// Reads what the app needs of a request; the body stays where it is.
pub fn read(request: &worker::Request) -> Result<Request<ReadableStream>, Problem> {
    let url = request.inner().url();
    let (origin, rest) = split(&url);
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let mut headers = Vec::with_capacity(16);
    let mut left = HEADER_LIMIT;
    for (name, value) in request.headers() {
        left = left
            .checked_sub(name.len() + value.len())
            .ok_or_else(too_many_headers)?;
        headers.push((name, value));
    }
    let header = |wanted: &str| {
        headers
            .iter()
            .find(|(name, _)| name == wanted)
            .map(|(_, value)| value.clone())
    };
    let client = Client {
        address: header("cf-connecting-ip").and_then(|text| text.parse().ok()),
        country: request
            .cf()
            .and_then(worker::Cf::country)
            .or_else(|| header("cf-ipcountry")),
        colo: request.cf().map(worker::Cf::colo),
    };
    Ok(Request {
        method: Method::parse(&request.inner().method()),
        origin: origin.to_owned(),
        path: path.to_owned(),
        query: query.split('#').next().unwrap_or_default().to_owned(),
        headers,
        client,
        body: request.inner().body(),
    })
}

fn too_many_headers() -> Problem {
    Problem::new(
        431,
        "headers-too-large",
        "The header fields are too large",
        format!("Send at most {HEADER_LIMIT} bytes of header fields."),
    )
}

/// `https://host` and everything after it.
fn split(url: &str) -> (&str, &str) {
    let host = url.find("://").map_or(0, |at| at + 3);
    let path = url
        .get(host..)
        .and_then(|rest| rest.find(['/', '?']))
        .map_or(url.len(), |at| host + at);
    url.split_at_checked(path).unwrap_or((url, ""))
}

/// Hands a reply to the runtime. 204 and 304 must have no body. Every answer has
/// its `Date` (RFC 9110, 6.6.1): not every runtime adds one.
pub fn write(reply: Reply<ReadableStream>) -> worker::Result<Response> {
    let headers = Headers::new();
    let now = worker::Date::now().as_millis() / 1000;
    headers.append("Date", &date::format(now))?;
    for (name, value) in &reply.headers {
        headers.append(name, value)?;
    }
    let body = match reply.body {
        Body::Empty => ResponseBody::Empty,
        Body::Bytes(bytes) => ResponseBody::Body(bytes),
        Body::Stream(stream) => ResponseBody::Stream(stream),
    };
    Ok(Response::from_body(body)?
        .with_status(reply.status)
        .with_headers(headers))
}
