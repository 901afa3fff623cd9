//! A long file, part by part. The worker remembers which parts it has, so that
//! an upload goes on after Ctrl-C, a lost network or from another machine.

use std::{
    collections::BTreeSet,
    fs::File,
    io::{Read, Seek, SeekFrom},
};

use anyhow::{Context, Result, bail};
use dropgate::trust::Sha256;
use indicatif::ProgressBar;
use serde_json::{Value, json};

use crate::{
    api::{Api, Refused},
    patience::patiently,
    signer::Tokens,
    upload::{Counted, Upload},
};

/// How often an upload that the worker has given up is begun anew.
const TRIES: usize = 3;

/// Sends what the worker lacks of the file.
pub fn send(api: &Api, upload: &Upload, tokens: &Tokens, bar: &ProgressBar) -> Result<()> {
    let start = bar.position();
    for _ in 0..TRIES {
        match all(api, upload, tokens, bar, start) {
            // The upload is over: it was joined by another, or given up.
            Err(error) if is_conflict(&error) => {}
            done => return done,
        }
    }
    bail!("the worker keeps losing the upload; look at its log")
}

fn is_conflict(error: &anyhow::Error) -> bool {
    let refused = error.downcast_ref::<Refused>();
    refused.is_some_and(|refused| refused.status == 409)
}

fn all(api: &Api, upload: &Upload, tokens: &Tokens, bar: &ProgressBar, start: u64) -> Result<()> {
    let (path, length) = (upload.path(), upload.entry.length);
    let order = |order: &Value| patiently(|| api.post(&path, &tokens.fresh()?, order));
    let state = order(&json!({"length": length}))?;
    let Some(there) = state.get("parts").and_then(Value::as_array) else {
        return Ok(());
    };
    let there: BTreeSet<u64> = there.iter().filter_map(Value::as_u64).collect();
    let size = state.get("part_size").and_then(Value::as_u64);
    let size = size
        .filter(|size| *size > 0 && size.is_multiple_of(upload.entry.chunk_size))
        .context("the worker's part size does not fit; is it an older version?")?;
    if !there.is_empty() {
        eprintln!(
            "dropgate: going on with {}: {} of {} parts are there",
            upload.entry.path.file,
            there.len(),
            length.div_ceil(size)
        );
    }
    for number in 1..=length.div_ceil(size) {
        let from = (number - 1) * size;
        let part = Part {
            upload,
            number,
            from,
            length: size.min(length - from),
        };
        if !there.contains(&number) {
            let digest = part.digest()?;
            patiently(|| {
                bar.set_position(start + from);
                part.send(api, tokens, &digest, bar)
            })?;
        }
        bar.set_position(start + from + part.length);
    }
    order(&json!({"length": length, "join": true})).map(|_| ())
}

struct Part<'a> {
    upload: &'a Upload,
    number: u64,
    from: u64,
    length: u64,
}

impl Part<'_> {
    fn open(&self) -> Result<std::io::Take<File>> {
        let mut file = self.upload.open()?;
        file.seek(SeekFrom::Start(self.from))?;
        Ok(file.take(self.length))
    }

    /// Reads the part chunk by chunk and checks it against what was measured:
    /// parts of two versions of a file must not become one. Its digest, for the
    /// worker to check.
    fn digest(&self) -> Result<Sha256> {
        let entry = &self.upload.entry;
        let first = usize::try_from(self.from / entry.chunk_size)?;
        let mut expected = entry.chunks.iter().skip(first);
        let (mut file, mut hasher) = (self.open()?, hmac_sha256::Hash::new());
        let mut chunk = Vec::with_capacity(usize::try_from(entry.chunk_size)?);
        loop {
            chunk.clear();
            (&mut file).take(entry.chunk_size).read_to_end(&mut chunk)?;
            if chunk.is_empty() {
                return Ok(Sha256(hasher.finalize()));
            }
            if expected.next() != Some(&Sha256::of(&chunk)) {
                bail!(
                    "{} changed while it was published; publish it again when it is at rest",
                    self.upload.source.display()
                );
            }
            hasher.update(&chunk);
        }
    }

    fn send(&self, api: &Api, tokens: &Tokens, digest: &Sha256, bar: &ProgressBar) -> Result<()> {
        let path = format!("{}?part={}", self.upload.path(), self.number);
        let body = Counted::new(self.open()?, bar);
        api.put(&path, &tokens.fresh()?, self.length, Some(digest), body)
    }
}
