//! PNG row by row.

use std::cell::RefCell;
use std::io::{BufRead, ErrorKind, Read, Seek, SeekFrom};
use std::rc::Rc;

use png::{Decoder, DecodingError, Limits, Reader, Transformations};

use super::super::error::MediaError;
use super::super::planes::Pixels;
use super::super::raster::Raster;
use super::super::resize::{Resample, Resizer};
use super::premultiply::{premultiply, to_rgba};
use super::{Decoded, Demand, Facts};

/// Bytes of texts, profiles and rows, inflated. Compressed chunks of some kilobytes
/// can be gigabytes of text.
const MAX_CHUNKS: usize = 8 << 20;

/// Decodes and resamples.
pub(crate) struct PngSource {
    reader: Reader<Feed>,
    fed: Rc<RefCell<Vec<u8>>>,
    resizer: Resizer,
    channels: usize,
    /// The colours are multiplied by their alpha, since neighbours are mixed.
    mixing: bool,
    row: Vec<u8>,
    rows_left: u32,
    size: (usize, usize),
}

impl PngSource {
    /// The prefix reaches to the first image data.
    pub fn new(prefix: Vec<u8>, demand: Demand) -> Result<Self, MediaError> {
        let pushed = Rc::new(RefCell::new(prefix));
        let feed = Feed {
            fed: Rc::clone(&pushed),
            current: Vec::new(),
            at: 0,
        };
        let mut decoder = Decoder::new_with_limits(feed, Limits { bytes: MAX_CHUNKS });
        decoder.set_transformations(Transformations::normalize_to_color8());
        let reader = decoder.read_info().map_err(|error| fault(&error))?;
        let (width, height) = reader.info().size();
        let channels = reader.output_color_type().0.samples();
        let resample = Resample {
            source: (width as usize, height as usize),
            window: demand.window,
            target: demand.size,
            channels,
        };
        // The decoder keeps two rows and what it has inflated.
        let rows = u64::from(width) * channels as u64 * 4 + MAX_CHUNKS as u64;
        demand
            .budget
            .allow_bytes(Resizer::bytes(&resample) + rows)?;
        let line = reader
            .output_line_size(width)
            .ok_or(MediaError::Damaged("its rows are too long"))?;
        Ok(Self {
            reader,
            fed: pushed,
            resizer: Resizer::new(&resample),
            channels,
            mixing: resample.mixes(),
            row: vec![0; line],
            rows_left: height,
            size: demand.size,
        })
    }

    pub fn push(&mut self, chunk: &[u8]) -> Result<(), MediaError> {
        if self.rows_left == 0 {
            return Ok(());
        }
        self.fed.borrow_mut().extend_from_slice(chunk);
        while self.rows_left > 0 {
            match self.reader.read_row(&mut self.row) {
                Ok(Some(_)) => {
                    if self.mixing {
                        premultiply(&mut self.row, self.channels);
                    }
                    self.resizer.push_row(&self.row);
                    self.rows_left -= 1;
                }
                Ok(None) => return Err(MediaError::Truncated),
                // The row is taken up again where it stopped.
                Err(DecodingError::IoError(error)) if error.kind() == ErrorKind::UnexpectedEof => {
                    return Ok(());
                }
                Err(error) => return Err(fault(&error)),
            }
        }
        Ok(())
    }

    pub fn finish(self) -> Result<Decoded, MediaError> {
        if self.rows_left > 0 {
            return Err(MediaError::Truncated);
        }
        let info = self.reader.info();
        let xmp = info
            .utf8_text
            .iter()
            .find(|text| text.keyword == "XML:com.adobe.xmp");
        let facts = Facts {
            exif: info.exif_metadata.as_deref().map(<[u8]>::to_vec),
            xmp: xmp
                .and_then(|text| text.get_text().ok())
                .map(String::into_bytes),
            photoshop: None,
            icc: info.icc_profile.as_deref().map(<[u8]>::to_vec),
        };
        let (width, height) = self.size;
        let data = to_rgba(self.resizer.finish(), self.channels, self.mixing);
        Ok(Decoded {
            pixels: Pixels::Raster(Raster {
                width,
                height,
                data,
            }),
            facts,
        })
    }
}

/// The bytes that were pushed, as the decoder wants to read them. At their end it
/// is told that the file ended too early, and asks again after the next push.
struct Feed {
    fed: Rc<RefCell<Vec<u8>>>,
    current: Vec<u8>,
    at: usize,
}

impl BufRead for Feed {
    fn fill_buf(&mut self) -> std::io::Result<&[u8]> {
        if self.at >= self.current.len() {
            self.current.clear();
            self.at = 0;
            std::mem::swap(&mut self.current, &mut self.fed.borrow_mut());
        }
        Ok(self.current.get(self.at..).unwrap_or_default())
    }

    fn consume(&mut self, count: usize) {
        self.at += count;
    }
}

impl Read for Feed {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let count = self.fill_buf()?.read(out)?;
        self.consume(count);
        Ok(count)
    }
}

impl Seek for Feed {
    fn seek(&mut self, _: SeekFrom) -> std::io::Result<u64> {
        Err(ErrorKind::Unsupported.into())
    }
}

/// Whose fault the decoder's error is.
fn fault(error: &DecodingError) -> MediaError {
    match error {
        DecodingError::IoError(_) => MediaError::Truncated,
        DecodingError::LimitsExceeded => MediaError::Damaged("its chunks are too large"),
        DecodingError::Format(_) | DecodingError::Parameter(_) => {
            MediaError::Damaged("its chunks contradict each other or their check sums")
        }
    }
}
