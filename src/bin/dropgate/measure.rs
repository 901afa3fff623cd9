//! Reads a file once and says all that a manifest states about its bytes.

use std::{
    fs::{self, File},
    io::Read,
    path::Path,
    time::UNIX_EPOCH,
};

use anyhow::{Context, Result, bail};
use dropgate::trust::{Access, FileEntry, Sha256, TargetPath, chunk_size_for};

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
    let about = fs::metadata(source).with_context(|| format!("could not read {}", source.display()))?;
    let length = about.len();
    let chunk_size = chunk_size_for(length);
    let mut file = File::open(source).with_context(|| format!("could not open {}", source.display()))?;
    let mut buffer = vec![0; usize::try_from(chunk_size)?];
    let mut whole = hmac_sha256::Hash::new();
    let mut crc = crc32fast::Hasher::new();
    let mut chunks = Vec::new();
    let mut seen = 0;
    loop {
        let read = fill(&mut file, &mut buffer)?;
        let Some(chunk) = buffer.get(..read).filter(|chunk| !chunk.is_empty()) else {
            break;
        };
        whole.update(chunk);
        crc.update(chunk);
        chunks.push(Sha256::of(chunk));
        seen += u64::try_from(read)?;
        progress(u64::try_from(read)?);
    }
    if seen != length {
        bail!("{} changed while it was read; publish it again when it is at rest", source.display());
    }
    let mtime = about.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    Ok(FileEntry {
        path: stated.path,
        length,
        sha256: Sha256(whole.finalize()),
        media_type: stated.media_type,
        chunk_size,
        chunks,
        crc32: crc.finalize(),
        license: stated.license,
        access: stated.access,
        mtime: mtime.map(|since| since.as_secs()),
    })
}

/// Reads until the buffer is full or the file ends.
fn fill(file: &mut File, buffer: &mut [u8]) -> Result<usize> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match file.read(rest)? {
            0 => break,
            read => filled += read,
        }
    }
    Ok(filled)
}
