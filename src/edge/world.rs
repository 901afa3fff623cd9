//! The world on Cloudflare: every port, by the adapters beside this file.

use std::{ops::ControlFlow, rc::Rc, time::Duration};

use js_sys::Uint8Array;
use worker::{Context, Env, web_sys::ReadableStream};

use super::{
    codec, drawings, hot,
    js::{self, fault},
    log_object::{Append, Status, checkpoint_key},
    objects::call,
    outside, parts, pump, store, studio,
    trust_object::Advance,
};
use crate::{
    delivery::plan::{Entry, Verify},
    evidence::{ReceiptId, log_name, log_names},
    gate::{GrantHash, book::Question},
    media::{
        codec::Writing,
        foreign::Foreign,
        negotiate::Formats,
        recipe::{Metadata, Output},
    },
    metrics::{Counts, tally},
    ports::{
        Cleaner, Decoder, Encoder, Filed, GateBook, Handed, Haste, Hot, Ledger, Listed, LogName,
        Nearby, ObjectHead, Outside, Part, PartReceived, PortError, Received, Sealed, SendError,
        Sending, Store, Studio, Surroundings, Tell, Tip, TrustBook, World,
    },
    trust::Sha256,
};

/// There is one of each object for a marketplace.
const MAIN: &str = "main";

/// The bindings of one invocation.
#[derive(Clone)]
pub struct Cloudflare {
    env: Env,
    /// Lets work outlive the reply; a timer has none and runs to its end anyway.
    context: Option<Rc<Context>>,
}

impl Cloudflare {
    /// For one invocation.
    pub fn new(env: Env, context: Option<Context>) -> Self {
        Self {
            env,
            context: context.map(Rc::new),
        }
    }
}

impl World for Cloudflare {}

/// Counts an operation that is billed; a list costs what a write does.
fn billed(store: &str, operation: &str) {
    tally::add("stores", &[store, operation], 1);
}

impl Outside for Cloudflare {
    async fn fetch(&self, url: &str, limit: usize) -> Result<Vec<u8>, PortError> {
        outside::fetch(url, limit).await
    }
}

impl Surroundings for Cloudflare {
    fn now(&self) -> u64 {
        worker::Date::now().as_millis() / 1000
    }

    fn millis(&self) -> u64 {
        worker::Date::now().as_millis()
    }

    async fn pause(&self, millis: u32) {
        worker::Delay::from(Duration::from_millis(millis.into())).await;
    }

    fn sample(&self, counts: &Counts) {
        super::analytics::write(&self.env, counts);
    }

    fn entropy<const N: usize>(&self) -> Result<[u8; N], PortError> {
        js::random().map_err(fault("entropy"))
    }

    fn later(&self, work: impl Future<Output = ()> + 'static) {
        match &self.context {
            Some(context) => context.wait_until(work),
            None => wasm_bindgen_futures::spawn_local(work),
        }
    }

    fn log(&self, line: &str) {
        worker::console_log!("dropgate: {line}");
    }

    async fn sha256(&self, bytes: &[u8]) -> Result<Sha256, PortError> {
        js::sha256(&Uint8Array::from(bytes))
            .await
            .map_err(fault("crypto"))
    }
}

impl Store for Cloudflare {
    type Body = ReadableStream;

    async fn head(&self, key: &str) -> Result<Option<ObjectHead>, PortError> {
        billed("r2", "read");
        store::head(&self.env, key).await
    }

    async fn read(&self, key: &str, limit: u64) -> Result<Option<Sealed>, PortError> {
        billed("r2", "read");
        store::read(&self.env, key, limit).await
    }

    async fn write(&self, key: &str, bytes: &[u8], seal: &str) -> Result<(), PortError> {
        billed("r2", "write");
        store::write(&self.env, key, bytes, seal).await
    }

    async fn store_empty(&self, key: &str, sha256: Sha256) -> Result<Received, PortError> {
        if sha256 != Sha256::of(&[]) {
            return Ok(Received::Mismatch);
        }
        billed("r2", "write");
        store::write_empty(&self.env, key).await?;
        Ok(Received::Stored)
    }

    async fn receive(
        &self,
        key: &str,
        body: ReadableStream,
        length: u64,
        sha256: Sha256,
    ) -> Result<Received, PortError> {
        billed("r2", "write");
        store::receive(&self.env, key, body, length, sha256).await
    }

    async fn begin_parts(&self, key: &str) -> Result<String, PortError> {
        billed("r2", "write");
        parts::begin(&self.env, key).await
    }

    async fn receive_part(
        &self,
        key: &str,
        upload: &str,
        number: u16,
        body: ReadableStream,
        length: u64,
        sha256: Sha256,
    ) -> Result<PartReceived, PortError> {
        billed("r2", "write");
        parts::receive(&self.env, (key, upload, number), &body, length, sha256).await
    }

    async fn join_parts(
        &self,
        key: &str,
        upload: &str,
        parts: &[(u16, String)],
    ) -> Result<bool, PortError> {
        billed("r2", "write");
        parts::join(&self.env, key, upload, parts).await
    }

    async fn drop_parts(&self, key: &str, upload: &str) -> Result<(), PortError> {
        parts::forget(&self.env, key, upload).await
    }

    async fn list(&self, prefix: &str, after: &str, limit: u32) -> Result<Vec<Listed>, PortError> {
        billed("r2", "write");
        parts::list(&self.env, prefix, after, limit).await
    }

    async fn remove(&self, keys: &[String]) -> Result<(), PortError> {
        parts::remove(&self.env, keys).await
    }

    async fn send(
        &self,
        parts: Vec<Part>,
        verify: Verify,
        tell: Tell,
        done: impl FnOnce(Handed) + 'static,
    ) -> Result<Sending<ReadableStream>, SendError> {
        let files = parts
            .iter()
            .filter(|part| matches!(part, Part::File { .. }));
        tally::add("stores", &["r2", "read"], files.count() as u64);
        let done = (tell, done);
        pump::send(&self.env, parts, verify, |work| self.later(work), done).await
    }

    async fn feed(
        &self,
        key: &str,
        entry: &Entry,
        each: impl FnMut(&[u8]) -> ControlFlow<()>,
    ) -> Result<(), SendError> {
        billed("r2", "read");
        pump::feed(&self.env, key, entry, each).await
    }

    async fn collect(
        &self,
        body: ReadableStream,
        limit: usize,
    ) -> Result<Option<Vec<u8>>, PortError> {
        store::collect(&body, limit).await
    }
}

impl Encoder for Cloudflare {
    fn formats(&self) -> Formats {
        codec::formats()
    }

    fn spare(&self) -> u64 {
        codec::spare()
    }

    fn spare_beside(&self) -> u64 {
        codec::spare_beside()
    }

    async fn encode(&self, writing: &Writing, pixels: Vec<u8>) -> Result<Vec<u8>, PortError> {
        codec::encode(writing, pixels).await
    }

    type Series = codec::Pen;

    async fn series(&self, output: Output) -> Result<codec::Pen, PortError> {
        codec::series(output).await
    }
}

impl Decoder for Cloudflare {
    fn reads(&self, format: Foreign) -> bool {
        codec::formats().has(codec::word(format))
    }

    fn spare_to_read(&self) -> u64 {
        codec::spare_to_read()
    }

    type Pixels = codec::Pixels;

    async fn decode(
        &self,
        format: Foreign,
        size: (u32, u32),
        file: Vec<u8>,
    ) -> Result<Option<codec::Pixels>, PortError> {
        codec::decode(format, size, file).await
    }
}

impl Studio for Cloudflare {
    type Work = studio::Desk;

    async fn desk(&self, haste: Haste) -> Result<Option<studio::Desk>, PortError> {
        studio::desk(haste).await
    }
}

impl Cleaner for Cloudflare {
    async fn clean(
        &self,
        drawing: &[u8],
        metadata: Metadata,
    ) -> Result<Option<Vec<u8>>, PortError> {
        drawings::clean(drawing, metadata).await
    }
}

impl Hot for Cloudflare {
    async fn hot_get(&self, key: &str) -> Result<Option<Sealed>, PortError> {
        billed("kv", "read");
        hot::hot_get(&self.env, key).await
    }

    async fn hot_put(
        &self,
        key: &str,
        value: &Sealed,
        seconds: Option<u32>,
    ) -> Result<(), PortError> {
        billed("kv", "write");
        hot::hot_put(&self.env, key, value, seconds).await
    }

    async fn hot_list(&self, prefix: &str) -> Result<Vec<String>, PortError> {
        billed("kv", "read");
        hot::hot_list(&self.env, prefix).await
    }

    async fn hot_remove(&self, key: &str) -> Result<(), PortError> {
        billed("kv", "write");
        hot::hot_remove(&self.env, key).await
    }
}

impl Nearby for Cloudflare {
    async fn nearby_get(&self, key: &str) -> Result<Option<Sealed>, PortError> {
        hot::nearby_get(key).await
    }

    async fn nearby_put(&self, key: &str, value: &Sealed, seconds: u32) -> Result<(), PortError> {
        hot::nearby_put(key, value, seconds).await
    }
}

impl TrustBook for Cloudflare {
    async fn tip(&self) -> Result<Option<Tip>, PortError> {
        call(&self.env, "TRUST", MAIN, "tip", &()).await
    }

    async fn advance(
        &self,
        expected: Option<&Tip>,
        next: &Tip,
        files: &[(String, Sha256)],
    ) -> Result<bool, PortError> {
        let question = Advance {
            expected: expected.cloned(),
            next: next.clone(),
            files: files.to_vec(),
        };
        call(&self.env, "TRUST", MAIN, "advance", &question).await
    }

    async fn metadata(&self, file: &str) -> Result<Option<Sha256>, PortError> {
        call(&self.env, "TRUST", MAIN, "metadata", &file).await
    }
}

impl GateBook for Cloudflare {
    async fn ask<Q: Question>(&self, question: &Q) -> Result<Q::Answer, PortError> {
        call(&self.env, "GATE", &question.book(), Q::NAME, question).await
    }
}

impl Ledger for Cloudflare {
    async fn append(&self, log: LogName, id: ReceiptId, note: &str) -> Result<(), PortError> {
        let name = log_name(log.as_str(), self.now());
        let question: Append = (name.clone(), id.to_string(), note.to_owned());
        call(&self.env, "LOG", &name, "append", &question).await
    }

    async fn accepted(&self, log: LogName) -> Result<u64, PortError> {
        let name = log_name(log.as_str(), self.now());
        let status: Status = call(&self.env, "LOG", &name, "status", &()).await?;
        Ok(status.accepted)
    }

    async fn receipts_of(&self, log: LogName, grant: GrantHash) -> Result<Vec<Filed>, PortError> {
        let mut all = Vec::new();
        for (age, name) in log_names(log.as_str(), self.now()).into_iter().enumerate() {
            if age > 0 && self.head(&checkpoint_key(&name)).await?.is_none() {
                continue;
            }
            let hash = grant.0.to_hex();
            let mut found: Vec<Filed> = call(&self.env, "LOG", &name, "receipts-of", &hash).await?;
            found.append(&mut all);
            all = found;
        }
        Ok(all)
    }

    async fn receipt(&self, log: LogName, id: ReceiptId) -> Result<Option<Filed>, PortError> {
        for (age, name) in log_names(log.as_str(), self.now()).into_iter().enumerate() {
            // An older log that has published nothing was never begun, and
            // asking its object would begin it.
            if age > 0 && self.head(&checkpoint_key(&name)).await?.is_none() {
                continue;
            }
            let found: Option<Filed> =
                call(&self.env, "LOG", &name, "receipt", &id.to_string()).await?;
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }
}
