//! Calls to the Durable Objects: one JSON request, one JSON answer. Who keeps
//! the books is decided in `*_object.rs`; here is only the wire.

use serde::{Serialize, de::DeserializeOwned};
use worker::{Env, Method, Request, RequestInit, Response, SqlStorage, SqlStorageValue};

use crate::ports::PortError;

/// Asks the object `name` of the namespace `binding` to do `operation`.
pub async fn call<Q: Serialize, A: DeserializeOwned>(
    env: &Env,
    binding: &'static str,
    name: &str,
    operation: &str,
    question: &Q,
) -> Result<A, PortError> {
    crate::metrics::tally::add("stores", &["object", "request"], 1);
    let fault = |error: worker::Error| PortError::new(binding, error);
    let body = serde_json::to_string(question).map_err(|error| PortError::new(binding, error))?;
    let mut init = RequestInit::new();
    init.with_method(Method::Post).with_body(Some(body.into()));
    let request =
        Request::new_with_init(&format!("https://object/{operation}"), &init).map_err(fault)?;
    let stub = env
        .durable_object(binding)
        .and_then(|namespace| namespace.get_by_name(name))
        .map_err(fault)?;
    let mut response = stub.fetch_with_request(request).await.map_err(fault)?;
    let text = response.text().await.map_err(fault)?;
    if response.status_code() != 200 {
        return Err(PortError::new(binding, format!("{operation}: {text}")));
    }
    serde_json::from_str(&text).map_err(|error| PortError::new(binding, error))
}

/// The operation and its question, as an object receives them.
pub async fn received(mut request: Request) -> Result<(String, String), PortError> {
    let operation = request.path().trim_start_matches('/').to_owned();
    let question = request
        .text()
        .await
        .map_err(|error| PortError::new("object", error))?;
    Ok((operation, question))
}

/// Parses a question.
pub fn asked<Q: DeserializeOwned>(question: &str) -> Result<Q, PortError> {
    serde_json::from_str(question).map_err(|error| PortError::new("object", error))
}

/// An operation's outcome as the answer on the wire.
pub fn answer(outcome: Result<serde_json::Value, PortError>) -> worker::Result<Response> {
    match outcome {
        Ok(value) => Response::from_json(&value),
        Err(error) => Response::error(error.to_string(), 500),
    }
}

/// Turns a value into the JSON of an answer.
pub fn json<T: Serialize>(value: &T) -> Result<serde_json::Value, PortError> {
    serde_json::to_value(value).map_err(|error| PortError::new("object", error))
}

/// The rows a query yields. Never `SqlCursor::one`, which throws on no row.
pub fn rows<T: DeserializeOwned>(
    sql: &SqlStorage,
    query: &str,
    bindings: Vec<SqlStorageValue>,
) -> Result<Vec<T>, PortError> {
    sql.exec(query, bindings)
        .and_then(|cursor| cursor.to_array())
        .map_err(|error| PortError::new("sql", error))
}

/// Runs a statement that yields no row.
pub fn execute(
    sql: &SqlStorage,
    query: &str,
    bindings: Vec<SqlStorageValue>,
) -> Result<(), PortError> {
    sql.exec(query, bindings)
        .map(|_| ())
        .map_err(|error| PortError::new("sql", error))
}
