//! `GET /img/{options}/{creator}/{drop}/{file}`: a derivative, made once.

use std::rc::Rc;

use super::{
    Answer, Desk,
    catalogue::Found,
    drawing::is_drawing,
    grant::{Asked, Pass, Take, open_token},
    http::{Reply, Request},
    license::license_link,
    picture::{Care, Picture, Terms},
    problem::Problem,
    respond::from_bytes,
    shelf::grace,
    tier::{Age, Made},
};
use crate::{
    delivery::{
        Span as Bytes,
        etag::EntityTag,
        response::{Access, Representation},
    },
    media::{
        negotiate::{self, Client, Formats, Source, outputs},
        preset::{PresetBook, PresetError},
        recipe::{Policy, RawRecipe, Recipe, RecipeError},
    },
    ports::World,
    trust::{DropFacts, Preview, TargetPath},
};

/// What made a derivative is part of its key: another engine, other bytes.
pub(super) const ENGINE: &str = env!("CARGO_PKG_VERSION");

impl<W: World> Desk<'_, W> {
    /// Recipe, gate, then the first stored answer from the best format down; if
    /// there is none, the quickest is made.
    pub(super) async fn image(
        &self,
        request: &Request<W::Body>,
        options: &str,
        path: &TargetPath,
    ) -> Answer<W> {
        let policy = self.policy(request)?;
        let raw = RawRecipe::parse(options).map_err(|error| malformed(&error))?;
        let found = Rc::new(self.find(path).await?);
        let presets = match raw.preset() {
            Some(_) => self.presets(&found.facts)?,
            // Whatever the drop's own say: they are not asked for.
            None => PresetBook::default(),
        };
        let recipe = raw.resolve(&presets, policy);
        let recipe = recipe.map_err(|error| malformed(&error))?;
        let preset = raw.preset().and_then(|name| presets.meant(name));
        if is_drawing(&found) {
            let pass = self.may_see(request, &found).await?;
            let metadata = recipe.edits().metadata;
            return self.drawing(request, &found, metadata, pass).await;
        }
        let (pass, preview) = self.see(request, &found).await?;
        let overlays = match preview {
            Some(_) => Vec::new(),
            None => self.overlays(request, &recipe).await?,
        };
        let client = Client::read(|name| request.header(&name.to_ascii_lowercase()));
        let terms = Terms {
            generation: self.generation(path, preset).await?,
            ttl: preset.and_then(|preset| presets.ttl(preset)),
        };
        let picture = self.choices(&recipe, preview, client, &found, (overlays, terms));
        let made = self.picture(&picture).await?;
        let shown = self.show(request, &recipe, path, &found, (&made, terms));
        Ok(shown?.with_all(pass.headers))
    }

    /// The picture in the formats that answer this client.
    fn choices(
        &self,
        recipe: &Recipe,
        preview: Option<Preview>,
        client: Client,
        found: &Rc<Found>,
        (overlays, terms): (Vec<Found>, Terms),
    ) -> Picture {
        let source = Source::of_file(&found.file);
        let formats = self.config.formats.and(self.world.formats());
        let derive = |output| {
            let derivative = recipe.derive(client, source, output);
            preview.map_or(derivative.clone(), |rule| derivative.under(rule))
        };
        let choices = outputs(recipe, client, source, formats);
        let choices = choices.smallest_first();
        let fallback = outputs(recipe, client, source, Formats::BUILT_IN).quickest();
        Picture::new(
            found.clone(),
            overlays.into(),
            choices.map(derive).collect(),
            derive(fallback),
            (Care::Refined, terms),
        )
    }

    /// Lets who may have the file see it as they like. Others see the preview
    /// that its creator allows, unless they insist on a grant that is refused.
    async fn see(
        &self,
        request: &Request<W::Body>,
        found: &Found,
    ) -> Result<(Pass, Option<Preview>), Problem> {
        let is_picture = found.file.media_type.starts_with("image/");
        match (self.may_see(request, found).await, found.facts.preview) {
            (Ok(pass), _) => Ok((pass, None)),
            (Err(refusal), Some(rule))
                if is_picture
                    && matches!(refusal.status, 401 | 403 | 428)
                    && open_token(request).is_none() =>
            {
                Ok((Pass::default(), Some(rule)))
            }
            (Err(problem), _) => Err(problem),
        }
    }

    /// Who sees a picture begins its download; no derivative costs more than that.
    pub(super) async fn may_see(
        &self,
        request: &Request<W::Body>,
        found: &Found,
    ) -> Result<Pass, Problem> {
        let allowed = self.decide(request, &Asked::found(found)).await?;
        let take = Take {
            name: found.file.path.to_string(),
            length: found.file.length,
            span: Some(Bytes::whole(0)),
        };
        self.enforce(request, allowed, take).await
    }

    /// How far the URL is trusted to choose.
    pub(super) fn policy(&self, request: &Request<W::Body>) -> Result<Policy, Problem> {
        self.config
            .url_keys
            .verify(&request.path, &request.query, self.world.now())
            .map_err(|error| {
                Problem::new(
                    403,
                    "url-signature",
                    "The URL's signature does not hold",
                    format!("{error}."),
                )
            })
    }

    /// The presets of a drop before the marketplace's.
    pub(super) fn presets(&self, facts: &DropFacts) -> Result<PresetBook, Problem> {
        let Some(own) = &facts.presets else {
            return Ok(self.config.presets.clone());
        };
        let own = PresetBook::parse(own).map_err(|error| unreadable(&error))?;
        Ok(own.over(&self.config.presets))
    }

    /// The files that the recipe draws on top; the gate is asked for each.
    async fn overlays(
        &self,
        request: &Request<W::Body>,
        recipe: &Recipe,
    ) -> Result<Vec<Found>, Problem> {
        let mut overlays = Vec::new();
        for overlay in &recipe.edits().draw {
            let found = self.find(&overlay.file).await?;
            self.admit(request, &Asked::found(&found)).await?;
            overlays.push(found);
        }
        Ok(overlays)
    }

    fn show(
        &self,
        request: &Request<W::Body>,
        recipe: &Recipe,
        path: &TargetPath,
        found: &Found,
        (made, terms): (&Made, Terms),
    ) -> Answer<W> {
        let vary = negotiate::vary(recipe).unwrap_or_default();
        let representation = Representation {
            length: made.bytes.len() as u64,
            etag: EntityTag::of_bytes(&made.sha256),
            modified: None,
            sha256: Some(made.sha256),
            media_type: made.mark.media_type(),
            file_name: path.file.as_str(),
            save: false,
            access: found.shared(),
            vary: &vary,
        };
        let mut reply = from_bytes(request, &representation, &made.bytes, self.world.now())?;
        if found.shared() == Access::Public {
            reply.set("Cache-Control", lasting(made, terms.ttl));
        }
        let reply = match &made.receipt {
            Some(place) => reply.with("Receipt-Location", place),
            None => reply,
        };
        self.watch.served(made.tier.name());
        Ok(described(reply, made.cache_status(), found))
    }
}

pub(super) fn malformed(error: &RecipeError) -> Problem {
    Problem::new(
        400,
        "bad-options",
        "The image options are malformed",
        format!("{error}."),
    )
}

/// The creator's slip, or an option this edge is too old for.
fn unreadable(error: &PresetError) -> Problem {
    Problem::new(
        422,
        "drop-presets",
        "The drop's presets cannot be read",
        format!("{error}."),
    )
}

/// For how long others may keep a picture that anyone may see. An address names
/// no version, so five minutes go by at most before it is asked for again, the
/// last of them in the background, unless its preset says more; what is old
/// already is not to be kept at all.
pub(super) fn lasting(made: &Made, ttl: Option<u32>) -> String {
    let (seconds, more) = match ttl {
        _ if made.age != Age::Fresh => return "public, no-cache, no-transform".to_owned(),
        Some(ttl) => (ttl, grace(ttl)),
        None => (240, 60),
    };
    format!("public, max-age={seconds}, stale-while-revalidate={more}, no-transform")
}

/// Which tier answered (RFC 9211) and under which licence the picture is (RFC 8288).
pub(super) fn described<B>(reply: Reply<B>, status: impl Into<String>, found: &Found) -> Reply<B> {
    let reply = reply.with("Cache-Status", status);
    match found.license.as_deref().and_then(license_link) {
        Some(link) => reply.with("Link", link),
        None => reply,
    }
}
