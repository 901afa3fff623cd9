//! An SVG drawing, which is text: it is sent as it is, but for what could run or
//! call out and for what of its metadata shall not travel, and to be saved rather
//! than shown. It needs no resizing, as at Cloudflare, and is not kept: to clean one
//! takes no longer than to look it up.

use super::{
    Answer, Desk,
    catalogue::Found,
    grant::Pass,
    http::Request,
    image::described,
    problem::Problem,
    respond::from_bytes,
    transform::{busy, whole},
};
use crate::{
    delivery::{etag::EntityTag, response::Representation},
    media::{MediaError, recipe::Metadata},
    ports::{Haste, World},
};

/// Larger drawings take too long to read.
const LIMIT: u64 = 4 * 1024 * 1024;

/// Whether a file is one.
pub(super) fn is_drawing(found: &Found) -> bool {
    let essence = found.file.media_type.split(';').next();
    essence.is_some_and(|essence| essence.trim().eq_ignore_ascii_case("image/svg+xml"))
}

impl<W: World> Desk<'_, W> {
    /// For who may have the file: a drawing has no smaller form to preview.
    pub(super) async fn drawing(
        &self,
        request: &Request<W::Body>,
        found: &Found,
        metadata: Metadata,
        pass: Pass,
    ) -> Answer<W> {
        let drawing = whole(&self.world.clone(), found, "bytes of a drawing", LIMIT).await;
        let drawing = drawing.map_err(|failure| self.failed(failure))?;
        let room = self.world.desk(Haste::Now).await;
        let room = room.map_err(|fault| self.fault(&fault))?.ok_or_else(busy)?;
        let cleaned = self.world.clean(&drawing, metadata).await;
        drop(room);
        let cleaned = cleaned
            .map_err(|fault| self.fault(&fault))?
            .ok_or_else(|| {
                Problem::from_media(
                    MediaError::Damaged("it is no SVG drawing that can be read").into(),
                )
            })?;
        let sha256 = self.world.sha256(&cleaned).await;
        let sha256 = sha256.map_err(|fault| self.fault(&fault))?;
        let representation = Representation {
            length: cleaned.len() as u64,
            etag: EntityTag::of_bytes(&sha256),
            modified: None,
            sha256: Some(sha256),
            media_type: "image/svg+xml",
            file_name: found.file.path.file.as_str(),
            save: true,
            access: found.shared(),
            vary: "",
        };
        let reply = from_bytes(request, &representation, &cleaned, self.world.now())?;
        Ok(described(reply, "dropgate; fwd=bypass", found).with_all(pass.headers))
    }
}
