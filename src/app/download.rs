//! `GET /get/{creator}/{drop}/{file}`: the file itself.

use super::{
    Answer, Desk,
    catalogue::Found,
    grant::{Asked, Take},
    handing::Handing,
    http::Request,
    license::license_link,
    respond::{Next, plan_reply},
};
use crate::{
    delivery::{
        etag::EntityTag,
        metalink,
        response::{Access, Representation},
    },
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
        self.hand_over(request, &found).await
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
        self.hand_over(request, &found).await
    }

    /// The token is looked at first; the books are asked when it is known which
    /// bytes are wanted, and before anything is said about the file.
    async fn hand_over(&self, request: &Request<W::Body>, found: &Found) -> Answer<W> {
        let allowed = self.decide(request, &Asked::found(found)).await?;
        let planned = plan_reply(request, &representation(found), self.world.now());
        let take = Take {
            name: found.file.path.to_string(),
            length: found.file.length,
            span: match &planned {
                Ok(Next::Send(_, wanted)) => Some(*wanted),
                _ => None,
            },
        };
        let mut pass = self.enforce(request, allowed, take).await?;
        let described = format!("{}/get/{}.meta4", request.origin, found.file.path.drop);
        let mut fields = std::mem::take(&mut pass.headers);
        let mut links = metalink::described_by(&described);
        if let Some(license) = found.license.as_deref().and_then(license_link) {
            links = format!("{links}, {license}");
        }
        fields.push(("Link", links));
        let (reply, wanted) = match planned? {
            Next::Done(reply) => return Ok(reply.with_all(fields)),
            Next::Send(reply, wanted) => (reply.with_all(fields), wanted),
        };
        if wanted.is_empty() {
            // No byte is asked of the store: there is nothing to check.
            return Ok(reply);
        }
        let handing = Handing {
            drop: &found.file.path.drop,
            file: Some(&found.file.path),
            name: &found.file.path.to_string(),
            wanted,
            parts: vec![Part::File {
                key: found.key(),
                entry: found.entry()?,
                span: wanted,
            }],
            delivery: self.delivery_of_file(found)?,
        };
        self.send_body(request, pass, handing, reply).await
    }
}

fn representation(found: &Found) -> Representation<'_> {
    Representation {
        length: found.file.length,
        etag: EntityTag::of_bytes(&found.file.sha256),
        modified: found.facts.published,
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
