//! Huffman tables (T.81 annex C): as they are sent, and as bits to symbol.
//!
//! Ten bits are looked up at once, longer codes by comparing with the last code of
//! each length. The hot loops use the richer tables of [`super::lookup`], which
//! are made of this one, and come here only for what does not fit there.

use super::error::Error;
use super::window::Bits;

/// Bits looked up at once.
pub(super) const LOOK: u32 = 10;
/// A table as it was sent: how many codes of each length, and their symbols.
#[derive(Debug, Clone)]
pub(super) struct Spec {
    counts: [u8; 16],
    symbols: Vec<u8>,
}

impl Spec {
    /// Reads one table off the front of a DHT body, the class byte already gone.
    pub(super) fn parse(body: &mut &[u8]) -> Result<Self, Error> {
        let bad = Error::BadSegment(0xC4);
        let (counts, rest) = body.split_first_chunk::<16>().ok_or(bad)?;
        let total: usize = counts.iter().map(|&n| usize::from(n)).sum();
        let (symbols, rest) = rest.split_at_checked(total).ok_or(bad)?;
        *body = rest;
        Self::new(*counts, symbols).ok_or(bad)
    }

    /// `None`: the lengths do not make a prefix code.
    pub(super) fn new(counts: [u8; 16], symbols: &[u8]) -> Option<Self> {
        let mut free: u32 = 1;
        for count in counts {
            free = (free << 1).checked_sub(u32::from(count))?;
        }
        (symbols.len() <= 256).then(|| Self {
            counts,
            symbols: symbols.to_vec(),
        })
    }

    /// Code, length and symbol of every entry, shortest first. Codes are aligned
    /// to the top of 16 bits.
    fn entries(&self) -> impl Iterator<Item = (u32, u32, u8)> {
        let mut symbols = self.symbols.iter();
        let mut code = 0u32;
        (1u32..=16)
            .zip(self.counts)
            .flat_map(move |(length, count)| {
                let step = 1u32 << (16 - length);
                let first = code;
                code += step * u32::from(count);
                let of_length: Vec<_> =
                    symbols.by_ref().take(usize::from(count)).copied().collect();
                (0u32..)
                    .zip(of_length)
                    .map(move |(i, symbol)| (first + i * step, length, symbol))
            })
    }
}

/// A symbol and the length of its code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Code {
    pub(super) symbol: u8,
    pub(super) length: u32,
}

/// Bits to symbol.
#[derive(Debug)]
pub(super) struct Codes {
    /// `length << 8 | symbol` for codes of up to [`LOOK`] bits, else 0.
    short: [u16; 1 << LOOK],
    /// For each longer length: the end of its codes, and what to add to a code
    /// (right-aligned) to find its symbol.
    long: [(u32, u32); 16 - LOOK as usize],
    symbols: [u8; 256],
}

impl Codes {
    pub(super) fn new(spec: &Spec) -> Self {
        let mut codes = Self {
            short: [0; 1 << LOOK],
            long: [(0, 0); 6],
            symbols: [0; 256],
        };
        for (place, &symbol) in codes.symbols.iter_mut().zip(&spec.symbols) {
            *place = symbol;
        }
        for ((code, length, symbol), index) in spec.entries().zip(0u32..) {
            if length <= LOOK {
                let first = (code >> (16 - LOOK)) as usize;
                let span = 1usize << (LOOK - length);
                if let Some(places) = codes.short.get_mut(first..first + span) {
                    places.fill((length << 8) as u16 | u16::from(symbol));
                }
            } else if let Some((end, offset)) = codes.long.get_mut((length - LOOK - 1) as usize) {
                *end = code + (1 << (16 - length));
                *offset = index.wrapping_sub(code >> (16 - length));
            }
        }
        codes
    }

    /// The symbol at the front of `bits`, which holds at least 17. A code that
    /// is not in the table counts as symbol 0 of 17 bits, as in libjpeg.
    #[inline(always)]
    pub(super) fn find(&self, bits: &Bits) -> Code {
        let entry = self
            .short
            .get((bits.buf >> (64 - LOOK)) as usize)
            .copied()
            .unwrap_or(0);
        if entry != 0 {
            return Code {
                symbol: entry as u8,
                length: u32::from(entry >> 8),
            };
        }
        let entry = self.find_long(bits.peek(16));
        Code {
            symbol: entry as u8,
            length: entry >> 8,
        }
    }

    /// `length << 8 | symbol`.
    #[cold]
    #[inline(never)]
    fn find_long(&self, code: u32) -> u32 {
        for (length, &(end, offset)) in (LOOK + 1..).zip(&self.long) {
            if code < end {
                let index = (code >> (16 - length)).wrapping_add(offset);
                let symbol = self.symbols.get(index as usize & 255).copied().unwrap_or(0);
                return length << 8 | u32::from(symbol);
            }
        }
        17 << 8
    }

    /// Reads one DC difference (T.81 F.2.2.1); at least 32 bits must be available.
    pub(super) fn difference(&self, bits: &mut Bits) -> i32 {
        let code = self.find(bits);
        bits.consume(code.length);
        receive(bits, u32::from(code.symbol & 15))
    }

    /// The symbol at the top of `window` if its code is among the first `width`
    /// bits and at most [`LOOK`] long.
    pub(super) fn short(&self, window: u64, width: u32) -> Option<Code> {
        let entry = self.short.get((window >> (64 - LOOK)) as usize).copied()?;
        let code = Code {
            symbol: entry as u8,
            length: u32::from(entry >> 8),
        };
        (code.length != 0 && code.length <= width).then_some(code)
    }
}

/// RECEIVE and EXTEND (T.81 F.2.2.1): `size` bits as a signed number, without a
/// branch on the sign.
#[inline(always)]
pub(super) fn receive(bits: &mut Bits, size: u32) -> i32 {
    let positive = bits.buf as i64 >> 63;
    let magnitude = bits.take(size) as i32;
    let below = ((-1i32) << size) + 1;
    magnitude + (below & !(positive as i32))
}
