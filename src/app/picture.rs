//! A picture, from its order to its bytes: found on the shelf, or made by
//! the one request that holds the lease while the others wait; made as quickly
//! as can be, and after the answer once more as small as can be.

use std::rc::Rc;

use super::{
    Desk,
    animation::{self, Drawn},
    catalogue::Found,
    measure::Watch,
    problem::Problem,
    shelf::{Made, Mark, Shelf, Tier},
    transform::{composed, transform},
};
use crate::{
    gate::book::{Lease, Release},
    media::{
        Class, MediaError, Refusal,
        cache_key::CacheKey,
        codec::{Pains, Writing, is_foreign},
        embed,
        job::Effort,
        recipe::{self, Output},
    },
    ports::{PortError, SendError, World},
    trust::TargetPath,
};

/// How long the one who makes a picture may take before another begins: the
/// largest sources take some seconds.
const LEASE_SECONDS: u64 = 10;

/// How long a request waits between two looks for what another is making, in
/// milliseconds: at first, and at most.
const FIRST_PAUSE: u32 = 20;
const LONGEST_PAUSE: u32 = 320;

/// After so many looks a request makes the picture itself: more than a lease lasts.
const MOST_LOOKS: u32 = 40;

/// One format the picture may be answered in.
#[derive(Clone)]
pub(super) struct Choice {
    /// Exactly what.
    pub derivative: recipe::Derivative,
    /// Its name where all data centres look.
    pub key: CacheKey,
}

/// What is to be made of what.
#[derive(Clone)]
pub(super) struct Picture {
    /// The source.
    pub source: Rc<Found>,
    /// What is drawn on top.
    pub overlays: Rc<[Found]>,
    /// The formats that will do, the smallest first.
    pub choices: Vec<Choice>,
    /// What stands in when no codec module can take it.
    pub fallback: recipe::Derivative,
    /// The name of the best there is, in a data centre's cache.
    pub name: String,
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
        let tiers = Shelf {
            world: self.world.clone(),
            seal: self.config.seal.clone(),
        };
        let made = obtain(&tiers, &self.watch, picture).await;
        let made = made.map_err(|failure| self.failed(failure))?;
        let mut made = made;
        if made.tier == Tier::Made
            && let Some(choice) = picture.choices.last()
        {
            let (source, length) = (&picture.source, made.bytes.len());
            let receipt = self.derived(source, &choice.derivative, made.sha256, length)?;
            made.receipt = Some(receipt);
        }
        if !made.mark.is_best() {
            self.refine_later(tiers, picture, &made);
        }
        Ok(made)
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

    /// One at a time: two heavy jobs would not fit an isolate's memory.
    fn refine_later(&self, tiers: Shelf<W>, picture: &Picture, made: &Made) {
        let now = self.world.now();
        if !self.memo.refining.begin(now) {
            return;
        }
        let refining = self.memo.refining.clone();
        let (picture, made) = (picture.clone(), made.clone());
        self.world.later(async move {
            refine(&tiers, &picture, made).await;
            refining.end();
        });
    }
}

/// From the shelf, or made: by this request if it gets the lease, else by the
/// one that has it, for which this one looks out. No request ever waits for a
/// future of another, which the runtime would end.
async fn obtain<W: World>(
    shelf: &Shelf<W>,
    watch: &Watch,
    picture: &Picture,
) -> Result<Made, Failure> {
    if let Some(made) = shelf.find(picture).await? {
        return Ok(made);
    }
    let lease = Lease {
        name: picture.name.clone(),
        seconds: LEASE_SECONDS,
    };
    let mut pause = FIRST_PAUSE;
    for look in 0..MOST_LOOKS {
        // A book that fails must not keep a picture from being made.
        let free = shelf.world.ask(&lease).await.unwrap_or(true);
        if free {
            if look > 0
                && let Some(made) = shelf.near(picture).await?
            {
                give_back(shelf, picture).await;
                return Ok(awaited(made));
            }
            break;
        }
        shelf.world.pause(pause).await;
        pause = LONGEST_PAUSE.min(pause * 2);
        if let Some(made) = shelf.near(picture).await? {
            return Ok(awaited(made));
        }
    }
    let made = first(shelf, watch, picture).await;
    match &made {
        Ok(made) => {
            let (shelf, picture, made) = (shelf.clone(), picture.clone(), made.clone());
            shelf.world.clone().later(async move {
                shelf.put_near(&picture, &made).await;
                give_back(&shelf, &picture).await;
                if let Some(choice) = picture.choices.last() {
                    shelf.put_far(choice.key.as_str(), &made).await;
                }
            });
        }
        Err(_) => give_back(shelf, picture).await,
    }
    made
}

fn awaited(made: Made) -> Made {
    Made {
        tier: Tier::Awaited,
        ..made
    }
}

async fn give_back<W: World>(shelf: &Shelf<W>, picture: &Picture) {
    let release = Release {
        name: picture.name.clone(),
    };
    if let Err(fault) = shelf.world.ask(&release).await {
        shelf.world.log(&format!("fault: {fault}"));
    }
}

/// The quickest of the choices, or what stands in for it.
async fn first<W: World>(
    shelf: &Shelf<W>,
    watch: &Watch,
    picture: &Picture,
) -> Result<Made, Failure> {
    let quickest = picture.choices.last().map(|choice| &choice.derivative);
    if let Some(derivative) = quickest.filter(|wanted| is_foreign(wanted.output()))
        && let Some(made) = foreign(
            &shelf.world,
            Some(watch),
            picture,
            derivative,
            Effort::First,
        )
        .await?
    {
        let mark = first_mark(picture, derivative);
        return Ok(finished(&shelf.world, made, mark).await?);
    }
    let derivative = quickest
        .filter(|wanted| !is_foreign(wanted.output()))
        .unwrap_or(&picture.fallback);
    let made = drawn(
        &shelf.world,
        Some(watch),
        picture,
        derivative,
        Effort::First,
    )
    .await?;
    let mark = first_mark(picture, derivative);
    Ok(finished(&shelf.world, made.bytes, mark).await?)
}

/// Who asks for the quickest gets it, and nothing better later.
fn first_mark(picture: &Picture, derivative: &recipe::Derivative) -> Mark {
    let wants_more = picture.choices.iter().any(|Choice { derivative, .. }| {
        !derivative.fast() && !matches!(derivative.output(), Output::Json | Output::Gif)
    });
    if wants_more {
        Mark::first(derivative.output())
    } else {
        Mark::best(derivative.output())
    }
}

/// Makes the smallest of the choices that there is room for, and puts it in the
/// place of what was answered first. Whatever goes wrong, that one stays.
async fn refine<W: World>(shelf: &Shelf<W>, picture: &Picture, made: Made) {
    let Some(quickest) = picture.choices.last() else {
        return;
    };
    let tried = Made {
        mark: made.mark.tried(),
        ..made
    };
    shelf.put_near(picture, &tried).await;
    shelf.put_far(quickest.key.as_str(), &tried).await;
    for choice in &picture.choices {
        let derivative = &choice.derivative;
        let bytes = if is_foreign(derivative.output()) {
            foreign(&shelf.world, None, picture, derivative, Effort::Refined).await
        } else {
            drawn(&shelf.world, None, picture, derivative, Effort::Refined)
                .await
                .map(|made| Some(made.bytes))
        };
        let bytes = match bytes {
            Ok(Some(bytes)) => bytes,
            // No room for this one; the next is less hungry.
            Ok(None) => continue,
            Err(_) => return,
        };
        let mark = Mark::best(derivative.output());
        let better = match finished(&shelf.world, bytes, mark).await {
            Ok(better) if better.bytes.len() < tried.bytes.len() => better,
            Ok(_) => Made {
                mark: Mark::best(tried.mark.output),
                ..tried
            },
            Err(fault) => return shelf.world.log(&format!("fault: {fault}")),
        };
        shelf.put_near(picture, &better).await;
        shelf.put_far(choice.key.as_str(), &better).await;
        return;
    }
}

async fn finished<W: World>(world: &W, bytes: Vec<u8>, mark: Mark) -> Result<Made, PortError> {
    let sha256 = world.sha256(&bytes).await?;
    Ok(Made {
        bytes,
        sha256,
        mark,
        tier: Tier::Made,
        receipt: None,
    })
}

/// Made by the engine and written by a codec module; `None` if there is no room
/// for it in this isolate.
async fn foreign<W: World>(
    world: &W,
    watch: Option<&Watch>,
    picture: &Picture,
    derivative: &recipe::Derivative,
    effort: Effort,
) -> Result<Option<Vec<u8>>, Failure> {
    let made = match drawn_or_written(world, watch, picture, derivative, effort).await {
        Ok(Drawn::Still(made)) => made,
        Ok(Drawn::Moving(file)) => return Ok(file),
        // Its pixels alone are too many.
        Err(Failure::Media(refusal)) if refusal.class == Class::TooLarge => return Ok(None),
        Err(failure) => return Err(failure),
    };
    let mut writing = Writing {
        output: derivative.output(),
        width: made.width,
        height: made.height,
        quality: derivative.quality().unwrap_or(recipe::DEFAULT_QUALITY),
        pains: Pains::Few,
    };
    if effort == Effort::Refined {
        writing = writing.refined();
    }
    if !writing.fits(world.spare()) {
        return Ok(None);
    }
    // No other picture is made meanwhile: two would not fit.
    let _desk = world.desk().await?;
    let file = match world.encode(&writing, made.bytes).await {
        Ok(file) => file,
        Err(fault) => {
            world.log(&format!("fault: {fault}"));
            return Ok(None);
        }
    };
    let packets = &made.metadata;
    Ok(Some(match writing.output {
        Output::Avif => embed::into_avif(file, packets),
        Output::Jxl => embed::into_jxl(file, packets),
        _ => embed::into_webp(file, packets),
    }))
}

/// As pixels; an animation as its file.
async fn drawn_or_written<W: World>(
    world: &W,
    watch: Option<&Watch>,
    picture: &Picture,
    derivative: &recipe::Derivative,
    effort: Effort,
) -> Result<Drawn, Failure> {
    if !derivative.edits().anim {
        let made = drawn(world, watch, picture, derivative, effort).await?;
        return Ok(Drawn::Still(made));
    }
    let (source, overlays) = (&picture.source, &picture.overlays);
    let maker = composed(world, watch, source, overlays, derivative, effort).await?;
    animation::written(world, maker, derivative, effort).await
}

/// Made by the engine.
async fn drawn<W: World>(
    world: &W,
    watch: Option<&Watch>,
    picture: &Picture,
    derivative: &recipe::Derivative,
    effort: Effort,
) -> Result<crate::media::Derivative, Failure> {
    transform(
        world,
        watch,
        &picture.source,
        &picture.overlays,
        derivative,
        effort,
    )
    .await
}
