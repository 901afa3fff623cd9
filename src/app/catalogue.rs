//! What this isolate knows to be signed: one trusted set, extended role by role
//! as requests need it.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    rc::Rc,
};

use super::{Desk, measure::Span, problem::Problem};
use crate::{
    delivery::{chunks::Chunks, plan::Entry, response},
    metrics::tally,
    ports::{Tip, World},
    trust::{
        self, DropFacts, DropManifest, DropPath, FileEntry, Floor, Sha256, TargetPath, TrustClass,
        TrustError, TrustedSet, Wanted, peek,
    },
};

/// How long a head is believed to be the newest: what is published or retired
/// shows everywhere after at most this many seconds.
const FRESH_SECONDS: u64 = 60;

/// For how long an incident with metadata is not noted again, and how many are
/// remembered: whoever can spoil the store must not fill the log as well.
const NOTED_SECONDS: u64 = 600;
const NOTED_MOST: usize = 64;

/// Roles one request may load: far more than two levels of delegation need.
const MAX_LOADS: usize = 64;

/// No metadata file is larger (`TrustedSet` has a bound for each role).
pub(super) const METADATA_LIMIT: u64 = 5_000_000;

/// What an isolate remembers between requests. Data only: no handle of one
/// request may be used by another.
#[derive(Default)]
pub struct Memo {
    known: RefCell<Option<Known>>,
    /// Incidents with metadata, and when they were noted.
    noted: RefCell<Vec<(String, u64)>>,
    /// The sizes of pictures, upright.
    pub(super) sizes: RefCell<BTreeMap<Sha256, (u32, u32)>>,
    /// Pictures that were asked for lately.
    pub(super) recent: super::recent::Recent,
    /// What was purged.
    pub(super) purges: RefCell<super::purge::Known>,
    /// Whose pictures were made ahead of time.
    pub(super) warmed: super::warm::Warmed,
    /// Which grants were revoked.
    pub(super) revocations: super::status::Revocations,
    /// Whether a picture is being made small.
    pub(super) refining: Busy,
}

struct Known {
    set: Rc<RefCell<TrustedSet>>,
    /// The timestamp the set was built from: as long as it is the newest,
    /// nothing has changed.
    timestamp: Vec<u8>,
    asked: u64,
}

/// Whether something is being done that must not be done twice at once. Ends by
/// itself after half a minute, since the runtime may end the work unheard.
#[derive(Clone, Default)]
pub(super) struct Busy(Rc<Cell<u64>>);

impl Busy {
    /// Begins, unless it has begun.
    pub fn begin(&self, now: u64) -> bool {
        let free = now >= self.0.get();
        if free {
            self.0.set(now.saturating_add(30));
        }
        free
    }

    /// Ends.
    pub fn end(&self) {
        self.0.set(0);
    }
}

impl Memo {
    /// Whether this incident was noted lately; now it is.
    pub(super) fn is_noted(&self, reason: &str, now: u64) -> bool {
        let mut noted = self.noted.borrow_mut();
        noted.retain(|(_, at)| now < at.saturating_add(NOTED_SECONDS));
        if noted.len() >= NOTED_MOST || noted.iter().any(|(known, _)| known == reason) {
            return true;
        }
        noted.push((reason.to_owned(), now));
        false
    }

    /// Forgets the head, so that the next request asks for the newest.
    pub(super) fn forget_head(&self) {
        if let Some(known) = self.known.borrow_mut().as_mut() {
            known.asked = 0;
        }
    }
}

/// A file and what its manifest says about it.
pub(super) struct Found {
    /// The file.
    pub file: FileEntry,
    /// The drop-wide facts.
    pub facts: DropFacts,
    /// The licence in force.
    pub license: Option<String>,
    /// The version of the manifest.
    pub version: u64,
    /// The digest of the manifest.
    pub manifest: Sha256,
}

impl Found {
    /// A file of a manifest.
    pub fn new(manifest: &DropManifest, file: &FileEntry) -> Self {
        Self {
            file: file.clone(),
            facts: manifest.facts.clone(),
            license: manifest.license_of(file).map(str::to_owned),
            version: manifest.header.version,
            manifest: manifest.sha256,
        }
    }

    /// Who else may see what is made of it.
    pub fn shared(&self) -> response::Access {
        match self.file.access {
            trust::Access::Public if self.facts.consent.is_empty() => response::Access::Public,
            _ => response::Access::Private,
        }
    }

    /// Where the store keeps the bytes.
    pub fn key(&self) -> String {
        stored_at(&self.file)
    }

    /// The file as delivery plans it.
    pub fn entry(&self) -> Result<Entry, Problem> {
        entry_of(&self.file)
    }
}

/// A file as delivery plans it.
pub(super) fn entry_of(file: &FileEntry) -> Result<Entry, Problem> {
    let chunks = Chunks::new(file.length, file.chunk_size, file.chunks.clone())
        .map_err(|error| Problem::corrupt(format!("{error}.")))?;
    Ok(Entry {
        sha256: file.sha256,
        chunks,
    })
}

/// Where the store keeps a file's bytes.
pub(super) fn stored_at(file: &FileEntry) -> String {
    format!("targets/{}", file.stored_name())
}

/// Where the store keeps a metadata file: by content, so that a publish that
/// died half-way leaves nothing another could mistake for its own.
pub(super) fn metadata_at(sha256: Sha256) -> String {
    format!("metadata/{sha256}.json")
}

impl<W: World> Desk<'_, W> {
    /// A file of an open drop.
    pub(super) async fn find(&self, path: &TargetPath) -> Result<Found, Problem> {
        self.look(|set, now| {
            set.file(path, now)
                .map(|(manifest, file)| Found::new(manifest, file))
        })
        .await
    }

    /// The manifest of an open drop.
    pub(super) async fn manifest(&self, drop: &DropPath) -> Result<DropManifest, Problem> {
        self.look(|set, now| set.drop(drop, now).cloned()).await
    }

    /// The manifests of at most so many drops, the creators in their order; those
    /// that open later are among them.
    pub(super) async fn open_drops(&self, most: usize) -> Result<Vec<DropManifest>, Problem> {
        let mut open = Vec::new();
        let creators = self.look(|set, now| {
            set.targets(now)?;
            set.creators(now)
        });
        for creator in creators.await? {
            // A creator who has published nothing has no drops.
            let drops = self.look(|set, now| known_or_none(set.drops(&creator, now)));
            for drop in drops.await?.unwrap_or_default() {
                let manifest =
                    self.look(|set, now| known_or_none(set.manifest(&drop, now).cloned()));
                open.extend(manifest.await?);
                if open.len() == most {
                    return Ok(open);
                }
            }
        }
        Ok(open)
    }

    /// Answers a question from the trusted set, loading what it lacks.
    pub(super) async fn look<T>(
        &self,
        question: impl Fn(&TrustedSet, u64) -> Result<T, TrustError>,
    ) -> Result<T, Problem> {
        self.timed(Span::Trust, self.look_up(question)).await
    }

    async fn look_up<T>(
        &self,
        question: impl Fn(&TrustedSet, u64) -> Result<T, TrustError>,
    ) -> Result<T, Problem> {
        let set = self.trusted_set().await?;
        let now = self.world.now();
        for _ in 0..MAX_LOADS {
            let answer = question(&set.borrow(), now);
            match answer {
                Err(TrustError::NotLoaded(wanted)) => self.load(&set, &wanted, now).await?,
                answer => {
                    count_validity(answer.as_ref().err());
                    return self.believe(answer);
                }
            }
        }
        self.believe(Err(TrustError::TooManyDelegations))
    }

    async fn load(
        &self,
        set: &RefCell<TrustedSet>,
        wanted: &Wanted,
        now: u64,
    ) -> Result<(), Problem> {
        let bytes = self
            .metadata_bytes(&wanted.role, wanted.meta.sha256)
            .await?;
        let update = set.borrow_mut().update_role(wanted, &bytes, now);
        self.believe(update.map(|_| ()))
    }

    /// The set that the newest head leads to.
    async fn trusted_set(&self) -> Result<Rc<RefCell<TrustedSet>>, Problem> {
        let now = self.world.now();
        if let Some(known) = self.memo.known.borrow().as_ref()
            && now < known.asked.saturating_add(FRESH_SECONDS)
        {
            return Ok(known.set.clone());
        }
        let tip = self.world.tip().await.map_err(|fault| self.fault(&fault))?;
        let tip = tip.ok_or_else(Problem::empty_marketplace)?;
        if let Some(known) = self.memo.known.borrow_mut().as_mut()
            && known.timestamp == tip.timestamp
        {
            known.asked = now;
            return Ok(known.set.clone());
        }
        let snapshot = self.snapshot_bytes(&tip).await?;
        let mut set = self.believe(TrustedSet::new(&tip.root, Floor::default()))?;
        self.believe(set.update_timestamp(&tip.timestamp, now))?;
        self.believe(set.update_snapshot(&snapshot, now))?;
        let set = Rc::new(RefCell::new(set));
        *self.memo.known.borrow_mut() = Some(Known {
            set: set.clone(),
            timestamp: tip.timestamp,
            asked: now,
        });
        Ok(set)
    }

    /// The snapshot that a tip's timestamp names; not yet believed. The
    /// timestamp may have expired, so that it can be renewed.
    pub(super) async fn snapshot_bytes(&self, tip: &Tip) -> Result<Vec<u8>, Problem> {
        let meta = self.believe(peek::snapshot_of(&tip.timestamp))?;
        self.metadata_bytes("snapshot", meta.sha256).await
    }

    fn believe<T>(&self, verdict: Result<T, TrustError>) -> Result<T, Problem> {
        verdict.map_err(|error| self.refused(&error))
    }

    /// The bytes of a metadata file; not yet believed.
    pub(super) async fn metadata_bytes(
        &self,
        role: &str,
        sha256: Option<Sha256>,
    ) -> Result<Vec<u8>, Problem> {
        let sha256 = sha256.ok_or_else(|| self.lost(role))?;
        let read = self.world.read(&metadata_at(sha256), METADATA_LIMIT).await;
        let found = read.map_err(|fault| self.fault(&fault))?;
        found
            .map(|sealed| sealed.bytes)
            .ok_or_else(|| self.lost(role))
    }
}

/// Counts whether what was signed held. That something was never signed, has
/// ended or is not open yet says nothing about that.
fn count_validity(error: Option<&TrustError>) {
    let result = match error.map(TrustError::class) {
        None => "valid",
        Some(TrustClass::BadBytes | TrustClass::NotLoaded) => "forged",
        Some(TrustClass::Stale) => "expired",
        Some(TrustClass::Gone | TrustClass::NotYet | TrustClass::Unknown) => return,
    };
    tally::add("manifests", &[result], 1);
}

/// What has ended or was never published is left out; other errors are errors.
fn known_or_none<T>(answer: Result<T, TrustError>) -> Result<Option<T>, TrustError> {
    use TrustClass::{Gone, NotYet, Unknown};
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(error) if matches!(error.class(), Gone | Unknown | NotYet) => Ok(None),
        Err(error) => Err(error),
    }
}
