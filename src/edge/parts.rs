//! Objects that come in parts, and the lists of objects, on R2.

use futures_util::future::join3;
use worker::{Env, Error, MultipartUpload, UploadedPart, web_sys::ReadableStream};

use super::{
    js::{self, fault},
    store::{PORT, bucket, failed},
};
use crate::{
    ports::{Listed, PartReceived, PortError},
    trust::Sha256,
};

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
    let fixed = js::FixedLengthStream::of(length).map_err(fault(PORT))?;
    let (to_store, to_hash) = js::tee(body).map_err(fault(PORT))?;
    let (piped, part, hashed) = join3(
        js::pipe_all(&to_store, &fixed),
        upload.upload_part(number, fixed.readable()),
        js::sha256_of(&to_hash),
    )
    .await;
    match (piped, part, hashed) {
        (_, Err(error), _) if is_gone(&error) => Ok(PartReceived::Gone),
        (Ok(()), Ok(part), Ok(found)) if found == sha256 => Ok(PartReceived::Stored(part.etag())),
        // Other bytes, or the body ended early or went on for too long.
        (Ok(()), Ok(_), Ok(_)) | (Err(_), ..) => Ok(PartReceived::Mismatch),
        (_, Err(error), _) => Err(failed(error)),
        (_, _, Err(thrown)) => Err(fault(PORT)(thrown)),
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
