//! `dropgate verify`: is this file the one its creator signed?

use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use clap::Args;
use dropgate::trust::{FileDigester, FileEntry, Sha256, TargetPath, format_time};

use crate::{
    api::Api,
    chain::{Chain, Source, trusted_root},
    home::Home,
    roles::drops_of,
};

/// How much is read at once.
const READ_STEP: usize = 1 << 20;

/// Check a downloaded file, or one at an address, against the signed chain.
///
/// With --chain no network is used: the file is checked against metadata that
/// --save-chain kept earlier. Without a network nobody can know what was changed
/// since; the answer says of which time it speaks.
#[derive(Args)]
pub struct Verify {
    /// A file, or the address of one such as `https://shop.example/get/alice/drop-7/cover.jpg`
    what: String,

    /// The root to trust [default: the home's first]
    #[arg(long, value_name = "FILE")]
    root: Option<PathBuf>,

    /// Which file it should be, as creator/drop/file [default: whichever has its bytes]
    #[arg(long = "as", value_name = "PATH")]
    path: Option<String>,

    /// The grant that opens the address
    #[arg(long, value_name = "TOKEN")]
    grant: Option<String>,

    /// Use the metadata in this folder, and no network
    #[arg(long, value_name = "DIR", conflicts_with = "save_chain")]
    chain: Option<PathBuf>,

    /// Keep the metadata that was used in this folder
    #[arg(long, value_name = "DIR")]
    save_chain: Option<PathBuf>,
}

impl Verify {
    pub fn run(&self, home: &Home) -> Result<()> {
        let root = trusted_root(home, self.root.as_deref())?;
        let address = Address::parse(&self.what)?;
        let url = address
            .as_ref()
            .map_or(&home.url, |address| &address.origin);
        let api = Api::new(url);
        let source = match &self.chain {
            Some(folder) => Source::Kept(folder.clone()),
            None => Source::Worker(&api, self.save_chain.clone()),
        };
        let mut chain = Chain::from_root(source, &root)?;
        let path = match (&self.path, &address) {
            (Some(path), _) => {
                Some(TargetPath::parse(path).context("--as names creator/drop/file")?)
            }
            (None, Some(address)) => Some(address.path.clone()),
            (None, None) => None,
        };
        let expected = path.map(|path| entry(&mut chain, &path)).transpose()?;
        let mut bytes: Box<dyn Read> = match &address {
            Some(address) => Box::new(api.stream(&address.at, self.grant.as_deref())?),
            None => Box::new(open(Path::new(&self.what))?),
        };
        let length = match (&expected, &address) {
            (Some(entry), _) => entry.length,
            (None, _) => File::open(&self.what)?.metadata()?.len(),
        };
        let found = read(&mut bytes, length)?;
        let entry = match expected {
            Some(entry) => entry,
            None => search(&mut chain, found.sha256, length)?,
        };
        self.judge(&entry, &found)?;
        let license = entry.license.as_deref().unwrap_or("none of its own");
        println!(
            "{} is {}, {} bytes, signed; licence: {license}; as published at {}",
            self.what,
            entry.path,
            entry.length,
            format_time(chain.now())
        );
        Ok(())
    }

    fn judge(&self, entry: &FileEntry, found: &Found) -> Result<()> {
        let (what, path) = (&self.what, &entry.path);
        if found.length != entry.length {
            let relation = if found.length > entry.length {
                "more"
            } else {
                "fewer"
            };
            bail!(
                "{what} is not {path}: it has {relation} than the {} bytes that were signed",
                entry.length
            );
        }
        let wrong = entry
            .chunks
            .iter()
            .zip(&found.chunks)
            .position(|(a, b)| a != b);
        if let Some(at) = wrong {
            let from = at as u64 * entry.chunk_size;
            bail!(
                "{what} is not {path}: its bytes differ from those that were signed, from {from} on"
            );
        }
        if found.sha256 != entry.sha256 {
            bail!("{what} is not {path}: its SHA-256 is not the one that was signed");
        }
        Ok(())
    }
}

/// An address of a file.
struct Address {
    origin: String,
    /// The path of the address.
    at: String,
    path: TargetPath,
}

impl Address {
    /// `None` when it is no address.
    fn parse(text: &str) -> Result<Option<Self>> {
        let Some((scheme, rest)) = text.split_once("://") else {
            return Ok(None);
        };
        let (host, at) = rest.split_once('/').unwrap_or((rest, ""));
        let at = at.split(['?', '#']).next().unwrap_or_default();
        let path = at.strip_prefix("get/").unwrap_or(at);
        let path = TargetPath::parse(path)
            .context("name the address of a file: https://HOST/get/creator/drop/file")?;
        Ok(Some(Self {
            origin: format!("{scheme}://{host}"),
            at: format!("/get/{path}"),
            path,
        }))
    }
}

fn open(path: &Path) -> Result<File> {
    File::open(path).with_context(|| format!("could not open {}", path.display()))
}

/// The bytes of a file, as a manifest states them.
struct Found {
    length: u64,
    sha256: Sha256,
    chunks: Vec<Sha256>,
}

/// Reads to the end, or to the first byte too many.
fn read(bytes: &mut dyn Read, length: u64) -> Result<Found> {
    let mut digester = FileDigester::new(length);
    let mut buffer = vec![0; READ_STEP];
    let mut seen = 0;
    while seen <= length {
        let read = bytes.read(&mut buffer)?;
        let Some(piece) = buffer.get(..read).filter(|piece| !piece.is_empty()) else {
            break;
        };
        digester.update(piece);
        seen += u64::try_from(read)?;
    }
    let digests = digester.finish();
    Ok(Found {
        length: seen,
        sha256: digests.sha256,
        chunks: digests.chunks,
    })
}

/// What the chain says of a file, whether its drop is open or not.
fn entry(chain: &mut Chain, path: &TargetPath) -> Result<FileEntry> {
    let manifest = chain.manifest(&path.drop)?;
    let manifest = manifest.with_context(|| format!("no signed manifest names {path}"))?;
    let entry = manifest.file(&path.file).cloned();
    let mut entry = entry.with_context(|| format!("no signed manifest names {path}"))?;
    entry.license = manifest.license_of(&entry).map(str::to_owned);
    Ok(entry)
}

/// The file with these bytes.
fn search(chain: &mut Chain, sha256: Sha256, length: u64) -> Result<FileEntry> {
    for creator in chain.creators()? {
        for drop in drops_of(chain, &creator)? {
            let Some(manifest) = chain.manifest(&drop)? else {
                continue;
            };
            let same = |file: &&FileEntry| file.sha256 == sha256 && file.length == length;
            if let Some(file) = manifest.files.values().find(same) {
                return entry(chain, &file.path.clone());
            }
        }
    }
    bail!(
        "no signed manifest names a file with these bytes ({sha256}); --as says which it should be"
    )
}
