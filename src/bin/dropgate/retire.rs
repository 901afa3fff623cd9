//! `dropgate retire` and `dropgate resign`: ending a drop, and keeping metadata
//! from ending.

use anyhow::{Context, Result, bail};
use clap::Args;
use dropgate::trust::{Draft, DropPath, Signer, format_time, peek};

use crate::{
    api::Api,
    chain::Chain,
    duration::{now, seconds},
    home::Home,
    roles::{Submission, drops_of, next_list, operator},
    signer::{SignerArgs, Tokens, home_key},
};

/// Pull a drop: nobody gets it any more.
///
/// It is gone here at once, and everywhere when the timestamp expires, within
/// fifteen minutes. Its files are swept from the store a day later; publishing
/// it again brings it back.
#[derive(Args)]
pub struct Retire {
    /// The drop
    #[arg(value_name = "CREATOR/DROP")]
    drop: String,

    /// The worker's AUDIENCE setting
    #[arg(long, default_value = "dropgate")]
    audience: String,

    #[command(flatten)]
    signer: SignerArgs,
}

impl Retire {
    pub fn run(&self, home: &Home) -> Result<()> {
        let drop = DropPath::parse(&self.drop).context("name the drop as creator/drop")?;
        let api = Api::of(home);
        let mut chain = Chain::required(&api, home)?;
        let creator = drop.creator.as_str();
        let signer = self.signer.of(home, creator)?;
        let mut list = next_list(&mut chain, creator)?;
        if !list.undelegate(&drop.role()) {
            bail!("{drop} is not published; 'dropgate status' lists what is");
        }
        let mut submission = Submission::default();
        submission.sign(creator, &list, &[&*signer])?;
        let token = Tokens::new(&*signer, &drop, &self.audience).fresh()?;
        submission.submit(&api, home, &token)?;
        eprintln!("dropgate: {drop} is retired");
        Ok(())
    }
}

/// Sign roles again, so that they do not expire.
///
/// Without names: every list and drop whose key is here and that expires within
/// a month. The root has a command of its own, 'dropgate root rotate'; snapshot
/// and timestamp are the edge's.
#[derive(Args)]
pub struct Resign {
    /// The roles: targets, alice or alice/drop-7
    #[arg(value_name = "ROLE")]
    roles: Vec<String>,

    /// Those that expire within this time
    #[arg(long, default_value = "30d", value_parser = seconds, conflicts_with = "roles")]
    within: u64,

    /// For how long they are signed
    #[arg(long = "for", default_value = "365d", value_parser = seconds)]
    life: u64,

    #[command(flatten)]
    signer: SignerArgs,

    /// The worker's AUDIENCE setting
    #[arg(long, default_value = "dropgate")]
    audience: String,
}

impl Resign {
    pub fn run(&self, home: &Home) -> Result<()> {
        let api = Api::of(home);
        let mut chain = Chain::required(&api, home)?;
        let roles = if self.roles.is_empty() {
            self.due(home, &mut chain)?
        } else {
            self.named()?
        };
        if roles.is_empty() {
            eprintln!("dropgate: nothing expires that soon; nothing to do");
            return Ok(());
        }
        let expires = now()? + self.life;
        for role in roles {
            let (signer, bearer) = self.signer_of(home, &role)?;
            let published = chain
                .file(&role)?
                .with_context(|| format!("{role} is not published; nothing to sign again"))?;
            let draft = Draft::next(&role, &published, expires)?;
            let mut submission = Submission::default();
            submission.sign(&role, &draft, &[&*signer])?;
            submission.submit(&api, home, &bearer)?;
            eprintln!("dropgate: {role} is good until {}", format_time(expires));
        }
        Ok(())
    }

    fn named(&self) -> Result<Vec<String>> {
        let names = self.roles.iter().map(|name| match name.as_str() {
            "root" => bail!("sign the root again with 'dropgate root rotate'"),
            "snapshot" | "timestamp" => bail!("{name} is signed by the edge, every few minutes"),
            name if name.contains('/') => Ok(DropPath::parse(name)?.role()),
            name => Ok(name.to_owned()),
        });
        names.collect()
    }

    fn due(&self, home: &Home, chain: &mut Chain) -> Result<Vec<String>> {
        let mut roles = vec!["targets".to_owned()];
        for creator in chain.creators()? {
            let drops = drops_of(chain, &creator)?;
            roles.push(creator.to_string());
            roles.extend(drops.iter().map(DropPath::role));
        }
        let latest = now()? + self.within;
        let mut due = Vec::new();
        for role in roles {
            let is_ours = self.signer.has(home, key_name(&role));
            if let Some(file) = chain.file(&role)?
                && is_ours
                && peek::header_of(&role, &file)?.expires <= latest
            {
                due.push(role);
            }
        }
        Ok(due)
    }

    /// Who signs a role, and the token that lets it in.
    fn signer_of(&self, home: &Home, role: &str) -> Result<(Box<dyn Signer>, String)> {
        let signer = match self.signer.external()? {
            Some(signer) => signer,
            None => home_key(home, key_name(role))?,
        };
        if role == "targets" {
            return Ok((signer, operator(home)?));
        }
        // Any drop of the creator's will do: the signatures decide.
        let drop = match DropPath::from_role(role) {
            Some(drop) => drop,
            None => DropPath::new(role, "resign")?,
        };
        let token = Tokens::new(&*signer, &drop, &self.audience).fresh()?;
        Ok((signer, token))
    }
}

/// The name of the key that signs a role.
fn key_name(role: &str) -> &str {
    role.split('.').next().unwrap_or(role)
}
