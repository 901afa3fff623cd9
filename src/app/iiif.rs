//! `/iiif/3/...`: the IIIF Image API over the same gate, engine and tiers as
//! `/img`. What is offered and what is kept is decided in `media/iiif`.

use std::rc::Rc;

use super::{
    Answer, Desk,
    catalogue::Found,
    form::decode,
    grant::Asked,
    http::{Reply, Request},
    image::described,
    license::license_link,
    picture::{Care, Picture},
    problem::Problem,
    respond::from_bytes,
    shelf::Place,
    tier::{Made, Mark},
};
use crate::{
    delivery::{etag::EntityTag, response::Representation},
    media::{
        MediaError,
        cache_key::CacheKey,
        iiif::{self, About, IiifError, ImageRequest, Level},
        negotiate::{Client, Source},
        probe,
        recipe::Policy,
    },
    ports::World,
    trust::{Sha256, TargetPath},
};

/// Sizes an isolate remembers: a viewer asks for many tiles of few pictures.
pub(super) const MOST_SIZES: usize = 256;

/// What is asked of a picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    /// The identifier alone: leads to `info.json`.
    Base,
    /// `info.json`.
    Info,
    /// Region, size, rotation, and quality with format, as the URL has them.
    Picture([String; 4]),
    /// Too few segments or too many.
    Malformed,
    /// A browser asks whether a script may send a grant (`OPTIONS`).
    Preflight,
}

impl<W: World> Desk<'_, W> {
    /// Answers; (7) scripts of any page may read it, the problems too.
    pub(super) async fn iiif(
        &self,
        request: &Request<W::Body>,
        identifier: &str,
        ask: Ask,
    ) -> Answer<W> {
        const ALLOWED: (&str, &str) = ("Access-Control-Allow-Origin", "*");
        match self.iiif_answer(request, identifier, ask).await {
            Ok(reply) => Ok(reply.with(ALLOWED.0, ALLOWED.1)),
            Err(problem) => Err(problem.with(ALLOWED.0, ALLOWED.1)),
        }
    }

    async fn iiif_answer(
        &self,
        request: &Request<W::Body>,
        identifier: &str,
        ask: Ask,
    ) -> Answer<W> {
        if ask == Ask::Preflight {
            return Ok(Reply::empty(204)
                .with("Access-Control-Allow-Methods", "GET, HEAD")
                .with("Access-Control-Allow-Headers", "Authorization, Range")
                .with("Access-Control-Max-Age", "86400"));
        }
        // (6)
        let path = iiif::identified(&decode(identifier, false)).ok_or_else(|| {
            Problem::not_found(
                "The identifier names nothing: write the creator, the drop and the file with ~ between them.",
            )
        })?;
        match ask {
            Ask::Picture(parts) => self.iiif_picture(request, &path, &parts).await,
            Ask::Info => self.iiif_info(request, &path).await,
            Ask::Malformed => Err(refused(IiifError::Segments)),
            _ => {
                Ok(Reply::empty(303).with("Location", format!("{}/info.json", id(request, &path))))
            }
        }
    }

    /// The size is a fact about the picture: who may not have it is not told.
    async fn iiif_info(&self, request: &Request<W::Body>, path: &TargetPath) -> Answer<W> {
        let found = self.find(path).await?;
        let pass = self.admit(request, &Asked::found(&found)).await?;
        let document = iiif::info(&About {
            id: &id(request, path),
            size: self.size_of(&found).await?,
            level: self.config.iiif,
            license: found.license.as_deref(),
        })
        .to_string();
        let wants_ld = request
            .header("accept")
            .is_some_and(|accept| accept.contains("application/ld+json"));
        let linked = format!("application/ld+json;profile=\"{}\"", iiif::CONTEXT);
        let sha256 = Sha256::of(document.as_bytes());
        let representation = Representation {
            length: document.len() as u64,
            etag: EntityTag::of_bytes(&sha256),
            modified: None,
            sha256: Some(sha256),
            media_type: if wants_ld {
                &linked
            } else {
                "application/json"
            },
            file_name: "info.json",
            save: false,
            access: found.shared(),
            vary: "Accept",
        };
        let now = self.world.now();
        let reply = from_bytes(request, &representation, document.as_bytes(), now)?;
        Ok(reply.with_all(pass.headers))
    }

    async fn iiif_picture(
        &self,
        request: &Request<W::Body>,
        path: &TargetPath,
        parts: &[String; 4],
    ) -> Answer<W> {
        let policy = self.policy(request)?;
        let [region, size, rotation, file] = parts.each_ref().map(|part| decode(part, false));
        let asked = ImageRequest::parse(&region, &size, &rotation, &file).map_err(refused)?;
        let found = self.find(path).await?;
        let pass = self.may_see(request, &found).await?;
        let planned = asked.on(self.size_of(&found).await?).map_err(refused)?;
        let kept = policy == Policy::Signed || planned.is_announced();
        if !kept && self.config.iiif == Level::Zero {
            return Err(unannounced());
        }
        let recipe = planned.recipe();
        let source = Source::of_file(&found.file);
        let derivative = recipe.derive(Client::default(), source, planned.output());
        let found = Rc::new(found);
        // Tiles are many, and each is small: none is made twice.
        let care = if kept { Care::Kept } else { Care::Passing };
        let generation = self.generation(path, None).await?;
        let picture = Picture::exact(found.clone(), derivative, care, generation);
        let made = self.picture(&picture).await?;
        let representation = Representation {
            length: made.bytes.len() as u64,
            etag: EntityTag::of_bytes(&made.sha256),
            modified: None,
            sha256: Some(made.sha256),
            media_type: made.mark.media_type(),
            file_name: path.file.as_str(),
            save: false,
            access: found.shared(),
            vary: "",
        };
        let mut reply = from_bytes(request, &representation, &made.bytes, self.world.now())?;
        // (7)
        let mut links = format!(
            "<{}/{}>; rel=\"canonical\", <http://iiif.io/api/image/3/{}.json>; rel=\"profile\"",
            id(request, path),
            planned.canonical(),
            self.config.iiif.word(),
        );
        if let Some(license) = found.license.as_deref().and_then(license_link) {
            links = format!("{links}, {license}");
        }
        if let Some(place) = &made.receipt {
            reply = reply.with("Receipt-Location", place);
        }
        self.watch.served(made.tier.name());
        reply = described(reply, made.cache_status(), &found).with_all(pass.headers);
        reply.set("Link", links);
        Ok(reply)
    }

    /// The size of a picture, upright: remembered, or kept under seal beside its
    /// derivatives, or read from the beginning of the file.
    async fn size_of(&self, found: &Found) -> Result<(u32, u32), Problem> {
        let source = found.file.sha256;
        if let Some(size) = self.memo.sizes.borrow().get(&source) {
            return Ok(*size);
        }
        let place = Place::of(&CacheKey::size(source));
        let tiers = self.shelf();
        let kept = tiers.find(&place).await;
        let kept = kept.map_err(|fault| self.fault(&fault))?;
        let size = if let Some(size) = kept.and_then(|made| read_size(&made.bytes)) {
            size
        } else {
            let size = self.probe(found).await?;
            let bytes = format!("{}x{}", size.0, size.1).into_bytes();
            let sha256 = Sha256::of(&bytes);
            let made = Made::now(bytes, sha256, Mark::plain(self.world.now()));
            self.world
                .later(async move { tiers.keep(&place, &made).await });
            size
        };
        let mut sizes = self.memo.sizes.borrow_mut();
        if sizes.len() >= MOST_SIZES {
            sizes.clear();
        }
        sizes.insert(source, size);
        Ok(size)
    }

    async fn probe(&self, found: &Found) -> Result<(u32, u32), Problem> {
        let mut head = Vec::new();
        let mut probed = Ok(None);
        self.world
            .feed(&found.key(), &found.entry()?, |chunk| {
                head.extend_from_slice(chunk);
                probed = probe::probe(&head);
                match probed {
                    Ok(None) => std::ops::ControlFlow::Continue(()),
                    _ => std::ops::ControlFlow::Break(()),
                }
            })
            .await
            .map_err(|error| self.unsent(&found.file.path.drop, Some(&found.file.path), &error))?;
        let probed = probed.and_then(|probed| probed.ok_or(MediaError::Truncated));
        let found = probed.map_err(|error| Problem::from_media(error.into()))?;
        Ok(found.orientation.size((found.width, found.height)))
    }
}

/// The address of a picture.
fn id<B>(request: &Request<B>, path: &TargetPath) -> String {
    format!("{}/iiif/3/{}", request.origin, iiif::identifier(path))
}

fn read_size(bytes: &[u8]) -> Option<(u32, u32)> {
    let (width, height) = std::str::from_utf8(bytes).ok()?.split_once('x')?;
    Some((width.parse().ok()?, height.parse().ok()?))
}

fn refused(error: IiifError) -> Problem {
    Problem::new(
        400,
        "bad-iiif",
        "The IIIF request is malformed",
        format!("{error}."),
    )
}

fn unannounced() -> Problem {
    Problem::new(
        400,
        "bad-iiif",
        "The IIIF request is malformed",
        "Without a signature only what info.json announces is made: its tiles and its sizes.",
    )
}
