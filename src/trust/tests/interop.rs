//! Metadata written by python-tuf; fixtures/tuf/README.md says how.

use super::world::{DAY, NOW, key, public};
use crate::trust::author::{Delegation, Draft, RootKeys};
use crate::trust::{
    DropPath, Floor, Repository, Submission, TargetPath, TrustError, TrustedSet, add_signature,
};

const ROOT_1: &[u8] = include_bytes!("../../../fixtures/tuf/python/1.root.json");
const ROOT_2: &[u8] = include_bytes!("../../../fixtures/tuf/python/2.root.json");
const TIMESTAMP: &[u8] = include_bytes!("../../../fixtures/tuf/python/timestamp.json");
const SNAPSHOT: &[u8] = include_bytes!("../../../fixtures/tuf/python/1.snapshot.json");
const TARGETS: &[u8] = include_bytes!("../../../fixtures/tuf/python/1.targets.json");
const ALICE: &[u8] = include_bytes!("../../../fixtures/tuf/python/1.alice.json");
const DROP: &[u8] = include_bytes!("../../../fixtures/tuf/python/1.alice.drop-7.json");

fn file_of(role: &str) -> &'static [u8] {
    match role {
        "targets" => TARGETS,
        "alice" => ALICE,
        _ => DROP,
    }
}

#[test]
fn a_repository_of_python_tuf_is_read_to_the_last_file() {
    let mut set = TrustedSet::new(ROOT_1, Floor::default()).unwrap();
    set.update_root(ROOT_2).unwrap();
    set.update_timestamp(TIMESTAMP, NOW).unwrap();
    set.update_snapshot(SNAPSHOT, NOW).unwrap();
    let path = TargetPath::parse("alice/drop-7/cover.jpg").unwrap();
    let mut fetched = Vec::new();
    while let Some(wanted) = set.next_role_for(&path, NOW).unwrap() {
        fetched.push(wanted.file_name());
        set.update_role(&wanted, file_of(&wanted.role), NOW)
            .unwrap();
    }
    assert_eq!(
        fetched,
        ["1.targets.json", "1.alice.json", "1.alice.drop-7.json"]
    );
    let (manifest, file) = set.file(&path, NOW).unwrap();
    assert_eq!(manifest.facts.title, "Größe \"7\" \\ 日本 😀");
    assert_eq!(file.sha256, crate::trust::Sha256::of(b"a picture\n"));
    assert_eq!(file.crc32, crc32fast::hash(b"a picture\n"));
    // 2099-01-01.
    assert!(set.file(&path, 4_070_908_799).is_ok());
    let expired = set.file(&path, 4_070_908_800);
    assert!(matches!(expired, Err(TrustError::Expired { .. })));
}

#[test]
fn a_creator_may_sign_with_python_tuf() {
    let online = key("online");
    let accepted = Repository::initialise(ROOT_1.to_vec(), TARGETS.to_vec(), &online, NOW).unwrap();
    let repository = Repository::open(accepted.head).unwrap();
    let files = ["alice", "alice.drop-7"].map(|role| (role.to_owned(), file_of(role).to_vec()));
    let submission = Submission::new(files.to_vec()).unwrap();
    let published = [("targets".to_owned(), TARGETS.to_vec())];
    let accepted = repository
        .accept(&published, &submission, &online, NOW)
        .unwrap();
    assert_eq!(accepted.files.len(), 4);

    // What python began our drafts continue, and so does a new root.
    let repository = Repository::open(accepted.head).unwrap();
    let drop = DropPath::parse("alice/drop-8").unwrap();
    let mut alice = Draft::next("alice", ALICE, NOW + DAY).unwrap();
    alice.delegate(&Delegation::to_drop(&drop, &[public("alice")]));
    let alice = alice.sign("alice", &[&key("alice")]).unwrap();
    let mut root = Draft::next("root", ROOT_1, NOW + 300 * DAY).unwrap();
    root.set_root_keys(&RootKeys {
        root: &[public("root-2"), public("root-3")],
        root_threshold: 2,
        targets: &[public("market")],
        online: &[public("online")],
    });
    let mut root = root.sign("root", &[&key("root-1")]).unwrap();
    for name in ["root-2", "root-3"] {
        root = add_signature("root", &root, &key(name)).unwrap();
    }
    let files = vec![("alice".to_owned(), alice), ("root".to_owned(), root)];
    let submission = Submission::new(files).unwrap();
    let published = ["targets", "alice"].map(|role| (role.to_owned(), file_of(role).to_vec()));
    repository
        .accept(&published, &submission, &online, NOW)
        .unwrap();
}
