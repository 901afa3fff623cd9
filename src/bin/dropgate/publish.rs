//! `dropgate publish` and `dropgate diff`: a folder becomes a signed drop.

use std::{thread::sleep, time::Duration};

use anyhow::{Context, Result, bail};
use base64::{Engine, engine::general_purpose::STANDARD};
use clap::Args;
use dropgate::trust::{Access, Delegation, Draft, Name, Signer};
use serde_json::json;

use crate::{
    api::{Api, Refused},
    chain::Chain,
    duration::now,
    folder::{Folder, FolderArgs},
    home::Home,
    init::secret,
    roles::{Submission, next_list, operator, targets_with},
    signer::{SignerArgs, Tokens, home_key},
    upload::{self, bytes_bar},
};

/// How often a publish starts again because another was first, or because the
/// store was just cleared of a file.
const TRIES: usize = 5;

/// What is published shows at once here and within a minute elsewhere.
const SHOWS_AFTER: [u64; 5] = [0, 5, 10, 20, 30];

/// Hash, upload, sign and publish the files of a folder as a drop.
///
/// A drop.toml in the folder says who may have what; without one every file is
/// public. Publishing again sends only what has changed, and goes on with what
/// was broken off.
#[derive(Args)]
pub struct Publish {
    #[command(flatten)]
    folder: FolderArgs,

    /// Make the creator if there is none of that name: a key, and a delegation
    /// signed with the marketplace's targets key
    #[arg(long)]
    create: bool,

    /// The worker's AUDIENCE setting
    #[arg(long, default_value = "dropgate")]
    audience: String,

    #[command(flatten)]
    signer: SignerArgs,
}

/// Say what publishing a folder would change, and change nothing.
#[derive(Args)]
pub struct Diff {
    #[command(flatten)]
    folder: FolderArgs,
}

impl Diff {
    pub fn run(&self, home: &Home) -> Result<()> {
        let mut folder = self.folder.read()?;
        let api = Api::of(home);
        let mut chain = Chain::fetch(&api, home)?;
        let published = match &mut chain {
            Some(chain) => chain.manifest(&folder.drop)?,
            None => None,
        };
        folder.measure(published.as_ref())?;
        for line in folder.changes(published.as_ref()) {
            println!("{line}");
        }
        Ok(())
    }
}

impl Publish {
    pub fn run(&self, home: &Home) -> Result<()> {
        let mut folder = self.folder.read()?;
        let api = Api::of(home);
        let mut chain = found(&api, home)?;
        let published = chain.manifest(&folder.drop)?;
        folder.measure(published.as_ref())?;
        if published.is_some_and(|old| folder.is_published_as(&old)) {
            eprintln!(
                "dropgate: {} is published as it is; nothing to do",
                folder.drop
            );
            return Ok(());
        }
        if home.is_dry_run {
            announce(&folder, &mut chain)?;
            return Ok(());
        }
        folder.stamp()?;
        let signer = self.signer(home, &folder.drop.creator)?;
        if self.delegate(&api, home, &mut chain, &folder.drop.creator, &*signer)? {
            chain = found(&api, home)?;
        }
        let tokens = Tokens::new(&*signer, &folder.drop, &self.audience);
        for tries in 1.. {
            match attempt(&api, home, &mut chain, &folder, &*signer, &tokens) {
                Err(error) if tries < TRIES && is_worth_a_try(&error) => {
                    eprintln!("dropgate: {error:#}; trying again");
                    sleep(Duration::from_secs(2));
                    chain = found(&api, home)?;
                }
                Err(error) => return Err(error),
                Ok(()) => break,
            }
        }
        let mut after = found(&api, home)?;
        let visible = after
            .manifest(&folder.drop)?
            .is_some_and(|new| folder.is_published_as(&new));
        if !visible {
            bail!(
                "{} was submitted, but the worker does not serve it yet; run 'dropgate publish' again",
                folder.drop
            );
        }
        check_public_files(&api, &folder)?;
        eprintln!(
            "dropgate: published {}, {} files: {}/d/{}",
            folder.drop,
            folder.entries.len(),
            home.url,
            folder.drop
        );
        Ok(())
    }

    fn signer(&self, home: &Home, creator: &Name) -> Result<Box<dyn Signer>> {
        if !self.signer.has(home, creator.as_str()) {
            if !self.create {
                bail!(
                    "there is no key for {creator} in {}; --create makes one",
                    home.path("keys").display()
                );
            }
            home.new_key(creator.as_str())?;
        }
        self.signer.of(home, creator.as_str())
    }

    /// Whether the marketplace had to be told of the creator.
    fn delegate(
        &self,
        api: &Api,
        home: &Home,
        chain: &mut Chain,
        creator: &Name,
        signer: &dyn Signer,
    ) -> Result<bool> {
        let delegated = chain.creator_keys(creator)?;
        if delegated.contains(&signer.public_key()) {
            return Ok(false);
        }
        if !delegated.is_empty() {
            bail!(
                "the marketplace knows {creator} by another key than the one that would sign; 'dropgate creator rotate-key {creator}' changes it"
            );
        }
        if !self.create {
            bail!(
                "the marketplace does not know {creator}; --create signs a delegation with its targets key"
            );
        }
        let draft = targets_with(chain, creator, &[signer.public_key()])?;
        let mut submission = Submission::default();
        submission.sign("targets", &draft, &[&*home_key(home, "targets")?])?;
        submission.submit(api, home, &operator(home)?)?;
        eprintln!("dropgate: {creator} is now a creator of the marketplace");
        Ok(true)
    }
}

/// The verified chain; founds the marketplace on a worker that has none.
fn found<'a>(api: &'a Api, home: &Home) -> Result<Chain<'a>> {
    if let Some(chain) = Chain::fetch(api, home)? {
        return Ok(chain);
    }
    if home.is_dry_run {
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

/// Uploads and submits.
fn attempt(
    api: &Api,
    home: &Home,
    chain: &mut Chain,
    folder: &Folder,
    signer: &dyn Signer,
    tokens: &Tokens,
) -> Result<()> {
    let published = chain.manifest(&folder.drop)?;
    let uploads = folder.uploads(published.as_ref());
    let total = uploads.iter().map(|upload| upload.entry.length).sum();
    let bar = bytes_bar("uploading", total);
    upload::send(api, &uploads, tokens, &bar)?;
    bar.finish_and_clear();
    let (role, creator) = (folder.drop.role(), folder.drop.creator.as_str());
    let mut submission = Submission::default();
    let version = chain.version(&role) + 1;
    let manifest = Draft::manifest(&folder.facts, &folder.entries, folder.expires);
    submission.sign(&role, &manifest.with_version(version), &[signer])?;
    // The creator's list, if the drop is new to it or was retired.
    if published.is_none() {
        let mut list = next_list(chain, creator)?;
        list.delegate(&Delegation::to_drop(&folder.drop, &[signer.public_key()]));
        submission.sign(creator, &list, &[signer])?;
    }
    submission.submit(api, home, &tokens.fresh()?)
}

/// Another publish came first, or the store was just cleared of a file.
fn is_worth_a_try(error: &anyhow::Error) -> bool {
    let refused = error.downcast_ref::<Refused>();
    refused.is_some_and(|refused| {
        ["version-conflict", "file-not-uploaded"].contains(&refused.slug.as_str())
    })
}

/// Asks for every public file as a shopper would, without its bytes.
fn check_public_files(api: &Api, folder: &Folder) -> Result<()> {
    let facts = &folder.facts;
    let is_shut = facts
        .not_before
        .is_some_and(|opens| now().is_ok_and(|now| now < opens));
    // A shopper would be asked to wait, or to agree first.
    if is_shut || !facts.consent.is_empty() {
        return Ok(());
    }
    let public = folder.entries.iter();
    for entry in public.filter(|entry| entry.access == Access::Public) {
        let path = format!("/get/{}", entry.path);
        let mut said = (0, None);
        for wait in SHOWS_AFTER {
            sleep(Duration::from_secs(wait));
            said = api.digest_of(&path)?;
            if said == (200, Some(entry.sha256)) {
                break;
            }
        }
        if said != (200, Some(entry.sha256)) {
            bail!(
                "{} was published, but {path} answers {} with other bytes; ask the operator to look at the worker's log",
                folder.drop,
                said.0
            );
        }
    }
    Ok(())
}

fn announce(folder: &Folder, chain: &mut Chain) -> Result<()> {
    let published = chain.manifest(&folder.drop)?;
    let uploads = folder.uploads(published.as_ref());
    println!(
        "{}: {} files, {} to upload",
        folder.drop,
        folder.entries.len(),
        uploads.len()
    );
    for line in folder.changes(published.as_ref()) {
        println!("  {line}");
    }
    Ok(())
}
