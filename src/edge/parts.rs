//! Objects that come in parts, and the lists of objects, on R2.

use std::pin::pin;

use futures_util::future::{Either, select};
use wasm_bindgen::JsValue;
use worker::{Env, Error, MultipartUpload, UploadedPart, web_sys::ReadableStream};

use super::{
    js::{self, DigestStream, FixedLengthStream, Writer, fault},
    store::{PORT, bucket, failed, is_mismatch},
};
use crate::{
    ports::{Listed, PartReceived, PortError},
    trust::Sha256,
};

/// A part passes in pieces of this many bytes.
const STEP: u32 = 256 * 1024;

pub async fn begin(env: &Env, key: &str) -> Result<String, PortError> {
    let begun = bucket(env)?.create_multipart_upload(key).execute().await;
    Ok(begun.map_err(failed)?.upload_id().await)
}

/// R2 keeps no digest of a part: it is hashed while it passes, and one that is
/// not as announced is not counted.
pub async fn receive(
    env: &Env,
    (key, name, number): (&str, &str, u16),
    body: &ReadableStream,
    length: u64,
    sha256: Sha256,
) -> Result<PartReceived, PortError> {
    let upload = upload(env, key, name)?;
    let fixed = FixedLengthStream::of(length).map_err(fault(PORT))?;
    let hashing = DigestStream::sha256().map_err(fault(PORT))?;
    let writers = [hashing.writer(), fixed.writer()].map(|writer| writer.map_err(fault(PORT)));
    let [to_hash, to_store] = writers;
    let (to_hash, to_store) = (to_hash?, to_store?);
    let stored = pin!(upload.upload_part(number, fixed.readable()));
    let copied = pin!(copy(body, &to_hash, &to_store));
    let (stored, copied) = match select(stored, copied).await {
        // R2 refuses without reading: nobody would take what is still to come.
        Either::Left((Err(error), _)) => (Err(error), Ok(())),
        Either::Left((stored, copied)) => (stored, copied.await),
        Either::Right((copied, stored)) => {
            if copied.is_err() {
                // So that R2 does not wait for what never comes.
                let _ = to_store.abort("the part is not as announced").await;
            }
            (stored.await, copied)
        }
    };
    match (stored, copied) {
        // The body ended early or went on for too long, or its sender left.
        (_, Err(_)) => Ok(PartReceived::Mismatch),
        (Err(error), _) if is_mismatch(&error) => Ok(PartReceived::Mismatch),
        (Err(error), _) if is_gone(&error) => Ok(PartReceived::Gone),
        (Err(error), _) => Err(failed(error)),
        (Ok(part), Ok(())) => {
            let found = hashing.finished().await.map_err(fault(PORT))?;
            if found == sha256 {
                Ok(PartReceived::Stored(part.etag()))
            } else {
                Ok(PartReceived::Mismatch)
            }
        }
    }
}

/// Copies a body piece by piece to both, never faster than the slower one takes
/// it, and closes them.
async fn copy(body: &ReadableStream, hash: &Writer, store: &Writer) -> Result<(), JsValue> {
    let reader = js::byob_reader(body)?;
    loop {
        let piece = reader.read(STEP).await?;
        if piece.length() > 0 {
            hash.write(&piece).await?;
            store.write(&piece).await?;
        }
        if piece.length() < STEP {
            hash.close().await?;
            return store.close().await;
        }
    }
}

pub async fn join(
    env: &Env,
    key: &str,
    name: &str,
    parts: &[(u16, String)],
) -> Result<bool, PortError> {
    let parts = parts
        .iter()
        .map(|(number, tag)| UploadedPart::new(*number, tag.clone()));
    match upload(env, key, name)?.complete(parts).await {
        Ok(_) => Ok(true),
        Err(error) if is_gone(&error) => Ok(false),
        Err(error) => Err(failed(error)),
    }
}

pub async fn forget(env: &Env, key: &str, name: &str) -> Result<(), PortError> {
    match upload(env, key, name)?.abort().await {
        Err(error) if !is_gone(&error) => Err(failed(error)),
        _ => Ok(()),
    }
}

pub async fn list(
    env: &Env,
    prefix: &str,
    after: &str,
    limit: u32,
) -> Result<Vec<Listed>, PortError> {
    let bucket = bucket(env)?;
    let mut list = bucket.list().prefix(prefix).limit(limit);
    if !after.is_empty() {
        list = list.start_after(after);
    }
    let found = list.execute().await.map_err(failed)?;
    let objects = found.objects().into_iter();
    Ok(objects
        .map(|object| Listed {
            key: object.key(),
            written: object.uploaded().as_millis() / 1000,
        })
        .collect())
}

pub async fn remove(env: &Env, keys: &[String]) -> Result<(), PortError> {
    if keys.is_empty() {
        return Ok(());
    }
    let removed = bucket(env)?.delete_multiple(keys.to_vec()).await;
    removed.map_err(failed)
}

fn upload(env: &Env, key: &str, name: &str) -> Result<MultipartUpload, PortError> {
    let resumed = bucket(env)?.resume_multipart_upload(key, name);
    resumed.map_err(failed)
}

/// R2's words for an upload (10024) or a part (10025) that it does not have.
fn is_gone(error: &Error) -> bool {
    let text = error.to_string();
    ["10024", "10025", "does not exist", "could not be found"]
        .iter()
        .any(|sign| text.contains(sign))
}
