//! `GET /cdn-cgi/image/{options}/{source}`: the URLs that stock clients of
//! Cloudflare's images make (`unpic`, `@nuxt/image`, loaders of `next/image`),
//! answered as `/img` is.
//!
//! Cloudflare itself answers `/cdn-cgi/` on its own network before a worker is
//! asked. There a client's base is `/img`, and its URLs begin with
//! `/img/cdn-cgi/image/`, which is the same route.

use super::{Answer, Desk, form::decode, http::Request, problem::Problem};
use crate::{ports::World, trust::TargetPath};

impl<W: World> Desk<'_, W> {
    /// The source is a path of this marketplace, with or without `get/` before
    /// it, or an address of this very host.
    pub(super) async fn foreign_image(
        &self,
        request: &Request<W::Body>,
        options: &str,
        source: &str,
    ) -> Answer<W> {
        let source = decode(source, false);
        let path = local(&source, &request.origin)
            .and_then(named)
            .ok_or_else(|| {
                Problem::not_found(
                    "The source is no file of this marketplace: write {creator}/{drop}/{file}, or the address of a file here.",
                )
            })?;
        self.image(request, options, &path).await
    }
}

/// The path of a source: of an address, only if it is one of this host. A
/// client that joins URLs may have made one slash of two.
fn local<'a>(source: &'a str, origin: &str) -> Option<&'a str> {
    let host = |address: &'a str| {
        let rest = address
            .strip_prefix("https:/")
            .or_else(|| address.strip_prefix("http:/"))?;
        Some(rest.strip_prefix('/').unwrap_or(rest))
    };
    let Some(rest) = host(source) else {
        return Some(source);
    };
    let (_, own) = origin.split_once("://")?;
    let path = rest.strip_prefix(own)?;
    path.starts_with('/').then_some(path)
}

/// The file that a path names.
fn named(path: &str) -> Option<TargetPath> {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let path = path.strip_prefix('/').unwrap_or(path);
    let path = path.strip_prefix("get/").unwrap_or(path);
    TargetPath::parse(path).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_a_file_of_this_host_or_nothing() {
        let origin = "https://shop.example";
        let file = |source: &str| local(source, origin).and_then(named).map(|p| p.to_string());
        for source in [
            "alice/drop-7/cover.jpg",
            "/alice/drop-7/cover.jpg",
            "get/alice/drop-7/cover.jpg",
            "https://shop.example/get/alice/drop-7/cover.jpg",
            "https:/shop.example/get/alice/drop-7/cover.jpg",
            "http://shop.example/alice/drop-7/cover.jpg?v=2",
        ] {
            assert_eq!(
                file(source).as_deref(),
                Some("alice/drop-7/cover.jpg"),
                "{source}"
            );
        }
        for source in [
            "https://shop.example.evil/get/alice/drop-7/cover.jpg",
            "https://evil/get/alice/drop-7/cover.jpg",
            "https://shop.example@evil/get/alice/drop-7/cover.jpg",
            "//evil/get/a/b/c",
            "ftp://shop.example/get/alice/drop-7/cover.jpg",
            "get/alice/drop-7",
            "get/get/alice/drop-7/cover.jpg",
            "",
        ] {
            assert_eq!(file(source), None, "{source}");
        }
    }
}
