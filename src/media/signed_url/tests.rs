use proptest::prelude::*;

use super::*;

const PATH: &str = "/img/width=641,blur=5/alice/drop-7/cover.jpg";
const NOW: u64 = 1_760_000_000;

fn ring() -> KeyRing {
    KeyRing::parse("new:MDEyMzQ1Njc4OWFiY2RlZg, old:ZmVkY2JhOTg3NjU0MzIxMA==").unwrap()
}

fn verify(ring: &KeyRing, url: &str, now: u64) -> Result<Policy, SignedUrlError> {
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    ring.verify(path, query, now)
}

/// The tag was made with Python's hmac module over the text of the module's
/// documentation, so that the two agree on what is signed.
#[test]
fn the_signature_is_the_one_that_is_documented() {
    let text = format!("dropgate-url-v1\nnew\n1760000600\n{PATH}");
    let mac = hmac_sha256::HMAC::mac(text, b"0123456789abcdef");
    let expected = format!(
        "{PATH}?kid=new&exp=1760000600&sig={}",
        URL_SAFE_NO_PAD.encode(mac)
    );
    assert_eq!(ring().sign(PATH, Some(1_760_000_600)), Ok(expected));
    assert_eq!(
        ring().sign(PATH, None).unwrap(),
        format!("{PATH}?kid=new&sig=WASbbqup2Y6YFBN4f-qPlIthhV8WiFXgNFPsGWK286w")
    );
}

#[test]
fn a_signed_url_is_taken_until_it_expires() {
    let url = ring().sign(PATH, Some(NOW + 60)).unwrap();
    assert_eq!(verify(&ring(), &url, NOW), Ok(Policy::Signed));
    assert_eq!(verify(&ring(), &url, NOW + 59), Ok(Policy::Signed));
    assert_eq!(
        verify(&ring(), &url, NOW + 60),
        Err(SignedUrlError::Expired)
    );
    let lasting = ring().sign(PATH, None).unwrap();
    assert_eq!(verify(&ring(), &lasting, u64::MAX), Ok(Policy::Signed));
    assert_eq!(
        verify(&ring(), &format!("{url}&grant=x"), NOW),
        Ok(Policy::Signed)
    );
    assert_eq!(verify(&ring(), PATH, NOW), Ok(Policy::Unsigned));
    assert_eq!(
        verify(&ring(), &format!("{PATH}?grant=x&a&=&b="), NOW),
        Ok(Policy::Unsigned)
    );
}

#[test]
fn the_first_key_signs_and_all_verify() {
    let before = KeyRing::parse("old:ZmVkY2JhOTg3NjU0MzIxMA").unwrap();
    let url = before.sign(PATH, None).unwrap();
    assert!(url.contains("kid=old"));
    assert_eq!(verify(&ring(), &url, NOW), Ok(Policy::Signed));
    let url = ring().sign(PATH, None).unwrap();
    assert_eq!(verify(&before, &url, NOW), Err(SignedUrlError::UnknownKey));
    assert_eq!(
        verify(&KeyRing::none(), &url, NOW),
        Err(SignedUrlError::UnknownKey)
    );
    assert_eq!(KeyRing::none().sign(PATH, None), Err(SignError::NoKey));
}

#[test]
fn what_is_changed_is_refused() {
    use SignedUrlError::{Incomplete, Malformed, Signature, Twice, UnknownKey};
    let url = ring().sign(PATH, Some(NOW + 60)).unwrap();
    let (_, sig) = url.rsplit_once('=').unwrap();
    let exp = NOW + 60;
    for (query, error) in [
        (format!("kid=new&exp={}&sig={sig}", exp + 1), Signature),
        (format!("kid=new&sig={sig}"), Signature),
        (format!("kid=old&exp={exp}&sig={sig}"), Signature),
        (format!("kid=newer&exp={exp}&sig={sig}"), UnknownKey),
        (format!("kid=&exp={exp}&sig={sig}"), UnknownKey),
        (format!("kid=new&exp=0{exp}&sig={sig}"), Malformed("exp")),
        (format!("kid=new&exp=+{exp}&sig={sig}"), Malformed("exp")),
        (format!("kid=new&exp=&sig={sig}"), Malformed("exp")),
        (
            format!("kid=new&exp=99999999999999999999&sig={sig}"),
            Malformed("exp"),
        ),
        (format!("kid=new&exp={exp}&sig={sig}="), Malformed("sig")),
        (format!("kid=new&exp={exp}&sig="), Malformed("sig")),
        (format!("kid=new&exp={exp}&sig=é"), Malformed("sig")),
        (
            format!("kid=new&exp={exp}&sig={sig}&sig={sig}"),
            Twice("sig"),
        ),
        (format!("kid=new&kid=new&exp={exp}&sig={sig}"), Twice("kid")),
        (format!("kid=new&exp={exp}"), Incomplete),
        (format!("sig={sig}"), Incomplete),
        (format!("exp={exp}"), Incomplete),
    ] {
        assert_eq!(ring().verify(PATH, &query, NOW), Err(error), "{query}");
    }
    let query = format!("kid=new&exp={exp}&sig={sig}");
    for path in [
        "",
        "/",
        "/img/width=641,blur=6/alice/drop-7/cover.jpg",
        &PATH.replace(',', "%2C"),
        &format!("{PATH}/"),
    ] {
        assert_eq!(ring().verify(path, &query, NOW), Err(Signature), "{path}");
    }
    for path in [
        "",
        "img/x",
        "/img/x?y",
        "/img/x#y",
        "/img/x
y",
        "/img/rgb(0 0 0)/y",
        "/é",
        "/a/../b",
        "/a/%2E%2e/b",
        "/./b",
        r"/a\b",
        "/{a}",
    ] {
        assert_eq!(ring().sign(path, None), Err(SignError::Path), "{path:?}");
    }
}

#[test]
fn a_ring_is_checked_and_keeps_its_secrets() {
    for (text, error) in [
        ("", KeyRingError::Empty),
        (" ,\n", KeyRingError::Empty),
        ("secret", KeyRingError::Name),
        (":MDEyMzQ1Njc4OWFiY2RlZg", KeyRingError::Name),
        ("k 1:MDEyMzQ1Njc4OWFiY2RlZg", KeyRingError::Name),
        ("k&1:MDEyMzQ1Njc4OWFiY2RlZg", KeyRingError::Name),
        ("k1:", KeyRingError::Secret),
        ("k1:c2hvcnQ", KeyRingError::Secret),
        ("k1:not base64", KeyRingError::Secret),
        ("k1:MDEyMzQ1Njc4OWFiY2RlZg+/", KeyRingError::Secret),
        (
            "a:MDEyMzQ1Njc4OWFiY2RlZg a:MDEyMzQ1Njc4OWFiY2RlZg",
            KeyRingError::Twice,
        ),
    ] {
        assert_eq!(KeyRing::parse(text).unwrap_err(), error, "{text:?}");
    }
    let made = KeyRing::entry("2026-11", [7; 32]).unwrap();
    assert!(KeyRing::parse(&made).is_ok());
    assert_eq!(KeyRing::entry("a:b", [7; 32]), None);
    let many: Vec<String> = (0..=MOST_KEYS)
        .map(|n| format!("k{n}:MDEyMzQ1Njc4OWFiY2RlZg "))
        .collect();
    assert_eq!(
        KeyRing::parse(&many.concat()).unwrap_err(),
        KeyRingError::TooMany
    );
    assert_eq!(format!("{:?}", ring()), r#"["new", "old"]"#);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn no_flipped_bit_is_taken(at in 0_usize..200, bit in 0_u8..7) {
        let url = ring().sign(PATH, Some(NOW + 60)).unwrap();
        let mut bytes = url.into_bytes();
        let at = at % bytes.len();
        bytes[at] ^= 1 << bit;
        if let Ok(changed) = String::from_utf8(bytes) {
            prop_assert_ne!(verify(&ring(), &changed, NOW), Ok(Policy::Signed));
        }
    }

    #[test]
    fn no_query_panics(path in any::<String>(), query in "[a-z0-9=&%-]{0,40}|.{0,40}", now in any::<u64>()) {
        let _ = ring().verify(&path, &query, now);
        let _ = KeyRing::parse(&query);
    }
}
