//! What pages are made from: a drop as its manifest describes it.

use super::picture::{HERO, Picture, THUMBNAIL};
use crate::trust::{Access, DropManifest, DropPath, FileEntry, Sha256, TargetPath};

/// What `image/...` types the edge makes derivatives of.
const PICTURES: [&str; 4] = ["image/jpeg", "image/png", "image/webp", "image/gif"];

/// Whether pages show pictures of files of this media type.
#[must_use]
pub fn is_picture(media_type: &str) -> bool {
    PICTURES.contains(&media_type)
}

/// A drop to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DropView {
    /// Whose it is and what it is called.
    pub path: DropPath,
    /// The title the creator gave it.
    pub title: String,
    /// The version of its manifest.
    pub version: u64,
    /// The SHA-256 of its manifest.
    pub manifest: Sha256,
    /// When it opens.
    pub not_before: Option<u64>,
    /// A few sentences about it.
    pub description: Option<String>,
    /// The drop-wide licence.
    pub license: Option<String>,
    /// The credit line, or who made the works.
    pub credit: Option<String>,
    /// The picture that stands for it.
    pub cover: Option<Picture>,
    /// Its files, by name.
    pub files: Vec<FileView>,
    /// The sum of their lengths.
    pub bytes: u64,
}

/// A file to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileView {
    /// Its path.
    pub path: TargetPath,
    /// Its length in bytes.
    pub length: u64,
    /// Its media type.
    pub media_type: String,
    /// Its SHA-256.
    pub sha256: Sha256,
    /// Its licence, its own or the drop's.
    pub license: Option<String>,
    /// Who may have it.
    pub access: Access,
    /// Whether the one who looks may.
    pub open: bool,
    /// Whether anyone may see a picture of it: all of it, or a preview.
    pub shown: bool,
    /// Its part in a staged delivery.
    pub stage: Stage,
}

/// What a file is to a drop that is delivered in stages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Enough to begin with.
    Lite,
    /// Everything.
    Master,
    /// A file like others.
    Other,
}

/// Who looks at a drop's page.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Visitor {
    /// They showed a grant, good or not: the page is theirs.
    pub is_known: bool,
    /// The grant in the page's address, for its links.
    pub link: Option<String>,
    /// What is wrong with the grant, and what to do.
    pub trouble: Option<&'static str>,
    /// Files may be fetched before they are asked for, if the visitor agrees.
    pub may_prefetch: bool,
    /// The files wait for the visitor's consent.
    pub asks_consent: bool,
}

impl DropView {
    /// The view of a verified manifest. Its cover is the picture that anyone
    /// may see whose name starts with `cover.`, or else the first such picture.
    #[must_use]
    pub fn of(manifest: &DropManifest) -> Self {
        let (facts, files) = (&manifest.facts, manifest.files.values());
        let mut pictures = files.clone().filter(|file| is_shown(manifest, file));
        let first = pictures.clone().next();
        let named = pictures.find(|file| file.path.file.as_str().starts_with("cover."));
        Self {
            path: manifest.path.clone(),
            title: facts.title.clone(),
            version: manifest.header.version,
            manifest: manifest.sha256,
            not_before: facts.not_before,
            description: facts.description.clone(),
            license: facts.license.clone(),
            credit: facts
                .provenance
                .credit
                .clone()
                .or_else(|| facts.provenance.author.clone()),
            cover: named.or(first).map(|file| Picture {
                path: file.path.clone(),
                alt: format!("Cover of \u{201c}{}\u{201d}", facts.title),
            }),
            files: files.map(|file| FileView::of(manifest, file)).collect(),
            bytes: manifest.total_length(),
        }
    }

    /// What the drop's page asks for in pictures, the one at its head first.
    pub fn pictures(&self) -> impl Iterator<Item = String> {
        let head = self.cover.iter().map(|picture| HERO.usual(picture));
        let packed = self.is_packed();
        let alone = self.files.iter().filter(move |_| !packed);
        let thumbnails = alone.filter_map(FileView::thumbnail);
        head.chain(thumbnails.map(|picture| THUMBNAIL.usual(&picture)))
            .chain(self.cover.iter().map(|_| self.catalog()))
    }

    /// Where pages have pictures of it from, all at once.
    pub(super) fn catalog(&self) -> String {
        format!("/get/{}/catalog.zip", self.path)
    }

    /// Whether its page has the thumbnails from there. A single one is sooner
    /// there by itself.
    pub(super) fn is_packed(&self) -> bool {
        let pictures = self.files.iter().filter_map(FileView::thumbnail);
        pictures.count() > 1
    }

    /// The file of that stage.
    pub(super) fn staged(&self, stage: Stage) -> Option<&FileView> {
        self.files.iter().find(|file| file.stage == stage)
    }

    /// When it opens, if that is after `now`. Until then the edge gives out
    /// neither its files nor pictures of them.
    pub(super) fn opens_after(&self, now: u64) -> Option<u64> {
        self.not_before.filter(|opens| *opens > now)
    }

    /// The drop's page.
    pub(super) fn url(&self) -> String {
        format!("/d/{}", self.path)
    }
}

impl FileView {
    fn of(manifest: &DropManifest, file: &FileEntry) -> Self {
        Self {
            path: file.path.clone(),
            length: file.length,
            media_type: file.media_type.clone(),
            sha256: file.sha256,
            license: manifest.license_of(file).map(str::to_owned),
            access: file.access.clone(),
            open: file.access == Access::Public,
            shown: is_shown(manifest, file),
            stage: match Some(&file.path.file) {
                name if name == manifest.facts.lite.as_ref() => Stage::Lite,
                name if name == manifest.facts.master.as_ref() => Stage::Master,
                _ => Stage::Other,
            },
        }
    }

    /// The picture of a file that anyone may see.
    pub(super) fn thumbnail(&self) -> Option<Picture> {
        // The name stands beside it: to read it twice helps nobody.
        self.shown.then(|| Picture {
            path: self.path.clone(),
            alt: String::new(),
        })
    }
}

/// Whether anyone may see a picture of a file.
fn is_shown(manifest: &DropManifest, file: &FileEntry) -> bool {
    let anyone = file.access == Access::Public && manifest.facts.consent.is_empty();
    (anyone || manifest.facts.preview.is_some()) && is_picture(&file.media_type)
}
