//! The store: what is missing, what is a fault, and which bytes go out.

use std::{cell::Cell, ops::ControlFlow, rc::Rc};

use super::{Kept, fault, fresh, fresh_key, must, same};
use crate::{
    delivery::{
        Span,
        chunks::Chunks,
        plan::{Entry, Verify},
    },
    ports::{Handed, ObjectHead, Part, Received, Sealed, SendError, Tell, World},
    trust::Sha256,
};

/// The chunks of the files here; small, so that a few are quick.
const CHUNK: usize = 1000;
/// Two whole chunks and a part of one.
const LENGTH: usize = 2500;
/// More than any body here.
const LIMIT: usize = 1 << 20;

/// `head`, `read`, `write`, `receive`, `collect`.
pub async fn store_contract<W: World>(world: &W, body: impl Fn(Vec<u8>) -> W::Body) -> Kept {
    let key = fresh_key(world)?;
    let head = world.head(&key).await.map_err(fault)?;
    same(&head, &None, "an object nobody wrote has no head")?;
    let read = world.read(&key, 10).await.map_err(fault)?;
    same(&read, &None, "an object nobody wrote cannot be read")?;

    for (bytes, seal) in [
        (&b"\0one\xff"[..], "seal"),
        (b"three", ""),
        (b"", "of nothing"),
    ] {
        world.write(&key, bytes, seal).await.map_err(fault)?;
        let head = world.head(&key).await.map_err(fault)?;
        let size = head.map(|head| head.size);
        same(&size, &Some(bytes.len() as u64), "a head knows the size")?;
        let read = world.read(&key, bytes.len() as u64).await.map_err(fault)?;
        let written = Sealed {
            bytes: bytes.to_vec(),
            seal: seal.to_owned(),
        };
        same(&read, &Some(written), "what was written is read at once")?;
    }
    world.write(&key, b"12345", "").await.map_err(fault)?;
    must(
        world.read(&key, 4).await.is_err(),
        "an object larger than the limit is a fault",
    )?;
    receive_contract(world, &body).await?;
    collect_contract(world, &body).await
}

async fn receive_contract<W: World>(world: &W, body: &impl Fn(Vec<u8>) -> W::Body) -> Kept {
    let bytes = pattern();
    let length = bytes.len() as u64;
    let (right, wrong) = (Sha256::of(&bytes), fresh(world)?);
    let key = fresh_key(world)?;
    for (announced, sha256) in [(length, wrong), (length + 1, right), (length - 1, right)] {
        let came = world.receive(&key, body(bytes.clone()), announced, sha256);
        let came = came.await.map_err(fault)?;
        same(&came, &Received::Mismatch, "other bytes than announced")?;
        let head = world.head(&key).await.map_err(fault)?;
        same(&head, &None, "what was not as announced is not stored")?;
    }
    let came = world.receive(&key, body(bytes.clone()), length, right);
    same(
        &came.await.map_err(fault)?,
        &Received::Stored,
        "these bytes",
    )?;
    let bound = Some(ObjectHead {
        size: length,
        sha256: Some(right),
    });
    let head = world.head(&key).await.map_err(fault)?;
    same(&head, &bound, "the store vouches for the digest")?;

    let came = world.receive(&key, body(vec![0; LENGTH]), length, right);
    same(&came.await.map_err(fault)?, &Received::Mismatch, "others")?;
    let head = world.head(&key).await.map_err(fault)?;
    same(&head, &bound, "a refused upload leaves what was there")?;

    let key = fresh_key(world)?;
    let came = world.store_empty(&key, wrong).await.map_err(fault)?;
    same(&came, &Received::Mismatch, "nothing is not this")?;
    let head = world.head(&key).await.map_err(fault)?;
    same(&head, &None, "what was not as announced is not stored")?;
    let came = world.store_empty(&key, Sha256::of(&[])).await;
    same(&came.map_err(fault)?, &Received::Stored, "nothing")?;
    let size = world.head(&key).await.map_err(fault)?.map(|head| head.size);
    same(&size, &Some(0), "an empty object is there")
}

async fn collect_contract<W: World>(world: &W, body: &impl Fn(Vec<u8>) -> W::Body) -> Kept {
    let bytes = pattern();
    for (limit, wanted) in [
        (LENGTH, Some(bytes.clone())),
        (LENGTH + 1, Some(bytes.clone())),
        (LENGTH - 1, None),
    ] {
        let found = world.collect(body(bytes.clone()), limit).await;
        let found = found.map_err(fault)?;
        must(found == wanted, "a body is collected up to its limit")?;
    }
    Ok(())
}

/// `send`.
pub async fn send_contract<W: World>(world: &W, body: impl Fn(Vec<u8>) -> W::Body) -> Kept {
    let bytes = pattern();
    let (bound, unbound) = (fresh_key(world)?, fresh_key(world)?);
    let came = world.receive(
        &bound,
        body(bytes.clone()),
        LENGTH as u64,
        Sha256::of(&bytes),
    );
    same(
        &came.await.map_err(fault)?,
        &Received::Stored,
        "these bytes",
    )?;
    world.write(&unbound, &bytes, "").await.map_err(fault)?;

    for (start, end) in [
        (0, LENGTH),
        (1, 2),
        (999, 2001),
        (1000, 2000),
        (LENGTH, LENGTH),
    ] {
        for (key, verify, mode) in [
            (&bound, Verify::Auto, "bound"),
            (&bound, Verify::Always, "checked"),
            (&unbound, Verify::Auto, "checked"),
        ] {
            let parts = vec![
                Part::Bytes(b"before ".to_vec()),
                part(key, &bytes, start, end)?,
                Part::Bytes(b" between ".to_vec()),
                part(key, &bytes, start, end)?,
                Part::Bytes(Vec::new()),
            ];
            let file = bytes.get(start..end).unwrap_or_default();
            let wanted = [b"before ", file, b" between ", file].concat();
            let sent = Sent::of(world, parts, verify).await;
            let sent = sent.map_err(|error| format!("{mode}: {error:?}"))?;
            same(&sent.mode, &mode, "it says how the bytes were checked")?;
            must(
                sent.bytes.as_ref() == Some(&wanted),
                "the wanted bytes go out",
            )?;
            must(sent.is_done, "whoever got all of it is known to have it")?;
        }
    }
    refused_contract(world, &bound, &unbound).await
}

/// What is not the signed file does not go out.
async fn refused_contract<W: World>(world: &W, bound: &str, unbound: &str) -> Kept {
    let bytes = pattern();
    let mut first = bytes.clone();
    let mut last = bytes.clone();
    for (spoilt, at) in [(&mut first, 0), (&mut last, LENGTH - 1)] {
        if let Some(byte) = spoilt.get_mut(at) {
            *byte ^= 1;
        }
    }
    for (key, signed) in [
        (bound, &first),
        (bound, &last),
        (unbound, &first),
        (unbound, &bytes.iter().copied().chain([0]).collect()),
    ] {
        let parts = vec![part(key, signed, 0, LENGTH)?];
        let sent = Sent::of(world, parts, Verify::Auto).await;
        let mismatch = matches!(sent, Err(SendError::Mismatch));
        must(mismatch, "what is known to be other bytes is refused")?;
    }
    let absent = vec![part(&fresh_key(world)?, &bytes, 0, LENGTH)?];
    let sent = Sent::of(world, absent, Verify::Auto).await;
    must(
        matches!(sent, Err(SendError::Missing)),
        "what is not there is missing",
    )?;

    // Known to be wrong only after the first chunk went out.
    let parts = vec![part(unbound, &last, 0, LENGTH)?];
    let sent = Sent::of(world, parts, Verify::Auto).await;
    let sent = sent.map_err(|error| format!("the first chunk is good: {error:?}"))?;
    sent.is_cut_short(&bytes, 2 * CHUNK)?;
    let parts = vec![
        part(bound, &bytes, 0, LENGTH)?,
        part(&fresh_key(world)?, &bytes, 0, LENGTH)?,
    ];
    let sent = Sent::of(world, parts, Verify::Auto).await;
    let sent = sent.map_err(|error| format!("the first file is good: {error:?}"))?;
    sent.is_cut_short(&bytes, LENGTH)
}

/// A body that went out, and what its reader had of it.
struct Sent {
    mode: &'static str,
    /// None if the body broke off with an error.
    bytes: Option<Vec<u8>>,
    is_done: bool,
}

impl Sent {
    async fn of<W: World>(world: &W, parts: Vec<Part>, verify: Verify) -> Result<Self, SendError> {
        let is_done = Rc::new(Cell::new(false));
        let tell = is_done.clone();
        let sending = world
            .send(parts, verify, Tell::Always, move |handed| {
                tell.set(handed == Handed::Whole);
            })
            .await?;
        let bytes = world.collect(sending.body, LIMIT).await.unwrap_or(None);
        // The work after the reply has a few turns to come to its end.
        for _ in 0..10 {
            world.head("contract/nothing").await?;
        }
        Ok(Self {
            mode: sending.mode,
            bytes,
            is_done: is_done.get(),
        })
    }

    /// At most `most` bytes of `whole` went out, and nobody was told of all.
    fn is_cut_short(&self, whole: &[u8], most: usize) -> Kept {
        must(!self.is_done, "a body that was cut short is not done")?;
        let is_beginning = self
            .bytes
            .as_ref()
            .is_none_or(|bytes| bytes.len() <= most && whole.starts_with(bytes));
        must(is_beginning, "what goes out is signed")
    }
}

/// `feed`.
pub async fn feed_contract<W: World>(world: &W) -> Kept {
    let bytes = pattern();
    let key = fresh_key(world)?;
    let missing = feed(world, &key, &bytes, usize::MAX).await?;
    same(&missing.1, &Err(SendError::Missing), "nothing to read")?;
    world.write(&key, &bytes, "").await.map_err(fault)?;
    let (fed, outcome) = feed(world, &key, &bytes, usize::MAX).await?;
    same(&outcome, &Ok(()), "a file is read")?;
    must(fed == bytes, "all of it, in order")?;
    let (fed, outcome) = feed(world, &key, &bytes, 1).await?;
    same(&outcome, &Ok(()), "who has enough may stop")?;
    must(
        bytes.starts_with(&fed) && fed.len() <= CHUNK,
        "and is given no more",
    )?;

    let mut spoilt = bytes.clone();
    if let Some(byte) = spoilt.get_mut(CHUNK) {
        *byte ^= 1;
    }
    let (fed, outcome) = feed(world, &key, &spoilt, usize::MAX).await?;
    same(
        &outcome,
        &Err(SendError::Mismatch),
        "other bytes are found out",
    )?;
    must(
        bytes.starts_with(&fed) && fed.len() <= CHUNK,
        "before they are used",
    )?;

    let key = fresh_key(world)?;
    world.write(&key, &[], "").await.map_err(fault)?;
    let (fed, outcome) = feed(world, &key, &[], usize::MAX).await?;
    same(
        &(fed, outcome),
        &(Vec::new(), Ok(())),
        "an empty file is read",
    )
}

/// Reads a file until there is `enough` of it.
async fn feed<W: World>(
    world: &W,
    key: &str,
    signed: &[u8],
    enough: usize,
) -> Result<(Vec<u8>, Result<(), SendError>), String> {
    let mut fed = Vec::new();
    let each = |chunk: &[u8]| {
        fed.extend_from_slice(chunk);
        if fed.len() < enough {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    };
    let outcome = world.feed(key, &entry(signed)?, each).await;
    Ok((fed, outcome))
}

fn pattern() -> Vec<u8> {
    (0..=250).cycle().take(LENGTH).collect()
}

/// The file that `bytes` are, as its creator would sign it.
fn entry(bytes: &[u8]) -> Result<Entry, String> {
    let digests = bytes.chunks(CHUNK).map(Sha256::of).collect();
    let chunks = Chunks::new(bytes.len() as u64, CHUNK as u64, digests);
    Ok(Entry {
        sha256: Sha256::of(bytes),
        chunks: chunks.map_err(|error| error.to_string())?,
    })
}

fn part(key: &str, signed: &[u8], start: usize, end: usize) -> Result<Part, String> {
    let span = Span::new(start as u64, end as u64).ok_or("a span runs forwards")?;
    Ok(Part::File {
        key: key.to_owned(),
        entry: entry(signed)?,
        span,
    })
}
