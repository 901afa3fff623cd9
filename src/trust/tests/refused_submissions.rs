//! What the edge publishes for no one, and with which error.

use serde_json::{Value, json};

use super::market::{Files, Market, drop_of};
use super::world::{COVER, DAY, NOW, entry, facts, key, public, sign};
use crate::trust::author::{Delegation, Draft};
use crate::trust::{DropFacts, DropPath, Fault, Name, Submission, SubmitError, TrustError};

/// Submits to a market that has `alice/drop-7`; nothing may land.
fn refused(files: impl FnOnce(&Market) -> Files) -> SubmitError {
    let mut market = Market::new();
    market.publish_drop("alice", "drop-7", "Seven");
    let (head, files) = (market.head.clone(), files(&market));
    let error = market.submit(files).unwrap_err();
    assert_eq!(market.head, head);
    assert_eq!(market.title("alice/drop-7").unwrap(), "Seven");
    assert!(!error.to_string().is_empty());
    error
}

fn manifest(version: u64, signer: &str) -> Vec<u8> {
    let draft = Draft::manifest(&facts("New"), &drop_of("alice/drop-7"), NOW + DAY);
    draft
        .with_version(version)
        .sign("alice.drop-7", &[&key(signer)])
        .unwrap()
}

/// The next version of a role with a change made to it.
fn changed(market: &Market, role: &str, signer: &str, change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let mut value = market.next(role).into_value();
    change(&mut value);
    sign(&value, &[signer])
}

#[test]
fn no_one_submits_what_the_edge_signs() {
    for role in [
        "snapshot",
        "timestamp",
        "",
        "Alice",
        "alice/drop-7",
        ".drop",
        "a..",
        "../x",
    ] {
        let refused = Submission::new(vec![(role.to_owned(), Vec::new())]);
        let is_named = matches!(refused, Err(SubmitError::RoleName(_)));
        // `a..` is a drop with a strange name; it must verify like any other.
        assert!(is_named || role == "a..", "{role}");
    }
    assert!(matches!(
        Submission::new(Vec::new()),
        Err(SubmitError::Count(_))
    ));
    let twice = vec![
        ("alice".to_owned(), Vec::new()),
        ("alice".to_owned(), Vec::new()),
    ];
    assert!(matches!(Submission::new(twice), Err(SubmitError::Count(_))));
    let many = (0..257).map(|at| (format!("a{at}"), Vec::new())).collect();
    assert!(matches!(Submission::new(many), Err(SubmitError::Count(_))));
}

#[test]
fn a_version_rises_by_exactly_one() {
    for offered in [3, 1_000_000, u64::MAX] {
        let error = refused(|_| vec![("alice.drop-7", manifest(offered, "alice"))]);
        assert!(matches!(error, SubmitError::Version { published: 1, .. }));
        assert_eq!(error.fault(), Fault::Conflict);
    }
    // Another file under the published version.
    let error = refused(|_| vec![("alice.drop-7", manifest(1, "alice"))]);
    assert!(matches!(
        error,
        SubmitError::Version {
            published: 1,
            offered: 1,
            ..
        }
    ));
    let error = refused(|market| {
        let mut files = market.draft_drop("alice", "drop-8", "Eight");
        let draft = Draft::manifest(&facts("Eight"), &drop_of("alice/drop-8"), NOW + DAY);
        files[1].1 = draft
            .with_version(2)
            .sign("alice.drop-8", &[&key("alice")])
            .unwrap();
        files
    });
    assert!(matches!(
        error,
        SubmitError::Version {
            published: 0,
            offered: 2,
            ..
        }
    ));
}

#[test]
fn a_lost_race_is_a_conflict() {
    let mut market = Market::new();
    let first = market.draft_drop("alice", "drop-7", "Seven");
    let second = market.draft_drop("alice", "drop-8", "Eight");
    market.submit(first).unwrap();
    let error = market.submit(second).unwrap_err();
    assert_eq!(error.fault(), Fault::Conflict);
    assert!(error.to_string().contains("submit version 2"));
}

#[test]
fn only_a_roles_own_key_changes_it() {
    for signer in ["bob", "market", "online", "root-1", "mallory"] {
        let error = refused(|_| vec![("alice.drop-7", manifest(2, signer))]);
        assert!(matches!(
            error,
            SubmitError::Trust(TrustError::BadSignature { .. })
        ));
        let error = refused(|market| {
            vec![(
                "alice",
                market.next("alice").sign("alice", &[&key(signer)]).unwrap(),
            )]
        });
        assert!(matches!(
            error,
            SubmitError::Trust(TrustError::BadSignature { .. })
        ));
    }
    let error = refused(|market| {
        vec![(
            "targets",
            market
                .next("targets")
                .sign("targets", &[&key("alice")])
                .unwrap(),
        )]
    });
    assert!(matches!(
        error,
        SubmitError::Trust(TrustError::BadSignature { .. })
    ));
    let error = refused(|market| {
        vec![(
            "root",
            market.next_root().sign("root", &[&key("root-1")]).unwrap(),
        )]
    });
    assert!(matches!(
        error,
        SubmitError::Trust(TrustError::BadSignature { .. })
    ));
}

#[test]
fn one_bad_role_keeps_back_the_good_ones() {
    let error = refused(|market| {
        let mut files = market.draft_drop("bob", "drop-1", "One");
        files.push(("alice.drop-7", manifest(2, "mallory")));
        files
    });
    assert!(matches!(
        error,
        SubmitError::Trust(TrustError::BadSignature { .. })
    ));
}

#[test]
fn who_is_not_delegated_publishes_nothing() {
    let error = refused(|_| {
        let role = Draft::targets(NOW + DAY)
            .sign("mallory", &[&key("mallory")])
            .unwrap();
        vec![("mallory", role)]
    });
    assert!(matches!(error, SubmitError::NotDelegated { .. }));
    let error = refused(|_| {
        let draft = Draft::manifest(&facts("Nine"), &drop_of("alice/drop-9"), NOW + DAY);
        vec![(
            "alice.drop-9",
            draft.sign("alice.drop-9", &[&key("alice")]).unwrap(),
        )]
    });
    assert!(matches!(error, SubmitError::NotDelegated { .. }));
    let error = refused(|_| {
        let draft = Draft::manifest(&facts("One"), &drop_of("bob/drop-1"), NOW + DAY);
        vec![(
            "bob.drop-1",
            draft.sign("bob.drop-1", &[&key("bob")]).unwrap(),
        )]
    });
    assert!(matches!(
        error,
        SubmitError::NotHandedOver { .. } | SubmitError::NotDelegated { .. }
    ));
}

#[test]
fn a_creator_cannot_take_a_name_in_anothers_place() {
    let error = refused(|market| {
        let stolen = DropPath::parse("bob/drop-1").unwrap();
        let mut alice = market.next("alice");
        alice.delegate(&Delegation::to_drop(&stolen, &[public("alice")]));
        let draft = Draft::manifest(&facts("Mine"), &drop_of("bob/drop-1"), NOW + DAY);
        vec![
            ("alice", alice.sign("alice", &[&key("alice")]).unwrap()),
            (
                "bob.drop-1",
                draft.sign("bob.drop-1", &[&key("alice")]).unwrap(),
            ),
        ]
    });
    assert!(matches!(error, SubmitError::Shape { .. }));
}

#[test]
fn delegations_have_the_markets_form() {
    let wrong: [fn(&mut Value); 6] = [
        |role| role["paths"] = json!(["alice/*/*"]),
        |role| role["paths"] = json!(["alice/drop-7/*", "alice/drop-8/*"]),
        |role| role["terminating"] = json!(false),
        |role| role["name"] = json!("bob"),
        |role| role["name"] = json!("alice.DROP"),
        |role| {
            role.as_object_mut().unwrap().remove("paths");
            role["path_hash_prefixes"] = json!([""]);
        },
    ];
    for change in wrong {
        let error = refused(|market| {
            let file = changed(market, "alice", "alice", |alice| {
                change(&mut alice["delegations"]["roles"][0]);
            });
            vec![("alice", file)]
        });
        assert!(matches!(error, SubmitError::Shape { .. }), "{error:?}");
    }
    let error = refused(|market| {
        let file = changed(market, "targets", "market", |targets| {
            targets["delegations"]["roles"][0]["paths"] = json!(["*/*/*"]);
        });
        vec![("targets", file)]
    });
    assert!(matches!(error, SubmitError::Shape { .. }));
}

#[test]
fn files_belong_into_drops_and_drops_describe_themselves() {
    for (role, signer) in [("alice", "alice"), ("targets", "market")] {
        let error = refused(|market| {
            let file = changed(market, role, signer, |signed| {
                signed["targets"][COVER] =
                    json!({"length": 1, "hashes": {"sha256": "00".repeat(32)}});
            });
            vec![(role, file)]
        });
        assert!(matches!(error, SubmitError::Shape { .. }));
    }
    let error = refused(|market| {
        let file = changed(market, "alice.drop-7", "alice", |signed| {
            signed.as_object_mut().unwrap().remove("x-drop");
        });
        vec![("alice.drop-7", file)]
    });
    assert!(matches!(error, SubmitError::Shape { .. }));
    let error = refused(|market| {
        let file = changed(market, "alice.drop-7", "alice", |signed| {
            signed["delegations"] = Draft::targets(NOW).into_value()["delegations"].clone();
            signed["delegations"]["roles"] = json!([{
                "name": "alice.x", "keyids": [], "threshold": 1, "terminating": true, "paths": [],
            }]);
        });
        vec![("alice.drop-7", file)]
    });
    assert!(matches!(error, SubmitError::Shape { .. }));
    let error = refused(|_| {
        let files = [entry("bob/drop-1/x", b"x")];
        let draft = Draft::manifest(&facts("Bob's"), &files, NOW + DAY).with_version(2);
        vec![(
            "alice.drop-7",
            draft.sign("alice.drop-7", &[&key("alice")]).unwrap(),
        )]
    });
    assert!(matches!(
        error,
        SubmitError::Trust(TrustError::Malformed { .. })
    ));
}

#[test]
fn what_has_expired_is_not_published() {
    let error = refused(|_| {
        let draft = Draft::manifest(&facts("Old"), &drop_of("alice/drop-7"), NOW).with_version(2);
        vec![(
            "alice.drop-7",
            draft.sign("alice.drop-7", &[&key("alice")]).unwrap(),
        )]
    });
    assert!(matches!(
        error,
        SubmitError::Trust(TrustError::Expired { .. })
    ));
}

#[test]
fn new_keys_without_a_role_they_signed_would_break_clients() {
    let error = refused(|market| {
        let name = Name::parse("alice").unwrap();
        let mut targets = market.next("targets");
        targets.delegate(&Delegation::to_creator(&name, &[public("alice-2")]));
        vec![(
            "targets",
            targets.sign("targets", &[&key("market")]).unwrap(),
        )]
    });
    assert_eq!(
        error,
        SubmitError::Orphaned {
            role: "alice".to_owned()
        }
    );
    let error = refused(|market| {
        let path = DropPath::parse("alice/drop-7").unwrap();
        let mut alice = market.next("alice");
        alice.delegate(&Delegation::to_drop(&path, &[public("alice-2")]));
        vec![("alice", alice.sign("alice", &[&key("alice")]).unwrap())]
    });
    assert_eq!(
        error,
        SubmitError::Orphaned {
            role: "alice.drop-7".to_owned()
        }
    );
    let error = refused(|market| {
        let mut root = market.next_root();
        root.set_root_keys(&crate::trust::RootKeys {
            root: &[public("root-1"), public("root-2")],
            root_threshold: 2,
            targets: &[public("market-2")],
            online: &[public("online")],
        });
        vec![(
            "root",
            root.sign("root", &[&key("root-1"), &key("root-2")])
                .unwrap(),
        )]
    });
    assert_eq!(
        error,
        SubmitError::Orphaned {
            role: "targets".to_owned()
        }
    );
}

#[test]
fn a_root_must_keep_the_edge_able_to_sign() {
    let error = refused(|market| {
        let mut root = market.next_root();
        root.set_root_keys(&crate::trust::RootKeys {
            root: &[public("root-1"), public("root-2")],
            root_threshold: 2,
            targets: &[public("market")],
            online: &[public("elsewhere")],
        });
        vec![(
            "root",
            root.sign("root", &[&key("root-1"), &key("root-2")])
                .unwrap(),
        )]
    });
    assert_eq!(error, SubmitError::OnlineKey);
    for version in [1, 3] {
        let error = refused(|market| {
            let mut value = market.next_root().into_value();
            value["version"] = json!(version);
            value["x-other"] = json!(true);
            vec![("root", sign(&value, &["root-1", "root-2"]))]
        });
        assert!(matches!(error, SubmitError::Version { published: 1, .. }));
    }
}

#[test]
fn a_store_that_lost_or_changed_a_role_is_the_edges_fault() {
    let mut market = Market::new();
    market.publish_drop("alice", "drop-7", "Seven");
    let submission = || {
        let file = ("alice.drop-7".to_owned(), manifest(2, "alice"));
        Submission::new(vec![file]).unwrap()
    };
    let repository = market.repository();
    let names: Vec<_> = repository
        .needs(&submission())
        .into_iter()
        .map(|w| w.role)
        .collect();
    assert_eq!(names, ["targets", "alice"]);
    let refused = repository.accept(&[], &submission(), &key("online"), NOW);
    assert_eq!(refused.unwrap_err().fault(), Fault::Edge);
    let mut changed = market.files["alice"].clone();
    changed[100] ^= 1;
    let published = vec![
        ("targets".to_owned(), market.files["targets"].clone()),
        ("alice".to_owned(), changed),
    ];
    let refused = repository.accept(&published, &submission(), &key("online"), NOW);
    assert!(matches!(
        refused,
        Err(SubmitError::Published(TrustError::WrongBytes { .. }))
    ));
}

#[test]
fn a_head_that_was_tampered_with_does_not_open() {
    let market = Market::new();
    for spoil in [
        (|head| head.root[40] ^= 1) as fn(&mut crate::trust::Head),
        |head| head.timestamp[40] ^= 1,
        |head| head.snapshot[40] ^= 1,
        |head| head.snapshot.clear(),
    ] {
        let mut head = market.head.clone();
        spoil(&mut head);
        assert!(crate::trust::Repository::open(head).is_err());
    }
}

#[test]
fn a_lite_bundle_is_light_and_is_not_everything() {
    let staged = |lite: &str, length: usize, master: &str| {
        let files = [
            entry("alice/drop-7/lite.zip", &vec![1; length]),
            entry("alice/drop-7/master.zip", b"master"),
        ];
        let facts = DropFacts {
            lite: Name::parse(lite).ok(),
            master: Name::parse(master).ok(),
            ..facts("Staged")
        };
        let draft = Draft::manifest(&facts, &files, NOW + DAY).with_version(2);
        draft.sign("alice.drop-7", &[&key("alice")]).unwrap()
    };
    for (lite, length, master) in [
        ("lite.zip", 999_999, "master.zip"),
        ("lite.zip", 3_000_001, "master.zip"),
        ("lite.zip", 2_000_000, "lite.zip"),
        ("master.zip", 2_000_000, "lite.zip"),
    ] {
        let error = refused(|_| vec![("alice.drop-7", staged(lite, length, master))]);
        assert!(matches!(error, SubmitError::Shape { .. }), "{error}");
        assert_eq!(error.fault(), Fault::Submission);
    }
    for length in [1_000_000, 3_000_000] {
        let mut market = Market::new();
        market.publish_drop("alice", "drop-7", "Seven");
        let file = staged("lite.zip", length, "master.zip");
        market.submit(vec![("alice.drop-7", file)]).unwrap();
    }
}
