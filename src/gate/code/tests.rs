//! Codes through their life.

use super::*;
use crate::gate::private::Salt;
use proptest::prelude::*;

fn holder(device: &str, request: &str) -> Holder {
    let salt = Salt::new([9; 32]);
    Holder {
        device: salt.device(device),
        request: salt.request(request),
    }
}

fn asks(device: &str, request: &str, jti: &str) -> Redemption {
    Redemption {
        by: holder(device, request),
        jti: jti.to_owned(),
        redeemed_before: 0,
    }
}

fn granted(jti: &str, at: u64, fresh: bool) -> Outcome {
    Outcome::Granted {
        jti: jti.to_owned(),
        at,
        fresh,
    }
}

fn market() -> Campaign {
    Campaign {
        id: "lisbon".to_owned(),
        from: Some(100),
        until: Some(200),
        per_device: Some(1),
        ..Campaign::default()
    }
}

#[test]
fn one_code_is_one_grant_for_one_holder() {
    let campaign = market();
    let (row, first) = redeem(
        CodeRow::issued("lisbon"),
        &campaign,
        asks("phone", "r1", "j1"),
        150,
    );
    assert_eq!(first, granted("j1", 150, true));
    // The same device, and the same attempt after its cookie was lost, also late.
    for (device, request, now) in [
        ("phone", "r2", 151),
        ("other", "r1", 152),
        ("phone", "r1", 9999),
    ] {
        let (same, again) = redeem(row.clone(), &campaign, asks(device, request, "j2"), now);
        assert_eq!((same, again), (row.clone(), granted("j1", 150, false)));
    }
    let (same, other) = redeem(row.clone(), &campaign, asks("laptop", "r3", "j3"), 153);
    assert_eq!((same, other), (row, Outcome::Refused(CodeError::Spent)));
}

#[test]
fn a_campaign_has_its_window_its_device_limit_and_its_end() {
    let campaign = market();
    let fresh = || CodeRow::issued("lisbon");
    let refused = |campaign: &Campaign, request: Redemption, now| match redeem(
        fresh(),
        campaign,
        request,
        now,
    ) {
        (row, Outcome::Refused(error)) => {
            assert_eq!(row, fresh(), "a refusal changes nothing");
            error
        }
        (_, outcome) => panic!("{outcome:?}"),
    };
    assert_eq!(
        refused(&campaign, asks("p", "r", "j"), 99),
        CodeError::TooEarly(100)
    );
    assert_eq!(
        refused(&campaign, asks("p", "r", "j"), 200),
        CodeError::TooLate(200)
    );
    let second = Redemption {
        redeemed_before: 1,
        ..asks("p", "r", "j")
    };
    assert_eq!(refused(&campaign, second, 150), CodeError::DeviceLimit(1));
    let over = Campaign {
        voided: true,
        ..campaign
    };
    assert_eq!(refused(&over, asks("p", "r", "j"), 150), CodeError::Revoked);
}

#[test]
fn a_reservation_keeps_others_out_and_lapses() {
    let campaign = market();
    let (row, kept) = reserve(
        CodeRow::issued("lisbon"),
        &campaign,
        holder("phone", "r1"),
        0,
        110,
    );
    assert_eq!(kept, Ok(()));
    let (row, outcome) = redeem(row, &campaign, asks("laptop", "r2", "j2"), 111);
    assert_eq!(
        outcome,
        Outcome::Refused(CodeError::Held { until: 110 + HOLD })
    );
    let (_, outcome) = redeem(row.clone(), &campaign, asks("phone", "r3", "j3"), 112);
    assert_eq!(outcome, granted("j3", 112, true));
    let open = Campaign::default();
    let (spent, outcome) = redeem(row, &open, asks("laptop", "r2", "j2"), 110 + HOLD);
    assert_eq!(outcome, granted("j2", 110 + HOLD, true));
    let (same, late) = reserve(spent.clone(), &open, holder("phone", "r1"), 0, 2000);
    assert_eq!((same, late), (spent.clone(), Err(CodeError::Spent)));
    assert_eq!(
        reserve(spent, &open, holder("laptop", "r9"), 0, 2000).1,
        Ok(())
    );
}

#[test]
fn a_revoked_code_stays_so_and_names_its_grant() {
    let open = Campaign::default();
    let (row, _) = redeem(CodeRow::issued("c"), &open, asks("phone", "r1", "j1"), 5);
    let row = revoke(row, 6);
    let expected = CodeState::Revoked {
        at: 6,
        jti: Some("j1".to_owned()),
    };
    assert_eq!(row.state, expected);
    assert_eq!(revoke(row.clone(), 7), row);
    let (_, outcome) = redeem(row, &open, asks("phone", "r1", "j1"), 8);
    assert_eq!(outcome, Outcome::Refused(CodeError::Revoked));
    let unused = revoke(CodeRow::issued("c"), 6).state;
    assert_eq!(unused, CodeState::Revoked { at: 6, jti: None });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever the order of reservations and redemptions, one jti comes out.
    #[test]
    fn never_two_grants(steps in proptest::collection::vec((0..4_u8, 0..4_u8, any::<bool>(), 0..2000_u64), 1..60)) {
        let open = Campaign::default();
        let mut row = CodeRow::issued("c");
        let mut now = 0;
        let mut grants = std::collections::BTreeSet::new();
        let mut spent = 0;
        for (place, (device, request, redeems, pause)) in steps.into_iter().enumerate() {
            now += pause;
            let by = holder(&device.to_string(), &format!("r{request}"));
            if redeems {
                let request = Redemption { by, jti: format!("j{place}"), redeemed_before: 0 };
                let (next, outcome) = redeem(row, &open, request, now);
                row = next;
                if let Outcome::Granted { jti, fresh, .. } = outcome {
                    grants.insert(jti);
                    spent += u32::from(fresh);
                }
            } else {
                row = reserve(row, &open, by, 0, now).0;
            }
        }
        prop_assert!(grants.len() <= 1 && spent <= 1);
    }
}
