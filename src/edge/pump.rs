//! Moves bytes from R2 to the client. They stay in JavaScript's memory: wasm
//! only says which chunk comes next and compares digests.

use std::{collections::VecDeque, ops::ControlFlow};

use js_sys::Uint8Array;
use worker::{Env, Object, web_sys::ReadableStream};

use super::{
    js::{self, ByobReader, FixedLengthStream, Writer, fault},
    store,
};
use crate::{
    delivery::{
        Span,
        plan::{Entry, Plan, Step, Steps, Verify, plan},
    },
    ports::{Handed, Part, SendError, Sending, Tell},
};

const PORT: &str = "store";

/// Streams the parts. `background` runs what outlives the reply; `done` is told
/// how it ended, unless the reader left or nobody wants to know.
pub async fn send(
    env: &Env,
    parts: Vec<Part>,
    verify: Verify,
    background: impl FnOnce(std::pin::Pin<Box<dyn Future<Output = ()>>>),
    (tell, done): (Tell, impl FnOnce(Handed) + 'static),
) -> Result<Sending<ReadableStream>, SendError> {
    let total = parts
        .iter()
        .fold(0_u64, |sum, part| sum.saturating_add(part.length()));
    let mut waiting = VecDeque::from(parts);
    // Up to the first file, so that its first chunk is checked before the headers go out.
    let mut ready = VecDeque::new();
    let mut mode = "bound";
    while let Some(part) = waiting.pop_front() {
        let opened = open(env, part, verify).await?;
        mode = opened.mode();
        let is_file = !matches!(opened, Ready::Bytes(_));
        ready.push_back(opened);
        if is_file {
            break;
        }
    }
    if tell == Tell::Wrong
        && waiting.is_empty()
        && let [Ready::Bound(stream)] = ready.make_contiguous()
        && let Some(body) = stream.take()
    {
        // The runtime passes it on by itself, in half the time.
        return Ok(Sending { body, mode });
    }
    let out = FixedLengthStream::of(total).map_err(fault(PORT))?;
    let body = out.readable();
    let env = env.clone();
    background(Box::pin(async move {
        let handed = hand_over(&env, ready, waiting, verify, &out).await;
        if handed.is_err()
            && let Ok(writer) = out.writer()
        {
            // The client learns it from the missing bytes; it may also have left.
            let _ = writer.abort("the body could not be completed").await;
        }
        match handed {
            Ok(()) => done(Handed::Whole),
            Err(SendError::Missing | SendError::Mismatch) => done(Handed::Wrong),
            // Most often the reader has left.
            Err(SendError::Port(_)) => {}
        }
    }));
    Ok(Sending { body, mode })
}

/// Gives every chunk of a file to `each`, checked.
pub async fn feed(
    env: &Env,
    key: &str,
    entry: &Entry,
    mut each: impl FnMut(&[u8]) -> ControlFlow<()>,
) -> Result<(), SendError> {
    let span = Span::whole(entry.chunks.length());
    let part = Part::File {
        key: key.to_owned(),
        entry: entry.clone(),
        span,
    };
    let Ready::Checked {
        mut first,
        mut source,
    } = open(env, part, Verify::Always).await?
    else {
        return Err(SendError::Mismatch);
    };
    while let Some(chunk) = match first.take() {
        Some(chunk) => Some(chunk),
        None => source.next().await?,
    } {
        if each(&chunk.to_vec()).is_break() {
            source.cancel().await;
            break;
        }
    }
    Ok(())
}

/// A part that can be written.
enum Ready {
    Bytes(Uint8Array),
    Bound(Option<ReadableStream>),
    Checked {
        first: Option<Uint8Array>,
        source: Source,
    },
}

impl Ready {
    fn mode(&self) -> &'static str {
        match self {
            Self::Bytes(_) | Self::Bound(_) => "bound",
            Self::Checked { .. } => "checked",
        }
    }
}

/// Asks the store for a part, and checks its first chunk.
async fn open(env: &Env, part: Part, verify: Verify) -> Result<Ready, SendError> {
    let (key, entry, wanted) = match part {
        Part::Bytes(bytes) => return Ok(Ready::Bytes(Uint8Array::from(bytes.as_slice()))),
        Part::File { key, entry, span } => (key, entry, span),
    };
    let whole = Span::whole(entry.chunks.length());
    let object = get(env, &key, wanted, whole).await?;
    let planned = plan(&entry, wanted, store::stored(&object), verify);
    match planned.map_err(|_| SendError::Mismatch)? {
        Plan::Bound(_) => Ok(Ready::Bound(store::stream(&object)?)),
        Plan::Checked(checked) => {
            let fetch = Plan::Checked(checked.clone()).fetch();
            // The object came with the wanted bytes; the digests need whole chunks.
            let object = if fetch == wanted {
                object
            } else {
                // A body that nobody reads would hold one of the few connections to R2.
                give_up(&object).await;
                get(env, &key, fetch, whole).await?
            };
            let mut source = Source::new(&object, checked.steps())?;
            let first = source.next().await?;
            Ok(Ready::Checked { first, source })
        }
    }
}

/// Says that an object's bytes are not wanted.
async fn give_up(object: &Object) {
    if let Ok(Some(stream)) = store::stream(object)
        && let Ok(reader) = js::byob_reader(&stream)
    {
        // It is given up either way; a failing cancel changes nothing.
        let _ = reader.cancel().await;
    }
}

/// The bytes `span` of an object that should be `whole`.
async fn get(env: &Env, key: &str, span: Span, whole: Span) -> Result<Object, SendError> {
    let found = if span == whole && !span.is_empty() {
        // A range that is everything costs the local runtime twice the time.
        store::get_whole(env, key).await?
    } else {
        store::get(env, key, span).await?
    };
    found.ok_or(SendError::Missing)
}

async fn hand_over(
    env: &Env,
    mut ready: VecDeque<Ready>,
    mut waiting: VecDeque<Part>,
    verify: Verify,
    out: &FixedLengthStream,
) -> Result<(), SendError> {
    while let Some(part) = ready.pop_front() {
        write(part, out).await?;
    }
    while let Some(part) = waiting.pop_front() {
        write(open(env, part, verify).await?, out).await?;
    }
    let writer = out.writer().map_err(fault(PORT))?;
    Ok(writer.close().await.map_err(fault(PORT))?)
}

/// The checked chunks of an object, one at a time.
struct Source {
    reader: Option<ByobReader>,
    steps: Steps,
}

impl Source {
    fn new(object: &Object, steps: Steps) -> Result<Self, SendError> {
        let stream = store::stream(object)?;
        let reader = stream.map(|stream| js::byob_reader(&stream)).transpose();
        Ok(Self {
            reader: reader.map_err(fault(PORT))?,
            steps,
        })
    }

    /// The wanted bytes of the next chunk, after all of it was checked.
    async fn next(&mut self) -> Result<Option<Uint8Array>, SendError> {
        let Some(step) = self.steps.next() else {
            return Ok(None);
        };
        let Step {
            chunk,
            expected,
            emit,
            ..
        } = step;
        let reader = self.reader.as_ref().ok_or(SendError::Mismatch)?;
        let length = u32::try_from(chunk.length()).map_err(|_| SendError::Mismatch)?;
        let bytes = reader.read(length).await.map_err(fault(PORT))?;
        if bytes.length() != length || js::sha256(&bytes).await.map_err(fault(PORT))? != expected {
            self.cancel().await;
            return Err(SendError::Mismatch);
        }
        let within = |at: u64| u32::try_from(at).unwrap_or(length);
        Ok(Some(
            bytes.subarray(within(emit.start()), within(emit.end())),
        ))
    }

    async fn cancel(&self) {
        if let Some(reader) = &self.reader {
            // The stream is given up either way; a failing cancel changes nothing.
            let _ = reader.cancel().await;
        }
    }
}

/// Writes one part. The writer's lock is given back, so that the next part can
/// be piped.
async fn write(part: Ready, out: &FixedLengthStream) -> Result<(), SendError> {
    match part {
        Ready::Bound(None) => Ok(()),
        Ready::Bound(Some(stream)) => Ok(js::pipe(&stream, out).await.map_err(fault(PORT))?),
        Ready::Bytes(bytes) => {
            let writer = out.writer().map_err(fault(PORT))?;
            let written = writer.write(&bytes).await.map_err(fault(PORT));
            writer.release();
            Ok(written?)
        }
        Ready::Checked { first, source } => {
            let writer = out.writer().map_err(fault(PORT))?;
            let written = write_chunks(first, source, &writer).await;
            writer.release();
            written
        }
    }
}

async fn write_chunks(
    first: Option<Uint8Array>,
    mut source: Source,
    writer: &Writer,
) -> Result<(), SendError> {
    let mut next = first;
    while let Some(chunk) = next {
        if let Err(left) = writer.write(&chunk).await {
            source.cancel().await;
            return Err(fault(PORT)(left).into());
        }
        next = source.next().await?;
    }
    Ok(())
}
