//! `dropgate receipt`: reads receipts and checks them.

use std::fs;

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use dropgate::evidence::{LogProof, Policy, Receipt, ReceiptId, Verifier};

use crate::{
    api::{Api, Proof},
    home::Home,
    log_key,
};

/// Check receipts
#[derive(Subcommand)]
pub enum Receipts {
    /// Check a receipt's signature and its place in the log
    Verify(Verify),
}

/// Check a receipt's signature, and that it is in the worker's log.
///
/// Prints the receipt. A file is checked for its signature without a network;
/// with --proof also that the log holds it. An id is fetched from the worker,
/// and its proof with it.
#[derive(Args)]
pub struct Verify {
    /// A receipt's id, or a file with one
    #[arg(value_name = "ID|FILE")]
    receipt: String,

    /// A proof file (C2SP tlog-proof) to check a receipt's file with
    #[arg(long, value_name = "FILE")]
    proof: Option<std::path::PathBuf>,

    /// The edge's key [default: log.vkey in the home]
    #[arg(long, value_name = "VKEY", value_parser = log_key::parse)]
    log_key: Option<Verifier>,

    /// The key of a witness that must have signed too; may be repeated
    #[arg(long, value_name = "VKEY", value_parser = log_key::parse)]
    witness: Vec<Verifier>,
}

impl Receipts {
    pub fn run(&self, home: &Home) -> Result<()> {
        let Self::Verify(verify) = self;
        verify.run(home)
    }
}

impl Verify {
    fn run(&self, home: &Home) -> Result<()> {
        // As a browser may have it, too.
        let id = self.receipt.rsplit("/receipts/").next();
        match id.and_then(|id| ReceiptId::parse(&id.to_lowercase())) {
            Some(id) => {
                let api = Api::of(home);
                let key = log_key::online(self.log_key.as_ref(), home, &api)?;
                let (note, proof) = api.receipt(id)?;
                let receipt = Receipt::open(&note, &[&key])?;
                if receipt.id != id {
                    bail!("the worker gave another receipt: {}", receipt.id);
                }
                print!("{receipt}");
                in_log(&note, &proof, &key, &self.witness)
            }
            None => self.run_on_file(home),
        }
    }

    fn run_on_file(&self, home: &Home) -> Result<()> {
        let note = fs::read(&self.receipt).with_context(|| {
            format!(
                "{:?} is neither a receipt's id (32 hexadecimal digits) nor a file",
                self.receipt
            )
        })?;
        let key = log_key::offline(self.log_key.as_ref(), home)?;
        let receipt = Receipt::open(&note, &[&key])
            .with_context(|| format!("{:?} is no receipt that {key} has signed", self.receipt))?;
        print!("{receipt}");
        let Some(path) = &self.proof else {
            eprintln!(
                "dropgate: the signature by {} holds; --proof checks that the log has it",
                key.name()
            );
            return Ok(());
        };
        let text = fs::read_to_string(path)
            .with_context(|| format!("could not read {}", path.display()))?;
        let proof = LogProof::parse(&text)
            .with_context(|| format!("{} is no proof of a log", path.display()))?;
        let origin = proof.checkpoint.lines().next().unwrap_or_default();
        let log = Proof {
            log: origin.rsplit('/').next().unwrap_or_default().to_owned(),
            text,
        };
        in_log(&note, &log, &key, &self.witness)
    }
}

/// Says where the log has it, or fails.
fn in_log(note: &[u8], proof: &Proof, key: &Verifier, witnesses: &[Verifier]) -> Result<()> {
    let origin = dropgate::evidence::origin(key.name(), &proof.log);
    let log = key.renamed(&origin)?;
    let policy = Policy {
        origin: &origin,
        log: &log,
        witnesses,
        quorum: witnesses.len(),
    };
    let parsed = LogProof::parse(&proof.text)?;
    let checkpoint = parsed.verify(note, &policy)?;
    eprintln!(
        "dropgate: the signature by {} holds, and the receipt is entry {} of {} in {origin}",
        key.name(),
        parsed.index,
        checkpoint.size()
    );
    if !witnesses.is_empty() {
        let count = witnesses.len();
        eprintln!("dropgate: the log shows {count} of {count} witnesses the same tree");
    }
    Ok(())
}
