//! Sends files to the worker, under a short token that the creator's key signs.

use std::{
    fs::File,
    io::{self, Read},
    path::PathBuf,
};

use anyhow::{Context, Result};
use dropgate::trust::FileEntry;
use indicatif::{ProgressBar, ProgressStyle};

use crate::{api::Api, parts, patience::patiently, signer::Tokens};

/// A longer file goes in parts.
const WHOLE: u64 = 64 * 1024 * 1024;

/// A file to send.
pub struct Upload {
    /// Where its bytes are.
    pub source: PathBuf,
    /// What was measured.
    pub entry: FileEntry,
}

impl Upload {
    /// Where it is sent to.
    pub fn path(&self) -> String {
        format!("/admin/files/{}", self.entry.stored_name())
    }

    pub fn open(&self) -> Result<File> {
        File::open(&self.source)
            .with_context(|| format!("could not open {}", self.source.display()))
    }
}

/// Sends the files one after another. What is there already is not sent again,
/// so that a publish that was broken off goes on where it stopped.
pub fn send(api: &Api, uploads: &[Upload], tokens: &Tokens, bar: &ProgressBar) -> Result<()> {
    for upload in uploads {
        bar.set_message(upload.entry.path.file.to_string());
        let start = bar.position();
        let sent = if upload.entry.length > WHOLE {
            parts::send(api, upload, tokens, bar)
        } else {
            patiently(|| whole(api, upload, tokens, bar, start))
        };
        sent.with_context(|| {
            format!(
                "could not upload {}; run the same command again to go on",
                upload.source.display()
            )
        })?;
        bar.set_position(start + upload.entry.length);
    }
    Ok(())
}

fn whole(api: &Api, upload: &Upload, tokens: &Tokens, bar: &ProgressBar, start: u64) -> Result<()> {
    bar.set_position(start);
    let length = upload.entry.length;
    let body = Counted::new(upload.open()?.take(length), bar);
    api.put(&upload.path(), &tokens.fresh()?, length, None, body)
}

/// A bar that counts bytes; silent when the output is no terminal.
pub fn bytes_bar(what: &'static str, total: u64) -> ProgressBar {
    let style = ProgressStyle::with_template(
        "{prefix} {bar:32} {bytes}/{total_bytes} {bytes_per_sec} {eta} {msg}",
    )
    .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(total).with_style(style).with_prefix(what)
}

/// Tells a bar of the bytes that are read.
pub struct Counted<R> {
    inner: R,
    bar: ProgressBar,
}

impl<R> Counted<R> {
    pub fn new(inner: R, bar: &ProgressBar) -> Self {
        Self {
            inner,
            bar: bar.clone(),
        }
    }
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.bar.inc(u64::try_from(read).unwrap_or_default());
        Ok(read)
    }
}
