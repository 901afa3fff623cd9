//! `dropgate creator`: who may publish.

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use dropgate::trust::{Delegation, Draft, Name, PublicKey, Signer, peek};

use crate::{
    api::Api,
    chain::Chain,
    home::Home,
    init::signing,
    key::public_key,
    roles::{Submission, drops_of, next_list, operator, targets_with},
    signer::{SignerArgs, home_key},
};

/// The worker takes this many roles at once.
const MOST_ROLES: usize = 256;

/// Let creators in, change their keys, or let them go.
#[derive(Subcommand)]
pub enum Creators {
    /// Delegate to a creator, with a new key of this home or a key of theirs
    Add(Add),
    /// Take a creator's drops off the marketplace, all at once
    Remove(Remove),
    /// Replace a creator's key, and sign all that it signed with the new one
    RotateKey(RotateKey),
}

#[derive(Args)]
pub struct Add {
    /// The creator's name: a to z, 0 to 9, '_' and '-'
    name: String,

    /// The creator's public key, if they keep the private one: a JWK or PEM
    /// file, or 64 hexadecimal digits
    #[arg(long, value_name = "KEY")]
    key: Option<String>,

    #[command(flatten)]
    signer: SignerArgs,
}

#[derive(Args)]
pub struct Remove {
    /// The creator's name
    name: String,

    #[command(flatten)]
    signer: SignerArgs,
}

#[derive(Args)]
pub struct RotateKey {
    /// The creator's name
    name: String,

    /// The new key is the one --signer signs with, not a new one of this home
    #[command(flatten)]
    signer: SignerArgs,
}

impl Creators {
    pub fn run(self, home: &Home) -> Result<()> {
        match self {
            Self::Add(add) => add.run(home),
            Self::Remove(remove) => remove.run(home),
            Self::RotateKey(rotate) => rotate.run(home),
        }
    }
}

fn parse(name: &str) -> Result<Name> {
    Name::parse_creator(name).context("that cannot be a creator's name")
}

impl Add {
    fn run(&self, home: &Home) -> Result<()> {
        let creator = parse(&self.name)?;
        let api = Api::of(home);
        let mut chain = Chain::required(&api, home)?;
        let known = chain.creator_keys(&creator)?;
        if !known.is_empty() {
            bail!(
                "{creator} is a creator already; 'dropgate creator rotate-key {creator}' changes the key"
            );
        }
        let key = match &self.key {
            Some(key) => public_key(key)?,
            None if home.has_key(creator.as_str()) => {
                signing(home.key(creator.as_str())?)?.public_key()
            }
            None => signing(home.new_key(creator.as_str())?)?.public_key(),
        };
        let draft = targets_with(&mut chain, &creator, &[key])?;
        let mut submission = Submission::default();
        submission.sign("targets", &draft, &[&*self.signer.of(home, "targets")?])?;
        submission.submit(&api, home, &operator(home)?)?;
        eprintln!("dropgate: {creator} is now a creator of the marketplace");
        Ok(())
    }
}

impl Remove {
    fn run(&self, home: &Home) -> Result<()> {
        let creator = parse(&self.name)?;
        let api = Api::of(home);
        let mut chain = Chain::required(&api, home)?;
        let mut draft = next_list(&mut chain, "targets")?;
        if !draft.undelegate(creator.as_str()) {
            bail!("{creator} is no creator of this marketplace; 'dropgate status' lists them");
        }
        let mut submission = Submission::default();
        submission.sign("targets", &draft, &[&*self.signer.of(home, "targets")?])?;
        submission.submit(&api, home, &operator(home)?)?;
        eprintln!("dropgate: {creator} and all their drops are gone");
        Ok(())
    }
}

impl RotateKey {
    fn run(&self, home: &Home) -> Result<()> {
        let creator = parse(&self.name)?;
        let (name, next) = (creator.as_str(), format!("{creator}.next"));
        let api = Api::of(home);
        let mut chain = Chain::required(&api, home)?;
        let known = chain.creator_keys(&creator)?;
        if known.is_empty() {
            bail!(
                "{creator} is no creator of this marketplace; 'dropgate creator add {creator}' makes one"
            );
        }
        let external = self.signer.external()?;
        let is_external = external.is_some();
        let new: Box<dyn Signer> = match external {
            Some(signer) => signer,
            // A rotation that was broken off goes on with the key it had made.
            None if home.has_key(&next) => home_key(home, &next)?,
            None => Box::new(signing(home.new_key(&next)?)?),
        };
        let is_done = known == [new.public_key()];
        if !is_done {
            let submission = rotated(home, &mut chain, &creator, &*new)?;
            submission.submit(&api, home, &operator(home)?)?;
        }
        if !is_external {
            home.replace_key(name, &next)?;
        }
        eprintln!(
            "dropgate: {creator} signs with {} now",
            new.public_key().to_hex()
        );
        Ok(())
    }
}

/// Everything that the old key signed, signed by the new one; it goes out as one
/// submission, so that no client ever sees a part of it.
fn rotated(home: &Home, chain: &mut Chain, creator: &Name, new: &dyn Signer) -> Result<Submission> {
    let key: [PublicKey; 1] = [new.public_key()];
    let mut submission = Submission::default();
    let targets = targets_with(chain, creator, &key)?;
    submission.sign("targets", &targets, &[&*home_key(home, "targets")?])?;
    if chain.file(creator.as_str())?.is_none() {
        return Ok(submission);
    }
    let drops = drops_of(chain, creator)?;
    let mut list = next_list(chain, creator.as_str())?;
    for drop in &drops {
        let role = drop.role();
        let Some(published) = chain.file(&role)? else {
            continue;
        };
        let expires = peek::header_of(&role, &published)?.expires;
        if expires <= chain.now() {
            // Nobody can get it, and the worker takes nothing that has expired.
            eprintln!("dropgate: {drop} has expired and is left out of the list");
            list.undelegate(&role);
            continue;
        }
        list.delegate(&Delegation::to_drop(drop, &key));
        let manifest = Draft::next(&role, &published, expires)?;
        submission.sign(&role, &manifest, &[new])?;
    }
    submission.sign(creator.as_str(), &list, &[new])?;
    if submission.len() > MOST_ROLES {
        bail!(
            "{creator} has {} drops; a key signs at most {} for a rotation: retire some first",
            drops.len(),
            MOST_ROLES - 2
        );
    }
    Ok(submission)
}
