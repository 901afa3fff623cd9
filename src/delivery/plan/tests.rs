use proptest::prelude::*;

use super::*;
use crate::delivery::chunks::MAX_CHUNK_SIZE;
use crate::delivery::range::{self, Selection, Unsatisfiable};

fn file(length: usize) -> Vec<u8> {
    (0..=u8::MAX)
        .cycle()
        .zip((0..=250).cycle())
        .map(|(a, b): (u8, u8)| a ^ b)
        .take(length)
        .collect()
}

fn entry(bytes: &[u8], size: usize) -> Entry {
    let digests = bytes.chunks(size).map(Sha256::of).collect();
    Entry {
        sha256: Sha256::of(bytes),
        chunks: Chunks::new(bytes.len() as u64, size as u64, digests).unwrap(),
    }
}

fn slice(bytes: &[u8], span: Span) -> &[u8] {
    span.of(bytes).unwrap()
}

fn size_of(length: u64) -> usize {
    usize::try_from(length).unwrap()
}

/// Follows a plan as the pump does: one read, then chunk after chunk of what
/// was read. `None` if a digest is not what it has to be.
fn follow(plan: &Plan, stored: &[u8]) -> Option<Vec<u8>> {
    let mut read = slice(stored, plan.fetch());
    let Plan::Checked(checked) = plan else {
        return Some(read.to_vec());
    };
    let mut sent = Vec::new();
    for step in checked.steps() {
        let (chunk, rest) = read.split_at(size_of(step.chunk.length()));
        read = rest;
        if Sha256::of(chunk) != step.expected {
            return None;
        }
        sent.extend_from_slice(slice(chunk, step.emit));
    }
    assert!(read.is_empty(), "bytes were read that no digest covers");
    Some(sent)
}

proptest! {
    /// For any manifest and any range, the plan's bytes are exactly the bytes
    /// asked for, and a flipped bit in any byte that was read is noticed.
    #[test]
    fn a_plan_sends_what_was_asked_and_checks_all_of_it(
        length in 0_usize..600,
        size in 1_usize..70,
        cut in (any::<prop::sample::Index>(), any::<prop::sample::Index>()),
        flip: prop::sample::Index,
    ) {
        let bytes = file(length);
        let length = length as u64;
        let entry = entry(&bytes, size);
        let (a, b) = (cut.0.index(bytes.len() + 1) as u64, cut.1.index(bytes.len() + 1) as u64);
        let wanted = Span::new(a.min(b), a.max(b)).unwrap();
        let stored = Stored { length, sha256: None };
        let plan = plan(&entry, wanted, stored, Verify::Auto).unwrap();

        prop_assert_eq!(plan.total(), wanted.length());
        prop_assert_eq!(follow(&plan, &bytes), Some(slice(&bytes, wanted).to_vec()));

        // No more is read than the chunks that hold the range.
        let fetch = plan.fetch();
        prop_assert!(fetch.length() < wanted.length() + 2 * size as u64);
        if !fetch.is_empty() {
            let mut damaged = bytes.clone();
            let at = size_of(fetch.start()) + flip.index(size_of(fetch.length()));
            damaged[at] ^= 1;
            prop_assert_eq!(follow(&plan, &damaged), None);
        }
    }

    /// The same from the header field to the last byte: whatever a client sends,
    /// the bytes that go out are those that the answer declares, in both modes.
    #[test]
    fn whatever_range_is_asked_for_the_declared_bytes_go_out(
        length in 0_usize..600,
        size in 1_usize..70,
        range in "bytes=([0-9]{0,3}-[0-9]{0,3})(,[0-9]{0,3}-[0-9]{0,3}){0,2}",
        is_vouched: bool,
        always: bool,
    ) {
        let bytes = file(length);
        let entry = entry(&bytes, size);
        let length = length as u64;
        let (wanted, declared) = match range::select(&range, length) {
            Err(Unsatisfiable) => return Ok(()),
            Ok(Selection::Whole) => (Span::whole(length), bytes.clone()),
            Ok(Selection::Part(span)) => (span, slice(&bytes, span).to_vec()),
        };
        let stored = Stored { length, sha256: is_vouched.then_some(entry.sha256) };
        let verify = if always { Verify::Always } else { Verify::Auto };
        let plan = plan(&entry, wanted, stored, verify).unwrap();
        prop_assert_eq!(plan.mode() == "bound", is_vouched && !always);
        prop_assert_eq!(plan.total(), declared.len() as u64);
        prop_assert_eq!(follow(&plan, &bytes), Some(declared));
    }

    #[test]
    fn a_bound_plan_reads_what_was_asked(length in 1_usize..600, at: prop::sample::Index) {
        let bytes = file(length);
        let length = length as u64;
        let entry = entry(&bytes, 64);
        let wanted = Span::new(at.index(bytes.len()) as u64, length).unwrap();
        let stored = Stored { length, sha256: Some(entry.sha256) };
        let plan = plan(&entry, wanted, stored, Verify::Auto).unwrap();
        prop_assert_eq!(plan.mode(), "bound");
        prop_assert_eq!(follow(&plan, &bytes), Some(slice(&bytes, wanted).to_vec()));
    }
}

#[test]
fn the_store_is_believed_only_where_it_vouches() {
    let bytes = file(100);
    let entry = entry(&bytes, 64);
    let whole = Span::whole(100);
    let vouched = Stored {
        length: 100,
        sha256: Some(entry.sha256),
    };
    let silent = Stored {
        length: 100,
        sha256: None,
    };
    let mode = |stored, verify| plan(&entry, whole, stored, verify).map(|plan| plan.mode());
    assert_eq!(mode(vouched, Verify::Auto), Ok("bound"));
    assert_eq!(mode(vouched, Verify::Always), Ok("checked"));
    assert_eq!(mode(silent, Verify::Auto), Ok("checked"));
    assert_eq!(mode(silent, Verify::Always), Ok("checked"));

    let other = Stored {
        sha256: Some(Sha256::of(b"other")),
        ..vouched
    };
    let short = Stored {
        length: 99,
        ..vouched
    };
    assert_eq!(mode(other, Verify::Auto), Err(PlanError::StoredDigest));
    assert_eq!(mode(other, Verify::Always), Err(PlanError::StoredDigest));
    assert_eq!(mode(short, Verify::Auto), Err(PlanError::StoredLength));
    let beyond = plan(&entry, Span::new(50, 101).unwrap(), vouched, Verify::Auto);
    assert_eq!(beyond, Err(PlanError::OutOfBounds));
}

#[test]
fn an_empty_file_has_no_chunks_and_no_steps() {
    let empty = entry(&[], 64);
    let stored = Stored {
        length: 0,
        sha256: None,
    };
    let plan = plan(&empty, Span::whole(0), stored, Verify::Always).unwrap();
    assert!(plan.fetch().is_empty());
    assert_eq!(follow(&plan, &[]), Some(Vec::new()));
}

#[test]
fn the_last_byte_of_a_huge_file_is_one_step() {
    let length = 10 << 30;
    let size = MAX_CHUNK_SIZE;
    let digests = vec![Sha256::of(b""); size_of(length / size)];
    let chunks = Chunks::new(length, size, digests).unwrap();
    let plan = CheckedPlan::new(&chunks, Span::new(length - 1, length).unwrap()).unwrap();
    let steps: Vec<Step> = plan.steps().collect();
    assert_eq!(steps.len(), 1);
    assert_eq!(steps[0].emit, Span::new(size - 1, size).unwrap());
    let whole = CheckedPlan::new(&chunks, Span::whole(length)).unwrap();
    assert_eq!(
        whole.steps().map(|step| step.emit.length()).sum::<u64>(),
        length
    );
}
