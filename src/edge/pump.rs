//! Moves bytes from R2 to the client. They stay in JavaScript's memory: wasm
//! only says which chunk comes next and compares digests.

use std::ops::ControlFlow;

use js_sys::Uint8Array;
use worker::{Env, Object, web_sys::ReadableStream};

use super::{
    js::{self, ByobReader, FixedLengthStream, Writer, fault},
    store,
};
use crate::{
    delivery::{
        Span,
        plan::{CheckedPlan, Entry, Plan, Step, Steps, Verify, plan},
    },
    ports::{PortError, SendError, Sending},
};

const PORT: &str = "store";

/// Streams the bytes `wanted` of `entry`. `background` runs what outlives the
/// reply; `done` is called after the last byte was handed over.
pub async fn send(
    env: &Env,
    key: &str,
    entry: &Entry,
    wanted: Span,
    verify: Verify,
    background: impl FnOnce(std::pin::Pin<Box<dyn Future<Output = ()>>>),
    done: impl FnOnce() + 'static,
) -> Result<Sending<ReadableStream>, SendError> {
    let object = get(env, key, wanted).await?;
    let stored = store::stored(&object);
    let planned = plan(entry, wanted, stored, verify).map_err(|_| SendError::Mismatch)?;
    let mode = planned.mode();
    let out = FixedLengthStream::of(planned.total()).map_err(fault(PORT))?;
    let body = out.readable();
    match planned {
        Plan::Bound(_) => {
            let stream = store::stream(&object)?;
            background(Box::pin(async move {
                let piped = match stream {
                    Some(stream) => js::pipe(&stream, &out).await,
                    None => close(&out).await,
                };
                if piped.is_ok() {
                    done();
                }
            }));
        }
        Plan::Checked(checked) => {
            // The object came with the wanted bytes; the digests need whole chunks.
            let object = if planned_fetch(&checked) == wanted {
                object
            } else {
                get(env, key, planned_fetch(&checked)).await?
            };
            let mut source = Source::new(&object, &checked)?;
            let first = source.next().await?;
            let writer = out.writer().map_err(fault(PORT))?;
            background(Box::pin(async move {
                if hand_over(first, source, &writer).await.is_ok() {
                    done();
                }
            }));
        }
    }
    Ok(Sending { body, mode })
}

/// Gives every chunk of a file to `each`, checked.
pub async fn feed(
    env: &Env,
    key: &str,
    entry: &Entry,
    mut each: impl FnMut(&[u8]) -> ControlFlow<()>,
) -> Result<(), SendError> {
    let whole = Span::whole(entry.chunks.length());
    let object = get(env, key, whole).await?;
    let planned = plan(entry, whole, store::stored(&object), Verify::Always);
    let Ok(Plan::Checked(checked)) = planned else {
        return Err(SendError::Mismatch);
    };
    let mut source = Source::new(&object, &checked)?;
    while let Some(chunk) = source.next().await? {
        if each(&chunk.to_vec()).is_break() {
            source.cancel().await;
            return Ok(());
        }
    }
    Ok(())
}

async fn get(env: &Env, key: &str, span: Span) -> Result<Object, SendError> {
    store::get(env, key, span).await?.ok_or(SendError::Missing)
}

fn planned_fetch(checked: &CheckedPlan) -> Span {
    Plan::Checked(checked.clone()).fetch()
}

/// The checked chunks of an object, one at a time.
struct Source {
    reader: Option<ByobReader>,
    steps: Steps,
}

impl Source {
    fn new(object: &Object, checked: &CheckedPlan) -> Result<Self, SendError> {
        let stream = store::stream(object)?;
        let reader = stream
            .map(|stream| js::byob_reader(&stream))
            .transpose()
            .map_err(fault(PORT))?;
        Ok(Self {
            reader,
            steps: checked.steps(),
        })
    }

    /// The bytes of the next chunk that are wanted, after all of it was checked.
    async fn next(&mut self) -> Result<Option<Uint8Array>, SendError> {
        let Some(Step {
            chunk,
            expected,
            emit,
            ..
        }) = self.steps.next()
        else {
            return Ok(None);
        };
        let Some(reader) = &self.reader else {
            return Err(SendError::Mismatch);
        };
        let length = u32::try_from(chunk.length()).map_err(|_| SendError::Mismatch)?;
        let bytes = reader.read(length).await.map_err(fault(PORT))?;
        if bytes.length() != length || js::sha256(&bytes).await.map_err(fault(PORT))? != expected {
            self.cancel().await;
            return Err(SendError::Mismatch);
        }
        let within = |at: u64| u32::try_from(at).unwrap_or(length);
        Ok(Some(bytes.subarray(within(emit.start()), within(emit.end()))))
    }

    async fn cancel(&self) {
        if let Some(reader) = &self.reader {
            // The stream is given up either way; a failing cancel changes nothing.
            let _ = reader.cancel().await;
        }
    }
}

/// Writes the chunks. A wrong one ends the stream badly, so that the declared
/// length is not reached and the client sees that the body is incomplete.
async fn hand_over(
    first: Option<Uint8Array>,
    mut source: Source,
    writer: &Writer,
) -> Result<(), PortError> {
    let mut next = first;
    while let Some(chunk) = next {
        if let Err(left) = writer.write(&chunk).await {
            source.cancel().await;
            return Err(fault(PORT)(left));
        }
        next = match source.next().await {
            Ok(chunk) => chunk,
            Err(_) => {
                // The reader learns it from the abort; it may also have left.
                let _ = writer.abort("a stored chunk is not the signed one").await;
                return Err(PortError::new(PORT, "a stored chunk is not the signed one"));
            }
        };
    }
    writer.close().await.map_err(fault(PORT))
}

async fn close(out: &FixedLengthStream) -> Result<(), wasm_bindgen::JsValue> {
    out.writer()?.close().await
}
