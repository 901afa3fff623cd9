//! `dropgate init`: the keys and the first signed metadata of a marketplace.

use std::fmt::Write as _;

use anyhow::{Context, Result, bail};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use clap::Args;
use dropgate::trust::{Draft, RootKeys, Signer, SigningKey};
use serde_json::json;

use crate::{
    duration::now,
    home::{Home, random, replace_secret, write_atomically, write_secret},
};

/// The root is signed by hand and rarely; TUF asks for an end all the same.
const ROOT_LIFE: u64 = 365 * 86_400;
/// The marketplace's list of creators.
const TARGETS_LIFE: u64 = 365 * 86_400;
/// The `iss` of grants minted with the marketplace's own key.
pub const ISSUER: &str = "marketplace";
/// The file with the worker's secrets.
pub const SECRETS: &str = "secrets.env";

/// Make the keys and the first signed metadata of a new marketplace.
///
/// Writes into the home: keys/root-1 and keys/root-2 (both must sign a new
/// root: keep one of them elsewhere), keys/targets (names creators),
/// keys/issuer (mints grants), metadata/ (signed by them) and secrets.env (what
/// the worker needs: 'npx wrangler secret bulk' takes it). Nothing that exists
/// is overwritten.
#[derive(Args)]
pub struct Init {
    /// Also copy the worker's secrets to this file, for 'wrangler dev'
    #[arg(long, value_name = "FILE")]
    dev_vars: Option<std::path::PathBuf>,
}

impl Init {
    pub fn run(&self, home: &Home) -> Result<()> {
        if home.path(SECRETS).exists() {
            bail!(
                "{} is a marketplace already; nothing was changed",
                home.path("").display()
            );
        }
        home.create()?;
        let key = |name: &str| signing(home.new_key(name)?);
        let (first, second) = (key("root-1")?, key("root-2")?);
        let targets = key("targets")?;
        let issuer = dropgate::gate::SigningKey::from_seed(home.new_key("issuer")?)?;
        let online_seed = random::<32>()?;
        let online = signing(online_seed)?;
        let now = now()?;

        let root_keys = [first.public_key(), second.public_key()];
        let root = Draft::root(
            &RootKeys {
                root: &root_keys,
                root_threshold: 2,
                targets: &[targets.public_key()],
                online: &[online.public_key()],
            },
            now + ROOT_LIFE,
        )
        .sign("root", &[&first, &second])?;
        let list = Draft::targets(now + TARGETS_LIFE).sign("targets", &[&targets])?;
        write_atomically(&home.path("metadata/1.root.json"), &root)?;
        write_atomically(&home.path("metadata/1.targets.json"), &list)?;

        let issuers = json!([{"iss": ISSUER, "jwks": {"keys": [issuer.public().jwk()]}}]);
        let secrets = secrets(&online_seed, &issuers.to_string())?;
        if let Some(file) = &self.dev_vars {
            write_secret(file, secrets.as_bytes())?;
        }
        write_secret(&home.path(SECRETS), secrets.as_bytes())?;
        eprintln!(
            "dropgate: made a marketplace in {}. Keep keys/root-2.jwk somewhere else.",
            home.path("").display()
        );
        Ok(())
    }
}

/// The lines of `secrets.env`. The online key can only say that what was signed
/// is current; the others sign grants, receipts and what lies in caches.
fn secrets(online: &[u8; 32], issuers: &str) -> Result<String> {
    let mut lines = format!(
        "ISSUERS='{issuers}'\nONLINE_KEY='{}'\n",
        URL_SAFE_NO_PAD.encode(online)
    );
    for name in [
        "EDGE_KEY",
        "SEAL_KEY",
        "CODE_PEPPER",
        "SUBJECT_SALT",
        "ADMIN_TOKEN",
    ] {
        let value = URL_SAFE_NO_PAD.encode(random::<32>()?);
        writeln!(lines, "{name}='{value}'")?;
    }
    let url_key = URL_SAFE_NO_PAD.encode(random::<32>()?);
    writeln!(lines, "URL_KEYS='k1:{url_key}'")?;
    Ok(lines)
}

/// One of the worker's secrets.
pub fn secret(home: &Home, name: &str) -> Result<String> {
    let text = String::from_utf8(home.read(SECRETS)?)?;
    text.lines()
        .filter_map(|line| line.split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value.trim_matches('\'').to_owned())
        .with_context(|| format!("{SECRETS} has no {name}"))
}

/// Puts another value in the place of one of the worker's secrets.
pub fn replace_secret_value(home: &Home, name: &str, value: &str) -> Result<()> {
    let text = String::from_utf8(home.read(SECRETS)?)?;
    let mut lines: Vec<String> = text
        .lines()
        .filter(|line| line.split_once('=').is_none_or(|(key, _)| key != name))
        .map(str::to_owned)
        .collect();
    lines.push(format!("{name}='{value}'\n"));
    replace_secret(&home.path(SECRETS), lines.join("\n").as_bytes())
}

/// A key of the trust chain.
pub fn signing(seed: [u8; 32]) -> Result<SigningKey> {
    SigningKey::from_seed(seed).context("a key of zeros is no key")
}
