//! Fast first, small later; one makes what many want; what a codec cannot do,
//! another format does.

use std::{
    pin::pin,
    task::{Context, Poll, Waker},
};

use super::{
    market::{Answered, Dress, Market, get},
    pictures::goods,
};
use crate::memory::Fault;

/// A picture without transparency, of which JPEG is the quickest.
const AUTO: &str = "/img/width=32,format=auto/alice/drop-7/flag.jpg";

fn market() -> Market {
    let market = Market::founded();
    market.publish(&goods());
    market
}

fn ask(market: &Market, url: &str, accept: &str) -> Answered {
    let answer = market.ask(get(url).field("accept", accept));
    assert_eq!(answer.status, 200, "{:?}", answer.verdict());
    answer
}

fn kind(answer: &Answered) -> &str {
    answer.header("content-type").unwrap()
}

fn status(answer: &Answered) -> &str {
    answer.header("cache-status").unwrap()
}

#[test]
fn the_quickest_is_answered_first_and_the_smallest_from_then_on() {
    let market = market();
    let accept = "image/avif,image/webp,*/*;q=0.8";
    let first = ask(&market, AUTO, accept);
    assert_eq!(kind(&first), "image/jpeg");
    assert!(status(&first).ends_with("detail=first"));
    market.world.settle();
    let later = ask(&market, AUTO, accept);
    assert_eq!(kind(&later), "image/webp", "AVIF is not deployed here");
    assert_eq!(status(&later), "dropgate-pop; hit; detail=refined");
    assert!(later.body.len() < first.body.len());
    assert_ne!(later.header("etag"), first.header("etag"));
    // In another data centre, too.
    market.forget_nearby();
    let far = ask(&market, AUTO, accept);
    assert_eq!((kind(&far), &far.body), ("image/webp", &later.body));
    // Who does not take it has the same picture in its own format.
    let plain = ask(&market, AUTO, "*/*");
    assert_eq!(kind(&plain), "image/jpeg");
}

#[test]
fn a_refinement_that_fails_leaves_the_first_answer_and_is_not_begun_for_ever() {
    let market = market();
    let first = ask(&market, AUTO, "image/webp,*/*");
    market.world.fail("encoder", Fault::Before);
    for _ in 0..5 {
        market.world.settle();
        market.forget_nearby();
        let again = ask(&market, AUTO, "image/webp,*/*");
        assert_eq!(kind(&again), "image/jpeg");
        assert!(again.body.len() <= first.body.len());
    }
    assert!(market.world.calls("encoder") <= 3);
}

#[test]
fn nobody_waits_for_what_is_made_smaller() {
    let market = market();
    ask(&market, AUTO, "image/webp,*/*");
    let at_desks = |name| market.world.calls(name);
    assert_eq!((at_desks("studio.now"), at_desks("studio.later")), (1, 0));
    market.world.settle();
    assert_eq!(at_desks("studio.now"), 1);
    assert!(at_desks("studio.later") > 0);
}

#[test]
fn a_refinement_that_gives_way_for_too_long_is_tried_again() {
    let market = market();
    market.world.fail("studio.later", Fault::Before);
    for _ in 0..5 {
        ask(&market, AUTO, "image/webp,*/*");
        market.world.settle();
    }
    market.world.heal();
    ask(&market, AUTO, "image/webp,*/*");
    market.world.settle();
    assert_eq!(kind(&ask(&market, AUTO, "image/webp,*/*")), "image/webp");
}

#[test]
fn a_format_that_no_module_can_write_now_is_answered_by_another() {
    let url = "/img/width=32,format=webp/alice/drop-7/picture.png";
    let market = market();
    market.world.fail("encoder", Fault::Before);
    let other = ask(&market, url, "*/*");
    assert_eq!(kind(&other), "image/png");
    market.world.heal();
    market.world.settle();
    let named = ask(&market, url, "*/*");
    assert_eq!(kind(&named), "image/webp");
    let mut without = self::market();
    without.config.formats = crate::media::negotiate::Formats::BUILT_IN;
    assert_eq!(kind(&ask(&without, url, "*/*")), "image/png");
}

#[test]
fn many_who_ask_at_once_are_answered_by_one_transform() {
    let market = market();
    // What the head of the marketplace takes is not what is counted.
    ask(&market, "/img/width=64/alice/drop-7/picture.png", "*/*");
    market.world.settle();
    market.world.heal();
    market.world.be_eager();
    let answers = at_once((0..200).map(|_| market.asked(get(AUTO))).collect());
    let made = |answer: &&Answered| status(answer).contains("dropgate-r2; fwd=miss");
    assert_eq!(answers.iter().filter(made).count(), 1);
    for answer in &answers {
        assert_eq!((answer.status, kind(answer)), (200, "image/jpeg"));
    }
    assert!(
        answers
            .iter()
            .any(|answer| status(answer).contains("collapsed"))
    );
    // The one transform, and its refinement.
    assert!(market.world.calls("store.get") <= 2);
}

#[test]
fn a_lease_that_is_never_given_back_ends() {
    let market = market();
    let lease = |market: &Market| {
        let question = crate::gate::book::Lease {
            name: "a".to_owned(),
            seconds: 10,
        };
        pollster::block_on(crate::ports::GateBook::ask(&market.world, &question)).unwrap()
    };
    assert!(lease(&market));
    assert!(!lease(&market));
    market.world.pass(10);
    assert!(lease(&market));
    let release = crate::gate::book::Release {
        name: "a".to_owned(),
    };
    pollster::block_on(crate::ports::GateBook::ask(&market.world, &release)).unwrap();
    assert!(lease(&market));
}

#[test]
fn a_book_that_fails_keeps_no_picture_from_being_made() {
    let market = market();
    ask(&market, "/img/width=64/alice/drop-7/picture.png", "*/*");
    market.world.fail("gate", Fault::Before);
    assert_eq!(kind(&ask(&market, AUTO, "*/*")), "image/jpeg");
}

/// Runs all of them, each a step at a time.
fn at_once(work: Vec<impl Future<Output = Answered>>) -> Vec<Answered> {
    let mut context = Context::from_waker(Waker::noop());
    let mut running: Vec<_> = work.into_iter().map(Box::pin).collect();
    let mut done = Vec::new();
    while !running.is_empty() {
        running.retain_mut(|work| match pin!(work).poll(&mut context) {
            Poll::Ready(answer) => {
                done.push(answer);
                false
            }
            Poll::Pending => true,
        });
    }
    done
}
