//! `dropgate audit`: derives a whole log anew and says what is wrong with it.

use std::cell::Cell;

use anyhow::{Context, Result, bail};
use clap::Args;
use dropgate::evidence::{
    Checkpoint, EvidenceError, Policy, Receipt, Verifier, audit, log_name, origin,
};
use indicatif::{ProgressBar, ProgressStyle};

use crate::{api::Api, duration::now, home::Home, init::secret, log_key};

/// Derive a log anew from its entries and compare every tile.
///
/// Reads the checkpoint, all entries and all tiles, and fails if one is missing
/// or wrong or if they do not lead to the root that was signed. Each entry must
/// be a receipt with the edge's signature, and no id may come twice. The log of
/// deliveries shows its entries to the operator only.
#[derive(Args)]
pub struct Audit {
    /// The logs, such as publish-2026h2 [default: both of this half-year]
    #[arg(value_name = "LOG")]
    logs: Vec<String>,

    /// The edge's key [default: log.vkey in the home]
    #[arg(long, value_name = "VKEY", value_parser = log_key::parse)]
    log_key: Option<Verifier>,
}

impl Audit {
    pub fn run(&self, home: &Home) -> Result<()> {
        let api = Api::of(home);
        let key = log_key::online(self.log_key.as_ref(), home, &api)?;
        let token = secret(home, "ADMIN_TOKEN").ok();
        let mut logs = self.logs.clone();
        if logs.is_empty() {
            let now = now()?;
            logs = ["publish", "deliveries"]
                .map(|log| log_name(log, now))
                .to_vec();
        }
        for log in &logs {
            let is_name = log.split_once('-').is_some_and(|(kind, half)| {
                ["publish", "deliveries"].contains(&kind) && half.len() == 6
            });
            if !is_name {
                bail!(
                    "{log:?} is no log: they are named such as publish-2026h2 and deliveries-2026h2"
                );
            }
            let begun = api.get(&format!("/log/{log}/checkpoint"))?.is_some();
            if !begun && self.logs.is_empty() {
                println!("{log}: empty");
                continue;
            }
            if !begun {
                bail!("the worker at {} has no log {log}", home.url);
            }
            let checkpoint = one(&api, &key, token.as_deref(), log)
                .with_context(|| format!("the log {log} does not hold"))?;
            println!(
                "{log}: {} entries lead to the signed root, and every tile is as it must be",
                checkpoint.size()
            );
        }
        Ok(())
    }
}

fn one(api: &Api, key: &Verifier, token: Option<&str>, log: &str) -> Result<Checkpoint> {
    let origin = origin(key.name(), log);
    let verifier = key.renamed(&origin)?;
    let policy = Policy {
        origin: &origin,
        log: &verifier,
        witnesses: &[],
        quorum: 0,
    };
    let bar = ProgressBar::new(0).with_style(
        ProgressStyle::with_template("{msg} [{bar:30}] {pos}/{len} entries, {eta} left")?
            .progress_chars("=> "),
    );
    bar.set_message(log.to_owned());
    let mut seen = std::collections::BTreeSet::new();
    let done = Cell::new(0);
    let checkpoint = audit::audit::<anyhow::Error>(
        &policy,
        |path| {
            let bytes = api.get_as(&format!("/log/{log}/{path}"), token)?;
            // How far there is to go is known once the checkpoint is.
            if let (0, Some(note)) = (done.get(), &bytes)
                && let Ok(checkpoint) = policy.open(note)
            {
                bar.set_length(checkpoint.size());
            }
            Ok(bytes)
        },
        |index, entry| {
            let receipt = Receipt::open(entry, &[key])
                .with_context(|| format!("entry {index} is not a receipt of this edge"))?;
            if !seen.insert(receipt.id) {
                return Err(EvidenceError::DoubledEntry(index).into());
            }
            done.set(index + 1);
            bar.set_position(index + 1);
            Ok(())
        },
    );
    bar.finish_and_clear();
    checkpoint
}
