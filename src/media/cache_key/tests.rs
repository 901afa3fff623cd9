use super::*;
use crate::media::negotiate::{Client, Source};
use crate::media::recipe::Recipe;

fn derivative(text: &str, output: Output) -> Derivative {
    let source = Source::of_media_type("image/jpeg");
    Recipe::parse(text)
        .unwrap()
        .derive(Client::default(), source, output)
}

fn key(text: &str, output: Output) -> CacheKey {
    CacheKey::new(Sha256::of(b"a"), &[], "1", &derivative(text, output))
}

#[test]
fn a_key_is_safe_short_and_listed_under_its_source() {
    for &output in Output::ALL {
        let key = key("width=640", output);
        let name = key.as_str();
        assert!(name.len() <= 142, "{name}");
        assert!(name.starts_with(&CacheKey::prefix(Sha256::of(b"a"))));
        assert!(
            name.bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"/.".contains(&b))
        );
        assert_eq!(CacheKey::media_type(name), Some(output.media_type()));
    }
    assert_eq!(CacheKey::media_type("derived/x/y.exe"), None);
}

/// Pinned: were it to change, every stored derivative would be lost unseen.
#[test]
fn a_key_stays_what_it_is() {
    assert_eq!(
        derivative("w=320,dpr=2,q=85", Output::WebP).canonical(),
        "width=640,anim=false,format=webp,quality=85"
    );
    let text = "dropgate-derivative-v2\n1\nca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb\n0\nwidth=640,anim=false,format=webp,quality=85";
    let hash = Sha256::of(text.as_bytes());
    assert_eq!(
        key("w=320,dpr=2", Output::WebP).to_string(),
        format!(
            "derived/ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb/{hash}.webp"
        )
    );
}

#[test]
fn everything_that_decides_the_bytes_decides_the_key() {
    let base = derivative("width=640,draw=a~b~c", Output::Jpeg);
    let (a, b) = (Sha256::of(b"a"), Sha256::of(b"b"));
    let keys = [
        CacheKey::new(a, &[a], "1", &base),
        CacheKey::new(b, &[a], "1", &base),
        CacheKey::new(a, &[b], "1", &base),
        CacheKey::new(a, &[a, b], "1", &base),
        CacheKey::new(a, &[b, a], "1", &base),
        CacheKey::new(a, &[a], "2", &base),
        CacheKey::new(
            a,
            &[a],
            "1",
            &derivative("width=640,draw=a~b~c", Output::BaselineJpeg),
        ),
        CacheKey::new(
            a,
            &[a],
            "1",
            &derivative("width=641,draw=a~b~c", Output::Jpeg),
        ),
        CacheKey::new(
            a,
            &[a],
            "1",
            &derivative("width=640,draw=a~b~c,compression=fast", Output::Jpeg),
        ),
        CacheKey::new(
            a,
            &[a],
            "1",
            &derivative("width=640,draw=a~b~c,quality=84", Output::Jpeg),
        ),
    ];
    let distinct: std::collections::BTreeSet<_> = keys.iter().collect();
    assert_eq!(distinct.len(), keys.len());
}

#[test]
fn what_the_output_does_not_show_is_not_in_the_key() {
    for (one, other, output) in [
        ("width=640", "width=640,quality=85", Output::Jpeg),
        ("width=640", "width=640,onerror=redirect", Output::Jpeg),
        ("width=640", "width=640,scq=20", Output::Jpeg),
        ("width=640", "width=640,anim=false", Output::WebP),
        ("width=640", "width=640,quality=20", Output::Gif),
        (
            "width=640",
            "width=640,metadata=none,quality=3,compression=fast",
            Output::Json,
        ),
        ("width=640", "width=640,format=auto", Output::Avif),
        ("width=1280", "width=auto", Output::Avif),
    ] {
        assert_eq!(key(one, output), key(other, output), "{one} {other}");
    }
    // PNG alone tells a quality that was asked for from one that was not.
    assert_ne!(
        key("width=640", Output::Png),
        key("width=640,quality=85", Output::Png)
    );
}

#[test]
fn a_purge_gives_other_names_and_tells_older_ones() {
    let first = key("width=640", Output::WebP);
    let second = first.clone().of_generation(2);
    assert_eq!(first.clone().of_generation(0), first);
    assert_ne!(first, second);
    assert_eq!(first.stem(), second.stem());
    assert_eq!(CacheKey::media_type(second.as_str()), Some("image/webp"));
    let (stems, others) = ([first.stem()], ["0123456789abcdef".to_owned()]);
    for (name, before, past) in [(&first, 1, true), (&second, 2, false), (&second, 3, true)] {
        assert_eq!(CacheKey::is_past(name.as_str(), before, &[]), past);
        assert_eq!(CacheKey::is_past(name.as_str(), before, &stems), past);
        assert!(!CacheKey::is_past(name.as_str(), before, &others));
    }
    let size = CacheKey::size(Sha256::of(b"a"));
    assert!(CacheKey::is_past(size.as_str(), 1, &[]));
    assert!(!CacheKey::is_past(size.as_str(), 1, &stems));
}
