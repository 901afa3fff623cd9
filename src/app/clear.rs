//! Giving back the room of what is not shown any more: of what was purged, and of
//! what was made from files that were swept. Nothing depends on it.

use super::{Desk, problem::Problem};
use crate::{
    gate::book::{Clear, Clearing},
    media::cache_key::CacheKey,
    ports::{PortError, World},
    trust::Sha256,
};

/// So many sources are cleared right after a purge, the others by the timer: the
/// stores are asked a few times for each.
const AT_ONCE: usize = 50;
/// What a store lists at once.
const LISTED: u32 = 1000;

/// Clears the first of the sources of a purge. The timer does so again when
/// nobody puts away older things any more.
pub(super) async fn clear_now<W: World>(
    world: &W,
    sources: Vec<(String, Vec<String>)>,
    before: u64,
) {
    for (source, stems) in sources.into_iter().take(AT_ONCE) {
        let clear = Clear {
            source,
            before,
            stems,
            due: 0,
        };
        if let Err(fault) = cleared(world, &clear).await {
            return world.log(&format!("fault: {fault}"));
        }
    }
}

impl<W: World> Desk<'_, W> {
    /// Clears what is due, after noting that what was made of these files is, too.
    pub(super) async fn clear(&self, gone: &[String]) -> Result<(), Problem> {
        let more = gone
            .iter()
            .filter_map(|key| source_of(key))
            .map(|source| Clear {
                source: source.to_hex(),
                before: u64::MAX,
                stems: Vec::new(),
                due: self.world.now(),
            });
        let mut clearing = Clearing {
            done: Vec::new(),
            more: more.collect(),
        };
        let due = self.world.ask(&clearing).await;
        let due = due.map_err(|fault| self.fault(&fault))?;
        if due.is_empty() {
            return Ok(());
        }
        for clear in &due {
            let cleared = cleared(self.world, clear).await;
            cleared.map_err(|fault| self.fault(&fault))?;
        }
        clearing = Clearing {
            done: due,
            more: Vec::new(),
        };
        let noted = self.world.ask(&clearing).await;
        noted.map(|_| ()).map_err(|fault| self.fault(&fault))
    }
}

/// Removes what was made from a source, as told, from R2 and from KV.
async fn cleared<W: World>(world: &W, clear: &Clear) -> Result<(), PortError> {
    let Some(source) = Sha256::from_hex(&clear.source) else {
        return Ok(());
    };
    let prefix = CacheKey::prefix(source);
    let is_past = |name: &String| CacheKey::is_past(name, clear.before, &clear.stems);
    let mut after = String::new();
    loop {
        let listed = world.list(&prefix, &after, LISTED).await?;
        let names: Vec<String> = listed.into_iter().map(|object| object.key).collect();
        let past: Vec<String> = names.iter().filter(|name| is_past(name)).cloned().collect();
        world.remove(&past).await?;
        match names.last() {
            Some(last) if names.len() >= LISTED as usize => after.clone_from(last),
            _ => break,
        }
    }
    // A file has fewer derivatives in KV than one list holds.
    for name in world
        .hot_list(&prefix)
        .await?
        .iter()
        .filter(|name| is_past(name))
    {
        world.hot_remove(name).await?;
    }
    Ok(())
}

/// The source of `targets/alice/drop-7/<sha256>.cover.jpg`.
fn source_of(key: &str) -> Option<Sha256> {
    let (_, name) = key.rsplit_once('/')?;
    Sha256::from_hex(name.split('.').next()?)
}
