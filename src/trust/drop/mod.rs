//! The drop manifest: a delegated targets role whose files carry what the edge
//! needs to deliver them, and whose signed member `x-drop` describes the drop.

mod digests;
mod entry;
mod facts;

use std::collections::BTreeMap;

use serde_json::Value;

pub use digests::{FileDigester, FileDigests};
pub use entry::{Access, FileEntry, chunk_size_for};
pub use facts::{DropFacts, Preview, Provenance};

use super::metadata::{Header, TargetInfo};
use super::{DropPath, Name, Sha256, TargetPath};

/// A drop as its creator signed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DropManifest {
    /// Whose drop it is and what it is called.
    pub path: DropPath,
    /// Version and expiry of the metadata.
    pub header: Header,
    /// The digest of the metadata file: receipts and caches name the version by it.
    pub sha256: Sha256,
    /// Title, licence, opening time and the other drop-wide facts.
    pub facts: DropFacts,
    /// Its files, by name.
    pub files: BTreeMap<Name, FileEntry>,
}

impl DropManifest {
    /// Reads the manifest out of a role's parsed parts. Every target must lie in
    /// the drop's own folder and carry a full description.
    pub(super) fn read(
        path: DropPath,
        header: Header,
        sha256: Sha256,
        facts: &Value,
        targets: &BTreeMap<String, TargetInfo>,
        mut customs: BTreeMap<String, Option<Value>>,
    ) -> Result<Self, String> {
        let mut files = BTreeMap::new();
        for (text, info) in targets {
            let target = TargetPath::parse(text).map_err(|error| error.to_string())?;
            if target.drop != path {
                return Err(format!("it names {target}, which is not in {path}"));
            }
            let custom = customs.remove(text).flatten();
            let custom = custom.ok_or_else(|| format!("{target} has no custom description"))?;
            let name = target.file.clone();
            let entry = FileEntry::read(target, info, &custom)
                .map_err(|why| format!("{path}/{name}: {why}"))?;
            files.insert(name, entry);
        }
        let facts = DropFacts::read(facts)?;
        for named in [&facts.lite, &facts.master].into_iter().flatten() {
            if !files.contains_key(named) {
                return Err(format!("x-drop names {named}, which is not in the drop"));
            }
        }
        Ok(Self {
            path,
            header,
            sha256,
            facts,
            files,
        })
    }

    /// The file of that name.
    #[must_use]
    pub fn file(&self, name: &Name) -> Option<&FileEntry> {
        self.files.get(name)
    }

    /// The licence of a file: its own, or else the drop's.
    #[must_use]
    pub fn license_of<'a>(&'a self, entry: &'a FileEntry) -> Option<&'a str> {
        let own = entry.license.as_deref();
        own.or(self.facts.license.as_deref())
    }

    /// The sum of the files' lengths.
    #[must_use]
    pub fn total_length(&self) -> u64 {
        self.files
            .values()
            .fold(0, |sum, file| sum.saturating_add(file.length))
    }
}

/// Text that ends up in pages and headers: bounded, and free of control
/// characters, which could split a header or hide part of a title.
fn is_plain_text(text: &str) -> bool {
    text.chars().count() <= 300 && !text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests;
