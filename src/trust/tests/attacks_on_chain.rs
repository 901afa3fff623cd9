//! Attacks on root, timestamp, snapshot and top-level targets, each by name.
//! The scenarios are those of the public conformance suite for TUF clients.

use serde_json::{Value, json};

use super::attacks;
use super::world::{COVER, DAY, NOW, World, public, sign};
use crate::trust::author::{Draft, RootKeys};
use crate::trust::{Floor, TrustClass, TrustError, TrustedSet};

/// Replaces the keys of the world's root and makes it the next version.
fn rotate(world: &mut World, root: &[&str], online: &[&str], signers: &[&str]) {
    let keys = |names: &[&str]| names.iter().map(|name| public(name)).collect::<Vec<_>>();
    let mut draft = Draft::next("root", &world.file("root"), NOW + 365 * DAY).unwrap();
    draft.set_root_keys(&RootKeys {
        root: &keys(root),
        root_threshold: 2,
        targets: &[public("market")],
        online: &keys(online),
    });
    world.signed.insert("root".to_owned(), draft.into_value());
    world.sign_with("root", signers);
    world.serve_root();
}

attacks! {
    next_root_signed_by_one_of_two(w: World::visited()) {
        w.bump("root");
        w.sign_with("root", &["root-1"]);
        w.serve_root();
    } => TrustError::BadSignature { trusted: 1, offered: 2, valid: 1, threshold: 2, .. },

    next_root_signed_by_new_keys_only(w: World::visited()) {
        rotate(&mut w, &["root-3", "root-4"], &["online"], &["root-3", "root-4"]);
    } => TrustError::BadSignature { valid: 0, .. },

    next_root_signed_by_old_keys_only(w: World::visited()) {
        rotate(&mut w, &["root-3", "root-4"], &["online"], &["root-1", "root-2"]);
    } => TrustError::BadSignature { valid: 0, .. },

    next_root_skips_a_version(w: World::visited()) {
        w.set_version("root", 3);
        w.serve_root();
    } => TrustError::WrongVersion { wanted: 2, offered: 3, .. },

    next_root_repeats_the_version(w: World::visited()) {
        w.serve_root();
    } => TrustError::WrongVersion { wanted: 2, offered: 1, .. },

    root_rolls_back(w: World::visited()) {
        let old = w.file("root");
        w.bump("root");
        w.serve_root();
        w.roots.push(old);
    } => TrustError::Rollback { trusted: 2, offered: 1, .. },

    root_counts_one_key_under_two_ids_as_one(w: World::visited()) {
        w.bump("root");
        w.edit("root", |root| {
            let id = public("root-1").key_id();
            root["keys"]["alias"] = root["keys"][&id].clone();
            root["roles"]["root"]["keyids"] = json!([id, "alias"]);
        });
        let mut file: Value = serde_json::from_slice(&w.file("root")).unwrap();
        let mut alias = file["signatures"][0].clone();
        alias["keyid"] = json!("alias");
        file["signatures"].as_array_mut().unwrap().push(alias);
        w.roots.push(file.to_string().into_bytes());
    } => TrustError::BadSignature { valid: 1, threshold: 2, .. },

    root_without_consistent_snapshots(w: World::visited()) {
        w.bump("root");
        w.edit("root", |root| root["consistent_snapshot"] = json!(false));
        w.serve_root();
    } => TrustError::Malformed { .. },

    root_that_defines_a_fifth_role(w: World::visited()) {
        w.bump("root");
        w.edit("root", |root| root["roles"]["alice"] = root["roles"]["root"].clone());
        w.serve_root();
    } => TrustError::Malformed { .. },

    root_that_lacks_a_role(w: World::visited()) {
        w.bump("root");
        w.edit("root", |root| { root["roles"].as_object_mut().unwrap().remove("snapshot"); });
        w.serve_root();
    } => TrustError::Malformed { .. },

    final_root_expired(w: World::visited()) {
        w.bump("root");
        w.expire("root");
        w.serve_root();
    } => TrustError::Expired { version: 2, .. },

    trusted_root_expires_while_in_use(w: World::visited()) {
        w.now = NOW + 366 * DAY;
    } => TrustError::Expired { ref role, .. } if role == "root",

    root_of_600_kilobytes(w: World::visited()) {
        w.bump("root");
        w.edit("root", |root| root["padding"] = json!("x".repeat(600_000)));
        w.serve_root();
    } => TrustError::TooLarge { limit: 512_000, .. },

    timestamp_unsigned(w: World::visited()) {
        w.bump("timestamp");
        w.sign_with("timestamp", &[]);
        w.seal_timestamp();
    } => TrustError::BadSignature { trusted: 1, offered: 2, valid: 0, .. },

    timestamp_signed_by_a_creator(w: World::visited()) {
        w.bump("timestamp");
        w.sign_with("timestamp", &["alice"]);
        w.seal_timestamp();
    } => TrustError::BadSignature { .. },

    timestamp_signed_by_a_revoked_key(w: World::visited()) {
        rotate(&mut w, &["root-1", "root-2"], &["online-2"], &["root-1", "root-2"]);
        w.bump("timestamp");
        w.seal_timestamp();
    } => TrustError::BadSignature { .. },

    timestamp_rolls_back(w: World::new()) {
        let old = w.files["timestamp"].clone();
        w.publish();
        w.visit().unwrap();
        w.files.insert("timestamp".to_owned(), old);
    } => TrustError::Rollback { trusted: 2, offered: 1, .. },

    timestamp_names_an_older_snapshot(w: World::new()) {
        let old = w.signed["timestamp"]["meta"].clone();
        w.publish();
        w.visit().unwrap();
        w.bump("timestamp");
        w.edit("timestamp", |timestamp| timestamp["meta"] = old);
        w.seal_timestamp();
    } => TrustError::Rollback { ref role, trusted: 2, offered: 1 } if role == "snapshot",

    timestamp_expired(w: World::visited()) {
        w.bump("timestamp");
        w.expire("timestamp");
        w.seal_timestamp();
    } => TrustError::Expired { version: 2, .. },

    frozen_timestamp_expires_while_in_use(w: World::visited()) {
        w.now = NOW + DAY;
    } => TrustError::Expired { ref role, .. } if role == "timestamp",

    timestamp_of_17_kilobytes(w: World::visited()) {
        w.edit("timestamp", |timestamp| timestamp["padding"] = json!("x".repeat(17_000)));
        w.seal_timestamp();
    } => TrustError::TooLarge { limit: 16_384, .. },

    timestamp_without_a_snapshot(w: World::visited()) {
        w.bump("timestamp");
        w.edit("timestamp", |timestamp| timestamp["meta"] = json!({}));
        w.seal_timestamp();
    } => TrustError::Malformed { .. },

    snapshot_unsigned(w: World::new()) {
        w.sign_with("snapshot", &[]);
        w.seal_snapshot();
    } => TrustError::BadSignature { .. },

    snapshot_is_not_the_one_the_timestamp_names(w: World::new()) {
        w.bump("snapshot");
        let other = w.file("snapshot");
        w.files.insert("snapshot".to_owned(), other);
    } => TrustError::WrongBytes { version: 1, .. },

    snapshot_of_another_version_where_no_digest_is_given(w: World::new()) {
        w.edit("timestamp", |timestamp| timestamp["meta"] = json!({"snapshot.json": {"version": 2}}));
        w.seal_timestamp();
    } => TrustError::WrongVersion { wanted: 2, offered: 1, .. },

    snapshot_of_another_length(w: World::new()) {
        w.edit("timestamp", |timestamp| timestamp["meta"] = json!({"snapshot.json": {"version": 1, "length": 7}}));
        w.seal_timestamp();
    } => TrustError::WrongBytes { .. },

    snapshot_forgets_a_role(w: World::visited()) {
        w.publish();
        w.edit("snapshot", |snapshot| { snapshot["meta"].as_object_mut().unwrap().remove("alice.json"); });
        w.seal_snapshot();
    } => TrustError::Vanished { ref role, trusted: 1 } if role == "alice",

    snapshot_rolls_back_a_role(w: World::new()) {
        let old = w.signed["snapshot"]["meta"]["alice.drop-7.json"].clone();
        w.publish();
        w.visit().unwrap();
        w.publish();
        w.edit("snapshot", |snapshot| snapshot["meta"]["alice.drop-7.json"] = old);
        w.seal_snapshot();
    } => TrustError::Rollback { ref role, trusted: 2, offered: 1 } if role == "alice.drop-7",

    snapshot_expired(w: World::new()) {
        w.expire("snapshot");
        w.seal_snapshot();
    } => TrustError::Expired { ref role, .. } if role == "snapshot",

    snapshot_of_two_megabytes_and_a_bit(w: World::new()) {
        w.edit("snapshot", |snapshot| snapshot["padding"] = json!("x".repeat(2_000_000)));
        w.seal_snapshot();
    } => TrustError::TooLarge { limit: 2_000_000, .. },

    snapshot_that_lists_version_zero(w: World::new()) {
        w.edit("snapshot", |snapshot| snapshot["meta"]["alice.json"]["version"] = json!(0));
        w.seal_snapshot();
    } => TrustError::Malformed { .. },

    targets_unsigned(w: World::new()) {
        w.sign_with("targets", &[]);
        w.seal();
    } => TrustError::BadSignature { .. },

    targets_signed_by_the_online_key(w: World::new()) {
        w.sign_with("targets", &["online"]);
        w.seal();
    } => TrustError::BadSignature { .. },

    targets_of_an_older_version_served(w: World::new()) {
        let old = w.files["targets"].clone();
        w.publish();
        w.files.insert("targets".to_owned(), old);
    } => TrustError::WrongBytes { version: 2, .. },

    targets_of_another_version_where_no_digest_is_given(w: World::new()) {
        w.edit("snapshot", |snapshot| snapshot["meta"]["targets.json"] = json!({"version": 2}));
        w.seal_snapshot();
    } => TrustError::WrongVersion { wanted: 2, offered: 1, .. },

    targets_expired(w: World::new()) {
        w.expire("targets");
        w.seal();
    } => TrustError::Expired { ref role, .. } if role == "targets",

    targets_missing_from_the_snapshot(w: World::new()) {
        w.edit("snapshot", |snapshot| { snapshot["meta"].as_object_mut().unwrap().remove("targets.json"); });
        w.seal_snapshot();
    } => TrustError::NotInSnapshot { .. },
}

#[test]
fn first_root_must_sign_itself() {
    let world = World::new();
    for signers in [&["root-1"][..], &[], &["root-1", "mallory"]] {
        let root = sign(&world.signed["root"], signers);
        let refused = TrustedSet::new(&root, Floor::default());
        assert!(matches!(refused, Err(TrustError::BadSignature { .. })));
    }
}

#[test]
fn versions_below_the_floor_are_rollbacks() {
    let world = World::new();
    let root = world.file("root");
    let floor = |root, timestamp, snapshot| Floor {
        root,
        timestamp,
        snapshot,
    };
    let refused = TrustedSet::new(&root, floor(2, 0, 0));
    assert!(matches!(refused, Err(TrustError::Rollback { .. })));
    let mut set = TrustedSet::new(&root, floor(1, 2, 0)).unwrap();
    let refused = set.update_timestamp(&world.files["timestamp"], NOW);
    assert!(matches!(refused, Err(TrustError::Rollback { .. })));
    let mut set = TrustedSet::new(&root, floor(1, 1, 2)).unwrap();
    set.update_timestamp(&world.files["timestamp"], NOW)
        .unwrap();
    let refused = set.update_snapshot(&world.files["snapshot"], NOW);
    assert!(matches!(refused, Err(TrustError::Rollback { .. })));
}

#[test]
fn no_more_than_256_rotations_are_followed() {
    let mut world = World::visited();
    for _ in 0..256 {
        world.bump("root");
        world.serve_root();
    }
    world.visit().unwrap();
    world.bump("root");
    world.serve_root();
    assert_eq!(world.visit(), Err(TrustError::TooManyRotations));
}

#[test]
fn an_expired_root_on_the_way_is_no_obstacle() {
    let mut world = World::new();
    world.bump("root");
    world.expire("root");
    world.serve_root();
    world.bump("root");
    world.edit("root", |root| {
        root["expires"] = json!("2027-01-01T00:00:00Z");
    });
    world.serve_root();
    world.visit().unwrap();
}

#[test]
fn every_key_rotates_without_a_pause() {
    let mut world = World::visited();
    let old_and_new = ["root-1", "root-2", "root-3", "root-4"];
    rotate(
        &mut world,
        &["root-3", "root-4"],
        &["online", "online-2"],
        &old_and_new,
    );
    world.visit().unwrap();
    rotate(
        &mut world,
        &["root-3", "root-4"],
        &["online-2"],
        &["root-3", "root-4"],
    );
    world.sign_with("snapshot", &["online-2"]);
    world.sign_with("timestamp", &["online-2"]);
    world.publish();
    world.visit().unwrap();
}

#[test]
fn a_fast_forward_is_undone_by_new_online_keys() {
    let mut world = World::new();
    world.set_version("timestamp", u64::MAX);
    world.set_version("snapshot", u64::MAX);
    world.seal();
    world.visit().unwrap();
    for role in ["timestamp", "snapshot"] {
        world.set_version(role, 1);
        world.sign_with(role, &["online-2"]);
    }
    world.seal();
    assert!(world.visit().is_err());
    rotate(
        &mut world,
        &["root-1", "root-2"],
        &["online-2"],
        &["root-1", "root-2"],
    );
    world.visit().unwrap();
}

#[test]
fn an_added_online_key_undoes_no_rollback_memory() {
    let mut world = World::new();
    let old = world.files.clone();
    world.publish();
    world.visit().unwrap();
    rotate(
        &mut world,
        &["root-1", "root-2"],
        &["online", "online-2"],
        &["root-1", "root-2"],
    );
    world.files = old;
    assert!(matches!(world.visit(), Err(TrustError::Rollback { .. })));
}

#[test]
fn an_expired_timestamp_still_guards_against_rollback() {
    let mut world = World::new();
    let old = world.files["timestamp"].clone();
    world.publish();
    let (new, later) = (world.files["timestamp"].clone(), NOW + 2 * DAY);
    let set = world.set();
    assert_eq!(
        set.update_timestamp(&new, later).unwrap_err().class(),
        TrustClass::Stale
    );
    let refused = set.update_timestamp(&old, NOW);
    assert!(matches!(refused, Err(TrustError::Rollback { .. })));
}

#[test]
fn a_restored_snapshot_guards_against_rollback() {
    let mut world = World::new();
    let old = world.files.clone();
    world.publish();
    let remembered = world.files["snapshot"].clone();
    world.files = old;
    let timestamp = world.files["timestamp"].clone();
    world.set().update_timestamp(&timestamp, NOW).unwrap();
    world.set().restore_snapshot(&remembered).unwrap();
    assert!(matches!(world.visit(), Err(TrustError::Rollback { .. })));
}

#[test]
fn nothing_is_answered_out_of_order() {
    let mut world = World::new();
    let snapshot = world.files["snapshot"].clone();
    let refused = world.set().update_snapshot(&snapshot, NOW);
    assert_eq!(refused, Err(TrustError::NotReady { role: "timestamp" }));
    let refused = world.find(COVER);
    assert_eq!(refused, Err(TrustError::NotReady { role: "timestamp" }));
    let timestamp = world.files["timestamp"].clone();
    world.set().update_timestamp(&timestamp, NOW).unwrap();
    assert_eq!(
        world.find(COVER),
        Err(TrustError::NotReady { role: "snapshot" })
    );
}
