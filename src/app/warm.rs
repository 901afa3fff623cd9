//! Pictures made before anybody asks: those of a drop's page after it was
//! published, and after its page those that the browser will ask for further down.

use std::cell::RefCell;

use super::{
    Desk,
    http::{Client, Method, Request},
};
use crate::{pages::DropView, ports::World, trust::Sha256};

/// What browsers say they take for a picture.
const ACCEPT: &str = "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8";
/// The world may end work after half a minute; so many pictures are made by then.
const MOST: usize = 8;
/// An isolate remembers the versions it has warmed, so many of them at most.
const REMEMBERED: usize = 256;

/// The manifests whose pictures this isolate has asked for.
#[derive(Default)]
pub(super) struct Warmed(RefCell<Vec<Sha256>>);

impl Warmed {
    fn is_first(&self, manifest: Sha256) -> bool {
        let mut known = self.0.borrow_mut();
        if known.contains(&manifest) {
            return false;
        }
        if known.len() == REMEMBERED {
            known.clear();
        }
        known.push(manifest);
        true
    }
}

impl<W: World> Desk<'_, W> {
    /// All that the page of a drop asks for.
    pub(super) fn warm_all(origin: &str, view: &DropView) -> Vec<Request<W::Body>> {
        requests(origin, view.pictures())
    }

    /// What the page that was just sent asks for once somebody scrolls: once for
    /// each version of it. The picture at its head is asked for at once, anyway.
    pub(super) fn warm_rest(&self, origin: &str, view: &DropView) -> Vec<Request<W::Body>> {
        if !self.memo.warmed.is_first(view.manifest) {
            return Vec::new();
        }
        requests(
            origin,
            view.pictures().skip(usize::from(view.cover.is_some())),
        )
    }
}

fn requests<B>(origin: &str, paths: impl Iterator<Item = String>) -> Vec<Request<B>> {
    let request = |path| Request {
        method: Method::Get,
        origin: origin.to_owned(),
        path,
        query: String::new(),
        headers: vec![("accept".to_owned(), ACCEPT.to_owned())],
        client: Client::default(),
        body: None,
    };
    paths.take(MOST).map(request).collect()
}
