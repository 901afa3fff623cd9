//! One file of a drop: what it is, its chunks, and who may have it.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::is_plain_text;
use crate::trust::metadata::TargetInfo;
use crate::trust::time::{format_time, parse_time};
use crate::trust::{Name, Sha256, TargetPath};

/// The smallest chunk: below it a hash would cost more than it saves.
const MIN_CHUNK: u64 = 256 << 10;

/// The largest chunk: the edge holds one in memory while it checks it.
const MAX_CHUNK: u64 = 4 << 20;

/// A file is cut into about this many chunks, so that a list of chunk hashes
/// stays near 128 KiB however long the file is.
const CHUNKS_WANTED: u64 = 4096;

/// A file of a drop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileEntry {
    /// Its path.
    pub path: TargetPath,
    /// The length in bytes.
    pub length: u64,
    /// The digest of the whole file.
    pub sha256: Sha256,
    /// Its media type, fit for `Content-Type`.
    pub media_type: String,
    /// Whether a GIF or WebP has more than one frame, if its publisher has looked.
    pub animated: Option<bool>,
    /// The length of every chunk but the last.
    pub chunk_size: u64,
    /// The digest of each chunk, in order.
    pub chunks: Vec<Sha256>,
    /// CRC-32 (IEEE) of the whole file, for ZIP.
    pub crc32: u32,
    /// Its own licence, when it differs from the drop's.
    pub license: Option<String>,
    /// Who may have it.
    pub access: Access,
    /// When it was last changed, in unix seconds.
    pub mtime: Option<u64>,
}

/// Who may have a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Access {
    /// Anyone.
    Public,
    /// The holder of any grant for it.
    Grant,
    /// The holder of a grant of this tier.
    Tier(Name),
}

impl Access {
    /// Parses `public`, `grant` or the name of a tier.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "public" => Some(Self::Public),
            "grant" => Some(Self::Grant),
            tier => Name::parse(tier).ok().map(Self::Tier),
        }
    }

    /// The text it was parsed from.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Public => "public",
            Self::Grant => "grant",
            Self::Tier(tier) => tier.as_str(),
        }
    }
}

/// The chunk size of a file: `clamp(next_pow2(ceil(length / 4096)), 256 KiB, 4 MiB)`.
#[must_use]
pub fn chunk_size_for(length: u64) -> u64 {
    let wanted = length.div_ceil(CHUNKS_WANTED).checked_next_power_of_two();
    wanted.unwrap_or(MAX_CHUNK).clamp(MIN_CHUNK, MAX_CHUNK)
}

/// The `custom` object of a target.
#[derive(Serialize, Deserialize)]
struct Custom {
    media_type: String,
    chunk_size: u64,
    chunks: String,
    crc32: String,
    access: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    animated: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    license: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mtime: Option<String>,
}

impl FileEntry {
    pub(super) fn read(
        path: TargetPath,
        info: &TargetInfo,
        custom: &Value,
    ) -> Result<Self, String> {
        let custom = Custom::deserialize(custom).map_err(|error| error.to_string())?;
        if !is_media_type(&custom.media_type) {
            return Err("media_type is not a media type".to_owned());
        }
        if custom.chunk_size != chunk_size_for(info.length) {
            let right = chunk_size_for(info.length);
            return Err(format!("chunk_size must be {right} for this length"));
        }
        if !custom.license.as_deref().is_none_or(is_plain_text) {
            return Err("license is not plain text".to_owned());
        }
        let mtime = custom.mtime.as_deref().map(|text| {
            parse_time(text).ok_or_else(|| "mtime is not YYYY-MM-DDTHH:MM:SSZ".to_owned())
        });
        Ok(Self {
            path,
            length: info.length,
            sha256: info.sha256,
            media_type: custom.media_type,
            animated: custom.animated,
            chunk_size: custom.chunk_size,
            chunks: read_chunks(&custom.chunks, info, custom.chunk_size)?,
            crc32: read_crc32(&custom.crc32)
                .ok_or("crc32 is not 8 lower-case hexadecimal digits")?,
            license: custom.license,
            access: Access::parse(&custom.access)
                .ok_or("access is neither public, grant nor the name of a tier")?,
            mtime: mtime.transpose()?,
        })
    }

    /// The file as targets metadata writes it.
    pub(in crate::trust) fn to_tuf(&self) -> Value {
        let mut chunks = Vec::with_capacity(self.chunks.len() * 32);
        for chunk in &self.chunks {
            chunks.extend(chunk.0);
        }
        serde_json::json!({
            "length": self.length,
            "hashes": {"sha256": self.sha256},
            "custom": Custom {
                media_type: self.media_type.clone(),
                animated: self.animated,
                chunk_size: self.chunk_size,
                chunks: BASE64_STANDARD.encode(chunks),
                crc32: format!("{:08x}", self.crc32),
                access: self.access.as_str().to_owned(),
                license: self.license.clone(),
                mtime: self.mtime.map(format_time),
            },
        })
    }

    /// The name the file is stored under in a consistent snapshot:
    /// `creator/drop/<sha256>.<file>`.
    #[must_use]
    pub fn stored_name(&self) -> String {
        format!("{}/{}.{}", self.path.drop, self.sha256, self.path.file)
    }
}

fn read_chunks(text: &str, info: &TargetInfo, chunk_size: u64) -> Result<Vec<Sha256>, String> {
    let bytes = BASE64_STANDARD
        .decode(text)
        .map_err(|_| "chunks is not base64".to_owned())?;
    let (chunks, rest) = bytes.as_chunks::<32>();
    let wanted = info.length.div_ceil(chunk_size);
    if !rest.is_empty() || u64::try_from(chunks.len()) != Ok(wanted) {
        return Err(format!("chunks must hold {wanted} digests of 32 bytes"));
    }
    // A file of one chunk has one digest: two would be two truths.
    if let [only] = chunks
        && *only != info.sha256.0
    {
        return Err("the only chunk's digest is not the file's".to_owned());
    }
    Ok(chunks.iter().map(|chunk| Sha256(*chunk)).collect())
}

fn read_crc32(text: &str) -> Option<u32> {
    let is_hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    (text.len() == 8 && text.bytes().all(is_hex))
        .then(|| u32::from_str_radix(text, 16).ok())
        .flatten()
}

/// RFC 9110, 8.3.1: `type/subtype`, then perhaps parameters in visible ASCII.
fn is_media_type(text: &str) -> bool {
    let essence = text.split(';').next().unwrap_or_default().trim_end();
    let is_token = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"!#$&^_.+-".contains(&b))
    };
    text.len() <= 127
        && text.bytes().all(|b| (b' '..=b'~').contains(&b))
        && essence
            .split_once('/')
            .is_some_and(|(kind, subtype)| is_token(kind) && is_token(subtype))
}
