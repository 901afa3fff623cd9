//! How much of a picture is wanted, and where its samples then lie.

use super::error::Error;
use super::frame::Header;

/// Into how many samples an 8x8 block is transformed along each edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Scale {
    /// One sample per block: its mean.
    Eighth,
    /// 2x2 samples per block.
    Quarter,
    /// 4x4 samples per block.
    Half,
    /// Every sample.
    #[default]
    Full,
}

impl Scale {
    /// Samples along the edge of a block: 1, 2, 4 or 8.
    #[must_use]
    pub const fn edge(self) -> usize {
        match self {
            Self::Eighth => 1,
            Self::Quarter => 2,
            Self::Half => 4,
            Self::Full => 8,
        }
    }

    /// The smallest scale at which `source` pixels still become `wanted` samples
    /// or more.
    #[must_use]
    pub fn at_least(source: u32, wanted: u32) -> Self {
        [Self::Eighth, Self::Quarter, Self::Half]
            .into_iter()
            .find(|scale| u64::from(source) * scale.edge() as u64 >= u64::from(wanted) * 8)
            .unwrap_or(Self::Full)
    }

    /// The zigzag index of the last coefficient the scale uses.
    pub(super) const fn last(self) -> u32 {
        match self {
            Self::Eighth => 0,
            Self::Quarter => 4,
            Self::Half => 24,
            Self::Full => 63,
        }
    }
}

/// A rectangle in pixels of the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Crop {
    /// First column.
    pub x: u32,
    /// First row.
    pub y: u32,
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
}

/// What the caller wants of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Plan {
    /// The scale of all components.
    pub scale: Scale,
    /// Another scale for the second and third component of a `YCbCr` or YCCK
    /// picture: one step larger makes up for 4:2:0.
    pub chroma: Option<Scale>,
    /// The part that is needed. Whole MCUs around it are given out.
    pub crop: Option<Crop>,
}

impl Plan {
    /// The scale of component `index`.
    pub(super) fn scale_of(&self, index: usize) -> Scale {
        self.chroma
            .filter(|_| matches!(index, 1 | 2))
            .unwrap_or(self.scale)
    }
}

/// One component as it will be given out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ComponentLayout {
    /// Samples along the edge of a block.
    pub edge: usize,
    /// Columns of the whole component at its scale.
    pub width: usize,
    /// Rows of the whole component at its scale.
    pub height: usize,
    /// The columns that bands hold.
    pub columns: (usize, usize),
    /// The rows that bands hold, first to last.
    pub rows: (usize, usize),
    /// From one row of a band to the next.
    pub stride: usize,
    /// Blocks of an MCU.
    pub(super) h: usize,
    pub(super) v: usize,
    /// Blocks of the component, without and with what pads the last MCUs.
    pub(super) own: (usize, usize),
    pub(super) padded: (usize, usize),
    pub(super) scale: Scale,
    pub(super) quant: u8,
}

/// Where everything lies, for one header and one plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// The components, in frame order.
    pub components: Vec<ComponentLayout>,
    /// MCUs across and down.
    pub(super) mcus: (usize, usize),
    /// The MCU columns and rows that are wanted.
    pub(super) wanted_x: (usize, usize),
    pub(super) wanted_y: (usize, usize),
}

impl Layout {
    /// Lays the picture out.
    pub fn new(header: &Header, plan: &Plan) -> Result<Self, Error> {
        let (h_max, v_max) = header.max_sampling();
        let (h_max, v_max) = (usize::from(h_max), usize::from(v_max));
        let (width, height) = (header.width as usize, header.height as usize);
        let mcus = (width.div_ceil(8 * h_max), height.div_ceil(8 * v_max));
        let crop = plan.crop.unwrap_or(Crop {
            x: 0,
            y: 0,
            width: header.width,
            height: header.height,
        });
        let wanted_x = wanted(crop.x, crop.width, header.width, 8 * h_max)?;
        let wanted_y = wanted(crop.y, crop.height, header.height, 8 * v_max)?;
        let components = header
            .components()
            .iter()
            .enumerate()
            .map(|(index, component)| {
                let (h, v) = (usize::from(component.h), usize::from(component.v));
                let scale = plan.scale_of(index);
                let edge = scale.edge();
                let scaled_width = (width * h * edge).div_ceil(8 * h_max);
                let scaled_height = (height * v * edge).div_ceil(8 * v_max);
                let clip = |(first, end): (usize, usize), step: usize, size: usize| {
                    ((first * step).min(size), (end * step).min(size))
                };
                ComponentLayout {
                    edge,
                    width: scaled_width,
                    height: scaled_height,
                    columns: clip(wanted_x, h * edge, scaled_width),
                    rows: clip(wanted_y, v * edge, scaled_height),
                    stride: (wanted_x.1 - wanted_x.0) * h * edge,
                    h,
                    v,
                    own: (
                        (width * h).div_ceil(8 * h_max),
                        (height * v).div_ceil(8 * v_max),
                    ),
                    padded: (mcus.0 * h, mcus.1 * v),
                    scale,
                    quant: component.quant,
                }
            });
        Ok(Self {
            components: components.collect(),
            mcus,
            wanted_x,
            wanted_y,
        })
    }

    /// Bytes of one band.
    fn band_bytes(&self) -> u64 {
        self.components
            .iter()
            .map(|c| (c.stride * c.v * c.edge) as u64)
            .sum()
    }

    /// Bytes of the coefficients of a picture that comes in several scans, and
    /// of the marks that say which of all 64 are not zero.
    fn store_bytes(&self) -> u64 {
        let per_block = |c: &ComponentLayout| c.edge * c.edge * 2 + if c.edge > 1 { 8 } else { 0 };
        let bytes = |c: &ComponentLayout| (c.padded.0 * c.padded.1) as u64 * per_block(c) as u64;
        self.components.iter().map(bytes).sum()
    }

    /// Bytes of all buffers this layout will take, if the picture comes in
    /// `several_scans`.
    #[must_use]
    pub fn bytes(&self, several_scans: bool) -> u64 {
        FIXED_BYTES + self.band_bytes() + if several_scans { self.store_bytes() } else { 0 }
    }
}

/// The window of clean bytes, a segment under way, and the tables of a scan.
const FIXED_BYTES: u64 = (64 + 64 + 8 * 20) << 10;

/// The blocks, `size` pixels each, that cover `start..start + length`.
fn wanted(start: u32, length: u32, total: u32, size: usize) -> Result<(usize, usize), Error> {
    let end = start
        .checked_add(length)
        .filter(|&end| end <= total && length > 0);
    let end = end.ok_or(Error::BadWindow)?;
    Ok((start as usize / size, (end as usize).div_ceil(size)))
}

/// Bytes that decoding takes, known before anything is allocated. A progressive
/// picture keeps the coefficients that the scale needs. So does a sequential one
/// whose components come one after the other, which the header does not tell:
/// see [`Layout::bytes`].
#[must_use]
pub fn estimated_bytes(header: &Header, plan: &Plan) -> u64 {
    Layout::new(header, plan).map_or(FIXED_BYTES, |layout| layout.bytes(header.progressive))
}
