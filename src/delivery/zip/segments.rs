//! What a range of an archive consists of.

use super::{Archive, Span, record};

/// Records are handed over together up to about this many bytes: few enough
/// for a small buffer, many enough that the directory of a large archive is
/// not thousands of tiny writes.
const BATCH: usize = 16 << 10;

/// A run of bytes of an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Segment {
    /// Bytes of the archive itself.
    Literal(Vec<u8>),
    /// Bytes of a file, to be planned and checked like any other part of it.
    File {
        /// Which member, in the order they were given.
        member: usize,
        /// Which bytes, counted in the file.
        span: Span,
    },
}

impl Segment {
    /// How many bytes it has.
    #[must_use]
    pub fn length(&self) -> u64 {
        match self {
            Self::Literal(bytes) => bytes.len() as u64,
            Self::File { span, .. } => span.length(),
        }
    }
}

/// What comes next in the archive.
#[derive(Debug, Clone, Copy)]
enum Part {
    Header(usize),
    Data(usize),
    Central(usize),
    End,
}

/// The segments of a range, made one at a time.
#[derive(Debug, Clone)]
pub struct Segments<'a> {
    archive: &'a Archive,
    wanted: Span,
    next: Option<Part>,
}

impl<'a> Segments<'a> {
    pub(super) fn new(archive: &'a Archive, wanted: Span) -> Self {
        let wanted = wanted.intersect(Span::whole(archive.length));
        Self {
            archive,
            wanted: wanted.unwrap_or(Span::whole(0)),
            next: wanted.map(|wanted| archive.part_at(wanted.start())),
        }
    }

    /// The bytes of a record that are wanted, if any are.
    fn cut(&self, at: u64, record: &[u8]) -> Vec<u8> {
        Span::new(at, at.saturating_add(record.len() as u64))
            .and_then(|span| span.intersect(self.wanted))
            .and_then(|span| span.relative_to(at).of(record))
            .unwrap_or_default()
            .to_vec()
    }

    /// The wanted bytes of `part`, and the part after it.
    fn read(&self, part: Part) -> (Segment, Option<Part>) {
        let archive = self.archive;
        match part {
            Part::Header(index) => match archive.members.get(index) {
                Some(placed) => {
                    let header = record::local_header(&placed.member);
                    let cut = self.cut(placed.header_at, &header);
                    (Segment::Literal(cut), Some(Part::Data(index)))
                }
                None => self.read(Part::Central(0)),
            },
            Part::Data(index) => {
                let span = archive
                    .data_span(index)
                    .and_then(|data| Some(data.intersect(self.wanted)?.relative_to(data.start())));
                let segment = match span {
                    Some(span) => Segment::File {
                        member: index,
                        span,
                    },
                    None => Segment::Literal(Vec::new()),
                };
                (segment, Some(Part::Header(index.saturating_add(1))))
            }
            Part::Central(index) => match archive.members.get(index) {
                Some(placed) => {
                    let central = record::central(&placed.member, placed.header_at);
                    let cut = self.cut(placed.central_at, &central);
                    (
                        Segment::Literal(cut),
                        Some(Part::Central(index.saturating_add(1))),
                    )
                }
                None => self.read(Part::End),
            },
            Part::End => {
                let end = record::end(&archive.directory());
                (Segment::Literal(self.cut(archive.end_at, &end)), None)
            }
        }
    }

    /// Where `part` begins.
    fn start_of(&self, part: Part) -> u64 {
        let archive = self.archive;
        let member = |index: usize| archive.members.get(index);
        match part {
            Part::Header(index) => {
                member(index).map_or(archive.central_at, |placed| placed.header_at)
            }
            Part::Data(index) => archive
                .data_span(index)
                .map_or(archive.central_at, Span::start),
            Part::Central(index) => {
                member(index).map_or(archive.end_at, |placed| placed.central_at)
            }
            Part::End => archive.end_at,
        }
    }
}

impl Iterator for Segments<'_> {
    type Item = Segment;

    fn next(&mut self) -> Option<Segment> {
        let mut literal = Vec::new();
        while let Some(part) = self.next {
            if self.start_of(part) >= self.wanted.end() {
                self.next = None;
                break;
            }
            let (segment, after) = self.read(part);
            match segment {
                Segment::Literal(bytes) if literal.is_empty() => literal = bytes,
                Segment::Literal(bytes) => literal.extend(bytes),
                file @ Segment::File { .. } => {
                    if !literal.is_empty() {
                        // The file is read again when its turn comes.
                        break;
                    }
                    self.next = after;
                    return Some(file);
                }
            }
            self.next = after;
            if literal.len() >= BATCH {
                break;
            }
        }
        (!literal.is_empty()).then_some(Segment::Literal(literal))
    }
}

impl Archive {
    /// The bytes of a member's file, counted in the archive.
    fn data_span(&self, index: usize) -> Option<Span> {
        let placed = self.members.get(index)?;
        let header = record::local_header_length(&placed.member);
        let start = placed.header_at.checked_add(header)?;
        Span::new(start, start.checked_add(placed.member.length)?)
    }

    /// The part that holds the byte `at`, found without walking there.
    fn part_at(&self, at: u64) -> Part {
        if at >= self.end_at {
            return Part::End;
        }
        // The last record that begins at or before `at`.
        let last = |starts: fn(&super::Placed) -> u64| {
            self.members
                .partition_point(|placed| starts(placed) <= at)
                .saturating_sub(1)
        };
        if at >= self.central_at {
            return Part::Central(last(|placed| placed.central_at));
        }
        let index = last(|placed| placed.header_at);
        match self.data_span(index) {
            Some(data) if at >= data.start() => Part::Data(index),
            _ => Part::Header(index),
        }
    }
}
