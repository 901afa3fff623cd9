//! The files that pages load, under names that hold a hash of their content,
//! so that they can be cached for ever.

use std::sync::LazyLock;

use crate::trust::Sha256;

/// A file to serve at `/assets/{name}`, `public, max-age=31536000, immutable`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asset {
    /// Its name, such as `page.0f3a….css`.
    pub name: String,
    /// Its media type.
    pub media_type: &'static str,
    /// Its content.
    pub body: &'static str,
}

static STYLE: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new(
        "page",
        "css",
        "text/css; charset=utf-8",
        include_str!("page.css"),
    )
});

static ICON: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("icon", "svg", "image/svg+xml", include_str!("icon.svg")));

static DOWNLOAD: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new(
        "download",
        "js",
        "text/javascript; charset=utf-8",
        include_str!("download.js"),
    )
});

static CATALOG: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new(
        "catalog",
        "js",
        "text/javascript; charset=utf-8",
        include_str!("catalog.js"),
    )
});

static WORKER: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new(
        "worker",
        "js",
        "text/javascript; charset=utf-8",
        include_str!("download_worker.js"),
    )
});

static DASHBOARD: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new(
        "dashboard",
        "js",
        "text/javascript; charset=utf-8",
        include_str!("dashboard.js"),
    )
});

/// The asset of that name.
#[must_use]
pub fn asset(name: &str) -> Option<&'static Asset> {
    [&STYLE, &ICON, &DOWNLOAD, &CATALOG, &WORKER, &DASHBOARD]
        .into_iter()
        .map(LazyLock::force)
        .find(|asset| asset.name == name)
}

/// Where the style sheet is.
pub(super) fn style() -> String {
    STYLE.url()
}

/// Where the script of the download page is.
pub(super) fn download() -> String {
    DOWNLOAD.url()
}

/// Where the script is that shows a drop's thumbnails.
pub(super) fn catalog() -> String {
    CATALOG.url()
}

/// Where the worker that it starts is.
pub(super) fn worker() -> String {
    WORKER.url()
}

/// Where the script of the dashboard is.
pub(super) fn dashboard() -> String {
    DASHBOARD.url()
}

/// Where the icon is.
pub(super) fn icon() -> String {
    ICON.url()
}

impl Asset {
    fn new(stem: &str, extension: &str, media_type: &'static str, body: &'static str) -> Self {
        let hash = Sha256::of(body.as_bytes()).to_hex();
        // 64 bits: enough to tell versions of one file apart.
        let hash: String = hash.chars().take(16).collect();
        Self {
            name: format!("{stem}.{hash}.{extension}"),
            media_type,
            body,
        }
    }

    fn url(&self) -> String {
        format!("/assets/{}", self.name)
    }
}
