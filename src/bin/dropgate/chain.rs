//! The worker's signed metadata, fetched and verified from this home's root.

use std::{
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
    set: TrustedSet,
    now: u64,
}

impl<'a> Chain<'a> {
    /// Follows the chain from the root in the home; `None` while the worker has
    /// no root at all.
    pub fn fetch(api: &'a Api, home: &Home) -> Result<Option<Self>> {
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
        Self::from_root(Source::Worker(api, None), &ours).map(Some)
    }

    /// Follows the chain from any root that is trusted.
    pub fn from_root(source: Source<'a>, root: &[u8]) -> Result<Self> {
        let mut set = TrustedSet::new(root, Floor::default())?;
        let mut next = set.root().header.version + 1;
        while let Some(root) = source.get(&format!("{next}.root.json"))? {
            set.update_root(&root)?;
            next += 1;
        }
        let timestamp = source.required("timestamp.json")?;
        let mut now = now()?;
        if matches!(source, Source::Kept(_)) {
            // Without a network nobody can say what is current: only what was.
            now = now.min(as_of(&timestamp)?);
        }
        set.update_timestamp(&timestamp, now)?;
        let version = set.timestamp(now)?.snapshot.version;
        let snapshot = source.required(&format!("{version}.snapshot.json"))?;
        set.update_snapshot(&snapshot, now)?;
        let mut chain = Self { source, set, now };
        chain.look(|set, now| set.targets(now).map(|_| ()))?;
        Ok(chain)
    }

    /// The chain of a worker that must have one.
    pub fn required(api: &'a Api, home: &Home) -> Result<Self> {
        Self::fetch(api, home)?.with_context(|| {
            format!(
                "the worker at {} has no root yet; 'dropgate publish' founds the marketplace",
                home.url
            )
        })
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

    /// The published file of a role, whoever signed it, if there is one.
    pub fn file(&self, role: &str) -> Result<Option<Vec<u8>>> {
        match self.set.listed(role, self.now) {
            Ok(meta) => {
                let file = format!("{}.{role}.json", meta.version);
                self.source.required(&file).map(Some)
            }
            Err(TrustError::NotInSnapshot { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
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
                answer => return Ok(answer?),
            }
        }
    }

    fn load(&mut self, wanted: &Wanted) -> Result<()> {
        let bytes = self.source.required(&wanted.file_name())?;
        self.set.update_role(wanted, &bytes, self.now)?;
        Ok(())
    }
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
