//! The world on Cloudflare. The only room that names the `worker` crate.
use worker::{Context, Env, Request, Response, Result, event, durable_object, DurableObject, State};

#[event(fetch)]
async fn fetch(req: Request, env: Env, _ctx: Context) -> Result<Response> {
    if req.path() == "/panic" { panic!("on purpose"); }
    if req.path() == "/panic-later" { worker::Delay::from(std::time::Duration::from_millis(5)).await; panic!("on purpose"); }
    Response::ok("x")
}
#[event(scheduled)]
async fn scheduled(_e: worker::ScheduledEvent, _env: Env, _ctx: worker::ScheduleContext) {}
#[durable_object(alarm)]
pub struct Trust { state: State }
impl DurableObject for Trust {
    fn new(state: State, _env: Env) -> Self { Self { state } }
    async fn fetch(&self, _req: Request) -> Result<Response> { Response::ok("do") }
    async fn alarm(&self) -> Result<Response> { Response::ok("do") }
}
