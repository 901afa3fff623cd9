//! The world on Cloudflare: entry points, bindings, and adapters for the ports.
//! The only room that names the `worker` crate, JavaScript or a clock.
//!
//! `shim.mjs` receives the runtime's events and calls the exports below.

// The entry points' macros write items that cannot be documented.
#![allow(missing_docs)]

mod analytics;
mod codec;
mod config;
#[cfg(feature = "crash-test")]
mod crash;
mod drawings;
mod gate_object;
mod hot;
mod js;
#[cfg(feature = "crash-test")]
mod log_faults;
mod log_object;
mod objects;
mod outside;
mod parts;
mod pump;
mod request;
mod store;
mod studio;
mod trust_object;
mod world;

use std::rc::Rc;

use worker::{
    Context, Env, Request, Response, Result, ScheduleContext, ScheduledEvent, event,
    web_sys::ReadableStream,
};

use self::world::Cloudflare;
use crate::{
    app::{self, Desk, http::Reply, problem::Problem},
    ports::Surroundings,
};

#[event(fetch)]
async fn fetch(request: Request, env: Env, context: Context) -> Result<Response> {
    watch_for_aborts();
    #[cfg(feature = "crash-test")]
    if let Some(reply) = crash::on_request(&request, &env).await {
        return reply;
    }
    let reply = match config::isolate(&env) {
        Ok(isolate) => {
            let world = Cloudflare::new(env, Some(context));
            let desk = Desk {
                world: &world,
                config: &isolate.config,
                memo: &isolate.memo,
                watch: app::Watch::default(),
            };
            match request::read(&request) {
                Ok(request) => {
                    let mut reply = desk.handle(request).await;
                    let after = std::mem::take(&mut reply.after);
                    if !after.is_empty() {
                        world.later(afterwards(world.clone(), isolate.clone(), after));
                    }
                    reply
                }
                Err(problem) => coded(problem),
            }
        }
        Err(error) => {
            worker::console_error!("dropgate: {error}");
            misconfigured()
        }
    };
    request::write(reply)
}

/// Answers what a reply left to be asked, one after another.
async fn afterwards(
    world: Cloudflare,
    isolate: Rc<config::Isolate>,
    after: Vec<app::http::Request<ReadableStream>>,
) {
    for request in after {
        let desk = Desk {
            world: &world,
            config: &isolate.config,
            memo: &isolate.memo,
            watch: app::Watch::in_background(),
        };
        desk.handle(request).await;
    }
}

/// The cron: signs the timestamp again while it is good, brings receipts that wait
/// to their logs, and sweeps a stretch of the store.
#[event(scheduled)]
async fn scheduled(_event: ScheduledEvent, env: Env, _context: ScheduleContext) {
    watch_for_aborts();
    let isolate = match config::isolate(&env) {
        Ok(isolate) => isolate,
        Err(error) => return worker::console_error!("dropgate: {error}"),
    };
    let world = Cloudflare::new(env, None);
    let desk = Desk {
        world: &world,
        config: &isolate.config,
        memo: &isolate.memo,
        watch: app::Watch::default(),
    };
    if let Err(problem) = app::keep_fresh(&desk).await {
        worker::console_error!(
            "dropgate: the timestamp was not renewed: {}",
            problem.detail
        );
    }
    if let Err(problem) = app::bring_receipts(&desk).await {
        worker::console_error!("dropgate: receipts wait: {}", problem.detail);
    }
    if let Err(problem) = app::sweep(&desk).await {
        worker::console_error!("dropgate: nothing was swept: {}", problem.detail);
    }
}

fn misconfigured() -> Reply<ReadableStream> {
    coded(Problem::misconfigured())
}

/// A problem that was met before the desk.
fn coded(problem: Problem) -> Reply<ReadableStream> {
    let now = worker::Date::now().as_millis() / 1000;
    let code = app::diagnosis::code(problem.slug, "unknown", now);
    problem.into_reply(&code)
}

/// What the shim answers with when the instance that served a request was lost.
#[wasm_bindgen::prelude::wasm_bindgen]
#[must_use]
pub fn crashed_code() -> String {
    let now = worker::Date::now().as_millis() / 1000;
    app::diagnosis::code("crashed", "unknown", now)
}

/// After a panic or another trap this is called back, once: the shim makes a
/// new instance and answers what was in flight. A dead instance may call out
/// only once more, so there is no second statement.
fn watch_for_aborts() {
    wasm_bindgen::handler::set_on_abort(js::aborted);
}
