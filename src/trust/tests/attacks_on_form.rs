//! Attacks on the form of a file: what a parser might be talked into.

use serde_json::json;

use super::attacks;
use super::world::{NOW, World, reopen};
use crate::trust::TrustError;

/// Replaces a role's file behind the signed listing's back, where the listing
/// gives no digest that would notice.
fn serve(world: &mut World, role: &str, file: Vec<u8>) {
    let listed = format!("{role}.json");
    world.edit("snapshot", |snapshot| {
        snapshot["meta"][listed] = json!({"version": 1});
    });
    world.seal_snapshot();
    world.files.insert(role.to_owned(), file);
}

fn respell(world: &mut World, from: &str, to: &str) {
    let file = String::from_utf8(world.files["targets"].clone()).unwrap();
    assert!(file.contains(from));
    serve(world, "targets", file.replacen(from, to, 1).into_bytes());
}

attacks! {
    content_changed_after_signing(w: World::new()) {
        let file = reopen(&w.files["targets"], |file| file["signed"]["expires"] = json!("2030-01-01T00:00:00Z"));
        serve(&mut w, "targets", file);
    } => TrustError::BadSignature { .. },

    member_added_after_signing(w: World::new()) {
        let file = reopen(&w.files["targets"], |file| file["signed"]["x"] = json!(1));
        serve(&mut w, "targets", file);
    } => TrustError::BadSignature { .. },

    signature_of_zeros(w: World::new()) {
        let file = reopen(&w.files["targets"], |file| file["signatures"][0]["sig"] = json!("00".repeat(64)));
        serve(&mut w, "targets", file);
    } => TrustError::BadSignature { .. },

    signature_that_is_not_hexadecimal(w: World::new()) {
        let file = reopen(&w.files["targets"], |file| file["signatures"][0]["sig"] = json!("zz"));
        serve(&mut w, "targets", file);
    } => TrustError::BadSignature { .. },

    signature_under_another_key_id(w: World::new()) {
        let file = reopen(&w.files["targets"], |file| file["signatures"][0]["keyid"] = json!("other"));
        serve(&mut w, "targets", file);
    } => TrustError::BadSignature { .. },

    one_key_id_signs_twice(w: World::new()) {
        let file = reopen(&w.files["targets"], |file| {
            let again = file["signatures"][0].clone();
            file["signatures"].as_array_mut().unwrap().push(again);
        });
        serve(&mut w, "targets", file);
    } => TrustError::Malformed { .. },

    key_twice_in_one_object(w: World::new()) {
        respell(&mut w, r#""version":1"#, r#""version":1,"version":1"#);
    } => TrustError::Malformed { .. },

    version_as_a_float(w: World::new()) {
        respell(&mut w, r#""version":1"#, r#""version":1.0"#);
    } => TrustError::Malformed { .. },

    version_as_a_text(w: World::new()) {
        w.edit("targets", |targets| targets["version"] = json!("1"));
        let file = w.file("targets");
        serve(&mut w, "targets", file);
    } => TrustError::Malformed { .. },

    version_zero(w: World::new()) {
        w.set_version("targets", 0);
        let file = w.file("targets");
        serve(&mut w, "targets", file);
    } => TrustError::Malformed { .. },

    version_beyond_64_bits(w: World::new()) {
        respell(&mut w, r#""version":1"#, r#""version":18446744073709551616"#);
    } => TrustError::Malformed { .. },

    data_after_the_document(w: World::new()) {
        let mut file = w.files["targets"].clone();
        file.extend(b"{}");
        serve(&mut w, "targets", file);
    } => TrustError::Malformed { .. },

    truncated(w: World::new()) {
        let mut file = w.files["targets"].clone();
        file.pop();
        serve(&mut w, "targets", file);
    } => TrustError::Malformed { .. },

    empty_file(w: World::new()) {
        serve(&mut w, "targets", Vec::new());
    } => TrustError::Malformed { .. },

    text_that_is_not_utf_8(w: World::new()) {
        serve(&mut w, "targets", b"{\"signed\":\"\xff\"}".to_vec());
    } => TrustError::Malformed { .. },

    nested_a_million_deep(w: World::new()) {
        serve(&mut w, "targets", vec![b'['; 1_000_000]);
    } => TrustError::Malformed { .. },

    two_million_values(w: World::new()) {
        let file = format!("[{}0]", "0,".repeat(2_000_000)).into_bytes();
        serve(&mut w, "targets", file);
    } => TrustError::Malformed { .. },

    six_megabytes(w: World::new()) {
        serve(&mut w, "targets", vec![b' '; 6_000_000]);
    } => TrustError::TooLarge { limit: 5_000_000, .. },

    listed_with_a_length_it_does_not_have(w: World::new()) {
        w.edit("snapshot", |snapshot| snapshot["meta"]["targets.json"]["length"] = json!(10));
        w.seal_snapshot();
    } => TrustError::WrongBytes { .. },

    one_bit_flipped_in_the_store(w: World::new()) {
        let file = w.files.get_mut("alice.drop-7").unwrap();
        file[200] ^= 1;
    } => TrustError::WrongBytes { .. },

    snapshot_served_as_targets(w: World::new()) {
        let file = w.files["snapshot"].clone();
        serve(&mut w, "targets", file);
    } => TrustError::Malformed { .. },

    snapshot_signed_as_timestamp(w: World::new()) {
        w.files.insert("timestamp".to_owned(), w.files["snapshot"].clone());
    } => TrustError::Malformed { .. },

    specification_of_another_major_version(w: World::new()) {
        w.edit("targets", |targets| targets["spec_version"] = json!("2.0.0"));
        w.seal();
    } => TrustError::Malformed { .. },

    specification_version_that_is_none(w: World::new()) {
        w.edit("targets", |targets| targets["spec_version"] = json!("1"));
        w.seal();
    } => TrustError::Malformed { .. },

    expiry_with_a_fraction_of_a_second(w: World::new()) {
        w.edit("targets", |targets| targets["expires"] = json!("2030-01-01T00:00:00.5Z"));
        w.seal();
    } => TrustError::Malformed { .. },

    expiry_with_an_offset(w: World::new()) {
        w.edit("targets", |targets| targets["expires"] = json!("2030-01-01T00:00:00+01:00"));
        w.seal();
    } => TrustError::Malformed { .. },

    listed_with_another_digest_than_sha_256(w: World::new()) {
        w.edit("snapshot", |snapshot| {
            snapshot["meta"]["targets.json"]["hashes"] = json!({"sha512": "00".repeat(64)});
        });
        w.seal_snapshot();
    } => TrustError::Malformed { .. },

    signed_is_a_list(w: World::new()) {
        serve(&mut w, "targets", br#"{"signatures":[],"signed":[]}"#.to_vec());
    } => TrustError::Malformed { .. },

    envelope_of_another_kind(w: World::new()) {
        serve(&mut w, "targets", br#"{"payload":"e30=","payloadType":"x","signatures":[]}"#.to_vec());
    } => TrustError::Malformed { .. },
}

#[test]
fn unknown_members_and_other_spellings_change_nothing() {
    let mut world = World::new();
    for role in ["targets", "alice", "alice.drop-7", "snapshot", "timestamp"] {
        world.edit(role, |signed| {
            signed["x-new"] = json!({"a": [1, null, "é\n"]});
        });
    }
    world.seal();
    // The same document with white space is the same to a signature.
    let spaced = reopen(&world.files["timestamp"], |_| {});
    let spaced: serde_json::Value = serde_json::from_slice(&spaced).unwrap();
    let spaced = serde_json::to_vec_pretty(&spaced).unwrap();
    world.files.insert("timestamp".to_owned(), spaced);
    world.visit().unwrap();
}

#[test]
fn an_error_names_role_trusted_and_offered_version() {
    let mut world = World::new();
    let old = world.files["timestamp"].clone();
    world.publish();
    world.visit().unwrap();
    world.files.insert("timestamp".to_owned(), old);
    let sentence = world.visit().unwrap_err().to_string();
    assert_eq!(
        sentence,
        "version 1 of timestamp was offered, older than the trusted version 2"
    );
    world.now = NOW + 400 * 86_400;
    let sentence = world.visit().unwrap_err().to_string();
    assert_eq!(
        sentence,
        "version 1 of root expired at 2027-11-22T20:00:00Z"
    );
}
