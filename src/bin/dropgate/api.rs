//! Talks to the worker over HTTP.

use std::{io::Read, time::Duration};

use anyhow::{Context, Result, bail};
use serde_json::Value;
use ureq::{Agent, Body, http::Response};

/// What the worker says is read up to here.
const ANSWER_LIMIT: u64 = 8 * 1024 * 1024;

/// A client of one worker.
pub struct Api {
    agent: Agent,
    url: String,
}

impl Api {
    /// For the worker at `url`.
    pub fn new(url: &str) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_connect(Some(Duration::from_secs(10)))
            .user_agent(concat!("dropgate/", env!("CARGO_PKG_VERSION")))
            .build();
        Self {
            agent: config.into(),
            url: url.to_owned(),
        }
    }

    /// The bytes at `path`; `None` if there is nothing.
    pub fn get(&self, path: &str) -> Result<Option<Vec<u8>>> {
        let response = self
            .agent
            .get(format!("{}{path}", self.url))
            .call()
            .with_context(|| self.unreachable())?;
        if response.status() == 404 {
            return Ok(None);
        }
        good(response).map(Some)
    }

    /// Posts JSON and reads JSON.
    pub fn post(&self, path: &str, bearer: &str, body: &Value) -> Result<Value> {
        let response = self
            .agent
            .post(format!("{}{path}", self.url))
            .header("authorization", format!("Bearer {bearer}"))
            .send_json(body)
            .with_context(|| self.unreachable())?;
        let bytes = good(response)?;
        serde_json::from_slice(&bytes).context("the worker's answer is not JSON")
    }

    /// Uploads `length` bytes.
    pub fn put(
        &self,
        path: &str,
        bearer: &str,
        length: u64,
        body: impl Read + 'static,
    ) -> Result<()> {
        let response = self
            .agent
            .put(format!("{}{path}", self.url))
            .header("authorization", format!("Bearer {bearer}"))
            .header("content-length", length.to_string())
            .send(ureq::SendBody::from_owned_reader(body))
            .with_context(|| self.unreachable())?;
        good(response).map(|_| ())
    }

    fn unreachable(&self) -> String {
        format!(
            "the worker at {} does not answer; is it running, and is --url right?",
            self.url
        )
    }
}

/// The bytes of a 2xx; anything else is an error in the problem's words.
fn good(mut response: Response<Body>) -> Result<Vec<u8>> {
    let status = response.status();
    let bytes = response
        .body_mut()
        .with_config()
        .limit(ANSWER_LIMIT)
        .read_to_vec()?;
    if status.is_success() {
        return Ok(bytes);
    }
    let problem: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    match (problem.get("title"), problem.get("detail")) {
        (Some(Value::String(title)), Some(Value::String(detail))) => {
            bail!("the worker answered {}: {title}. {detail}", status.as_u16())
        }
        _ => bail!("the worker answered {status}"),
    }
}
