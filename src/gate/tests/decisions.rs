//! What a good grant opens, and what stays shut to it.

use serde_json::json;

use super::*;

fn grant(name: &str, value: Value) -> String {
    signed(header(), claim(name, value))
}

#[test]
fn a_public_file_is_open_whatever_came_along() {
    let file = path("alice/drop-7/cover.jpg");
    let open = access(&file, &Policy::Public);
    for token in [None, Some("rubbish")] {
        assert_eq!(gate().decide(token, &open), Ok(Allowed::default()));
    }
    let shut = access(&file, &Policy::Grant);
    assert_eq!(gate().decide(None, &shut), Err(GateError::Missing));
    assert_eq!(GateError::Missing.class(), Class::Unauthenticated);
}

#[test]
fn the_common_grant_needs_no_state() {
    let allowed = decide(&good()).unwrap();
    assert!(allowed.needs.is_none());
    let grant = allowed.grant.unwrap();
    assert_eq!(grant.claims.iss, SHOP);
    assert!(grant.covers_drop(&path("alice/drop-7/x").drop));
    let other = path("bob/prints/sheet.pdf");
    let admit = |policy| gate().admit(&grant, &access(&other, policy));
    assert_eq!(admit(&Policy::Public), Ok(Needs::default()));
    assert_eq!(
        admit(&Policy::Grant),
        Err(GateError::OtherPath(other.to_string()))
    );
}

#[test]
fn what_needs_state_says_so() {
    let lim = json!({"downloads": 3});
    let claims = json!({"iss": SHOP, "aud": [EDGE], "exp": NOW + 60, "paths": ["alice/*"],
        "jti": "order-1", "lim": lim, "once": true,
        "status": {"status_list": {"idx": 9, "uri": "https://edge.example/status/1"}}});
    let allowed = decide(&signed(header(), claims.clone())).unwrap();
    assert_eq!(allowed.needs.budget.unwrap().downloads, Some(3));
    assert!(allowed.needs.once);
    assert_eq!(allowed.needs.status.unwrap().idx, 9);
    // The same jti minted again is the same grant in the books.
    let mut renewed = claims;
    renewed["exp"] = json!(NOW + 999);
    let renewed = decide(&signed(header(), renewed)).unwrap();
    assert_eq!(renewed.grant.unwrap().id, allowed.grant.unwrap().id);
}

#[test]
fn dates_have_their_skew_and_a_download_its_grace() {
    for (name, value, good) in [
        ("exp", NOW - 29, true),
        ("exp", NOW - 30, false),
        ("nbf", NOW + 30, true),
        ("nbf", NOW + 31, false),
        ("iat", NOW + 30, true),
        ("iat", NOW + 31, false),
    ] {
        assert_eq!(
            decide(&grant(name, json!(value))).is_ok(),
            good,
            "{name} {value}"
        );
    }
    let graceful = |exp: u64| {
        let mut claims = claim("exp", json!(exp));
        claims["grace"] = json!(600);
        decide(&signed(header(), claims)).map(|allowed| allowed.needs)
    };
    assert_eq!(graceful(NOW).unwrap().begun_by, None);
    assert!(graceful(NOW).unwrap().note_begin);
    assert_eq!(graceful(NOW - 629).unwrap().begun_by, Some(NOW - 599));
    assert_eq!(graceful(NOW - 630), Err(GateError::Expired(NOW - 630)));
}

#[test]
fn the_books_settle_what_was_left_open() {
    let salt = Salt::new([1; 32]);
    let (phone, laptop) = (salt.device("phone"), salt.device("laptop"));
    let needs = Needs {
        begun_by: Some(100),
        once: true,
        ..Needs::default()
    };
    assert_eq!(needs.check_begun(Some(100)), Ok(()));
    assert_eq!(needs.check_begun(Some(101)), Err(GateError::Expired(70)));
    assert_eq!(needs.check_begun(None), Err(GateError::Expired(70)));
    assert_eq!(needs.check_device(None, phone), Ok(Some(phone)));
    assert_eq!(needs.check_device(Some(phone), phone), Ok(Some(phone)));
    assert_eq!(
        needs.check_device(Some(phone), laptop),
        Err(GateError::OtherDevice)
    );
    assert_eq!(Needs::default().check_begun(None), Ok(()));
    assert_eq!(Needs::default().check_device(None, phone), Ok(None));

    let mut list = status::StatusList::new(2, 4).unwrap();
    list.set(1, status::INVALID).unwrap();
    list.set(2, status::SUSPENDED).unwrap();
    let at = |idx| {
        StatusRef {
            idx,
            uri: String::new(),
        }
        .check(&list)
    };
    assert_eq!(at(0), Ok(()));
    assert_eq!(at(1), Err(GateError::Revoked));
    assert_eq!(at(2), Err(GateError::Suspended));
    assert_eq!(at(4), Err(GateError::Revoked), "beyond the end");
}

#[test]
fn tiers_reach_downwards() {
    let file = path("alice/drop-7/master.zip");
    for (held, needed, opens) in [
        (json!("gold"), "gold", true),
        (json!("gold"), "bronze", true),
        (json!("bronze"), "gold", false),
        (Value::Null, "bronze", false),
        (json!("backstage"), "backstage", true),
        (json!("backstage"), "bronze", false),
        (json!("gold"), "backstage", false),
    ] {
        let policy = Policy::parse(needed);
        let verdict = gate().decide(Some(&grant("tier", held.clone())), &access(&file, &policy));
        assert_eq!(verdict.is_ok(), opens, "{held} for {needed}");
        if let Err(error) = verdict {
            assert_eq!(error.class(), Class::Forbidden);
        }
    }
}

#[test]
fn places_are_held_against_the_request() {
    let file = path("alice/drop-7/master.zip");
    let mut from = access(&file, &Policy::Grant);
    from.address = Some("192.0.2.77".parse().unwrap());
    from.country = Some("PT");
    from.colo = Some("LIS");
    for (name, value, opens) in [
        ("net", json!(["2001:db8::/32", "192.0.2.0/24"]), true),
        ("net", json!(["198.51.100.0/24"]), false),
        ("geo", json!(["es", "pt"]), true),
        ("geo", json!(["ES"]), false),
        ("colo", json!(["lis"]), true),
        ("colo", json!(["MAD"]), false),
    ] {
        let verdict = gate().decide(Some(&grant(name, value.clone())), &from);
        assert_eq!(verdict.is_ok(), opens, "{name} {value}");
        assert!(verdict.is_ok() || verdict.unwrap_err().class() == Class::Forbidden);
    }
}

#[test]
fn consent_comes_first_even_to_a_public_file() {
    let file = path("alice/drop-7/cover.jpg");
    let asked = ["measurement".to_owned(), "newsletter".to_owned()];
    let mut asking = access(&file, &Policy::Public);
    asking.consent = &asked;
    let missing = |scopes: &[&str]| {
        Err(GateError::ConsentMissing(
            scopes.iter().map(|scope| (*scope).to_owned()).collect(),
        ))
    };
    assert_eq!(
        gate().decide(None, &asking),
        missing(&["measurement", "newsletter"])
    );
    let one = grant("consent", json!(["measurement:r1"]));
    let both = grant("consent", json!(["measurement:r1", "newsletter:r2"]));
    assert_eq!(gate().decide(Some(&one), &asking), missing(&["newsletter"]));
    assert!(gate().decide(Some(&both), &asking).is_ok());
    assert_eq!(
        GateError::ConsentMissing(vec![]).class(),
        Class::ConsentRequired
    );
}

#[test]
fn a_new_key_is_found_without_a_deploy() {
    let file = path("alice/drop-7/master.zip");
    let asked = access(&file, &Policy::Grant);
    let gate = gate();
    let token = signed(header(), claim("iss", json!("away")));
    let away = "away".to_owned();
    let unavailable = GateError::KeysUnavailable(away.clone());
    assert_eq!(unavailable.class(), Class::Unavailable);
    assert_eq!(gate.decide(Some(&token), &asked), Err(unavailable));
    let old = SigningKey::from_seed([1; 32]).unwrap().public();
    let set = Jwks::of(old).to_json().to_string();
    gate.issuers
        .borrow_mut()
        .refreshed("away", Some(set.as_bytes()), NOW - 60)
        .unwrap();
    let unknown = GateError::UnknownKey {
        issuer: away,
        kid: KID.to_owned(),
    };
    assert_eq!(gate.decide(Some(&token), &asked), Err(unknown));
    assert_eq!(
        gate.issuers.borrow().wants("away", NOW),
        Some("https://away.example/jwks.json")
    );
    let set = Jwks::of(key().public()).to_json().to_string();
    gate.issuers
        .borrow_mut()
        .refreshed("away", Some(set.as_bytes()), NOW)
        .unwrap();
    assert!(gate.decide(Some(&token), &asked).is_ok());
}

#[test]
fn explaining_walks_every_claim_and_agrees_with_deciding() {
    let file = path("alice/drop-7/master.zip");
    let asked = access(&file, &Policy::Grant);
    let steps = gate().explain(&good(), &asked);
    let names: Vec<&str> = steps.iter().map(|step| step.claim).collect();
    assert_eq!(
        names,
        [
            "token",
            "alg",
            "crit",
            "iss",
            "kid",
            "signature",
            "exp",
            "nbf",
            "iat",
            "aud",
            "paths",
            "tier",
            "net",
            "geo",
            "colo",
            "consent"
        ]
    );
    assert!(steps.iter().all(|step| step.verdict == Verdict::Pass));

    let mut bad = claim("paths", json!(["bob/*"]));
    bad["exp"] = json!(NOW - 1000);
    let steps = gate().explain(&signed(header(), bad), &asked);
    let failed: Vec<&str> = steps
        .iter()
        .filter(|step| step.verdict == Verdict::Fail)
        .map(|step| step.claim)
        .collect();
    assert_eq!(failed, ["exp", "paths"], "both are told at once");

    let forged = gate().explain(&good().replace("eyJhbGci", "eyJhbGcj"), &asked);
    assert!(
        forged.iter().all(|step| step.claim != "exp"),
        "a forger learns nothing"
    );
}

#[test]
fn a_minted_grant_opens_and_reads_back() {
    let claims = Claims {
        iss: SHOP.to_owned(),
        aud: vec![EDGE.to_owned()],
        sub: Some(Subject::new("customer-1".to_owned())),
        exp: NOW + 60,
        nbf: Some(NOW),
        iat: Some(NOW),
        jti: Some("j".to_owned()),
        paths: vec![Pattern::parse("alice/drop-7/*").unwrap()],
        tier: Some("gold".to_owned()),
        lim: Limits {
            downloads: Some(1),
            bytes: Some(2),
        },
        consent: vec![ConsentId {
            scope: "s".to_owned(),
            receipt: "r".to_owned(),
        }],
        grace: 5,
        once: true,
        status: Some(StatusRef {
            idx: 1,
            uri: "u".to_owned(),
        }),
        ..Claims::default()
    };
    let allowed = decide(&mint(&claims, &key(), KID)).unwrap();
    assert_eq!(allowed.grant.unwrap().claims, claims);
    let mut placed = claims;
    placed.net = vec![Cidr::parse("192.0.2.0/24").unwrap()];
    placed.geo = vec!["PT".to_owned()];
    placed.colo = vec!["LIS".to_owned()];
    assert_eq!(Claims::from_payload(&placed.to_payload()), Ok(placed));
}

/// What was seen once is only that a key signed: everything else is held anew.
#[test]
fn a_grant_that_was_seen_is_still_held_against_every_request() {
    let gate = gate();
    let file = path("alice/drop-7/master.zip");
    let at = |token: &str, now| {
        let asked = Access {
            now,
            ..access(&file, &Policy::Grant)
        };
        gate.decide(Some(token), &asked).map(|_| ())
    };
    let token = good();
    for _ in 0..3 {
        assert_eq!(at(&token, NOW), Ok(()));
    }
    assert_eq!(at(&token, NOW + 90), Err(GateError::Expired(NOW + 60)));
    // Another payload with the known signature, another signature on the known
    // payload, and the same text of another issuer.
    let (text, signature) = token.rsplit_once('.').unwrap();
    let other = signed(header(), claim("paths", json!(["bob/*"])));
    let (other_text, other_signature) = other.rsplit_once('.').unwrap();
    for forged in [
        format!("{other_text}.{signature}"),
        format!("{text}.{other_signature}"),
    ] {
        assert_eq!(at(&forged, NOW), Err(GateError::BadSignature));
    }
    // The issuer has given the key up.
    let others = json!([{"iss": SHOP, "jwks": {"keys": [SigningKey::from_seed([9; 32]).unwrap().public().jwk()]}}]);
    *gate.issuers.borrow_mut() = Issuers::from_config(&others.to_string()).unwrap();
    assert!(matches!(at(&token, NOW), Err(GateError::UnknownKey { .. })));
}
