//! A folder with the files of a drop, and how it differs from what is published.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, anyhow, bail};
use clap::Args;
use dropgate::trust::{
    DropFacts, DropManifest, DropPath, FileEntry, Name, TargetPath, format_time,
};

use crate::{
    drop_toml::{self, DropToml},
    duration::now,
    measure::{Stated, measure},
    upload::{Upload, bytes_bar},
};

const DAY: u64 = 86_400;

/// Which folder is which drop.
#[derive(Args)]
pub struct FolderArgs {
    /// The folder with the files; its subfolders are not published
    folder: PathBuf,

    /// The creator who signs
    #[arg(long)]
    creator: String,

    /// The drop's name [default: the folder's name]
    #[arg(long)]
    drop: Option<String>,
}

/// The drop as its folder has it.
pub struct Folder {
    /// Its name.
    pub drop: DropPath,
    /// What `drop.toml` says of it.
    pub facts: DropFacts,
    /// When its manifest will expire.
    pub expires: u64,
    /// The files as measured, by name.
    pub entries: Vec<FileEntry>,
    toml: DropToml,
    sources: BTreeMap<Name, PathBuf>,
}

impl FolderArgs {
    /// Reads names and `drop.toml`; the files are not opened yet.
    pub fn read(&self) -> Result<Folder> {
        let folder = &self.folder;
        let sources = sources(folder)?;
        let drop = self.path()?;
        let toml = DropToml::read(folder)?;
        let is_assumed = toml.is_none();
        let toml = toml.unwrap_or_default();
        let names: Vec<String> = sources.keys().map(Name::to_string).collect();
        toml.check_files(&names)?;
        let facts = toml.facts(drop.drop.as_str())?;
        let expires = now()? + toml.days() * DAY;
        if is_assumed {
            eprintln!(
                "dropgate: there is no {} in {}: assuming the title {:?}, no licence, every file public, and that the drop is good until {}",
                drop_toml::FILE,
                folder.display(),
                facts.title,
                format_time(expires)
            );
        }
        Ok(Folder {
            facts,
            expires,
            entries: Vec::new(),
            drop,
            toml,
            sources,
        })
    }

    fn path(&self) -> Result<DropPath> {
        let name = match &self.drop {
            Some(name) => name.clone(),
            None => file_name(&self.folder.canonicalize().unwrap_or_default())?,
        };
        DropPath::new(&self.creator, &name).context("--creator and --drop name the drop")
    }
}

impl Folder {
    /// Hashes every file.
    pub fn measure(&mut self, published: Option<&DropManifest>) -> Result<()> {
        // The date is that of a version: of the published one, unless something changed.
        self.facts.published = published.and_then(|old| old.facts.published);
        self.facts
            .check_stages(|name| {
                fs::metadata(self.sources.get(name)?)
                    .ok()
                    .map(|about| about.len())
            })
            .map_err(|why| anyhow!("{}: {why}", drop_toml::FILE))?;
        let lengths = self
            .sources
            .values()
            .filter_map(|path| fs::metadata(path).ok());
        let bar = bytes_bar("hashing", lengths.map(|about| about.len()).sum());
        for (name, source) in &self.sources {
            let text = name.as_str();
            bar.set_message(text.to_owned());
            let stated = Stated {
                path: TargetPath {
                    drop: self.drop.clone(),
                    file: name.clone(),
                },
                media_type: self.toml.media_type(text),
                license: self.toml.license(text),
                access: self.toml.access(text)?,
            };
            let mut entry = measure(source, stated, |bytes| bar.inc(bytes))?;
            // A copy of a file has a new date and the same bytes: not a change.
            let old = published.and_then(|manifest| manifest.file(name));
            if let Some(old) = old.filter(|old| old.sha256 == entry.sha256) {
                entry.mtime = old.mtime;
            }
            self.entries.push(entry);
        }
        bar.finish_and_clear();
        Ok(())
    }

    /// Gives the new version its date: later than that of the published one.
    pub fn stamp(&mut self) -> Result<()> {
        let earliest = self.facts.published.map_or(0, |before| before + 1);
        self.facts.published = Some(now()?.max(earliest));
        Ok(())
    }

    /// Whether this is what is published.
    pub fn is_published_as(&self, manifest: &DropManifest) -> bool {
        manifest.facts == self.facts && manifest.files.values().eq(self.entries.iter())
    }

    /// The files whose bytes the store may lack; all, when nothing is published.
    pub fn uploads(&self, published: Option<&DropManifest>) -> Vec<Upload> {
        let is_new = |entry: &&FileEntry| {
            let old = published.and_then(|manifest| manifest.file(&entry.path.file));
            old.is_none_or(|old| old.sha256 != entry.sha256)
        };
        let new = self.entries.iter().filter(is_new);
        new.filter_map(|entry| {
            let source = self.sources.get(&entry.path.file)?.clone();
            let entry = entry.clone();
            Some(Upload { source, entry })
        })
        .collect()
    }

    /// What publishing would change, a line each.
    pub fn changes(&self, published: Option<&DropManifest>) -> Vec<String> {
        let mut lines = Vec::new();
        for entry in &self.entries {
            let (name, access) = (&entry.path.file, entry.access.as_str());
            match published.and_then(|manifest| manifest.file(name)) {
                None => lines.push(format!("+ {name}  {} bytes  {access}", entry.length)),
                Some(old) if old != entry => {
                    lines.push(format!("~ {name}  {}", differences(old, entry)));
                }
                Some(_) => {}
            }
        }
        let Some(manifest) = published else {
            return lines;
        };
        let is_gone = |name: &&Name| !self.sources.contains_key(*name);
        let gone = manifest.files.keys().filter(is_gone);
        lines.extend(gone.map(|name| format!("- {name}")));
        let (old, new) = (manifest.facts.to_json(), self.facts.to_json());
        let members = |value: &serde_json::Value| value.as_object().cloned().unwrap_or_default();
        let (old, new) = (members(&old), members(&new));
        let names: std::collections::BTreeSet<&String> = old.keys().chain(new.keys()).collect();
        for name in names {
            if old.get(name) != new.get(name) {
                let said = |value: Option<&serde_json::Value>| {
                    value.map_or_else(|| "nothing".to_owned(), ToString::to_string)
                };
                let (before, after) = (said(old.get(name)), said(new.get(name)));
                lines.push(format!("~ {name}: {before} -> {after}"));
            }
        }
        lines
    }
}

/// What is another about a file.
fn differences(old: &FileEntry, new: &FileEntry) -> String {
    let mut said = Vec::new();
    if old.sha256 != new.sha256 {
        said.push(format!(
            "{} -> {} bytes, other content",
            old.length, new.length
        ));
    }
    let mut other = |what: &str, old: &str, new: &str| {
        if old != new {
            said.push(format!("{what} {old} -> {new}"));
        }
    };
    other("access", old.access.as_str(), new.access.as_str());
    other("type", &old.media_type, &new.media_type);
    let license = |entry: &FileEntry| entry.license.clone().unwrap_or_else(|| "none".to_owned());
    other("licence", &license(old), &license(new));
    if old.animated != new.animated {
        said.push("what is known of its frames".to_owned());
    }
    said.join(", ")
}

fn sources(folder: &Path) -> Result<BTreeMap<Name, PathBuf>> {
    let entries = fs::read_dir(folder)
        .with_context(|| format!("could not read the folder {}", folder.display()))?;
    let mut sources = BTreeMap::new();
    for entry in entries {
        let path = entry?.path();
        let name = file_name(&path)?;
        if path.is_dir() || name == drop_toml::FILE || name.starts_with('.') {
            continue;
        }
        let parsed = Name::parse(&name).with_context(|| format!("rename {}", path.display()))?;
        sources.insert(parsed, path);
    }
    if sources.is_empty() {
        bail!("{} holds no files to publish", folder.display());
    }
    Ok(sources)
}

fn file_name(path: &Path) -> Result<String> {
    let name = path.file_name().and_then(|name| name.to_str());
    Ok(name
        .with_context(|| format!("{} has no usable name", path.display()))?
        .to_owned())
}
