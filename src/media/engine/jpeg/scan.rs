//! The scan header (SOS): which components come, and which part of them.

use std::sync::Arc;

use super::error::Error;
use super::frame::Header;
use super::lookup::{AcTable, Mode, Starts, Wants};
use super::tables::Tables;
use super::window::BLOCK_BYTES;

/// A scan header that fits its frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ScanHeader {
    /// Component index, DC slot, AC slot.
    pub(super) components: Vec<(usize, u8, u8)>,
    /// First and last zigzag index.
    pub(super) band: (u32, u32),
    /// Bit position of the scan before, 0 if this is the first, and of this one.
    pub(super) bit: (u32, u32),
}

impl ScanHeader {
    /// Reads an SOS body (T.81 B.2.3).
    pub(super) fn parse(header: &Header, body: &[u8]) -> Result<Self, Error> {
        let (&count, rest) = body.split_first().ok_or(Error::BadScan)?;
        let count = usize::from(count);
        let (selectors, tail) = rest.split_at_checked(count * 2).ok_or(Error::BadScan)?;
        let &[first, last, bits] = tail else {
            return Err(Error::BadScan);
        };
        let mut components: Vec<(usize, u8, u8)> = Vec::with_capacity(4);
        for &[id, slots] in selectors.as_chunks::<2>().0 {
            let taken = |index: usize| components.iter().any(|c| c.0 == index);
            let index = (0..)
                .zip(header.components())
                .find(|&(index, component)| component.id == id && !taken(index))
                .map(|found| found.0)
                .ok_or(Error::BadScan)?;
            components.push((index, slots >> 4, slots & 15));
        }
        let scan = Self {
            components,
            band: (u32::from(first), u32::from(last)),
            bit: (u32::from(bits >> 4), u32::from(bits & 15)),
        };
        scan.check(header)
    }

    fn check(self, header: &Header) -> Result<Self, Error> {
        let count = self.components.len();
        let blocks: u32 = self
            .components
            .iter()
            .filter_map(|c| header.components().get(c.0))
            .map(|c| u32::from(c.h) * u32::from(c.v))
            .sum();
        if count == 0 || count > 4 || (count > 1 && blocks > 64) {
            return Err(Error::BadScan);
        }
        if !header.progressive {
            // Sequential scans carry everything, whatever these fields say.
            return Ok(Self {
                band: (0, 63),
                bit: (0, 0),
                ..self
            });
        }
        let ((first, last), (high, low)) = (self.band, self.bit);
        let band_fits = if first == 0 {
            last == 0
        } else {
            first <= last && last < 64 && count == 1
        };
        // Point transforms beyond 10 cannot occur in 8-bit pictures (G.1.1.1.2);
        // libjpeg takes up to 13.
        let bit_fits = low <= 13 && (high == 0 || high == low + 1);
        if band_fits && bit_fits {
            Ok(self)
        } else {
            Err(Error::BadScan)
        }
    }

    /// Bytes that one MCU of this scan can take at most.
    pub(super) fn mcu_bytes(&self, header: &Header) -> usize {
        let blocks = |c: &(usize, u8, u8)| {
            header
                .components()
                .get(c.0)
                .map_or(1, |c| usize::from(c.h) * usize::from(c.v))
        };
        self.components.iter().map(blocks).sum::<usize>() * BLOCK_BYTES
    }

    /// The derived tables of each component; those with the same slot are shared.
    pub(super) fn tables(
        &self,
        tables: &Tables,
        mode: Mode,
        wants: Wants,
    ) -> Result<Vec<Derived>, Error> {
        let mut derived: Vec<Derived> = Vec::with_capacity(4);
        for (position, &(_, dc_slot, ac_slot)) in self.components.iter().enumerate() {
            let before = self.components.iter().take(position).zip(&derived);
            let twin = before
                .clone()
                .find(|(c, _)| (c.1, c.2) == (dc_slot, ac_slot));
            if let Some((_, twin)) = twin {
                derived.push(twin.clone());
                continue;
            }
            let spec = wants
                .ac
                .map(|ac| Ok((tables.ac(ac_slot)?, ac)))
                .transpose()?;
            let dc = if wants.starts {
                Some(Starts::new(
                    &tables.dc(dc_slot)?,
                    spec.as_ref().map(|spec| &spec.0),
                ))
            } else {
                None
            };
            let ac = spec.map(|(spec, wants)| AcTable::new(&spec, mode, wants));
            derived.push(Derived { dc, ac });
        }
        Ok(derived)
    }
}

/// The tables of one component, as far as the scan reads them.
#[derive(Debug, Clone)]
pub(super) struct Derived {
    pub(super) dc: Option<Arc<Starts>>,
    pub(super) ac: Option<Arc<AcTable>>,
}
