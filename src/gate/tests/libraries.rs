//! Grants minted by other people's libraries, and signatures they argue about.

use super::*;

const JOSE: &str = include_str!("../../../fixtures/jose/jose.json");
const PYJWT: &str = include_str!("../../../fixtures/jose/pyjwt.json");
const WYCHEPROOF: &str = include_str!("../../../fixtures/jose/ed25519_wycheproof.json");

fn token(fixture: &str, name: &str) -> String {
    let tokens: Value = serde_json::from_str(fixture).unwrap();
    tokens[name].as_str().unwrap().to_owned()
}

#[test]
fn grants_of_jose_open() {
    assert!(decide(&token(JOSE, "plain")).unwrap().needs.is_none());
    assert!(decide(&token(JOSE, "ed25519")).unwrap().needs.is_none());

    let file = path("bob/prints/sheet.pdf");
    let policy = Policy::parse("silver");
    let asked = ["measurement".to_owned()];
    let mut from = access(&file, &policy);
    from.consent = &asked;
    from.address = Some("2001:db8::7".parse().unwrap());
    from.country = Some("ES");
    from.colo = Some("LIS");
    let full = token(JOSE, "full");
    let allowed = gate().decide(Some(&full), &from).unwrap();
    assert_eq!(allowed.needs.budget.unwrap().downloads, Some(5));
    assert_eq!(allowed.needs.status.as_ref().unwrap().idx, 7);
    from.country = Some("FR");
    assert_eq!(
        gate().decide(Some(&full), &from),
        Err(GateError::OutsideGeo("FR".to_owned()))
    );
    from.now = NOW + 100_000;
    assert!(matches!(
        gate().decide(Some(&full), &from),
        Err(GateError::Expired(_))
    ));
}

#[test]
fn grants_of_pyjwt_open() {
    assert!(decide(&token(PYJWT, "no_kid")).unwrap().needs.is_none());
    let limited = decide(&token(PYJWT, "limited")).unwrap();
    assert_eq!(limited.needs.budget.unwrap().downloads, Some(1));
    let unicode = decide(&token(PYJWT, "unicode")).unwrap();
    assert_eq!(
        unicode.subject(),
        Some(&Subject::new("Zo\u{eb} \u{1f3a8}".to_owned()))
    );
    assert_eq!(
        unicode.grant.unwrap().claims.exp,
        NOW + 3600,
        "the fraction is dropped"
    );
}

fn hex(text: &str) -> Vec<u8> {
    let pairs = text.as_bytes().chunks_exact(2);
    pairs
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

#[test]
fn wycheproof_signatures_get_their_verdicts() {
    let rows: Vec<Value> = serde_json::from_str(WYCHEPROOF).unwrap();
    assert_eq!(rows.len(), 151);
    for row in rows {
        let field = |name: &str| hex(row[name].as_str().unwrap());
        let key = VerifyingKey::from_bytes(field("pk").try_into().unwrap()).unwrap();
        // As in a token, a signature of another length never reaches the curve.
        let verdict = <[u8; 64]>::try_from(field("sig"))
            .is_ok_and(|signature| key.verify(&field("msg"), &signature));
        assert_eq!(verdict, row["result"] == "valid", "{row}");
    }
}

/// PKCS #8 (RFC 8410 section 7) around the seed: as Rust's libraries want a key.
fn pkcs8() -> Vec<u8> {
    let seed = base64url::decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A").unwrap();
    let head = [
        0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04,
        0x20,
    ];
    [&head[..], &seed].concat()
}

#[test]
fn grants_of_the_crate_jsonwebtoken_open() {
    use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
    let key = EncodingKey::from_ed_der(&pkcs8());
    let with = |kid: Option<&str>, claims: &Value| {
        let header = Header {
            kid: kid.map(str::to_owned),
            ..Header::new(Algorithm::EdDSA)
        };
        encode(&header, claims, &key).unwrap()
    };
    assert!(
        decide(&with(Some(KID), &payload()))
            .unwrap()
            .needs
            .is_none()
    );
    assert!(decide(&with(None, &payload())).unwrap().needs.is_none());
    let limited = claim("lim", json!({"downloads": 3}));
    assert_eq!(
        decide(&with(Some(KID), &limited)),
        Err(GateError::NoClaim("jti"))
    );
    let late = claim("exp", json!(NOW - 31));
    assert_eq!(
        decide(&with(Some(KID), &late)),
        Err(GateError::Expired(NOW - 31))
    );
}
