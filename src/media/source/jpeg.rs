//! JPEG: bands of planes from the decoder, each plane into its own resizer.

use super::super::colour;
use super::super::error::MediaError;
use super::super::geometry::Rect;
use super::super::jpeg::{
    Band, Colour, ComponentLayout, Crop, Decoder, Error, Event, Header, Limits, Plan, Scale,
    Unsupported, estimated_bytes,
};
use super::super::planes::{Chroma, Pixels, Plane, Planes};
use super::super::raster::{CHANNELS, Raster};
use super::super::resize::{Resample, Resizer};
use super::{Decoded, Demand, Facts};

/// Samples the decoder leaves to the resizer for each one of the target. A scaled
/// transform is a coarse filter, so the last step is the resizer's: with 1.26 left
/// the derivative loses three points of ssimulacra2, with two a tenth of one.
const LEFT_TO_RESIZER: f64 = 2.0;

/// Decodes and resamples.
pub(in crate::media) struct JpegSource {
    demand: Demand,
    decoder: Decoder,
    /// One for each component, once the header is known.
    resizers: Vec<Resizer>,
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
            ended: false,
        }
    }

    pub fn push(&mut self, chunk: &[u8]) -> Result<(), MediaError> {
        let mut input = chunk;
        while !self.ended {
            match self.decoder.decode(&mut input).map_err(fault)? {
                Event::NeedInput => return Ok(()),
                Event::Header(_) => self.plan()?,
                Event::Band(band) => resample(&mut self.resizers, band),
                Event::End => self.ended = true,
            }
        }
        Ok(())
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
        let chroma = self.chroma();
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

    /// How much chroma is made.
    fn chroma(&self) -> Chroma {
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
        self.demand
            .planes
            .filter(|_| separate && standard)
            .unwrap_or(Chroma::Full)
    }

    /// Chooses the scales and sets up the resizers.
    fn plan(&mut self) -> Result<(), MediaError> {
        let header = self.decoder.header().ok_or(MediaError::Truncated)?.clone();
        let chroma = self.chroma();
        let targets: Vec<Rect> = (0..header.components().len())
            .map(|index| self.window(index, chroma))
            .collect();
        let sizes = |index: usize| {
            if index == 0 {
                self.demand.size
            } else {
                chroma.size(self.demand.size)
            }
        };
        let wanted = |index: usize| wanted_scale(&header, index, targets.get(index), sizes(index));
        let scale = if header.colour == Colour::YCbCr {
            wanted(0)
        } else {
            (0..header.components().len())
                .map(wanted)
                .max()
                .unwrap_or(Scale::Full)
        };
        let finer = (header.colour == Colour::YCbCr).then(|| wanted(1).max(wanted(2)));
        let mut plan = Plan {
            scale,
            chroma: finer,
            crop: Some(self.crop(&header)),
        };
        let resizing: u64 = (0..header.components().len())
            .filter_map(|index| {
                Some(Resizer::bytes(&whole(
                    &header,
                    index,
                    targets.get(index)?,
                    sizes(index),
                )))
            })
            .sum();
        // A picture in several passes holds its coefficients: rather fewer of them than none.
        while estimated_bytes(&header, &plan) + resizing > self.demand.budget.max_bytes
            && coarser(&mut plan)
        {}
        self.demand
            .budget
            .allow_bytes(estimated_bytes(&header, &plan) + resizing)?;
        let layout = self.decoder.plan(plan).map_err(fault)?;
        let frame = header.max_sampling();
        let mut last: Option<Resample> = None;
        for (index, ((layout, component), window)) in layout
            .components
            .iter()
            .zip(header.components())
            .zip(&targets)
            .enumerate()
        {
            let factor = (
                step(component.h, frame.0, layout.edge),
                step(component.v, frame.1, layout.edge),
            );
            let resample = component_resample(layout, factor, window, sizes(index));
            // The two chroma planes have the same weights; making them takes time.
            let resizer = match self.resizers.last() {
                Some(resizer) if last == Some(resample) => resizer.clone(),
                _ => Resizer::new(&resample),
            };
            self.resizers.push(resizer);
            last = Some(resample);
        }
        Ok(())
    }

    /// The part of the source that a component's target shows.
    fn window(&self, index: usize, chroma: Chroma) -> Rect {
        let window = self.demand.window;
        let (width, height) = self.demand.size;
        if index == 0 || chroma == Chroma::Full {
            return window;
        }
        // The last sample of an odd row stands for one pixel and one beyond the edge.
        let (columns, rows) = chroma.size((width, height));
        let pixel = (window.width / to_f64(width), window.height / to_f64(height));
        let (odd_x, odd_y) = (to_f64(2 * columns - width), to_f64(2 * rows - height));
        let (back_x, back_y) = self.demand.mirrored;
        Rect {
            x: window.x - if back_x { odd_x * pixel.0 } else { 0.0 },
            y: window.y - if back_y { odd_y * pixel.1 } else { 0.0 },
            width: to_f64(2 * columns) * pixel.0,
            height: to_f64(2 * rows) * pixel.1,
        }
    }

    /// What must be decoded: the window and what the filter sees around it.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // within the picture
    fn crop(&self, header: &Header) -> Crop {
        let window = self.demand.window;
        let (width, height) = self.demand.size;
        let axis = |start: f64, length: f64, target: usize, all: u32| {
            // Three lobes on each side, twice as wide for chroma.
            let margin = 6.0 * (length / to_f64(target)).max(1.0) + 16.0;
            let first = (start - margin).floor().clamp(0.0, f64::from(all - 1)) as u32;
            let end = (start + length + margin)
                .ceil()
                .clamp(f64::from(first + 1), f64::from(all)) as u32;
            (first, end - first)
        };
        let (x, columns) = axis(window.x, window.width, width, header.width);
        let (y, rows) = axis(window.y, window.height, height, header.height);
        Crop {
            x,
            y,
            width: columns,
            height: rows,
        }
    }
}

#[allow(clippy::cast_precision_loss)] // far below 2^52
fn to_f64(length: usize) -> f64 {
    length as f64
}

/// Samples of a component for each pixel of the picture.
fn step(sampling: u8, most: u8, edge: usize) -> f64 {
    f64::from(sampling) * to_f64(edge) / (f64::from(most) * 8.0)
}

/// The coarsest scale that leaves the resizer enough.
fn wanted_scale(
    header: &Header,
    index: usize,
    window: Option<&Rect>,
    target: (usize, usize),
) -> Scale {
    let (Some(component), Some(window)) = (header.components().get(index), window) else {
        return Scale::Eighth;
    };
    let (h_max, v_max) = header.max_sampling();
    [Scale::Eighth, Scale::Quarter, Scale::Half]
        .into_iter()
        .find(|scale| {
            let columns = window.width * step(component.h, h_max, scale.edge());
            let rows = window.height * step(component.v, v_max, scale.edge());
            columns >= LEFT_TO_RESIZER * to_f64(target.0)
                && rows >= LEFT_TO_RESIZER * to_f64(target.1)
        })
        .unwrap_or(Scale::Full)
}

/// One step coarser, if there is one.
fn coarser(plan: &mut Plan) -> bool {
    let down = |scale: Scale| match scale {
        Scale::Full => Scale::Half,
        Scale::Half => Scale::Quarter,
        Scale::Quarter | Scale::Eighth => Scale::Eighth,
    };
    let before = *plan;
    plan.chroma = plan.chroma.map(down);
    plan.scale = down(plan.scale);
    *plan != before
}

/// A component at full scale: what its resizer takes at most.
fn whole(header: &Header, index: usize, window: &Rect, target: (usize, usize)) -> Resample {
    let (width, height) = (header.width as usize, header.height as usize);
    let (h_max, v_max) = header.max_sampling();
    let part = |length: usize, sampling: u8, most: u8| {
        (length * usize::from(sampling)).div_ceil(usize::from(most))
    };
    let source = header
        .components()
        .get(index)
        .map_or((width, height), |component| {
            (
                part(width, component.h, h_max),
                part(height, component.v, v_max),
            )
        });
    Resample {
        source,
        window: *window,
        target,
        channels: 1,
    }
}

fn component_resample(
    layout: &ComponentLayout,
    factor: (f64, f64),
    window: &Rect,
    target: (usize, usize),
) -> Resample {
    let (left, top) = (layout.columns.0, layout.rows.0);
    Resample {
        source: (layout.columns.1 - left, layout.rows.1 - top),
        window: Rect {
            x: window.x * factor.0 - to_f64(left),
            y: window.y * factor.1 - to_f64(top),
            width: window.width * factor.0,
            height: window.height * factor.1,
        },
        target,
        channels: 1,
    }
}

fn resample(resizers: &mut [Resizer], band: Band<'_>) {
    for (resizer, plane) in resizers.iter_mut().zip(band.planes()) {
        plane.lines().for_each(|line| resizer.push_row(line));
    }
}

/// The components as a picture.
fn assemble(
    planes: Vec<Plane>,
    colour: Colour,
    adobe: bool,
    chroma: Chroma,
) -> Result<Pixels, MediaError> {
    let mut planes = planes.into_iter();
    let first = planes.next().ok_or(MediaError::Truncated)?;
    let (width, height) = (first.width, first.height);
    let mut next = || planes.next().ok_or(MediaError::Truncated);
    match colour {
        Colour::Grey => Ok(Pixels::Planes(Planes {
            luma: first,
            chroma: None,
        })),
        Colour::YCbCr => Ok(Pixels::Planes(Planes {
            luma: first,
            chroma: Some((chroma, [next()?, next()?])),
        })),
        Colour::Rgb => {
            let (green, blue) = (next()?, next()?);
            let channels = first.data.iter().zip(&green.data).zip(&blue.data);
            let data = channels.flat_map(|((&r, &g), &b)| [r, g, b, 255]).collect();
            Ok(Pixels::Raster(Raster {
                width,
                height,
                data,
            }))
        }
        Colour::Cmyk => {
            let (magenta, yellow, black) = (next()?, next()?, next()?);
            let inks = first.data.iter().zip(&magenta.data).zip(&yellow.data);
            let data = inks
                .zip(&black.data)
                .flat_map(|(((&c, &m), &y), &k)| paper([c, m, y], k, adobe))
                .collect();
            Ok(Pixels::Raster(Raster {
                width,
                height,
                data,
            }))
        }
        Colour::Ycck => {
            let inks = Planes {
                luma: first,
                chroma: Some((Chroma::Full, [next()?, next()?])),
            };
            let black = next()?;
            let mut raster = inks.into_raster();
            for (pixel, &k) in raster
                .data
                .as_chunks_mut::<CHANNELS>()
                .0
                .iter_mut()
                .zip(&black.data)
            {
                let [r, g, b, _] = *pixel;
                *pixel = paper([r, g, b], k, adobe);
            }
            Ok(Pixels::Raster(raster))
        }
    }
}

/// What four inks leave of white paper. Adobe stores how much light each lets
/// through; others how much of it there is.
fn paper(inks: [u8; 3], black: u8, inverted: bool) -> [u8; 4] {
    let light = |ink: u8| if inverted { ink } else { 255 - ink };
    let key = u32::from(light(black));
    let [r, g, b] =
        inks.map(|ink| u8::try_from((u32::from(light(ink)) * key + 127) / 255).unwrap_or(u8::MAX));
    [r, g, b, 255]
}

/// Whose fault the decoder's error is.
fn fault(error: Error) -> MediaError {
    match error {
        Error::NotJpeg => MediaError::NotAnImage,
        Error::Truncated => MediaError::Truncated,
        Error::Unsupported(what) => MediaError::Unsupported(match what {
            Unsupported::Precision(_) => "JPEG of more than 8 bits",
            Unsupported::Arithmetic => "arithmetic coding",
            Unsupported::Lossless => "lossless JPEG",
            Unsupported::Hierarchical => "hierarchical JPEG",
            Unsupported::LateHeight => "JPEG without a height",
            Unsupported::Components(_) => "JPEG of this number of channels",
        }),
        Error::TooManyPixels { found, limit } => MediaError::TooLarge {
            what: "pixels",
            actual: found,
            limit,
        },
        Error::TooMuchMemory { needed, limit } => MediaError::TooLarge {
            what: "bytes of memory",
            actual: needed,
            limit,
        },
        Error::TooManyScans(limit) => {
            let limit = u64::from(limit);
            MediaError::TooLarge {
                what: "scans",
                actual: limit + 1,
                limit,
            }
        }
        Error::TooManySegments(limit) => {
            let limit = u64::from(limit);
            MediaError::TooLarge {
                what: "marker segments",
                actual: limit + 1,
                limit,
            }
        }
        Error::OutOfMemory => MediaError::Internal("there was no memory for it"),
        Error::BadWindow => MediaError::Internal("the crop lies outside the picture"),
        Error::BadSegment(_)
        | Error::BadFrame
        | Error::SecondFrame
        | Error::NoFrame
        | Error::BadScan => MediaError::Damaged("its markers contradict each other"),
        Error::NoQuantisation(_) => MediaError::Damaged("a quantisation table is missing"),
        Error::NoHuffman(_) => MediaError::Damaged("a Huffman table is missing"),
    }
}
