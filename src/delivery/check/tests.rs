use proptest::prelude::*;

use super::*;

const SIZE: usize = 16;

fn chunks(bytes: &[u8]) -> Chunks {
    let digests = bytes.chunks(SIZE).map(Sha256::of).collect();
    Chunks::new(bytes.len() as u64, SIZE as u64, digests).unwrap()
}

fn ask(body: &str, bytes: &[u8]) -> Result<Report, CheckError> {
    check(
        &Request::parse(body.as_bytes())?,
        Sha256::of(bytes),
        &chunks(bytes),
    )
}

fn hex(bytes: &[u8]) -> String {
    format!("\"{}\"", Sha256::of(bytes))
}

#[test]
fn wrong_and_absent_chunks_are_fetched_again() {
    let bytes = [5; 70];
    let good = hex(&bytes[..16]);
    let bad = hex(b"bad");
    let body = format!("{{\"chunk_size\":16,\"chunks\":[{good},{bad},null,{good}]}}");
    let report = ask(&body, &bytes).unwrap();
    assert_eq!(
        report.ranges,
        [
            Missing {
                first: 16,
                last: 47
            },
            Missing {
                first: 64,
                last: 69
            }
        ]
    );
    assert_eq!(
        (report.verified, report.missing, report.truncate),
        (32, 38, false)
    );
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["ranges"][1]["last"], 69);
    assert_eq!(json["sha256"], Sha256::of(&bytes).to_hex());
}

#[test]
fn a_whole_copy_needs_nothing_and_a_long_one_is_cut() {
    let bytes = [5; 20];
    let (first, last) = (hex(&bytes[..16]), hex(&bytes[16..]));
    let whole = ask(
        &format!("{{\"chunk_size\":16,\"chunks\":[{first},{last}]}}"),
        &bytes,
    )
    .unwrap();
    assert_eq!(
        (whole.verified, whole.missing, whole.truncate),
        (20, 0, false)
    );
    let long = ask(
        &format!("{{\"chunk_size\":16,\"chunks\":[{first},{last},null]}}"),
        &bytes,
    )
    .unwrap();
    assert_eq!((long.missing, long.truncate), (0, true));
    let long = ask(
        &format!("{{\"chunk_size\":16,\"chunks\":[{first},{last}],\"length\":21}}"),
        &bytes,
    )
    .unwrap();
    assert_eq!((long.missing, long.truncate), (0, true));
}

#[test]
fn a_length_alone_asks_for_the_rest() {
    let bytes = [5; 70];
    for (length, ranges, truncate) in [
        (0, vec![Missing { first: 0, last: 69 }], false),
        (
            33,
            vec![Missing {
                first: 33,
                last: 69,
            }],
            false,
        ),
        (70, vec![], false),
        (71, vec![], true),
        (u64::MAX, vec![], true),
    ] {
        let report = ask(&format!("{{\"length\":{length}}}"), &bytes).unwrap();
        assert_eq!(
            (report.ranges, report.truncate, report.verified),
            (ranges, truncate, 0)
        );
    }
    assert!(ask("{\"length\":0}", &[]).unwrap().ranges.is_empty());
}

#[test]
fn refusals_say_what_to_send() {
    let bytes = [5; 70];
    let incomplete = Err(CheckError::Incomplete { chunk_size: 16 });
    for body in [
        "{}",
        "{\"chunk_size\":16}",
        "{\"chunks\":[]}",
        "{\"chunk_size\":16,\"length\":3}",
    ] {
        assert_eq!(ask(body, &bytes), incomplete, "{body}");
    }
    let size = ask("{\"chunk_size\":8,\"chunks\":[]}", &bytes);
    assert_eq!(
        size,
        Err(CheckError::ChunkSize {
            expected: 16,
            found: 8
        })
    );
    let upper = format!("{{\"chunk_size\":16,\"chunks\":[\"{}\"]}}", "AB".repeat(32));
    for body in [
        "",
        "[]",
        "null",
        "{\"length\":-1}",
        "{\"length\":1.5}",
        "{\"length\":\"1\"}",
        "{\"more\":1}",
        "{\"length\":1,\"length\":2}",
        "{\"chunk_size\":16,\"chunks\":[1]}",
        "{\"length\":1} x",
        &upper,
    ] {
        assert_eq!(ask(body, &bytes), Err(CheckError::Malformed), "{body}");
    }
    assert_eq!(
        Request::parse(&vec![b' '; MAX_BODY + 1]),
        Err(CheckError::TooLong)
    );
}

proptest! {
    /// Fetching what the report lists makes any copy the file.
    #[test]
    fn a_repaired_copy_is_the_file(
        bytes in proptest::collection::vec(any::<u8>(), 0..100),
        damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        kept in 0_usize..120,
    ) {
        let mut copy = bytes.clone();
        copy.resize(kept, 0);
        for (at, value) in damage {
            if !copy.is_empty() {
                let at = at.index(copy.len());
                copy[at] = value;
            }
        }
        let hashes: Vec<String> = copy.chunks(SIZE).map(hex).collect();
        let body = format!("{{\"chunk_size\":16,\"chunks\":[{}]}}", hashes.join(","));
        let report = ask(&body, &bytes).unwrap();
        copy.resize(bytes.len(), 0);
        for Missing { first, last } in &report.ranges {
            let span = usize::try_from(*first).unwrap()..=usize::try_from(*last).unwrap();
            copy[span.clone()].copy_from_slice(&bytes[span]);
        }
        prop_assert_eq!(report.verified + report.missing, bytes.len() as u64);
        prop_assert_eq!(copy, bytes);
    }
}
