use proptest::prelude::*;

use super::*;

const NOW: u64 = 1_790_000_000;
const MODIFIED: u64 = 784_111_777;

fn file<'a>() -> Representation<'a> {
    let sha256 = Sha256::of(b"file");
    Representation {
        length: 1000,
        etag: EntityTag::of_bytes(&sha256),
        modified: Some(MODIFIED),
        sha256: Some(sha256),
        media_type: "image/jpeg",
        file_name: "cover.jpg",
        save: false,
        access: Access::Public,
        vary: "",
    }
}

fn ask(method: Method, fields: &[(&str, &str)], representation: &Representation) -> Answer {
    let request = Conditions::read(|name| {
        let (_, value) = fields.iter().find(|(known, _)| *known == name)?;
        Some(value.replace('$', &representation.etag.to_string()))
    });
    answer(method, &request, representation, NOW)
}

#[test]
fn a_whole_file() {
    let answer = ask(Method::Get, &[], &file());
    let sha256 = Sha256::of(b"file");
    let want = [
        ("ETag", format!("\"{sha256}\"")),
        (
            "Cache-Control",
            "public, max-age=300, must-revalidate, no-transform".to_owned(),
        ),
        ("Accept-Ranges", "bytes".to_owned()),
        ("Content-Length", "1000".to_owned()),
        ("Last-Modified", "Sun, 06 Nov 1994 08:49:37 GMT".to_owned()),
        ("Repr-Digest", digest::repr_digest(&sha256)),
        ("Content-Type", "image/jpeg".to_owned()),
        (
            "Content-Disposition",
            "inline; filename=\"cover.jpg\"".to_owned(),
        ),
        ("X-Content-Type-Options", "nosniff".to_owned()),
    ];
    assert_eq!(answer.status, 200);
    assert_eq!(answer.headers, want);
    assert_eq!(answer.body, Body::Bytes(Span::whole(1000)));
}

#[test]
fn a_part_says_which_and_keeps_the_digest_of_the_whole() {
    let whole = ask(Method::Get, &[], &file());
    let part = ask(
        Method::Get,
        &[("range", "bytes=500-"), ("if-range", "$")],
        &file(),
    );
    assert_eq!(part.status, 206);
    assert_eq!(part.header("Content-Range"), Some("bytes 500-999/1000"));
    assert_eq!(part.header("Content-Length"), Some("500"));
    assert_eq!(part.body, Body::Bytes(Span::new(500, 1000).unwrap()));
    for name in [
        "ETag",
        "Cache-Control",
        "Repr-Digest",
        "Content-Type",
        "Accept-Ranges",
    ] {
        assert_eq!(part.header(name), whole.header(name), "{name}");
    }
}

#[test]
fn head_has_the_fields_of_get_and_no_body() {
    let get = ask(Method::Get, &[], &file());
    let head = ask(Method::Head, &[("range", "bytes=0-1")], &file());
    assert_eq!((head.status, &head.headers), (200, &get.headers));
    assert_eq!(head.body, Body::None);
}

#[test]
fn not_modified_is_short() {
    let representation = Representation {
        vary: "Accept",
        ..file()
    };
    for method in [Method::Get, Method::Head] {
        let answer = ask(
            method,
            &[("if-none-match", "W/$"), ("range", "bytes=0-1")],
            &representation,
        );
        let names: Vec<&str> = answer.headers.iter().map(|(name, _)| *name).collect();
        assert_eq!((answer.status, answer.body), (304, Body::None));
        assert_eq!(names, ["ETag", "Cache-Control", "Vary"]);
    }
}

#[test]
fn problems_leave_the_rest_to_the_app() {
    let gone = ask(Method::Get, &[("if-match", "\"x\"")], &file());
    assert_eq!((gone.status, gone.body), (412, Body::Problem));
    assert_eq!(gone.header("Content-Range"), None);
    let past = ask(Method::Get, &[("range", "bytes=1000-")], &file());
    assert_eq!((past.status, past.body), (416, Body::Problem));
    assert_eq!(past.header("Content-Range"), Some("bytes */1000"));
    for name in ["Content-Length", "Content-Type", "Cache-Control"] {
        assert_eq!(past.header(name), None);
    }
}

#[test]
fn an_empty_file_is_whole_or_unsatisfiable() {
    let empty = Representation {
        length: 0,
        ..file()
    };
    let whole = ask(Method::Get, &[], &empty);
    assert_eq!(whole.header("Content-Length"), Some("0"));
    assert_eq!(whole.body, Body::Bytes(Span::whole(0)));
    let suffix = ask(Method::Get, &[("range", "bytes=-5")], &empty);
    assert_eq!(suffix.status, 200);
    let past = ask(Method::Get, &[("range", "bytes=0-")], &empty);
    assert_eq!(past.header("content-range"), Some("bytes */0"));
}

#[test]
fn what_could_run_a_script_is_saved_in_a_sandbox() {
    let svg = ask(
        Method::Get,
        &[],
        &Representation {
            media_type: "image/svg+xml",
            ..file()
        },
    );
    assert_eq!(
        svg.header("Content-Disposition"),
        Some("attachment; filename=\"cover.jpg\"")
    );
    assert_eq!(
        svg.header("Content-Security-Policy"),
        Some("default-src 'none'; sandbox")
    );
    assert_eq!(
        ask(Method::Get, &[], &file()).header("Content-Security-Policy"),
        None
    );
    let saved = ask(
        Method::Get,
        &[],
        &Representation {
            save: true,
            ..file()
        },
    );
    assert_eq!(
        saved.header("Content-Disposition"),
        Some("attachment; filename=\"cover.jpg\"")
    );
}

#[test]
fn what_needs_a_grant_stays_private() {
    let gated = ask(
        Method::Get,
        &[],
        &Representation {
            access: Access::Private,
            ..file()
        },
    );
    assert_eq!(
        gated.header("Cache-Control"),
        Some("private, no-cache, no-transform")
    );
}

#[test]
fn a_date_in_the_future_is_unknown() {
    let early = Representation {
        modified: Some(NOW + 1),
        ..file()
    };
    let answer = ask(
        Method::Get,
        &[("if-modified-since", &date::format(NOW + 9))],
        &early,
    );
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("Last-Modified"), None);
}

#[test]
fn a_digest_is_left_out_where_it_is_unknown_or_unwanted() {
    let unknown = ask(
        Method::Get,
        &[],
        &Representation {
            sha256: None,
            ..file()
        },
    );
    assert_eq!(unknown.header("Repr-Digest"), None);
    let unwanted = ask(Method::Get, &[("want-repr-digest", "sha-256=0")], &file());
    assert_eq!(unwanted.header("Repr-Digest"), None);
}

proptest! {
    /// Whatever a client sends, the length, the range and the body agree.
    #[test]
    fn length_range_and_body_agree(
        length in 0_u64..100,
        range in proptest::option::of("bytes=[0-9,-]{0,12}"),
        if_range in proptest::option::of("[$\"xW/]{0,4}"),
    ) {
        let representation = Representation { length, ..file() };
        let mut fields = Vec::new();
        fields.extend(range.as_deref().map(|value| ("range", value)));
        fields.extend(if_range.as_deref().map(|value| ("if-range", value)));
        let answer = ask(Method::Get, &fields, &representation);
        match answer.body {
            Body::Bytes(span) => {
                prop_assert!(span.end() <= length);
                let declared = span.length().to_string();
                prop_assert_eq!(answer.header("Content-Length"), Some(declared.as_str()));
                let range = format!("bytes {span}/{length}");
                let want = (answer.status == 206).then_some(range.as_str());
                prop_assert_eq!(answer.header("Content-Range"), want);
            }
            Body::Problem => prop_assert_eq!(answer.status, 416),
            Body::None => prop_assert!(false, "a GET without a condition has a body"),
        }
    }
}
