//! What is found on the shelf: who had it, what it is, and whether it is still good.

use crate::{media::recipe::Output, trust::Sha256};

/// Who had it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tier {
    /// This isolate.
    Here,
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
    /// Nobody: it was made for this request, and is not kept.
    Passing,
}

impl Tier {
    /// Its name in metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Here => "isolate",
            Self::Nearby | Self::Awaited => "pop",
            Self::Hot => "kv",
            Self::Stored => "r2",
            Self::Made | Self::Passing => "made",
        }
    }

    /// One member of `Cache-Status` for each tier asked.
    fn members(self) -> &'static str {
        match self {
            Self::Here => "dropgate-isolate; hit",
            Self::Nearby => "dropgate-pop; hit",
            Self::Hot => "dropgate-pop; fwd=miss, dropgate-kv; hit",
            Self::Stored => "dropgate-pop; fwd=miss, dropgate-kv; fwd=miss, dropgate-r2; hit",
            Self::Awaited => "dropgate-pop; fwd=miss; collapsed",
            Self::Passing => "dropgate-pop; fwd=miss, dropgate-kv; fwd=miss, dropgate-r2; fwd=miss",
            Self::Made => {
                "dropgate-pop; fwd=miss; stored, dropgate-kv; fwd=miss, dropgate-r2; fwd=miss"
            }
        }
    }
}

/// Whether what was found is still good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Age {
    /// It is.
    Fresh,
    /// Its time was over so many seconds ago; the next is being made.
    Past(u64),
    /// It was made of what the address named before; what it names now is being made.
    Former,
}

/// What an entry is: written beside it, under the seal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark {
    /// A picture's format, which may be another than the one its name asks for.
    pub output: Option<Output>,
    /// How often something smaller was tried to be put in its place.
    tries: u8,
    /// When it was made.
    pub made: u64,
}

/// So often a refinement is begun; one that ends the isolate each time must not
/// be begun for ever.
const MOST_TRIES: u8 = 3;

/// The word for what is no picture.
const PLAIN: &str = "plain";

impl Mark {
    /// A first answer.
    pub fn first(output: Output, made: u64) -> Self {
        Self {
            output: Some(output),
            tries: 0,
            made,
        }
    }

    /// The best there will be.
    pub fn best(output: Output, made: u64) -> Self {
        Self::first(output, made).settled()
    }

    /// No picture.
    pub fn plain(made: u64) -> Self {
        Self {
            output: None,
            tries: MOST_TRIES,
            made,
        }
    }

    /// The same, and nothing better will come.
    pub fn settled(self) -> Self {
        Self {
            tries: MOST_TRIES,
            ..self
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

    /// What it is.
    pub fn media_type(self) -> &'static str {
        let output = self.output.map(Output::media_type);
        output.unwrap_or("application/octet-stream")
    }

    /// Reads what [`Display`](std::fmt::Display) wrote.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.rsplitn(3, '-');
        let (made, tries) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        let output = match parts.next()? {
            PLAIN => None,
            word => Some(Output::parse(word)?),
        };
        Some(Self {
            output,
            tries,
            made,
        })
    }
}

impl std::fmt::Display for Mark {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let word = self.output.map_or(PLAIN, Output::word);
        write!(f, "{word}-{}-{}", self.tries, self.made)
    }
}

/// Something in hand.
#[derive(Clone)]
pub(super) struct Made {
    /// The picture, or what else it is.
    pub bytes: Vec<u8>,
    /// Its digest.
    pub sha256: Sha256,
    /// What it is.
    pub mark: Mark,
    /// Who had it.
    pub tier: Tier,
    /// Whether it is still good.
    pub age: Age,
    /// Where the receipt of its making will be.
    pub receipt: Option<String>,
}

impl Made {
    /// Made just now.
    pub fn now(bytes: Vec<u8>, sha256: Sha256, mark: Mark) -> Self {
        Self {
            bytes,
            sha256,
            mark,
            tier: Tier::Made,
            age: Age::Fresh,
            receipt: None,
        }
    }

    /// The same, from another.
    pub fn from(self, tier: Tier) -> Self {
        Self { tier, ..self }
    }

    /// The value of `Cache-Status` (RFC 9211): the tiers, the last with a word on
    /// what is still to come.
    pub fn cache_status(&self) -> String {
        let tiers = self.tier.members();
        match (self.age, self.mark.output) {
            (Age::Past(seconds), _) => format!("{tiers}; ttl=-{seconds}; detail=stale"),
            (Age::Former, _) => format!("{tiers}; detail=stale"),
            (Age::Fresh, None) => tiers.to_owned(),
            (Age::Fresh, Some(_)) if self.mark.is_best() => format!("{tiers}; detail=refined"),
            (Age::Fresh, Some(_)) => format!("{tiers}; detail=first"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_read_as_it_was_written() {
        let first = Mark::first(Output::WebP, 7);
        let best = Mark::best(Output::BaselineJpeg, 1_795_377_600);
        for mark in [first, first.tried(), best, Mark::plain(0)] {
            assert_eq!(Mark::parse(&mark.to_string()), Some(mark));
        }
        assert!(!first.tried().tried().is_best());
        assert!(first.tried().tried().tried().tried().is_best());
        for text in ["", "webp", "webp-1", "bmp-1-7", "webp-1-x", "webp--7"] {
            assert_eq!(Mark::parse(text), None, "{text}");
        }
    }
}
