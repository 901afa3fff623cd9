//! The worker's signed metadata, fetched and verified from this home's root.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use dropgate::trust::{
    DropManifest, DropPath, Floor, Name, TrustClass, TrustError, TrustedSet, Wanted, peek,
};

use crate::{api::Api, duration::now, home::Home};

/// Where metadata comes from.
pub enum Source<'a> {
    /// The worker; what it hands over is kept in the folder, if one is named.
    Worker(&'a Api, Option<PathBuf>),
    /// A folder that was kept, without any network.
    Kept(PathBuf),
}

impl Source<'_> {
    fn get(&self, file: &str) -> Result<Option<Vec<u8>>> {
        let (api, keep) = match self {
            Self::Kept(folder) => return Ok(fs::read(folder.join(file)).ok()),
            Self::Worker(api, keep) => (api, keep),
        };
        let found = api.get(&format!("/metadata/{file}"))?;
        if let (Some(folder), Some(bytes)) = (keep, &found) {
            fs::create_dir_all(folder)
                .and_then(|()| fs::write(folder.join(file), bytes))
                .with_context(|| format!("could not write to {}", folder.display()))?;
        }
        Ok(found)
    }

    fn required(&self, file: &str) -> Result<Vec<u8>> {
        self.get(file)?.with_context(|| match self {
            Self::Worker(..) => {
                format!("the worker does not serve /metadata/{file}, which its chain names")
            }
            Self::Kept(folder) => format!(
                "{} does not hold {file}; keep the chain again with --save-chain",
                folder.display()
            ),
        })
    }
}

/// What is published, verified.
pub struct Chain<'a> {
    source: Source<'a>,
    /// The files that were verified, by role.
    files: BTreeMap<String, Vec<u8>>,
    set: TrustedSet,
    now: u64,
}

impl<'a> Chain<'a> {
    /// Follows the chain from the root in the home; `None` while the worker has
    /// no root at all.
    pub fn fetch(api: &'a Api, home: &Home) -> Result<Option<Self>> {
        let Some(root) = checked_root(api, home)? else {
            return Ok(None);
        };
        Self::from_root(Source::Worker(api, None), &root).map(Some)
    }

    /// Follows the chain from any root that is trusted.
    pub fn from_root(source: Source<'a>, root: &[u8]) -> Result<Self> {
        let mut chain = Self::roots(source, root)?;
        let timestamp = chain.source.required("timestamp.json")?;
        if matches!(chain.source, Source::Kept(_)) {
            // Without a network nobody can say what is current: only what was.
            chain.now = chain.now.min(as_of(&timestamp)?);
        }
        chain
            .set
            .update_timestamp(&timestamp, chain.now)
            .map_err(said)?;
        let version = chain.set.timestamp(chain.now)?.snapshot.version;
        let snapshot = chain.source.required(&format!("{version}.snapshot.json"))?;
        chain.set.update_snapshot(&snapshot, chain.now)?;
        chain.file("targets")?;
        Ok(chain)
    }

    /// Follows the roots alone: they can be renewed even when they have expired.
    pub fn only_roots(api: &'a Api, home: &Home) -> Result<Self> {
        let root = checked_root(api, home)?.with_context(|| no_root(home))?;
        Self::roots(Source::Worker(api, None), &root)
    }

    fn roots(source: Source<'a>, root: &[u8]) -> Result<Self> {
        let mut set = TrustedSet::new(root, Floor::default())?;
        let mut next = set.root().header.version + 1;
        while let Some(root) = source.get(&format!("{next}.root.json"))? {
            set.update_root(&root)?;
            next += 1;
        }
        Ok(Self {
            source,
            files: BTreeMap::new(),
            set,
            now: now()?,
        })
    }

    /// The chain of a worker that must have one.
    pub fn required(api: &'a Api, home: &Home) -> Result<Self> {
        Self::fetch(api, home)?.with_context(|| no_root(home))
    }

    /// What was verified so far.
    pub fn set(&self) -> &TrustedSet {
        &self.set
    }

    /// The time it was verified at.
    pub fn now(&self) -> u64 {
        self.now
    }

    /// The creators the marketplace delegates to.
    pub fn creators(&mut self) -> Result<Vec<Name>> {
        self.look(TrustedSet::creators)
    }

    /// The published file of a role that is delegated to, if there is one. It is
    /// verified like any other, even when it has expired: what the worker hands
    /// over must not become part of what is signed next.
    pub fn file(&mut self, role: &str) -> Result<Option<Vec<u8>>> {
        let found = if role == "targets" {
            self.look(|set, now| set.targets(now).map(|_| ()))
        } else if let Some(drop) = DropPath::from_role(role) {
            self.look(|set, now| set.manifest(&drop, now).map(|_| ()))
        } else {
            let creator = Name::parse_creator(role)?;
            self.look(|set, now| set.drops(&creator, now).map(|_| ()))
        };
        match found {
            Err(error) if has_expired(&error, role) => {}
            Err(error) if is_unknown(&error) => return Ok(None),
            Err(error) => return Err(error),
            Ok(()) => {}
        }
        Ok(self.files.get(role).cloned())
    }

    /// The version a role is published at, 0 if it is not.
    pub fn version(&self, role: &str) -> u64 {
        self.set
            .listed(role, self.now)
            .map_or(0, |meta| meta.version)
    }

    /// The keys the marketplace delegates to for a creator; none if it does not.
    pub fn creator_keys(&mut self, creator: &Name) -> Result<Vec<dropgate::trust::PublicKey>> {
        match self.look(|set, now| set.creator_keys(creator, now)) {
            Err(error) if is_unknown(&error) => Ok(Vec::new()),
            other => other,
        }
    }

    /// The drop's manifest as published, open or not.
    pub fn manifest(&mut self, drop: &DropPath) -> Result<Option<DropManifest>> {
        match self.look(|set, now| set.manifest(drop, now).cloned()) {
            Ok(manifest) => Ok(Some(manifest)),
            Err(error) if is_unknown(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Asks the verified set, and fetches what it lacks.
    pub fn look<T>(
        &mut self,
        question: impl Fn(&TrustedSet, u64) -> Result<T, TrustError>,
    ) -> Result<T> {
        loop {
            match question(&self.set, self.now) {
                Err(TrustError::NotLoaded(wanted)) => self.load(&wanted)?,
                answer => return answer.map_err(said),
            }
        }
    }

    fn load(&mut self, wanted: &Wanted) -> Result<()> {
        let bytes = self.source.required(&wanted.file_name())?;
        let update = self.set.update_role(wanted, &bytes, self.now);
        // One that has expired was verified before that was seen.
        if matches!(update, Ok(_) | Err(TrustError::Expired { .. })) {
            self.files.insert(wanted.role.clone(), bytes);
        }
        update.map(|_| ()).map_err(said)
    }
}

/// An expiry with what to do about it.
fn said(error: TrustError) -> anyhow::Error {
    let remedy = match &error {
        TrustError::Expired { role, .. } if role == "root" => "'dropgate root rotate' renews it",
        TrustError::Expired { role, .. } if role == "timestamp" => {
            "the worker signs it every few minutes: look at its log, and at this machine's clock"
        }
        TrustError::Expired { .. } => "'dropgate resign' renews it",
        _ => return error.into(),
    };
    anyhow::Error::from(error).context(remedy)
}

fn has_expired(error: &anyhow::Error, wanted: &str) -> bool {
    let trust = error.downcast_ref::<TrustError>();
    trust.is_some_and(|error| matches!(error, TrustError::Expired { role, .. } if role == wanted))
}

/// The home's first root, if the worker has the same one.
fn checked_root(api: &Api, home: &Home) -> Result<Option<Vec<u8>>> {
    let ours = home.read("metadata/1.root.json")?;
    let Some(theirs) = api.get("/metadata/1.root.json")? else {
        return Ok(None);
    };
    if ours != theirs {
        bail!(
            "the worker at {} serves another marketplace: its root is not the one in {}",
            home.url,
            home.path("metadata").display()
        );
    }
    Ok(Some(ours))
}

fn no_root(home: &Home) -> String {
    format!(
        "the worker at {} has no root yet; 'dropgate publish' founds the marketplace",
        home.url
    )
}

fn is_unknown(error: &anyhow::Error) -> bool {
    let trust = error.downcast_ref::<TrustError>();
    trust.is_some_and(|error| matches!(error.class(), TrustClass::Unknown | TrustClass::Gone))
}

/// The last second at which a timestamp was good.
fn as_of(timestamp: &[u8]) -> Result<u64> {
    let header = peek::header_of("timestamp", timestamp)?;
    Ok(header.expires.saturating_sub(1))
}

/// The root to trust: the file that was named, or the home's first.
pub fn trusted_root(home: &Home, named: Option<&Path>) -> Result<Vec<u8>> {
    match named {
        Some(path) => fs::read(path).with_context(|| format!("could not read {}", path.display())),
        None => home.read("metadata/1.root.json"),
    }
}
