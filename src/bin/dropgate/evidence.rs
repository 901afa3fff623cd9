//! `dropgate evidence`: one file for an arbiter, and its check.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::PathBuf,
};

use anyhow::{Context, Result, anyhow, bail};
use clap::{Args, Subcommand};
use dropgate::{
    evidence::{
        Receipt, ReceiptId, Verifier, audit,
        dossier::{Anchors, Dossier, Subject, examine, follow},
        log_names, origin,
    },
    trust::{DropPath, TrustError},
};

use crate::{
    api::Api,
    duration::now,
    home::{Home, write_atomically},
    init::secret,
    log_key,
};

/// Put together, or check, all that is known about a drop, a grant or a receipt.
///
/// Writes one file: a letter with attachments (signed metadata, receipts, proofs
/// of the log), checked before it is written. Of a drop: every receipt in the log
/// of publications, and for the operator those of deliveries too. Of a grant: give
/// the token; every receipt about it.
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true, arg_required_else_help = true)]
pub struct Evidence {
    /// CREATOR/DROP, a grant's token, or a receipt's id
    #[arg(value_name = "DROP|GRANT|RECEIPT", required = true)]
    about: Option<String>,

    /// Where to write it [default: evidence-....eml]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    #[command(flatten)]
    trusted: Trusted,

    #[command(subcommand)]
    verify: Option<Verb>,
}

#[derive(Subcommand)]
enum Verb {
    /// Check an evidence file without a network
    Verify(Verify),
}

/// Check an evidence file without a network.
///
/// Prints the letter when its attachments prove every word of it.
#[derive(Args)]
struct Verify {
    /// The file
    file: PathBuf,

    #[command(flatten)]
    trusted: Trusted,
}

#[derive(Args)]
struct Trusted {
    /// The marketplace's first root [default: metadata/1.root.json in the home]
    #[arg(long, value_name = "FILE")]
    root: Option<PathBuf>,

    /// The edge's key [default: log.vkey in the home]
    #[arg(long, value_name = "VKEY", value_parser = log_key::parse)]
    log_key: Option<Verifier>,

    /// The key of a witness, to count its signature; may be repeated
    #[arg(long, value_name = "VKEY", value_parser = log_key::parse)]
    witness: Vec<Verifier>,
}

impl Trusted {
    fn root(&self, home: &Home) -> Result<Vec<u8>> {
        match &self.root {
            Some(path) => {
                fs::read(path).with_context(|| format!("could not read {}", path.display()))
            }
            None => home.read("metadata/1.root.json").context(
                "no root to trust: give the marketplace's first root with --root; \
                 get it from somebody you trust",
            ),
        }
    }
}

impl Evidence {
    pub fn run(&self, home: &Home) -> Result<()> {
        match (&self.verify, &self.about) {
            (Some(Verb::Verify(verify)), _) => verify.run(home),
            (None, Some(about)) => self.collect(about, home),
            (None, None) => bail!("say what about: a drop, a grant or a receipt"),
        }
    }

    fn collect(&self, about: &str, home: &Home) -> Result<()> {
        let about = About::parse(about)?;
        let api = Api::of(home);
        let root = self.trusted.root(home)?;
        let log = log_key::online(self.trusted.log_key.as_ref(), home, &api)?;
        let collector = Collector {
            api: &api,
            log: &log,
            operator: secret(home, "ADMIN_TOKEN").ok(),
            now: now()?,
        };
        let (subject, ids) = collector.look_up(&about)?;
        let dossier = collector.dossier(subject, &ids, &root)?;
        let file = dossier.seal(&Anchors {
            root: &root,
            log: &log,
            witnesses: &[],
        })?;
        let path = self.output.clone().unwrap_or_else(|| {
            let name: String = dossier.subject.to_string();
            let name = name.replace([' ', '/'], "-");
            PathBuf::from(format!(
                "evidence-{}.eml",
                name.chars().take(60).collect::<String>()
            ))
        });
        write_atomically(&path, file.as_bytes())?;
        eprintln!(
            "dropgate: wrote {} with {}; 'dropgate evidence verify' reads it aloud",
            path.display(),
            many(ids.len(), "receipt")
        );
        Ok(())
    }
}

impl Verify {
    fn run(&self, home: &Home) -> Result<()> {
        let name = self.file.display();
        let file = fs::read(&self.file).with_context(|| {
            format!("could not read {name}; 'dropgate evidence' writes such a file")
        })?;
        let file = String::from_utf8(file).with_context(|| {
            format!("{name} is no evidence file, which is text: was it saved as it was sent?")
        })?;
        let root = self.trusted.root(home)?;
        let log = log_key::offline(self.trusted.log_key.as_ref(), home)?;
        let (_, findings) = examine(
            &file,
            &Anchors {
                root: &root,
                log: &log,
                witnesses: &self.trusted.witness,
            },
        )
        .map_err(|error| {
            anyhow!(
                "{name} proves nothing: {error}.\n\
                 Ask for it again, as 'dropgate evidence' wrote it, and compare the root and the \
                 key that you check it with (--root, --log-key) with somebody you trust"
            )
        })?;
        let (_, letter) = Dossier::parse(&file)?;
        print!("{letter}");
        eprintln!(
            "dropgate: every word holds: {}, {}",
            many(findings.receipts.len(), "receipt"),
            many(
                findings.manifests.len() + findings.earlier.len(),
                "manifest"
            )
        );
        for (proven, number) in findings.receipts.iter().zip(1..) {
            if proven.witnesses > 0 {
                eprintln!("dropgate: {number}. has {} witnesses", proven.witnesses);
            }
        }
        Ok(())
    }
}

fn many(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// What evidence is asked about, as it was typed.
enum About {
    Receipt(ReceiptId),
    Grant(String),
    Drop(DropPath),
}

impl About {
    fn parse(text: &str) -> Result<Self> {
        let text = text.trim();
        // As a browser or a mail may have it.
        let id = text.rsplit("/receipts/").next().unwrap_or(text);
        if let Some(id) = ReceiptId::parse(&id.to_lowercase()) {
            return Ok(Self::Receipt(id));
        }
        if text.split('.').count() == 3 && !text.contains('/') {
            return Ok(Self::Grant(text.to_owned()));
        }
        DropPath::parse(text).map(Self::Drop).with_context(|| {
            format!(
                "{text:?} is neither a receipt's id (32 hexadecimal digits), nor a grant's token, \
                 nor a drop (CREATOR/DROP)"
            )
        })
    }
}

struct Collector<'a> {
    api: &'a Api,
    log: &'a Verifier,
    operator: Option<String>,
    now: u64,
}

impl Collector<'_> {
    /// What is meant, and the receipts about it.
    fn look_up(&self, about: &About) -> Result<(Subject, Vec<ReceiptId>)> {
        let drop = match about {
            About::Receipt(id) => return Ok((Subject::Receipt(*id), vec![*id])),
            About::Grant(token) => return self.of_grant(token),
            About::Drop(drop) => drop,
        };
        let mut ids = self.search("publish", drop, None)?;
        match &self.operator {
            Some(token) => ids.extend(self.search("deliveries", drop, Some(token))?),
            None => eprintln!("dropgate: without the operator's token only publications are read"),
        }
        if ids.is_empty() {
            bail!(
                "no receipt of {drop} is in the worker's logs, so nothing was written; \
                 is it published there? 'dropgate status' lists the drops"
            );
        }
        Ok((Subject::Drop(drop.clone()), ids))
    }

    /// The receipts the worker lists for the holder of a grant.
    fn of_grant(&self, token: &str) -> Result<(Subject, Vec<ReceiptId>)> {
        let known = self.api.get_as("/known", Some(token))?;
        let known = known.context("the worker does not say what it knows about a grant")?;
        let known: serde_json::Value = serde_json::from_slice(&known)?;
        let listed = known.get("receipts").and_then(serde_json::Value::as_array);
        let ids: Vec<_> = listed
            .into_iter()
            .flatten()
            .filter_map(|receipt| ReceiptId::parse(receipt.get("id")?.as_str()?))
            .collect();
        let first = ids
            .first()
            .context("there is no receipt about this grant yet; nothing was written")?;
        let (note, _) = self.api.receipt(*first)?;
        let grant = Receipt::open(&note, &[self.log])?.grant;
        let grant = grant.context("the worker listed a receipt of no grant")?;
        Ok((Subject::Grant(grant), ids))
    }

    /// Reads all logs of a kind from their beginning, audited on the way.
    fn search(&self, kind: &str, drop: &DropPath, token: Option<&str>) -> Result<Vec<ReceiptId>> {
        let mut found = Vec::new();
        for name in log_names(kind, self.now).iter().rev() {
            let at = |path: &str| format!("/log/{name}/{path}");
            if self.api.get(&at("checkpoint"))?.is_none() {
                continue;
            }
            let origin = origin(self.log.name(), name);
            let log = self.log.renamed(&origin)?;
            let policy = dropgate::evidence::Policy {
                origin: &origin,
                log: &log,
                witnesses: &[],
                quorum: 0,
            };
            audit::audit::<anyhow::Error>(
                &policy,
                |path| self.api.get_as(&at(path), token),
                |_, entry| {
                    let receipt = Receipt::open(entry, &[self.log])?;
                    if receipt.drop.as_ref() == Some(drop) {
                        found.push(receipt.id);
                    }
                    Ok(())
                },
            )
            .with_context(|| format!("the log {name} does not hold"))?;
        }
        Ok(found)
    }

    /// Fetches the receipts, their proofs and the signed metadata they speak of.
    fn dossier(&self, subject: Subject, ids: &[ReceiptId], root: &[u8]) -> Result<Dossier> {
        let mut files = BTreeMap::new();
        let mut drops = BTreeSet::new();
        let mut manifests = BTreeSet::new();
        if let Subject::Drop(drop) = &subject {
            drops.insert(drop.clone());
        }
        for id in ids {
            let (note, proof) = self.api.receipt(*id)?;
            let receipt = Receipt::open(&note, &[self.log])?;
            if let Some(drop) = receipt.drop {
                drops.insert(drop.clone());
                if let Some((version, digest)) = receipt.version.zip(receipt.manifest) {
                    manifests.insert((format!("{version}.{}.json", drop.role()), digest));
                }
            }
            files.insert(format!("receipts/{id}.txt"), note);
            files.insert(format!("proofs/{id}.tlog"), proof.text.into_bytes());
        }
        let mut fetched = BTreeMap::new();
        follow(root, self.now, &drops, |file| -> Result<_, Fetch> {
            let bytes = self.api.get(&format!("/metadata/{file}")).map_err(Fetch)?;
            if let Some(bytes) = &bytes {
                fetched.insert(format!("metadata/{file}"), bytes.clone());
            }
            Ok(bytes)
        })
        .map_err(|Fetch(error)| error.context("the chain of signed metadata does not hold"))?;
        files.extend(fetched);
        for (file, digest) in manifests {
            let name = format!("metadata/{file}");
            if files.contains_key(&name) {
                continue;
            }
            let bytes = self.api.get(&format!("/metadata/{file}"))?;
            let bytes = bytes.with_context(|| format!("the worker has lost /metadata/{file}"))?;
            if dropgate::trust::Sha256::of(&bytes) != digest {
                bail!("/metadata/{file} is not the manifest that the receipts name");
            }
            files.insert(name, bytes);
        }
        Ok(Dossier {
            subject,
            collected: self.now,
            files,
        })
    }
}

/// An error on the way, of the network or of the chain.
struct Fetch(anyhow::Error);

impl From<TrustError> for Fetch {
    fn from(error: TrustError) -> Self {
        Self(error.into())
    }
}
