//! `dropgate root`: a new root, signed by the old one's keys and by its own.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use clap::{Args, Subcommand, ValueEnum};
use dropgate::trust::{
    Draft, PublicKey, RootKeys, Signer, SigningKey, TrustError, add_signature, format_time, peek,
};

use crate::{
    api::Api,
    chain::Chain,
    duration::now,
    home::{Home, write_atomically},
    init::{ROOT_LIFE, replace_secret_value, secret, signing},
    key::public_key,
    roles::{Submission, next_list, operator},
    signer::{SignerArgs, home_key},
};

/// Renew the root, and replace the keys it names.
#[derive(Subcommand)]
pub enum Roots {
    /// Sign the next root; without options it only gets a new expiry
    Rotate(Rotate),
    /// Add the signatures of this home's root keys to a root that was begun elsewhere
    Sign(Sign),
    /// Publish a root that enough keys have signed
    Submit(Submit),
}

/// What can be replaced by a new key of this home.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Replaced {
    /// The first root key
    #[value(name = "root-1")]
    Root1,
    /// The second root key
    #[value(name = "root-2")]
    Root2,
    /// The key that names creators
    Targets,
    /// The edge's key: added beside the old one, and written to secrets.env
    Online,
}

#[derive(Args)]
pub struct Rotate {
    /// Replace this key by a new one; may be given more than once
    #[arg(long, value_enum, value_name = "KEY")]
    replace: Vec<Replaced>,

    /// Add a root key that is kept elsewhere: a JWK or PEM file, or hexadecimal
    #[arg(long, value_name = "KEY")]
    add_root_key: Vec<String>,

    /// Take a root key out
    #[arg(long, value_name = "KEY")]
    remove_root_key: Vec<String>,

    /// How many root keys must sign
    #[arg(long)]
    threshold: Option<u64>,

    /// Leave only the online key that secrets.env names: the last step of its
    /// rotation, once the worker has the new one
    #[arg(long, conflicts_with = "replace")]
    drop_old_online: bool,

    /// Where the new root goes when more signatures are needed [default:
    /// rotation in the home]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,

    #[command(flatten)]
    signer: SignerArgs,
}

#[derive(Args)]
pub struct Sign {
    /// The folder that 'dropgate root rotate' wrote
    folder: PathBuf,

    #[command(flatten)]
    signer: SignerArgs,
}

#[derive(Args)]
pub struct Submit {
    /// The folder that 'dropgate root rotate' wrote
    folder: PathBuf,
}

impl Roots {
    pub fn run(self, home: &Home) -> Result<()> {
        match self {
            Self::Rotate(rotate) => rotate.run(home),
            Self::Sign(sign) => sign.run(home),
            Self::Submit(submit) => submit.run(home),
        }
    }
}

impl Rotate {
    fn run(&self, home: &Home) -> Result<()> {
        let api = Api::of(home);
        let chain = Chain::only_roots(&api, home)?;
        let root = chain.set().root();
        let version = root.header.version;
        let published = api.get(&format!("/metadata/{version}.root.json"))?;
        let published = published.context("the worker does not serve its root")?;
        let mut draft = Draft::next("root", &published, now()? + ROOT_LIFE)?;

        let mut roots = root.root.keys();
        for name in ["root-1", "root-2"] {
            if self.replace.iter().any(|key| key.name() == name) {
                let old = signing(home.key(name)?)?.public_key();
                if !roots.remove(&old) {
                    bail!(
                        "{name} of this home is not a key of the root; name the one to go with --remove-root-key"
                    );
                }
                roots.insert(next_key(home, name)?.public_key());
            }
        }
        for key in &self.remove_root_key {
            if !roots.remove(&public_key(key)?) {
                bail!("the root does not name the key {key}");
            }
        }
        for key in &self.add_root_key {
            roots.insert(public_key(key)?);
        }
        let mut targets = root.targets.keys();
        let new_targets = self.replace.contains(&Replaced::Targets);
        if new_targets {
            targets = BTreeSet::from([next_key(home, "targets")?.public_key()]);
        }
        let online = self.online(home, root.timestamp.keys())?;
        let threshold = self.threshold.unwrap_or(root.root.threshold() as u64);
        if threshold == 0 || threshold > roots.len() as u64 {
            bail!("{threshold} of {} root keys cannot sign", roots.len());
        }
        let list = |keys: &BTreeSet<PublicKey>| keys.iter().copied().collect::<Vec<_>>();
        draft.set_root_keys(&RootKeys {
            root: &list(&roots),
            root_threshold: threshold,
            targets: &list(&targets),
            online: &list(&online),
        });
        let signers = root_signers(home, &self.signer)?;
        let concerned = roots
            .union(&root.root.keys())
            .copied()
            .collect::<BTreeSet<_>>();
        let signers: Vec<&dyn Signer> = signers
            .iter()
            .map(AsRef::as_ref)
            .filter(|signer: &&dyn Signer| concerned.contains(&signer.public_key()))
            .collect();
        let mut rotation = Rotation {
            root: draft.sign("root", &signers)?,
            targets: None,
        };
        if new_targets {
            let list = next_list(&mut Chain::required(&api, home)?, "targets")?;
            let signer = next_key(home, "targets")?;
            rotation.targets = Some(list.sign("targets", &[&signer])?);
        }
        match rotation.missing(&chain)? {
            None => rotation.submit(&api, home),
            Some(_) if home.is_dry_run => rotation.submit(&api, home),
            Some(missing) => {
                let folder = self.out.clone().unwrap_or_else(|| home.path("rotation"));
                rotation.write(&folder)?;
                eprintln!(
                    "dropgate: {missing}. Take {0} to the other key and run 'dropgate root sign {0}', then 'dropgate root submit {0}'",
                    folder.display()
                );
                Ok(())
            }
        }
    }

    /// The keys for timestamp and snapshot: two of them while one is replaced.
    fn online(&self, home: &Home, mut keys: BTreeSet<PublicKey>) -> Result<BTreeSet<PublicKey>> {
        if self.replace.contains(&Replaced::Online) {
            keys.insert(next_key(home, "online")?.public_key());
        }
        if self.drop_old_online {
            let seed = URL_SAFE_NO_PAD.decode(secret(home, "ONLINE_KEY")?)?;
            let seed = <[u8; 32]>::try_from(seed.as_slice())?;
            keys = BTreeSet::from([signing(seed)?.public_key()]);
        }
        Ok(keys)
    }
}

impl Replaced {
    fn name(self) -> &'static str {
        match self {
            Self::Root1 => "root-1",
            Self::Root2 => "root-2",
            Self::Targets => "targets",
            Self::Online => "online",
        }
    }
}

/// The key that will take the place of `name`; one that was made before goes on
/// with what was broken off.
fn next_key(home: &Home, name: &str) -> Result<SigningKey> {
    let next = format!("{name}.next");
    if home.has_key(&next) {
        return signing(home.key(&next)?);
    }
    signing(home.new_key(&next)?)
}

/// Every root key of the home, old and new, and the one that was named.
fn root_signers(home: &Home, args: &SignerArgs) -> Result<Vec<Box<dyn Signer>>> {
    let mut signers: Vec<Box<dyn Signer>> = Vec::new();
    signers.extend(args.external()?);
    let names = home.keys()?.into_iter();
    for name in names.filter(|name| name.starts_with("root") && !name.contains(".old-")) {
        signers.push(home_key(home, &name)?);
    }
    Ok(signers)
}

impl Sign {
    fn run(&self, home: &Home) -> Result<()> {
        let mut rotation = Rotation::read(&self.folder)?;
        let signers = root_signers(home, &self.signer)?;
        if signers.is_empty() {
            bail!("there is no root key in {}", home.path("keys").display());
        }
        for signer in signers {
            rotation.root = add_signature("root", &rotation.root, &*signer)?;
            eprintln!("dropgate: signed by {}", signer.public_key().to_hex());
        }
        if home.is_dry_run {
            return Ok(());
        }
        rotation.write(&self.folder)
    }
}

impl Submit {
    fn run(&self, home: &Home) -> Result<()> {
        let rotation = Rotation::read(&self.folder)?;
        let api = Api::of(home);
        let chain = Chain::only_roots(&api, home)?;
        match rotation.missing(&chain)? {
            None => rotation.submit(&api, home),
            Some(missing) => bail!("{missing}; 'dropgate root sign' adds a signature"),
        }
    }
}

/// A new root and, when their key changes, the targets it delegates to.
struct Rotation {
    root: Vec<u8>,
    targets: Option<Vec<u8>>,
}

impl Rotation {
    fn read(folder: &Path) -> Result<Self> {
        let path = folder.join("root.json");
        let root = fs::read(&path).with_context(|| format!("could not read {}", path.display()))?;
        let targets = fs::read(folder.join("targets.json")).ok();
        Ok(Self { root, targets })
    }

    fn write(&self, folder: &Path) -> Result<()> {
        fs::create_dir_all(folder)
            .with_context(|| format!("could not make the folder {}", folder.display()))?;
        write_atomically(&folder.join("root.json"), &self.root)?;
        match &self.targets {
            Some(targets) => write_atomically(&folder.join("targets.json"), targets),
            None => Ok(()),
        }
    }

    /// Whose signatures are missing, if any are.
    fn missing(&self, chain: &Chain) -> Result<Option<String>> {
        match chain.set().clone().update_root(&self.root) {
            Ok(_) => Ok(None),
            Err(TrustError::BadSignature {
                valid, threshold, ..
            }) => Ok(Some(format!(
                "the new root has {valid} of the {threshold} signatures it needs"
            ))),
            Err(error) => Err(error.into()),
        }
    }

    fn submit(&self, api: &Api, home: &Home) -> Result<()> {
        let root = peek::root_of(&self.root)?;
        let mut submission = Submission::default();
        submission.add("root", root.header.version, self.root.clone());
        if let Some(targets) = &self.targets {
            let version = peek::header_of("targets", targets)?.version;
            submission.add("targets", version, targets.clone());
        }
        submission.submit(api, home, &operator(home)?)?;
        eprintln!(
            "dropgate: version {} of the root is published, good until {}",
            root.header.version,
            format_time(root.header.expires)
        );
        for name in ["root-1", "root-2", "targets"] {
            let next = format!("{name}.next");
            if home.has_key(&next) {
                home.replace_key(name, &next)?;
            }
        }
        if home.has_key("online.next") {
            let seed = home.key("online.next")?;
            replace_secret_value(home, "ONLINE_KEY", &URL_SAFE_NO_PAD.encode(seed))?;
            home.replace_key("online", "online.next")?;
            eprintln!(
                "dropgate: {} has the new ONLINE_KEY: give it to the worker ('npx wrangler secret bulk'), then run 'dropgate root rotate --drop-old-online'",
                home.path("secrets.env").display()
            );
        }
        Ok(())
    }
}
