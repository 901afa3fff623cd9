//! Chance, digests, and the two caches: what they hold is what was put there,
//! or nothing.

use super::{Kept, fault, fresh, fresh_key, must, same};
use crate::{
    ports::{Sealed, World},
    trust::Sha256,
};

/// `Surroundings`.
pub async fn surroundings_contract<W: World>(world: &W) -> Kept {
    must(
        fresh(world)? != fresh(world)?,
        "chance gives other bytes each time",
    )?;
    let bytes: [u8; 16] = world.entropy().map_err(fault)?;
    must(bytes != [0; 16], "all the bytes are filled")?;
    for bytes in [vec![], vec![7; 100_000]] {
        let found = world.sha256(&bytes).await.map_err(fault)?;
        same(&found, &Sha256::of(&bytes), "SHA-256 is SHA-256")?;
    }
    let now = world.now();
    must(now > 1_700_000_000, "the clock counts seconds since 1970")
}

/// `Hot`.
pub async fn hot_contract<W: World>(world: &W) -> Kept {
    let key = fresh_key(world)?;
    let missing = world.hot_get(&fresh_key(world)?).await.map_err(fault)?;
    same(&missing, &None, "a value that was never put is none")?;
    for value in values() {
        world.hot_put(&key, &value, None).await.map_err(fault)?;
        let found = world.hot_get(&key).await.map_err(fault)?;
        must(
            found.is_none_or(|found| values().contains(&found)),
            "a value comes back whole with its seal, or not at all",
        )?;
    }
    let listed = world.hot_list(&key).await.map_err(fault)?;
    must(
        listed.iter().all(|listed| *listed == key),
        "a list has only keys that begin as asked",
    )?;
    for _ in 0..2 {
        world.hot_remove(&key).await.map_err(fault)?;
    }
    let last = world.hot_get(&key).await.map_err(fault)?;
    must(
        last.is_none_or(|found| values().contains(&found)),
        "what was removed is gone, or seen for a while",
    )
}

/// `Nearby`.
pub async fn nearby_contract<W: World>(world: &W) -> Kept {
    let key = fresh_key(world)?;
    let missing = world.nearby_get(&key).await.map_err(fault)?;
    same(&missing, &None, "a value that was never put is none")?;
    for value in values() {
        world.nearby_put(&key, &value, 60).await.map_err(fault)?;
        let found = world.nearby_get(&key).await.map_err(fault)?;
        must(
            found.is_none_or(|found| values().contains(&found)),
            "a value comes back whole with its seal, or not at all",
        )?;
    }
    let other = world.nearby_get(&fresh_key(world)?).await.map_err(fault)?;
    same(&other, &None, "another key has another value")
}

fn values() -> [Sealed; 2] {
    let sealed = |bytes: &[u8], seal: &str| Sealed {
        bytes: bytes.to_vec(),
        seal: seal.to_owned(),
    };
    [
        sealed(b"\0first\xff", "seal-1"),
        sealed(b"second", "seal-2"),
    ]
}
