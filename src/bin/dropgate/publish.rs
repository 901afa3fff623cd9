//! `dropgate publish`: a folder becomes a signed drop.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, anyhow, bail};
use base64::{Engine, engine::general_purpose::STANDARD};
use clap::Args;
use dropgate::{
    gate,
    trust::{
        Delegation, Draft, DropFacts, DropManifest, DropPath, FileEntry, Name, PublicKey, Signer,
        SigningKey, TargetPath,
    },
};
use serde_json::{Map, Value, json};

use crate::{
    api::Api,
    chain::Chain,
    drop_toml::{self, DropToml},
    duration::now,
    home::{Home, write_atomically},
    init::{secret, signing},
    measure::{Stated, measure},
    upload::{self, Upload, bytes_bar},
};

/// How long the marketplace's and a creator's lists live; each publish renews.
const LIST_LIFE: u64 = 365 * 86_400;
const DAY: u64 = 86_400;

/// Hash, upload, sign and publish the files of a folder as a drop.
///
/// A drop.toml in the folder says who may have what; without one every file is
/// public. Publishing again sends only what has changed.
#[derive(Args)]
pub struct Publish {
    /// The folder with the files; its subfolders are not published
    folder: PathBuf,

    /// The creator who signs
    #[arg(long)]
    creator: String,

    /// The drop's name [default: the folder's name]
    #[arg(long)]
    drop: Option<String>,

    /// Make the creator if there is none of that name: a key, and a delegation
    /// signed with the marketplace's targets key
    #[arg(long)]
    create: bool,

    /// Say what would be done and change nothing
    #[arg(long)]
    dry_run: bool,

    /// The worker's AUDIENCE setting
    #[arg(long, default_value = "dropgate")]
    audience: String,
}

impl Publish {
    pub fn run(&self, home: &Home) -> Result<()> {
        let (toml, sources) = self.read_folder()?;
        let drop = self.path()?;
        let api = Api::new(&home.url);
        let mut facts = toml.facts(drop.drop.as_str())?;
        let mut signed = self.chain(&api, home)?;
        let previous = signed.manifest(&drop)?;
        // The date is that of a version: of the published one, unless something changed.
        facts.published = previous.as_ref().and_then(|old| old.facts.published);
        facts
            .check_stages(|name| {
                fs::metadata(sources.get(name)?)
                    .ok()
                    .map(|about| about.len())
            })
            .map_err(|why| anyhow!("{}: {why}", drop_toml::FILE))?;
        let entries = measure_all(&drop, &toml, &sources, previous.as_ref())?;
        if previous
            .as_ref()
            .is_some_and(|old| is_same(old, &facts, &entries))
        {
            eprintln!("dropgate: {drop} is published as it is; nothing to do");
            return Ok(());
        }
        let uploads = changed(&sources, &entries, previous.as_ref());
        if self.dry_run {
            announce(&drop, &uploads, entries.len());
            return Ok(());
        }
        let earliest = facts.published.map_or(0, |before| before + 1);
        facts.published = Some(now()?.max(earliest));
        let seed = self.creator_key(home, &drop.creator)?;
        if self.delegate_to_creator(&api, home, &mut signed, &drop.creator, &signing(seed)?)? {
            signed = self.chain(&api, home)?;
        }
        let publisher = Publisher {
            api: &api,
            drop: &drop,
            audience: &self.audience,
            key: signing(seed)?,
            tokens: gate::SigningKey::from_seed(seed)?,
        };
        publisher.upload(&uploads)?;
        publisher.submit(&mut signed, &facts, &entries, now()? + toml.days() * DAY)?;
        let mut after = self.chain(&api, home)?;
        let visible = after
            .manifest(&drop)?
            .is_some_and(|new| is_same(&new, &facts, &entries));
        if !visible {
            bail!(
                "{drop} was submitted, but the worker does not serve it yet; run 'dropgate publish' again"
            );
        }
        eprintln!(
            "dropgate: published {drop}, {} files: {}/d/{drop}",
            entries.len(),
            home.url
        );
        Ok(())
    }

    fn path(&self) -> Result<DropPath> {
        let name = match &self.drop {
            Some(name) => name.clone(),
            None => file_name(&self.folder.canonicalize().unwrap_or_default())?,
        };
        DropPath::new(&self.creator, &name).context("--creator and --drop name the drop")
    }

    /// What `drop.toml` says, and the files by name.
    fn read_folder(&self) -> Result<(DropToml, BTreeMap<Name, PathBuf>)> {
        let folder = &self.folder;
        let entries = fs::read_dir(folder)
            .with_context(|| format!("could not read the folder {}", folder.display()))?;
        let mut sources = BTreeMap::new();
        for entry in entries {
            let path = entry?.path();
            let name = file_name(&path)?;
            if path.is_dir() || name == drop_toml::FILE || name.starts_with('.') {
                continue;
            }
            let parsed =
                Name::parse(&name).with_context(|| format!("rename {}", path.display()))?;
            sources.insert(parsed, path);
        }
        if sources.is_empty() {
            bail!("{} holds no files to publish", folder.display());
        }
        let toml = DropToml::read(folder)?.unwrap_or_else(|| {
            eprintln!(
                "dropgate: there is no {}: every file will be public, without a licence",
                drop_toml::FILE
            );
            DropToml::default()
        });
        let names: Vec<String> = sources.keys().map(Name::to_string).collect();
        toml.check_files(&names)?;
        Ok((toml, sources))
    }

    /// The verified chain; founds the marketplace on a worker that has none.
    fn chain<'a>(&self, api: &'a Api, home: &Home) -> Result<Chain<'a>> {
        if let Some(chain) = Chain::fetch(api, home)? {
            return Ok(chain);
        }
        if self.dry_run {
            bail!(
                "the worker at {} has no root yet; a publish without --dry-run founds it",
                home.url
            );
        }
        let body = json!({
            "root": STANDARD.encode(home.read("metadata/1.root.json")?),
            "targets": STANDARD.encode(home.read("metadata/1.targets.json")?),
        });
        api.post("/admin/root", &secret(home, "ADMIN_TOKEN")?, &body)?;
        eprintln!("dropgate: founded the marketplace at {}", home.url);
        Chain::fetch(api, home)?.context("the worker took the root but does not serve it")
    }

    fn creator_key(&self, home: &Home, creator: &Name) -> Result<[u8; 32]> {
        if home.has_key(creator.as_str()) {
            return home.key(creator.as_str());
        }
        if !self.create {
            bail!(
                "there is no key for {creator} in {}; --create makes one",
                home.path("keys").display()
            );
        }
        home.new_key(creator.as_str())
    }

    /// Whether the marketplace had to be told of the creator.
    fn delegate_to_creator(
        &self,
        api: &Api,
        home: &Home,
        chain: &mut Chain,
        creator: &Name,
        key: &SigningKey,
    ) -> Result<bool> {
        let delegated = chain.creator_keys(creator)?;
        if delegated.contains(&key.public_key()) {
            return Ok(false);
        }
        if !delegated.is_empty() {
            bail!(
                "the marketplace knows {creator} by another key than {}",
                home.path("keys").display()
            );
        }
        if !self.create {
            bail!(
                "the marketplace does not know {creator}; --create signs a delegation with its targets key"
            );
        }
        let published = chain
            .file("targets")?
            .context("the worker serves no targets")?;
        let mut draft = Draft::next("targets", &published, now()? + LIST_LIFE)?;
        draft.delegate(&Delegation::to_creator(creator, &[key.public_key()]));
        let targets = signing(home.key("targets")?)?;
        let file = draft.sign("targets", &[&targets])?;
        submit(api, &secret(home, "ADMIN_TOKEN")?, &[("targets", &file)])?;
        write_atomically(
            &home.path(&format!("metadata/{}.targets.json", draft.version())),
            &file,
        )?;
        eprintln!("dropgate: {creator} is now a creator of the marketplace");
        Ok(true)
    }
}

/// A creator at work on one drop.
struct Publisher<'a> {
    api: &'a Api,
    drop: &'a DropPath,
    audience: &'a str,
    key: SigningKey,
    tokens: gate::SigningKey,
}

impl Publisher<'_> {
    fn token(&self) -> Result<String> {
        upload::token(&self.tokens, self.audience, self.drop)
    }

    fn upload(&self, uploads: &[Upload]) -> Result<()> {
        let bar = bytes_bar(
            "uploading",
            uploads.iter().map(|upload| upload.entry.length).sum(),
        );
        upload::send(self.api, uploads, || self.token(), &bar)?;
        bar.finish_and_clear();
        Ok(())
    }

    /// Signs the manifest, and the creator's list if the drop is new to it.
    fn submit(
        &self,
        chain: &mut Chain,
        facts: &DropFacts,
        entries: &[FileEntry],
        expires: u64,
    ) -> Result<()> {
        let role = self.drop.role();
        let manifest =
            Draft::manifest(facts, entries, expires).with_version(chain.version(&role) + 1);
        let manifest = manifest.sign(&role, &[&self.key])?;
        let mut files = vec![(role.as_str(), manifest.as_slice())];
        let creator = self.drop.creator.as_str();
        let list = match chain.version(&role) {
            0 => Some(self.list(chain, creator)?),
            _ => None,
        };
        files.extend(list.as_ref().map(|list| (creator, list.as_slice())));
        submit(self.api, &self.token()?, &files)
    }

    fn list(&self, chain: &Chain, creator: &str) -> Result<Vec<u8>> {
        let expires = now()? + LIST_LIFE;
        let mut draft = match chain.file(creator)? {
            Some(published) => Draft::next(creator, &published, expires)?,
            None => Draft::targets(expires),
        };
        let keys: [PublicKey; 1] = [self.key.public_key()];
        draft.delegate(&Delegation::to_drop(self.drop, &keys));
        Ok(draft.sign(creator, &[&self.key])?)
    }
}

fn submit(api: &Api, bearer: &str, files: &[(&str, &[u8])]) -> Result<()> {
    let roles: Map<String, Value> = files
        .iter()
        .map(|(role, file)| ((*role).to_owned(), Value::String(STANDARD.encode(file))))
        .collect();
    api.post("/admin/metadata", bearer, &json!({ "roles": roles }))?;
    Ok(())
}

fn measure_all(
    drop: &DropPath,
    toml: &DropToml,
    sources: &BTreeMap<Name, PathBuf>,
    published: Option<&DropManifest>,
) -> Result<Vec<FileEntry>> {
    let total = sources
        .values()
        .filter_map(|path| fs::metadata(path).ok())
        .map(|about| about.len())
        .sum();
    let bar = bytes_bar("hashing", total);
    let mut entries = Vec::new();
    for (name, source) in sources {
        let text = name.as_str();
        let stated = Stated {
            path: TargetPath {
                drop: drop.clone(),
                file: name.clone(),
            },
            media_type: toml.media_type(text),
            license: toml.license(text),
            access: toml.access(text)?,
        };
        let mut entry = measure(source, stated, |bytes| bar.inc(bytes))?;
        // A copy of a file has a new date and the same bytes: not a change.
        let old = published.and_then(|manifest| manifest.file(name));
        if let Some(old) = old.filter(|old| old.sha256 == entry.sha256) {
            entry.mtime = old.mtime;
        }
        entries.push(entry);
    }
    bar.finish_and_clear();
    Ok(entries)
}

fn is_same(published: &DropManifest, facts: &DropFacts, entries: &[FileEntry]) -> bool {
    published.facts == *facts && published.files.values().eq(entries.iter())
}

/// The files whose bytes the store may lack.
fn changed(
    sources: &BTreeMap<Name, PathBuf>,
    entries: &[FileEntry],
    published: Option<&DropManifest>,
) -> Vec<Upload> {
    let is_new = |entry: &&FileEntry| {
        let old = published.and_then(|manifest| manifest.file(&entry.path.file));
        old.is_none_or(|old| old.sha256 != entry.sha256)
    };
    entries
        .iter()
        .filter(is_new)
        .filter_map(|entry| {
            let source = sources.get(&entry.path.file)?.clone();
            Some(Upload {
                source,
                entry: entry.clone(),
            })
        })
        .collect()
}

fn announce(drop: &DropPath, uploads: &[Upload], files: usize) {
    println!("{drop}: {files} files, {} to upload", uploads.len());
    for upload in uploads {
        let entry = &upload.entry;
        println!(
            "  {}  {} bytes  {}",
            entry.path.file,
            entry.length,
            entry.access.as_str()
        );
    }
}

fn file_name(path: &Path) -> Result<String> {
    let name = path.file_name().and_then(|name| name.to_str());
    Ok(name
        .with_context(|| format!("{} has no usable name", path.display()))?
        .to_owned())
}
