//! `GET /metadata/...`: the chain as a stock TUF client reads it. The client
//! verifies it itself, so the bytes go out as they are, once they are known to
//! be the ones that were published under that name.

use super::{
    Answer, Desk,
    catalogue::{METADATA_LIMIT, metadata_at},
    http::Request,
    problem::Problem,
    respond::from_bytes,
};
use crate::{
    delivery::{
        etag::EntityTag,
        response::{Access, Representation},
    },
    ports::World,
    trust::Sha256,
};

impl<W: World> Desk<'_, W> {
    /// `timestamp.json`, or `N.role.json`, however old.
    pub(super) async fn metadata(&self, request: &Request<W::Body>, file: &str) -> Answer<W> {
        let bytes = if file == "timestamp.json" {
            let tip = self.world.tip().await.map_err(|fault| self.fault(&fault))?;
            tip.ok_or_else(|| nothing(file))?.timestamp
        } else {
            self.published_file(file).await?
        };
        let sha256 = Sha256::of(&bytes);
        let representation = Representation {
            length: bytes.len() as u64,
            etag: EntityTag::of_bytes(&sha256),
            modified: None,
            sha256: Some(sha256),
            media_type: "application/json",
            file_name: file,
            save: false,
            access: Access::Public,
            vary: "",
        };
        let mut reply = from_bytes(request, &representation, &bytes, self.world.now())?;
        // A name with a version always names the same bytes; the timestamp is
        // what clients ask for to learn that something has changed.
        let caching = if file == "timestamp.json" {
            "no-cache, no-transform"
        } else {
            "public, max-age=31536000, immutable, no-transform"
        };
        reply.set("Cache-Control", caching);
        Ok(reply)
    }

    async fn published_file(&self, file: &str) -> Result<Vec<u8>, Problem> {
        let sha256 = self.world.metadata(file).await;
        let sha256 = sha256.map_err(|fault| self.fault(&fault))?;
        let sha256 = sha256.ok_or_else(|| nothing(file))?;
        let read = self.world.read(&metadata_at(sha256), METADATA_LIMIT).await;
        let found = read.map_err(|fault| self.fault(&fault))?;
        let bytes = found.map(|sealed| sealed.bytes).unwrap_or_default();
        if Sha256::of(&bytes) != sha256 {
            // `3.alice.json` is a file of the role `alice`.
            let role = file.split_once('.').map_or(file, |(_, role)| role);
            return Err(self.lost(role.strip_suffix(".json").unwrap_or(role)));
        }
        Ok(bytes)
    }
}

fn nothing(file: &str) -> Problem {
    Problem::not_found(format!(
        "No metadata file {:?} was published here; begin at timestamp.json or 1.root.json.",
        file.chars().take(140).collect::<String>()
    ))
}
