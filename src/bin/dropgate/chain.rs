//! The worker's signed metadata, fetched and verified from this home's root.

use anyhow::{Context, Result, bail};
use dropgate::trust::{
    DropManifest, DropPath, Floor, Name, TrustClass, TrustError, TrustedSet, Wanted,
};

use crate::{api::Api, duration::now, home::Home};

/// What is published, verified.
pub struct Chain<'a> {
    api: &'a Api,
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
        let now = now()?;
        let mut set = TrustedSet::new(&ours, Floor::default())?;
        let mut next = 2;
        while let Some(root) = api.get(&format!("/metadata/{next}.root.json"))? {
            set.update_root(&root)?;
            next += 1;
        }
        let timestamp = api.get("/metadata/timestamp.json")?;
        set.update_timestamp(&timestamp.context("the worker has no timestamp")?, now)?;
        let version = set.timestamp(now)?.snapshot.version;
        let snapshot = required(api, &format!("{version}.snapshot.json"))?;
        set.update_snapshot(&snapshot, now)?;
        let mut chain = Self { api, set, now };
        chain.look(|set, now| set.targets(now).map(|_| ()))?;
        Ok(Some(chain))
    }

    /// The published file of a role, whoever signed it, if there is one.
    pub fn file(&self, role: &str) -> Result<Option<Vec<u8>>> {
        match self.set.listed(role, self.now) {
            Ok(meta) => required(self.api, &format!("{}.{role}.json", meta.version)).map(Some),
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

    fn look<T>(
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
        let bytes = required(self.api, &wanted.file_name())?;
        self.set.update_role(wanted, &bytes, self.now)?;
        Ok(())
    }
}

fn is_unknown(error: &anyhow::Error) -> bool {
    let trust = error.downcast_ref::<TrustError>();
    trust.is_some_and(|error| matches!(error.class(), TrustClass::Unknown | TrustClass::Gone))
}

fn required(api: &Api, file: &str) -> Result<Vec<u8>> {
    api.get(&format!("/metadata/{file}"))?.with_context(|| {
        format!("the worker does not serve /metadata/{file}, which its chain names")
    })
}
