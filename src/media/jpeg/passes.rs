//! The scans of a picture that comes in several: sequential components one after
//! the other, or the four kinds of progressive pass (T.81 annex G).

use std::sync::Arc;

use super::block::{self, Map};
use super::error::Error;
use super::frame::Header;
use super::lookup::{AcTable, Mode, Starts};
use super::refine;
use super::scan::ScanHeader;
use super::store::{Coefficients, Store};
use super::stream::Progress;
use super::tables::Tables;
use super::walk::Walk;
use super::window::{Bits, Data, Window};

/// One scan under way.
pub(super) struct Pass {
    kind: Kind,
    components: Vec<Component>,
    /// A single component is walked block by block, without padding.
    single: bool,
    pub(super) walk: Walk,
    /// Blocks that an end-of-band run still covers.
    end_run: u32,
}

struct Component {
    index: usize,
    dc: Option<Arc<Starts>>,
    ac: Option<Arc<AcTable>>,
    prediction: i32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Sequential,
    DcFirst { low: u32 },
    DcRefine { low: u32 },
    AcFirst { band: (u32, u32), low: u32 },
    AcRefine { band: (u32, u32), low: u32 },
}

/// Whether nothing of a scan matters for the scales chosen: its band lies outside
/// of what they keep, and no later scan needs to know which of its coefficients
/// are zero, since there is no finer bit to come or no kept coefficient beside it.
pub(super) fn pointless(scan: &ScanHeader, store: &Store) -> bool {
    scan.components.iter().all(|&(index, ..)| {
        store.planes.get(index).is_some_and(|plane| {
            let last = plane.layout.scale.last();
            scan.band.0 > last && (scan.bit.1 == 0 || last == 0)
        })
    })
}

impl Pass {
    pub(super) fn new(
        header: &Header,
        scan: &ScanHeader,
        store: &mut Store,
        tables: &Tables,
        interval: u32,
        mcus: (usize, usize),
    ) -> Result<Self, Error> {
        let low = scan.bit.1;
        let kind = match (header.progressive, scan.band.0, scan.bit.0) {
            (false, ..) => Kind::Sequential,
            (true, 0, 0) => Kind::DcFirst { low },
            (true, 0, _) => Kind::DcRefine { low },
            (true, _, 0) => Kind::AcFirst { band: scan.band, low },
            (true, ..) => Kind::AcRefine { band: scan.band, low },
        };
        let (wants, mode) = match kind {
            Kind::Sequential => ((true, true), Mode::Sequential),
            Kind::DcFirst { .. } => ((true, false), Mode::Progressive),
            Kind::DcRefine { .. } => ((false, false), Mode::Progressive),
            Kind::AcFirst { .. } | Kind::AcRefine { .. } => ((false, true), Mode::Progressive),
        };
        let derived = scan.tables(tables, mode, wants)?;
        let mut grid = mcus;
        for &(index, ..) in &scan.components {
            let plane = store.planes.get_mut(index).ok_or(Error::BadScan)?;
            plane.latch(tables.quantisation(plane.layout.quant)?);
            for k in scan.band.0..=scan.band.1 {
                if let Some(precision) = plane.precision.get_mut(k as usize) {
                    *precision = Some(low as u8);
                }
            }
            if scan.components.len() == 1 {
                grid = plane.layout.own;
            }
        }
        let components = scan.components.iter().zip(derived).map(|(&(index, ..), derived)| {
            Component { index, dc: derived.dc, ac: derived.ac, prediction: 0 }
        });
        Ok(Self {
            kind,
            components: components.collect(),
            single: scan.components.len() == 1,
            walk: Walk::new(grid, scan.mcu_bytes(header), interval),
            end_run: 0,
        })
    }

    /// Reads on; never says [`Progress::Band`].
    pub(super) fn advance(
        &mut self,
        window: &mut Window,
        input: &mut &[u8],
        finished: bool,
        store: &mut Store,
    ) -> Progress {
        while !self.walk.done() {
            if !self.walk.ready(window, input, finished) {
                return Progress::Wait;
            }
            if self.walk.take_fresh() {
                self.end_run = 0;
                for component in &mut self.components {
                    component.prediction = 0;
                }
            }
            if self.walk.dry {
                self.walk.skip_dry();
                continue;
            }
            let (mut bits, data) = window.open();
            self.read_mcu(&mut bits, data, store);
            window.close(bits);
            self.walk.advance(window);
        }
        Progress::Done
    }

    #[inline]
    fn read_mcu(&mut self, bits: &mut Bits, data: &Data, store: &mut Store) {
        let (x, y) = (self.walk.x, self.walk.y);
        for component in &mut self.components {
            let Some(plane) = store.planes.get_mut(component.index) else { continue };
            let padded = plane.layout.padded.0;
            if self.single {
                let block = y * padded + x;
                component.read(self.kind, bits, data, plane, block, &mut self.end_run);
                continue;
            }
            let (h, v) = (plane.layout.h, plane.layout.v);
            for row in 0..v {
                for column in 0..h {
                    let block = (y * v + row) * padded + x * h + column;
                    component.read(self.kind, bits, data, plane, block, &mut self.end_run);
                }
            }
        }
    }
}

impl Component {
    #[inline]
    fn read(
        &mut self,
        kind: Kind,
        bits: &mut Bits,
        data: &Data,
        plane: &mut Coefficients,
        block: usize,
        end_run: &mut u32,
    ) {
        match kind {
            Kind::Sequential => self.sequential(bits, data, plane, block),
            Kind::DcFirst { low } => {
                let Some(dc) = &self.dc else { return };
                let (difference, _) = dc.read(bits, data);
                self.prediction = self.prediction.wrapping_add(difference);
                if let Some(value) = constant(plane, block) {
                    *value = (self.prediction << low) as i16;
                }
            }
            Kind::DcRefine { low } => {
                bits.refill(data);
                let bit = bits.take(1) as i16;
                if let Some(value) = constant(plane, block) {
                    *value |= bit << low;
                }
            }
            Kind::AcFirst { band, low } => {
                if *end_run > 0 {
                    *end_run -= 1;
                } else if let Some(ac) = &self.ac {
                    *end_run = first(ac, bits, data, plane, block, band, low);
                }
            }
            Kind::AcRefine { band, low } => {
                if let Some(ac) = &self.ac {
                    refine::block(ac, bits, data, plane, block, band, low, end_run);
                }
            }
        }
    }

    fn sequential(&mut self, bits: &mut Bits, data: &Data, plane: &mut Coefficients, block: usize) {
        let (Some(dc), Some(ac)) = (&self.dc, &self.ac) else { return };
        let mut read = [0i16; 64];
        let map = Map::new(plane.layout.scale, &[1; 64]);
        let tables = (&**dc, &**ac);
        let last = block::read::<63>(bits, data, tables, &map, &mut self.prediction, &mut read);
        let size = plane.layout.edge * plane.layout.edge;
        let place = plane.values.get_mut(block * size..(block + 1) * size).unwrap_or_default();
        for (place, value) in place.iter_mut().zip(read) {
            *place = value;
        }
        if let Some(nonzero) = plane.nonzero.get_mut(block) {
            *nonzero = u64::from(last != 0);
        }
    }
}

/// The constant term of a block.
#[inline]
fn constant(plane: &mut Coefficients, block: usize) -> Option<&mut i16> {
    plane.values.get_mut(block * plane.layout.edge * plane.layout.edge)
}

/// First pass over a band of AC coefficients (G.1.2.2). Returns how many blocks
/// after this one have nothing in the band.
#[inline]
fn first(
    ac: &AcTable,
    bits: &mut Bits,
    data: &Data,
    plane: &mut Coefficients,
    block: usize,
    band: (u32, u32),
    low: u32,
) -> u32 {
    let size = plane.layout.edge * plane.layout.edge;
    let values = plane.values.get_mut(block * size..(block + 1) * size).unwrap_or_default();
    let mut nonzero = 0u64;
    let places = &plane.places;
    let run = ac.read_band(bits, data, band, |k, value| {
        if value != 0 {
            nonzero |= 1 << k;
            let place = places.get((k & 63) as usize).copied().flatten();
            if let Some(kept) = place.and_then(|p| values.get_mut(usize::from(p))) {
                *kept = (value << low) as i16;
            }
        }
    });
    if let Some(marks) = plane.nonzero.get_mut(block) {
        *marks |= nonzero;
    }
    run
}
