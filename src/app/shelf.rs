//! Where what is made once lives, nearest first: this data centre's cache, KV
//! (small things), R2. None of them is trusted: a seal made with the worker's key
//! is checked before a byte is used, and what does not hold is made again.

use futures_util::future::join_all;

use super::{
    Desk,
    measure::Span,
    seal::SealKey,
    tier::{Age, Made, Mark, Tier},
};
use crate::{
    media::cache_key::CacheKey,
    metrics::tally,
    ports::{PortError, Sealed, World},
};

/// KV answers small values from the data centre; beyond this R2 is cheaper.
const HOT_LIMIT: usize = 256 * 1024;
/// A derivative is at most what one job may take.
const STORED_LIMIT: u64 = 32 * 1024 * 1024;
/// How long this data centre keeps the best there will be: names change with
/// their content, so only room is a reason to forget.
const BEST_SECONDS: u32 = 7 * 86_400;
/// How long it keeps what shall be replaced: another data centre may have made
/// the better one meanwhile.
const PASSING_SECONDS: u32 = 60;
/// For how long what an address named before may stand in for what it names now.
const FORMER_SECONDS: u32 = 60;
/// What is past its time is shown while the next is made, for as long as its
/// time was, and a day at most.
const LONGEST_GRACE: u32 = 86_400;

/// Where a thing is kept, and for how long it is good.
#[derive(Clone)]
pub(super) struct Place {
    /// Its name in a data centre's cache.
    pub near: String,
    /// Its names where every data centre looks, the best first; what is made
    /// first has the last.
    pub far: Vec<String>,
    /// After so many seconds it is made anew; never if there is none.
    pub ttl: Option<u32>,
    /// The name, near by, of the note of what this address named last. Only of
    /// what anyone may see: who was let in to the one was not asked for the other.
    pub note: Option<String>,
}

impl Place {
    /// The place of a thing that has one name.
    pub fn of(key: &CacheKey) -> Self {
        Self {
            near: key.to_string(),
            far: vec![key.to_string()],
            ttl: None,
            note: None,
        }
    }

    /// How old a thing with this mark is; `None` if too old to be shown.
    pub fn age(&self, mark: Mark, now: u64) -> Option<Age> {
        let Some(ttl) = self.ttl else {
            return Some(Age::Fresh);
        };
        let past = now.saturating_sub(mark.made.saturating_add(ttl.into()));
        match past {
            0 => Some(Age::Fresh),
            past if past <= grace(ttl).into() => Some(Age::Past(past)),
            _ => None,
        }
    }

    /// For how long a store need keep it.
    fn lasts(&self, mark: Mark, now: u64) -> Option<u32> {
        let ttl = self.ttl?;
        let end = mark.made + u64::from(ttl) + u64::from(grace(ttl));
        Some(u32::try_from(end.saturating_sub(now)).unwrap_or(u32::MAX))
    }
}

/// For how many seconds a thing is shown after its time.
pub(super) fn grace(ttl: u32) -> u32 {
    ttl.min(LONGEST_GRACE)
}

/// The tiers, and the key that seals what is put there.
#[derive(Clone)]
pub(super) struct Shelf<W> {
    pub world: W,
    pub seal: SealKey,
}

impl<W: World> Desk<'_, W> {
    /// The shelf.
    pub(super) fn shelf(&self) -> Shelf<W> {
        Shelf {
            world: self.world.clone(),
            seal: self.config.seal.clone(),
        }
    }
}

impl<W: World> Shelf<W> {
    /// The thing from the nearest tier that has it: near by, the best known has
    /// one name; behind that, each format has its own. One that is past its time
    /// only if no tier has a fresh one.
    pub async fn find(&self, place: &Place) -> Result<Option<Made>, PortError> {
        let mut past = self.near(place).await?;
        if past.as_ref().is_some_and(|made| made.age == Age::Fresh) {
            return Ok(past);
        }
        // All of a tier at once: who comes first waits for every tier.
        let hot = self.far(place, Tier::Hot, place.far.iter()).await?;
        let fresh = |made: &Option<Made>| made.as_ref().is_some_and(|made| made.age == Age::Fresh);
        let known = hot.iter().position(fresh).unwrap_or(hot.len());
        let better = place.far.iter().take(known);
        let stored = self.far(place, Tier::Stored, better).await?;
        let stored = stored.into_iter().chain(std::iter::repeat(None));
        let both = hot.into_iter().zip(stored).flat_map(<[_; 2]>::from);
        for made in both.flatten() {
            if made.age == Age::Fresh {
                self.keep_near(place, &made);
                return Ok(Some(made));
            }
            past = past.or(Some(made));
        }
        Ok(past)
    }

    /// What a tier has under each of the names.
    async fn far(
        &self,
        place: &Place,
        tier: Tier,
        names: impl Iterator<Item = &String>,
    ) -> Result<Vec<Option<Made>>, PortError> {
        let look = async |name: &String| {
            let found = match tier {
                Tier::Hot => self.world.hot_get(name).await,
                _ => self.world.read(name, STORED_LIMIT).await,
            };
            let opened = self.opened(name, found, tier).await?;
            Ok(self.shown(place, opened))
        };
        join_all(names.map(look)).await.into_iter().collect()
    }

    /// What this data centre's cache has.
    pub async fn near(&self, place: &Place) -> Result<Option<Made>, PortError> {
        let found = self.world.nearby_get(&place.near).await;
        let opened = self.opened(&place.near, found, Tier::Nearby).await?;
        Ok(self.shown(place, opened))
    }

    /// What was made of what this address named before, if this data centre knows.
    pub async fn former(&self, place: &Place) -> Result<Option<Made>, PortError> {
        let Some(note) = &place.note else {
            return Ok(None);
        };
        let found = self.world.nearby_get(note).await;
        let Some(noted) = self.opened(note, found, Tier::Nearby).await? else {
            return Ok(None);
        };
        let names = String::from_utf8_lossy(&noted.bytes).into_owned();
        let mut names = names.lines().map(str::to_owned);
        let before = Place {
            near: names.next().unwrap_or_default(),
            far: names.collect(),
            ttl: None,
            note: None,
        };
        if before.near == place.near {
            return Ok(None);
        }
        let Some(made) = self.find(&before).await? else {
            return Ok(None);
        };
        // From now on for a minute, however often it is asked for.
        if noted.mark == Mark::plain(0) {
            let (tiers, note) = (self.clone(), note.clone());
            let noted = Made {
                mark: Mark::plain(self.world.now()),
                ..noted
            };
            self.world
                .later(async move { tiers.put_nearby(&note, &noted, FORMER_SECONDS).await });
        }
        Ok(Some(Made {
            age: Age::Former,
            ..made
        }))
    }

    /// What was found, if its seal is ours.
    async fn opened(
        &self,
        name: &str,
        found: Result<Option<Sealed>, PortError>,
        tier: Tier,
    ) -> Result<Option<Made>, PortError> {
        // A cache that fails is a cache that does not know.
        let found = found.unwrap_or_else(|fault| {
            self.world.log(&format!("fault: {fault}"));
            None
        });
        let Some(Sealed { bytes, seal }) = found else {
            return Ok(None);
        };
        let sha256 = self.world.sha256(&bytes).await?;
        let (mark, mac) = seal.split_once('.').unwrap_or_default();
        if let Some(mark) = Mark::parse(mark)
            && self.seal.holds(&sealed_name(name, mark), sha256, mac)
        {
            return Ok(Some(Made::now(bytes, sha256, mark).from(tier)));
        }
        self.world.log(&format!(
            "incident: the seal of {name} does not hold; it is made again"
        ));
        Ok(None)
    }

    /// What was opened, if it is not too old.
    fn shown(&self, place: &Place, opened: Option<Made>) -> Option<Made> {
        let made = opened?;
        let age = place.age(made.mark, self.world.now())?;
        Some(Made { age, ..made })
    }

    fn sealed(&self, name: &str, made: &Made) -> Sealed {
        let mac = self.seal.seal(&sealed_name(name, made.mark), made.sha256);
        Sealed {
            bytes: made.bytes.clone(),
            seal: format!("{}.{mac}", made.mark),
        }
    }

    /// Puts the thing into this data centre's cache.
    pub async fn put_near(&self, place: &Place, made: &Made) {
        let most = if made.mark.is_best() {
            BEST_SECONDS
        } else {
            PASSING_SECONDS
        };
        let lasts = place.lasts(made.mark, self.world.now());
        let seconds = lasts.map_or(most, |lasts| lasts.min(most));
        self.put_nearby(&place.near, made, seconds).await;
    }

    async fn put_nearby(&self, name: &str, made: &Made, seconds: u32) {
        let sealed = self.sealed(name, made);
        let put = self.world.nearby_put(name, &sealed, seconds).await;
        self.note(put);
    }

    /// Notes near by what this address names now.
    pub async fn put_note(&self, place: &Place) {
        if let Some(note) = &place.note {
            let names = format!("{}\n{}", place.near, place.far.join("\n")).into_bytes();
            match self.world.sha256(&names).await {
                Ok(sha256) => {
                    let noted = Made::now(names, sha256, Mark::plain(0));
                    self.put_nearby(note, &noted, BEST_SECONDS).await;
                }
                Err(fault) => self.note(Err(fault)),
            }
        }
    }

    /// Puts the thing where every data centre finds it, under one of its names.
    pub async fn put_far(&self, place: &Place, name: &str, made: &Made) {
        let sealed = self.sealed(name, made);
        let lasts = place.lasts(made.mark, self.world.now());
        let began = self.world.millis();
        // What is good for a time only, however large: KV forgets by itself.
        let put = if lasts.is_some() || sealed.bytes.len() <= HOT_LIMIT {
            self.world.hot_put(name, &sealed, lasts).await
        } else {
            self.world.write(name, &sealed.bytes, &sealed.seal).await
        };
        // After the reply: in the numbers, but in no Server-Timing.
        let took = self.world.millis().saturating_sub(began);
        tally::took("span", &[Span::Store.name()], took);
        self.note(put);
    }

    /// Puts the thing everywhere, as what was made first is put.
    pub async fn keep(&self, place: &Place, made: &Made) {
        self.put_near(place, made).await;
        self.put_note(place).await;
        if let Some(name) = place.far.last() {
            self.put_far(place, name, made).await;
        }
    }

    /// Puts what was found further away into this data centre's cache, after the answer.
    fn keep_near(&self, place: &Place, made: &Made) {
        let (tiers, place, made) = (self.clone(), place.clone(), made.clone());
        self.world.later(async move {
            tiers.put_near(&place, &made).await;
            tiers.put_note(&place).await;
        });
    }

    /// What was not kept is made again: only the operator is told.
    fn note(&self, done: Result<(), PortError>) {
        if let Err(fault) = done {
            self.world.log(&format!("fault: {fault}"));
        }
    }
}

fn sealed_name(name: &str, mark: Mark) -> String {
    format!("{name}\n{mark}")
}
