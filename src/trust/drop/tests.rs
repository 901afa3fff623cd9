//! Which manifests are refused, and what an accepted one says.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::trust::author::Draft;
use crate::trust::metadata::{Envelope, Targets};
use crate::trust::tests::world::{NOW, entry, facts};

fn read(signed: &Value) -> Result<DropManifest, String> {
    let file = json!({"signatures": [], "signed": signed}).to_string();
    let targets = Envelope::parse("alice.drop-7", file.as_bytes())
        .and_then(|envelope| Targets::read("alice.drop-7", &envelope, Sha256::of(file.as_bytes())));
    targets
        .map(|targets| targets.manifest.unwrap())
        .map_err(|error| error.to_string())
}

fn good() -> Value {
    let cover = FileEntry {
        license: Some("CC-BY-4.0".to_owned()),
        ..entry("alice/drop-7/cover.jpg", b"cover")
    };
    let files = [
        cover,
        entry("alice/drop-7/film.mp4", &vec![7; 600_000]),
        entry("alice/drop-7/empty", b""),
    ];
    Draft::manifest(&facts("Drop seven"), &files, NOW).into_value()
}

#[test]
fn a_manifest_says_what_was_written() {
    let mut signed = good();
    signed["x-drop"] = json!({
        "title": "Söven", "not_before": "2026-11-23T00:00:00Z", "license": "CC0-1.0",
        "published": "2026-11-22T10:00:00Z",
        "provenance": {"author": "Alice", "source": "https://example.org/7"},
        "consent": ["analytics"], "preview": {"max_edge": 800, "watermark": true},
        "lite": "cover.jpg", "master": "film.mp4", "from-the-future": {"x": 1},
    });
    let manifest = read(&signed).unwrap();
    assert_eq!(manifest.facts.title, "Söven");
    assert_eq!(manifest.facts.not_before, Some(1_795_392_000));
    assert_eq!(manifest.facts.published, Some(1_795_341_600));
    assert_eq!(manifest.facts.preview.unwrap().max_edge, 800);
    assert_eq!(
        DropFacts::read(&manifest.facts.to_json()),
        Ok(manifest.facts.clone())
    );
    let film = manifest.file(&Name::parse("film.mp4").unwrap()).unwrap();
    assert_eq!(film, &entry("alice/drop-7/film.mp4", &vec![7; 600_000]));
    assert_eq!(film.chunks.len(), 3);
    assert_eq!(manifest.license_of(film), Some("CC0-1.0"));
    assert_eq!(manifest.total_length(), 600_005);
    let empty = manifest.file(&Name::parse("empty").unwrap()).unwrap();
    assert!(empty.chunks.is_empty());
    let cover = manifest.file(&Name::parse("cover.jpg").unwrap()).unwrap();
    let name = format!("alice/drop-7/{}.cover.jpg", Sha256::of(b"cover"));
    assert_eq!(cover.stored_name(), name);
}

#[test]
fn a_manifest_that_says_less_or_worse_is_refused() {
    let custom = |name: &str, value: Value| {
        let pointer = "/targets/alice~1drop-7~1cover.jpg/custom/".to_owned() + name;
        (pointer, value)
    };
    let one_chunk_off = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, [0; 32]);
    for (pointer, value) in [
        custom("media_type", json!("image")),
        custom("media_type", json!("image/jpeg\r\nX-Evil: 1")),
        custom("media_type", json!("/jpeg")),
        custom("chunk_size", json!(262_145)),
        custom("chunk_size", json!(0)),
        custom("chunks", json!("")),
        custom("chunks", json!("####")),
        custom("chunks", json!(one_chunk_off)),
        custom("crc32", json!("ABCDEF01")),
        custom("crc32", json!("+1234567")),
        custom("crc32", json!(5)),
        custom("access", json!("")),
        custom("access", json!("Gold Tier")),
        custom("mtime", json!("yesterday")),
        custom("license", json!("a\nb")),
        (
            "/targets/alice~1drop-7~1cover.jpg/custom".to_owned(),
            json!(null),
        ),
        (
            "/targets/alice~1drop-7~1cover.jpg/length".to_owned(),
            json!(-1),
        ),
        (
            "/targets/alice~1drop-7~1cover.jpg/length".to_owned(),
            json!(u64::MAX),
        ),
        (
            "/targets/alice~1drop-7~1cover.jpg/hashes".to_owned(),
            json!({}),
        ),
        ("/x-drop/title".to_owned(), json!("")),
        ("/x-drop/title".to_owned(), json!("x".repeat(301))),
        ("/x-drop/title".to_owned(), json!("a\u{7}")),
        ("/x-drop/consent".to_owned(), json!(["not a name"])),
        ("/x-drop/consent".to_owned(), json!(vec!["a"; 17])),
        ("/x-drop".to_owned(), json!("text")),
    ] {
        let mut signed = good();
        *signed.pointer_mut(&pointer).unwrap() = value.clone();
        assert!(read(&signed).is_err(), "{pointer} = {value} was taken");
    }
    for (name, value) in [
        ("not_before", json!("2026-11-23")),
        ("published", json!("now")),
        ("preview", json!({"max_edge": 0})),
        ("lite", json!("missing.zip")),
        ("master", json!("../up")),
    ] {
        let mut signed = good();
        signed["x-drop"][name] = value;
        assert!(read(&signed).is_err(), "{name} was taken");
    }
}

#[test]
fn every_file_lies_in_its_own_drop() {
    for path in [
        "bob/drop-7/cover.jpg",
        "alice/drop-8/cover.jpg",
        "alice/drop-7/../x",
        "alice/drop-7/a/b",
        "/alice/drop-7/x",
        "cover.jpg",
    ] {
        let mut signed = good();
        let cover = signed["targets"]["alice/drop-7/cover.jpg"].take();
        signed["targets"] = json!({path: cover});
        assert!(read(&signed).is_err(), "{path} was taken");
    }
}

#[test]
fn chunk_sizes_follow_the_rule() {
    for (length, size) in [
        (0, 256 << 10),
        (1 << 30, 256 << 10),
        ((1 << 30) + 1, 512 << 10),
        (10_000_000_000, 4 << 20),
        (u64::MAX, 4 << 20),
    ] {
        assert_eq!(chunk_size_for(length), size, "{length}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn digests_do_not_depend_on_the_pieces(
        length in 0usize..600_000,
        piece in 1usize..300_000,
    ) {
        let content: Vec<u8> = (0..length).map(|at| at.to_le_bytes()[0]).collect();
        let mut digester = FileDigester::new(length as u64);
        content.chunks(piece).for_each(|piece| digester.update(piece));
        let digests = digester.finish();
        prop_assert_eq!(digests.sha256, Sha256::of(&content));
        prop_assert_eq!(digests.crc32, crc32fast::hash(&content));
        let chunks: Vec<_> = content.chunks(256 << 10).map(Sha256::of).collect();
        prop_assert_eq!(digests.chunks, chunks);
    }
}
