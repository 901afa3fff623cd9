//! Reads a file once and says all that a manifest states about its bytes.

use std::{
    fs::{self, File},
    io::Read,
    path::Path,
    time::UNIX_EPOCH,
};

use anyhow::{Context, Result, bail};
use dropgate::{
    media::motion,
    trust::{Access, FileDigester, FileEntry, TargetPath, chunk_size_for},
};

/// How much is read at once.
const READ_STEP: usize = 1 << 20;

/// What the creator says about a file; the rest is measured.
pub struct Stated {
    /// Its place.
    pub path: TargetPath,
    /// Its media type.
    pub media_type: String,
    /// Its own licence.
    pub license: Option<String>,
    /// Who may have it.
    pub access: Access,
}

/// Hashes the file at `source`; `progress` gets the number of bytes of each step.
pub fn measure(source: &Path, stated: Stated, mut progress: impl FnMut(u64)) -> Result<FileEntry> {
    let about =
        fs::metadata(source).with_context(|| format!("could not read {}", source.display()))?;
    let length = about.len();
    let mut file =
        File::open(source).with_context(|| format!("could not open {}", source.display()))?;
    let mut digester = FileDigester::new(length);
    let mut buffer = vec![0; READ_STEP];
    let mut seen: u64 = 0;
    loop {
        let read = file.read(&mut buffer)?;
        let Some(piece) = buffer.get(..read).filter(|piece| !piece.is_empty()) else {
            break;
        };
        digester.update(piece);
        seen += u64::try_from(read)?;
        progress(u64::try_from(read)?);
    }
    if seen != length {
        bail!(
            "{} changed while it was read; publish it again when it is at rest",
            source.display()
        );
    }
    let digests = digester.finish();
    let animated = moves(source, &stated.media_type)?;
    let mtime = about
        .modified()
        .ok()
        .and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    Ok(FileEntry {
        path: stated.path,
        length,
        sha256: digests.sha256,
        media_type: stated.media_type,
        animated,
        chunk_size: chunk_size_for(length),
        chunks: digests.chunks,
        crc32: digests.crc32,
        license: stated.license,
        access: stated.access,
        mtime: mtime.map(|since| since.as_secs()),
    })
}

/// Whether a picture of a format that can have frames has several: the edge must
/// know before it reads the file.
fn moves(source: &Path, media_type: &str) -> Result<Option<bool>> {
    if !matches!(media_type, "image/gif" | "image/webp") {
        return Ok(None);
    }
    Ok(Some(motion::is_animated(&fs::read(source)?)))
}
