//! Huffman tables (T.81 annex C) in the three shapes the decoder reads them in.
//!
//! - [`Codes`]: the plain one, bits to symbol. Ten bits at once, longer codes by
//!   comparing with the last code of each length.
//! - `values` of an [`AcTable`]: ten bits to run, length **and** the signed
//!   coefficient behind the code, whenever both fit into the ten bits.
//! - `skips` of an [`AcTable`]: twelve bits to how far as many whole symbols as
//!   fit into them move in the stream and in the block. Who does not want the
//!   coefficients walks over them two or three at a time.

use std::sync::Arc;

use super::error::Error;
use super::window::{Bits, Data};

const LOOK: u32 = 10;
const SKIP_LOOK: u32 = 12;
/// The run that stands for an end-of-block.
pub(super) const END: u32 = 64;
/// Added to the advance of a skip entry by an end-of-block; a plain advance stays
/// below 64, so that the sum with a position below 64 tells them apart.
const SKIP_END: u32 = 128;
/// The advance of a skip entry whose first symbol needs more bits.
const SKIP_NOT: u32 = 255;

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
        (symbols.len() <= 256).then(|| Self { counts, symbols: symbols.to_vec() })
    }

    /// Code, length and symbol of every entry, shortest first. Codes are aligned
    /// to the top of 16 bits.
    fn entries(&self) -> impl Iterator<Item = (u32, u32, u8)> {
        let mut symbols = self.symbols.iter();
        let mut code = 0u32;
        (1u32..=16).zip(self.counts).flat_map(move |(length, count)| {
            let step = 1u32 << (16 - length);
            let first = code;
            code += step * u32::from(count);
            let of_length: Vec<_> = symbols.by_ref().take(usize::from(count)).copied().collect();
            (0u32..).zip(of_length).map(move |(i, symbol)| (first + i * step, length, symbol))
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
        let mut codes = Self { short: [0; 1 << LOOK], long: [(0, 0); 6], symbols: [0; 256] };
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
        let entry = self.short.get((bits.buf >> (64 - LOOK)) as usize).copied().unwrap_or(0);
        if entry != 0 {
            return Code { symbol: entry as u8, length: u32::from(entry >> 8) };
        }
        self.find_long(bits.peek(16))
    }

    #[cold]
    fn find_long(&self, code: u32) -> Code {
        for (length, &(end, offset)) in (LOOK + 1..).zip(&self.long) {
            if code < end {
                let index = (code >> (16 - length)).wrapping_add(offset);
                let symbol = self.symbols.get(index as usize & 255).copied().unwrap_or(0);
                return Code { symbol, length };
            }
        }
        Code { symbol: 0, length: 17 }
    }

    /// Reads one DC difference (T.81 F.2.2.1), refilling first.
    #[inline(always)]
    pub(super) fn difference(&self, bits: &mut Bits, data: &Data) -> i32 {
        bits.refill(data);
        let code = self.find(bits);
        bits.consume(code.length);
        receive(bits, u32::from(code.symbol & 15))
    }
}

/// RECEIVE and EXTEND (T.81 F.2.2.1): `size` bits as a signed number, without a
/// branch on the sign.
#[inline(always)]
pub(super) fn receive(bits: &mut Bits, size: u32) -> i32 {
    let positive = bits.buf as i64 >> 63;
    let magnitude = bits.take(size) as i32;
    let bias = ((-1i32) << size) + 1;
    magnitude + (bias & !(positive as i32))
}

/// One AC symbol and its value, as [`AcTable::next`] gives them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ac {
    /// Coefficients passed before this one; [`END`] or more ends the block.
    pub(super) run: u32,
    /// The coefficient, not yet dequantised.
    pub(super) value: i32,
}

/// A table for AC coefficients.
#[derive(Debug)]
pub(super) struct AcTable {
    pub(super) codes: Codes,
    /// `value << 16 | run << 8 | length`, or 0 when it takes more than the bits
    /// looked at.
    values: [u32; 1 << LOOK],
    /// `advance << 4 | length`. An end-of-block, always the last symbol of an
    /// entry, adds [`SKIP_END`] to the advance.
    skips: [u16; 1 << SKIP_LOOK],
}

/// What end-of-block symbols mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// Every `r0` but ZRL ends the block (sequential).
    Sequential,
    /// `r0` starts a run of blocks (progressive); only `00` is in the tables.
    Progressive,
}

impl AcTable {
    pub(super) fn new(spec: &Spec, mode: Mode) -> Arc<Self> {
        let codes = Codes::new(spec);
        let values = std::array::from_fn(|i| value_entry(&codes, i as u32, mode));
        let skips = std::array::from_fn(|i| skip_entry(&codes, i as u32, mode));
        Arc::new(Self { codes, values, skips })
    }

    /// Reads one coefficient; at least 32 bits must be available. In progressive
    /// mode `None` is an end-of-band run, still to be read.
    #[inline(always)]
    pub(super) fn value(&self, bits: &mut Bits) -> Option<Ac> {
        let entry = self.values.get((bits.buf >> (64 - LOOK)) as usize).copied().unwrap_or(0);
        if entry == 0 {
            return None;
        }
        bits.consume(entry & 0xFF);
        Some(Ac { run: (entry >> 8) & 0xFF, value: entry as i32 >> 16 })
    }

    /// The same for what [`AcTable::value`] does not know, in sequential mode.
    #[inline(always)]
    pub(super) fn long_value(&self, bits: &mut Bits) -> Ac {
        let code = self.codes.find(bits);
        bits.consume(code.length);
        let (run, size) = (u32::from(code.symbol >> 4), u32::from(code.symbol & 15));
        let run = if size == 0 && run != 15 { END } else { run };
        Ac { run, value: receive(bits, size) }
    }

    /// The same in progressive mode; `Err` is the number of blocks that an
    /// end-of-band run covers, this one included.
    #[inline(always)]
    pub(super) fn long_value_or_run(&self, bits: &mut Bits) -> Result<Ac, u32> {
        let code = self.codes.find(bits);
        bits.consume(code.length);
        let (run, size) = (u32::from(code.symbol >> 4), u32::from(code.symbol & 15));
        if size == 0 && run != 15 {
            return Err((1 << run) + bits.take(run));
        }
        Ok(Ac { run, value: receive(bits, size) })
    }

    /// Walks from coefficient `k` to the end of a block without reading values.
    #[inline(always)]
    pub(super) fn skip(&self, bits: &mut Bits, data: &Data, mut k: u32) {
        while k < 64 {
            bits.refill(data);
            // 56 bits last for four looks of twelve.
            for _ in 0..4 {
                let index = (bits.buf >> (64 - SKIP_LOOK)) as usize;
                let entry = u32::from(self.skips.get(index).copied().unwrap_or(0));
                let next = k + (entry >> 4);
                if next >= 64 {
                    // Exactly full, or an end-of-block inside of the block.
                    if next == 64 || (SKIP_END..SKIP_END + 64).contains(&next) {
                        bits.consume(entry & 15);
                        return;
                    }
                    k = self.skip_one(bits, data, k);
                    break;
                }
                bits.consume(entry & 15);
                k = next;
            }
        }
    }

    #[inline(never)]
    fn skip_one(&self, bits: &mut Bits, data: &Data, k: u32) -> u32 {
        bits.refill(data);
        k + self.long_value(bits).run + 1
    }
}

/// Run and size of a symbol, [`END`] for one that ends the block; `None` when the
/// table does not take it.
fn run_size(symbol: u8, mode: Mode) -> Option<(u32, u32)> {
    let (run, size) = (u32::from(symbol >> 4), u32::from(symbol & 15));
    match (size, run, mode) {
        (0, 15, _) => Some((15, 0)),
        (0, 0, _) | (0, _, Mode::Sequential) => Some((END, 0)),
        (0, _, Mode::Progressive) => None,
        _ => Some((run, size)),
    }
}

fn value_entry(codes: &Codes, index: u32, mode: Mode) -> u32 {
    let window = u64::from(index) << (64 - LOOK);
    let Some((code, run, size)) = symbol_at(codes, window, LOOK, mode) else { return 0 };
    let behind = window << code;
    let magnitude = (behind >> 1 >> (63 - size)) as i32;
    let value = if behind >> 63 == 0 { magnitude + ((-1i32) << size) + 1 } else { magnitude };
    (value as u32) << 16 | run << 8 | (code + size)
}

fn skip_entry(codes: &Codes, index: u32, mode: Mode) -> u16 {
    let (mut used, mut advance) = (0, 0);
    while used < SKIP_LOOK && advance < SKIP_END {
        let window = (u64::from(index) << (64 - SKIP_LOOK)) << used;
        let Some((code, run, size)) = symbol_at(codes, window, SKIP_LOOK - used, mode) else {
            break;
        };
        let step = if run == END { SKIP_END } else { run + 1 };
        if run != END && advance + step > 63 {
            break;
        }
        used += code + size;
        advance += step;
    }
    let advance = if used == 0 { SKIP_NOT } else { advance };
    (advance << 4 | used) as u16
}

/// Code length, run and size of the symbol at the top of `window`, if all of its
/// bits are among the first `width`.
fn symbol_at(codes: &Codes, window: u64, width: u32, mode: Mode) -> Option<(u32, u32, u32)> {
    let entry = codes.short.get((window >> (64 - LOOK)) as usize).copied().unwrap_or(0);
    let length = u32::from(entry >> 8);
    let (run, size) = run_size(entry as u8, mode)?;
    (length != 0 && length + size <= width).then_some((length, run, size))
}

/// The tables of T.81 annex K.3, which Motion-JPEG frames leave out.
pub(super) fn standard(class: u8, slot: u8) -> Option<Spec> {
    let (counts, symbols): ([u8; 16], &[u8]) = match (class, slot) {
        (0, 0) => ([0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0], &DC_SYMBOLS),
        (0, 1) => ([0, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0], &DC_SYMBOLS),
        (1, 0) => ([0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 125], &AC_LUMA_SYMBOLS),
        (1, 1) => ([0, 2, 1, 2, 4, 4, 3, 4, 7, 5, 4, 4, 0, 1, 2, 119], &AC_CHROMA_SYMBOLS),
        _ => return None,
    };
    Spec::new(counts, symbols)
}

const DC_SYMBOLS: [u8; 12] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];

#[rustfmt::skip]
const AC_LUMA_SYMBOLS: [u8; 162] = [
    0x01, 0x02, 0x03, 0x00, 0x04, 0x11, 0x05, 0x12, 0x21, 0x31, 0x41, 0x06, 0x13, 0x51, 0x61, 0x07,
    0x22, 0x71, 0x14, 0x32, 0x81, 0x91, 0xA1, 0x08, 0x23, 0x42, 0xB1, 0xC1, 0x15, 0x52, 0xD1, 0xF0,
    0x24, 0x33, 0x62, 0x72, 0x82, 0x09, 0x0A, 0x16, 0x17, 0x18, 0x19, 0x1A, 0x25, 0x26, 0x27, 0x28,
    0x29, 0x2A, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x3A, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49,
    0x4A, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58, 0x59, 0x5A, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69,
    0x6A, 0x73, 0x74, 0x75, 0x76, 0x77, 0x78, 0x79, 0x7A, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89,
    0x8A, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99, 0x9A, 0xA2, 0xA3, 0xA4, 0xA5, 0xA6, 0xA7,
    0xA8, 0xA9, 0xAA, 0xB2, 0xB3, 0xB4, 0xB5, 0xB6, 0xB7, 0xB8, 0xB9, 0xBA, 0xC2, 0xC3, 0xC4, 0xC5,
    0xC6, 0xC7, 0xC8, 0xC9, 0xCA, 0xD2, 0xD3, 0xD4, 0xD5, 0xD6, 0xD7, 0xD8, 0xD9, 0xDA, 0xE1, 0xE2,
    0xE3, 0xE4, 0xE5, 0xE6, 0xE7, 0xE8, 0xE9, 0xEA, 0xF1, 0xF2, 0xF3, 0xF4, 0xF5, 0xF6, 0xF7, 0xF8,
    0xF9, 0xFA,
];

#[rustfmt::skip]
const AC_CHROMA_SYMBOLS: [u8; 162] = [
    0x00, 0x01, 0x02, 0x03, 0x11, 0x04, 0x05, 0x21, 0x31, 0x06, 0x12, 0x41, 0x51, 0x07, 0x61, 0x71,
    0x13, 0x22, 0x32, 0x81, 0x08, 0x14, 0x42, 0x91, 0xA1, 0xB1, 0xC1, 0x09, 0x23, 0x33, 0x52, 0xF0,
    0x15, 0x62, 0x72, 0xD1, 0x0A, 0x16, 0x24, 0x34, 0xE1, 0x25, 0xF1, 0x17, 0x18, 0x19, 0x1A, 0x26,
    0x27, 0x28, 0x29, 0x2A, 0x35, 0x36, 0x37, 0x38, 0x39, 0x3A, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48,
    0x49, 0x4A, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58, 0x59, 0x5A, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68,
    0x69, 0x6A, 0x73, 0x74, 0x75, 0x76, 0x77, 0x78, 0x79, 0x7A, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87,
    0x88, 0x89, 0x8A, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99, 0x9A, 0xA2, 0xA3, 0xA4, 0xA5,
    0xA6, 0xA7, 0xA8, 0xA9, 0xAA, 0xB2, 0xB3, 0xB4, 0xB5, 0xB6, 0xB7, 0xB8, 0xB9, 0xBA, 0xC2, 0xC3,
    0xC4, 0xC5, 0xC6, 0xC7, 0xC8, 0xC9, 0xCA, 0xD2, 0xD3, 0xD4, 0xD5, 0xD6, 0xD7, 0xD8, 0xD9, 0xDA,
    0xE2, 0xE3, 0xE4, 0xE5, 0xE6, 0xE7, 0xE8, 0xE9, 0xEA, 0xF2, 0xF3, 0xF4, 0xF5, 0xF6, 0xF7, 0xF8,
    0xF9, 0xFA,
];
