//! Who may change things: the operator by a token, a creator by their own key.

use serde_json::{Value, json};

use super::{
    Answer, Desk,
    http::{Reply, Request},
    measure::Span,
    problem::Problem,
};
use crate::{
    gate::{GateError, UnprovenUpload, VerifyingKey},
    ports::{Received, World},
    trust::{DropPath, Name, Sha256, TargetPath},
};

/// The largest file taken in one request; Cloudflare takes bodies of 100 MB.
const UPLOAD_LIMIT: u64 = 100 * 1024 * 1024;

impl<W: World> Desk<'_, W> {
    /// Lets only the operator pass.
    pub(super) fn operator(&self, request: &Request<W::Body>) -> Result<(), Problem> {
        if self.config.is_operator(bearer(request).unwrap_or_default()) {
            Ok(())
        } else {
            Err(unauthorised(
                "Send the operator's token: 'Authorization: Bearer <ADMIN_TOKEN>'.",
            ))
        }
    }

    /// Lets the operator pass, and any creator of the marketplace.
    pub(super) async fn publisher(&self, request: &Request<W::Body>) -> Result<(), Problem> {
        if self.operator(request).is_ok() {
            return Ok(());
        }
        self.creator(request, None).await
    }

    /// Checks the short token a creator signs with the key that the
    /// marketplace delegates to.
    async fn creator(
        &self,
        request: &Request<W::Body>,
        drop: Option<&DropPath>,
    ) -> Result<(), Problem> {
        let token = bearer(request).ok_or_else(|| {
            unauthorised("Send a token signed by the creator's key; 'dropgate publish' makes one.")
        })?;
        let wrong = |error: GateError| unauthorised(&format!("{error}"));
        let unproven = UnprovenUpload::parse(token).map_err(wrong)?;
        let keys = self.creator_keys(unproven.creator()).await?;
        let right = unproven
            .prove(&keys, &self.config.gate.audience, self.world.now())
            .map_err(wrong)?;
        match drop {
            Some(drop) if *drop != right.drop => Err(unauthorised(&format!(
                "The token is for {}, not for {drop}.",
                right.drop
            ))),
            _ => Ok(()),
        }
    }

    pub(super) async fn creator_keys(&self, creator: &Name) -> Result<Vec<VerifyingKey>, Problem> {
        let keys = self.look(|set, now| set.creator_keys(creator, now)).await;
        // Whether the name is nobody's or the token is wrong is the same answer.
        let keys = keys.map_err(|problem| match problem.status {
            404 => unauthorised("The token is not one of a creator of this marketplace."),
            _ => problem,
        })?;
        Ok(keys
            .into_iter()
            .filter_map(|key| VerifyingKey::from_bytes(key.0).ok())
            .collect())
    }

    /// `PUT /admin/files/...`: stores a file under its digest. It is visible to
    /// nobody until a manifest names it.
    pub(super) async fn upload(
        &self,
        request: Request<W::Body>,
        path: &TargetPath,
        sha256: Sha256,
    ) -> Answer<W> {
        self.creator(&request, Some(&path.drop)).await?;
        let length = request.content_length().ok_or_else(|| {
            Problem::new(
                411,
                "length-required",
                "The length is missing",
                "Send Content-Length.",
            )
        })?;
        if length > UPLOAD_LIMIT {
            return Err(Problem::too_large(format!(
                "A file of {length} bytes is more than the {UPLOAD_LIMIT} one request can carry."
            )));
        }
        let key = format!("targets/{}/{sha256}.{}", path.drop, path.file);
        let head = self
            .world
            .head(&key)
            .await
            .map_err(|fault| self.fault(&fault))?;
        if head.is_some_and(|head| head.size == length && head.sha256 == Some(sha256)) {
            return Ok(Reply::json(200, &json!({"stored": false})));
        }
        let received = async {
            match request.body {
                Some(body) => self.world.receive(&key, body, length, sha256).await,
                None => self.world.store_empty(&key, sha256).await,
            }
        };
        let received = self.timed(Span::Store, received).await;
        match received.map_err(|fault| self.fault(&fault))? {
            Received::Stored => Ok(Reply::json(201, &json!({"stored": true}))),
            Received::Mismatch => Err(Problem::new(
                422,
                "upload-mismatch",
                "The bytes are not the announced ones",
                "The body does not have the length or the SHA-256 that the URL names; send it again.",
            )),
        }
    }

    /// The JSON of a body of at most `limit` bytes.
    pub(super) async fn json_body(
        &self,
        request: Request<W::Body>,
        limit: usize,
    ) -> Result<Value, Problem> {
        let bytes = self.body_bytes(request, limit).await?;
        serde_json::from_slice(&bytes)
            .map_err(|error| Problem::bad_request(format!("The body is not JSON: {error}.")))
    }

    /// A body of at most `limit` bytes.
    pub(super) async fn body_bytes(
        &self,
        request: Request<W::Body>,
        limit: usize,
    ) -> Result<Vec<u8>, Problem> {
        let Some(body) = request.body else {
            return Ok(Vec::new());
        };
        let collected = self.world.collect(body, limit).await;
        collected
            .map_err(|_| Problem::bad_request("The body ended before its length was reached."))?
            .ok_or_else(|| Problem::too_large(format!("The body may have at most {limit} bytes.")))
    }
}

fn bearer<B>(request: &Request<B>) -> Option<&str> {
    let (scheme, token) = request.header("authorization")?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn unauthorised(detail: &str) -> Problem {
    Problem::new(401, "not-authorised", "This needs authorisation", detail)
        .with("www-authenticate", "Bearer realm=\"dropgate-admin\"")
}

/// A text; absent and null are none.
pub(super) fn text(body: &Value, name: &str) -> Result<Option<String>, Problem> {
    match body.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(Problem::bad_request(format!("\"{name}\" must be a text."))),
    }
}

/// A whole number; absent and null are none.
pub(super) fn number(body: &Value, name: &str) -> Result<Option<u64>, Problem> {
    match body.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => value
            .as_u64()
            .map(Some)
            .ok_or_else(|| Problem::bad_request(format!("\"{name}\" must be a whole number."))),
    }
}
