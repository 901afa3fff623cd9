//! The frames of a GIF.

use std::io::Cursor;
use std::num::NonZeroU64;

use gif::{ColorOutput, DecodeOptions, Decoder, DecodingError, DisposalMethod, MemoryLimit};

use super::super::error::MediaError;
use super::super::raster::{CHANNELS, Raster};
use super::super::source::Facts;
use super::canvas::{After, Patch};

/// Reads one frame after the other.
pub(super) struct Gif {
    decoder: Decoder<Cursor<Vec<u8>>>,
}

impl Gif {
    /// No frame may have more pixels than `largest`.
    pub fn open(file: Vec<u8>, largest: u64) -> Result<(Self, Facts), MediaError> {
        let mut options = DecodeOptions::new();
        options.set_color_output(ColorOutput::Indexed);
        let largest = NonZeroU64::new(largest).unwrap_or(NonZeroU64::MIN);
        options.set_memory_limit(MemoryLimit::Bytes(largest));
        let decoder = options
            .read_info(Cursor::new(file))
            .map_err(|error| fault(&error))?;
        let facts = Facts {
            xmp: decoder.xmp_metadata().map(<[u8]>::to_vec),
            icc: decoder.icc_profile().map(<[u8]>::to_vec),
            ..Facts::default()
        };
        Ok((Self { decoder }, facts))
    }

    pub fn next(&mut self) -> Result<Option<Patch>, MediaError> {
        let global = self.decoder.global_palette().map(<[u8]>::to_vec);
        let frame = self
            .decoder
            .read_next_frame()
            .map_err(|error| fault(&error))?;
        let Some(frame) = frame else {
            return Ok(None);
        };
        let colours = frame.palette.as_ref().or(global.as_ref());
        let colours = colours.ok_or(MediaError::Damaged("a frame has no colours"))?;
        let (colours, _) = colours.as_chunks::<3>();
        // An index that names no colour is seen through, as in browsers.
        let pixel = |index: &u8| match colours.get(usize::from(*index)) {
            Some(&[r, g, b]) if frame.transparent != Some(*index) => [r, g, b, 255],
            _ => [0; CHANNELS],
        };
        Ok(Some(Patch {
            picture: Raster {
                width: usize::from(frame.width),
                height: usize::from(frame.height),
                data: frame.buffer.iter().flat_map(pixel).collect(),
            },
            at: (usize::from(frame.left), usize::from(frame.top)),
            blends: true,
            after: match frame.dispose {
                DisposalMethod::Background => After::Clear,
                DisposalMethod::Previous => After::Restore,
                DisposalMethod::Any | DisposalMethod::Keep => After::Stay,
            },
            delay: u32::from(frame.delay) * 10,
        }))
    }
}

fn fault(error: &DecodingError) -> MediaError {
    match error {
        DecodingError::Io(_) => MediaError::Truncated,
        _ => MediaError::Damaged("its data cannot be decoded"),
    }
}
