//! A picture, from its order to its bytes: found on the shelf, or made as quickly
//! as can be, and after the answer once more as small as can be.

use std::rc::Rc;

use super::{
    Desk,
    catalogue::Found,
    image::ENGINE,
    making::Making,
    measure::Watch,
    problem::Problem,
    shelf::{Place, Shelf},
    tier::{Age, Made, Mark, Tier},
    transform::{BUSY, busy},
};
use crate::{
    delivery::response::Access,
    media::{
        MediaError, Refusal,
        cache_key::CacheKey,
        job::Effort,
        recipe::{self, Output},
    },
    ports::{Haste, PortError, SendError, World},
    trust::{Sha256, TargetPath},
};

/// How much is done for a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Care {
    /// It is kept, and put smaller in its place after the answer.
    Refined,
    /// It is kept as it was made.
    Kept,
    /// It is made for the asking.
    Passing,
}

/// Under which terms a picture is kept.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Terms {
    /// How often it was purged, more or less.
    pub generation: u64,
    /// For how many seconds it is good, if not for ever.
    pub ttl: Option<u32>,
}

/// What is to be made of what.
#[derive(Clone)]
pub(super) struct Picture {
    /// The source.
    pub source: Rc<Found>,
    /// What is drawn on top.
    pub overlays: Rc<[Found]>,
    /// The formats that will do, the smallest first.
    pub choices: Vec<recipe::Derivative>,
    /// What stands in when no codec module can take it.
    pub fallback: recipe::Derivative,
    /// How much is done for it.
    pub care: Care,
    /// Where it is kept; each choice has a name there.
    pub place: Place,
}

impl Picture {
    /// A picture of one format and without overlays.
    pub fn exact(
        source: Rc<Found>,
        derivative: recipe::Derivative,
        care: Care,
        generation: u64,
    ) -> Self {
        let terms = Terms {
            generation,
            ttl: None,
        };
        let choices = vec![derivative.clone()];
        Self::new(source, Rc::new([]), choices, derivative, (care, terms))
    }

    /// A picture.
    pub fn new(
        source: Rc<Found>,
        overlays: Rc<[Found]>,
        choices: Vec<recipe::Derivative>,
        fallback: recipe::Derivative,
        (care, terms): (Care, Terms),
    ) -> Self {
        let keys = keys(&source, &overlays, &choices);
        let keys: Vec<CacheKey> = keys
            .map(|key| key.of_generation(terms.generation))
            .collect();
        let is_open = source.shared() == Access::Public;
        let place = Place {
            near: CacheKey::of_best(source.file.sha256, &keys),
            far: keys.iter().map(CacheKey::to_string).collect(),
            ttl: terms.ttl,
            note: (is_open && care == Care::Refined)
                .then(|| CacheKey::of_address(&source.file.path, &choices, terms.generation)),
        };
        Self {
            source,
            overlays,
            choices,
            fallback,
            care,
            place,
        }
    }
}

/// The names of derivatives of a source, before any purge. A drop may pin the
/// engine: what an older one made is what it is still asked for.
pub(super) fn keys<'a>(
    source: &'a Found,
    overlays: &[Found],
    derivatives: &'a [recipe::Derivative],
) -> impl Iterator<Item = CacheKey> + 'a {
    let drawn: Vec<Sha256> = overlays.iter().map(|overlay| overlay.file.sha256).collect();
    let engine = source.facts.engine.as_deref().unwrap_or(ENGINE);
    let key = move |choice| CacheKey::new(source.file.sha256, &drawn, engine, choice);
    derivatives.iter().map(key)
}

/// Why there is no derivative.
pub(super) enum Failure {
    /// The engine refused.
    Media(Refusal),
    /// The source could not be read.
    Unsent(TargetPath, SendError),
    /// A store failed.
    Port(PortError),
    /// The manifest makes no sense.
    Problem(Problem),
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Media(refusal)
    }
}

impl From<MediaError> for Failure {
    fn from(error: MediaError) -> Self {
        Self::Media(error.into())
    }
}

impl From<PortError> for Failure {
    fn from(fault: PortError) -> Self {
        Self::Port(fault)
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl<W: World> Desk<'_, W> {
    /// The picture: from the shelf, or made now.
    pub(super) async fn picture(&self, picture: &Picture) -> Result<Made, Problem> {
        if let Some(made) = self.recent(&picture.place) {
            return Ok(made);
        }
        // What gives way must hold no lease meanwhile: others would wait for it.
        if self.watch.haste() == Haste::Later
            && !matches!(self.world.desk(Haste::Later).await, Ok(Some(_)))
        {
            return Err(busy());
        }
        let tiers = self.shelf();
        let draw = async || first(&tiers, Some(&self.watch), picture).await;
        let made = match picture.care {
            Care::Passing => match tiers.find(&picture.place).await {
                Ok(Some(made)) => Ok(made),
                Ok(None) => draw().await.map(|made| made.from(Tier::Passing)),
                Err(fault) => Err(fault.into()),
            },
            Care::Refined | Care::Kept => tiers.obtain(&picture.place, draw).await,
        };
        let mut made = made.map_err(|failure| self.failed(failure))?;
        if made.tier == Tier::Made
            && let Some(choice) = picture.choices.last()
        {
            let (source, length) = (&picture.source, made.bytes.len());
            made.receipt = Some(self.derived(source, choice, made.sha256, length)?);
        }
        if made.age != Age::Fresh || (picture.care == Care::Refined && !made.mark.is_best()) {
            self.better_later(tiers, picture, &made);
        } else if made.tier == Tier::Nearby {
            self.memo.recent.put(&picture.place.near, &made);
        }
        Ok(made)
    }

    /// The picture, if this isolate has found it before.
    fn recent(&self, place: &Place) -> Option<Made> {
        let made = self.memo.recent.get(&place.near)?;
        let is_fresh = place.age(made.mark, self.world.now()) == Some(Age::Fresh);
        is_fresh.then(|| made.from(Tier::Here))
    }

    /// What a failure comes to.
    pub(super) fn failed(&self, failure: Failure) -> Problem {
        match failure {
            Failure::Media(refusal) => Problem::from_media(refusal),
            Failure::Unsent(path, error) => self.unsent(&path.drop, Some(&path), &error),
            Failure::Port(fault) => self.fault(&fault),
            Failure::Problem(problem) => problem,
        }
    }

    /// Makes what was shown anew if it was old, smaller if it is not the best.
    /// One at a time: two heavy jobs would not fit an isolate's memory.
    fn better_later(&self, tiers: Shelf<W>, picture: &Picture, made: &Made) {
        if !self.memo.refining.begin(self.world.now()) {
            return;
        }
        let refining = self.memo.refining.clone();
        let (picture, made) = (picture.clone(), made.clone());
        self.world.later(async move {
            if made.age == Age::Fresh {
                refine(&tiers, &picture, made).await;
            } else {
                let draw = async || first(&tiers, None, &picture).await;
                tiers.renew(&picture.place, draw).await;
            }
            refining.end();
        });
    }
}

/// The quickest of the choices, or what stands in for it.
async fn first<W: World>(
    shelf: &Shelf<W>,
    watch: Option<&Watch>,
    picture: &Picture,
) -> Result<Made, Failure> {
    let world = &shelf.world;
    let effort = Effort::First;
    let making = Making {
        world,
        watch,
        picture,
        effort,
    };
    for derivative in picture
        .choices
        .last()
        .into_iter()
        .chain([&picture.fallback])
    {
        if let Some(bytes) = making.file(derivative).await? {
            let mark = first_mark(picture, derivative, world.now());
            return Ok(finished(world, bytes, mark).await?);
        }
    }
    Err(MediaError::Internal("what stands in has no room, either").into())
}

/// Who asks for the quickest gets it, and nothing better later.
fn first_mark(picture: &Picture, derivative: &recipe::Derivative, now: u64) -> Mark {
    let mark = Mark::first(derivative.output(), now);
    let smaller = |choice: &recipe::Derivative| {
        !choice.fast() && !matches!(choice.output(), Output::Json | Output::Gif)
    };
    if picture.care == Care::Refined && picture.choices.iter().any(smaller) {
        mark
    } else {
        mark.settled()
    }
}

/// Makes the smallest of the choices that there is room for, and puts it in the
/// place of what was answered first. Whatever goes wrong, that one stays.
async fn refine<W: World>(shelf: &Shelf<W>, picture: &Picture, made: Made) {
    let place = &picture.place;
    let Some(quickest) = place.far.last() else {
        return;
    };
    // A first look: what has to give way for too long is no try.
    if !matches!(shelf.world.desk(Haste::Later).await, Ok(Some(_))) {
        return;
    }
    let tried = Made {
        mark: made.mark.tried(),
        ..made.clone()
    };
    shelf.put_near(place, &tried).await;
    shelf.put_far(place, quickest, &tried).await;
    let making = Making {
        world: &shelf.world,
        watch: None,
        picture,
        effort: Effort::Refined,
    };
    for (derivative, name) in picture.choices.iter().zip(&place.far) {
        let bytes = match making.file(derivative).await {
            Ok(Some(bytes)) => bytes,
            // No room for this one; the next is less hungry.
            Ok(None) => continue,
            // It had to give way for too long: that was no try, either.
            Err(Failure::Problem(problem)) if problem.slug == BUSY => {
                shelf.put_near(place, &made).await;
                shelf.put_far(place, quickest, &made).await;
                return;
            }
            Err(_) => return,
        };
        let mark = Mark::best(derivative.output(), tried.mark.made);
        let better = match finished(&shelf.world, bytes, mark).await {
            Ok(better) if better.bytes.len() < tried.bytes.len() => better,
            Ok(_) => Made {
                mark: tried.mark.settled(),
                ..tried
            },
            Err(fault) => return shelf.world.log(&format!("fault: {fault}")),
        };
        shelf.put_near(place, &better).await;
        shelf.put_far(place, name, &better).await;
        return;
    }
}

async fn finished<W: World>(world: &W, bytes: Vec<u8>, mark: Mark) -> Result<Made, PortError> {
    let sha256 = world.sha256(&bytes).await?;
    Ok(Made::now(bytes, sha256, mark))
}
