//! Finished rows: what the decoder hands out.

use super::error::Error;
use super::plan::{ComponentLayout, Layout};

/// The rows of one MCU row, in planes of their own subsampling.
#[derive(Debug, Clone, Copy)]
pub struct Band<'a> {
    bands: &'a Bands,
}

/// One component of a [`Band`].
#[derive(Debug, Clone, Copy)]
pub struct Plane<'a> {
    /// `rows` rows of `stride` samples; the first `width` of each count.
    pub samples: &'a [u8],
    /// From one row to the next.
    pub stride: usize,
    /// Samples of a row.
    pub width: usize,
    /// Rows; at the bottom of the picture less than before, even none.
    pub rows: usize,
    /// Where in the component the first row lies.
    pub first_row: usize,
    /// Where in the component the first sample of a row lies.
    pub first_column: usize,
}

impl<'a> Plane<'a> {
    /// The rows, top to bottom, each `width` long.
    pub fn lines(self) -> impl Iterator<Item = &'a [u8]> {
        let (width, rows) = (self.width, self.rows);
        let rows = self.samples.chunks(self.stride.max(1)).take(rows);
        rows.map(move |row| row.get(..width).unwrap_or_default())
    }
}

impl<'a> Band<'a> {
    /// The planes, in frame order.
    pub fn planes(self) -> impl Iterator<Item = Plane<'a>> {
        let bands = self.bands;
        let mcu_row = bands.mcu_row;
        bands.planes.iter().map(move |plane| {
            let layout = &plane.layout;
            let step = layout.v * layout.edge;
            let first_row = mcu_row * step;
            let rows = layout.rows.1.saturating_sub(first_row).min(step);
            Plane {
                samples: plane
                    .samples
                    .get(..rows * layout.stride)
                    .unwrap_or_default(),
                stride: layout.stride,
                width: layout.columns.1.saturating_sub(layout.columns.0),
                rows,
                first_row: first_row.min(layout.rows.1),
                first_column: layout.columns.0,
            }
        })
    }
}

/// The buffers of one MCU row.
#[derive(Debug)]
pub(super) struct Bands {
    pub(super) planes: Vec<Samples>,
    pub(super) mcu_row: usize,
}

/// The samples of one component.
#[derive(Debug)]
pub(super) struct Samples {
    pub(super) layout: ComponentLayout,
    samples: Vec<u8>,
}

impl Bands {
    pub(super) fn new(layout: &Layout) -> Result<Self, Error> {
        let planes = layout.components.iter().map(|&layout| {
            let samples = zeroed(layout.stride * layout.v * layout.edge)?;
            Ok(Samples { layout, samples })
        });
        Ok(Self {
            planes: planes.collect::<Result<_, Error>>()?,
            mcu_row: 0,
        })
    }

    pub(super) const fn view(&self) -> Band<'_> {
        Band { bands: self }
    }
}

impl Samples {
    /// Writes the N by N samples of the block at `column` and `row`, in blocks.
    #[inline(always)]
    pub(super) fn put<const N: usize>(&mut self, column: usize, row: usize, block: &[[u8; N]; N]) {
        let stride = self.layout.stride;
        let start = row * N * stride + column * N;
        let mut rest = self.samples.get_mut(start..).unwrap_or_default();
        for line in block {
            if let Some(place) = rest.first_chunk_mut::<N>() {
                *place = *line;
            }
            rest = rest.get_mut(stride..).unwrap_or_default();
        }
    }
}

/// A zeroed buffer, or the news that there is no memory for it.
pub(super) fn zeroed<T: Clone + Default>(length: usize) -> Result<Vec<T>, Error> {
    let mut buffer = Vec::new();
    buffer
        .try_reserve_exact(length)
        .map_err(|_| Error::OutOfMemory)?;
    buffer.resize(length, T::default());
    Ok(buffer)
}
