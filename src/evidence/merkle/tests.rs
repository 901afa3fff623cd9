//! The tree against published vectors, against the recursive definition of
//! RFC 6962, and against damaged proofs.

use proptest::prelude::*;

use super::*;
use crate::evidence::EvidenceError;

/// The eight entries that implementations of RFC 6962 share (for one
/// transparency-dev/merkle, `testonly/constants.go`).
const ENTRIES: [&[u8]; 8] = [
    b"",
    b"\x00",
    b"\x10",
    b"\x20\x21",
    b"\x30\x31",
    b"\x40\x41\x42\x43",
    b"\x50\x51\x52\x53\x54\x55\x56\x57",
    b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
];

/// Their roots from no entry to all eight, from the same file.
const ROOTS: [&str; 9] = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

const N01: &str = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7";
const N04: &str = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b";
const N06: &str = "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f";
const N11: &str = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e";
const N12: &str = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a";
const N13: &str = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0";
const N20: &str = "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7";
const N21: &str = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4";

/// What a `u64` counts, as an index.
fn at(n: u64) -> usize {
    usize::try_from(n).unwrap()
}

fn hash(hex: &str) -> Sha256 {
    Sha256::from_hex(hex).unwrap()
}

fn leaves() -> Vec<Sha256> {
    ENTRIES.iter().map(|entry| leaf_hash(entry)).collect()
}

/// `MTH` as RFC 6962, section 2.1 writes it.
fn naive_root(leaves: &[Sha256]) -> Sha256 {
    match leaves {
        [] => empty_root(),
        [one] => *one,
        many => {
            let (left, right) = many.split_at(1 << (many.len() - 1).ilog2());
            node_hash(&naive_root(left), &naive_root(right))
        }
    }
}

/// `PATH` as RFC 6962, section 2.1.1 writes it.
fn naive_path(index: usize, leaves: &[Sha256]) -> Vec<Sha256> {
    if leaves.len() == 1 {
        return Vec::new();
    }
    let k = 1 << (leaves.len() - 1).ilog2();
    let (left, right) = leaves.split_at(k);
    if index < k {
        [naive_path(index, left), vec![naive_root(right)]].concat()
    } else {
        [naive_path(index - k, right), vec![naive_root(left)]].concat()
    }
}

/// `SUBPROOF` as RFC 6962, section 2.1.2 writes it.
fn naive_subproof(old: usize, leaves: &[Sha256], whole: bool) -> Vec<Sha256> {
    if old == leaves.len() {
        return if whole {
            Vec::new()
        } else {
            vec![naive_root(leaves)]
        };
    }
    let k = 1 << (leaves.len() - 1).ilog2();
    let (left, right) = leaves.split_at(k);
    if old <= k {
        [naive_subproof(old, left, whole), vec![naive_root(right)]].concat()
    } else {
        [
            naive_subproof(old - k, right, false),
            vec![naive_root(left)],
        ]
        .concat()
    }
}

fn reader(leaves: &[Sha256]) -> impl Hashes + '_ {
    |node: Node| {
        let start = at(node.index << node.level);
        Ok(naive_root(&leaves[start..start + (1 << node.level)]))
    }
}

#[test]
fn the_published_roots() {
    let leaves = leaves();
    for (size, expected) in ROOTS.iter().enumerate() {
        assert_eq!(root_of(&leaves[..size]), hash(expected));
        assert_eq!(root(size as u64, &reader(&leaves)), Ok(hash(expected)));
    }
}

#[test]
fn the_published_inclusion_proofs() {
    let leaves = leaves();
    let vectors: [(u64, u64, &[&str]); 5] = [
        (0, 1, &[]),
        (0, 8, &[N01, N11, N21]),
        (5, 8, &[N04, N13, N20]),
        (2, 3, &[ROOTS[2]]),
        (1, 5, &[ROOTS[1], N11, N04]),
    ];
    for (index, size, expected) in vectors {
        let proof: Vec<_> = expected.iter().map(|hex| hash(hex)).collect();
        assert_eq!(
            inclusion_proof(index, size, &reader(&leaves)),
            Ok(proof.clone())
        );
        let leaf = leaves[at(index)];
        let root = hash(ROOTS[at(size)]);
        assert_eq!(verify_inclusion(&leaf, index, size, &proof, &root), Ok(()));
        damaged_inclusion_is_refused(leaf, index, size, &proof, root);
    }
}

fn damaged_inclusion_is_refused(
    leaf: Sha256,
    index: u64,
    size: u64,
    proof: &[Sha256],
    root: Sha256,
) {
    let other = Sha256::of(b"other");
    let refused = |leaf: &Sha256, index, size, proof: &[Sha256], root: &Sha256| {
        assert!(verify_inclusion(leaf, index, size, proof, root).is_err());
    };
    refused(&leaf, index.wrapping_sub(1), size, proof, &root);
    refused(&leaf, index + 1, size, proof, &root);
    refused(&leaf, index ^ 2, size, proof, &root);
    refused(&leaf, index, size * 2, proof, &root);
    refused(&leaf, index, size / 2, proof, &root);
    refused(&leaf, index, 0, proof, &root);
    refused(&leaf, index, u64::MAX, proof, &root);
    refused(&other, index, size, proof, &root);
    refused(&leaf, index, size, proof, &other);
    refused(&leaf, index, size, proof, &empty_root());
    refused(&leaf, index, size, &[proof, &[root]].concat(), &root);
    refused(&leaf, index, size, &[&[root], proof].concat(), &root);
    for place in 0..proof.len() {
        let mut flipped = proof.to_vec();
        flipped[place].0[0] ^= 8;
        refused(&leaf, index, size, &flipped, &root);
        let without = [&proof[..place], &proof[place + 1..]].concat();
        refused(&leaf, index, size, &without, &root);
    }
}

#[test]
fn the_published_consistency_proofs() {
    let leaves = leaves();
    let vectors: [(u64, u64, &[&str]); 5] = [
        (1, 1, &[]),
        (1, 8, &[N01, N11, N21]),
        (6, 8, &[N12, N13, N20]),
        (2, 5, &[N11, N04]),
        (6, 7, &[N12, N06, N20]),
    ];
    for (old, new, expected) in vectors {
        let proof: Vec<_> = expected.iter().map(|hex| hash(hex)).collect();
        assert_eq!(
            consistency_proof(old, new, &reader(&leaves)),
            Ok(proof.clone())
        );
        let roots = (hash(ROOTS[at(old)]), hash(ROOTS[at(new)]));
        assert_eq!(
            verify_consistency((old, &roots.0), (new, &roots.1), &proof),
            Ok(())
        );
        if old < new {
            damaged_consistency_is_refused(old, new, &proof, roots);
        }
    }
}

fn damaged_consistency_is_refused(
    old: u64,
    new: u64,
    proof: &[Sha256],
    (old_root, new_root): (Sha256, Sha256),
) {
    let other = Sha256::of(b"other");
    let refused = |old, old_root: &Sha256, new, new_root: &Sha256, proof: &[Sha256]| {
        assert!(verify_consistency((old, old_root), (new, new_root), proof).is_err());
    };
    refused(old - 1, &old_root, new, &new_root, proof);
    refused(old + 1, &old_root, new, &new_root, proof);
    refused(old ^ 2, &old_root, new, &new_root, proof);
    refused(old, &old_root, new * 2, &new_root, proof);
    refused(old, &old_root, new / 2, &new_root, proof);
    refused(new, &old_root, old, &new_root, proof);
    refused(old, &other, new, &new_root, proof);
    refused(old, &old_root, new, &other, proof);
    refused(old, &new_root, new, &old_root, proof);
    refused(old, &old_root, new, &new_root, &[]);
    for extra in [old_root, new_root, other] {
        refused(old, &old_root, new, &new_root, &[proof, &[extra]].concat());
        refused(old, &old_root, new, &new_root, &[&[extra], proof].concat());
    }
    for place in 0..proof.len() {
        let mut flipped = proof.to_vec();
        flipped[place].0[31] ^= 16;
        refused(old, &old_root, new, &new_root, &flipped);
        let without = [&proof[..place], &proof[place + 1..]].concat();
        refused(old, &old_root, new, &new_root, &without);
    }
}

#[test]
fn trees_without_entries_and_sizes_out_of_range() {
    let (empty, one) = (empty_root(), leaves()[0]);
    assert_eq!(verify_consistency((0, &empty), (0, &empty), &[]), Ok(()));
    assert_eq!(verify_consistency((0, &empty), (1, &one), &[]), Ok(()));
    assert!(verify_consistency((0, &one), (1, &one), &[]).is_err());
    assert!(verify_consistency((0, &empty), (0, &one), &[]).is_err());
    assert!(verify_consistency((0, &empty), (1, &one), &[one]).is_err());
    assert!(verify_consistency((2, &one), (1, &one), &[]).is_err());
    assert!(verify_inclusion(&one, 0, 0, &[], &empty).is_err());
    let none = |_: Node| Err(EvidenceError::MissingFile(String::new()));
    let outside = EvidenceError::OutOfRange { index: 3, size: 3 };
    assert_eq!(inclusion_proof(3, 3, &none), Err(outside));
    assert!(consistency_proof(4, 3, &none).is_err());
    assert!(inclusion_nodes(u64::MAX, u64::MAX).is_err());
    assert!(inclusion_nodes(u64::MAX - 1, u64::MAX).is_ok());
    assert!(consistency_nodes(u64::MAX - 1, u64::MAX).is_ok());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn proofs_are_those_of_the_definition(size in 1_usize..200, at in 0_usize..200) {
        let leaves: Vec<_> = (0..size).map(|n| leaf_hash(&n.to_be_bytes())).collect();
        let (index, reader) = (at % size, reader(&leaves));
        let (n, i) = (size as u64, index as u64);
        let whole = naive_root(&leaves);
        prop_assert_eq!(root_of(&leaves), whole);

        let path = inclusion_proof(i, n, &reader).unwrap();
        prop_assert_eq!(&path, &naive_path(index, &leaves));
        prop_assert_eq!(verify_inclusion(&leaves[index], i, n, &path, &whole), Ok(()));

        let old = index + 1;
        let proof = consistency_proof(i + 1, n, &reader).unwrap();
        prop_assert_eq!(&proof, &naive_subproof(old, &leaves, true));
        let old_root = naive_root(&leaves[..old]);
        prop_assert_eq!(verify_consistency((i + 1, &old_root), (n, &whole), &proof), Ok(()));
        prop_assert!(verify_consistency((i + 1, &whole), (n, &old_root), &proof).is_err() || old == size);
    }
}
