//! Checks a dossier's attachments, with the root of trust and the log's key.

use std::collections::BTreeSet;

use super::{Dossier, DossierError, Findings, Proven, letter};
use crate::evidence::{EvidenceError, LogProof, Policy, Receipt, ReceiptId, Verifier};
use crate::trust::{
    DropManifest, DropPath, Floor, Sha256, TrustClass, TrustError, TrustedSet, peek,
};

/// What a verifier trusts.
#[derive(Debug, Clone, Copy)]
pub struct Anchors<'a> {
    /// The first root.
    pub root: &'a [u8],
    /// The key that signs receipts; under a log's origin, also checkpoints.
    pub log: &'a Verifier,
    /// Witnesses' keys, to say how many have seen a checkpoint.
    pub witnesses: &'a [Verifier],
}

/// Checks everything, and that the letter says just that.
pub fn examine(file: &str, anchors: &Anchors<'_>) -> Result<(Dossier, Findings), DossierError> {
    let (dossier, letter) = Dossier::parse(file)?;
    let findings = dossier.check(anchors)?;
    if letter != letter::write(&dossier, &findings, anchors.log) {
        return Err(DossierError::Letter);
    }
    Ok((dossier, findings))
}

impl Dossier {
    /// The file to hand over: checked first, so that what is written holds.
    pub fn seal(&self, anchors: &Anchors<'_>) -> Result<String, DossierError> {
        let findings = self.check(anchors)?;
        Ok(self.with_letter(&letter::write(self, &findings, anchors.log)))
    }

    fn check(&self, anchors: &Anchors<'_>) -> Result<Findings, DossierError> {
        let mut receipts = Vec::new();
        for (name, note) in &self.files {
            let id = name.strip_prefix("receipts/");
            if let Some(id) = id.and_then(|id| id.strip_suffix(".txt")) {
                receipts.push(self.prove(name, id, note, anchors)?);
            }
        }
        receipts.sort_by_key(|proven| (proven.receipt.time, proven.index));

        let drops = self.drops(&receipts);
        let mut used = BTreeSet::new();
        let (mut chain, mut manifests) = (None, Vec::new());
        if self.files.contains_key("metadata/timestamp.json") {
            let (set, found) = follow(anchors.root, self.collected, &drops, |file| {
                let name = format!("metadata/{file}");
                let bytes = self.files.get(&name).cloned();
                used.insert(name);
                Ok::<_, DossierError>(bytes)
            })?;
            (chain, manifests) = (Some(set), found);
        }
        used.extend(receipts.iter().flat_map(|proven| {
            let id = proven.receipt.id;
            [format!("receipts/{id}.txt"), format!("proofs/{id}.tlog")]
        }));
        let mut earlier = Vec::new();
        for (name, bytes) in &self.files {
            if !used.contains(name) {
                earlier.push(superseded(name, bytes, &receipts)?);
            }
        }
        Ok(Findings {
            chain,
            manifests,
            receipts,
            earlier,
        })
    }

    /// A receipt: signed, in the log, and about the subject.
    fn prove(
        &self,
        name: &str,
        id: &str,
        note: &[u8],
        anchors: &Anchors<'_>,
    ) -> Result<Proven, DossierError> {
        let at = |name: &str| {
            let name = name.to_owned();
            move |error: EvidenceError| DossierError::Evidence(name, error)
        };
        let receipt = Receipt::open(note, &[anchors.log]).map_err(at(name))?;
        if ReceiptId::parse(id) != Some(receipt.id) {
            return Err(DossierError::Form(
                "a receipt is enclosed under another's id",
            ));
        }
        if !self.subject.concerns(&receipt) {
            return Err(DossierError::Unrelated(receipt.id));
        }
        let name = format!("proofs/{id}.tlog");
        let proof = self.files.get(&name);
        let proof = proof.ok_or_else(|| DossierError::Missing(name.clone()))?;
        let proof = LogProof::parse(&String::from_utf8_lossy(proof)).map_err(at(&name))?;
        let (origin, log) = log_of(&proof, anchors.log).map_err(at(&name))?;
        let policy = Policy {
            origin: &origin,
            log: &log,
            witnesses: &[],
            quorum: 0,
        };
        let checkpoint = proof.verify(note, &policy).map_err(at(&name))?;
        let seen = |witness: &&Verifier| {
            let with_one = Policy {
                witnesses: std::slice::from_ref(*witness),
                quorum: 1,
                ..policy
            };
            with_one.open(proof.checkpoint.as_bytes()).is_ok()
        };
        Ok(Proven {
            receipt,
            index: proof.index,
            size: checkpoint.size(),
            witnesses: anchors.witnesses.iter().filter(seen).count(),
            origin: origin.clone(),
        })
    }

    /// The drops in question.
    fn drops(&self, receipts: &[Proven]) -> BTreeSet<DropPath> {
        let named = receipts
            .iter()
            .filter_map(|proven| proven.receipt.drop.clone());
        let own = match &self.subject {
            super::Subject::Drop(drop) => Some(drop.clone()),
            _ => None,
        };
        named.chain(own).collect()
    }
}

/// A manifest that is no longer the newest, or whose drop has ended: only one
/// whose digest an enclosed receipt names may be enclosed.
fn superseded(name: &str, bytes: &[u8], receipts: &[Proven]) -> Result<DropManifest, DossierError> {
    let stray = DossierError::Form("an attachment belongs to nothing that is proven");
    let digest = Sha256::of(bytes);
    let named = |proven: &Proven| proven.receipt.manifest == Some(digest);
    let role = name
        .strip_prefix("metadata/")
        .and_then(|name| name.strip_suffix(".json"))
        .and_then(|name| name.split_once('.'));
    match role {
        Some((_, role)) if receipts.iter().any(named) => {
            peek::manifest_of(role, bytes)?.ok_or(stray)
        }
        _ => Err(stray),
    }
}

/// The log a proof is about and its key: the edge's own under the log's name,
/// which must be one of this edge's logs.
fn log_of(proof: &LogProof, edge: &Verifier) -> Result<(String, Verifier), EvidenceError> {
    let origin = proof.checkpoint.lines().next().unwrap_or_default();
    let ours = origin
        .strip_prefix(edge.name())
        .is_some_and(|rest| rest.starts_with("/log/"));
    if !ours {
        return Err(EvidenceError::WrongOrigin {
            wanted: format!("{}/log/...", edge.name()),
            found: origin.to_owned(),
        });
    }
    Ok((origin.to_owned(), edge.renamed(origin)?))
}

/// Follows the chain from `root` to the manifests of `drops` as a client does at
/// the time `now`; `read` answers with a metadata file by its name. A drop that
/// is not published (any more) has no manifest.
pub fn follow<E: From<TrustError>>(
    root: &[u8],
    now: u64,
    drops: &BTreeSet<DropPath>,
    mut read: impl FnMut(&str) -> Result<Option<Vec<u8>>, E>,
) -> Result<(TrustedSet, Vec<DropManifest>), E> {
    let mut set = TrustedSet::new(root, Floor::default())?;
    let mut next = set.root().header.version + 1;
    while let Some(root) = read(&format!("{next}.root.json"))? {
        set.update_root(&root)?;
        next += 1;
    }
    let mut must = |file: &str| {
        let missing = TrustError::Unknown {
            path: file.to_owned(),
        };
        read(file)?.ok_or_else(|| E::from(missing))
    };
    set.update_timestamp(&must("timestamp.json")?, now)?;
    let version = set.timestamp(now)?.snapshot.version;
    set.update_snapshot(&must(&format!("{version}.snapshot.json"))?, now)?;
    let mut manifests = Vec::new();
    for drop in drops {
        loop {
            match set.manifest(drop, now).cloned() {
                Ok(manifest) => manifests.push(manifest),
                Err(TrustError::NotLoaded(wanted)) => {
                    let bytes = must(&wanted.file_name())?;
                    set.update_role(&wanted, &bytes, now)?;
                    continue;
                }
                Err(error) if matches!(error.class(), TrustClass::Unknown | TrustClass::Gone) => {}
                Err(error) => return Err(error.into()),
            }
            break;
        }
    }
    Ok((set, manifests))
}
