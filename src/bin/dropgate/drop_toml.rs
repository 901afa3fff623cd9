//! `drop.toml`: what a creator says about a drop.

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::{Context, Result, bail};
use dropgate::{
    media::preset::PresetBook,
    trust::{Access, DropFacts, Name, Preview, Provenance, parse_time},
};
use serde::Deserialize;

/// The file's name in the drop's folder.
pub const FILE: &str = "drop.toml";

/// The file, as written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DropToml {
    title: Option<String>,
    description: Option<String>,
    license: Option<String>,
    /// Who may have the files that say nothing themselves.
    access: Option<String>,
    not_before: Option<String>,
    /// Days until the drop's manifest expires.
    expires_days: Option<u64>,
    #[serde(default)]
    consent: Vec<String>,
    author: Option<String>,
    credit: Option<String>,
    source: Option<String>,
    preview: Option<Preview>,
    lite: Option<String>,
    master: Option<String>,
    /// The version of the edge's picture engine whose pictures are kept.
    engine: Option<String>,
    /// Named recipes: options, or options and how long the picture is good; and the
    /// versions that names without one mean.
    #[serde(default)]
    presets: BTreeMap<String, serde_json::Value>,
    #[serde(default)]
    files: BTreeMap<String, FileToml>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileToml {
    access: Option<String>,
    license: Option<String>,
    media_type: Option<String>,
}

/// How long a manifest is good for when `expires_days` says nothing.
const DEFAULT_DAYS: u64 = 365;

impl DropToml {
    /// Reads the file in `folder`; without one, everything is left to defaults.
    pub fn read(folder: &Path) -> Result<Option<Self>> {
        let path = folder.join(FILE);
        if !path.exists() {
            return Ok(None);
        }
        let text = fs::read_to_string(&path)
            .with_context(|| format!("could not read {}", path.display()))?;
        let parsed: Self = toml::from_str(&text)
            .with_context(|| format!("{} is not as expected", path.display()))?;
        Ok(Some(parsed))
    }

    /// The drop-wide facts; `fallback` is the title of a drop without one.
    pub fn facts(&self, fallback: &str) -> Result<DropFacts> {
        let name = |text: &String| Name::parse(text).with_context(|| format!("in {FILE}"));
        let not_before = self.not_before.as_deref().map(|text| {
            parse_time(text).with_context(|| {
                format!("not_before in {FILE} must look like 2026-12-24T18:00:00Z")
            })
        });
        Ok(DropFacts {
            title: self.title.clone().unwrap_or_else(|| fallback.to_owned()),
            description: self.description.clone(),
            not_before: not_before.transpose()?,
            // Set when it is signed.
            published: None,
            license: self.license.clone(),
            provenance: Provenance {
                author: self.author.clone(),
                credit: self.credit.clone(),
                source: self.source.clone(),
            },
            consent: self.consent.iter().map(name).collect::<Result<_>>()?,
            preview: self.preview,
            presets: self.presets()?,
            engine: self.engine.clone(),
            lite: self.lite.as_ref().map(name).transpose()?,
            master: self.master.as_ref().map(name).transpose()?,
        })
    }

    /// The named recipes as they are signed, every one known to be good.
    fn presets(&self) -> Result<Option<String>> {
        if self.presets.is_empty() {
            return Ok(None);
        }
        let text = serde_json::to_string(&self.presets)?;
        PresetBook::parse(&text).with_context(|| format!("in {FILE}"))?;
        Ok(Some(text))
    }

    /// Days until the manifest expires.
    pub fn days(&self) -> u64 {
        self.expires_days.unwrap_or(DEFAULT_DAYS)
    }

    /// Who may have a file.
    pub fn access(&self, file: &str) -> Result<Access> {
        let own = self.files.get(file).and_then(|file| file.access.as_deref());
        let text = own.or(self.access.as_deref()).unwrap_or("public");
        Access::parse(text).with_context(|| {
            format!("access {text:?} of {file} in {FILE} is neither public, grant nor the name of a tier")
        })
    }

    /// The file's own licence.
    pub fn license(&self, file: &str) -> Option<String> {
        self.files.get(file)?.license.clone()
    }

    /// The media type: as stated, or by the name's ending.
    pub fn media_type(&self, file: &str) -> String {
        let stated = self
            .files
            .get(file)
            .and_then(|file| file.media_type.clone());
        stated.unwrap_or_else(|| by_ending(file).to_owned())
    }

    /// Refuses a section for a file that is not there: most likely a slip.
    pub fn check_files(&self, there: &[String]) -> Result<()> {
        for name in self.files.keys() {
            if !there.contains(name) {
                bail!("{FILE} has a section for {name:?}, which is not in the folder");
            }
        }
        Ok(())
    }
}

/// IANA media types of the files creators sell.
fn by_ending(file: &str) -> &'static str {
    let ending = file.rsplit('.').next().unwrap_or_default();
    match ending {
        "avif" => "image/avif",
        "csv" => "text/csv",
        "epub" => "application/epub+zip",
        "flac" => "audio/flac",
        "gif" => "image/gif",
        "gz" => "application/gzip",
        "jpg" | "jpeg" => "image/jpeg",
        "json" => "application/json",
        "jxl" => "image/jxl",
        "md" => "text/markdown; charset=utf-8",
        "mp3" => "audio/mpeg",
        "mp4" => "video/mp4",
        "ogg" | "oga" => "audio/ogg",
        "otf" => "font/otf",
        "pdf" => "application/pdf",
        "png" => "image/png",
        "svg" => "image/svg+xml",
        "tif" | "tiff" => "image/tiff",
        "ttf" => "font/ttf",
        "txt" => "text/plain; charset=utf-8",
        "wav" => "audio/wav",
        "webm" => "video/webm",
        "webp" => "image/webp",
        "woff2" => "font/woff2",
        "zip" => "application/zip",
        _ => "application/octet-stream",
    }
}
