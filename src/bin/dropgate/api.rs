//! Talks to the worker over HTTP.

use std::{io::Read, time::Duration};

use anyhow::{Context, Result, bail};
use dropgate::evidence::ReceiptId;
use serde_json::Value;
use ureq::{Agent, Body, http::Response};

/// What the worker says is read up to here.
const ANSWER_LIMIT: u64 = 8 * 1024 * 1024;

/// A receipt is in the tree about a second after it was accepted.
const PROOF_TRIES: u32 = 8;

/// A proof of inclusion.
pub struct Proof {
    /// The log's name.
    pub log: String,
    /// The tlog-proof file.
    pub text: String,
}

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
            // The worker hangs up while files are hashed, and may after a long body:
            // a connection that was used is not trusted to be there still.
            .max_idle_connections(0)
            .user_agent(concat!("dropgate/", env!("CARGO_PKG_VERSION")))
            .build();
        Self {
            agent: config.into(),
            url: url.to_owned(),
        }
    }

    /// The bytes at `path`; `None` if there is nothing.
    pub fn get(&self, path: &str) -> Result<Option<Vec<u8>>> {
        self.get_as(path, None)
    }

    /// As [`Api::get`], as somebody.
    pub fn get_as(&self, path: &str, bearer: Option<&str>) -> Result<Option<Vec<u8>>> {
        match self.response(path, bearer)? {
            response if response.status() == 404 => Ok(None),
            response => good(response).map(Some),
        }
    }

    /// A receipt and the proof that the log has it; waits for a receipt that is
    /// just on its way there.
    pub fn receipt(&self, id: ReceiptId) -> Result<(Vec<u8>, Proof)> {
        for tries in 0..PROOF_TRIES {
            if tries > 0 {
                std::thread::sleep(Duration::from_secs(1));
            }
            let response = self.response(&format!("/receipts/{id}"), None)?;
            if response.status() == 404 {
                continue;
            }
            let link = response
                .headers()
                .get("link")
                .and_then(|link| link.to_str().ok());
            let path = link
                .and_then(|link| link.strip_prefix('<')?.split_once('>'))
                .map(|(path, _)| path.to_owned())
                .context("the worker does not say where the receipt's proof is")?;
            let log = path
                .strip_prefix("/log/")
                .and_then(|path| path.split('/').next());
            let log = log.unwrap_or_default().to_owned();
            let note = good(response)?;
            if let Some(proof) = self.get(&path)? {
                let text = String::from_utf8(proof).context("the proof is not text")?;
                return Ok((note, Proof { log, text }));
            }
        }
        bail!("the worker has no receipt {id}, or its log does not hold it yet; try again later")
    }

    fn response(&self, path: &str, bearer: Option<&str>) -> Result<Response<Body>> {
        let mut request = self.agent.get(format!("{}{path}", self.url));
        if let Some(bearer) = bearer {
            request = request.header("authorization", format!("Bearer {bearer}"));
        }
        request.call().with_context(|| self.unreachable())
    }

    /// Reads JSON that is for the operator.
    pub fn get_json(&self, path: &str, bearer: &str) -> Result<Value> {
        let response = self
            .agent
            .get(format!("{}{path}", self.url))
            .header("authorization", format!("Bearer {bearer}"))
            .call()
            .with_context(|| self.unreachable())?;
        serde_json::from_slice(&good(response)?).context("the worker's answer is not JSON")
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
