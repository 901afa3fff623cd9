//! `GET /get/{creator}/{drop}/{file}`: the file itself.

use super::{
    Answer, Desk,
    catalogue::Found,
    grant::Asked,
    http::{Body, Reply, Request},
    respond::{Next, plan_reply},
};
use crate::{
    delivery::{
        etag::EntityTag,
        metalink,
        response::{Access, Representation},
    },
    gate::Grant,
    ports::{Part, World},
    trust::{self, Sha256, TargetPath},
};

impl<W: World> Desk<'_, W> {
    /// Trust says which bytes the path names, the gate whether they may go to
    /// this client, delivery which of them are asked for.
    pub(super) async fn download(
        &self,
        request: &Request<W::Body>,
        path: &TargetPath,
    ) -> Answer<W> {
        let found = self.find(path).await?;
        let allowed = self.admit(request, &Asked::found(&found))?;
        self.hand_over(request, &found, allowed.grant.as_ref())
            .await
    }

    /// `GET /targets/...`: the same bytes under the name a TUF client asks for.
    pub(super) async fn target(
        &self,
        request: &Request<W::Body>,
        path: &TargetPath,
        sha256: Sha256,
    ) -> Answer<W> {
        let found = self.find(path).await?;
        if found.file.sha256 != sha256 {
            return Err(super::problem::Problem::not_found(format!(
                "{path} no longer has this digest; fetch the newest metadata."
            )));
        }
        let allowed = self.admit(request, &Asked::found(&found))?;
        self.hand_over(request, &found, allowed.grant.as_ref())
            .await
    }

    async fn hand_over(
        &self,
        request: &Request<W::Body>,
        found: &Found,
        grant: Option<&Grant>,
    ) -> Answer<W> {
        let representation = representation(found);
        let metalink = format!("{}/get/{}.meta4", request.origin, found.file.path.drop);
        let link = metalink::described_by(&metalink);
        let (mut reply, wanted) = match plan_reply(request, &representation, self.world.now())? {
            Next::Done(reply) => return Ok(reply.with("Link", link)),
            Next::Send(reply, wanted) => (reply.with("Link", link), wanted),
        };
        if wanted.is_empty() {
            // No byte is asked of the store: there is nothing to check.
            return Ok(reply);
        }
        let done = self.receipt_when_delivered(found, grant, wanted, &mut reply)?;
        let part = Part::File {
            key: found.key(),
            entry: found.entry()?,
            span: wanted,
        };
        let sent = self
            .world
            .send(vec![part], self.config.verify, done)
            .await
            .map_err(|error| self.unsent(&found.file.path.drop, Some(&found.file.path), &error))?;
        reply.body = Body::Stream(sent.body);
        Ok(with_mode(reply, sent.mode))
    }
}

fn with_mode<B>(reply: Reply<B>, mode: &str) -> Reply<B> {
    reply.with("Server-Timing", format!("verify;desc=\"{mode}\""))
}

fn representation(found: &Found) -> Representation<'_> {
    Representation {
        length: found.file.length,
        etag: EntityTag::of_bytes(&found.file.sha256),
        modified: found.file.mtime,
        sha256: Some(found.file.sha256),
        media_type: &found.file.media_type,
        file_name: found.file.path.file.as_str(),
        save: false,
        access: match found.file.access {
            trust::Access::Public if found.facts.consent.is_empty() => Access::Public,
            _ => Access::Private,
        },
        vary: "",
    }
}
