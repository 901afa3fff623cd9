//! `dropgate url-keys`: the ring of keys that sign URLs.

use anyhow::{Context, Result, bail};
use clap::Subcommand;
use dropgate::media::signed_url::KeyRing;

use crate::{
    home::{Home, random},
    init::{SECRETS, replace_secret_value, secret},
};

/// The worker's secret.
const NAME: &str = "URL_KEYS";

/// The keys that sign URLs.
///
/// The first signs, all are taken. To change the key: add a new one, upload the
/// secrets ('npx wrangler secret bulk'), and remove the old one when what it
/// signed has run out.
#[derive(Subcommand)]
pub enum UrlKeys {
    /// Print the names of the keys, the one that signs first
    List,
    /// Make a new key that signs from now on
    Add {
        /// Its name
        #[arg(value_name = "KID")]
        kid: String,
    },
    /// Remove a key: what it signed is refused once the worker knows
    Remove {
        /// Its name
        #[arg(value_name = "KID")]
        kid: String,
    },
}

impl UrlKeys {
    pub fn run(&self, home: &Home) -> Result<()> {
        let text = secret(home, NAME)?;
        let mut entries: Vec<&str> = text.split(',').collect();
        let names = |entry: &str, kid: &str| entry.split(':').next() == Some(kid);
        let made;
        match self {
            Self::List => {
                for entry in &entries {
                    println!("{}", entry.split(':').next().unwrap_or_default());
                }
                return Ok(());
            }
            Self::Add { kid } => {
                made = KeyRing::entry(kid, random()?)
                    .context("the name of a key is 1 to 32 letters, digits, '_' and '-'")?;
                entries.insert(0, &made);
            }
            Self::Remove { kid } => {
                if !entries.iter().any(|entry| names(entry, kid)) {
                    bail!("there is no URL key {kid:?}");
                }
                entries.retain(|entry| !names(entry, kid));
            }
        }
        let ring = entries.join(",");
        KeyRing::parse(&ring)?;
        replace_secret_value(home, NAME, &ring)?;
        eprintln!(
            "dropgate: changed {}; the worker knows when it has the secrets ('npx wrangler secret bulk').",
            home.path(SECRETS).display()
        );
        Ok(())
    }
}
