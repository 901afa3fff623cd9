//! Files on their way in: whole, or in parts that can be gone on with. They are
//! visible to nobody until a manifest names them.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::{
    Answer, Desk,
    admin::number,
    http::{Reply, Request},
    measure::Span,
    problem::Problem,
};
use crate::{
    gate::{
        PART_SIZE,
        book::{EndUpload, NotePart, OpenUpload, UploadOf},
    },
    ports::{PartReceived, Received, World},
    trust::{Sha256, TargetPath},
};

/// The largest file taken in one request; Cloudflare takes bodies of 100 MB.
const UPLOAD_LIMIT: u64 = 100 * 1024 * 1024;

/// R2 takes no more parts.
const MOST_PARTS: u64 = 10_000;

/// The JSON that begins or ends an upload in parts.
const ORDER_LIMIT: usize = 1024;

/// What an upload that has vanished is told.
const LOST: &str = "This upload is over, or was given up after a day; begin it again.";

impl<W: World> Desk<'_, W> {
    /// `PUT /admin/files/...`: stores a file under its digest; with `?part=3`
    /// and `Content-Digest`, one part of it.
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
        let key = upload_key(path, sha256);
        if let Some(part) = request.query("part") {
            return self.upload_part(request, &key, &part, length).await;
        }
        if length > UPLOAD_LIMIT {
            return Err(Problem::too_large(format!(
                "A file of {length} bytes is more than the {UPLOAD_LIMIT} one request can carry; send it in parts."
            )));
        }
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
            Received::Mismatch => Err(mismatch()),
        }
    }

    /// `POST /admin/files/...` `{"length": n}`: begins an upload in parts, or
    /// says which parts of it are there; with `"join": true` makes them the file.
    pub(super) async fn upload_in_parts(
        &self,
        request: Request<W::Body>,
        path: &TargetPath,
        sha256: Sha256,
    ) -> Answer<W> {
        self.creator(&request, Some(&path.drop)).await?;
        let order = self.json_body(request, ORDER_LIMIT).await?;
        let length = number(&order, "length")?
            .filter(|length| (1..=PART_SIZE * MOST_PARTS).contains(length))
            .ok_or_else(|| {
                Problem::bad_request(format!(
                    "\"length\" must be the file's, from 1 to {} bytes.",
                    PART_SIZE * MOST_PARTS
                ))
            })?;
        let key = upload_key(path, sha256);
        let head = self.world.head(&key).await;
        let head = head.map_err(|fault| self.fault(&fault))?;
        // What was joined has no digest; each of its parts was checked.
        let is_there =
            head.is_some_and(|head| head.size == length && head.sha256.is_none_or(|d| d == sha256));
        if is_there {
            return Ok(Reply::json(200, &json!({"stored": false})));
        }
        if order.get("join") == Some(&Value::Bool(true)) {
            return self.join(&key, length).await;
        }
        let (_, parts) = self.open_upload(&key, length).await?;
        let numbers: Vec<u16> = parts.into_iter().map(|(number, _)| number).collect();
        let state = json!({"stored": false, "part_size": PART_SIZE, "parts": numbers});
        Ok(Reply::json(202, &state))
    }

    /// The upload under way, begun if there is none.
    async fn open_upload(
        &self,
        key: &str,
        length: u64,
    ) -> Result<(OpenUpload, Vec<(u16, String)>), Problem> {
        if let Some(known) = self.upload_of(key, None).await? {
            if known.0.length == length {
                return Ok(known);
            }
            self.give_up(key, &known.0.upload).await?;
        }
        let upload = self.world.begin_parts(key).await;
        let begun = OpenUpload {
            upload: upload.map_err(|fault| self.fault(&fault))?,
            length,
            seen: self.world.now(),
        };
        let mine = begun.upload.clone();
        let winner = self.upload_of(key, Some(begun)).await?.ok_or_else(lost)?;
        if winner.0.upload != mine {
            let dropped = self.world.drop_parts(key, &mine).await;
            dropped.map_err(|fault| self.fault(&fault))?;
        }
        Ok(winner)
    }

    async fn upload_of(
        &self,
        key: &str,
        begun: Option<OpenUpload>,
    ) -> Result<Option<(OpenUpload, Vec<(u16, String)>)>, Problem> {
        let key = key.to_owned();
        let known = self.world.ask(&UploadOf { key, begun }).await;
        known.map_err(|fault| self.fault(&fault))
    }

    /// Forgets an upload, in the store first: what the book knows can still be swept.
    pub(super) async fn give_up(&self, key: &str, upload: &str) -> Result<(), Problem> {
        let dropped = self.world.drop_parts(key, upload).await;
        dropped.map_err(|fault| self.fault(&fault))?;
        let (key, upload) = (key.to_owned(), upload.to_owned());
        let ended = self.world.ask(&EndUpload { key, upload }).await;
        ended.map_err(|fault| self.fault(&fault))
    }

    async fn upload_part(
        &self,
        request: Request<W::Body>,
        key: &str,
        part: &str,
        length: u64,
    ) -> Answer<W> {
        let sha256 = content_digest(&request)?;
        let (open, _) = self.upload_of(key, None).await?.ok_or_else(lost)?;
        let number = part.parse::<u16>().ok();
        let place = number.and_then(|number| Some((number, part_length(open.length, number)?)));
        let Some((number, wanted)) = place else {
            return Err(Problem::bad_request("There is no such part of the file."));
        };
        let (true, Some(body)) = (length == wanted, request.body) else {
            return Err(Problem::bad_request(format!(
                "Part {number} of this file has {wanted} bytes."
            )));
        };
        let received = self
            .world
            .receive_part(key, &open.upload, number, body, length, sha256)
            .await;
        let tag = match received.map_err(|fault| self.fault(&fault))? {
            PartReceived::Stored(tag) => tag,
            PartReceived::Mismatch => return Err(mismatch()),
            PartReceived::Gone => {
                self.give_up(key, &open.upload).await?;
                return Err(lost());
            }
        };
        let note = NotePart {
            key: key.to_owned(),
            upload: open.upload,
            part: (number, tag),
        };
        let noted = self.world.ask(&note).await;
        if noted.map_err(|fault| self.fault(&fault))? {
            return Ok(Reply::json(201, &json!({"stored": true})));
        }
        Err(lost())
    }

    async fn join(&self, key: &str, length: u64) -> Answer<W> {
        let (open, parts) = self.upload_of(key, None).await?.ok_or_else(lost)?;
        let wanted = length.div_ceil(PART_SIZE);
        let is_complete = open.length == length
            && parts.len() as u64 == wanted
            && parts
                .last()
                .is_some_and(|(last, _)| u64::from(*last) == wanted);
        if !is_complete {
            return Err(Problem::new(
                409,
                "parts-missing",
                "Parts of the file are missing",
                format!("{} of {wanted} parts are there.", parts.len()),
            ));
        }
        let joined = self.world.join_parts(key, &open.upload, &parts).await;
        let joined = joined.map_err(|fault| self.fault(&fault))?;
        self.give_up(key, &open.upload).await?;
        if joined {
            return Ok(Reply::json(201, &json!({"stored": true})));
        }
        Err(lost())
    }
}

/// Where the store keeps a file that was announced.
fn upload_key(path: &TargetPath, sha256: Sha256) -> String {
    format!("targets/{}/{sha256}.{}", path.drop, path.file)
}

/// How long a part is, if the file has it.
fn part_length(length: u64, number: u16) -> Option<u64> {
    let start = u64::from(number.checked_sub(1)?) * PART_SIZE;
    let rest = length.checked_sub(start).filter(|rest| *rest > 0)?;
    Some(rest.min(PART_SIZE))
}

/// RFC 9530: `Content-Digest: sha-256=:BASE64:`.
fn content_digest<B>(request: &Request<B>) -> Result<Sha256, Problem> {
    request
        .header("content-digest")
        .and_then(|field| field.strip_prefix("sha-256=:")?.strip_suffix(':'))
        .and_then(|text| STANDARD.decode(text).ok()?.try_into().ok())
        .map(Sha256)
        .ok_or_else(|| {
            Problem::bad_request("Send 'Content-Digest: sha-256=:BASE64:' (RFC 9530) with a part.")
        })
}

fn mismatch() -> Problem {
    Problem::new(
        422,
        "upload-mismatch",
        "The bytes are not the announced ones",
        "The body does not have the length or the SHA-256 that was announced; send it again.",
    )
}

fn lost() -> Problem {
    Problem::new(409, "upload-lost", "The upload is not under way", LOST)
}
