//! Where derivatives live, nearest first: this data centre's cache, KV (small
//! ones), R2. None of them is trusted: a seal made with the worker's key is
//! checked before a byte is used, and what does not hold is made again.

use super::{
    picture::{Choice, Picture},
    seal::SealKey,
};
use crate::{
    media::recipe::Output,
    ports::{PortError, Sealed, World},
    trust::Sha256,
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

/// Who had the derivative.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tier {
    /// The data centre's cache.
    Nearby,
    /// KV.
    Hot,
    /// R2.
    Stored,
    /// Another request, which made it while this one waited.
    Awaited,
    /// Nobody: it was made for this request.
    Made,
}

impl Tier {
    /// Its name in metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Nearby | Self::Awaited => "pop",
            Self::Hot => "kv",
            Self::Stored => "r2",
            Self::Made => "made",
        }
    }

    /// The value of `Cache-Status` (RFC 9211): one member for each tier asked,
    /// the last with a word on what is still to come.
    pub fn cache_status(self, mark: Mark) -> String {
        let tiers = match self {
            Self::Nearby => "dropgate-pop; hit",
            Self::Hot => "dropgate-pop; fwd=miss, dropgate-kv; hit",
            Self::Stored => "dropgate-pop; fwd=miss, dropgate-kv; fwd=miss, dropgate-r2; hit",
            Self::Awaited => "dropgate-pop; fwd=miss; collapsed",
            Self::Made => {
                "dropgate-pop; fwd=miss; stored, dropgate-kv; fwd=miss, dropgate-r2; fwd=miss"
            }
        };
        format!("{tiers}; detail={}", mark.detail())
    }
}

/// What an entry is: written beside it, under the seal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark {
    /// The format, which may be another than the one its name asks for.
    pub output: Output,
    /// How often something smaller was tried to be put in its place.
    tries: u8,
}

/// So often a refinement is begun; one that ends the isolate each time must not
/// be begun for ever.
const MOST_TRIES: u8 = 3;

impl Mark {
    /// A first answer.
    pub fn first(output: Output) -> Self {
        Self { output, tries: 0 }
    }

    /// The best there will be.
    pub fn best(output: Output) -> Self {
        Self {
            output,
            tries: MOST_TRIES,
        }
    }

    /// The same when another try has begun.
    pub fn tried(self) -> Self {
        Self {
            tries: self.tries.saturating_add(1).min(MOST_TRIES),
            ..self
        }
    }

    /// Whether nothing smaller is to come.
    pub fn is_best(self) -> bool {
        self.tries >= MOST_TRIES
    }

    fn detail(self) -> &'static str {
        if self.is_best() { "refined" } else { "first" }
    }

    fn parse(text: &str) -> Option<Self> {
        let (output, tries) = text.rsplit_once('-')?;
        Some(Self {
            output: Output::parse(output)?,
            tries: tries.parse().ok()?,
        })
    }
}

impl std::fmt::Display for Mark {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.output.word(), self.tries)
    }
}

/// A derivative in hand.
#[derive(Clone)]
pub(super) struct Made {
    /// The picture.
    pub bytes: Vec<u8>,
    /// Its digest.
    pub sha256: Sha256,
    /// What it is.
    pub mark: Mark,
    /// Who had it.
    pub tier: Tier,
    /// Where the receipt of its making will be.
    pub receipt: Option<String>,
}

/// The tiers, and the key that seals what is put there.
#[derive(Clone)]
pub(super) struct Shelf<W> {
    pub world: W,
    pub seal: SealKey,
}

impl<W: World> Shelf<W> {
    /// The picture from the nearest tier that has it: near by, the best known
    /// has one name; behind that, each format has its own, the smallest first.
    pub async fn find(&self, picture: &Picture) -> Result<Option<Made>, PortError> {
        if let Some(made) = self.near(picture).await? {
            return Ok(Some(made));
        }
        for Choice { key, .. } in &picture.choices {
            let name = key.as_str();
            for tier in [Tier::Hot, Tier::Stored] {
                let found = match tier {
                    Tier::Hot => self.world.hot_get(name).await,
                    _ => self.world.read(name, STORED_LIMIT).await,
                };
                if let Some(made) = self.opened(name, found, tier).await? {
                    self.keep_near(picture, &made);
                    return Ok(Some(made));
                }
            }
        }
        Ok(None)
    }

    /// What this data centre's cache has.
    pub async fn near(&self, picture: &Picture) -> Result<Option<Made>, PortError> {
        let found = self.world.nearby_get(&picture.name).await;
        self.opened(&picture.name, found, Tier::Nearby).await
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
            return Ok(Some(Made {
                bytes,
                sha256,
                mark,
                tier,
                receipt: None,
            }));
        }
        self.world.log(&format!(
            "incident: the seal of {name} does not hold; it is made again"
        ));
        Ok(None)
    }

    fn sealed(&self, name: &str, made: &Made) -> Sealed {
        let mac = self.seal.seal(&sealed_name(name, made.mark), made.sha256);
        Sealed {
            bytes: made.bytes.clone(),
            seal: format!("{}.{mac}", made.mark),
        }
    }

    /// Puts the picture into this data centre's cache.
    pub async fn put_near(&self, picture: &Picture, made: &Made) {
        let seconds = if made.mark.is_best() {
            BEST_SECONDS
        } else {
            PASSING_SECONDS
        };
        let sealed = self.sealed(&picture.name, made);
        let put = self.world.nearby_put(&picture.name, &sealed, seconds).await;
        self.note(put);
    }

    /// Puts the picture where every data centre finds it.
    pub async fn put_far(&self, name: &str, made: &Made) {
        let sealed = self.sealed(name, made);
        let put = if sealed.bytes.len() <= HOT_LIMIT {
            self.world.hot_put(name, &sealed).await
        } else {
            self.world.write(name, &sealed.bytes, &sealed.seal).await
        };
        self.note(put);
    }

    /// The same as [`put_near`](Self::put_near), after the answer.
    fn keep_near(&self, picture: &Picture, made: &Made) {
        let (tiers, picture, made) = (self.clone(), picture.clone(), made.clone());
        self.world
            .later(async move { tiers.put_near(&picture, &made).await });
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_read_as_it_was_written() {
        let first = Mark::first(Output::WebP);
        for mark in [first, first.tried(), Mark::best(Output::BaselineJpeg)] {
            assert_eq!(Mark::parse(&mark.to_string()), Some(mark));
        }
        assert!(!first.tried().tried().is_best());
        assert!(first.tried().tried().tried().tried().is_best());
        assert_eq!(Mark::parse("webp"), None);
        assert_eq!(Mark::parse("bmp-1"), None);
    }
}
