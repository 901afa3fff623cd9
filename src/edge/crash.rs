//! Test builds only: panics on purpose, so that a test can prove the worker
//! survives one, in a request as in a Durable Object.

use worker::{Env, Request, Response, Result};

use super::objects::call;

/// Panics.
#[allow(clippy::panic)]
pub fn now() -> ! {
    panic!("a crash on purpose")
}

/// `/crash` panics at once, `/crash/later` after it has awaited, `/crash/object`
/// inside a Durable Object.
pub async fn on_request(request: &Request, env: &Env) -> Option<Result<Response>> {
    match request.path().as_str() {
        "/crash" => now(),
        "/crash/later" => {
            worker::Delay::from(std::time::Duration::from_millis(20)).await;
            now()
        }
        "/crash/object" => {
            let lost = call::<(), ()>(env, "TRUST", "main", "crash", &()).await;
            Some(Response::error(format!("{lost:?}"), 500))
        }
        "/crash/slow" => {
            worker::Delay::from(std::time::Duration::from_secs(5)).await;
            Some(Response::ok("slow"))
        }
        _ => None,
    }
}
