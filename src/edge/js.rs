//! The JavaScript that the `worker` crate does not bind, or binds with a copy
//! through wasm memory. Every import that can throw is `catch`: an exception
//! that crosses wasm frames would poison the instance.

use js_sys::{Promise, Uint8Array};
use wasm_bindgen::prelude::*;
use worker::web_sys::ReadableStream;

use crate::{ports::PortError, trust::Sha256};

#[wasm_bindgen]
extern "C" {
    /// Streams' `ReadableStreamBYOBReader` with workerd's `readAtLeast`.
    #[wasm_bindgen(extends = js_sys::Object)]
    pub type ByobReader;

    #[wasm_bindgen(method, catch, js_name = readAtLeast)]
    fn read_at_least(this: &ByobReader, least: u32, view: Uint8Array) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch, js_name = cancel)]
    fn cancel_js(this: &ByobReader) -> Result<Promise, JsValue>;

    #[wasm_bindgen(extends = js_sys::Object)]
    type ReadResult;

    #[wasm_bindgen(method, getter)]
    fn value(this: &ReadResult) -> Option<Uint8Array>;

    /// A stream pair that errs unless exactly so many bytes pass.
    #[wasm_bindgen(extends = js_sys::Object)]
    pub type FixedLengthStream;

    #[wasm_bindgen(constructor, catch)]
    fn new(length: js_sys::BigInt) -> Result<FixedLengthStream, JsValue>;

    /// The half to answer with.
    #[wasm_bindgen(method, getter)]
    pub fn readable(this: &FixedLengthStream) -> ReadableStream;

    /// The half to write to.
    #[wasm_bindgen(method, getter)]
    pub fn writable(this: &FixedLengthStream) -> worker::web_sys::WritableStream;

    #[wasm_bindgen(method, catch, js_name = pipeTo)]
    fn pipe_to(this: &Pipe, to: &JsValue, options: &JsValue) -> Result<Promise, JsValue>;

    #[wasm_bindgen(extends = js_sys::Object)]
    type Pipe;

    #[wasm_bindgen(method, catch, js_name = getReader)]
    fn get_reader(this: &Pipe, options: &JsValue) -> Result<ByobReader, JsValue>;

    /// A writer of the writable half.
    #[wasm_bindgen(extends = js_sys::Object)]
    pub type Writer;

    #[wasm_bindgen(method, catch, js_name = write)]
    fn write_js(this: &Writer, chunk: &Uint8Array) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch, js_name = close)]
    fn close_js(this: &Writer) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch, js_name = abort)]
    fn abort_js(this: &Writer, reason: &JsValue) -> Result<Promise, JsValue>;

    /// Gives the lock back.
    #[wasm_bindgen(method, js_name = releaseLock)]
    pub fn release(this: &Writer);

    #[wasm_bindgen(extends = js_sys::Object)]
    type Writable;

    #[wasm_bindgen(method, catch, js_name = getWriter)]
    fn get_writer(this: &Writable) -> Result<Writer, JsValue>;

    /// workerd's stream that hashes what is written to it.
    #[wasm_bindgen(extends = js_sys::Object, js_namespace = crypto)]
    pub type DigestStream;

    #[wasm_bindgen(constructor, catch, js_namespace = crypto)]
    fn new(algorithm: &str) -> Result<DigestStream, JsValue>;

    #[wasm_bindgen(method, getter, js_name = digest)]
    fn result(this: &DigestStream) -> Promise;

    #[wasm_bindgen(js_namespace = ["crypto", "subtle"], js_name = digest, catch)]
    fn digest(algorithm: &str, data: &Uint8Array) -> Result<Promise, JsValue>;

    #[wasm_bindgen(js_namespace = crypto, js_name = getRandomValues, catch)]
    fn get_random_values(array: &Uint8Array) -> Result<JsValue, JsValue>;

    /// The shim's: everything in flight is answered at once.
    #[wasm_bindgen(js_name = dropgateAborted)]
    pub fn aborted();
}

/// A thrown value as a fault of `port`.
pub fn fault(port: &'static str) -> impl Fn(JsValue) -> PortError {
    move |thrown| {
        let text = thrown.dyn_ref::<js_sys::Error>().map_or_else(
            || format!("{thrown:?}"),
            |error| String::from(error.message()),
        );
        PortError::new(port, text)
    }
}

async fn settled(promise: Result<Promise, JsValue>) -> Result<JsValue, JsValue> {
    wasm_bindgen_futures::JsFuture::from(promise?).await
}

impl FixedLengthStream {
    /// A stream of exactly `length` bytes.
    pub fn of(length: u64) -> Result<Self, JsValue> {
        Self::new(js_sys::BigInt::from(length))
    }

    /// A writer of its writable half.
    pub fn writer(&self) -> Result<Writer, JsValue> {
        self.writable().unchecked_into::<Writable>().get_writer()
    }
}

impl Writer {
    /// Waits until the chunk is taken.
    pub async fn write(&self, chunk: &Uint8Array) -> Result<(), JsValue> {
        settled(self.write_js(chunk)).await.map(|_| ())
    }

    /// Ends the stream well.
    pub async fn close(&self) -> Result<(), JsValue> {
        settled(self.close_js()).await.map(|_| ())
    }

    /// Ends the stream badly, so that the reader sees it is incomplete.
    pub async fn abort(&self, reason: &str) -> Result<(), JsValue> {
        settled(self.abort_js(&reason.into())).await.map(|_| ())
    }
}

/// A reader that fills buffers of its caller's size.
pub fn byob_reader(stream: &ReadableStream) -> Result<ByobReader, JsValue> {
    let options = js_sys::Object::new();
    js_sys::Reflect::set(&options, &"mode".into(), &"byob".into())?;
    stream.unchecked_ref::<Pipe>().get_reader(&options)
}

impl ByobReader {
    /// Reads `length` bytes, fewer only at the stream's end.
    pub async fn read(&self, length: u32) -> Result<Uint8Array, JsValue> {
        let view = Uint8Array::new_with_length(length);
        let result = settled(self.read_at_least(length, view)).await?;
        Ok(result
            .unchecked_into::<ReadResult>()
            .value()
            .unwrap_or_else(|| Uint8Array::new_with_length(0)))
    }

    /// Says that no more is wanted.
    pub async fn cancel(&self) -> Result<(), JsValue> {
        settled(self.cancel_js()).await.map(|_| ())
    }
}

/// Pipes one stream into another without touching the bytes. The other stays
/// open for what comes next.
pub async fn pipe(from: &ReadableStream, to: &FixedLengthStream) -> Result<(), JsValue> {
    let options = js_sys::Object::new();
    js_sys::Reflect::set(&options, &"preventClose".into(), &true.into())?;
    let writable = to.writable();
    let piped = from
        .unchecked_ref::<Pipe>()
        .pipe_to(writable.as_ref(), &options);
    settled(piped).await.map(|_| ())
}

/// Pipes a stream into one that ends with it.
pub async fn pipe_all(from: &ReadableStream, to: &FixedLengthStream) -> Result<(), JsValue> {
    let writable = to.writable();
    let piped = from
        .unchecked_ref::<Pipe>()
        .pipe_to(writable.as_ref(), &JsValue::UNDEFINED);
    settled(piped).await.map(|_| ())
}

impl DigestStream {
    /// A stream that computes the SHA-256 of what is written to it.
    pub fn sha256() -> Result<Self, JsValue> {
        Self::new("SHA-256")
    }

    /// Its writer.
    pub fn writer(&self) -> Result<Writer, JsValue> {
        self.unchecked_ref::<Writable>().get_writer()
    }

    /// The digest, once the writer was closed.
    pub async fn finished(&self) -> Result<Sha256, JsValue> {
        Ok(digest_in(&settled(Ok(self.result())).await?))
    }
}

/// SHA-256 by the platform.
pub async fn sha256(data: &Uint8Array) -> Result<Sha256, JsValue> {
    Ok(digest_in(&settled(digest("SHA-256", data)).await?))
}

fn digest_in(buffer: &JsValue) -> Sha256 {
    let mut out = [0; 32];
    Uint8Array::new(buffer).copy_to(&mut out);
    Sha256(out)
}

/// Bytes from the platform's cryptographic source.
pub fn random<const N: usize>() -> Result<[u8; N], JsValue> {
    let array = Uint8Array::new_with_length(u32::try_from(N).unwrap_or(u32::MAX));
    get_random_values(&array)?;
    let mut out = [0; N];
    array.copy_to(&mut out);
    Ok(out)
}
