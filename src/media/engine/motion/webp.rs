//! The frames of an animated WebP file (RFC 9649, 2.7.1). The decoder reads one
//! picture, so each frame is given to it as a file of its own.

use std::io::Cursor;

use image_webp::{DecodingError, WebPDecoder};

use super::super::bytes::Bytes;
use super::super::error::MediaError;
use super::super::raster::{CHANNELS, Raster};
use super::super::source::Facts;
use super::super::source::premultiply::to_rgba;
use super::canvas::{After, Patch};

/// Reads one frame after the other.
pub(super) struct WebP<F> {
    file: F,
    at: usize,
    canvas: (u32, u32),
}

const SENSELESS: MediaError = MediaError::Damaged("a frame makes no sense");

impl<F: AsRef<[u8]>> WebP<F> {
    pub fn open(file: F, canvas: (u32, u32)) -> (Self, Facts) {
        let mut facts = Facts::default();
        let mut bytes = Bytes(file.as_ref().get(12..).unwrap_or_default());
        while let Some((name, body)) = chunk(&mut bytes) {
            let body = || Some(body.to_vec());
            match name {
                b"EXIF" => facts.exif = body(),
                b"XMP " => facts.xmp = body(),
                b"ICCP" => facts.icc = body(),
                _ => {}
            }
        }
        let at = 12;
        (Self { file, at, canvas }, facts)
    }

    pub fn next(&mut self) -> Result<Option<Patch>, MediaError> {
        loop {
            let rest = self.file.as_ref().get(self.at..).unwrap_or_default();
            if rest.is_empty() {
                return Ok(None);
            }
            let mut bytes = Bytes(rest);
            let (name, body) = chunk(&mut bytes).ok_or(MediaError::Truncated)?;
            self.at += rest.len() - bytes.0.len();
            if name == b"ANMF" {
                return frame(body, self.canvas).map(Some);
            }
        }
    }
}

/// The next chunk; the last one of a file may lack its padding.
fn chunk<'a>(bytes: &mut Bytes<'a>) -> Option<(&'a [u8; 4], &'a [u8])> {
    let (name, length) = (bytes.take(4)?.first_chunk()?, bytes.le32()?);
    let length = usize::try_from(length).ok()?;
    let body = bytes.take(length)?;
    bytes.take((length % 2).min(bytes.0.len()))?;
    Some((name, body))
}

fn frame(body: &[u8], canvas: (u32, u32)) -> Result<Patch, MediaError> {
    let mut bytes = Bytes(body);
    let mut number = || bytes.le24().ok_or(SENSELESS);
    let (x, y) = (number()? * 2, number()? * 2);
    let (width, height) = (number()? + 1, number()? + 1);
    let delay = number()?;
    let flags = bytes.u8().ok_or(SENSELESS)?;
    if x + width > canvas.0 || y + height > canvas.1 {
        return Err(MediaError::Damaged("a frame sticks out"));
    }
    Ok(Patch {
        picture: picture(bytes, (width, height))?,
        at: (x as usize, y as usize),
        blends: flags & 2 == 0,
        after: if flags & 1 == 0 {
            After::Stay
        } else {
            After::Clear
        },
        delay,
    })
}

/// Decodes the chunks of one frame.
fn picture(mut chunks: Bytes<'_>, size: (u32, u32)) -> Result<Raster, MediaError> {
    let mut alpha: &[u8] = &[];
    let (name, stream) = loop {
        match chunk(&mut chunks).ok_or(SENSELESS)? {
            (b"ALPH", body) => alpha = body,
            (name @ (b"VP8 " | b"VP8L"), body) => break (name, body),
            _ => {}
        }
    };
    let mut file = b"RIFF\0\0\0\0WEBP".to_vec();
    if !alpha.is_empty() && name == b"VP8 " {
        let mut header = vec![0x10, 0, 0, 0];
        for side in [size.0, size.1] {
            header.extend((side - 1).to_le_bytes().iter().take(3));
        }
        super::mux::put(&mut file, *b"VP8X", &header);
        super::mux::put(&mut file, *b"ALPH", alpha);
    }
    super::mux::put(&mut file, *name, stream);
    super::mux::seal(&mut file);
    let mut decoder = WebPDecoder::new(Cursor::new(file)).map_err(|error| fault(&error))?;
    if decoder.dimensions() != size {
        return Err(SENSELESS);
    }
    let channels = if decoder.has_alpha() { CHANNELS } else { 3 };
    let (width, height) = (size.0 as usize, size.1 as usize);
    let mut data = vec![0; width * height * channels];
    decoder
        .read_image(&mut data)
        .map_err(|error| fault(&error))?;
    Ok(Raster {
        width,
        height,
        data: to_rgba(data, channels, false),
    })
}

fn fault(error: &DecodingError) -> MediaError {
    match error {
        DecodingError::IoError(_) => MediaError::Truncated,
        _ => MediaError::Damaged("its data cannot be decoded"),
    }
}
