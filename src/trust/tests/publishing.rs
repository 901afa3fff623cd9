//! The edge as a repository: what publishing does, seen through a client's set.

use super::market::{Market, drop_of};
use super::world::{DAY, NOW, facts, key, public};
use crate::trust::author::{Delegation, Draft, RootKeys, add_signature};
use crate::trust::{DropPath, MetadataFile, Name, Repository, Signer, TrustError};

#[test]
fn a_new_market_serves_an_empty_chain() {
    let market = Market::new();
    assert_eq!(
        market.log,
        [
            "1.root.json",
            "1.targets.json",
            "1.snapshot.json",
            "timestamp.json"
        ]
    );
    let set = market.set(NOW).unwrap();
    assert_eq!(set.creators(NOW).unwrap().len(), 2);
}

#[test]
fn a_published_drop_is_found() {
    let mut market = Market::new();
    market.publish_drop("alice", "drop-7", "Seven");
    assert_eq!(
        market.log[4..],
        [
            "1.alice.json",
            "1.alice.drop-7.json",
            "2.snapshot.json",
            "timestamp.json"
        ]
    );
    assert_eq!(market.title("alice/drop-7").unwrap(), "Seven");
    market.publish_drop("alice", "drop-8", "Eight");
    market.publish_drop("bob", "drop-7", "Bob's");
    assert_eq!(market.title("alice/drop-7").unwrap(), "Seven");
    assert_eq!(market.title("alice/drop-8").unwrap(), "Eight");
    assert_eq!(market.title("bob/drop-7").unwrap(), "Bob's");
}

#[test]
fn submitting_what_is_published_changes_nothing() {
    let mut market = Market::new();
    let submission = market.publish_drop("alice", "drop-7", "Seven");
    let head = market.head.clone();
    let again = market.accept(submission, NOW).unwrap();
    assert!(again.files.is_empty());
    assert_eq!(again.head, head);
}

#[test]
fn two_creators_who_began_together_both_land() {
    let mut market = Market::new();
    let alice = market.draft_drop("alice", "drop-7", "Seven");
    let bob = market.draft_drop("bob", "drop-1", "One");
    market.submit(alice).unwrap();
    market.submit(bob).unwrap();
    assert_eq!(market.title("alice/drop-7").unwrap(), "Seven");
    assert_eq!(market.title("bob/drop-1").unwrap(), "One");
}

#[test]
fn an_update_needs_the_drop_alone() {
    let mut market = Market::new();
    market.publish_drop("alice", "drop-7", "Seven");
    let second = Draft::manifest(&facts("Seven again"), &drop_of("alice/drop-7"), NOW + DAY);
    let file = second
        .with_version(2)
        .sign("alice.drop-7", &[&key("alice")]);
    market
        .submit(vec![("alice.drop-7", file.unwrap())])
        .unwrap();
    assert_eq!(market.title("alice/drop-7").unwrap(), "Seven again");
}

#[test]
fn a_retired_drop_is_gone_and_can_come_back() {
    let mut market = Market::new();
    market.publish_drop("alice", "drop-7", "Seven");
    let mut alice = market.next("alice");
    assert!(alice.undelegate("alice.drop-7"));
    assert!(!alice.undelegate("alice.drop-7"));
    let file = alice.sign("alice", &[&key("alice")]).unwrap();
    market.submit(vec![("alice", file)]).unwrap();
    let gone = market.title("alice/drop-7");
    assert!(matches!(gone, Err(TrustError::Unknown { .. })));
    assert!(market.set(NOW).is_ok(), "clients accept the snapshot");

    let manifest = market.files["alice.drop-7"].clone();
    let mut alice = market.next("alice");
    let path = DropPath::parse("alice/drop-7").unwrap();
    alice.delegate(&Delegation::to_drop(&path, &[public("alice")]));
    let alice = alice.sign("alice", &[&key("alice")]).unwrap();
    market
        .submit(vec![("alice", alice), ("alice.drop-7", manifest)])
        .unwrap();
    assert_eq!(market.title("alice/drop-7").unwrap(), "Seven");
}

#[test]
fn a_removed_creator_is_gone_with_every_drop() {
    let mut market = Market::new();
    market.publish_drop("alice", "drop-7", "Seven");
    let mut targets = market.next("targets");
    targets.undelegate("alice");
    let file = targets.sign("targets", &[&key("market")]).unwrap();
    market.submit(vec![("targets", file)]).unwrap();
    assert!(matches!(
        market.title("alice/drop-7"),
        Err(TrustError::Unknown { .. })
    ));
    // Clients would refuse a snapshot that forgets a role, so it stays listed.
    assert!(market.repository().published().contains_key("alice"));
}

#[test]
fn a_creator_changes_keys_in_one_submission() {
    let mut market = Market::new();
    market.publish_drop("alice", "drop-7", "Seven");
    let name = Name::parse("alice").unwrap();
    let mut targets = market.next("targets");
    targets.delegate(&Delegation::to_creator(&name, &[public("alice-2")]));
    let targets = targets.sign("targets", &[&key("market")]).unwrap();
    let alice = market
        .next("alice")
        .sign("alice", &[&key("alice-2")])
        .unwrap();
    market
        .submit(vec![("targets", targets), ("alice", alice)])
        .unwrap();
    assert_eq!(market.title("alice/drop-7").unwrap(), "Seven");
    assert_eq!(
        market.set(NOW).unwrap().creator_keys(&name, NOW).unwrap(),
        [public("alice-2")]
    );
}

#[test]
fn a_new_root_replaces_every_top_level_key() {
    let mut market = Market::new();
    market.publish_drop("alice", "drop-7", "Seven");
    let keys = |root: &'static str, online| RootKeys {
        root: Box::leak(Box::new([public(root), public("root-2")])),
        root_threshold: 2,
        targets: Box::leak(Box::new([public("market-2")])),
        online,
    };
    // First both online keys, then, once the worker has the new secret, one.
    let both = [public("online"), public("online-2")];
    let mut root = market.next_root();
    root.set_root_keys(&keys("root-3", &both));
    let mut file = root
        .sign("root", &[&key("root-1"), &key("root-2")])
        .unwrap();
    file = add_signature("root", &file, &key("root-3")).unwrap();
    file = add_signature("root", &file, &key("root-3")).unwrap();
    let targets = market
        .next("targets")
        .sign("targets", &[&key("market-2")])
        .unwrap();
    market
        .submit(vec![("root", file), ("targets", targets)])
        .unwrap();
    assert_eq!(market.title("alice/drop-7").unwrap(), "Seven");

    market.online = "online-2";
    let only = [public("online-2")];
    let mut root = market.next_root();
    root.set_root_keys(&keys("root-3", &only));
    let file = root
        .sign("root", &[&key("root-3"), &key("root-2")])
        .unwrap();
    market.submit(vec![("root", file)]).unwrap();
    assert_eq!(market.title("alice/drop-7").unwrap(), "Seven");
}

#[test]
fn new_online_keys_tidy_away_removed_creators() {
    let mut market = Market::new();
    market.publish_drop("alice", "drop-7", "Seven");
    let mut targets = market.next("targets");
    targets.undelegate("alice");
    let file = targets.sign("targets", &[&key("market")]).unwrap();
    market.submit(vec![("targets", file)]).unwrap();
    market.online = "online-2";
    let mut root = market.next_root();
    root.set_root_keys(&RootKeys {
        root: &[public("root-1"), public("root-2")],
        root_threshold: 2,
        targets: &[public("market")],
        online: &[public("online-2")],
    });
    let file = root
        .sign("root", &[&key("root-1"), &key("root-2")])
        .unwrap();
    market.submit(vec![("root", file)]).unwrap();
    let repository = market.repository();
    let listed: Vec<&String> = repository.published().keys().collect();
    assert_eq!(listed, ["targets"]);
}

#[test]
fn timestamp_and_snapshot_are_renewed_when_due() {
    let mut market = Market::new();
    let repository = market.repository();
    assert_eq!(repository.expiry(), (NOW + 15 * 60, NOW + 7 * DAY));
    let online = key("online");
    assert_eq!(repository.renew(&online, NOW + 4 * 60), Ok(None));
    let renewed = repository.renew(&online, NOW + 5 * 60).unwrap().unwrap();
    assert_eq!(renewed.files.len(), 1);
    assert_eq!(renewed.files[0].file_name(), "timestamp.json");
    assert_eq!(renewed.head.snapshot, market.head.snapshot);

    let late = NOW + 4 * DAY;
    let renewed = repository.renew(&online, late).unwrap().unwrap();
    let names: Vec<String> = renewed.files.iter().map(MetadataFile::file_name).collect();
    assert_eq!(names, ["2.snapshot.json", "timestamp.json"]);
    // A worker that slept is back at once, and its clients follow.
    let mut set = market.set(NOW).unwrap();
    market.head = renewed.head;
    set.update_timestamp(&market.head.timestamp, late).unwrap();
    set.update_snapshot(&market.head.snapshot, late).unwrap();
    assert!(set.targets(late).is_ok());
}

#[test]
fn an_online_key_the_root_does_not_name_signs_nothing() {
    let market = Market::new();
    let stranger = key("mallory");
    let repository = market.repository();
    for now in [NOW + 5 * 60, NOW + 5 * DAY] {
        let refused = repository.renew(&stranger, now).unwrap_err();
        assert_eq!(refused, crate::trust::SubmitError::OnlineKey);
    }
    let (root, targets) = Market::offline_files();
    let refused = Repository::initialise(root, targets, &stranger, NOW).unwrap_err();
    assert_eq!(refused, crate::trust::SubmitError::OnlineKey);
}

/// A signer that lies, as a broken external command would.
struct Broken;

impl Signer for Broken {
    fn public_key(&self) -> crate::trust::PublicKey {
        public("alice")
    }

    fn sign(&self, _: &[u8]) -> Result<[u8; 64], String> {
        Ok([1; 64])
    }
}

#[test]
fn a_signature_is_checked_before_it_is_written() {
    let refused = Draft::targets(NOW).sign("alice", &[&Broken]);
    assert!(refused.unwrap_err().to_string().contains("does not verify"));
}

#[test]
fn drafts_keep_what_they_do_not_know() {
    let mut value = Draft::targets(NOW).into_value();
    value["x-other-tool"] = serde_json::json!({"a": 1});
    let file = super::world::sign(&value, &["alice"]);
    let next = Draft::next("alice", &file, NOW + DAY).unwrap();
    assert_eq!(next.version(), 2);
    assert_eq!(next.into_value()["x-other-tool"]["a"], 1);
}
