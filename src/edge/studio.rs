//! The `Studio` port: the picture engine at its desk (`pictures.mjs`), one picture
//! at a time in this isolate.

use std::{cell::Cell, time::Duration};

use js_sys::Uint8Array;
use wasm_bindgen::prelude::*;
use worker::Delay;

use super::js::fault;
use crate::{
    media::{
        Derivative, MediaError, Refusal,
        job::Job,
        motion::Piece,
        wire::{self, Facts},
    },
    ports::{Haste, PortError, Work},
};

/// How often somebody who waits looks up.
const LOOK_UP: Duration = Duration::from_millis(10);
/// Who has waited this long (about 20 s) is told to come again.
const PATIENCE: usize = 2000;
/// What has time waits until nobody has wanted a desk now for so many
/// milliseconds: the pictures of a page are asked for within fewer. Those who
/// wait say so each time they look up, so that whom the runtime has ended is
/// not waited for. Two looks have to find it calm: after a pause of the whole
/// isolate, those who wait look up between them.
const CALM: u64 = 250;

thread_local! {
    /// When somebody last wanted a desk now, or left it.
    static WANTED: Cell<u64> = const { Cell::new(0) };
}

fn millis() -> u64 {
    worker::Date::now().as_millis()
}

#[wasm_bindgen(raw_module = "./pictures.mjs")]
extern "C" {
    /// An instance of the engine.
    type Instance;

    #[wasm_bindgen(catch)]
    fn open() -> Result<Option<Instance>, JsValue>;

    #[wasm_bindgen(method, catch)]
    fn begin(this: &Instance, job: &[u8]) -> Result<Option<Vec<u8>>, JsValue>;

    #[wasm_bindgen(method, catch)]
    fn push(this: &Instance, chunk: &[u8]) -> Result<Option<Vec<u8>>, JsValue>;

    #[wasm_bindgen(method, catch)]
    fn compose(this: &Instance) -> Result<Option<Vec<u8>>, JsValue>;

    #[wasm_bindgen(method, catch)]
    fn frame(this: &Instance) -> Result<Option<Vec<u8>>, JsValue>;

    #[wasm_bindgen(method, catch)]
    fn enough(this: &Instance) -> Result<bool, JsValue>;

    #[wasm_bindgen(method, catch)]
    fn finish(this: &Instance) -> Result<Option<Vec<u8>>, JsValue>;

    #[wasm_bindgen(method, catch)]
    fn facts(this: &Instance) -> Result<Vec<u8>, JsValue>;

    #[wasm_bindgen(method, catch)]
    fn file(this: &Instance) -> Result<Uint8Array, JsValue>;

    #[wasm_bindgen(method, catch)]
    fn left(this: &Instance) -> Result<u32, JsValue>;

    #[wasm_bindgen(method)]
    fn close(this: &Instance);
}

/// A picture in the making.
pub struct Desk {
    instance: Instance,
    haste: Haste,
    media_type: &'static str,
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.instance.close();
        if self.haste == Haste::Now {
            WANTED.set(millis());
        }
    }
}

/// Waits until no other picture is being made; `None` when that takes too long.
pub async fn desk(haste: Haste) -> Result<Option<Desk>, PortError> {
    #[cfg(feature = "crash-test")]
    super::crash::note(haste, "waits");
    let mut was_calm = false;
    for _ in 0..PATIENCE {
        let may = match haste {
            Haste::Now => {
                WANTED.set(millis());
                true
            }
            Haste::Later => {
                let is_calm = millis().saturating_sub(WANTED.get()) >= CALM;
                std::mem::replace(&mut was_calm, is_calm) && is_calm
            }
        };
        if may && let Some(instance) = open().map_err(fault("studio"))? {
            #[cfg(feature = "crash-test")]
            super::crash::note(haste, "begins");
            return Ok(Some(Desk {
                instance,
                haste,
                media_type: "",
            }));
        }
        // Never for the other request's future: the runtime would cancel us with it.
        Delay::from(LOOK_UP).await;
    }
    Ok(None)
}

impl Work for Desk {
    fn begin(&mut self, mut job: Job) -> Result<(), Refusal> {
        self.media_type = job.output.media_type();
        // What a decoder has taken, the engine cannot.
        let left = self.instance.left().map_err(|_| stopped())?;
        job.budget.max_bytes = job.budget.max_bytes.min(left.into());
        heard(self.instance.begin(&wire::write(&job)?))
    }

    fn push(&mut self, chunk: &[u8]) -> Result<(), Refusal> {
        heard(self.instance.push(chunk))
    }

    fn compose(&mut self) -> Result<(), Refusal> {
        heard(self.instance.compose())
    }

    fn has_enough(&self) -> bool {
        self.instance.enough().unwrap_or(false)
    }

    fn frame(&mut self) -> Result<Option<(Piece, Vec<u8>)>, Refusal> {
        heard(self.instance.frame())?;
        let piece: Option<Piece> = wire::read(&self.instance.facts().map_err(|_| stopped())?)?;
        let Some(piece) = piece else { return Ok(None) };
        let pixels = self.instance.file().map_err(|_| stopped())?;
        Ok(Some((piece, pixels.to_vec())))
    }

    fn finish(self) -> Result<Derivative, Refusal> {
        heard(self.instance.finish())?;
        let facts: Facts = wire::read(&self.instance.facts().map_err(|_| stopped())?)?;
        let file = self.instance.file().map_err(|_| stopped())?;
        Ok(Derivative {
            bytes: file.to_vec(),
            media_type: self.media_type,
            width: facts.width,
            height: facts.height,
            metadata: facts.metadata,
        })
    }
}

fn heard(outcome: Result<Option<Vec<u8>>, JsValue>) -> Result<(), Refusal> {
    match outcome {
        Ok(None) => Ok(()),
        Ok(Some(refusal)) => Err(wire::read(&refusal)?),
        Err(thrown) => {
            worker::console_error!("dropgate: incident: the picture engine stopped: {thrown:?}");
            Err(stopped())
        }
    }
}

/// A trap ends the engine's instance, and nothing else.
fn stopped() -> Refusal {
    MediaError::Internal("the engine stopped").into()
}
