//! Other servers: key sets and status lists of issuers, witnesses of logs.

use std::time::Duration;

use futures_util::future::{Either, select};
use worker::{AbortController, Delay, Fetch, Method, Request, RequestInit, RequestRedirect};

use super::store;
use crate::ports::PortError;

const PORT: &str = "outside";

/// A server that takes longer is down.
const PATIENCE: Duration = Duration::from_secs(5);

/// The body of a 200, at most `limit` bytes long.
pub async fn fetch(url: &str, limit: usize) -> Result<Vec<u8>, PortError> {
    match ask(url, None, limit).await? {
        (200, body) => Ok(body),
        (status, _) => Err(PortError::new(PORT, format!("the answer was {status}"))),
    }
}

/// The status and the body of the answer to a POST.
pub async fn post(url: &str, body: String, limit: usize) -> Result<(u16, Vec<u8>), PortError> {
    ask(url, Some(body), limit).await
}

async fn ask(url: &str, sent: Option<String>, limit: usize) -> Result<(u16, Vec<u8>), PortError> {
    let abort = AbortController::default();
    let signal = abort.signal();
    let work = std::pin::pin!(answer(url, sent, limit, &signal));
    let late = std::pin::pin!(Delay::from(PATIENCE));
    match select(work, late).await {
        Either::Left((answer, _)) => answer,
        Either::Right(_) => {
            abort.abort();
            Err(PortError::new(PORT, "no answer in time"))
        }
    }
}

async fn answer(
    url: &str,
    sent: Option<String>,
    limit: usize,
    signal: &worker::AbortSignal,
) -> Result<(u16, Vec<u8>), PortError> {
    let fault = |error: worker::Error| PortError::new(PORT, error);
    let mut init = RequestInit::new();
    // A redirect could lead to where no operator has pointed.
    init.with_redirect(RequestRedirect::Manual);
    if let Some(sent) = sent {
        init.with_method(Method::Post).with_body(Some(sent.into()));
    }
    let request = Request::new_with_init(url, &init).map_err(fault)?;
    let response = Fetch::Request(request)
        .send_with_signal(signal)
        .await
        .map_err(fault)?;
    let status = response.status_code();
    let worker::ResponseBody::Stream(stream) = response.body() else {
        return Ok((status, Vec::new()));
    };
    let found = store::collect(stream, limit)
        .await?
        .map(|body| (status, body));
    found.ok_or_else(|| PortError::new(PORT, format!("the answer has more than {limit} bytes")))
}
