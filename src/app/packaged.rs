//! `GET /get/{creator}/{drop}/catalog.zip`: the thumbnails of a drop at one
//! preset and its facts, in one answer, for networks where every request costs
//! a second. A ZIP, because everything opens one, and stored, so that any
//! member can be had by its range.
//!
//! `{drop}/catalog.json` says what there is and which digest each thumbnail
//! has, with a placeholder of a few pixels to show until then;
//! `{drop}/thumbnails/{file}.jpg` are the thumbnails. Only what anyone may see is
//! in it: a gated file is listed, as its public manifest lists it, with the
//! preview that its creator allows or without a picture. Built once and kept
//! under seal, by the manifest's digest.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::{
    Answer, Desk,
    catalogue::Found,
    derivative::{Made, Tier, busy},
    http::Request,
    image::ENGINE,
    problem::Problem,
    respond::from_bytes,
    whole_drop::UNDATED,
};
use crate::{
    delivery::{
        Span,
        etag::EntityTag,
        response::{self, Representation},
        zip::{Archive, Member, Segment},
    },
    media::{
        MediaError, Refusal,
        cache_key::CacheKey,
        job::Effort,
        negotiate::{Client, Source},
        order::order,
        probe,
        recipe::{self, Output, Policy, RawRecipe, Recipe},
    },
    pages,
    ports::{Sealed, Work, World},
    trust::{DropFacts, DropManifest, DropPath, FileEntry, Name, Sha256},
};

/// The last part of the URL. A file of this name in the drop goes first.
pub(super) const NAME: &str = "catalog.zip";

/// The preset of the thumbnails, where the drop or the marketplace has one.
const PRESET: &str = "catalog@1";
/// The thumbnails where nobody has.
const PLAIN: &str = "width=256,height=256,fit=aspect-crop,quality=75";

/// A picture to show, enlarged, until the thumbnail is unpacked.
const PLACEHOLDER: &str = "width=8,height=8,format=png,metadata=none";

/// One answer makes no more thumbnails than this: each is a job of the engine
/// and some reads of stores, which are bounded for a request.
const MOST_THUMBNAILS: usize = 64;

impl<W: World> Desk<'_, W> {
    /// The catalogue from the nearest tier that has it, or made now.
    pub(super) async fn packaged(&self, request: &Request<W::Body>, drop: &DropPath) -> Answer<W> {
        let manifest = self.manifest(drop).await?;
        if let Some(own) = Name::parse(NAME).ok().and_then(|name| manifest.file(&name)) {
            return self.download(request, &own.path).await;
        }
        let recipe = self.thumbnails(&manifest.facts)?;
        let key = CacheKey::catalog(manifest.sha256, ENGINE, &recipe);
        let made = match self.stored(&key).await? {
            Some(made) => made,
            None => self.package(&manifest, &recipe, &key).await?,
        };
        let name = format!("{}-{NAME}", drop.drop);
        let representation = Representation {
            length: made.bytes.len() as u64,
            etag: EntityTag::of_bytes(&made.sha256),
            modified: None,
            sha256: Some(made.sha256),
            media_type: "application/zip",
            file_name: &name,
            save: true,
            access: response::Access::Public,
            vary: "",
        };
        let reply = from_bytes(request, &representation, &made.bytes, self.world.now())?;
        Ok(reply.with("Cache-Status", made.tier.cache_status()))
    }

    fn thumbnails(&self, facts: &DropFacts) -> Result<Recipe, Problem> {
        let presets = self.presets(facts)?;
        let options = if presets.names().any(|name| name.to_string() == PRESET) {
            PRESET
        } else {
            PLAIN
        };
        let raw = RawRecipe::parse(options);
        raw.and_then(|raw| raw.resolve(&presets, Policy::Signed))
            .map_err(|error| super::image::malformed(&error))
    }

    async fn package(
        &self,
        manifest: &DropManifest,
        recipe: &Recipe,
        key: &CacheKey,
    ) -> Result<Made, Problem> {
        let mut listed = Vec::new();
        let mut thumbnails = Vec::new();
        for file in manifest.files.values() {
            let found = Found::new(manifest, file);
            let picture = if thumbnails.len() < MOST_THUMBNAILS && is_shown(&found) {
                self.thumbnail(&found, recipe).await?
            } else {
                None
            };
            let mut described = about(manifest, file);
            if let (Some(picture), Some(members)) = (&picture, described.as_object_mut()) {
                let thumbnail = json!({
                    "path": within(file),
                    "length": picture.len(),
                    "sha256": Sha256::of(picture).to_hex(),
                    "placeholder": self.placeholder(picture).await?,
                });
                members.insert("thumbnail".to_owned(), thumbnail);
            }
            listed.push(described);
            if let Some(picture) = picture {
                let name = format!("{}/{}", manifest.path.drop, within(file));
                thumbnails.push((name, file.mtime, picture));
            }
        }
        let facts = facts(manifest, &listed).to_string().into_bytes();
        let mut members = vec![(format!("{}/catalog.json", manifest.path.drop), None, facts)];
        members.extend(thumbnails);
        let bytes = zipped(&members)?;
        let sha256 = self.world.sha256(&bytes).await;
        let sha256 = sha256.map_err(|fault| self.fault(&fault))?;
        let seal = self.config.seal.seal(key.as_str(), sha256);
        let sealed = Sealed { bytes, seal };
        self.keep(key.as_str(), sealed.clone());
        Ok(Made {
            bytes: sealed.bytes,
            sha256,
            tier: Tier::Made,
            receipt: None,
        })
    }

    /// A thumbnail's placeholder, as a `data:` URL.
    async fn placeholder(&self, thumbnail: &[u8]) -> Result<String, Problem> {
        let recipe = Recipe::parse(PLACEHOLDER).map_err(|error| super::image::malformed(&error))?;
        let source = Source::of_media_type("image/jpeg");
        let derivative = recipe.derive(Client::read(|_| None::<&str>), source, Output::Png);
        let desk = self
            .world
            .desk()
            .await
            .map_err(|fault| self.fault(&fault))?;
        let png = remade(desk.ok_or_else(busy)?, thumbnail, &derivative);
        let png = png.map_err(Problem::from_media)?;
        Ok(format!("data:image/png;base64,{}", STANDARD.encode(png)))
    }

    /// A thumbnail, unless the file is no picture after all.
    async fn thumbnail(&self, found: &Found, recipe: &Recipe) -> Result<Option<Vec<u8>>, Problem> {
        let source = Source::of_file(&found.file);
        let mut derivative = recipe.derive(Client::read(|_| None::<&str>), source, Output::Jpeg);
        if let (response::Access::Private, Some(rule)) = (found.shared(), found.facts.preview) {
            derivative = derivative.under(rule);
        }
        let key = CacheKey::new(found.file.sha256, &[], ENGINE, &derivative);
        if let Some(made) = self.stored(&key).await? {
            return Ok(Some(made.bytes));
        }
        let made = self.transform(found, &derivative, Effort::First).await;
        match made {
            Ok(bytes) => Ok(Some(bytes)),
            Err(problem) if matches!(problem.status, 415 | 422) => Ok(None),
            Err(problem) => Err(problem),
        }
    }
}

/// A picture of a picture in hand.
fn remade<S: Work>(
    mut work: S,
    picture: &[u8],
    derivative: &recipe::Derivative,
) -> Result<Vec<u8>, Refusal> {
    let found = probe::probe(picture)?.ok_or(MediaError::Truncated)?;
    let size = (found.width, found.height);
    work.begin(&order(derivative, size, Vec::new(), Effort::First)?)?;
    work.push(picture)?;
    Ok(work.finish()?.bytes)
}

/// Whether anyone may see it, or a preview of it.
fn is_shown(found: &Found) -> bool {
    let open = found.shared() == response::Access::Public || found.facts.preview.is_some();
    open && pages::is_picture(&found.file.media_type)
}

fn within(file: &FileEntry) -> String {
    format!("thumbnails/{}.jpg", file.path.file)
}

fn about(manifest: &DropManifest, file: &FileEntry) -> Value {
    json!({
        "name": file.path.file.as_str(),
        "media_type": file.media_type,
        "length": file.length,
        "sha256": file.sha256.to_hex(),
        "license": manifest.license_of(file),
        "access": file.access.as_str(),
    })
}

fn facts(manifest: &DropManifest, files: &[Value]) -> Value {
    let facts = &manifest.facts;
    json!({
        "drop": manifest.path.to_string(),
        "version": manifest.header.version,
        "manifest": manifest.sha256.to_hex(),
        "title": facts.title,
        "description": facts.description,
        "license": facts.license,
        "author": facts.provenance.author,
        "credit": facts.provenance.credit,
        "files": files,
    })
}

/// The archive of members by name, date and bytes.
fn zipped(members: &[(String, Option<u64>, Vec<u8>)]) -> Result<Vec<u8>, Problem> {
    let described = members.iter().map(|(name, modified, bytes)| Member {
        name: name.clone(),
        length: bytes.len() as u64,
        crc32: crc32fast::hash(bytes),
        sha256: Sha256::of(bytes),
        modified: modified.unwrap_or(UNDATED),
    });
    let archive =
        Archive::new(described.collect()).map_err(|error| super::chosen::impossible(&error))?;
    let mut zip = Vec::new();
    for segment in archive.segments(Span::whole(archive.length())) {
        match segment {
            Segment::Literal(bytes) => zip.extend(bytes),
            // All of the archive is wanted, so all of each member is.
            Segment::File { member, .. } => {
                if let Some((_, _, bytes)) = members.get(member) {
                    zip.extend(bytes);
                }
            }
        }
    }
    Ok(zip)
}
