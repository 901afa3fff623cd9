//! A dossier holds, and one in which anything was changed does not.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::evidence::merkle::leaf_hash;
use crate::evidence::tile::{Edge, TileSet};
use crate::evidence::{Checkpoint, Detail, Kind, LogProof, Signer, origin};
use crate::trust::Name;

const NOW: u64 = 1_795_380_108;

fn edge() -> Signer {
    Signer::new("shop.example", [7; 32]).unwrap()
}

fn receipt(kind: Kind, id: u8) -> Receipt {
    let mut receipt = Receipt::new(kind, ReceiptId::from_random([id; 16]), NOW + u64::from(id));
    receipt.drop = DropPath::parse("alice/drop-7").ok();
    receipt.version = Some(1);
    receipt.manifest = Some(Sha256::of(b"manifest"));
    receipt.file = Name::parse("cover.jpg").ok();
    receipt.sha256 = Some(Sha256::of(b"file"));
    receipt.bytes = Some(4);
    receipt.result = Some(Sha256::of(b"result"));
    receipt.detail = Detail::parse("chunk-mismatch");
    receipt.grant = Some(GrantHash(Sha256::of(b"grant")));
    receipt
}

/// Receipts in a log, and a dossier with all of them.
fn dossier(kinds: &[Kind]) -> Dossier {
    let log_origin = origin("shop.example", "deliveries-2026h2");
    let signer = Signer::new(&log_origin, [7; 32]).unwrap();
    let notes: Vec<_> = (1..)
        .zip(kinds)
        .map(|(id, kind)| receipt(*kind, id).sign(&edge()).unwrap())
        .collect();
    let size = notes.len() as u64;
    let (mut tree, mut tiles) = (Edge::new(), TileSet::new(size));
    let leaves = notes.iter().map(|note| leaf_hash(note.as_bytes()));
    tree.append(leaves, |tile, hashes| {
        let bytes: Vec<u8> = hashes.iter().flat_map(|hash| hash.0).collect();
        tiles.insert(tile, &bytes).unwrap();
    });
    let checkpoint = Checkpoint::new(&log_origin, size, tree.root()).unwrap();
    let mut files = BTreeMap::new();
    for (index, note) in (0..).zip(&notes) {
        let id = ReceiptId::from_random([u8::try_from(index + 1).unwrap(); 16]);
        let (_, path) = tiles.prove_inclusion(index, &tree.root()).unwrap();
        let proof = LogProof {
            extra: None,
            index,
            path,
            checkpoint: checkpoint.sign(&signer).unwrap(),
        };
        files.insert(format!("receipts/{id}.txt"), note.clone().into_bytes());
        files.insert(format!("proofs/{id}.tlog"), proof.to_string().into_bytes());
    }
    Dossier {
        subject: Subject::parse("drop alice/drop-7").unwrap(),
        collected: NOW + 60,
        files,
    }
}

fn anchors(log: &Verifier) -> Anchors<'_> {
    Anchors {
        root: b"",
        log,
        witnesses: &[],
    }
}

use crate::evidence::Verifier;

#[test]
fn a_dossier_holds_and_its_letter_tells_every_kind_of_receipt() {
    let edge = edge();
    let sealed = dossier(&Kind::ALL).seal(&anchors(edge.verifier())).unwrap();
    let (_, findings) = examine(&sealed, &anchors(edge.verifier())).unwrap();
    assert_eq!(findings.receipts.len(), Kind::ALL.len());
    let (_, letter) = Dossier::parse(&sealed).unwrap();
    for kind in Kind::ALL {
        assert!(
            letter.contains(receipt(kind, 1).statement()),
            "{}",
            kind.word()
        );
    }
    // As a mail program leaves it.
    let mailed = sealed.replace('\n', "\r\n");
    assert!(examine(&mailed, &anchors(edge.verifier())).is_ok());
    let empty = dossier(&[]).seal(&anchors(edge.verifier())).unwrap();
    assert!(examine(&empty, &anchors(edge.verifier())).is_ok());
}

#[test]
fn a_changed_line_anywhere_is_noticed() {
    let edge = edge();
    let sealed = dossier(&[Kind::Publish, Kind::Deliver]);
    let sealed = sealed.seal(&anchors(edge.verifier())).unwrap();
    let lines: Vec<&str> = sealed.lines().collect();
    let mut accepted = BTreeSet::new();
    for at in 0..lines.len() {
        let mut changed = lines.clone();
        let line = lines[at].replace(['1', 'a', 'e', 'A'], "2");
        if line == lines[at] {
            continue;
        }
        changed[at] = &line;
        let file = changed.join("\n") + "\n";
        if examine(&file, &anchors(edge.verifier())).is_ok() {
            accepted.insert(lines[at].split([':', ';']).next().unwrap());
        }
    }
    // Only what a mail program may write as it likes.
    let free = ["Content-Transfer-Encoding", "Content-Type", "MIME-Version"];
    assert_eq!(accepted, BTreeSet::from(free));
    for cut in (0..sealed.len()).step_by(97) {
        let short = sealed.get(..cut).unwrap_or_default();
        assert!(examine(short, &anchors(edge.verifier())).is_err());
    }
}

#[test]
fn what_does_not_belong_is_refused() {
    let edge = edge();
    let seal = |dossier: &Dossier| dossier.seal(&anchors(edge.verifier())).unwrap_err();
    let good = dossier(&[Kind::Deliver]);
    let id = ReceiptId::from_random([1; 16]);

    let mut other = good.clone();
    other.subject = Subject::parse("drop alice/drop-8").unwrap();
    assert_eq!(seal(&other), DossierError::Unrelated(id));

    let mut unproven = good.clone();
    unproven.files.remove(&format!("proofs/{id}.tlog"));
    assert!(matches!(seal(&unproven), DossierError::Missing(_)));

    let mut stray = good.clone();
    stray
        .files
        .insert("metadata/1.alice.json".to_owned(), b"{}".to_vec());
    assert!(matches!(seal(&stray), DossierError::Form(_)));

    let stranger = Signer::new("shop.example", [8; 32]).unwrap();
    let refused = good.seal(&anchors(stranger.verifier())).unwrap_err();
    assert!(matches!(refused, DossierError::Evidence(..)));
    let elsewhere = Signer::new("shop.example.evil", [7; 32]).unwrap();
    assert!(good.seal(&anchors(elsewhere.verifier())).is_err());
}
