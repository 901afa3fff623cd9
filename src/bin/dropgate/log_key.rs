//! Which key the receipts and logs of a worker must be signed with.

use std::fs;

use anyhow::{Context, Result, bail};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use dropgate::{evidence, gate::SigningKey};

use crate::{
    api::Api,
    home::{Home, write_atomically},
    init::secret,
};

/// The pinned key, in the home.
const PINNED: &str = "log.vkey";

/// Parses `--log-key`.
pub fn parse(text: &str) -> Result<evidence::Verifier, String> {
    evidence::Verifier::parse(text.trim()).map_err(|error| error.to_string())
}

/// The key that was given, or that the home has pinned. Never asks the worker.
pub fn offline(given: Option<&evidence::Verifier>, home: &Home) -> Result<evidence::Verifier> {
    if let Some(key) = given {
        return Ok(key.clone());
    }
    let path = home.path(PINNED);
    let text = fs::read_to_string(&path).with_context(|| {
        format!(
            "no log key: {} does not exist. Give --log-key; the worker shows its own at /log/vkey, \
             but ask somebody you trust",
            path.display()
        )
    })?;
    parse(&text).map_err(|why| anyhow::anyhow!("{}: {why}", path.display()))
}

/// As [`offline`]; the marketplace's own home learns the key's name from the
/// worker, once, and checks that the key is its own.
pub fn online(
    given: Option<&evidence::Verifier>,
    home: &Home,
    api: &Api,
) -> Result<evidence::Verifier> {
    if given.is_some() || home.path(PINNED).exists() {
        return offline(given, home);
    }
    let Ok(seed) = secret(home, "EDGE_KEY") else {
        return offline(given, home);
    };
    let seed = URL_SAFE_NO_PAD.decode(seed.trim_end_matches('='))?;
    let seed = seed.try_into().ok().context("EDGE_KEY has not 32 bytes")?;
    let own = SigningKey::from_seed(seed)?.public().to_bytes();
    let shown = api
        .get("/log/vkey")?
        .context("the worker shows no log key")?;
    let shown = parse(&String::from_utf8_lossy(&shown)).map_err(anyhow::Error::msg)?;
    if shown != evidence::Verifier::new(shown.name(), own)? {
        bail!(
            "the worker at {} signs with another key than this home's EDGE_KEY",
            home.url
        );
    }
    write_atomically(&home.path(PINNED), format!("{shown}\n").as_bytes())?;
    Ok(shown)
}
