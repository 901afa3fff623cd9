//! Clearing the store of what no manifest names, and of what was made of it. Run by a timer, a stretch at a
//! time; `gate/book/uploads.rs` says why no named file can be lost.

use std::collections::BTreeMap;

use super::{Desk, catalogue::stored_at, problem::Problem};
use crate::{
    gate::book::{Sweep, SweepState, Swept},
    ports::World,
    trust::{DropPath, TrustClass},
};

/// How many files one run looks at.
const STRETCH: u32 = 500;
/// How many manifests one run reads: each is a request to the store.
const DROPS: usize = 100;
/// A file that came less than this long ago may be part of a publish under way.
const DAY: u64 = 86_400;

/// Looks at a stretch of the store; how many files were removed.
pub async fn sweep<W: World>(desk: &Desk<'_, W>) -> Result<usize, Problem> {
    let state = desk.world.ask(&SweepState).await;
    let state = state.map_err(|fault| desk.fault(&fault))?;
    for (key, upload) in &state.stale {
        desk.give_up(key, upload).await?;
    }
    let mut names = Names::default();
    let mut gone = desk.remove(state.condemned, &mut names).await?;
    let seen = desk.look_through(&state.after, &mut names).await?;
    let condemned = desk.world.ask(&seen).await;
    let condemned = condemned.map_err(|fault| desk.fault(&fault))?;
    gone.extend(desk.remove(condemned, &mut names).await?);
    desk.clear(&gone).await?;
    Ok(gone.len())
}

/// What the manifests of this run's drops name; `None` when that cannot be said.
type Names = BTreeMap<DropPath, Option<Vec<String>>>;

impl<W: World> Desk<'_, W> {
    /// Removes what is condemned; which that was.
    async fn remove(
        &self,
        condemned: Vec<String>,
        names: &mut Names,
    ) -> Result<Vec<String>, Problem> {
        if condemned.is_empty() {
            return Ok(condemned);
        }
        // A second look, whatever the book says: no named file is ever removed.
        let mut keys = Vec::new();
        for key in &condemned {
            if self.is_named(key, names).await == Some(false) {
                keys.push(key.clone());
            }
        }
        let removed = self.world.remove(&keys).await;
        removed.map_err(|fault| self.fault(&fault))?;
        let count = keys.len();
        self.world
            .log(&format!("swept {count} files that no manifest names"));
        let swept = self.world.ask(&Swept { keys: condemned }).await;
        swept.map_err(|fault| self.fault(&fault))?;
        Ok(keys)
    }

    /// Which of the files after `after` are named.
    async fn look_through(&self, after: &str, names: &mut Names) -> Result<Sweep, Problem> {
        let listed = self.world.list("targets/", after, STRETCH).await;
        let listed = listed.map_err(|fault| self.fault(&fault))?;
        let is_end = listed.len() < STRETCH as usize;
        let mut seen = Sweep {
            named: Vec::new(),
            unnamed: Vec::new(),
            after: after.to_owned(),
        };
        for object in listed {
            let is_new = drop_of(&object.key).is_some_and(|drop| !names.contains_key(&drop));
            if is_new && names.len() >= DROPS {
                return Ok(seen);
            }
            let is_old = object.written.saturating_add(DAY) <= self.world.now();
            match self.is_named(&object.key, names).await {
                Some(true) => seen.named.push(object.key.clone()),
                Some(false) if is_old => seen.unnamed.push(object.key.clone()),
                // Young, or it cannot be said: it stays.
                _ => {}
            }
            seen.after = object.key;
        }
        if is_end {
            seen.after = String::new();
        }
        Ok(seen)
    }

    /// Whether a manifest names a file; `None` when that cannot be said, because
    /// a store fails, metadata has expired or does not verify. Only a whole,
    /// valid chain may say that it is not named.
    async fn is_named(&self, key: &str, names: &mut Names) -> Option<bool> {
        let drop = drop_of(key)?;
        if !names.contains_key(&drop) {
            let files = self.look(|set, now| match set.manifest(&drop, now) {
                Ok(manifest) => Ok(manifest.files.values().map(stored_at).collect()),
                Err(error) if error.class() == TrustClass::Unknown => Ok(Vec::new()),
                Err(error) => Err(error),
            });
            let files = files.await.ok();
            names.insert(drop.clone(), files);
        }
        let files = names.get(&drop)?.as_ref()?;
        Some(files.iter().any(|file| file == key))
    }
}

/// The drop of a key such as `targets/alice/drop-7/<sha256>.cover.jpg`.
fn drop_of(key: &str) -> Option<DropPath> {
    let (drop, _) = key.strip_prefix("targets/")?.rsplit_once('/')?;
    DropPath::parse(drop).ok()
}
