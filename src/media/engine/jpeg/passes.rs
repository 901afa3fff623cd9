//! The scans of a picture that comes in several: sequential components one after
//! the other, or the four kinds of progressive pass (T.81 annex G).

use std::sync::Arc;

use super::block::{self, NOWHERE};
use super::error::Error;
use super::frame::Header;
use super::lookup::{AcTable, Mode, Starts, Wants, WantsAc};
use super::refine::Refinement;
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
            (true, _, 0) => Kind::AcFirst {
                band: scan.band,
                low,
            },
            (true, ..) => Kind::AcRefine {
                band: scan.band,
                low,
            },
        };
        let (starts, ac) = match kind {
            Kind::Sequential => (true, Some(true)),
            Kind::DcFirst { .. } => (true, None),
            Kind::DcRefine { .. } => (false, None),
            Kind::AcFirst { .. } => (false, Some(true)),
            Kind::AcRefine { .. } => (false, Some(false)),
        };
        let ac = ac.map(|pairs| WantsAc {
            pairs,
            skips: false,
        });
        let wants = Wants { starts, ac };
        let mode = if header.progressive {
            Mode::Progressive
        } else {
            Mode::Sequential
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
        let components = scan
            .components
            .iter()
            .zip(derived)
            .map(|(&(index, ..), derived)| Component {
                index,
                dc: derived.dc,
                ac: derived.ac,
                prediction: 0,
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
            let done = self.read_stretch(window, store);
            self.walk.advance(window, done);
        }
        Progress::Done
    }

    /// Reads MCUs up to the end of the row, of the interval or of what is in the
    /// window. Returns how many.
    fn read_stretch(&mut self, window: &mut Window, store: &mut Store) -> usize {
        let Walk { x, y, need, .. } = self.walk;
        let count = self.walk.stretch();
        if let ([component], true) = (self.components.as_mut_slice(), self.single) {
            let Some(plane) = store.planes.get_mut(component.index) else {
                return count;
            };
            let block = y * plane.layout.padded.0 + x;
            return component.read_row(
                self.kind,
                window,
                plane,
                (block, count, need),
                &mut self.end_run,
            );
        }
        let components = &mut self.components;
        match self.kind {
            Kind::DcRefine { low } => window.repeat(count, need, |bits, data, done| {
                each_block(components, store, (x + done, y), |_, plane, block| {
                    refine_constant(bits, data, plane, block, low);
                });
            }),
            Kind::DcFirst { low } => window.repeat(count, need, |bits, data, done| {
                each_block(
                    components,
                    store,
                    (x + done, y),
                    |component, plane, block| {
                        component.first_constant(bits, data, plane, block, low);
                    },
                );
            }),
            _ => window.repeat(count, need, |bits, data, done| {
                each_block(
                    components,
                    store,
                    (x + done, y),
                    |component, plane, block| {
                        component.sequential(bits, data, plane, block);
                    },
                );
            }),
        }
    }
}

/// Visits the blocks of an interleaved MCU.
#[inline(always)]
fn each_block(
    components: &mut [Component],
    store: &mut Store,
    (x, y): (usize, usize),
    mut visit: impl FnMut(&mut Component, &mut Coefficients, usize),
) {
    for component in components {
        let Some(plane) = store.planes.get_mut(component.index) else {
            continue;
        };
        let (h, v, padded) = (plane.layout.h, plane.layout.v, plane.layout.padded.0);
        for row in 0..v {
            for column in 0..h {
                visit(component, plane, (y * v + row) * padded + x * h + column);
            }
        }
    }
}

/// One more bit of a constant term (G.1.2.1).
#[inline(always)]
fn refine_constant(bits: &mut Bits, data: &Data, plane: &mut Coefficients, block: usize, low: u32) {
    bits.refill(data);
    let bit = bits.take(1) as i16;
    if let Some(value) = constant(plane, block) {
        *value |= bit << low;
    }
}

impl Component {
    /// Reads up to `count` blocks of a row from `block` on.
    fn read_row(
        &mut self,
        kind: Kind,
        window: &mut Window,
        plane: &mut Coefficients,
        (block, count, need): (usize, usize, usize),
        end_run: &mut u32,
    ) -> usize {
        match (kind, self.ac.clone()) {
            (Kind::DcFirst { low }, _) => window.repeat(count, need, |bits, data, done| {
                self.first_constant(bits, data, plane, block + done, low);
            }),
            (Kind::DcRefine { low }, _) => window.repeat(count, need, |bits, data, done| {
                refine_constant(bits, data, plane, block + done, low);
            }),
            (Kind::AcFirst { band, low }, Some(ac)) => {
                let mut run = *end_run;
                let done = window.repeat(count, need, |bits, data, done| {
                    if run > 0 {
                        run -= 1;
                    } else {
                        run = first(&ac, bits, data, plane, block + done, band, low);
                    }
                });
                *end_run = run;
                done
            }
            (Kind::AcRefine { band, low }, Some(ac)) => {
                let refinement = Refinement::new(&ac, &plane.places, band, low);
                let mut run = *end_run;
                let size = plane.layout.edge * plane.layout.edge;
                let Coefficients {
                    values, nonzero, ..
                } = plane;
                let done = window.repeat(count, need, |bits, data, done| {
                    let at = block + done;
                    let values = values.get_mut(at * size..(at + 1) * size);
                    if let (Some(values), Some(marks)) = (values, nonzero.get_mut(at)) {
                        refinement.block(bits, data, values, marks, &mut run);
                    }
                });
                *end_run = run;
                done
            }
            _ => window.repeat(count, need, |bits, data, done| {
                self.sequential(bits, data, plane, block + done);
            }),
        }
    }

    /// The first bits of a constant term (G.1.2.1).
    #[inline(always)]
    fn first_constant(
        &mut self,
        bits: &mut Bits,
        data: &Data,
        plane: &mut Coefficients,
        block: usize,
        low: u32,
    ) {
        let Some(dc) = &self.dc else { return };
        let (difference, _) = dc.read(bits, data);
        self.prediction = self.prediction.wrapping_add(difference);
        if let Some(value) = constant(plane, block) {
            *value = (self.prediction << low) as i16;
        }
    }

    fn sequential(&mut self, bits: &mut Bits, data: &Data, plane: &mut Coefficients, block: usize) {
        let (Some(dc), Some(ac)) = (&self.dc, &self.ac) else {
            return;
        };
        let mut read = [0i16; 64];
        let tables = (&**dc, &**ac);
        let last = block::read::<63>(
            bits,
            data,
            tables,
            &plane.map,
            &mut self.prediction,
            &mut read,
        );
        let size = plane.layout.edge * plane.layout.edge;
        let slots = plane
            .values
            .get_mut(block * size..(block + 1) * size)
            .unwrap_or_default();
        for (slot, value) in slots.iter_mut().zip(read) {
            *slot = value;
        }
        if let Some(nonzero) = plane.nonzero.get_mut(block) {
            *nonzero = (1 << last) & !1;
        }
    }
}

/// The constant term of a block.
#[inline]
fn constant(plane: &mut Coefficients, block: usize) -> Option<&mut i16> {
    plane
        .values
        .get_mut(block * plane.layout.edge * plane.layout.edge)
}

/// First pass over a band of AC coefficients (G.1.2.2). Returns how many blocks
/// after this one have nothing in the band.
#[inline(always)]
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
    let values = plane
        .values
        .get_mut(block * size..(block + 1) * size)
        .unwrap_or_default();
    let mut nonzero = 0u64;
    let places = &plane.places;
    let run = ac.read_band(bits, data, band, |k, value| {
        if value != 0 {
            nonzero |= 1 << k;
            let index = places.get((k & 63) as usize).copied().unwrap_or(NOWHERE);
            if let Some(kept) = values.get_mut(usize::from(index)) {
                *kept = (value << low) as i16;
            }
        }
    });
    if let Some(marks) = plane.nonzero.get_mut(block) {
        *marks |= nonzero;
    }
    run
}
