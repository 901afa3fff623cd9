//! What holds of every page, with names and texts that mean harm.

use super::*;
use crate::trust::{Access, DropPath, Name, Sha256, TargetPath};

const HOSTILE: &str = "\"><script>alert(1)</script><img src=x onerror='alert(1)'>&amp;";
const NOW: u64 = 1_795_380_108;
const SITE: Site<'static> = Site {
    name: "Test & Market",
};

fn file(path: &str, media_type: &str, access: Access) -> FileView {
    FileView {
        path: TargetPath::parse(path).unwrap(),
        length: 1_344_608,
        media_type: media_type.to_owned(),
        sha256: Sha256::of(path.as_bytes()),
        license: Some(HOSTILE.to_owned()),
        open: access == Access::Public,
        shown: access == Access::Public && media_type == "image/jpeg",
        access,
        stage: Stage::Other,
    }
}

fn drop_of(path: &str) -> DropView {
    let cover = format!("{path}/cover.jpg");
    DropView {
        path: DropPath::parse(path).unwrap(),
        title: HOSTILE.to_owned(),
        version: 3,
        manifest: Sha256::of(b"manifest"),
        not_before: None,
        description: Some(HOSTILE.to_owned()),
        license: Some("CC-BY-4.0".to_owned()),
        credit: Some(HOSTILE.to_owned()),
        cover: Some(Picture {
            path: TargetPath::parse(&cover).unwrap(),
            alt: HOSTILE.to_owned(),
        }),
        files: vec![
            file(&cover, "image/jpeg", Access::Public),
            file(&format!("{path}/master.zip"), HOSTILE, Access::Grant),
            file(
                &format!("{path}/paper.png"),
                "image/png",
                Access::Tier(Name::parse("gold").unwrap()),
            ),
        ],
        bytes: 7_976_737,
    }
}

fn problem(status: u16, slug: &str) -> String {
    let view = ProblemView {
        status,
        slug,
        title: HOSTILE,
        detail: HOSTILE,
        diagnostic: "K7Q2-M9",
        ask: Some("/consent/alice/drop-7"),
    };
    problem_page(SITE, &view)
}

fn redeemed() -> String {
    let mut drop = drop_of("alice/drop-7");
    for file in &mut drop.files {
        file.open = true;
    }
    let view = RedeemedView {
        drop: &drop,
        grant: "aaa.bbb.ccc",
        expires: NOW,
    };
    redeemed_page(SITE, &view)
}

/// Every page there is.
fn pages() -> Vec<String> {
    let drops = [
        drop_of("alice/drop-7"),
        drop_of("alice/a"),
        drop_of("bruno/b"),
    ];
    let closed = DropView {
        not_before: Some(NOW + 1),
        cover: None,
        ..drop_of("bruno/later")
    };
    let mut pages = vec![
        storefront(SITE, &drops, NOW),
        storefront(SITE, &[], NOW),
        storefront(SITE, std::slice::from_ref(&closed), NOW),
        drop_page(SITE, &drops[0], &Visitor::default(), NOW),
        drop_page(SITE, &closed, &Visitor::default(), NOW),
        redeem_page(SITE, HOSTILE),
        redeemed(),
    ];
    let slugs = [
        "code-malformed",
        "code-unknown",
        "code-spent",
        "code-held",
        "code-revoked",
        "code-too-early",
        "code-too-late",
        "code-device-limit",
        "too-many-tries",
    ];
    pages.extend(slugs.map(|slug| problem(409, slug)));
    pages.extend([400, 401, 403, 404, 410, 425, 428, 429, 500, 502, 503].map(|s| problem(s, "x")));
    pages
}

#[test]
fn nothing_that_people_wrote_becomes_markup() {
    let escaped = HOSTILE
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;");
    for page in pages() {
        let ours = page.replace(&escaped, "");
        for forbidden in ["alert", "<script", "<style", "javascript:", "onerror"] {
            let ours = ours
                .replace("<script type=\"module\" src=\"/assets/download.", "")
                .replace("<script type=\"module\" src=\"/assets/catalog.", "");
            assert!(!ours.contains(forbidden), "{forbidden} in {ours}");
        }
        for tag in ours.split('<').skip(1) {
            let tag = tag.split('>').next().unwrap();
            let attributes = outside_quotes(tag);
            assert!(!attributes.contains(" on"), "an event handler in {tag}");
            assert!(!attributes.contains(" style"), "an inline style in {tag}");
        }
    }
}

fn outside_quotes(tag: &str) -> String {
    tag.split('"').step_by(2).collect()
}

#[test]
fn every_page_has_the_parts_that_help() {
    for page in pages() {
        assert_eq!(page.matches("<h1>").count(), 1, "{page}");
        for part in [
            "<!DOCTYPE html>",
            "<html lang=\"en\">",
            "name=\"viewport\"",
            "<title>",
            "<main id=\"main\"",
            "href=\"#main\"",
            "<header",
            "<footer",
        ] {
            assert_eq!(page.matches(part).count(), 1, "{part} in {page}");
        }
        for img in page.split("<img ").skip(1) {
            let img = img.split('>').next().unwrap();
            for attribute in [" alt=\"", " width=\"", " height=\"", "srcset=\""] {
                assert!(format!(" {img}").contains(attribute), "{img}");
            }
        }
        // An id is there once, and every label and reference leads to one.
        for id in page
            .split(" id=\"")
            .skip(1)
            .map(|rest| rest.split('"').next().unwrap())
        {
            assert_eq!(page.matches(&format!(" id=\"{id}\"")).count(), 1, "{id}");
        }
        for name in [
            " for=\"",
            " aria-labelledby=\"",
            " aria-describedby=\"",
            " href=\"#",
        ] {
            for id in page
                .split(name)
                .skip(1)
                .map(|rest| rest.split('"').next().unwrap())
            {
                assert!(page.contains(&format!(" id=\"{id}\"")), "{id}");
            }
        }
    }
}

#[test]
fn everything_pages_load_is_an_asset() {
    for page in pages() {
        let loaded: Vec<&str> = page.split("\"/assets/").skip(1).collect();
        let scripts = page.matches("<script").count();
        assert_eq!(
            loaded.len(),
            2 + scripts + usize::from(page.contains("data-worker"))
        );
        for rest in loaded {
            assert!(asset(rest.split('"').next().unwrap()).is_some());
        }
    }
    assert_eq!(asset("page.css"), None);
}

#[test]
fn the_storefront_leads_to_every_drop() {
    let page = storefront(SITE, &[drop_of("alice/drop-7"), drop_of("bruno/b")], NOW);
    for part in [
        "href=\"/d/alice/drop-7\"",
        "href=\"/d/bruno/b\"",
        "2 drops by 2 creators",
        "/img/width=640,height=480,fit=cover,format=auto/alice/drop-7/cover.jpg 640w",
        "data-catalog=\"/get/alice/drop-7/catalog.zip\"",
        "data-member=\"drop-7/cover.jpg\"",
        "loading=\"lazy\"",
        "3 files \u{b7} 8.0 MB",
        "https://creativecommons.org/licenses/by/4.0/",
        "Test &amp; Market",
    ] {
        assert!(page.contains(part), "{part}");
    }
    assert!(storefront(SITE, &[], NOW).contains("dropgate publish"));
}

#[test]
fn a_drops_page_links_its_files() {
    let mut drop = drop_of("alice/drop-7");
    let page = drop_page(SITE, &drop, &Visitor::default(), NOW);
    for part in [
        "href=\"/get/alice/drop-7/cover.jpg\"",
        "href=\"/get/alice/drop-7/master.zip\"",
        "href=\"/get/alice/drop-7.meta4\"",
        "href=\"/metadata/3.alice.drop-7.json\"",
        "needs a grant, tier gold",
        "action=\"/redeem\"",
        &drop.files[1].sha256.to_hex(),
    ] {
        assert!(page.contains(part), "{part}");
    }
    // What is gated is not shown, and the whole cannot be had without a grant.
    assert!(!page.contains("format=auto/alice/drop-7/paper.png"));
    assert!(!page.contains("/get/alice/drop-7.zip"));
    drop.files.truncate(1);
    assert!(
        drop_page(SITE, &drop, &Visitor::default(), NOW).contains("href=\"/get/alice/drop-7.zip\"")
    );
    drop.not_before = Some(NOW + 60);
    let closed = drop_page(SITE, &drop, &Visitor::default(), NOW);
    assert!(!closed.contains("/get/alice/drop-7/cover.jpg"));
    assert!(!closed.contains("/img/"));
    assert!(closed.contains("22 November 2026, 20:42 UTC"));
    assert!(!closed.contains("/get/alice/drop-7.zip"));
}

#[test]
fn redeeming_needs_a_person_and_leads_to_the_files() {
    let page = redeem_page(SITE, "7K3M-9QXT-2ABCD");
    assert!(page.contains("method=\"post\" action=\"/redeem\""));
    assert!(page.contains("name=\"code\" value=\"7K3M-9QXT-2ABCD\""));
    assert!(page.contains("noindex"));
    let page = redeemed();
    assert!(page.contains("href=\"/get/alice/drop-7/master.zip?grant=aaa.bbb.ccc\""));
    assert!(page.contains("href=\"/get/alice/drop-7.zip?grant=aaa.bbb.ccc\""));
    assert!(!page.contains("needs a grant"));
    assert!(page.contains("noindex"));
}

#[test]
fn a_problem_says_what_to_do() {
    let page = problem(404, "code-unknown");
    assert!(page.contains("We do not know this code"));
    assert!(page.contains("action=\"/redeem\""));
    assert!(page.contains("K7Q2-M9"));
    for (slug, heading) in [
        ("code-spent", "This code has been used"),
        ("code-too-early", "Not yet"),
        ("code-too-late", "This offer has ended"),
        ("too-many-tries", "Too many tries"),
    ] {
        let page = problem(409, slug);
        assert!(page.contains(heading), "{slug}");
        assert!(!page.contains("action=\"/redeem\""), "{slug}");
    }
    assert!(problem(500, "x").contains("not your fault"));
}

#[test]
fn a_drops_page_is_as_open_as_its_visitors_link() {
    let mut drop = drop_of("alice/drop-7");
    for (file, stage) in drop.files.iter_mut().zip([Stage::Lite, Stage::Master]) {
        (file.open, file.stage) = (true, stage);
    }
    let visitor = Visitor {
        is_known: true,
        link: Some("aaa.bbb.ccc".to_owned()),
        trouble: None,
        may_prefetch: true,
        asks_consent: false,
    };
    let page = drop_page(SITE, &drop, &visitor, NOW);
    for part in [
        "href=\"/get/alice/drop-7/master.zip?grant=aaa.bbb.ccc\"",
        "data-stage=\"lite\"",
        "data-stage=\"master\"",
        "Begin with cover.jpg",
        "id=\"ahead\"",
        // One file is still shut.
        "needs a grant, tier gold",
        "action=\"/redeem\"",
        "noindex",
    ] {
        assert!(page.contains(part), "{part}");
    }
    assert_eq!(page.matches(" data-open").count(), 2);
    assert!(!page.contains("drop-7.zip?grant"), "not all of it is open");

    let stranger = Visitor {
        trouble: Some("Your link has expired."),
        ..Visitor::default()
    };
    let page = drop_page(SITE, &drop, &stranger, NOW);
    assert!(page.contains("role=\"alert\">Your link has expired."));
    assert!(!page.contains("id=\"ahead\""), "nothing is fetched ahead");
    assert!(!page.contains("noindex"));
}
