//! Where derivatives live, nearest first: this data centre's cache, KV (small
//! ones), R2. None of them is trusted: a seal made with the worker's key is
//! checked before a byte is used, and what does not hold is made again.

use super::{Desk, catalogue::Found, measure::Span, problem::Problem, transform};
use crate::{
    evidence::{Detail, Kind},
    media::{cache_key::CacheKey, job::Effort, recipe},
    metrics::tally,
    ports::{LogName, Sealed, World},
    trust::Sha256,
};

/// KV answers small values from the data centre; beyond this R2 is cheaper.
const HOT_LIMIT: usize = 256 * 1024;
/// A derivative is at most what one job may take.
const STORED_LIMIT: u64 = 32 * 1024 * 1024;
/// How long this data centre keeps one: names change with their content, so
/// only room is a reason to forget.
const NEARBY_SECONDS: u32 = 7 * 86_400;

/// Who had the derivative.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tier {
    /// The data centre's cache.
    Nearby,
    /// KV.
    Hot,
    /// R2.
    Stored,
    /// Nobody: it was made for this request.
    Made,
    /// Nobody: it was made for this request, and is not kept.
    Passing,
}

impl Tier {
    /// Its name in metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Nearby => "pop",
            Self::Hot => "kv",
            Self::Stored => "r2",
            Self::Made | Self::Passing => "made",
        }
    }

    /// The value of `Cache-Status` (RFC 9211): one member for each tier asked.
    pub fn cache_status(self) -> &'static str {
        match self {
            Self::Nearby => "dropgate-pop; hit",
            Self::Hot => "dropgate-pop; fwd=miss, dropgate-kv; hit",
            Self::Stored => "dropgate-pop; fwd=miss, dropgate-kv; fwd=miss, dropgate-r2; hit",
            Self::Passing => "dropgate-pop; fwd=miss, dropgate-kv; fwd=miss, dropgate-r2; fwd=miss",
            Self::Made => {
                "dropgate-pop; fwd=miss; stored, dropgate-kv; fwd=miss, dropgate-r2; fwd=miss"
            }
        }
    }
}

/// A derivative in hand.
pub(super) struct Made {
    /// The picture.
    pub bytes: Vec<u8>,
    /// Its digest.
    pub sha256: Sha256,
    /// Who had it.
    pub tier: Tier,
    /// Where the receipt of its making will be.
    pub receipt: Option<String>,
}

impl<W: World> Desk<'_, W> {
    /// The derivative from the nearest tier that has it, sealed.
    pub(super) async fn stored(&self, key: &CacheKey) -> Result<Option<Made>, Problem> {
        let name = key.as_str();
        for tier in [Tier::Nearby, Tier::Hot, Tier::Stored] {
            let found = match tier {
                Tier::Nearby => self.world.nearby_get(name).await,
                Tier::Hot => self.world.hot_get(name).await,
                _ => self.world.read(name, STORED_LIMIT).await,
            };
            // A cache that fails is a cache that does not know.
            let found = found.unwrap_or_else(|fault| {
                self.world.log(&format!("fault: {fault}"));
                None
            });
            if let Some(sealed) = found
                && let Some(sha256) = self.holds(name, &sealed).await?
            {
                if tier != Tier::Nearby {
                    self.keep_nearby(name, sealed.clone());
                }
                let bytes = sealed.bytes;
                return Ok(Some(Made {
                    bytes,
                    sha256,
                    tier,
                    receipt: None,
                }));
            }
        }
        Ok(None)
    }

    /// The digest of the bytes, if the seal is ours.
    async fn holds(&self, name: &str, sealed: &Sealed) -> Result<Option<Sha256>, Problem> {
        let sha256 = self.world.sha256(&sealed.bytes).await;
        let sha256 = sha256.map_err(|fault| self.fault(&fault))?;
        if self.config.seal.holds(name, sha256, &sealed.seal) {
            return Ok(Some(sha256));
        }
        self.world.log(&format!(
            "incident: the seal of {name} does not hold; it is made again"
        ));
        Ok(None)
    }

    /// Makes a derivative and stores it after the answer.
    pub(super) async fn make(
        &self,
        found: &Found,
        derivative: &recipe::Derivative,
        effort: Effort,
        key: &CacheKey,
    ) -> Result<Made, Problem> {
        let bytes = self.transform(found, derivative, effort).await?;
        let sha256 = self.world.sha256(&bytes).await;
        let sha256 = sha256.map_err(|fault| self.fault(&fault))?;
        let sealed = Sealed {
            seal: self.config.seal.seal(key.as_str(), sha256),
            bytes,
        };
        self.keep(key.as_str(), sealed.clone());
        let receipt = self.derived(found, derivative, sha256, sealed.bytes.len())?;
        Ok(Made {
            bytes: sealed.bytes,
            sha256,
            tier: Tier::Made,
            receipt: Some(receipt),
        })
    }

    /// Logs that a derivative was made, of what and how; where that will be.
    pub(super) fn derived(
        &self,
        found: &Found,
        derivative: &recipe::Derivative,
        result: Sha256,
        length: usize,
    ) -> Result<String, Problem> {
        let path = &found.file.path;
        let mut receipt = self.new_receipt(Kind::Derive)?;
        receipt.drop = Some(path.drop.clone());
        receipt.version = Some(found.version);
        receipt.manifest = Some(found.manifest);
        receipt.file = Some(path.file.clone());
        receipt.sha256 = Some(found.file.sha256);
        receipt.bytes = Some(length as u64);
        receipt.result = Some(result);
        receipt.detail = recipe_words(&derivative.canonical());
        let place = format!("/receipts/{}", receipt.id);
        self.log_later(LogName::Deliveries, receipt);
        Ok(place)
    }

    /// Feeds the source to the engine as its chunks arrive, each checked.
    pub(super) async fn transform(
        &self,
        found: &Found,
        derivative: &recipe::Derivative,
        effort: Effort,
    ) -> Result<Vec<u8>, Problem> {
        let watch = Some(&self.watch);
        let made = transform::transform(self.world, watch, found, &[], derivative, effort).await;
        made.map(|made| made.bytes)
            .map_err(|failure| self.failed(failure))
    }

    fn keep_nearby(&self, name: &str, sealed: Sealed) {
        let (world, name) = (self.world.clone(), name.to_owned());
        self.world.later(async move {
            if let Err(fault) = world.nearby_put(&name, &sealed, NEARBY_SECONDS).await {
                world.log(&format!("fault: {fault}"));
            }
        });
    }

    pub(super) fn keep(&self, name: &str, sealed: Sealed) {
        self.keep_nearby(name, sealed.clone());
        let (world, name) = (self.world.clone(), name.to_owned());
        self.world.later(async move {
            let began = world.millis();
            let kept = if sealed.bytes.len() <= HOT_LIMIT {
                world.hot_put(&name, &sealed).await
            } else {
                world.write(&name, &sealed.bytes, &sealed.seal).await
            };
            // After the reply: in the numbers, but in no Server-Timing.
            let took = world.millis().saturating_sub(began);
            tally::took("span", &[Span::Store.name()], took);
            if let Err(fault) = kept {
                world.log(&format!("fault: {fault}"));
            }
        });
    }
}

/// A recipe in the letters that a receipt has: others become `_`.
fn recipe_words(recipe: &str) -> Option<Detail> {
    let letter = |c: char| match c {
        'a'..='z' | '0'..='9' => c,
        _ if ".,=;_+/-".contains(c) => c,
        _ => '_',
    };
    Detail::parse(&recipe.chars().map(letter).take(512).collect::<String>())
}

/// Another picture is being made, and there is room for one.
pub(super) fn busy() -> Problem {
    Problem::new(
        503,
        "busy",
        "Other pictures are being made",
        "This place is making other pictures; ask again in a moment.",
    )
    .with("retry-after", "2")
}
