//! The books: order, one grant for one code, receipts that stay.

use super::{Kept, all, fault, fresh, must, same};
use crate::{
    evidence::ReceiptId,
    gate::{
        AddressHash, DeviceHash, Offer, RequestHash,
        book::{AddCampaign, CampaignRecord, Redeem, RedeemAnswer},
        code::{Campaign, CodeError, CodeHash, FAILURES_PER_ADDRESS, Holder},
    },
    ports::{LogName, Tip, World},
    trust::Sha256,
};

/// How many ask at once.
const CROWD: usize = 8;

/// `TrustBook`. The tip it finds is the tip it leaves, if there was one.
pub async fn trust_contract<W: World>(world: &W) -> Kept {
    let before = world.tip().await.map_err(fault)?;
    let first = Step::fresh(world)?;
    let moved = first.advance(world, before.as_ref()).await?;
    must(moved, "a tip that is as expected moves")?;
    let tip = world.tip().await.map_err(fault)?;
    same(&tip.as_ref(), &Some(&first.tip), "the tip is the new one")?;
    first.is_remembered(world, true).await?;

    let late = Step::fresh(world)?;
    for expected in [before.as_ref(), Some(&late.tip), None] {
        let moved = late.advance(world, expected).await?;
        must(!moved, "a tip that is not as expected stays")?;
    }
    let tip = world.tip().await.map_err(fault)?;
    same(&tip.as_ref(), &Some(&first.tip), "the tip has stayed")?;
    late.is_remembered(world, false).await?;

    let last = race(world, &first).await?;
    first.is_remembered(world, true).await?;
    if let Some(before) = before {
        let back = world.advance(Some(&last), &before, &[]).await;
        must(back.map_err(fault)?, "the tip goes where it is told")?;
    }
    Ok(())
}

/// Many advance from one tip at once: one of them does.
async fn race<W: World>(world: &W, from: &Step) -> Result<Tip, String> {
    let steps = (0..CROWD)
        .map(|_| Step::fresh(world))
        .collect::<Result<Vec<_>, _>>()?;
    let moves = all(steps
        .iter()
        .map(|step| step.advance(world, Some(&from.tip))))
    .await;
    let moves = moves.into_iter().collect::<Result<Vec<_>, _>>()?;
    let winners = moves.iter().filter(|moved| **moved).count();
    same(&winners, &1, "of many who advance at once one does")?;
    let tip = world.tip().await.map_err(fault)?;
    for (step, moved) in steps.iter().zip(moves) {
        let is_tip = tip.as_ref() == Some(&step.tip);
        must(
            is_tip == moved,
            "the tip is that of the one who was told so",
        )?;
        step.is_remembered(world, moved).await?;
    }
    tip.ok_or_else(|| "a tip does not vanish".to_owned())
}

/// A move of the tip with a file of its own.
struct Step {
    tip: Tip,
    file: (String, Sha256),
}

impl Step {
    fn fresh<W: World>(world: &W) -> Result<Self, String> {
        let mark = fresh(world)?;
        Ok(Self {
            tip: Tip {
                root: b"\0root\xff".to_vec(),
                timestamp: mark.0.to_vec(),
            },
            file: (format!("1.{mark}.json"), mark),
        })
    }

    async fn advance<W: World>(&self, world: &W, from: Option<&Tip>) -> Result<bool, String> {
        let files = std::slice::from_ref(&self.file);
        world.advance(from, &self.tip, files).await.map_err(fault)
    }

    async fn is_remembered<W: World>(&self, world: &W, wanted: bool) -> Kept {
        let (name, sha256) = &self.file;
        let found = world.metadata(name).await.map_err(fault)?;
        let wanted = wanted.then_some(*sha256);
        same(&found, &wanted, "files come with their tip, or not at all")
    }
}

/// `GateBook`.
pub async fn gate_contract<W: World>(world: &W) -> Kept {
    let code = CodeHash(fresh(world)?);
    let unknown = world.ask(&ask(world, code)?).await.map_err(fault)?;
    let refused = RedeemAnswer::Refused(CodeError::Unknown);
    same(&unknown, &refused, "a code nobody made is unknown")?;

    let draft = draft(world, code)?;
    must(
        world.ask(&draft).await.map_err(fault)?,
        "a campaign is added",
    )?;
    let crowd = (0..CROWD)
        .map(|_| ask(world, code))
        .collect::<Result<Vec<_>, _>>()?;
    let answers = all(crowd.iter().map(|request| world.ask(request))).await;
    let mut granted = Vec::new();
    for (request, answer) in crowd.iter().zip(answers) {
        match answer.map_err(fault)? {
            RedeemAnswer::Granted {
                jti,
                at,
                place,
                fresh: true,
                campaign,
            } => {
                same(
                    &*campaign,
                    &draft.record,
                    "a grant is what the campaign offers",
                )?;
                same(
                    &jti,
                    &request.jti,
                    "a fresh grant has the id that was asked for",
                )?;
                granted.push((request, jti, at, place));
            }
            other => {
                let spent = RedeemAnswer::Refused(CodeError::Spent);
                same(&other, &spent, "who comes second is told so")?;
            }
        }
    }
    let [(winner, jti, at, place)] = granted.as_slice() else {
        return Err(format!("one code gave {} grants", granted.len()));
    };
    must(
        !world.ask(&draft).await.map_err(fault)?,
        "a campaign is not added twice",
    )?;
    let again = Redeem {
        jti: fresh(world)?.to_hex(),
        ..(*winner).clone()
    };
    let answer = world.ask(&again).await.map_err(fault)?;
    let wanted = RedeemAnswer::Granted {
        jti: jti.clone(),
        at: *at,
        place: *place,
        fresh: false,
        campaign: Box::new(draft.record.clone()),
    };
    same(&answer, &wanted, "who asks again gets the same grant")?;
    throttle(world).await
}

/// Wrong codes from one place are counted, and only there.
async fn throttle<W: World>(world: &W) -> Kept {
    let good = CodeHash(fresh(world)?);
    world.ask(&draft(world, good)?).await.map_err(fault)?;
    let guess = ask(world, CodeHash(fresh(world)?))?;
    for _ in 0..FAILURES_PER_ADDRESS.burst {
        let answer = world.ask(&guess).await.map_err(fault)?;
        let refused = RedeemAnswer::Refused(CodeError::Unknown);
        same(&answer, &refused, "a few wrong codes are answered")?;
    }
    let mut from_there = ask(world, good)?;
    from_there.address = guess.address;
    let answer = world.ask(&from_there).await.map_err(fault)?;
    must(
        matches!(answer, RedeemAnswer::Throttled(seconds) if seconds > 0),
        "after many wrong codes a place has to wait",
    )?;
    let answer = world.ask(&ask(world, good)?).await.map_err(fault)?;
    must(
        matches!(answer, RedeemAnswer::Granted { fresh: true, .. }),
        "nobody else has to",
    )
}

/// Someone new asks for a code.
fn ask<W: World>(world: &W, code: CodeHash) -> Result<Redeem, String> {
    Ok(Redeem {
        code,
        by: Holder {
            device: DeviceHash(fresh(world)?),
            request: RequestHash(fresh(world)?),
        },
        address: AddressHash(fresh(world)?),
        jti: fresh(world)?.to_hex(),
    })
}

fn draft<W: World>(world: &W, code: CodeHash) -> Result<AddCampaign, String> {
    Ok(AddCampaign {
        record: CampaignRecord {
            rules: Campaign {
                id: fresh(world)?.to_hex(),
                offer: Offer {
                    lasts: 60,
                    ..Offer::default()
                },
                ..Campaign::default()
            },
            label: "Fair, \"stall 3\"".to_owned(),
            drop: "alice/drop-7".to_owned(),
        },
        codes: vec![code],
    })
}

/// `Ledger`.
pub async fn ledger_contract<W: World>(world: &W) -> Kept {
    let ids = (0..CROWD)
        .map(|_| world.entropy().map(ReceiptId::from_random).map_err(fault))
        .collect::<Result<Vec<_>, _>>()?;
    let notes: Vec<String> = ids.iter().map(|id| format!("note of {id}\n")).collect();
    let log = LogName::Deliveries;
    let written = ids.iter().zip(&notes);
    for outcome in all(written.map(|(id, note)| world.append(log, *id, note))).await {
        outcome.map_err(fault)?;
    }
    let mut places = std::collections::BTreeSet::new();
    for (id, note) in ids.iter().zip(&notes) {
        world
            .append(log, *id, "another note\n")
            .await
            .map_err(fault)?;
        let found = world.receipt(log, *id).await.map_err(fault)?;
        let found = found.ok_or("a receipt that was accepted is there")?;
        same(&&found.note, &note, "a receipt stays as it was")?;
        must(places.insert(found.index), "each has a place of its own")?;
        let elsewhere = world.receipt(LogName::Publish, *id).await.map_err(fault)?;
        same(&elsewhere, &None, "a receipt is in one log")?;
    }
    let id = world.entropy().map(ReceiptId::from_random).map_err(fault)?;
    let unknown = world.receipt(log, id).await.map_err(fault)?;
    same(&unknown, &None, "a receipt nobody wrote is none")
}
