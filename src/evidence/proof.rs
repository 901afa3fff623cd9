//! Proof files, <https://c2sp.org/tlog-proof>: one entry, its path to the root,
//! and the signed checkpoint, to be checked offline.

use std::fmt;

use super::merkle::{leaf_hash, verify_inclusion};
use super::wire::{decimal, from_base64, hash_from_base64, hash_to_base64, to_base64};
use super::{Checkpoint, EvidenceError, Note, Verifier, note};
use crate::trust::Sha256;

const TITLE: &str = "c2sp.org/tlog-proof@v1";

/// A checkpoint, 63 hashes and an extra as long as an entry fit.
const MAX_BYTES: usize = note::MAX_BYTES + 128 * 1024;

/// No path is longer: trees have fewer than 2^63 entries.
const MAX_PATH: usize = 63;

/// A proof that an entry is in a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogProof {
    /// Data of the application that nothing vouches for; we carry the receipt
    /// here, which its own signature and the proof vouch for.
    pub extra: Option<Vec<u8>>,
    /// The entry's place in the log.
    pub index: u64,
    /// From the entry's sibling up to the root's child.
    pub path: Vec<Sha256>,
    /// The signed checkpoint, byte for byte.
    pub checkpoint: String,
}

/// Which log, and whose signatures, a verifier trusts.
#[derive(Debug, Clone, Copy)]
pub struct Policy<'a> {
    /// The log's origin.
    pub origin: &'a str,
    /// The log's key.
    pub log: &'a Verifier,
    /// Witnesses' keys.
    pub witnesses: &'a [Verifier],
    /// How many of the witnesses must have signed.
    pub quorum: usize,
}

impl Policy<'_> {
    /// Opens a checkpoint that fulfils the policy.
    pub fn open(&self, checkpoint: &[u8]) -> Result<Checkpoint, EvidenceError> {
        let known: Vec<&Verifier> = [self.log].into_iter().chain(self.witnesses).collect();
        let opened = Note::parse(checkpoint)?.open(&known)?;
        let by = |key: &Verifier| opened.signed_by.iter().any(|(signer, _)| *signer == key);
        if !by(self.log) {
            return Err(EvidenceError::NoKnownSignature);
        }
        let found = self.witnesses.iter().filter(|key| by(key)).count();
        if found < self.quorum {
            let wanted = self.quorum;
            return Err(EvidenceError::TooFewWitnesses { wanted, found });
        }
        Checkpoint::parse(&opened.text)?.of(self.origin)
    }
}

impl LogProof {
    /// Parses a proof file.
    pub fn parse(text: &str) -> Result<Self, EvidenceError> {
        if text.len() > MAX_BYTES {
            return Err(EvidenceError::TooLarge {
                what: "log proof",
                limit: MAX_BYTES,
            });
        }
        let (head, checkpoint) = text
            .split_once("\n\n")
            .ok_or_else(|| malformed("no empty line sets off the checkpoint"))?;
        let mut lines = head.split('\n').peekable();
        if lines.next() != Some(TITLE) {
            return Err(malformed(
                "its first line is not \"c2sp.org/tlog-proof@v1\"",
            ));
        }
        let extra = match lines.next_if(|line| line.starts_with("extra ")) {
            Some(line) => {
                let decoded = line.strip_prefix("extra ").and_then(from_base64);
                Some(decoded.ok_or_else(|| malformed("its extra data is not base64"))?)
            }
            None => None,
        };
        let index = lines
            .next()
            .and_then(|line| decimal(line.strip_prefix("index ")?))
            .ok_or_else(|| malformed("it does not say which entry it is about"))?;
        let path: Option<Vec<_>> = lines.take(MAX_PATH + 1).map(hash_from_base64).collect();
        let path = path.ok_or_else(|| malformed("a line of its path is not a hash"))?;
        if path.len() > MAX_PATH {
            return Err(malformed("its path is longer than any tree is high"));
        }
        Ok(Self {
            extra,
            index,
            path,
            checkpoint: checkpoint.to_owned(),
        })
    }

    /// Checks that `entry` is in the log of `policy`, and returns the checkpoint
    /// that says so.
    pub fn verify(&self, entry: &[u8], policy: &Policy<'_>) -> Result<Checkpoint, EvidenceError> {
        let checkpoint = policy.open(self.checkpoint.as_bytes())?;
        let (size, root) = (checkpoint.size(), checkpoint.root());
        verify_inclusion(&leaf_hash(entry), self.index, size, &self.path, root)?;
        Ok(checkpoint)
    }
}

impl fmt::Display for LogProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{TITLE}")?;
        if let Some(extra) = &self.extra {
            writeln!(f, "extra {}", to_base64(extra))?;
        }
        writeln!(f, "index {}", self.index)?;
        for hash in &self.path {
            writeln!(f, "{}", hash_to_base64(hash))?;
        }
        write!(f, "\n{}", self.checkpoint)
    }
}

const fn malformed(why: &'static str) -> EvidenceError {
    EvidenceError::Malformed {
        what: "log proof",
        why,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::Signer;
    use crate::evidence::tile::{Edge, TileSet};

    const ORIGIN: &str = "shop.example/log/deliveries-2026h2";

    fn proof_of(index: u64, size: u64) -> (LogProof, Signer, Signer) {
        let mut set = TileSet::new(size);
        let mut edge = Edge::new();
        let leaves = (0..size).map(|n| leaf_hash(&n.to_be_bytes()));
        edge.append(leaves, |tile, hashes| {
            let bytes: Vec<u8> = hashes.iter().flat_map(|hash| hash.0).collect();
            set.insert(tile, &bytes).unwrap();
        });
        let log = Signer::new(ORIGIN, [1; 32]).unwrap();
        let witness = Signer::witness("witness.example", [2; 32]).unwrap();
        let checkpoint = Checkpoint::new(ORIGIN, size, edge.root()).unwrap();
        let signed = note::cosign(&checkpoint.sign(&log).unwrap(), &witness, 99).unwrap();
        let (_, path) = set.prove_inclusion(index, &edge.root()).unwrap();
        let proof = LogProof {
            extra: Some(b"a receipt".to_vec()),
            index,
            path,
            checkpoint: signed,
        };
        (proof, log, witness)
    }

    #[test]
    fn a_proof_file_stands_on_its_own() {
        for (index, size) in [(0, 1), (0, 2), (255, 256), (299, 300)] {
            let (proof, log, witness) = proof_of(index, size);
            let text = proof.to_string();
            assert_eq!(LogProof::parse(&text), Ok(proof.clone()));
            let witnesses = [witness.verifier().clone()];
            let policy = Policy {
                origin: ORIGIN,
                log: log.verifier(),
                witnesses: &witnesses,
                quorum: 1,
            };
            let checkpoint = proof.verify(&index.to_be_bytes(), &policy).unwrap();
            assert_eq!(checkpoint.size(), size);
            let another = proof.verify(&size.to_be_bytes(), &policy);
            assert_eq!(another, Err(EvidenceError::NotIncluded));
            let two = Policy {
                quorum: 2,
                ..policy
            };
            assert!(matches!(
                proof.verify(&index.to_be_bytes(), &two),
                Err(EvidenceError::TooFewWitnesses {
                    wanted: 2,
                    found: 1
                })
            ));
            let elsewhere = Policy {
                origin: "other.example",
                ..policy
            };
            assert!(proof.verify(&index.to_be_bytes(), &elsewhere).is_err());
            // A witness alone does not stand for the log.
            let stranger = Signer::new(ORIGIN, [9; 32]).unwrap();
            let stranger = Policy {
                log: stranger.verifier(),
                ..policy
            };
            let refused = proof.verify(&index.to_be_bytes(), &stranger);
            assert_eq!(refused, Err(EvidenceError::NoKnownSignature));
        }
    }

    #[test]
    fn a_file_out_of_form_is_refused() {
        let (proof, ..) = proof_of(5, 8);
        let good = proof.to_string();
        for (from, to) in [
            ("@v1", "@v2"),
            ("extra ", "extra  "),
            ("extra ", "Extra "),
            ("index 5\n", ""),
            ("index 5", "index 05"),
            ("index 5", "index -5"),
            ("index 5\n", "index 5\n\n"),
            ("=\n\n", "=\nx\n\n"),
        ] {
            let bad = good.replacen(from, to, 1);
            assert_ne!(bad, good);
            let still_good = LogProof::parse(&bad).is_ok_and(|parsed| {
                Note::parse(parsed.checkpoint.as_bytes()).is_ok() && parsed.path == proof.path
            });
            assert!(!still_good, "{from:?} -> {to:?}");
        }
        let hash = hash_to_base64(&proof.path[0]);
        let long = good.replacen(
            "index 5\n",
            &format!("index 5\n{}", format!("{hash}\n").repeat(64)),
            1,
        );
        assert!(LogProof::parse(&long).is_err());
        assert!(LogProof::parse("").is_err());
    }
}
