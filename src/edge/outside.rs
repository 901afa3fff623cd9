//! Other servers: key sets and status lists of issuers.

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
    let abort = AbortController::default();
    let signal = abort.signal();
    let work = std::pin::pin!(body(url, limit, &signal));
    let late = std::pin::pin!(Delay::from(PATIENCE));
    match select(work, late).await {
        Either::Left((body, _)) => body,
        Either::Right(_) => {
            abort.abort();
            Err(PortError::new(PORT, "no answer in time"))
        }
    }
}

async fn body(url: &str, limit: usize, signal: &worker::AbortSignal) -> Result<Vec<u8>, PortError> {
    let fault = |error: worker::Error| PortError::new(PORT, error);
    let mut init = RequestInit::new();
    // A redirect could lead to where no operator has pointed.
    init.with_method(Method::Get)
        .with_redirect(RequestRedirect::Manual);
    let request = Request::new_with_init(url, &init).map_err(fault)?;
    let response = Fetch::Request(request)
        .send_with_signal(signal)
        .await
        .map_err(fault)?;
    if response.status_code() != 200 {
        return Err(PortError::new(
            PORT,
            format!("the answer was {}", response.status_code()),
        ));
    }
    let worker::ResponseBody::Stream(stream) = response.body() else {
        return Err(PortError::new(PORT, "the answer was empty"));
    };
    let found = store::collect(stream, limit).await?;
    found.ok_or_else(|| PortError::new(PORT, format!("the answer has more than {limit} bytes")))
}
