//! The sequential picture in one scan: from bits to samples, MCU row by MCU row,
//! nothing kept.

use std::sync::Arc;

use super::band::{Bands, Samples};
use super::block::{self, Map};
use super::error::Error;
use super::frame::Header;
use super::idct::{self, Block};
use super::lookup::{AcTable, Mode, Starts, Wants, WantsAc};
use super::plan::{Layout, Scale};
use super::scan::ScanHeader;
use super::tables::Tables;
use super::walk::Walk;
use super::window::{Bits, Data, Window};

/// A scan under way.
pub(super) struct Stream {
    components: Vec<Component>,
    pub(super) walk: Walk,
    wanted_x: (usize, usize),
    wanted_y: (usize, usize),
}

/// What reading one component takes.
struct Component {
    index: usize,
    dc: Arc<Starts>,
    ac: Arc<AcTable>,
    map: Map,
    prediction: i32,
    /// Where coefficients are gathered; zeros between blocks.
    block: Block,
}

/// How far a call came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    /// More input is needed.
    Wait,
    /// A band is complete.
    Band,
    /// There is no more to come.
    Done,
}

impl Stream {
    pub(super) fn new(
        header: &Header,
        scan: &ScanHeader,
        layout: &Layout,
        tables: &Tables,
        interval: u32,
    ) -> Result<Self, Error> {
        let mut scales = layout.components.iter().map(|component| component.scale);
        let cropped = layout.wanted_x != (0, layout.mcus.0) || layout.wanted_y.0 > 0;
        let ac = WantsAc {
            pairs: scales.clone().any(|scale| scale > Scale::Eighth),
            skips: cropped || scales.any(|scale| scale < Scale::Full),
        };
        let wants = Wants {
            starts: true,
            ac: Some(ac),
        };
        let derived = scan.tables(tables, Mode::Sequential, wants)?;
        let mut components = Vec::with_capacity(4);
        for (&(index, ..), derived) in scan.components.iter().zip(derived) {
            let placed = layout.components.get(index).ok_or(Error::BadScan)?;
            let map = Map::new(placed.scale, tables.quantisation(placed.quant)?);
            let (Some(dc), Some(ac)) = (derived.dc, derived.ac) else {
                return Err(Error::BadScan);
            };
            components.push(Component {
                index,
                dc,
                ac,
                map,
                prediction: 0,
                block: [0; 64],
            });
        }
        Ok(Self {
            components,
            walk: Walk::new(layout.mcus, scan.mcu_bytes(header), interval),
            wanted_x: layout.wanted_x,
            wanted_y: layout.wanted_y,
        })
    }

    /// Decodes until a band is complete.
    pub(super) fn advance(
        &mut self,
        window: &mut Window,
        input: &mut &[u8],
        finished: bool,
        bands: &mut Bands,
    ) -> Progress {
        while self.walk.y < self.wanted_y.1 {
            if !self.walk.ready(window, input, finished) {
                return Progress::Wait;
            }
            if self.walk.take_fresh() {
                for component in &mut self.components {
                    component.prediction = 0;
                }
            }
            let (x, y) = (self.walk.x, self.walk.y);
            let wanted = y >= self.wanted_y.0 && (self.wanted_x.0..self.wanted_x.1).contains(&x);
            let column = wanted.then(|| x - self.wanted_x.0);
            self.read_mcu(window, bands, column);
            self.walk.advance(window, 1);
            if self.walk.x == 0 && y >= self.wanted_y.0 {
                bands.mcu_row = y;
                return Progress::Band;
            }
        }
        Progress::Done
    }

    /// Reads the next MCU, and writes it as the `column`th of the band if it is
    /// wanted.
    #[inline(never)]
    fn read_mcu(&mut self, window: &mut Window, bands: &mut Bands, column: Option<usize>) {
        let dry = self.walk.dry;
        let (mut bits, data) = window.open();
        for component in &mut self.components {
            let Some(samples) = bands.planes.get_mut(component.index) else {
                continue;
            };
            let (h, v) = (samples.layout.h, samples.layout.v);
            for row in 0..v {
                for block in 0..h {
                    match column {
                        Some(column) if dry => grey(samples, column * h + block, row),
                        Some(column) => {
                            component.read(&mut bits, data, samples, (column * h + block, row));
                        }
                        None if dry => {}
                        None => component.pass(&mut bits, data),
                    }
                }
            }
        }
        window.close(bits);
    }
}

/// What is missing is the grey of a block of zeros, as in libjpeg.
fn grey(samples: &mut Samples, column: usize, row: usize) {
    match samples.layout.scale {
        Scale::Eighth => samples.put(column, row, &[[128; 1]; 1]),
        Scale::Quarter => samples.put(column, row, &[[128; 2]; 2]),
        Scale::Half => samples.put(column, row, &[[128; 4]; 4]),
        Scale::Full => samples.put(column, row, &[[128; 8]; 8]),
    }
}

impl Component {
    /// Reads a block for its constant term only, which the next one builds on.
    #[inline]
    fn pass(&mut self, bits: &mut Bits, data: &Data) {
        let mut local = *bits;
        let (difference, ended) = self.dc.read(&mut local, data);
        self.prediction = self.prediction.wrapping_add(difference);
        if !ended {
            self.ac.skip(&mut local, data, 1);
        }
        *bits = local;
    }

    #[inline]
    fn read(&mut self, bits: &mut Bits, data: &Data, samples: &mut Samples, at: (usize, usize)) {
        match samples.layout.scale {
            Scale::Eighth => {
                self.pass(bits, data);
                let sample = idct::eighth(self.map.constant(self.prediction));
                samples.put(at.0, at.1, &[[sample]]);
            }
            Scale::Quarter => {
                self.gather::<{ Scale::Quarter.last() }>(bits, data);
                samples.put(at.0, at.1, &idct::quarter(&mut self.block));
            }
            Scale::Half => {
                if self.gather::<{ Scale::Half.last() }>(bits, data) == 0 {
                    samples.put(at.0, at.1, &[[idct::flat(&mut self.block); 4]; 4]);
                } else {
                    samples.put(at.0, at.1, &idct::half(&mut self.block));
                }
            }
            Scale::Full => match self.gather::<{ Scale::Full.last() }>(bits, data) {
                0 => samples.put(at.0, at.1, &[[idct::flat(&mut self.block); 8]; 8]),
                last => samples.put(at.0, at.1, &idct::full(&mut self.block, last)),
            },
        }
    }

    #[inline(never)]
    fn gather<const LAST: u32>(&mut self, bits: &mut Bits, data: &Data) -> u32 {
        let mut local = *bits;
        let tables = (&*self.dc, &*self.ac);
        let block = &mut self.block;
        let last = block::read::<LAST>(
            &mut local,
            data,
            tables,
            &self.map,
            &mut self.prediction,
            block,
        );
        *bits = local;
        last
    }
}
