//! Under which name a derivative is stored.

use std::fmt;

use super::preview;
use super::recipe::{Derivative, Output, Recipe};
use crate::trust::{Sha256, TargetPath};

/// The format of the text that is hashed. Another number makes all keys new.
const VERSION: &str = "dropgate-derivative-v2";

/// So many digits of a hash tell the derivatives of one source apart.
const STEM: usize = 16;

/// The name of a derivative in KV and R2:
/// `derived/{source}/{hash}.{ext}`, 142 bytes at most where KV takes 512.
///
/// The hash is over everything that decides the bytes: the source's SHA-256,
/// those of the overlays, the engine's version, and the derivative's one
/// spelling with its output format. So nothing is ever invalidated by guess: a
/// new version of a file, or of the engine, has new names. And since the source
/// comes first, listing [`CacheKey::prefix`] finds all derivatives of a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CacheKey(String);

impl CacheKey {
    /// The key of a derivative. `overlays` are the SHA-256 of the files the
    /// derivative draws, in the order of its `draw`.
    #[must_use]
    pub fn new(source: Sha256, overlays: &[Sha256], engine: &str, derivative: &Derivative) -> Self {
        let mut text = format!("{VERSION}\n{engine}\n{source}\n{}\n", overlays.len());
        for overlay in overlays {
            text.push_str(&overlay.to_hex());
            text.push('\n');
        }
        text.push_str(&derivative.canonical());
        if let Some(rule) = derivative.preview() {
            text.push_str(&preview::mark(rule));
        }
        let hash = Sha256::of(text.as_bytes());
        let extension = derivative.output().extension();
        Self(format!("{}{hash}.{extension}", Self::prefix(source)))
    }

    /// The key of the same after a purge: `derived/{source}/{hash}-{generation}.{ext}`.
    #[must_use]
    pub fn of_generation(self, generation: u64) -> Self {
        match self.0.rsplit_once('.') {
            Some((stem, extension)) if generation > 0 => {
                Self(format!("{stem}-{generation}.{extension}"))
            }
            _ => self,
        }
    }

    /// Whether a name is one of a generation before that, and begins with one of
    /// the stems if there are any.
    #[must_use]
    pub fn is_past(name: &str, before: u64, stems: &[String]) -> bool {
        let last = name.rsplit('/').next().unwrap_or_default();
        let stem = last.split('.').next().unwrap_or_default();
        let (hash, generation) = stem.split_once('-').unwrap_or((stem, "0"));
        let is_before = generation.parse::<u64>().is_ok_and(|found| found < before);
        is_before && (stems.is_empty() || stems.iter().any(|stem| hash.starts_with(stem)))
    }

    /// How the key begins, whatever its generation, after its source.
    #[must_use]
    pub fn stem(&self) -> String {
        let last = self.0.rsplit('/').next().unwrap_or_default();
        last.chars().take(STEM).collect()
    }

    /// The name of the best of several derivatives of a source, in a cache that
    /// keeps only one of them.
    #[must_use]
    pub fn of_best(source: Sha256, keys: &[Self]) -> String {
        let text: Vec<&str> = keys.iter().map(Self::as_str).collect();
        let hash = Sha256::of(text.join("\n").as_bytes());
        format!("{}{hash}.best", Self::prefix(source))
    }

    /// The name of the note, in a data centre's cache, of what was made last of
    /// the file at an address, whichever it was.
    #[must_use]
    pub fn of_address(path: &TargetPath, derivatives: &[Derivative], generation: u64) -> String {
        let text: Vec<String> = derivatives.iter().map(Derivative::canonical).collect();
        let hash = Sha256::of(text.join("\n").as_bytes());
        format!("latest/{path}/{hash}-{generation}")
    }

    /// The key of a source's size, which is kept as a derivative is.
    #[must_use]
    pub fn size(source: Sha256) -> Self {
        Self(format!("{}size", Self::prefix(source)))
    }

    /// The key of a drop's packaged catalogue, by the manifest that signs it.
    #[must_use]
    pub fn catalog(manifest: Sha256, engine: &str, recipe: &Recipe) -> Self {
        let text = format!("{VERSION}\n{engine}\n{manifest}\n{}", recipe.canonical());
        let hash = Sha256::of(text.as_bytes());
        Self(format!("{}{hash}.zip", Self::prefix(manifest)))
    }

    /// What the names of all derivatives of a source begin with.
    #[must_use]
    pub fn prefix(source: Sha256) -> String {
        format!("derived/{source}/")
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The media type of what is stored under a name in a listing, by its ending.
    #[must_use]
    pub fn media_type(name: &str) -> Option<&'static str> {
        let (_, extension) = name.rsplit_once('.')?;
        let known = Output::ALL
            .iter()
            .find(|output| output.extension() == extension);
        known.map(|output| output.media_type())
    }
}

impl fmt::Display for CacheKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests;
