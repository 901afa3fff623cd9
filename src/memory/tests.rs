//! The world in memory keeps the contract; and what only it promises.

use std::{cell::Cell, rc::Rc};

use pollster::block_on;

use super::{Fault, Memory};
use crate::{
    contract,
    ports::{Hot, Sealed, Store, Surroundings, Tip, TrustBook},
};

const NOW: u64 = 1_795_377_600;

fn world() -> Memory {
    Memory::at(NOW)
}

#[test]
fn the_memory_keeps_the_contract() {
    let world = world();
    world.be_eager();
    block_on(contract::whole_contract(&world, |bytes| bytes)).unwrap();
    // Also a world that is not new.
    block_on(contract::whole_contract(&world, |bytes| bytes)).unwrap();
}

#[test]
fn a_broken_world_breaks_the_contract() {
    for port in [
        "crypto", "store", "hot", "nearby", "trust", "gate", "ledger",
    ] {
        let world = world();
        world.be_eager();
        world.fail(port, Fault::Before);
        let broken = block_on(contract::whole_contract(&world, |bytes| bytes));
        assert!(broken.unwrap_err().contains("switched to fail"), "{port}");
    }
}

#[test]
fn faults_are_counted_and_healed() {
    let world = world();
    let write = |key| block_on(world.write(key, b"x", ""));
    world.fail_nth("store.write", 2, Fault::Before);
    write("a").unwrap();
    assert_eq!(write("b").unwrap_err().port, "store");
    write("c").unwrap();
    assert_eq!(world.keys(), ["a", "c"]);
    world.fail("store", Fault::After);
    write("d").unwrap_err();
    assert_eq!(world.keys(), ["a", "c", "d"], "it happened all the same");
    assert!(block_on(world.head("a")).is_err());
    assert_eq!(world.calls("store.write"), 4);
    world.heal();
    write("e").unwrap();
    assert_eq!((world.calls("store"), world.calls("")), (1, 1));
}

#[test]
fn an_answer_that_is_lost_leaves_the_tip_moved() {
    let world = world();
    let tip = Tip {
        root: vec![1],
        timestamp: vec![2],
    };
    world.fail("trust.advance", Fault::After);
    block_on(world.advance(None, &tip, &[])).unwrap_err();
    assert_eq!(block_on(world.tip()).unwrap(), Some(tip));
}

#[test]
fn later_is_after_the_reply() {
    let world = world();
    let ran = Rc::new(Cell::new(0));
    let (seen, inner) = (ran.clone(), world.clone());
    world.later(async move {
        seen.set(1);
        let value = Sealed {
            bytes: vec![1],
            seal: String::new(),
        };
        inner.hot_put("k", &value, None).await.unwrap();
        let more = seen.clone();
        inner.later(async move { more.set(2) });
    });
    assert_eq!(ran.get(), 0);
    world.settle();
    assert_eq!(ran.get(), 2);
    assert!(block_on(world.hot_get("k")).unwrap().is_some());
}
