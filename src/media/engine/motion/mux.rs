//! Writes an animated WebP file (RFC 9649, 2.7.1) of frames that the encoder has
//! written as files of their own: no encoder of animations is needed, and only one
//! frame is held at a time.

use super::super::bytes::Bytes;
use super::super::error::MediaError;
use super::super::rights::{Packets, embed};
use super::Piece;

const ALPHA: u8 = 0x10;
const ANIMATED: u8 = 0x02;

/// What was made of a frame is no WebP file.
const FAILED: MediaError = MediaError::Internal("a frame was not encoded");

/// An animation in the making.
pub struct Animation {
    frames: Vec<u8>,
    flags: u8,
}

impl Default for Animation {
    fn default() -> Self {
        Self {
            frames: Vec::new(),
            flags: ANIMATED,
        }
    }
}

impl Animation {
    /// How long the file is so far.
    #[must_use]
    pub fn len(&self) -> usize {
        self.frames.len()
    }

    /// Whether there is no frame yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    /// Adds a frame, whose file this is.
    pub fn push(&mut self, piece: &Piece, file: &[u8]) -> Result<(), MediaError> {
        let mut body = Vec::with_capacity(file.len() + 16);
        for number in [
            piece.x / 2,
            piece.y / 2,
            piece.width.saturating_sub(1),
            piece.height.saturating_sub(1),
            piece.delay.min(0xFF_FFFF),
        ] {
            body.extend(number.to_le_bytes().iter().take(3));
        }
        // Not blended unless it says so; never disposed of.
        body.push(if piece.blends { 0 } else { 2 });
        let mut chunks = Bytes(file.get(12..).ok_or(FAILED)?);
        let empty = body.len();
        while let (Some(name), Some(length)) = (chunks.take(4), chunks.le32()) {
            let stream = chunks.take(length as usize).ok_or(FAILED)?;
            chunks.take((stream.len() % 2).min(chunks.0.len()));
            let name = *name.first_chunk::<4>().ok_or(FAILED)?;
            match &name {
                b"ALPH" => self.flags |= ALPHA,
                // Fourteen bits of width and of height, then one of alpha.
                b"VP8L" if stream.get(4).is_some_and(|byte| byte & 0x10 != 0) => {
                    self.flags |= ALPHA;
                }
                b"VP8 " | b"VP8L" => {}
                _ => continue,
            }
            put(&mut body, name, stream);
        }
        if body.len() == empty {
            return Err(FAILED);
        }
        put(&mut self.frames, *b"ANMF", &body);
        Ok(())
    }

    /// The file: of this size, played so often (0 is for ever), with its metadata.
    #[must_use]
    pub fn finish(self, (width, height): (u32, u32), plays: u32, packets: &Packets) -> Vec<u8> {
        let mut file = b"RIFF\0\0\0\0WEBP".to_vec();
        let mut header = vec![self.flags, 0, 0, 0];
        for side in [width, height] {
            header.extend(side.saturating_sub(1).to_le_bytes().iter().take(3));
        }
        put(&mut file, *b"VP8X", &header);
        // A transparent background.
        let mut anim = vec![0; 4];
        anim.extend(u16::try_from(plays).unwrap_or(u16::MAX).to_le_bytes());
        put(&mut file, *b"ANIM", &anim);
        file.extend(self.frames);
        seal(&mut file);
        embed::into_webp(file, packets)
    }
}

/// A chunk, padded to an even length.
pub(super) fn put(out: &mut Vec<u8>, name: [u8; 4], body: &[u8]) {
    out.extend(name);
    out.extend(u32::try_from(body.len()).unwrap_or(u32::MAX).to_le_bytes());
    out.extend_from_slice(body);
    if body.len() % 2 == 1 {
        out.push(0);
    }
}

/// Writes the length into the head of a file.
pub(super) fn seal(file: &mut [u8]) {
    let length = u32::try_from(file.len().saturating_sub(8)).unwrap_or(u32::MAX);
    if let Some(place) = file.get_mut(4..8) {
        place.copy_from_slice(&length.to_le_bytes());
    }
}
