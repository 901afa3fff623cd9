//! The application segments that say something about the picture, handed out raw.

use super::limits::{Limits, Warnings};

const EXIF: &[u8] = b"Exif\0";
const XMP: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";
const ICC: &[u8] = b"ICC_PROFILE\0";
const PHOTOSHOP: &[u8] = b"Photoshop 3.0\0";

/// Raw metadata; reading it is another room's work.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Metadata {
    /// The TIFF structure of the first APP1 `Exif` segment.
    pub exif: Option<Vec<u8>>,
    /// The packet of the first APP1 XMP segment.
    pub xmp: Option<Vec<u8>>,
    /// The profile of the APP2 segments, put together in order.
    pub icc: Option<Vec<u8>>,
    /// The image resources of the APP13 segments (IPTC is one of them), joined.
    pub photoshop: Option<Vec<u8>>,
}

/// Collects segments within the limits.
#[derive(Debug, Default)]
pub(super) struct Collector {
    pub(super) found: Metadata,
    pub(super) jfif: bool,
    pub(super) adobe: Option<u8>,
    icc_parts: Vec<(u8, Vec<u8>)>,
    icc_count: u8,
    kept: usize,
}

impl Collector {
    /// Whether the body of this segment must be collected at all.
    pub(super) const fn wants(marker: u8) -> bool {
        matches!(marker, 0xE0 | 0xE1 | 0xE2 | 0xED | 0xEE)
    }

    /// Takes the body of an application segment.
    pub(super) fn take(&mut self, marker: u8, body: &[u8], limits: &Limits, warn: &mut Warnings) {
        match marker {
            0xE0 => self.jfif |= body.len() >= 14 && body.starts_with(b"JFIF\0"),
            0xE1 => {
                if let Some(packet) = body.strip_prefix(XMP) {
                    if self.found.xmp.is_none() && self.fits(packet, limits, warn) {
                        self.found.xmp = Some(packet.to_vec());
                    }
                } else if let Some(&[_, ref tiff @ ..]) = body.strip_prefix(EXIF)
                    && self.found.exif.is_none()
                    && self.fits(tiff, limits, warn)
                {
                    self.found.exif = Some(tiff.to_vec());
                }
            }
            0xE2 => {
                if let Some(&[number, count, ref part @ ..]) = body.strip_prefix(ICC)
                    && self.fits(part, limits, warn)
                {
                    self.icc_count = count;
                    self.icc_parts.push((number, part.to_vec()));
                }
            }
            0xED => {
                if let Some(resources) = body.strip_prefix(PHOTOSHOP)
                    && self.fits(resources, limits, warn)
                {
                    let joined = self.found.photoshop.get_or_insert_default();
                    joined.extend_from_slice(resources);
                }
            }
            0xEE => {
                if let (true, Some(&transform)) = (body.starts_with(b"Adobe"), body.get(11)) {
                    self.adobe = Some(transform);
                }
            }
            _ => {}
        }
    }

    /// Bytes kept.
    pub(super) const fn bytes(&self) -> u64 {
        self.kept as u64
    }

    fn fits(&mut self, part: &[u8], limits: &Limits, warn: &mut Warnings) -> bool {
        let total = self.kept.saturating_add(part.len());
        let fits = total <= limits.max_metadata_bytes;
        if fits {
            self.kept = total;
        } else {
            warn.metadata_dropped = true;
        }
        fits
    }

    /// Puts the profile together: parts 1 to `count`, each exactly once.
    pub(super) fn assemble_icc(&mut self, warn: &mut Warnings) {
        if self.icc_parts.is_empty() {
            return;
        }
        let mut parts = std::mem::take(&mut self.icc_parts);
        parts.sort_by_key(|part| part.0);
        let whole = parts.len() == usize::from(self.icc_count)
            && parts
                .iter()
                .zip(1u8..)
                .all(|(part, number)| part.0 == number);
        if whole {
            self.found.icc = Some(parts.into_iter().flat_map(|part| part.1).collect());
        } else {
            warn.metadata_dropped = true;
        }
    }
}
