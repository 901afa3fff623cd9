//! The `Hot` port on KV and the `Nearby` port on the Cache API.

use worker::{Cache, Env, Headers, Response};

use crate::ports::{PortError, Sealed};

/// Cache keys must be URLs; this host exists nowhere.
const CACHE_ORIGIN: &str = "https://cache.dropgate.invalid/";
const SEAL_HEADER: &str = "x-seal";

pub async fn hot_get(env: &Env, key: &str) -> Result<Option<Sealed>, PortError> {
    let kv = env
        .kv("HOT")
        .map_err(|error| PortError::new("hot", error))?;
    let (bytes, seal) = kv
        .get(key)
        .bytes_with_metadata::<String>()
        .await
        .map_err(|error| PortError::new("hot", error))?;
    Ok(bytes.map(|bytes| Sealed {
        bytes,
        seal: seal.unwrap_or_default(),
    }))
}

/// KV refuses to forget earlier.
const SHORTEST: u32 = 60;

pub async fn hot_put(
    env: &Env,
    key: &str,
    value: &Sealed,
    seconds: Option<u32>,
) -> Result<(), PortError> {
    let fault = |error: worker::KvError| PortError::new("hot", error);
    let kv = env
        .kv("HOT")
        .map_err(|error| PortError::new("hot", error))?;
    let mut put = kv
        .put_bytes(key, &value.bytes)
        .map_err(fault)?
        .metadata(&value.seal)
        .map_err(fault)?;
    if let Some(seconds) = seconds {
        put = put.expiration_ttl(seconds.max(SHORTEST).into());
    }
    put.execute().await.map_err(fault)
}

pub async fn hot_list(env: &Env, prefix: &str) -> Result<Vec<String>, PortError> {
    let kv = env
        .kv("HOT")
        .map_err(|error| PortError::new("hot", error))?;
    let found = kv.list().prefix(prefix.to_owned()).execute().await;
    let found = found.map_err(|error| PortError::new("hot", error))?;
    Ok(found.keys.into_iter().map(|key| key.name).collect())
}

pub async fn hot_remove(env: &Env, key: &str) -> Result<(), PortError> {
    let kv = env
        .kv("HOT")
        .map_err(|error| PortError::new("hot", error))?;
    let removed = kv.delete(key).await;
    removed.map_err(|error| PortError::new("hot", error))
}

pub async fn nearby_get(key: &str) -> Result<Option<Sealed>, PortError> {
    let fault = |error: worker::Error| PortError::new("nearby", error);
    let found = Cache::default()
        .get(format!("{CACHE_ORIGIN}{key}"), true)
        .await
        .map_err(fault)?;
    let Some(mut response) = found else {
        return Ok(None);
    };
    let seal = response.headers().get(SEAL_HEADER).map_err(fault)?;
    let bytes = response.bytes().await.map_err(fault)?;
    Ok(Some(Sealed {
        bytes,
        seal: seal.unwrap_or_default(),
    }))
}

pub async fn nearby_put(key: &str, value: &Sealed, seconds: u32) -> Result<(), PortError> {
    let fault = |error: worker::Error| PortError::new("nearby", error);
    let headers = Headers::new();
    headers.set(SEAL_HEADER, &value.seal).map_err(fault)?;
    headers
        .set("cache-control", &format!("public, max-age={seconds}"))
        .map_err(fault)?;
    let response = Response::from_bytes(value.bytes.clone())
        .map_err(fault)?
        .with_headers(headers);
    Cache::default()
        .put(format!("{CACHE_ORIGIN}{key}"), response)
        .await
        .map_err(fault)
}
