//! The sweep takes what no manifest names, and nothing else, whatever happens
//! at the same time.

use std::{future::poll_fn, pin::pin, task::Poll};

use pollster::block_on;

use super::market::{COVER, Goods, HOUR, Market, get};
use crate::{
    gate::book::ClaimFiles,
    memory::Fault,
    ports::{GateBook, Surroundings},
    trust::{Access, DropPath},
};

const DAY: u64 = 24 * HOUR;

fn goods(drop: &str, text: &str) -> Goods {
    Goods::new(drop).with("cover.txt", Access::Public, text.as_bytes().to_vec())
}

fn key(goods: &Goods) -> String {
    format!("targets/{}", goods.files[0].0.stored_name())
}

impl Market {
    /// As the timer does it, at a later time.
    pub fn sweep_after(&self, seconds: u64) -> usize {
        self.world.pass(seconds);
        self.keep_fresh().unwrap();
        self.sweep()
    }

    fn has(&self, goods: &Goods) -> bool {
        self.world.object(&key(goods)).is_some()
    }
}

#[test]
fn what_no_manifest_names_goes_after_a_day_and_what_one_names_stays() {
    let market = Market::open();
    let orphan = goods("alice/drop-7", "never published");
    let stranger = goods("bob/never", "a drop that never came");
    market.upload(&orphan);
    market.upload(&stranger);
    assert_eq!(market.sweep_after(23 * HOUR), 0, "they may be on their way");
    assert_eq!(market.sweep_after(2 * HOUR), 0, "now they are marked");
    assert_eq!(market.sweep_after(23 * HOUR), 0);
    assert_eq!(market.sweep_after(2 * HOUR), 2, "marked for a day");
    assert!(!market.has(&orphan) && !market.has(&stranger));
    assert_eq!(market.sweep_after(2 * DAY), 0);
    assert_eq!(market.ask(get(COVER)).status, 200);
}

#[test]
fn the_files_of_a_retired_drop_or_of_an_old_version_go_a_day_later() {
    let market = Market::founded();
    let (first, second) = (goods("alice/drop-7", "one"), goods("alice/drop-7", "two"));
    market.publish(&first);
    market.sweep_after(30 * DAY);
    market.publish(&second);
    assert_eq!(market.sweep_after(HOUR), 0, "a day from now, however old");
    assert!(market.has(&first));
    assert_eq!(market.sweep_after(DAY), 1);
    assert!(!market.has(&first) && market.has(&second));
    market.retire(&DropPath::parse("alice/drop-7").unwrap());
    market.sweep_after(HOUR);
    assert_eq!(market.sweep_after(DAY), 1);
    assert!(!market.has(&second));
}

#[test]
fn a_drop_whose_chain_does_not_stand_keeps_its_files() {
    type Spoil = fn(&Market);
    let spoilt: [(&str, Spoil); 3] = [
        ("a lost manifest", |market| market.world.lose("metadata/")),
        ("spoilt metadata", |market| {
            market
                .world
                .spoil("metadata/", |object| object.bytes.push(b' '));
        }),
        ("a store that fails", |market| {
            market.world.fail("store.read", Fault::Before);
        }),
    ];
    for (what, spoil) in spoilt {
        let market = Market::open();
        let files = market.world.keys();
        let files = files.iter().filter(|key| key.starts_with("targets/"));
        let files: Vec<&String> = files.collect();
        spoil(&market);
        for _ in 0..4 {
            market.world.pass(DAY);
            let elsewhere = market.elsewhere();
            let _ = elsewhere.keep_fresh();
            let _ = elsewhere.try_sweep();
        }
        assert!(
            files.iter().all(|key| market.world.object(key).is_some()),
            "{what}"
        );
    }
    // An expired manifest still names its files: it can be signed again.
    let market = Market::founded();
    let mut short = goods("alice/drop-7", "short");
    short.expires = market.world.now() + DAY;
    market.publish(&short);
    for _ in 0..4 {
        assert_eq!(market.sweep_after(2 * DAY), 0);
    }
    assert!(market.has(&short));
}

#[test]
fn a_file_that_is_claimed_is_safe_and_a_condemned_one_cannot_be_claimed() {
    let market = Market::founded();
    let goods = goods("alice/drop-7", "late");
    market.upload(&goods);
    market.sweep_after(DAY);
    let claim = || {
        block_on(market.world.ask(&ClaimFiles {
            keys: vec![key(&goods)],
        }))
        .unwrap()
    };
    market.world.pass(DAY);
    assert!(claim(), "just in time");
    assert_eq!(market.sweep_after(0), 0);
    assert!(market.has(&goods));
    // The sweep dies between condemning and removing.
    market.world.pass(DAY);
    market.keep_fresh().unwrap();
    market.world.fail_nth("store.remove", 1, Fault::Before);
    assert!(market.try_sweep().is_err());
    assert!(!claim());
    let refused = market.ask(market.submission(&goods));
    assert_eq!(refused.verdict(), (409, "version-conflict".to_owned()));
    // The next one waits until no removal can be under way, and finishes it.
    assert_eq!(market.sweep_after(60), 0);
    assert!(market.has(&goods));
    market.sweep_after(HOUR);
    assert!(!market.has(&goods));
    assert!(claim());
    let missing = market.ask(market.submission(&goods));
    assert_eq!(missing.verdict(), (422, "file-not-uploaded".to_owned()));
    market.publish(&goods);
    assert_eq!(market.sweep_after(2 * DAY), 0);
    assert!(market.has(&goods));
}

/// Runs both at the same time; what the first comes to.
async fn together<A, B>(first: impl Future<Output = A>, second: impl Future<Output = B>) -> A {
    let (mut first, mut second) = (pin!(first), pin!(second));
    let (mut done, mut is_over) = (None, false);
    poll_fn(|context| {
        if done.is_none()
            && let Poll::Ready(answer) = first.as_mut().poll(context)
        {
            done = Some(answer);
        }
        is_over = is_over || second.as_mut().poll(context).is_ready();
        match done.take() {
            Some(answer) if is_over => Poll::Ready(answer),
            other => {
                done = other;
                Poll::Pending
            }
        }
    })
    .await
}

/// A publish and sweeps in every order: what is published is there.
#[test]
fn no_interleaving_of_a_publish_and_sweeps_loses_a_named_file() {
    for first in 0..4_u64 {
        for second in 0..4_u64 {
            let market = Market::founded();
            let goods = goods("alice/drop-7", "raced");
            market.upload(&goods);
            market.sweep_after(DAY + first * 13 * HOUR);
            market.sweep_after(second * 13 * HOUR);
            // The command line's loop: upload, submit, and again when told so.
            for _ in 0..3 {
                market.upload(&goods);
                let sweep = async {
                    let _ = crate::app::sweep(&market.desk()).await;
                    crate::app::sweep(&market.desk()).await
                };
                let publish = market.asked(market.submission(&goods));
                if block_on(together(publish, sweep)).status == 200 {
                    break;
                }
            }
            for _ in 0..4 {
                market.sweep_after(DAY);
            }
            let is_named = market.ask(get(COVER)).status == 200;
            assert!(is_named && market.has(&goods), "{first} {second}");
        }
    }
}

#[test]
fn a_long_store_is_swept_in_stretches() {
    let market = Market::founded();
    let goods: Vec<Goods> = (0..250)
        .map(|at| goods(&format!("alice/drop-{at}"), "orphan"))
        .collect();
    for goods in &goods {
        market.upload(goods);
    }
    market.world.pass(DAY);
    let pass = || (0..4).map(|_| market.sweep_after(60)).sum::<usize>();
    assert_eq!(pass(), 0);
    market.world.pass(DAY);
    assert_eq!(pass(), 250);
    assert!(
        market
            .world
            .keys()
            .iter()
            .all(|key| !key.starts_with("targets/"))
    );
}
