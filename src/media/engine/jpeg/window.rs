//! From raw bytes to clean bits: the only reader of the input.
//!
//! In entropy-coded data the byte FF is written FF 00, and FF followed by
//! anything else is a marker (T.81 F.1.2.3, B.1.1.2). Looking for that on every
//! refill of a bit reader costs more than the bits do, so the bytes are cleaned
//! once, sixteen at a time, on their way into a window of fixed size.
//!
//! The window is filled **backwards**: the first byte of the stream lies at the
//! highest address. An ordinary little-endian load then gives eight bytes in
//! stream order, most significant first; WebAssembly has no byte swap.
//!
//! ```text
//! address 0 ... [reserve, zeros at the end] low <== bytes still to read ==> at ... top
//! ```

use super::unstuff;

/// Bytes of the window. Must be a power of two; fits the second-level cache.
const SIZE: usize = 1 << 16;
const MASK: usize = SIZE - 1;
/// What a load may read beyond the masked index.
const OVERHANG: usize = 8;
/// Kept free below the data, so that a segment that ends too early reads zeros:
/// room for the largest MCU (4 components of 4x4 blocks, 256 bytes each) and
/// what the bit buffer holds.
const RESERVE: usize = 64 * BLOCK_BYTES + 64;
/// No block takes more: 64 symbols of at most 31 bits.
pub(super) const BLOCK_BYTES: usize = 256;
const TOP: usize = SIZE;

pub(super) type Data = [u8; SIZE + OVERHANG];

/// The bits under way: a copy lives in registers while a block is decoded.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bits {
    /// The next bits, left-aligned.
    pub(super) buf: u64,
    /// How many of them are accounted for. Those below are either zero or
    /// already equal to what the next refill brings.
    count: u64,
    /// Where the next byte's successor lies: bytes `..at` are not yet in `buf`.
    at: usize,
}

impl Bits {
    /// Makes at least 56 bits available.
    #[inline(always)]
    pub(super) fn refill(&mut self, data: &Data) {
        let index = self.at.wrapping_sub(8) & MASK;
        let word = data
            .get(index..index + 8)
            .and_then(|bytes| bytes.first_chunk::<8>())
            .map_or(0, |bytes| u64::from_le_bytes(*bytes));
        self.buf |= word.wrapping_shr(self.count as u32);
        self.at = self.at.wrapping_sub(((63 - self.count) >> 3) as usize);
        self.count |= 0x38;
    }

    /// Drops bits, no more than are available.
    #[inline(always)]
    pub(super) fn consume(&mut self, bits: u32) {
        self.buf = self.buf.wrapping_shl(bits);
        self.count = self.count.wrapping_sub(u64::from(bits));
    }

    /// The next `bits` (0 to 32) as a number; does not consume.
    #[inline(always)]
    pub(super) const fn peek(&self, bits: u32) -> u32 {
        (self.buf >> 1 >> (63 - (bits & 63))) as u32
    }

    /// Takes up to 32 bits. Call [`Bits::refill`] first.
    #[inline(always)]
    pub(super) fn take(&mut self, bits: u32) -> u32 {
        let value = self.peek(bits);
        self.consume(bits);
        value
    }
}

/// The window, and where in the stream of segments we are.
pub(super) struct Window {
    data: Box<Data>,
    bits: Bits,
    /// The lowest address that holds data.
    low: usize,
    /// A marker or the end of the input follows the data.
    ended: bool,
    /// The marker that ended it.
    marker: Option<u8>,
    /// The last raw byte taken was an FF whose successor is not yet known.
    ff: bool,
    /// Raw bytes that had to be skipped to find a marker.
    pub(super) skipped: u64,
}

/// The marker that stands for the end of the input.
pub(super) const EOI: u8 = 0xD9;

impl Window {
    #[expect(
        clippy::large_stack_arrays,
        reason = "made in place: the optimiser asks for zeroed memory"
    )]
    pub(super) fn new() -> Self {
        Self {
            data: Box::new([0; SIZE + OVERHANG]),
            bits: Bits {
                buf: 0,
                count: 0,
                at: TOP,
            },
            low: TOP,
            ended: false,
            marker: None,
            ff: false,
            skipped: 0,
        }
    }

    /// The bits under way and what they are read from.
    #[inline(always)]
    pub(super) fn open(&self) -> (Bits, &Data) {
        (self.bits, &self.data)
    }

    /// Puts the bits back.
    #[inline(always)]
    pub(super) const fn close(&mut self, bits: Bits) {
        self.bits = bits;
    }

    /// Whether `need` bytes can be read, or the segment's end is in sight.
    #[inline(always)]
    pub(super) const fn holds(&self, need: usize) -> bool {
        self.ended || self.bits.at.wrapping_sub(self.low) >= need
    }

    /// Whether more bits were consumed than the segment had.
    pub(super) const fn overrun(&self) -> bool {
        self.overrun_by(&self.bits)
    }

    #[inline(always)]
    const fn overrun_by(&self, bits: &Bits) -> bool {
        self.ended && bits.at < self.low && (self.low - bits.at) * 8 > bits.count as usize
    }

    /// Calls `read` up to `count` times, at least once, as long as `need` bytes are
    /// there each time and the segment has not run out. Returns how often.
    #[inline(always)]
    pub(super) fn repeat(
        &mut self,
        count: usize,
        need: usize,
        mut read: impl FnMut(&mut Bits, &Data, usize),
    ) -> usize {
        let mut bits = self.bits;
        let mut done = 0;
        while done < count {
            read(&mut bits, &self.data, done);
            done += 1;
            let enough = self.ended || bits.at.wrapping_sub(self.low) >= need;
            if !enough || self.overrun_by(&bits) {
                break;
            }
        }
        self.bits = bits;
        done
    }

    /// Takes entropy-coded bytes until the window is full, a marker comes, or
    /// the input is used up. Returns whether `need` bytes can now be read.
    pub(super) fn fill(&mut self, input: &mut &[u8], finished: bool, need: usize) -> bool {
        if self.ended {
            return true;
        }
        if self.low < RESERVE + SIZE / 4 {
            let unread = self.low..self.bits.at;
            let length = unread.len();
            self.data.copy_within(unread, TOP - length);
            self.low = TOP - length;
            self.bits.at = TOP;
        }
        if self.ff {
            self.after_ff(input);
        }
        while !self.ended && !self.ff && self.low > RESERVE && !input.is_empty() {
            let room = self.data.get_mut(RESERVE..self.low).unwrap_or_default();
            let (taken, written) = unstuff::copy_reversed(input, room);
            self.low -= written;
            *input = input.get(taken..).unwrap_or_default();
            if let [0xFF, rest @ ..] = input
                && self.low > RESERVE
            {
                *input = rest;
                self.ff = true;
                self.after_ff(input);
            }
        }
        if finished && input.is_empty() && !self.ended {
            self.end(EOI);
        }
        self.holds(need)
    }

    /// Decides what an FF meant once its successor is known.
    fn after_ff(&mut self, input: &mut &[u8]) {
        while let &[next, ref rest @ ..] = *input {
            *input = rest;
            match next {
                0xFF => continue,
                0 => {
                    self.low -= 1;
                    if let Some(byte) = self.data.get_mut(self.low) {
                        *byte = 0xFF;
                    }
                }
                marker => self.end(marker),
            }
            self.ff = false;
            return;
        }
    }

    fn end(&mut self, marker: u8) {
        self.ended = true;
        self.marker = Some(marker);
        self.clear_below();
    }

    /// Makes what is read beyond the data zeros.
    fn clear_below(&mut self) {
        let floor = self.low.saturating_sub(RESERVE);
        if let Some(below) = self.data.get_mut(floor..self.low) {
            below.fill(0);
        }
    }

    /// The next marker, skipping what stands before it. `None`: more input is
    /// needed. The end of the input counts as EOI.
    pub(super) fn seek_marker(&mut self, input: &mut &[u8], finished: bool) -> Option<u8> {
        self.low = TOP;
        self.bits = Bits {
            buf: 0,
            count: 0,
            at: TOP,
        };
        if let Some(marker) = self.marker {
            return Some(marker);
        }
        loop {
            if !self.ff {
                let skip = unstuff::find_ff(input);
                self.skipped += skip as u64;
                *input = input.get(skip..).unwrap_or_default();
                if let [0xFF, rest @ ..] = input {
                    *input = rest;
                    self.ff = true;
                }
            }
            let &[next, ref rest @ ..] = *input else {
                if finished {
                    self.ended = true;
                    self.marker = Some(EOI);
                }
                return self.marker;
            };
            *input = rest;
            match next {
                0xFF => {}
                0 => {
                    self.ff = false;
                    self.skipped += 2;
                }
                marker => {
                    self.ff = false;
                    self.ended = true;
                    self.marker = Some(marker);
                    return self.marker;
                }
            }
        }
    }

    /// Goes on behind the marker.
    pub(super) const fn pass_marker(&mut self) {
        self.marker = None;
        self.ended = false;
    }

    /// Forgets bits that were left over, keeping the marker in sight: what is
    /// read now is zeros.
    pub(super) fn drop_bits(&mut self) {
        self.bits = Bits {
            buf: 0,
            count: 0,
            at: self.low,
        };
        self.clear_below();
    }
}
