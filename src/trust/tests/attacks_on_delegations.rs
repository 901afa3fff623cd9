//! Attacks on creators' and drops' roles, and how far delegations reach.

use serde_json::{Value, json};

use super::attacks;
use super::world::{COVER, DAY, NOW, World, public};
use crate::trust::author::{Delegation, Draft};
use crate::trust::{DropPath, Name, TrustClass, TrustError};

/// The delegation `targets` has to alice.
fn to_alice(targets: &mut Value) -> &mut Value {
    &mut targets["delegations"]["roles"][0]
}

attacks! {
    creator_signed_by_another_creator(w: World::new()) {
        w.sign_with("alice", &["bob"]);
        w.seal();
    } => TrustError::BadSignature { ref role, .. } if role == "alice",

    drop_signed_by_another_creator(w: World::new()) {
        w.sign_with("alice.drop-7", &["bob"]);
        w.seal();
    } => TrustError::BadSignature { ref role, .. } if role == "alice.drop-7",

    drop_signed_by_the_marketplace(w: World::new()) {
        w.sign_with("alice.drop-7", &["market"]);
        w.seal();
    } => TrustError::BadSignature { .. },

    role_of_a_creator_served_for_another(w: World::new()) {
        let alice = w.files["alice"].clone();
        w.files.insert("alice.drop-7".to_owned(), alice);
    } => TrustError::WrongBytes { .. },

    loaded_role_is_checked_against_its_new_delegator(w: World::visited()) {
        w.edit("targets", |targets| {
            let id = public("alice-2").key_id();
            targets["delegations"]["keys"][&id] = public("alice-2").to_tuf();
            to_alice(targets)["keyids"] = json!([id]);
        });
        w.bump("targets");
        w.bump("snapshot");
        w.bump("timestamp");
        w.seal();
    } => TrustError::BadSignature { ref role, valid: 0, .. } if role == "alice",

    threshold_met_by_one_key_twice(w: World::new()) {
        w.edit("targets", |targets| {
            let id = public("alice").key_id();
            targets["delegations"]["keys"]["alias"] = public("alice").to_tuf();
            to_alice(targets)["keyids"] = json!([id, "alias"]);
            to_alice(targets)["threshold"] = json!(2);
        });
        w.seal();
    } => TrustError::BadSignature { threshold: 2, .. },

    threshold_above_the_number_of_keys(w: World::new()) {
        w.edit("targets", |targets| to_alice(targets)["threshold"] = json!(2));
        w.seal();
    } => TrustError::BadSignature { valid: 1, threshold: 2, .. },

    threshold_of_zero(w: World::new()) {
        w.edit("targets", |targets| to_alice(targets)["threshold"] = json!(0));
        w.seal();
    } => TrustError::Malformed { .. },

    key_id_listed_twice(w: World::new()) {
        w.edit("targets", |targets| {
            let id = public("alice").key_id();
            to_alice(targets)["keyids"] = json!([id, id]);
        });
        w.seal();
    } => TrustError::Malformed { .. },

    key_id_that_nothing_defines(w: World::new()) {
        w.edit("targets", |targets| to_alice(targets)["keyids"] = json!(["missing"]));
        w.seal();
    } => TrustError::BadSignature { valid: 0, .. },

    key_of_another_type_does_not_sign(w: World::new()) {
        w.edit("targets", |targets| {
            let id = public("alice").key_id();
            targets["delegations"]["keys"][&id]["scheme"] = json!("rsassa-pss-sha256");
        });
        w.seal();
    } => TrustError::BadSignature { valid: 0, .. },

    key_of_31_bytes(w: World::new()) {
        w.edit("targets", |targets| {
            let id = public("alice").key_id();
            targets["delegations"]["keys"][&id]["keyval"]["public"] = json!("00".repeat(31));
        });
        w.seal();
    } => TrustError::Malformed { .. },

    delegation_takes_the_name_of_the_snapshot(w: World::new()) {
        w.edit("targets", |targets| to_alice(targets)["name"] = json!("snapshot"));
        w.seal();
    } => TrustError::Malformed { .. },

    role_delegated_to_twice(w: World::new()) {
        w.edit("targets", |targets| to_alice(targets)["name"] = json!("bob"));
        w.seal();
    } => TrustError::Malformed { .. },

    delegation_with_paths_and_prefixes(w: World::new()) {
        w.edit("targets", |targets| to_alice(targets)["path_hash_prefixes"] = json!(["00"]));
        w.seal();
    } => TrustError::Malformed { .. },

    delegation_with_neither_paths_nor_prefixes(w: World::new()) {
        w.edit("targets", |targets| { to_alice(targets).as_object_mut().unwrap().remove("paths"); });
        w.seal();
    } => TrustError::Malformed { .. },

    pattern_with_brackets(w: World::new()) {
        w.edit("targets", |targets| to_alice(targets)["paths"] = json!(["[a-z]*/*/*"]));
        w.seal();
    } => TrustError::Malformed { .. },

    succinct_roles(w: World::new()) {
        w.edit("targets", |targets| {
            let delegations = targets["delegations"].as_object_mut().unwrap();
            delegations.remove("roles");
            delegations.insert("succinct_roles".to_owned(), json!({"bit_length": 8}));
        });
        w.seal();
    } => TrustError::Malformed { .. },

    star_does_not_reach_below_a_slash(w: World::new()) {
        w.edit("targets", |targets| to_alice(targets)["paths"] = json!(["alice/*", "*", "alice*"]));
        w.seal();
    } => TrustError::Unknown { .. },

    creator_reaches_for_another_creators_folder(w: World::new()) {
        w.edit("targets", |targets| { targets["delegations"]["roles"].as_array_mut().unwrap().remove(0); });
        let mut bob = Draft::targets(NOW + DAY);
        let stolen = DropPath::parse("alice/drop-7").unwrap();
        bob.delegate(&Delegation::to_drop(&stolen, &[public("bob")]));
        w.signed.insert("bob".to_owned(), bob.into_value());
        w.sign_with("bob", &["bob"]);
        w.sign_with("alice.drop-7", &["bob"]);
        w.seal();
    } => TrustError::Unknown { .. },

    drop_names_a_file_of_another_drop(w: World::new()) {
        w.edit("alice.drop-7", |drop| drop["targets"]["bob/drop-1/x"] = drop["targets"][COVER].clone());
        w.seal();
    } => TrustError::Malformed { .. },

    file_named_by_the_creator_instead_of_the_drop(w: World::new()) {
        let cover = w.signed["alice.drop-7"]["targets"][COVER].clone();
        w.edit("alice", |alice| alice["targets"][COVER] = cover);
        w.seal();
    } => TrustError::Unknown { .. },

    creator_never_published(w: World::new()) {
        w.edit("snapshot", |snapshot| { snapshot["meta"].as_object_mut().unwrap().remove("alice.json"); });
        w.seal_snapshot();
    } => TrustError::NotInSnapshot { .. },

    retired_drop_is_gone_at_once(w: World::visited()) {
        w.edit("alice", |alice| alice["delegations"] = json!({"keys": {}, "roles": []}));
        w.bump("alice");
        w.bump("snapshot");
        w.bump("timestamp");
        w.seal();
    } => TrustError::Unknown { .. },

    drop_expires_while_in_use(w: World::visited()) {
        w.edit("alice.drop-7", |drop| drop["expires"] = json!("2026-11-22T21:00:00Z"));
        w.publish();
        w.visit().unwrap();
        w.now += 3_600;
    } => ref error @ TrustError::Expired { version: 2, .. } if error.class() == TrustClass::Gone,

    creator_expired(w: World::new()) {
        w.expire("alice");
        w.seal();
    } => ref error @ TrustError::Expired { .. } if error.class() == TrustClass::Stale,

    drop_not_open_yet(w: World::new()) {
        w.edit("alice.drop-7", |drop| drop["x-drop"]["not_before"] = json!("2026-11-22T20:00:01Z"));
        w.seal();
    } => TrustError::NotYet { .. },
}

/// A world where `targets` delegates to generic roles by `edges`:
/// `(delegator, role, paths, terminating)`.
fn graph(edges: &[(&str, &str, &str, bool)]) -> World {
    let mut world = World::new();
    for &(delegator, role, path, terminating) in edges {
        let keys = [public("graph")];
        for name in [delegator, role] {
            let empty = || Draft::targets(NOW + DAY).into_value();
            world.signed.entry(name.to_owned()).or_insert_with(empty);
            if name != "targets" {
                world.sign_with(name, &["graph"]);
            }
        }
        world.edit(delegator, |signed| {
            let delegations = &mut signed["delegations"];
            delegations["keys"][keys[0].key_id()] = keys[0].to_tuf();
            delegations["roles"].as_array_mut().unwrap().push(json!({
                "name": role, "keyids": [keys[0].key_id()], "threshold": 1,
                "paths": [path], "terminating": terminating,
            }));
        });
    }
    world
}

fn place(world: &mut World, role: &str, path: &str) {
    world.edit(role, |signed| {
        signed["targets"][path] = json!({"length": 1, "hashes": {"sha256": "00".repeat(32)}});
    });
}

fn search(mut world: World, path: &str) -> Result<String, TrustError> {
    world.seal();
    let set = world.files.clone();
    world
        .set()
        .update_timestamp(&set["timestamp"], NOW)
        .unwrap();
    world.set().update_snapshot(&set["snapshot"], NOW).unwrap();
    world.find_target(path)
}

#[test]
fn the_search_is_depth_first_in_signed_order() {
    let edges = [
        ("targets", "a", "f/*", false),
        ("targets", "b", "f/*", false),
        ("a", "c", "f/*", false),
    ];
    let mut world = graph(&edges);
    place(&mut world, "b", "f/x");
    assert_eq!(search(world.clone(), "f/x").unwrap(), "b");
    place(&mut world, "c", "f/x");
    assert_eq!(search(world, "f/x").unwrap(), "c");
}

#[test]
fn a_terminating_delegation_ends_the_search_after_its_branch() {
    let edges = [
        ("targets", "a", "f/*", true),
        ("targets", "b", "f/*", false),
        ("targets", "d", "g/*", true),
        ("a", "c", "f/*", false),
    ];
    let mut world = graph(&edges);
    place(&mut world, "b", "f/x");
    let refused = search(world.clone(), "f/x");
    assert!(matches!(refused, Err(TrustError::Unknown { .. })));
    place(&mut world, "c", "f/x");
    assert_eq!(search(world.clone(), "f/x").unwrap(), "c");
    place(&mut world, "d", "f/y");
    assert!(search(world, "f/y").is_err(), "d covers g/* only");
}

#[test]
fn loops_end_and_long_ways_are_cut() {
    let edges = [
        ("targets", "a", "*", false),
        ("a", "b", "*", false),
        ("b", "a", "*", false),
    ];
    let refused = search(graph(&edges), "x");
    assert!(matches!(refused, Err(TrustError::Unknown { .. })));

    let names: Vec<String> = (0..33).map(|at| format!("r{at}")).collect();
    let mut edges = vec![("targets", names[0].as_str(), "*", false)];
    edges.extend(
        names
            .windows(2)
            .map(|two| (two[0].as_str(), two[1].as_str(), "*", false)),
    );
    let mut world = graph(&edges);
    place(&mut world, "r31", "x");
    assert_eq!(search(world.clone(), "x").unwrap(), "r31");
    place(&mut world, "r32", "y");
    assert_eq!(search(world, "y"), Err(TrustError::TooManyDelegations));
}

#[test]
fn hash_prefixes_delegate_by_the_digest_of_the_path() {
    // SHA-256 of "file1.txt" begins with 55ae.
    let digest = crate::trust::Sha256::of(b"file1.txt").to_hex();
    let mut world = graph(&[("targets", "bin", "unused", false)]);
    place(&mut world, "bin", "file1.txt");
    let set = |world: &mut World, prefix: &str| {
        let prefix = prefix.to_owned();
        world.edit("targets", |targets| {
            let role = targets["delegations"]["roles"].as_array_mut().unwrap();
            let bin = role.last_mut().unwrap().as_object_mut().unwrap();
            bin.remove("paths");
            bin.insert("path_hash_prefixes".to_owned(), json!([prefix]));
        });
    };
    set(&mut world, digest.split_at(4).0);
    assert_eq!(search(world.clone(), "file1.txt").unwrap(), "bin");
    set(&mut world, "zz");
    assert!(search(world, "file1.txt").is_err());
}

#[test]
fn the_set_answers_what_the_app_asks() {
    let mut world = World::visited();
    let (alice, bob) = (Name::parse("alice").unwrap(), Name::parse("bob").unwrap());
    let drop = DropPath::parse("alice/drop-7").unwrap();
    let set = world.set();
    assert_eq!(set.creators(NOW).unwrap(), [alice.clone(), bob.clone()]);
    assert_eq!(set.creator_keys(&alice, NOW).unwrap(), [public("alice")]);
    assert_eq!(set.drops(&alice, NOW).unwrap(), std::slice::from_ref(&drop));
    assert!(matches!(
        set.drops(&bob, NOW),
        Err(TrustError::NotInSnapshot { .. })
    ));
    let stranger = Name::parse("mallory").unwrap();
    let refused = set.creator_keys(&stranger, NOW);
    assert_eq!(refused.unwrap_err().class(), TrustClass::Unknown);
    assert_eq!(set.drop(&drop, NOW).unwrap().facts.title, "Drop seven");
    assert_eq!(set.next_role_for_drop(&drop, NOW).unwrap(), None);
    assert_eq!(set.listed("alice", NOW).unwrap().version, 1);
    assert!(world.find("alice/drop-7/missing").is_err());
    assert!(world.find("alice/drop-8/cover.jpg").is_err());
}

#[test]
fn a_refresh_fetches_only_what_changed() {
    let mut world = World::visited();
    world.bump("alice.drop-7");
    world.bump("snapshot");
    world.bump("timestamp");
    world.seal();
    for unchanged in ["targets", "alice"] {
        world
            .files
            .insert(unchanged.to_owned(), b"would be refused".to_vec());
    }
    assert_eq!(world.visit().unwrap().header.version, 2);
}
