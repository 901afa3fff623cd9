//! The `Store` port on R2.

use futures_util::future::join;
use worker::{Bucket, Env, Object, Range, ResponseBody, web_sys::ReadableStream};

use super::js::{self, fault};
use crate::{
    delivery::{Span, plan::Stored},
    ports::{ObjectHead, PortError, Received, Sealed},
    trust::Sha256,
};

pub const PORT: &str = "store";
/// The custom metadata field that holds an object's seal.
const SEAL: &str = "seal";

/// Bodies that are read whole come in steps of this many bytes.
const COLLECT_STEP: u32 = 256 * 1024;

/// The bucket.
pub fn bucket(env: &Env) -> Result<Bucket, PortError> {
    env.bucket("STORE").map_err(failed)
}

pub fn failed(error: worker::Error) -> PortError {
    PortError::new(PORT, error)
}

pub async fn head(env: &Env, key: &str) -> Result<Option<ObjectHead>, PortError> {
    let found = bucket(env)?.head(key).await.map_err(failed)?;
    Ok(found.map(|object| {
        let Stored { length, sha256 } = stored(&object);
        ObjectHead {
            size: length,
            sha256,
        }
    }))
}

/// What R2 says about an object.
pub fn stored(object: &Object) -> Stored {
    let sha256 = object
        .checksum()
        .sha256
        .and_then(|bytes| Some(Sha256(bytes.as_slice().try_into().ok()?)));
    Stored {
        length: object.size(),
        sha256,
    }
}

/// The object with its bytes `span`; an empty span gets the object alone,
/// because R2 knows no empty range.
pub async fn get(env: &Env, key: &str, span: Span) -> Result<Option<Object>, PortError> {
    let bucket = bucket(env)?;
    if span.is_empty() {
        return bucket.head(key).await.map_err(failed);
    }
    let range = Range::OffsetWithLength {
        offset: span.start(),
        length: span.length(),
    };
    match bucket.get(key).range(range).execute().await {
        Ok(object) => Ok(object),
        // Perhaps the object is shorter than the range (R2 says 10039, miniflare
        // throws when it is empty): then the caller sees it by its size.
        Err(error) => match bucket.head(key).await.map_err(failed)? {
            Some(object) if object.size() < span.end() => Ok(Some(object)),
            _ => Err(failed(error)),
        },
    }
}

/// The object with all of its bytes, however many they are.
pub async fn get_whole(env: &Env, key: &str) -> Result<Option<Object>, PortError> {
    bucket(env)?.get(key).execute().await.map_err(failed)
}

/// The stream of an object that was got; `None` when it came without bytes.
pub fn stream(object: &Object) -> Result<Option<ReadableStream>, PortError> {
    let Some(body) = object.body() else {
        return Ok(None);
    };
    match body.response_body().map_err(failed)? {
        ResponseBody::Stream(stream) => Ok(Some(stream)),
        ResponseBody::Empty | ResponseBody::Body(_) => Ok(None),
    }
}

pub async fn read(env: &Env, key: &str, limit: u64) -> Result<Option<Sealed>, PortError> {
    let Some(object) = bucket(env)?.get(key).execute().await.map_err(failed)? else {
        return Ok(None);
    };
    if object.size() > limit {
        let why = format!("{key} is larger than {limit} bytes");
        return Err(PortError::new(PORT, why));
    }
    let bytes = match object.body() {
        Some(body) => body.bytes().await.map_err(failed)?,
        None => Vec::new(),
    };
    let seal = object
        .custom_metadata()
        .map_err(failed)?
        .remove(SEAL)
        .unwrap_or_default();
    Ok(Some(Sealed { bytes, seal }))
}

pub async fn write(env: &Env, key: &str, bytes: &[u8], seal: &str) -> Result<(), PortError> {
    let metadata = std::collections::HashMap::from([(SEAL.to_owned(), seal.to_owned())]);
    bucket(env)?
        .put(key, bytes.to_vec())
        .custom_metadata(metadata)
        .execute()
        .await
        .map(|_| ())
        .map_err(failed)
}

/// An object without bytes, bound to the SHA-256 of nothing.
pub async fn write_empty(env: &Env, key: &str) -> Result<(), PortError> {
    bucket(env)?
        .put(key, Vec::new())
        .sha256(Sha256::of(&[]).0.to_vec())
        .execute()
        .await
        .map(|_| ())
        .map_err(failed)
}

pub async fn receive(
    env: &Env,
    key: &str,
    body: ReadableStream,
    length: u64,
    sha256: Sha256,
) -> Result<Received, PortError> {
    // R2 takes only streams whose length is known.
    let fixed = js::FixedLengthStream::of(length).map_err(fault(PORT))?;
    let readable = fixed.readable();
    let bucket = bucket(env)?;
    let put = bucket
        .put(key, readable)
        .sha256(sha256.0.to_vec())
        .execute();
    let (piped, put) = join(js::pipe_all(&body, &fixed), put).await;
    match (piped, put) {
        (Ok(()), Ok(Some(_))) => Ok(Received::Stored),
        (_, Err(error)) if is_mismatch(&error) => Ok(Received::Mismatch),
        // The body ended early or went on for too long.
        (Err(_), _) => Ok(Received::Mismatch),
        (_, Ok(None)) => Err(PortError::new(PORT, "the put was refused")),
        (_, Err(error)) => Err(failed(error)),
    }
}

/// R2 refuses other bytes than announced (10037); the stream refuses more or fewer.
pub fn is_mismatch(error: &worker::Error) -> bool {
    let text = error.to_string();
    ["10037", "checksum", "FixedLengthStream"]
        .iter()
        .any(|sign| text.contains(sign))
}

/// The bytes of a body, `None` once it is longer than `limit`.
pub async fn collect(body: &ReadableStream, limit: usize) -> Result<Option<Vec<u8>>, PortError> {
    let reader = js::byob_reader(body).map_err(fault(PORT))?;
    let most = u32::try_from(limit.saturating_add(1)).unwrap_or(u32::MAX);
    let step = most.min(COLLECT_STEP);
    let mut out = Vec::new();
    loop {
        let chunk = reader.read(step).await.map_err(fault(PORT))?;
        out.extend(chunk.to_vec());
        if out.len() > limit {
            // What is left is not wanted, however long it is.
            let _ = reader.cancel().await;
            return Ok(None);
        }
        if chunk.length() < step {
            return Ok(Some(out));
        }
    }
}
