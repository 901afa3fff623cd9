//! `GET /log/{name}/...`: the logs as C2SP tlog-tiles serves them.

use super::{Answer, Desk, http::Request, problem::Problem, respond::from_bytes};
use crate::{
    delivery::{
        etag::EntityTag,
        response::{Access, Representation},
    },
    evidence::tile::Resource,
    ports::{LogName, World},
    trust::Sha256,
};

/// A full tile is 8 KiB; a full bundle of entries may be larger.
const TILE_LIMIT: u64 = 16 * 1024 * 1024;

impl<W: World> Desk<'_, W> {
    /// A checkpoint, a tile or a bundle of entries.
    pub(super) async fn log(
        &self,
        request: &Request<W::Body>,
        name: &str,
        rest: &str,
    ) -> Answer<W> {
        let nothing = || {
            Problem::not_found(
                "A log has checkpoint, tile/L/N and tile/entries/N (C2SP tlog-tiles).",
            )
        };
        // `publish-2026h2`: a kind and a half-year.
        let (kind, _) = name.split_once('-').ok_or_else(nothing)?;
        LogName::parse(kind).ok_or_else(nothing)?;
        let resource = Resource::parse(rest).ok_or_else(nothing)?;
        let read = self
            .world
            .read(&format!("log/{name}/{rest}"), TILE_LIMIT)
            .await;
        let found = read
            .map_err(|fault| self.fault(&fault))?
            .ok_or_else(nothing)?;
        let sha256 = Sha256::of(&found.bytes);
        let is_checkpoint = resource == Resource::Checkpoint;
        let representation = Representation {
            length: found.bytes.len() as u64,
            etag: EntityTag::of_bytes(&sha256),
            modified: None,
            sha256: Some(sha256),
            media_type: if is_checkpoint {
                "text/plain; charset=utf-8"
            } else {
                "application/octet-stream"
            },
            file_name: rest.rsplit('/').next().unwrap_or(rest),
            save: false,
            access: Access::Public,
            vary: "",
        };
        let mut reply = from_bytes(request, &representation, &found.bytes, self.world.now())?;
        let caching = if is_checkpoint {
            "no-cache"
        } else {
            "public, max-age=31536000, immutable"
        };
        reply.set("Cache-Control", caching);
        Ok(reply)
    }
}
