//! `POST /check/{creator}/{drop}/{file}`: a client sends the hashes of what it
//! has and is told what to fetch again.

use super::{
    Answer, Desk,
    http::{Reply, Request},
    problem::Problem,
};
use crate::{
    delivery::check::{self, MAX_BODY},
    ports::World,
    trust::TargetPath,
};

impl<W: World> Desk<'_, W> {
    /// The hashes of a file are in its public manifest: no grant is needed.
    pub(super) async fn check(&self, request: Request<W::Body>, path: &TargetPath) -> Answer<W> {
        let found = self.find(path).await?;
        let body = self.body_bytes(request, MAX_BODY).await?;
        let wrong = |error: check::CheckError| {
            Problem::new(
                422,
                "check-malformed",
                "The hashes are malformed",
                format!("{error}."),
            )
        };
        let asked = check::Request::parse(&body).map_err(wrong)?;
        let entry = found.entry()?;
        let report = check::check(&asked, entry.sha256, &entry.chunks).map_err(wrong)?;
        let report = serde_json::to_value(report).unwrap_or_default();
        Ok(Reply::json(200, &report))
    }
}
