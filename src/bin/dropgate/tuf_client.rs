//! `dropgate tuf-client`: the trusted set as a plain TUF client on a disk, so
//! that the public conformance suite can drive it. Its command line is the
//! suite's, not ours.

use std::{fs, io::Read, path::PathBuf, time::Duration};

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use dropgate::trust::{Floor, Sha256, TargetInfo, TrustError, TrustedSet, Update};
use ureq::Agent;

use crate::duration::now;

/// No metadata file is longer.
const LONGEST: u64 = 5_000_000;

/// A TUF client for conformance tests.
#[derive(Args)]
pub struct TufClient {
    /// Where trusted metadata is kept
    #[arg(long)]
    metadata_dir: PathBuf,
    /// Where metadata comes from
    #[arg(long, default_value = "")]
    metadata_url: String,
    /// The targets to download
    #[arg(long)]
    target_name: Vec<String>,
    /// Where targets come from
    #[arg(long, default_value = "")]
    target_base_url: String,
    /// Where targets go
    #[arg(long, default_value = ".")]
    target_dir: PathBuf,
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Begin with a root
    Init {
        /// The root to trust
        root: PathBuf,
    },
    /// Update the top-level metadata
    Refresh,
    /// Update, and download targets
    Download,
}

impl TufClient {
    pub fn run(&self) -> Result<()> {
        match &self.action {
            Action::Init { root } => {
                let bytes = fs::read(root)?;
                self.keep("root", &bytes)
            }
            Action::Refresh => self.refresh().map(|_| ()),
            Action::Download => {
                let mut client = self.refresh()?;
                let mut names = self.target_name.iter();
                names.try_for_each(|name| client.download(name))
            }
        }
    }

    /// TUF 1.0.34, 5.3 to 5.6.
    fn refresh(&self) -> Result<Client<'_>> {
        let root = self.kept("root").context("init first")?;
        let mut client = Client {
            options: self,
            agent: agent(),
            set: TrustedSet::new(&root, Floor::default())?,
            now: now()?,
        };
        // What was kept guards against rollback, unless its keys were rotated.
        let remembered = client.remember();
        client.update_root()?;
        if !remembered {
            client.remember();
        }
        client.update_timestamp()?;
        client.update_snapshot()?;
        client.load(|set, now| set.targets(now).map(|_| ()))?;
        Ok(client)
    }

    fn file(&self, role: &str) -> PathBuf {
        self.metadata_dir.join(format!("{}.json", quoted(role)))
    }

    fn kept(&self, role: &str) -> Option<Vec<u8>> {
        fs::read(self.file(role)).ok()
    }

    fn keep(&self, role: &str, bytes: &[u8]) -> Result<()> {
        fs::create_dir_all(&self.metadata_dir)?;
        let (file, beside) = (self.file(role), self.metadata_dir.join("new"));
        fs::write(&beside, bytes)?;
        Ok(fs::rename(beside, file)?)
    }
}

/// A client that was refreshed.
struct Client<'a> {
    options: &'a TufClient,
    agent: Agent,
    set: TrustedSet,
    now: u64,
}

impl Client<'_> {
    /// Takes up timestamp and snapshot as they were kept; whether that could be
    /// tried. What does not verify is not remembered.
    fn remember(&mut self) -> bool {
        if let Some(timestamp) = self.options.kept("timestamp") {
            match self.set.update_timestamp(&timestamp, self.now) {
                Err(TrustError::Expired { role, .. }) if role == "root" => return false,
                // It still guards when it has expired.
                _ => {}
            }
        }
        if let Some(snapshot) = self.options.kept("snapshot") {
            let _ = self.set.restore_snapshot(&snapshot);
        }
        true
    }

    fn update_root(&mut self) -> Result<()> {
        loop {
            let next = self.set.root().header.version + 1;
            let Some(root) = self.get(&format!("{next}.root.json"))? else {
                return Ok(());
            };
            self.set.update_root(&root)?;
            self.options.keep("root", &root)?;
        }
    }

    fn update_timestamp(&mut self) -> Result<()> {
        let timestamp = self
            .get("timestamp.json")?
            .context("there is no timestamp")?;
        if self.set.update_timestamp(&timestamp, self.now)? == Update::Loaded {
            self.options.keep("timestamp", &timestamp)?;
        }
        Ok(())
    }

    fn update_snapshot(&mut self) -> Result<()> {
        if self.set.snapshot(self.now).is_ok() {
            return Ok(());
        }
        let version = self.set.timestamp(self.now)?.snapshot.version;
        let snapshot = self.get(&format!("{version}.snapshot.json"))?;
        let snapshot = snapshot.context("there is no snapshot")?;
        self.set.update_snapshot(&snapshot, self.now)?;
        self.options.keep("snapshot", &snapshot)
    }

    /// Answers a question, fetching the roles it needs.
    fn load<T>(
        &mut self,
        question: impl Fn(&TrustedSet, u64) -> Result<T, TrustError>,
    ) -> Result<T> {
        loop {
            let wanted = match question(&self.set, self.now) {
                Err(TrustError::NotLoaded(wanted)) => wanted,
                answer => return Ok(answer?),
            };
            let role = &wanted.role;
            if let Some(kept) = self.options.kept(role)
                && self.set.update_role(&wanted, &kept, self.now).is_ok()
            {
                continue;
            }
            let file = format!("{}.{}.json", wanted.meta.version, quoted(role));
            let bytes = self.get(&file)?;
            let bytes = bytes.with_context(|| format!("there is no {file}"))?;
            self.set.update_role(&wanted, &bytes, self.now)?;
            self.options.keep(role, &bytes)?;
        }
    }

    /// TUF 1.0.34, 5.7.
    fn download(&mut self, name: &str) -> Result<()> {
        let info = self.load(|set, now| set.find(name, now).map(|found| found.info.clone()))?;
        let place = self.options.target_dir.join(quoted(name));
        if fs::read(&place).is_ok_and(|bytes| is_it(&bytes, &info)) {
            return Ok(());
        }
        let (folder, file) = name
            .rsplit_once('/')
            .map_or(("", name), |(folder, file)| (folder, file));
        let slash = if folder.is_empty() { "" } else { "/" };
        let url = format!(
            "{}/{folder}{slash}{}.{file}",
            self.options.target_base_url.trim_end_matches('/'),
            info.sha256
        );
        let bytes = self.fetch(&url, info.length)?;
        let bytes = bytes.with_context(|| format!("there is no {name}"))?;
        if !is_it(&bytes, &info) {
            bail!("{name} is not the file that was signed");
        }
        fs::create_dir_all(&self.options.target_dir)?;
        Ok(fs::write(place, bytes)?)
    }

    fn get(&self, file: &str) -> Result<Option<Vec<u8>>> {
        let base = self.options.metadata_url.trim_end_matches('/');
        self.fetch(&format!("{base}/{file}"), LONGEST)
    }

    /// At most `most` bytes and one, so that more are seen to be too many.
    fn fetch(&self, url: &str, most: u64) -> Result<Option<Vec<u8>>> {
        let response = self.agent.get(url).call()?;
        if [403, 404].contains(&response.status().as_u16()) {
            return Ok(None);
        }
        if !response.status().is_success() {
            bail!("{url} answered {}", response.status());
        }
        let mut bytes = Vec::new();
        let reader = response.into_body().into_reader();
        reader.take(most + 1).read_to_end(&mut bytes)?;
        Ok(Some(bytes))
    }
}

fn agent() -> Agent {
    Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(Duration::from_secs(30)))
        .build()
        .into()
}

fn is_it(bytes: &[u8], info: &TargetInfo) -> bool {
    bytes.len() as u64 == info.length && Sha256::of(bytes) == info.sha256
}

/// Percent-encoded, so that any name is one part of a path.
fn quoted(name: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-~".contains(&byte);
    name.bytes()
        .map(|byte| {
            if plain(byte) {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}
