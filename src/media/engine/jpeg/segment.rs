//! Marker segments (T.81 B.1.1.4): which come whole, which are passed over.

use super::error::Error;
use super::limits::Limits;
use super::metadata::Collector;
use super::window::{EOI, Window};

/// The segment under way.
#[derive(Debug, Default)]
pub(super) struct Segments {
    state: State,
    body: Vec<u8>,
    count: u32,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum State {
    /// Nothing but the first two bytes, which must be SOI.
    #[default]
    Start,
    /// Looking for a marker.
    Between,
    /// The two bytes of length, the first of which may be in `body`.
    Length(u8),
    /// Bytes to come.
    Body(u8, usize),
    /// Bytes to come that nobody wants.
    Skip(usize),
}

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece {
    /// A segment whose body is now [`Segments::body`].
    Segment(u8),
    /// EOI, or the end of the input.
    End,
}

impl Segments {
    /// The body of the segment found last.
    pub(super) fn body(&self) -> &[u8] {
        &self.body
    }

    /// Why an input without a picture is none: not even SOI, or cut off.
    pub(super) fn why_none(&self) -> Error {
        if self.state == State::Start {
            Error::NotJpeg
        } else {
            Error::Truncated
        }
    }

    /// The next segment; `None`: more input is needed.
    pub(super) fn next(
        &mut self,
        window: &mut Window,
        input: &mut &[u8],
        finished: bool,
        limits: &Limits,
    ) -> Result<Option<Piece>, Error> {
        loop {
            match self.state {
                State::Start => {
                    if !self.gather(input, 2) {
                        return Ok(Self::wait(finished));
                    }
                    if self.body != [0xFF, 0xD8] {
                        return Err(Error::NotJpeg);
                    }
                    self.state = State::Between;
                }
                State::Between => {
                    let Some(marker) = window.seek_marker(input, finished) else {
                        return Ok(None);
                    };
                    self.count += 1;
                    if self.count > limits.max_segments {
                        return Err(Error::TooManySegments(limits.max_segments));
                    }
                    if marker == EOI {
                        return Ok(Some(Piece::End));
                    }
                    window.pass_marker();
                    self.body.clear();
                    // TEM, SOI, RSTn and what is reserved below SOF have no body.
                    if !matches!(marker, 0..=0xBF | 0xD0..=0xD8) {
                        self.state = State::Length(marker);
                    }
                }
                State::Length(marker) => {
                    if !self.gather(input, 2) {
                        return Ok(Self::wait(finished));
                    }
                    let length = self
                        .body
                        .first_chunk()
                        .map_or(0, |b| u16::from_be_bytes(*b));
                    let length = usize::from(length)
                        .checked_sub(2)
                        .ok_or(Error::BadSegment(marker))?;
                    self.body.clear();
                    let wanted = Collector::wants(marker)
                        || matches!(marker, 0xC0..=0xCB | 0xCD..=0xCF | 0xDA | 0xDB | 0xDD);
                    self.state = if wanted {
                        State::Body(marker, length)
                    } else {
                        State::Skip(length)
                    };
                }
                State::Body(marker, length) => {
                    if !self.gather(input, length) {
                        return Ok(Self::wait(finished));
                    }
                    self.state = State::Between;
                    return Ok(Some(Piece::Segment(marker)));
                }
                State::Skip(length) => {
                    let now = length.min(input.len());
                    *input = input.get(now..).unwrap_or_default();
                    if now < length {
                        self.state = State::Skip(length - now);
                        return Ok(Self::wait(finished));
                    }
                    self.state = State::Between;
                }
            }
        }
    }

    /// Collects until `body` has `length` bytes.
    fn gather(&mut self, input: &mut &[u8], length: usize) -> bool {
        let now = length.saturating_sub(self.body.len()).min(input.len());
        let (taken, rest) = input.split_at_checked(now).unwrap_or_default();
        self.body.extend_from_slice(taken);
        *input = rest;
        self.body.len() >= length
    }

    /// The input is used up inside of a segment.
    const fn wait(finished: bool) -> Option<Piece> {
        if finished { Some(Piece::End) } else { None }
    }
}
