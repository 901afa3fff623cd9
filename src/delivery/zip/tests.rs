use std::io::{self, Read, Seek, SeekFrom};

use proptest::prelude::*;

use super::*;
use crate::delivery::chunks::Chunks;
use crate::delivery::plan::CheckedPlan;

/// An even second after 1980: every field can hold it.
const MODIFIED: u64 = 1_790_000_000;
const GIB: u64 = 1 << 30;

fn member(name: &str, bytes: &[u8]) -> Member {
    Member {
        name: name.to_owned(),
        length: bytes.len() as u64,
        crc32: crc32fast::hash(bytes),
        sha256: Sha256::of(bytes),
        modified: MODIFIED,
    }
}

/// A member whose bytes nobody will read.
fn sparse(name: &str, length: u64) -> Member {
    Member {
        length,
        ..member(name, &[])
    }
}

fn archive(files: &[(&str, &[u8])]) -> Archive {
    Archive::new(
        files
            .iter()
            .map(|(name, bytes)| member(name, bytes))
            .collect(),
    )
    .unwrap()
}

/// The bytes of a range, with `bytes_of` giving those of a file.
fn bytes_of_range(
    archive: &Archive,
    span: Span,
    bytes_of: impl Fn(usize, Span) -> Vec<u8>,
) -> Vec<u8> {
    let mut out = Vec::new();
    for segment in archive.segments(span) {
        let before = out.len();
        let length = segment.length();
        match segment {
            Segment::Literal(bytes) => out.extend(bytes),
            Segment::File { member, span } => out.extend(bytes_of(member, span)),
        }
        assert_eq!((out.len() - before) as u64, length);
        assert_ne!(length, 0, "an empty segment");
    }
    out
}

/// The bytes of a range, with every part of a file planned and checked in
/// chunks of 16 bytes.
fn read(archive: &Archive, span: Span, files: &[(&str, &[u8])]) -> Vec<u8> {
    bytes_of_range(archive, span, |index, span| {
        let bytes = files[index].1;
        let digests = bytes.chunks(16).map(Sha256::of).collect();
        let chunks = Chunks::new(bytes.len() as u64, 16, digests).unwrap();
        let steps = CheckedPlan::new(&chunks, span).unwrap().steps();
        let sent = steps.flat_map(|step| {
            let chunk = step.chunk.of(bytes).unwrap();
            assert_eq!(Sha256::of(chunk), step.expected);
            step.emit.of(chunk).unwrap()
        });
        sent.copied().collect()
    })
}

/// An archive as a file, for a reader that knows nothing of how it was made.
/// Files read as zeros, so that one larger than any disk can be opened.
struct Virtual<'a> {
    archive: &'a Archive,
    at: u64,
}

impl Read for Virtual<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let end = self
            .at
            .saturating_add(buffer.len() as u64)
            .min(self.archive.length());
        let span = Span::new(self.at.min(end), end).unwrap();
        let bytes = bytes_of_range(self.archive, span, |_, span| {
            vec![0; usize::try_from(span.length()).unwrap()]
        });
        buffer[..bytes.len()].copy_from_slice(&bytes);
        self.at += bytes.len() as u64;
        Ok(bytes.len())
    }
}

impl Seek for Virtual<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.archive.length().checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = target.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}

fn open(archive: &Archive) -> ::zip::ZipArchive<io::BufReader<Virtual<'_>>> {
    let file = io::BufReader::new(Virtual { archive, at: 0 });
    ::zip::ZipArchive::new(file).unwrap()
}

#[test]
fn another_reader_finds_every_file_with_its_bytes_and_facts() {
    let files: [(&str, &[u8]); 4] = [
        ("drop-7/cover.jpg", b"picture"),
        ("drop-7/empty", b""),
        ("drop-7/na\u{ef}ve \u{65e5}\u{672c}.txt", b"text"),
        ("licence", &[7; 5000]),
    ];
    let archive = archive(&files);
    let whole = read(&archive, Span::whole(archive.length()), &files);
    assert_eq!(whole.len() as u64, archive.length());
    let mut opened = ::zip::ZipArchive::new(io::Cursor::new(whole)).unwrap();
    assert_eq!(opened.len(), files.len());
    for (index, (name, bytes)) in files.iter().enumerate() {
        let mut entry = opened.by_index(index).unwrap();
        let mut got = Vec::new();
        // The reader checks the CRC at the end.
        entry.read_to_end(&mut got).unwrap();
        assert_eq!(got, *bytes);
        assert_eq!(entry.name().unwrap(), *name);
        assert_eq!(entry.unix_mode(), Some(0o100_644));
        assert_eq!(
            entry.last_modified().unwrap().to_string(),
            "2026-09-21 14:13:20"
        );
    }
}

#[test]
fn an_archive_without_files_is_the_end_record_alone() {
    let empty = archive(&[]);
    assert_eq!(empty.length(), 22);
    assert_eq!(open(&empty).len(), 0);
}

#[test]
fn a_small_archive_has_no_zip64_records() {
    let files: [(&str, &[u8]); 1] = [("a", b"b")];
    let archive = archive(&files);
    // Fixed parts, the name twice, the time twice, and the byte.
    assert_eq!(archive.length(), 30 + 1 + 9 + 1 + 46 + 1 + 9 + 22);
    let whole = read(&archive, Span::whole(archive.length()), &files);
    assert!(!whole.windows(4).any(|window| window == b"PK\x06\x06"));
}

#[test]
fn files_and_offsets_above_4_gib_are_found() {
    let archive = Archive::new(vec![
        sparse("one-byte-less", 0xffff_fffe),
        sparse("exactly-full", 0xffff_ffff),
        sparse("beyond", 5 * GIB),
        sparse("small-but-far", 3),
    ])
    .unwrap();
    let mut opened = open(&archive);
    let lengths: Vec<u64> = (0..4)
        .map(|index| opened.by_index_raw(index).unwrap().size())
        .collect();
    assert_eq!(lengths, [0xffff_fffe, 0xffff_ffff, 5 * GIB, 3]);
    // The reader's idea of where the data is, against ours.
    for index in 0..4 {
        let start = opened.by_index_raw(index).unwrap().data_start().unwrap();
        let at_start = Span::new(start, start + 1).unwrap();
        let want = Segment::File {
            member: index,
            span: Span::whole(1),
        };
        assert_eq!(archive.segments(at_start).collect::<Vec<_>>(), [want]);
    }
}

#[test]
fn seventy_thousand_files() {
    let members = (0..70_000)
        .map(|n| sparse(&format!("{n:05}"), n % 3))
        .collect();
    let archive = Archive::new(members).unwrap();
    let mut opened = open(&archive);
    assert_eq!(opened.len(), 70_000);
    assert_eq!(
        opened.by_index_raw(69_999).unwrap().name().unwrap(),
        "69999"
    );
    // The directory comes in batches, not in 70 000 pieces or in one.
    let pieces = archive.segments(Span::new(archive.central_at, archive.length()).unwrap());
    let lengths: Vec<u64> = pieces.map(|piece| piece.length()).collect();
    assert!(lengths.len() > 100 && lengths.len() < 1000);
    assert!(lengths.iter().all(|length| *length < 32 << 10));
}

#[test]
fn the_directory_counts_in_zip64_from_the_full_field_on() {
    let locator = |count: u64| {
        let members = (0..count).map(|n| sparse(&n.to_string(), 0)).collect();
        let archive = Archive::new(members).unwrap();
        archive.length - archive.end_at
    };
    assert_eq!(locator(65_534), 22);
    assert_eq!(locator(65_535), 22 + 20 + 56);
}

#[test]
fn names_mean_one_file_everywhere() {
    let refused =
        |names: &[&str]| Archive::new(names.iter().map(|name| sparse(name, 0)).collect()).err();
    for name in [
        "", "/a", "a/", "a//b", "../a", "a/../b", "./a", "a\\b", "c:a", "a\nb", "a\0",
    ] {
        assert_eq!(
            refused(&[name]),
            Some(ZipError::Name(name.to_owned())),
            "{name:?}"
        );
    }
    assert!(matches!(
        refused(&[&"a".repeat(MAX_NAME + 1)]),
        Some(ZipError::Name(_))
    ));
    assert_eq!(
        refused(&["a", "b", "a"]),
        Some(ZipError::Duplicate("a".to_owned()))
    );
    assert_eq!(
        refused(&["Read.me", "read.me"]),
        Some(ZipError::Duplicate("read.me".to_owned()))
    );
    assert_eq!(refused(&["a/b", "a/c"]), None);
    let long = vec![sparse("a", u64::MAX - 10), sparse("b", 11)];
    assert_eq!(Archive::new(long).err(), Some(ZipError::Length));
    let many = (0..=MAX_MEMBERS)
        .map(|n| sparse(&n.to_string(), 0))
        .collect();
    assert_eq!(
        Archive::new(many).err(),
        Some(ZipError::Members(MAX_MEMBERS + 1))
    );
}

#[test]
fn the_tag_follows_everything_that_determines_the_bytes() {
    let base = member("a", b"b");
    let tag = |member: Member| Archive::new(vec![member]).unwrap().etag().clone();
    assert_eq!(tag(base.clone()), tag(base.clone()));
    for other in [
        Member {
            name: "b".to_owned(),
            ..base.clone()
        },
        Member {
            length: 2,
            ..base.clone()
        },
        Member {
            crc32: 0,
            ..base.clone()
        },
        Member {
            sha256: Sha256::of(b""),
            ..base.clone()
        },
        Member {
            modified: 0,
            ..base.clone()
        },
    ] {
        assert_ne!(tag(other), tag(base.clone()));
    }
    let two = |first: &str, second: &str| {
        Archive::new(vec![sparse(first, 0), sparse(second, 0)])
            .unwrap()
            .etag()
            .clone()
    };
    assert_ne!(two("a", "b"), two("b", "a"));
}

#[test]
fn times_outside_a_field_are_clamped_or_left_out() {
    for modified in [0, 315_532_799, 2_147_483_648, 4_354_819_199, u64::MAX] {
        let archive = Archive::new(vec![Member {
            modified,
            ..sparse("a", 1)
        }])
        .unwrap();
        assert_eq!(open(&archive).len(), 1, "{modified}");
        let whole = read(&archive, Span::whole(archive.length()), &[("a", b"x")]);
        assert_eq!(whole.len() as u64, archive.length(), "{modified}");
    }
}

#[test]
fn bytes_past_the_end_are_not_there() {
    let archive = archive(&[("a", b"b")]);
    let end = archive.length();
    assert_eq!(
        archive.segments(Span::new(end, end + 5).unwrap()).count(),
        0
    );
    assert_eq!(archive.segments(Span::new(9, 9).unwrap()).count(), 0);
    let last: Vec<Segment> = archive
        .segments(Span::new(end - 1, end + 5).unwrap())
        .collect();
    assert_eq!(last, [Segment::Literal(vec![0])]);
}

proptest! {
    /// However an archive is cut into ranges, together they are the archive.
    #[test]
    fn ranges_put_together_are_the_whole(
        lengths in proptest::collection::vec(0_usize..40, 0..8),
        cuts in proptest::collection::vec(any::<prop::sample::Index>(), 0..12),
    ) {
        let contents: Vec<(String, Vec<u8>)> = (0_u8..)
            .zip(&lengths)
            .map(|(n, length)| (format!("drop/{n}"), vec![n; *length]))
            .collect();
        let files: Vec<(&str, &[u8])> =
            contents.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
        let archive = archive(&files);
        let whole = read(&archive, Span::whole(archive.length()), &files);
        prop_assert_eq!(whole.len() as u64, archive.length());
        prop_assert!(::zip::ZipArchive::new(io::Cursor::new(&whole)).is_ok());

        let mut edges: Vec<u64> = cuts.iter().map(|cut| cut.index(whole.len() + 1) as u64).collect();
        edges.extend([0, archive.length()]);
        edges.sort_unstable();
        let mut joined = Vec::new();
        for pair in edges.windows(2) {
            joined.extend(read(&archive, Span::new(pair[0], pair[1]).unwrap(), &files));
        }
        prop_assert_eq!(joined, whole);
    }
}
