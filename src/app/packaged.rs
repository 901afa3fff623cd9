//! `GET /get/{creator}/{drop}/catalog.zip`: the thumbnails of a drop at one
//! preset and its facts, in one answer, for networks where every request costs
//! a second. A ZIP, because everything opens one, and stored, so that any
//! member can be had by its range.
//!
//! `{drop}/catalog.json` says what there is and which digest each thumbnail
//! has, with a `ThumbHash` (base64) to show until then;
//! `{drop}/thumbnails/{file}.jpg` are the thumbnails. `{drop}/cover.jpg` comes
//! first, so that the beginning of the archive is enough for a storefront. Only what anyone may see is
//! in it: a gated file is listed, as its public manifest lists it, with the
//! preview that its creator allows or without a picture. Built once and kept
//! under seal, by all that it is made of: the manifest, which signs every source,
//! the engine, the recipe and the purges. One name has the same bytes for ever, so
//! that the `ttl` of its preset has nothing to end here; it says for how long others
//! keep the catalogue, whose address names no version.

use std::rc::Rc;

use serde_json::{Value, json};

use super::{
    Answer, Desk,
    catalogue::Found,
    http::Request,
    image::{ENGINE, lasting, malformed},
    picture::{Care, Failure, Picture},
    problem::Problem,
    respond::from_bytes,
    shelf::Place,
    tier::{Made, Mark},
    transform::busy,
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
        preset::PresetName,
        probe,
        recipe::{self, Output, Policy, RawRecipe, Recipe},
    },
    pages,
    ports::{Work, World},
    trust::{DropFacts, DropManifest, DropPath, FileEntry, Name, Sha256},
};

/// The last part of the URL. A file of this name in the drop goes first.
pub(super) const NAME: &str = "catalog.zip";

/// The member that stands for the drop.
const COVER_NAME: &str = "cover.jpg";

/// The preset of the thumbnails, where the drop or the marketplace has one.
const PRESET: &str = "catalog@1";
/// The thumbnails where nobody has.
const PLAIN: &str = "width=256,height=256,fit=aspect-crop,quality=75";

/// The picture that stands for the drop.
const COVER: &str = "width=640,height=480,fit=aspect-crop,quality=75";

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
        let (recipe, preset, ttl) = self.thumbnails(&manifest.facts)?;
        let purges = self.purges().await?;
        let engine = manifest.facts.engine.as_deref().unwrap_or(ENGINE);
        let key = CacheKey::catalog(manifest.sha256, engine, &recipe)
            .of_generation(purges.of_drop(&drop.to_string()));
        let package = async || {
            self.package(&manifest, &recipe, preset.as_ref())
                .await
                .map_err(Failure::from)
        };
        let made = self.shelf().obtain(&Place::of(&key), package).await;
        let made = made.map_err(|failure| self.failed(failure))?;
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
        let mut reply = from_bytes(request, &representation, &made.bytes, self.world.now())?;
        if ttl.is_some() {
            reply.set("Cache-Control", lasting(&made, ttl));
        }
        Ok(reply.with("Cache-Status", made.cache_status()))
    }

    /// The recipe of the thumbnails, and the preset it is by, with its time.
    fn thumbnails(
        &self,
        facts: &DropFacts,
    ) -> Result<(Recipe, Option<PresetName>, Option<u32>), Problem> {
        let presets = self.presets(facts)?;
        let preset = PresetName::parse(PRESET).filter(|name| presets.meant(name).is_some());
        let raw = RawRecipe::parse(if preset.is_some() { PRESET } else { PLAIN });
        let recipe = raw.and_then(|raw| raw.resolve(&presets, Policy::Signed));
        let ttl = preset.as_ref().and_then(|preset| presets.ttl(preset));
        Ok((recipe.map_err(|error| malformed(&error))?, preset, ttl))
    }

    async fn package(
        &self,
        manifest: &DropManifest,
        recipe: &Recipe,
        preset: Option<&PresetName>,
    ) -> Result<Made, Problem> {
        let mut listed = Vec::new();
        let mut thumbnails = Vec::new();
        for file in manifest.files.values() {
            let found = Rc::new(Found::new(manifest, file));
            let picture = if thumbnails.len() < MOST_THUMBNAILS && is_shown(&found) {
                self.thumbnail(&found, recipe, preset).await?
            } else {
                None
            };
            let mut described = about(manifest, file);
            if let (Some(picture), Some(members)) = (&picture, described.as_object_mut()) {
                let thumbnail = self.described(&within(file), picture).await?;
                members.insert("thumbnail".to_owned(), thumbnail);
            }
            listed.push(described);
            if let Some(picture) = picture {
                let name = format!("{}/{}", manifest.path.drop, within(file));
                thumbnails.push((name, file.mtime, picture));
            }
        }
        let mut members = Vec::new();
        let mut facts = facts(manifest, &listed);
        if let Some(cover) = self.cover(manifest, preset).await?
            && let Some(told) = facts.as_object_mut()
        {
            let about = self.described(COVER_NAME, &cover).await?;
            told.insert("cover".to_owned(), about);
            let name = format!("{}/{COVER_NAME}", manifest.path.drop);
            members.push((name, None, cover));
        }
        let name = format!("{}/catalog.json", manifest.path.drop);
        members.push((name, None, facts.to_string().into_bytes()));
        members.extend(thumbnails);
        let bytes = zipped(&members)?;
        let sha256 = self.world.sha256(&bytes).await;
        let sha256 = sha256.map_err(|fault| self.fault(&fault))?;
        Ok(Made::now(bytes, sha256, Mark::plain(self.world.now())))
    }

    /// The picture that the storefront shows, under the rule of any other.
    async fn cover(
        &self,
        manifest: &DropManifest,
        preset: Option<&PresetName>,
    ) -> Result<Option<Vec<u8>>, Problem> {
        let cover = pages::DropView::of(manifest).cover;
        let Some(file) = cover.and_then(|cover| manifest.file(&cover.path.file)) else {
            return Ok(None);
        };
        let recipe = Recipe::parse(COVER).map_err(|error| malformed(&error))?;
        let found = Rc::new(Found::new(manifest, file));
        self.thumbnail(&found, &recipe, preset).await
    }

    /// What the catalogue says of a picture in it.
    async fn described(&self, path: &str, picture: &[u8]) -> Result<Value, Problem> {
        Ok(json!({
            "path": path,
            "length": picture.len(),
            "sha256": Sha256::of(picture).to_hex(),
            "thumbhash": self.thumbhash(picture).await?,
        }))
    }

    /// What a thumbnail looks like until it is unpacked.
    async fn thumbhash(&self, thumbnail: &[u8]) -> Result<Value, Problem> {
        let recipe = Recipe::parse("format=json");
        let recipe = recipe.map_err(|error| malformed(&error))?;
        let source = Source::of_media_type("image/jpeg");
        let derivative = recipe.derive(Client::default(), source, Output::Json);
        let desk = self.world.desk(self.watch.haste()).await;
        let desk = desk.map_err(|fault| self.fault(&fault))?;
        let facts = remade(desk.ok_or_else(busy)?, thumbnail, &derivative);
        let facts = facts.map_err(Problem::from_media)?;
        let mut facts: Value = serde_json::from_slice(&facts).unwrap_or_default();
        Ok(facts
            .get_mut("thumbhash")
            .map(Value::take)
            .unwrap_or_default())
    }

    /// A thumbnail, unless the file is no picture after all.
    async fn thumbnail(
        &self,
        found: &Rc<Found>,
        recipe: &Recipe,
        preset: Option<&PresetName>,
    ) -> Result<Option<Vec<u8>>, Problem> {
        let source = Source::of_file(&found.file);
        let mut derivative = recipe.derive(Client::default(), source, Output::Jpeg);
        if let (response::Access::Private, Some(rule)) = (found.shared(), found.facts.preview) {
            derivative = derivative.under(rule);
        }
        let generation = self.generation(&found.file.path, preset).await?;
        let picture = Picture::exact(found.clone(), derivative, Care::Passing, generation);
        match self.picture(&picture).await {
            Ok(made) => Ok(Some(made.bytes)),
            Err(problem) if matches!(problem.status, 415 | 422) => Ok(None),
            Err(problem) => Err(problem),
        }
    }
}

/// What the engine makes of a picture in hand.
fn remade<S: Work>(
    mut work: S,
    picture: &[u8],
    derivative: &recipe::Derivative,
) -> Result<Vec<u8>, Refusal> {
    let found = probe::probe(picture)?.ok_or(MediaError::Truncated)?;
    let size = (found.width, found.height);
    work.begin(order(derivative, size, Vec::new(), Effort::First)?)?;
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
