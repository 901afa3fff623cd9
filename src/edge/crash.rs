//! Test builds only: panics on purpose, so that a test can prove the worker
//! survives one, in a request as in a Durable Object; and the ports' contract,
//! run on the real stores.

use std::{
    cell::{Cell, RefCell},
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use worker::{Env, Request, Response, Result};

use super::{objects::call, world::Cloudflare};
use crate::{
    media::job::{Job, OutputFormat},
    ports::{Haste, Studio, Work},
    trust::PublicKey,
};

/// Panics.
#[allow(clippy::panic)]
pub fn now() -> ! {
    panic!("a crash on purpose")
}

/// `/crash` panics at once, `/crash/later` after it has awaited, `/crash/object`
/// inside a Durable Object, `/crash/picture` the picture engine alone.
/// `/crash/memory` says how many bytes of wasm memory there are; it never shrinks.
/// `/crash/slow` is answered once `/crash/slow/end` was; `/crash/slow/begun` says
/// whether somebody waits for that. `/crash/desk/busy` wants a desk now, again and again, until `/crash/desk/calm`;
/// `/crash/desk/log` says who waited for one and who began, in order.
pub async fn on_request(request: &Request, env: &Env) -> Option<Result<Response>> {
    match request.path().as_str() {
        "/crash" => now(),
        "/crash/later" => {
            worker::Delay::from(Duration::from_millis(20)).await;
            now()
        }
        "/crash/object" => {
            let lost = call::<(), ()>(env, "TRUST", "main", "crash", &()).await;
            Some(Response::error(format!("{lost:?}"), 500))
        }
        "/crash/picture" => Some(exhausted(Cloudflare::new(env.clone(), None)).await),
        path if path.starts_with("/crash/log/") => Some(on_log(request, env).await),
        "/ed25519" => Some(verdicts(request).await),
        "/contract" => Some(contract(Cloudflare::new(env.clone(), None)).await),
        "/crash/desk/busy" => Some(busy(Cloudflare::new(env.clone(), None)).await),
        "/crash/desk/calm" => {
            BUSY.set(false);
            Some(Response::ok("calm"))
        }
        "/crash/desk/log" => Some(DESKS.with_borrow(Response::from_json)),
        "/crash/memory" => {
            let bytes = core::arch::wasm32::memory_size::<0>() * 65_536;
            Some(Response::ok(bytes.to_string()))
        }
        "/crash/slow" => {
            SLOW.set(true);
            while SLOW.get() {
                worker::Delay::from(Duration::from_millis(10)).await;
            }
            Some(Response::ok("slow"))
        }
        "/crash/slow/begun" => Some(Response::ok(SLOW.get().to_string())),
        "/crash/slow/end" => {
            SLOW.set(false);
            Some(Response::ok("ended"))
        }
        _ => None,
    }
}

thread_local! {
    static SLOW: Cell<bool> = const { Cell::new(false) };
    static BUSY: Cell<bool> = const { Cell::new(false) };
    static DESKS: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// What somebody does at the desks of the studio.
pub fn note(haste: Haste, does: &str) {
    DESKS.with_borrow_mut(|desks| desks.push(format!("{haste:?} {does}")));
}

/// One picture after the other that somebody waits for, without their work.
async fn busy(world: Cloudflare) -> Result<Response> {
    BUSY.set(true);
    while BUSY.get() {
        drop(world.desk(Haste::Now).await);
        worker::Delay::from(Duration::from_millis(10)).await;
    }
    Response::ok("calm")
}

/// Hands the picture engine more than the arena has room for.
async fn exhausted(world: Cloudflare) -> Result<Response> {
    let Ok(Some(mut desk)) = world.desk(Haste::Now).await else {
        return Response::error("no desk", 500);
    };
    let begun = desk.begin(Job::new(OutputFormat::Png));
    match begun.and_then(|()| desk.push(&vec![0; 80 * 1024 * 1024])) {
        Ok(()) => Response::ok("taken"),
        Err(refusal) => Response::ok(format!("{:?}: {}", refusal.class, refusal.detail)),
    }
}

/// `POST /crash/log/{name}/{operation}`: asks a log's object directly.
async fn on_log(request: &Request, env: &Env) -> Result<Response> {
    let path = request.path();
    let mut parts = path.split('/').skip(3);
    let (Some(name), Some(operation)) = (parts.next(), parts.next()) else {
        return Response::error("which log and what?", 404);
    };
    let question: serde_json::Value = request.clone()?.json().await?;
    match call::<_, serde_json::Value>(env, "LOG", name, operation, &question).await {
        Ok(answer) => Response::from_json(&answer),
        Err(error) => Response::error(error.to_string(), 500),
    }
}

/// `POST /ed25519` `[[key, message, signature], ...]` in base64: which signatures
/// this wasm accepts, as a list of booleans.
async fn verdicts(request: &Request) -> Result<Response> {
    let vectors: Vec<[String; 3]> = request.clone()?.json().await?;
    let verdict = |vector: &[String; 3]| {
        let [key, message, signature] = vector.each_ref().map(|text| STANDARD.decode(text).ok());
        let key = PublicKey(key?.try_into().ok()?);
        Some(key.verify(&message?, &signature?))
    };
    Response::from_json(&vectors.iter().map(verdict).collect::<Vec<_>>())
}

/// 200 when every promise of `ports.rs` is kept here, else the first that is not.
async fn contract(world: Cloudflare) -> Result<Response> {
    let body = |bytes: Vec<u8>| {
        let bytes = worker::js_sys::Uint8Array::from(bytes.as_slice());
        worker::web_sys::Response::new_with_opt_js_u8_array(Some(&bytes))
            .ok()
            .and_then(|response| response.body())
            .unwrap_or_else(|| now())
    };
    match crate::contract::whole_contract(&world, body).await {
        Ok(()) => Response::ok("every promise is kept"),
        Err(broken) => Response::error(broken, 500),
    }
}
