//! The store: objects that come in parts, lists, and what is removed.

use super::{Kept, fault, fresh, fresh_key, must, same};
use crate::{
    ports::{Listed, PartReceived, World},
    trust::Sha256,
};

/// R2 takes no part below 5 MiB but the last.
const PART: usize = 5 << 20;

/// `begin_parts`, `receive_part`, `join_parts`, `drop_parts`.
pub async fn parts_contract<W: World>(world: &W, body: impl Fn(Vec<u8>) -> W::Body) -> Kept {
    let key = fresh_key(world)?;
    let upload = world.begin_parts(&key).await.map_err(fault)?;
    let (first, last) = (vec![1; PART], vec![2; 1000]);
    let send = async |number: u16, bytes: &[u8], length: usize, sha256: Sha256| {
        let body = body(bytes.to_vec());
        let came = world.receive_part(&key, &upload, number, body, length as u64, sha256);
        came.await.map_err(fault)
    };
    let wrong = fresh(world)?;
    for (length, sha256) in [
        (1000, wrong),
        (1001, Sha256::of(&last)),
        (999, Sha256::of(&last)),
    ] {
        let came = send(2, &last, length, sha256).await?;
        same(&came, &PartReceived::Mismatch, "other bytes than announced")?;
    }
    let mut tags = Vec::new();
    // The last one first, and the first one twice: the later one counts.
    for (number, bytes) in [(2, &last), (1, &vec![9; PART]), (1, &first)] {
        match send(number, bytes, bytes.len(), Sha256::of(bytes)).await? {
            PartReceived::Stored(tag) => tags.push((number, tag)),
            other => return Err(format!("a part is taken: {other:?}")),
        }
    }
    let head = world.head(&key).await.map_err(fault)?;
    same(
        &head,
        &None,
        "an object is not there before its parts are joined",
    )?;
    let [last_part, replaced, first_part] = tags.as_slice() else {
        return Err("three parts".to_owned());
    };
    let parts = [replaced.clone(), last_part.clone()];
    let joined = world.join_parts(&key, &upload, &parts).await;
    same(
        &joined.map_err(fault)?,
        &false,
        "a part that was replaced is gone",
    )?;
    let parts = [first_part.clone(), last_part.clone()];
    let joined = world.join_parts(&key, &upload, &parts).await;
    same(
        &joined.map_err(fault)?,
        &true,
        "the parts become one object",
    )?;
    let whole = [first.as_slice(), &last].concat();
    let read = world.read(&key, whole.len() as u64).await.map_err(fault)?;
    must(
        read.is_some_and(|read| read.bytes == whole),
        "the object is its parts in order",
    )?;
    let head = world.head(&key).await.map_err(fault)?;
    let bound = head.and_then(|head| head.sha256);
    same(&bound, &None, "the store vouches for no digest of it")?;
    gone_contract(world, &body, &key, &upload).await
}

/// An upload that was joined, forgotten or never begun.
async fn gone_contract<W: World>(
    world: &W,
    body: &impl Fn(Vec<u8>) -> W::Body,
    key: &str,
    joined: &str,
) -> Kept {
    let forgotten = world.begin_parts(key).await.map_err(fault)?;
    world.drop_parts(key, &forgotten).await.map_err(fault)?;
    for upload in [joined, &forgotten] {
        let (bytes, sha256) = (vec![3; 10], Sha256::of(&[3; 10]));
        let came = world.receive_part(key, upload, 1, body(bytes), 10, sha256);
        same(
            &came.await.map_err(fault)?,
            &PartReceived::Gone,
            "no upload",
        )?;
        let part = (1, "tag".to_owned());
        let again = world.join_parts(key, upload, &[part]).await;
        same(&again.map_err(fault)?, &false, "no upload to join")?;
        world.drop_parts(key, upload).await.map_err(fault)?;
    }
    Ok(())
}

/// `list` and `remove`.
pub async fn list_contract<W: World>(world: &W) -> Kept {
    let folder = fresh_key(world)?;
    let keys: Vec<String> = (0..5).map(|at| format!("{folder}/{at}")).collect();
    for key in &keys {
        world.write(key, b"x", "").await.map_err(fault)?;
    }
    let prefix = format!("{folder}/");
    let names = |listed: Vec<Listed>| -> Vec<String> {
        listed.into_iter().map(|object| object.key).collect()
    };
    let list = async |after: &str, limit: u32| {
        let listed = world.list(&prefix, after, limit).await;
        listed.map(names).map_err(fault)
    };
    same(&list("", 1000).await?, &keys, "all of them, by key")?;
    let second = keys.get(1).cloned().unwrap_or_default();
    let next = keys.get(2..4).unwrap_or_default().to_vec();
    same(&list(&second, 2).await?, &next, "some, after a key")?;
    let listed = world.list(&prefix, "", 1).await.map_err(fault)?;
    let written = listed.first().map_or(0, |object| object.written);
    must(
        written.abs_diff(world.now()) <= 60,
        "a list knows when an object was written",
    )?;
    world.remove(&next).await.map_err(fault)?;
    world.remove(&next).await.map_err(fault)?;
    same(&list("", 1000).await?.len(), &3, "what is removed is gone")
}
