//! The tables of the hot loops: twelve bits of the stream in, as much of a block
//! as they hold out.
//!
//! - [`Starts`]: the DC difference, and whether the block ends right behind it.
//! - [`AcTable::pairs`]: one or two AC symbols with their signed values, and
//!   whether the block ends behind them.
//! - [`AcTable::skips`]: only how far as many symbols as fit move in the stream
//!   and in the block, for those who do not want the values.
//!
//! The length of what an entry covers stands in its low six bits, since those are
//! the ones that a 64-bit shift looks at.

use std::sync::Arc;

use super::block::Map;
use super::huffman::{Code, Codes, Spec, receive};
use super::idct::Block;
use super::window::{Bits, Data};

/// Bits looked at. Four looks fit into one refill.
const LOOK: u32 = 12;
/// The low bits of an entry: how many bits it covers.
const LENGTH: u32 = 63;

/// What end-of-block symbols mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// Every `r0` but ZRL ends the block (sequential).
    Sequential,
    /// `r0` starts a run of blocks (progressive); only `00` is in the tables.
    Progressive,
}

/// What a scan will read by its tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wants {
    /// Differences.
    pub(super) starts: bool,
    /// AC codes.
    pub(super) ac: Option<WantsAc>,
}

/// What it will read by those for AC codes, beside single symbols.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct WantsAc {
    /// Values.
    pub(super) pairs: bool,
    /// The way over them.
    pub(super) skips: bool,
}

/// What an AC symbol says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Symbol {
    /// So many zeros, then a value of so many bits; ZRL is 15 and 0.
    Value {
        run: u32,
        size: u32,
    },
    End,
    /// An end-of-band run, which is not in the tables.
    Run,
}

impl Symbol {
    const fn new(symbol: u8, mode: Mode) -> Self {
        match (symbol >> 4, symbol & 15, mode) {
            (15, 0, _) => Self::Value { run: 15, size: 0 },
            (0, 0, _) | (_, 0, Mode::Sequential) => Self::End,
            (_, 0, Mode::Progressive) => Self::Run,
            (run, size, _) => Self::Value {
                run: run as u32,
                size: size as u32,
            },
        }
    }
}

/// The top of the bits that an index of [`LOOK`] bits stands for.
const fn window(index: usize) -> u64 {
    (index as u64) << (64 - LOOK)
}

/// The index of the next [`LOOK`] bits.
#[inline(always)]
const fn index(bits: &Bits) -> usize {
    (bits.buf >> (64 - LOOK)) as usize
}

/// DC differences.
#[derive(Debug)]
pub(super) struct Starts {
    /// `end << 15 | difference << 6 | length`, or 0.
    entries: [u16; 1 << LOOK],
    codes: Codes,
}

impl Starts {
    /// `ac`: the table by which the block goes on, if it does in this scan.
    pub(super) fn new(dc: &Spec, ac: Option<&Spec>) -> Arc<Self> {
        let codes = Codes::new(dc);
        let ac = ac.map(Codes::new);
        let entries = std::array::from_fn(|i| start_entry(&codes, ac.as_ref(), window(i)));
        Arc::new(Self { entries, codes })
    }

    /// Reads the difference, and whether the block is over; refills first.
    #[inline(always)]
    pub(super) fn read(&self, bits: &mut Bits, data: &Data) -> (i32, bool) {
        bits.refill(data);
        let entry = self.entries.get(index(bits)).copied().unwrap_or(0);
        if entry == 0 {
            return (self.codes.difference(bits), false);
        }
        bits.consume(u32::from(entry) & LENGTH);
        (i32::from((entry << 1).cast_signed() >> 7), entry >> 15 != 0)
    }
}

fn start_entry(dc: &Codes, ac: Option<&Codes>, window: u64) -> u16 {
    let Some(Code { symbol, length }) = dc.short(window, LOOK) else {
        return 0;
    };
    let size = u32::from(symbol & 15);
    // Nine bits of difference have a place.
    if size > 8 || length + size > LOOK {
        return 0;
    }
    let used = length + size;
    let difference = value_of(window << length, size);
    let end = ac
        .and_then(|ac| ac.short(window << used, LOOK - used))
        .filter(|code| code.symbol == 0)
        .map_or(0, |code| code.length);
    let ends = u16::from(end != 0) << 15;
    ends | ((difference << 6) as u16 & 0x7FC0) | (used + end) as u16
}

/// EXTEND of the top `size` bits of `window`.
fn value_of(window: u64, size: u32) -> i32 {
    let magnitude = (window >> 1 >> (63 - size)) as i32;
    if window >> 63 == 0 {
        magnitude - (1 << size) + 1
    } else {
        magnitude
    }
}

/// AC coefficients.
#[derive(Debug)]
pub(super) struct AcTable {
    pub(super) codes: Codes,
    pairs: [Pair; 1 << LOOK],
    skips: [u16; 1 << LOOK],
}

/// Up to two coefficients, and perhaps the end of the block: from the low bits up
/// six of length, four of the first one's distance from where we are, seven of the
/// second's, with [`PAIR_END`] if the block ends there; eight bits of the first
/// value and seven of the second. A single one is the first, with a second value of
/// zero at the same place, to be written before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Pair(u32);

/// Added to the second distance of a pair by an end-of-block.
const PAIR_END: u32 = 64;

impl Pair {
    /// More bits are needed: a distance that leads out of every block.
    const NONE: Self = Self(127 << 10);

    const fn new(length: u32, places: (u32, u32), values: (i32, i32)) -> Self {
        let values = (values.0 as u32 & 0xFF) << 17 | (values.1 as u32) << 25;
        Self(length | places.0 << 6 | places.1 << 10 | values)
    }

    #[inline(always)]
    const fn places(self) -> (u32, u32) {
        ((self.0 >> 6) & 15, (self.0 >> 10) & 127)
    }

    #[inline(always)]
    const fn values(self) -> (i32, i32) {
        ((self.0 << 7) as i32 >> 24, self.0 as i32 >> 25)
    }

    /// Nothing but an end-of-block.
    const fn only_ends(self) -> bool {
        self.0 & !LENGTH == PAIR_END << 10
    }

    /// Whether all of it lies between coefficients `k` and `last`. A block that is
    /// full has no end-of-block.
    const fn fits(self, k: u32, last: u32) -> bool {
        let second = self.places().1;
        let ends_behind = second >= PAIR_END && !self.only_ends();
        k + (second & 63) + (ends_behind as u32) <= last
    }
}

/// Added to the advance of a skip by an end-of-block; a plain advance stays below
/// 64, so that the sum with a position below 64 tells them apart.
const SKIP_END: u32 = 128;
/// The advance of a skip whose first symbol needs more bits.
const SKIP_NONE: u32 = 255;

/// One coefficient, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// So many zeros, then this.
    Value(u32, i32),
    /// Nothing more in this block and in so many after it.
    End(u32),
}

impl AcTable {
    /// Tables that are not wanted stay empty: reading by them still works, slowly.
    pub(super) fn new(spec: &Spec, mode: Mode, wants: WantsAc) -> Arc<Self> {
        let codes = Codes::new(spec);
        let mut pairs = [Pair::NONE; 1 << LOOK];
        let mut skips = [(SKIP_NONE << 6) as u16; 1 << LOOK];
        if wants.pairs {
            pairs = std::array::from_fn(|i| pair_entry(&codes, window(i), mode));
        }
        if wants.skips {
            skips = std::array::from_fn(|i| skip_entry(&codes, window(i), mode));
        }
        Arc::new(Self {
            codes,
            pairs,
            skips,
        })
    }

    /// Reads one coefficient the long way, refilling first.
    #[inline(always)]
    fn next(&self, bits: &mut Bits, data: &Data, mode: Mode) -> Next {
        bits.refill(data);
        let code = self.codes.find(bits);
        bits.consume(code.length);
        match Symbol::new(code.symbol, mode) {
            Symbol::Value { run, size } => Next::Value(run, receive(bits, size)),
            Symbol::End => Next::End(0),
            Symbol::Run => {
                let size = u32::from(code.symbol >> 4);
                Next::End((1 << size) + bits.take(size) - 1)
            }
        }
    }

    /// Reads the AC coefficients up to zigzag index `LAST` at least, and walks over
    /// the rest of the block. Returns a bound of the last index put.
    #[inline(always)]
    pub(super) fn read<const LAST: u32>(
        &self,
        bits: &mut Bits,
        data: &Data,
        map: &Map,
        block: &mut Block,
    ) -> u32 {
        let mut k = 1;
        'refill: loop {
            bits.refill(data);
            'long: {
                for _ in 0..4 {
                    let pair = self.pairs.get(index(bits)).copied().unwrap_or(Pair::NONE);
                    let (first, second) = pair.places();
                    let at = k + second;
                    if at >= 63 {
                        if !pair.fits(k, 63) {
                            break 'long;
                        }
                        if pair.only_ends() {
                            bits.consume(pair.0 & LENGTH);
                            return k - 1;
                        }
                    }
                    bits.consume(pair.0 & LENGTH);
                    let values = pair.values();
                    map.put(block, at, values.1);
                    map.put(block, k + first, values.0);
                    if at >= 63 {
                        return at & 63;
                    }
                    k = at + 1;
                    if k > LAST {
                        self.skip(bits, data, k);
                        return at;
                    }
                }
                continue 'refill;
            }
            match self.next(bits, data, Mode::Sequential) {
                // A run out of the block is damage; like libjpeg, end at the last place.
                Next::Value(run, value) => {
                    k = (k + run).min(63);
                    map.put(block, k, value);
                    k += 1;
                }
                Next::End(_) => return k - 1,
            }
            if k > LAST {
                self.skip(bits, data, k);
                return k - 1;
            }
        }
    }

    /// Reads a band of coefficients in progressive mode, giving each to `put`,
    /// zeros perhaps too. Returns how many blocks after this one have none.
    #[inline(always)]
    pub(super) fn read_band(
        &self,
        bits: &mut Bits,
        data: &Data,
        (mut k, last): (u32, u32),
        mut put: impl FnMut(u32, i32),
    ) -> u32 {
        while k <= last {
            bits.refill(data);
            let pair = self.pairs.get(index(bits)).copied().unwrap_or(Pair::NONE);
            let (first, second) = pair.places();
            let at = k + second;
            if at > last {
                if !pair.fits(k, last) {
                    match self.next(bits, data, Mode::Progressive) {
                        Next::Value(run, value) => {
                            k = (k + run).min(63);
                            put(k, value);
                            k += 1;
                        }
                        Next::End(blocks) => return blocks,
                    }
                    continue;
                }
                if pair.only_ends() {
                    bits.consume(pair.0 & LENGTH);
                    return 0;
                }
            }
            bits.consume(pair.0 & LENGTH);
            let values = pair.values();
            put(at & 63, values.1);
            put(k + first, values.0);
            if at > last {
                return 0;
            }
            k = at + 1;
        }
        0
    }

    /// Walks from coefficient `k` to the end of a block without reading values.
    #[inline(always)]
    pub(super) fn skip(&self, bits: &mut Bits, data: &Data, mut k: u32) {
        'refill: while k < 64 {
            bits.refill(data);
            'long: {
                for _ in 0..4 {
                    let entry = u32::from(self.skips.get(index(bits)).copied().unwrap_or(0));
                    let next = k + (entry >> 6);
                    if next >= 64 {
                        // Exactly full, or an end-of-block inside of the block.
                        if next == 64 || (SKIP_END..SKIP_END + 64).contains(&next) {
                            bits.consume(entry & LENGTH);
                            return;
                        }
                        break 'long;
                    }
                    bits.consume(entry & LENGTH);
                    k = next;
                }
                continue 'refill;
            }
            match self.next(bits, data, Mode::Sequential) {
                Next::Value(run, _) => k += run + 1,
                Next::End(_) => return,
            }
        }
    }
}

/// Symbol, length of its code and of its value at the top of `window`, if all of
/// it is among the first `width` bits.
fn symbol_at(codes: &Codes, window: u64, width: u32, mode: Mode) -> Option<(Symbol, u32)> {
    let code = codes.short(window, width)?;
    let symbol = Symbol::new(code.symbol, mode);
    let size = match symbol {
        Symbol::Value { size, .. } => size,
        Symbol::End => 0,
        Symbol::Run => return None,
    };
    (code.length + size <= width).then_some((symbol, code.length))
}

fn pair_entry(codes: &Codes, window: u64, mode: Mode) -> Pair {
    let mut used = 0;
    let mut places = (0, 0);
    let mut values = (0, 0);
    for position in 0..3 {
        let Some((symbol, length)) = symbol_at(codes, window << used, LOOK - used, mode) else {
            break;
        };
        let Symbol::Value { run, size } = symbol else {
            return Pair::new(used + length, (places.0, places.1 + PAIR_END), values);
        };
        let value = value_of(window << used << length, size);
        match position {
            0 if size <= 7 => (places, values) = ((run, run), (value, 0)),
            1 if size <= 6 => (places.1, values.1) = (places.0 + 1 + run, value),
            _ => break,
        }
        used += length + size;
    }
    if used == 0 {
        Pair::NONE
    } else {
        Pair::new(used, places, values)
    }
}

fn skip_entry(codes: &Codes, window: u64, mode: Mode) -> u16 {
    let (mut used, mut advance) = (0, 0);
    while let Some((symbol, length)) = symbol_at(codes, window << used, LOOK - used, mode) {
        let Symbol::Value { run, size } = symbol else {
            used += length;
            advance += SKIP_END;
            break;
        };
        if advance + run + 1 > 63 {
            break;
        }
        used += length + size;
        advance += run + 1;
    }
    let advance = if used == 0 { SKIP_NONE } else { advance };
    (advance << 6 | used) as u16
}
