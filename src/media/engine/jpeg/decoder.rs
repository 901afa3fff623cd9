//! The decoder's front: segments in, events out.

use super::band::{Band, Bands};
use super::error::Error;
use super::frame::Header;
use super::limits::{Limits, Warnings};
use super::metadata::{Collector, Metadata};
use super::passes::{self, Pass};
use super::plan::{Layout, Plan};
use super::scan::ScanHeader;
use super::segment::{Piece, Segments};
use super::store::Store;
use super::stream::{Progress, Stream};
use super::tables::Tables;
use super::window::Window;

/// What happened, or what is needed to go on.
#[derive(Debug, Clone, Copy)]
pub enum Event<'a> {
    /// The input is used up: feed more, or call [`Decoder::finish`].
    NeedInput,
    /// Everything before the picture is known. Call [`Decoder::plan`] now, or
    /// take the whole picture at full scale.
    Header(&'a Header),
    /// Rows are ready, top to bottom.
    Band(Band<'a>),
    /// There is no more. Input that is left can be thrown away.
    End,
}

/// Decodes one picture. See the [module's documentation](super).
pub struct Decoder {
    limits: Limits,
    finished: bool,
    window: Window,
    segments: Segments,
    tables: Tables,
    collector: Collector,
    warnings: Warnings,
    interval: u32,
    header: Option<Header>,
    plan: Plan,
    scans: u32,
    state: State,
}

enum State {
    /// Among marker segments, before or between scans.
    Segments(Option<Box<Several>>),
    /// The first scan's header is known; the caller was told.
    Planning(ScanHeader),
    Streaming(Box<Stream>, Bands),
    Passing(Box<Several>, Pass),
    /// Transforming what was stored; the next MCU row.
    Rendering(Box<Several>, Bands, usize),
    Done,
}

/// A picture in several scans.
struct Several {
    layout: Layout,
    store: Store,
}

/// What one step led to; borrows nothing.
enum Step {
    Again,
    NeedInput,
    Header,
    Band,
    End,
}

impl Decoder {
    /// A decoder that has seen nothing.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            finished: false,
            window: Window::new(),
            segments: Segments::default(),
            tables: Tables::default(),
            collector: Collector::default(),
            warnings: Warnings::default(),
            interval: 0,
            header: None,
            plan: Plan::default(),
            scans: 0,
            state: State::Segments(None),
        }
    }

    /// The header, from the frame header on.
    #[must_use]
    pub const fn header(&self) -> Option<&Header> {
        self.header.as_ref()
    }

    /// The metadata seen so far; complete at [`Event::Header`] in all but odd files.
    #[must_use]
    pub const fn metadata(&self) -> &Metadata {
        &self.collector.found
    }

    /// What was wrong so far.
    #[must_use]
    pub fn warnings(&self) -> Warnings {
        let mut warnings = self.warnings;
        warnings.garbage += u32::from(self.window.skipped > 0);
        warnings
    }

    /// Says what is wanted, after [`Event::Header`] and before the next call of
    /// [`Decoder::decode`]. Allocates nothing.
    pub fn plan(&mut self, plan: Plan) -> Result<Layout, Error> {
        let header = self.header.as_ref().ok_or(Error::NoFrame)?;
        let layout = Layout::new(header, &plan)?;
        self.plan = plan;
        Ok(layout)
    }

    /// Says that there is no more input than what was given.
    pub const fn finish(&mut self) {
        self.finished = true;
    }

    /// Goes on until something happens, taking what it can use off the front of
    /// `input`. Feed what is left again, with or without more behind it.
    pub fn decode(&mut self, input: &mut &[u8]) -> Result<Event<'_>, Error> {
        loop {
            match self.step(input)? {
                Step::Again => {}
                Step::NeedInput => return Ok(Event::NeedInput),
                Step::Header => match &self.header {
                    Some(header) => return Ok(Event::Header(header)),
                    None => return Err(Error::NoFrame),
                },
                Step::Band => break,
                Step::End => return Ok(Event::End),
            }
        }
        match &self.state {
            State::Streaming(_, bands) | State::Rendering(_, bands, _) => {
                Ok(Event::Band(bands.view()))
            }
            _ => Ok(Event::End),
        }
    }

    fn step(&mut self, input: &mut &[u8]) -> Result<Step, Error> {
        match &mut self.state {
            State::Segments(_) => self.segment(input),
            State::Planning(_) => self.begin(),
            State::Streaming(stream, bands) => {
                match stream.advance(&mut self.window, input, self.finished, bands) {
                    Progress::Wait => Ok(Step::NeedInput),
                    Progress::Band => Ok(Step::Band),
                    Progress::Done => {
                        self.warnings.damaged += stream.walk.damaged;
                        self.state = State::Done;
                        Ok(Step::End)
                    }
                }
            }
            State::Passing(several, pass) => {
                let progress =
                    pass.advance(&mut self.window, input, self.finished, &mut several.store);
                if progress == Progress::Wait {
                    return Ok(Step::NeedInput);
                }
                self.end_pass()
            }
            State::Rendering(several, bands, row) => {
                if *row == several.layout.wanted_y.1 {
                    self.state = State::Done;
                    return Ok(Step::End);
                }
                several.store.render(*row, several.layout.wanted_x, bands);
                *row += 1;
                Ok(Step::Band)
            }
            State::Done => Ok(Step::End),
        }
    }

    /// Takes the next marker segment.
    fn segment(&mut self, input: &mut &[u8]) -> Result<Step, Error> {
        let piece = self
            .segments
            .next(&mut self.window, input, self.finished, &self.limits);
        let piece = match piece {
            Ok(Some(piece)) => piece,
            Ok(None) => return Ok(Step::NeedInput),
            Err(error) => return self.forgive(error),
        };
        let result = match piece {
            Piece::End => return self.end_of_input(),
            Piece::Segment(marker) => self.take(marker),
        };
        result.or_else(|error| self.forgive(error))
    }

    /// Once there is a picture to show, damage between scans ends it early; what
    /// costs too much is refused all the same.
    fn forgive(&mut self, error: Error) -> Result<Step, Error> {
        let costly = matches!(
            error,
            Error::TooManyScans(_) | Error::TooManySegments(_) | Error::OutOfMemory
        );
        match &self.state {
            State::Segments(Some(_)) if !costly => {
                self.warnings.damaged += 1;
                self.end_of_input()
            }
            _ => Err(error),
        }
    }

    fn take(&mut self, marker: u8) -> Result<Step, Error> {
        let body = self.segments.body();
        match marker {
            0xC4 => self.tables.define_huffman(body)?,
            0xDB => self.tables.define_quantisation(body)?,
            0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF => {
                if self.header.is_some() {
                    return Err(Error::SecondFrame);
                }
                let mut header = Header::parse(marker, body)?;
                let found = u64::from(header.width) * u64::from(header.height);
                let limit = self.limits.max_pixels;
                if found > limit {
                    return Err(Error::TooManyPixels { found, limit });
                }
                header.decide_colour(self.collector.jfif, self.collector.adobe);
                self.header = Some(header);
            }
            0xDA => return self.scan(),
            0xDD => {
                let &[high, low] = body else {
                    return Err(Error::BadSegment(marker));
                };
                self.interval = u32::from(u16::from_be_bytes([high, low]));
            }
            _ => self
                .collector
                .take(marker, body, &self.limits, &mut self.warnings),
        }
        Ok(Step::Again)
    }

    /// A scan begins.
    fn scan(&mut self) -> Result<Step, Error> {
        let header = self.header.as_mut().ok_or(Error::NoFrame)?;
        let scan = ScanHeader::parse(header, self.segments.body())?;
        self.scans += 1;
        if self.scans > self.limits.max_scans {
            return Err(Error::TooManyScans(self.limits.max_scans));
        }
        let State::Segments(several) = &mut self.state else {
            return Err(Error::BadScan);
        };
        let Some(mut several) = several.take() else {
            header.decide_colour(self.collector.jfif, self.collector.adobe);
            self.collector.assemble_icc(&mut self.warnings);
            self.state = State::Planning(scan);
            return Ok(Step::Header);
        };
        self.state = if passes::pointless(&scan, &several.store) {
            State::Segments(Some(several))
        } else {
            let mcus = several.layout.mcus;
            match Pass::new(
                header,
                &scan,
                &mut several.store,
                &self.tables,
                self.interval,
                mcus,
            ) {
                Ok(pass) => State::Passing(several, pass),
                Err(error) => {
                    self.state = State::Segments(Some(several));
                    return Err(error);
                }
            }
        };
        Ok(Step::Again)
    }

    /// The plan stands: allocates, and begins the first scan.
    fn begin(&mut self) -> Result<Step, Error> {
        let State::Planning(scan) = &self.state else {
            return Ok(Step::Again);
        };
        let header = self.header.as_ref().ok_or(Error::NoFrame)?;
        let several_scans = header.progressive || scan.components.len() < header.components().len();
        let layout = Layout::new(header, &self.plan)?;
        let needed = layout.bytes(several_scans) + self.collector.bytes();
        let limit = self.limits.max_bytes;
        if needed > limit {
            return Err(Error::TooMuchMemory { needed, limit });
        }
        self.state = if several_scans {
            let mut store = Store::new(&layout)?;
            let (tables, mcus) = (&self.tables, layout.mcus);
            let pass = if passes::pointless(scan, &store) {
                None
            } else {
                Some(Pass::new(
                    header,
                    scan,
                    &mut store,
                    tables,
                    self.interval,
                    mcus,
                )?)
            };
            let several = Box::new(Several { layout, store });
            match pass {
                Some(pass) => State::Passing(several, pass),
                None => State::Segments(Some(several)),
            }
        } else {
            let stream = Stream::new(header, scan, &layout, &self.tables, self.interval)?;
            State::Streaming(Box::new(stream), Bands::new(&layout)?)
        };
        Ok(Step::Again)
    }

    fn end_pass(&mut self) -> Result<Step, Error> {
        let State::Passing(several, pass) = std::mem::replace(&mut self.state, State::Done) else {
            return Ok(Step::End);
        };
        self.warnings.damaged = self.warnings.damaged.saturating_add(pass.walk.damaged);
        let complete = several.store.complete();
        self.state = State::Segments(Some(several));
        if complete {
            self.render()
        } else {
            Ok(Step::Again)
        }
    }

    /// EOI, or what counts as one.
    fn end_of_input(&mut self) -> Result<Step, Error> {
        if !matches!(self.state, State::Segments(Some(_))) {
            return Err(if self.header.is_some() {
                Error::Truncated
            } else {
                self.segments.why_none()
            });
        }
        self.warnings.truncated = true;
        self.render()
    }

    fn render(&mut self) -> Result<Step, Error> {
        let State::Segments(Some(several)) = std::mem::replace(&mut self.state, State::Done) else {
            return Ok(Step::End);
        };
        let bands = Bands::new(&several.layout)?;
        let first = several.layout.wanted_y.0;
        self.state = State::Rendering(several, bands, first);
        Ok(Step::Again)
    }
}
