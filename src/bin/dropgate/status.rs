//! `dropgate status`: what is published, until when, and whose keys are here.

use std::collections::BTreeSet;

use anyhow::Result;
use clap::Args;
use dropgate::trust::{PublicKey, format_time, peek};
use serde_json::{Value, json};

use crate::{api::Api, chain::Chain, home::Home, init::signing, roles::drops_of};

/// What expires within this time is pointed out.
const SOON: u64 = 30 * 86_400;

/// Show what is published, how long it is good, and what to do about it.
#[derive(Args)]
pub struct Status {
    /// Only this creator
    #[arg(long)]
    creator: Option<String>,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Status {
    pub fn run(&self, home: &Home) -> Result<()> {
        let api = Api::of(home);
        let mut chain = Chain::required(&api, home)?;
        let here = keys_here(home)?;
        let mut creators = Vec::new();
        for creator in chain.creators()? {
            let name = creator.as_str();
            if self.creator.as_deref().is_some_and(|only| only != name) {
                continue;
            }
            let keys = chain.creator_keys(&creator)?;
            let mut drops = Vec::new();
            for drop in drops_of(&mut chain, &creator)? {
                let Some(file) = chain.file(&drop.role())? else {
                    continue;
                };
                let header = peek::header_of(&drop.role(), &file)?;
                let manifest = peek::manifest_of(&drop.role(), &file)?;
                let (title, files, bytes) = manifest.map_or_else(Default::default, |manifest| {
                    let bytes: u64 = manifest.files.values().map(|file| file.length).sum();
                    (manifest.facts.title, manifest.files.len(), bytes)
                });
                drops.push(json!({
                    "drop": drop.to_string(), "title": title, "files": files, "bytes": bytes,
                    "version": header.version, "expires": format_time(header.expires),
                    "expires_soon": is_soon(header.expires, chain.now()),
                }));
            }
            let list = match chain.file(name)? {
                Some(list) => Some(peek::header_of(name, &list)?),
                None => None,
            };
            creators.push(json!({
                "creator": name,
                "key_is_here": keys.iter().any(|key| here.contains(key)),
                "version": list.map(|list| list.version),
                "expires": list.map(|list| format_time(list.expires)),
                "expires_soon": list.is_some_and(|list| is_soon(list.expires, chain.now())),
                "drops": drops,
            }));
        }
        let status = json!({
            "url": home.url,
            "roles": roles(&chain, &here)?,
            "creators": creators,
        });
        if self.json {
            println!("{status}");
        } else {
            print(&status);
        }
        Ok(())
    }
}

/// The four top-level roles.
fn roles(chain: &Chain, here: &BTreeSet<PublicKey>) -> Result<Vec<Value>> {
    let (set, now) = (chain.set(), chain.now());
    let root = set.root();
    let rows = [
        ("root", root.header, &root.root),
        ("targets", set.targets(now)?.header, &root.targets),
        ("snapshot", set.snapshot(now)?.header, &root.snapshot),
        ("timestamp", set.timestamp(now)?.header, &root.timestamp),
    ];
    Ok(rows
        .into_iter()
        .map(|(role, header, signers)| {
            let keys = signers.keys();
            let is_ours = ["root", "targets"].contains(&role);
            json!({
                "role": role,
                "version": header.version,
                "expires": format_time(header.expires),
                "expires_soon": is_ours && is_soon(header.expires, now),
                "threshold": signers.threshold(),
                "keys": keys.iter().map(|key| key.to_hex()).collect::<Vec<_>>(),
                "keys_here": keys.intersection(here).count(),
            })
        })
        .collect())
}

fn keys_here(home: &Home) -> Result<BTreeSet<PublicKey>> {
    let mut here = BTreeSet::new();
    for name in home.keys()? {
        here.insert(dropgate::trust::Signer::public_key(&signing(
            home.key(&name)?,
        )?));
    }
    Ok(here)
}

fn is_soon(expires: u64, now: u64) -> bool {
    expires <= now + SOON
}

fn print(status: &Value) {
    let text = |value: &Value, name: &str| match value.get(name) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Null) | None => "-".to_owned(),
        Some(other) => other.to_string(),
    };
    let list = |value: &Value, name: &str| {
        let list = value.get(name).and_then(Value::as_array);
        list.cloned().unwrap_or_default()
    };
    let is = |value: &Value, name: &str| value.get(name) == Some(&Value::Bool(true));
    println!("{}", text(status, "url"));
    for role in list(status, "roles") {
        let name = text(&role, "role");
        let todo = match (is(&role, "expires_soon"), name.as_str()) {
            (true, "root") => "  SOON: dropgate root rotate",
            (true, _) => "  SOON: dropgate resign",
            _ => "",
        };
        println!(
            "  {name:<10} version {:<5} until {}  {} of {} keys sign, {} here{todo}",
            text(&role, "version"),
            text(&role, "expires"),
            text(&role, "threshold"),
            list(&role, "keys").len(),
            text(&role, "keys_here"),
        );
    }
    for creator in list(status, "creators") {
        let soon = if is(&creator, "expires_soon") {
            "  SOON: dropgate resign"
        } else {
            ""
        };
        let key = if is(&creator, "key_is_here") {
            "key here"
        } else {
            "key elsewhere"
        };
        println!(
            "{}  version {}, until {}, {key}{soon}",
            text(&creator, "creator"),
            text(&creator, "version"),
            text(&creator, "expires")
        );
        for drop in list(&creator, "drops") {
            let soon = if is(&drop, "expires_soon") {
                "  SOON: dropgate resign"
            } else {
                ""
            };
            println!(
                "  {:<30} version {}, until {}, {} files, {} bytes{soon}",
                text(&drop, "drop"),
                text(&drop, "version"),
                text(&drop, "expires"),
                text(&drop, "files"),
                text(&drop, "bytes")
            );
        }
    }
}
