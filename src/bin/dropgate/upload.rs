//! Sends files to the worker, under a short token that the creator's key signs.

use std::{
    fs::File,
    io::{self, Read},
    path::PathBuf,
};

use anyhow::{Context, Result};
use dropgate::{
    gate,
    trust::{DropPath, FileEntry},
};
use indicatif::{ProgressBar, ProgressStyle};

use crate::{api::Api, duration::now};

/// A file to send.
pub struct Upload {
    /// Where its bytes are.
    pub source: PathBuf,
    /// What was measured.
    pub entry: FileEntry,
}

/// A token for uploads to one drop.
pub fn token(key: &gate::SigningKey, audience: &str, drop: &DropPath) -> Result<String> {
    Ok(gate::mint_upload(drop, audience, key, now()?))
}

/// Sends the files one after another.
pub fn send(
    api: &Api,
    uploads: &[Upload],
    fresh_token: impl Fn() -> Result<String>,
    bar: &ProgressBar,
) -> Result<()> {
    for upload in uploads {
        let entry = &upload.entry;
        bar.set_message(entry.path.file.to_string());
        let file = File::open(&upload.source)
            .with_context(|| format!("could not open {}", upload.source.display()))?;
        let body = Counted {
            inner: file.take(entry.length),
            bar: bar.clone(),
        };
        let path = format!("/admin/files/{}", entry.stored_name());
        api.put(&path, &fresh_token()?, entry.length, body)
            .with_context(|| format!("could not upload {}", upload.source.display()))?;
    }
    Ok(())
}

/// A bar that counts bytes; silent when the output is no terminal.
pub fn bytes_bar(what: &'static str, total: u64) -> ProgressBar {
    let style = ProgressStyle::with_template(
        "{prefix} {bar:32} {bytes}/{total_bytes} {bytes_per_sec} {eta} {msg}",
    )
    .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(total).with_style(style).with_prefix(what)
}

struct Counted<R> {
    inner: R,
    bar: ProgressBar,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.bar.inc(u64::try_from(read).unwrap_or_default());
        Ok(read)
    }
}
