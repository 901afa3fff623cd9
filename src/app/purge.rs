//! `POST /admin/purge`: what was made of a drop, of a file or by a preset is not
//! shown again. `gate/book/purges.rs` says why that holds in every place; here
//! is what it concerns.

use std::rc::Rc;

use serde_json::{Value, json};

use super::{
    Answer, Desk,
    admin::text,
    catalogue::Found,
    clear::clear_now,
    http::{Reply, Request},
    picture::keys,
    problem::Problem,
};
use crate::{
    gate::book::{Purge, Purges, PurgesOf, Scope},
    media::{
        negotiate::{Source, every},
        preset::{PresetBook, PresetName},
        recipe::{Policy, RawRecipe},
    },
    pages,
    ports::World,
    trust::{DropManifest, DropPath, Name, TargetPath},
};

/// How long an isolate believes what the books said: a purge counts everywhere
/// after at most so many seconds.
const BELIEVED: u64 = 60;
/// If the books do not answer, what they said is good for this long in all.
const LAST_RESORT: u64 = 600;
/// A name or two and a preset.
const BODY_LIMIT: usize = 4 * 1024;
/// One purge looks at so many drops at most, and notes work for so many sources.
const MOST_DROPS: usize = 1000;
const MOST_SOURCES: usize = 5000;

/// What an isolate remembers of purges, and since when.
pub(super) type Known = Option<(Rc<Purges>, u64)>;

/// What is to be purged.
struct Wanted {
    drop: Option<DropPath>,
    file: Option<Name>,
    preset: Option<PresetName>,
}

impl<W: World> Desk<'_, W> {
    /// When this has answered, every later request of this isolate, and within a
    /// minute of any other, gets what is made from now on.
    pub(super) async fn purge(&self, request: Request<W::Body>) -> Answer<W> {
        self.operator(&request)?;
        let body = self.json_body(request, BODY_LIMIT).await?;
        let wanted = Wanted::read(&body)?;
        let sources = self.concerned(&wanted).await?;
        let pictures = sources.len();
        if body.get("dry_run").and_then(Value::as_bool) == Some(true) {
            return Ok(Reply::json(200, &json!({"pictures": pictures})));
        }
        let purge = Purge {
            scope: Scope {
                drop: wanted.drop.as_ref().map(DropPath::to_string),
                file: wanted.file.as_ref().map(Name::to_string),
                preset: wanted.preset.as_ref().map(PresetName::to_string),
            },
            sources,
        };
        let generation = self.world.ask(&purge).await;
        let generation = generation.map_err(|fault| self.fault(&fault))?;
        self.memo.purges.borrow_mut().take();
        self.memo.recent.clear();
        let world = self.world.clone();
        self.world
            .later(async move { clear_now(&world, purge.sources, generation).await });
        let answer = json!({"pictures": pictures, "generation": generation});
        Ok(Reply::json(200, &answer))
    }

    /// The sources of the pictures concerned, each with how the names of what was
    /// made of it begin; none if all of it is.
    async fn concerned(&self, wanted: &Wanted) -> Result<Vec<(String, Vec<String>)>, Problem> {
        let manifests = match &wanted.drop {
            Some(drop) => {
                let manifest = self.look(|set, now| set.manifest(drop, now).cloned());
                vec![manifest.await?]
            }
            None => self.open_drops(MOST_DROPS).await?,
        };
        let mut sources = Vec::new();
        let mut is_known = wanted.preset.is_none();
        for manifest in &manifests {
            if wanted
                .file
                .as_ref()
                .is_some_and(|file| manifest.file(file).is_none())
            {
                return Err(Problem::not_found("The drop has no such file."));
            }
            let Some(preset) = &wanted.preset else {
                let pictures = pictures_of(manifest, wanted);
                sources.extend(pictures.map(|found| (found.file.sha256.to_hex(), Vec::new())));
                // The catalogue is kept by its manifest.
                sources.push((manifest.sha256.to_hex(), Vec::new()));
                continue;
            };
            // Of a drop whose presets cannot be read there are no pictures by them.
            let Ok(book) = self.presets(&manifest.facts) else {
                continue;
            };
            if book.meant(preset).is_none() {
                continue;
            }
            is_known = true;
            for found in pictures_of(manifest, wanted) {
                let stems = self.stems(&book, preset, &found).await?;
                sources.push((found.file.sha256.to_hex(), stems));
            }
        }
        if sources.len() > MOST_SOURCES {
            return Err(Problem::too_large(format!(
                "These are more than {MOST_SOURCES} pictures: purge drop by drop."
            )));
        }
        if !is_known {
            return Err(Problem::not_found("There is no such preset."));
        }
        Ok(sources)
    }

    /// How the names begin of all that a preset may make of a picture, at every
    /// density that may be asked for without a signature.
    async fn stems(
        &self,
        book: &PresetBook,
        preset: &PresetName,
        found: &Found,
    ) -> Result<Vec<String>, Problem> {
        let source = Source::of_file(&found.file);
        let raw = RawRecipe::parse(&preset.to_string()).unwrap_or_default();
        let mut stems = Vec::new();
        for raw in raw.at_densities() {
            // A density may be too much for the preset.
            let Ok(recipe) = raw.resolve(book, Policy::Unsigned) else {
                continue;
            };
            let overlays = match self.drawn_on(&recipe.edits().draw).await {
                Ok(overlays) => overlays,
                // What draws on nothing was never made.
                Err(problem) if matches!(problem.status, 404 | 410 | 425) => continue,
                Err(problem) => return Err(problem),
            };
            let all = every(&recipe, source);
            if let Some(rule) = found.facts.preview {
                let previews: Vec<_> = all.iter().map(|one| one.clone().under(rule)).collect();
                stems.extend(keys(found, &[], &previews).map(|key| key.stem()));
            }
            stems.extend(keys(found, &overlays, &all).map(|key| key.stem()));
        }
        stems.sort();
        stems.dedup();
        Ok(stems)
    }

    async fn drawn_on(
        &self,
        drawn: &[crate::media::recipe::Overlay],
    ) -> Result<Vec<Found>, Problem> {
        let mut overlays = Vec::new();
        for overlay in drawn {
            overlays.push(self.find(&overlay.file).await?);
        }
        Ok(overlays)
    }

    /// The generation of the pictures of a file, asked for by that preset.
    pub(super) async fn generation(
        &self,
        path: &TargetPath,
        preset: Option<&PresetName>,
    ) -> Result<u64, Problem> {
        Ok(self.purges().await?.of_picture(&Scope {
            drop: Some(path.drop.to_string()),
            file: Some(path.file.to_string()),
            preset: preset.map(PresetName::to_string),
        }))
    }

    /// What the books say was purged, at most a minute old.
    pub(super) async fn purges(&self) -> Result<Rc<Purges>, Problem> {
        let now = self.world.now();
        let known = self.memo.purges.borrow().clone();
        if let Some((purges, _)) = known.as_ref().filter(|(_, at)| now < at + BELIEVED) {
            return Ok(purges.clone());
        }
        self.watch.books_were_asked();
        match self.world.ask(&PurgesOf {}).await {
            Ok(purges) => {
                let purges = Rc::new(purges);
                *self.memo.purges.borrow_mut() = Some((purges.clone(), now));
                Ok(purges)
            }
            Err(fault) => {
                let problem = self.fault(&fault);
                let stale = known.filter(|(_, at)| now < at + LAST_RESORT);
                stale.map(|(purges, _)| purges).ok_or(problem)
            }
        }
    }
}

impl Wanted {
    fn read(body: &Value) -> Result<Self, Problem> {
        let misnamed = |what: &str| Problem::bad_request(format!("{what} names nothing."));
        let drop = text(body, "drop")?.map(|drop| DropPath::parse(&drop));
        let file = text(body, "file")?.map(|file| Name::parse(&file));
        let preset = text(body, "preset")?.map(|preset| {
            PresetName::parse(&preset).ok_or_else(|| {
                misnamed("\"preset\" must be a name and a version, such as card@2: this")
            })
        });
        let wanted = Self {
            drop: drop.transpose().map_err(|_| misnamed("\"drop\""))?,
            file: file.transpose().map_err(|_| misnamed("\"file\""))?,
            preset: preset.transpose()?,
        };
        let is_whole = wanted.drop.is_some() || (wanted.preset.is_some() && wanted.file.is_none());
        is_whole.then_some(wanted).ok_or_else(|| {
            Problem::bad_request(
                "Name a \"drop\" (and one \"file\" of it, if you like), a \"preset\", or both.",
            )
        })
    }
}

/// The pictures of a drop that are concerned.
fn pictures_of<'a>(
    manifest: &'a DropManifest,
    wanted: &'a Wanted,
) -> impl Iterator<Item = Found> + 'a {
    let files = manifest.files.values();
    files
        .filter(|file| {
            wanted
                .file
                .as_ref()
                .is_none_or(|name| *name == file.path.file)
        })
        .filter(|file| pages::is_picture(&file.media_type))
        .map(|file| Found::new(manifest, file))
}
