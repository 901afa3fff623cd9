//! Paths and methods, and where they lead.

use super::*;

#[test]
fn paths_lead_to_one_use_case_each() {
    let get = |path| Route::parse(Method::Get, path);
    assert_eq!(get("/"), Ok(Route::Storefront));
    assert_eq!(
        get("/img/width=1,fit=cover/alice/drop-7/cover.jpg"),
        Ok(Route::Image {
            options: "width=1,fit=cover".into(),
            path: TargetPath::parse("alice/drop-7/cover.jpg").unwrap()
        })
    );
    let drop = DropPath::parse("alice/drop-7").unwrap();
    assert_eq!(
        get("/get/alice/drop-7.zip"),
        Ok(Route::Archive(drop.clone()))
    );
    assert_eq!(get("/get/alice/drop-7.meta4"), Ok(Route::Metalink(drop)));
    assert!(matches!(get("/get/a/b/c"), Ok(Route::Download(_))));
    assert!(matches!(
        get("/log/publish/tile/0/000"),
        Ok(Route::Log { .. })
    ));
}

#[test]
fn what_leads_nowhere_says_so() {
    for path in [
        "/nothing",
        "/get/alice",
        "/get/alice/drop-7",
        "/get/Alice/d/f",
        "/get/a/../c",
        "/get/a/b/c/d",
        "/targets/a/b/short.c",
        "/metadata",
        "/log/publish",
        "//",
    ] {
        let problem = Route::parse(Method::Get, path).unwrap_err();
        assert_eq!((problem.status, problem.slug), (404, "not-found"), "{path}");
    }
    let problem = Route::parse(Method::Post, "/get/a/b/c").unwrap_err();
    assert_eq!(problem.status, 405);
    assert_eq!(problem.headers, [("allow", "GET, HEAD".to_owned())]);
    assert_eq!(
        Route::parse(Method::Get, "/redeem").unwrap_err().status,
        405
    );
}
