//! Something that is made once: found on the shelf, or made by the one request
//! that holds the lease while the others wait.

use super::{
    shelf::{Place, Shelf},
    tier::{Age, Made, Tier},
};
use crate::{
    gate::book::{Lease, Release},
    ports::{PortError, World},
};

/// How long the one who makes a thing may take before another begins: the
/// largest sources take some seconds.
const LEASE_SECONDS: u64 = 10;

/// How long a request waits between two looks for what another is making, in
/// milliseconds: at first, and at most.
const FIRST_PAUSE: u32 = 20;
const LONGEST_PAUSE: u32 = 320;

/// After so many looks a request makes the thing itself: more than a lease lasts.
const MOST_LOOKS: u32 = 40;

impl<W: World> Shelf<W> {
    /// From the shelf, even if it is old while the next can be made; or made: by
    /// this request if it gets the lease, else by the one that has it, for which
    /// this one looks out. No request ever waits for a future of another, which
    /// the runtime would end.
    pub async fn obtain<E: From<PortError>>(
        &self,
        place: &Place,
        work: impl AsyncFnOnce() -> Result<Made, E>,
    ) -> Result<Made, E> {
        if let Some(made) = self.find(place).await? {
            return Ok(made);
        }
        if let Some(made) = self.former(place).await? {
            return Ok(made);
        }
        let mut pause = FIRST_PAUSE;
        for look in 0..MOST_LOOKS {
            if self.begins(place).await {
                if look > 0
                    && let Some(made) = self.fresh_near(place).await?
                {
                    self.give_back(place).await;
                    return Ok(made.from(Tier::Awaited));
                }
                break;
            }
            self.world.pause(pause).await;
            pause = LONGEST_PAUSE.min(pause * 2);
            if let Some(made) = self.fresh_near(place).await? {
                return Ok(made.from(Tier::Awaited));
            }
        }
        let made = work().await;
        match &made {
            Ok(made) => {
                let (tiers, place, made) = (self.clone(), place.clone(), made.clone());
                self.world.later(async move {
                    tiers.put_near(&place, &made).await;
                    tiers.give_back(&place).await;
                    tiers.put_note(&place).await;
                    if let Some(name) = place.far.last() {
                        tiers.put_far(&place, name, &made).await;
                    }
                });
            }
            Err(_) => self.give_back(place).await,
        }
        made
    }

    /// Makes again what was shown although it was old, unless another does.
    pub async fn renew<E>(&self, place: &Place, work: impl AsyncFnOnce() -> Result<Made, E>) {
        if !self.begins(place).await {
            return;
        }
        if let Ok(made) = work().await {
            self.keep(place, &made).await;
        }
        self.give_back(place).await;
    }

    /// Whether this request is the one to make it. A book that fails must not
    /// keep a thing from being made.
    async fn begins(&self, place: &Place) -> bool {
        let lease = Lease {
            name: place.near.clone(),
            seconds: LEASE_SECONDS,
        };
        self.world.ask(&lease).await.unwrap_or(true)
    }

    async fn fresh_near(&self, place: &Place) -> Result<Option<Made>, PortError> {
        let found = self.near(place).await?;
        Ok(found.filter(|made| made.age == Age::Fresh))
    }

    async fn give_back(&self, place: &Place) {
        let release = Release {
            name: place.near.clone(),
        };
        if let Err(fault) = self.world.ask(&release).await {
            // It ends by itself.
            self.world.log(&format!("fault: {fault}"));
        }
    }
}
