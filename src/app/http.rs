//! Requests and replies, as plain data. Bodies that may be large stay outside
//! the wasm memory: `B` is the world's own stream type.

use std::net::IpAddr;

/// The methods some route takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// RFC 9110 section 9.3.1.
    Get,
    /// RFC 9110 section 9.3.2.
    Head,
    /// RFC 9110 section 9.3.3.
    Post,
    /// RFC 9110 section 9.3.4.
    Put,
    /// RFC 9110 section 9.3.7.
    Options,
    /// Any other: no route takes it.
    Other,
}

impl Method {
    /// Parses the request line's method.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        match text {
            "GET" => Self::Get,
            "HEAD" => Self::Head,
            "POST" => Self::Post,
            "PUT" => Self::Put,
            "OPTIONS" => Self::Options,
            _ => Self::Other,
        }
    }
}

/// Where a request comes from. Used to decide; never stored, never logged.
#[derive(Debug, Clone, Default)]
pub struct Client {
    /// The address of the shopper.
    pub address: Option<IpAddr>,
    /// ISO 3166-1 alpha-2, upper case.
    pub country: Option<String>,
    /// The data centre, an IATA code, upper case.
    pub colo: Option<String>,
}

/// A request.
#[derive(Debug)]
pub struct Request<B> {
    /// Its method.
    pub method: Method,
    /// `https://host`, without a slash at the end.
    pub origin: String,
    /// The path, still percent-encoded, beginning with a slash.
    pub path: String,
    /// What follows the question mark.
    pub query: String,
    /// Header fields, names in lower case, several of one name joined by commas.
    pub headers: Vec<(String, String)>,
    /// Who sent it.
    pub client: Client,
    /// The body, when there is one.
    pub body: Option<B>,
}

impl<B> Request<B> {
    /// A header field's value, by its lower-case name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// The same request without its body.
    #[must_use]
    pub fn without_body(&self) -> Self {
        Self {
            method: self.method,
            origin: self.origin.clone(),
            path: self.path.clone(),
            query: self.query.clone(),
            headers: self.headers.clone(),
            client: self.client.clone(),
            body: None,
        }
    }

    /// The declared length of the body.
    #[must_use]
    pub fn content_length(&self) -> Option<u64> {
        self.header("content-length")?.parse().ok()
    }

    /// The decoded value of a query parameter: the first of that name.
    #[must_use]
    pub fn query(&self, name: &str) -> Option<String> {
        super::form::pairs(&self.query).find_map(|(key, value)| (key == name).then_some(value))
    }

    /// A cookie's value (RFC 6265 section 5.4).
    #[must_use]
    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.header("cookie")?
            .split(';')
            .filter_map(|pair| pair.trim().split_once('='))
            .find_map(|(key, value)| (key == name).then_some(value))
    }

    /// Whether a person's browser asks: it lists HTML before anything general.
    #[must_use]
    pub fn wants_html(&self) -> bool {
        self.header("accept").is_some_and(|accept| {
            accept
                .split(',')
                .any(|range| range.trim().starts_with("text/html"))
        })
    }
}

/// A cookie for this host only, over HTTPS only, that no script can read.
#[must_use]
pub fn cookie(name: &str, value: &str, seconds: u64) -> String {
    format!("{name}={value}; Path=/; Max-Age={seconds}; Secure; HttpOnly; SameSite=Lax")
}

/// What a reply carries.
#[derive(Debug)]
pub enum Body<B> {
    /// Nothing.
    Empty,
    /// Bytes in hand.
    Bytes(Vec<u8>),
    /// A stream of declared length.
    Stream(B),
}

/// A reply.
#[derive(Debug)]
pub struct Reply<B> {
    /// The status code.
    pub status: u16,
    /// Header fields in the order they are sent.
    pub headers: Vec<(&'static str, String)>,
    /// The content.
    pub body: Body<B>,
    /// What is asked and answered afterwards, so that it is there when somebody
    /// else asks; nobody waits for it, and its replies go nowhere.
    pub after: Vec<Request<B>>,
}

impl<B> Reply<B> {
    /// A reply without content.
    #[must_use]
    pub fn empty(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Body::Empty,
            after: Vec::new(),
        }
    }

    /// A reply with bytes.
    #[must_use]
    pub fn bytes(status: u16, media_type: &str, bytes: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: vec![("content-type", media_type.to_owned())],
            body: Body::Bytes(bytes.into()),
            after: Vec::new(),
        }
    }

    /// A reply with JSON.
    #[must_use]
    pub fn json(status: u16, value: &serde_json::Value) -> Self {
        Self::bytes(status, "application/json", value.to_string()).with("cache-control", "no-store")
    }

    /// Adds a header field.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Adds header fields.
    #[must_use]
    pub fn with_all(mut self, fields: Vec<(&'static str, String)>) -> Self {
        self.headers.extend(fields);
        self
    }

    /// Replaces a header field.
    pub fn set(&mut self, name: &'static str, value: impl Into<String>) {
        self.headers
            .retain(|(key, _)| !key.eq_ignore_ascii_case(name));
        self.headers.push((name, value.into()));
    }

    /// The value of a header field that was added.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}
