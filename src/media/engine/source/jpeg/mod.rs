//! JPEG: bands of planes from the decoder, each plane into its own resizer.

mod assemble;
mod fault;
mod plan;

use super::super::colour;
use super::super::error::MediaError;
use super::super::jpeg::{Band, Colour, Decoder, Event, Limits};
use super::super::planes::{Chroma, Plane};
use super::super::resize::Resizer;
use super::{Decoded, Demand, Facts};
use assemble::assemble;
use fault::fault;

/// Decodes and resamples.
pub(crate) struct JpegSource {
    demand: Demand,
    decoder: Decoder,
    /// One for each component, once the header is known.
    resizers: Vec<Resizer>,
    /// How much chroma is made.
    chroma: Chroma,
    ended: bool,
}

impl JpegSource {
    pub fn new(demand: Demand) -> Self {
        let limits = Limits {
            max_pixels: demand.budget.max_pixels,
            max_bytes: demand.budget.max_bytes,
            ..Limits::default()
        };
        Self {
            demand,
            decoder: Decoder::new(limits),
            resizers: Vec::new(),
            chroma: Chroma::Full,
            ended: false,
        }
    }

    pub fn push(&mut self, chunk: &[u8]) -> Result<(), MediaError> {
        let mut input = chunk;
        while !self.ended {
            match self.decoder.decode(&mut input).map_err(fault)? {
                Event::NeedInput => return Ok(()),
                Event::Header(_) => self.begin()?,
                Event::Band(band) => resample(&mut self.resizers, band),
                Event::End => self.ended = true,
            }
        }
        Ok(())
    }

    /// Whether no further byte would change anything: a crop ends above the end.
    pub const fn has_enough(&self) -> bool {
        self.ended
    }

    pub fn finish(mut self) -> Result<Decoded, MediaError> {
        self.decoder.finish();
        self.push(&[])?;
        let header = self.decoder.header().ok_or(MediaError::Truncated)?;
        let facts = self.decoder.metadata();
        let facts = Facts {
            exif: facts.exif.clone(),
            xmp: facts.xmp.clone(),
            photoshop: facts.photoshop.clone(),
            icc: facts.icc.clone(),
        };
        let (colour, adobe) = (header.colour, header.adobe);
        let chroma = self.chroma;
        let sizes = std::iter::once(self.demand.size)
            .chain(std::iter::repeat(chroma.size(self.demand.size)));
        let planes: Vec<Plane> = std::mem::take(&mut self.resizers)
            .into_iter()
            .zip(sizes)
            .map(|(resizer, (width, height))| Plane {
                width,
                height,
                data: resizer.finish(),
            })
            .collect();
        if planes
            .iter()
            .any(|plane| plane.data.len() != plane.width * plane.height)
        {
            return Err(MediaError::Truncated);
        }
        Ok(Decoded {
            pixels: assemble(planes, colour, adobe, chroma)?,
            facts,
        })
    }

    /// The header is known: decides how much chroma is made, and plans.
    fn begin(&mut self) -> Result<(), MediaError> {
        let separate = self
            .decoder
            .header()
            .is_some_and(|header| header.colour == Colour::YCbCr);
        // Another colour space is converted pixel by pixel.
        let standard = self
            .decoder
            .metadata()
            .icc
            .as_deref()
            .is_none_or(colour::is_srgb);
        self.chroma = self
            .demand
            .planes
            .filter(|_| separate && standard)
            .unwrap_or(Chroma::Full);
        self.plan()
    }
}

fn resample(resizers: &mut [Resizer], band: Band<'_>) {
    for (resizer, plane) in resizers.iter_mut().zip(band.planes()) {
        plane.lines().for_each(|line| resizer.push_row(line));
    }
}
