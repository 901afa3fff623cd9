//! A ZIP archive that is never stored.
//!
//! The members are stored without compression and their lengths and CRC-32 are
//! known beforehand, so every byte of the archive has a place that follows from
//! the list of members alone. Any range of it is therefore a row of segments:
//! bytes made on the spot, and parts of files, which are planned and checked
//! like any other delivery ([`super::plan`]).
//!
//! | file | what is in it |
//! |---|---|
//! | `mod.rs` | the layout: what lies where |
//! | [`choice`] | which files of a drop go in |
//! | [`segments`] | which segments a range consists of |
//! | `record` | the bytes of the records (PKWARE APPNOTE 6.3) |

pub mod choice;
mod record;
pub mod segments;

use std::collections::HashSet;
use std::fmt;

pub use choice::Choice;
pub use segments::{Segment, Segments};

use super::Span;
use super::etag::EntityTag;
use crate::trust::{Name, Sha256};

/// Raised whenever [`record`] or the layout changes a byte: it is part of the
/// tag, so that no download is resumed with the bytes of another layout.
const LAYOUT_VERSION: u8 = 1;

/// A manifest of 5 MB cannot list more files than this; the layout keeps about
/// a hundred bytes for each.
pub const MAX_MEMBERS: usize = 100_000;

/// A name's length has two bytes in a record, and readers have limits of their
/// own far below 64 KiB.
const MAX_NAME: usize = 1024;

/// A file to put into an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its name in the archive, with `/` between folders.
    pub name: String,
    /// How many bytes it has.
    pub length: u64,
    /// Their CRC-32, as the manifest signs it.
    pub crc32: u32,
    /// Their SHA-256, as the manifest signs it.
    pub sha256: Sha256,
    /// When it was last modified.
    pub modified: u64,
}

/// Why there is no such archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ZipError {
    /// More than [`MAX_MEMBERS`]: the publisher's fault, or the client's in a
    /// choice.
    Members(usize),
    /// A name that is empty, too long, absolute, climbs out of its folder or
    /// has a character that file systems disagree about: the publisher's
    /// fault, or the client's in a choice.
    Name(String),
    /// Two members have the same name, or names that differ in case only: the
    /// publisher's fault.
    Duplicate(String),
    /// The archive would be larger than any reader can address: the
    /// publisher's fault.
    Length,
    /// A file was chosen that is not offered: the client's fault.
    Absent(Name),
}

impl fmt::Display for ZipError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Members(found) => write!(
                f,
                "an archive holds at most {MAX_MEMBERS} files; this one would hold {found}"
            ),
            Self::Name(name) => write!(f, "{name:?} cannot be the name of a file in an archive"),
            Self::Duplicate(name) => write!(
                f,
                "two files in the archive would be called {name:?} on some computers"
            ),
            Self::Length => f.write_str("the archive would be too large"),
            Self::Absent(name) => write!(f, "there is no file {name} here to put into the archive"),
        }
    }
}

impl std::error::Error for ZipError {}

/// A member and its place.
#[derive(Debug, Clone)]
struct Placed {
    member: Member,
    /// Where its local header begins, counted in the archive.
    header_at: u64,
    /// Where its central record begins, counted in the archive.
    central_at: u64,
}

/// The layout of an archive: local headers each followed by a file, then the
/// central directory, then the end records.
#[derive(Debug, Clone)]
pub struct Archive {
    members: Vec<Placed>,
    central_at: u64,
    end_at: u64,
    length: u64,
    etag: EntityTag,
}

impl Archive {
    /// Lays out `members` in the order given.
    pub fn new(members: Vec<Member>) -> Result<Self, ZipError> {
        check_names(&members)?;
        let etag = tag_of(&members);
        let mut placed = Vec::with_capacity(members.len());
        let mut at: u64 = 0;
        for member in members {
            let header_at = at;
            at = at
                .checked_add(record::local_header_length(&member))
                .and_then(|at| at.checked_add(member.length))
                .ok_or(ZipError::Length)?;
            placed.push(Placed {
                member,
                header_at,
                central_at: 0,
            });
        }
        let central_at = at;
        for placed in &mut placed {
            placed.central_at = at;
            at = at
                .checked_add(record::central_length(&placed.member, placed.header_at))
                .ok_or(ZipError::Length)?;
        }
        let end_at = at;
        let mut archive = Self {
            members: placed,
            central_at,
            end_at,
            length: 0,
            etag,
        };
        let end_length = record::end(&archive.directory()).len();
        archive.length = u64::try_from(end_length)
            .ok()
            .and_then(|length| end_at.checked_add(length))
            .ok_or(ZipError::Length)?;
        Ok(archive)
    }

    /// How many bytes the archive has.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.length
    }

    /// How many files are in it.
    #[must_use]
    pub fn member_count(&self) -> usize {
        self.members.len()
    }

    /// Its strong tag: a digest of everything that determines its bytes. A
    /// manifest that is signed again without a change to these files keeps it,
    /// so a download begun before can be resumed.
    #[must_use]
    pub fn etag(&self) -> &EntityTag {
        &self.etag
    }

    /// What the bytes `wanted` consist of, in order and without gaps. Bytes
    /// past the end are not there.
    #[must_use]
    pub fn segments(&self, wanted: Span) -> Segments<'_> {
        Segments::new(self, wanted)
    }

    fn directory(&self) -> record::Directory {
        record::Directory {
            count: self.members.len() as u64,
            start: self.central_at,
            end: self.end_at,
        }
    }
}

/// A name must mean the same file to every reader on every system.
fn check_names(members: &[Member]) -> Result<(), ZipError> {
    if members.len() > MAX_MEMBERS {
        return Err(ZipError::Members(members.len()));
    }
    let mut seen = HashSet::with_capacity(members.len());
    for Member { name, .. } in members {
        let good_parts = name.split('/').all(|part| !matches!(part, "" | "." | ".."));
        let good_characters = !name.contains(|c: char| c.is_control() || c == '\\' || c == ':');
        if !good_parts || !good_characters || name.len() > MAX_NAME {
            return Err(ZipError::Name(name.chars().take(80).collect()));
        }
        if !seen.insert(name.to_lowercase()) {
            return Err(ZipError::Duplicate(name.clone()));
        }
    }
    Ok(())
}

/// Each field has a fixed length or its length in front, so that no two lists
/// are written alike.
fn tag_of(members: &[Member]) -> EntityTag {
    let mut hash = hmac_sha256::Hash::new();
    hash.update(b"dropgate zip layout ");
    hash.update([LAYOUT_VERSION]);
    for member in members {
        hash.update((member.name.len() as u64).to_be_bytes());
        hash.update(&member.name);
        hash.update(member.length.to_be_bytes());
        hash.update(member.crc32.to_be_bytes());
        hash.update(member.modified.to_be_bytes());
        hash.update(member.sha256.0);
    }
    EntityTag::of_zip(&Sha256(hash.finalize()))
}

#[cfg(test)]
mod tests;
