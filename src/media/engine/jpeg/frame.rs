//! The frame header (SOF) and what it says about the picture.

use super::error::{Error, Unsupported};

/// How the components of a pixel are to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// One component.
    Grey,
    /// Luma and two chroma differences (JFIF, ITU-T T.871).
    YCbCr,
    /// Red, green, blue as they are.
    Rgb,
    /// Four inks. With an Adobe marker the samples are inverted.
    Cmyk,
    /// `YCbCr` of the inverted inks, and black. With an Adobe marker inverted.
    Ycck,
}

/// One component of the frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Component {
    /// Identifier; scans refer to it.
    pub id: u8,
    /// Horizontal sampling factor, 1 to 4.
    pub h: u8,
    /// Vertical sampling factor, 1 to 4.
    pub v: u8,
    /// Which quantisation table.
    pub(super) quant: u8,
}

/// What is known of a picture before its first scan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Columns of pixels.
    pub width: u32,
    /// Rows of pixels.
    pub height: u32,
    /// Several passes over the whole picture, coarse to fine.
    pub progressive: bool,
    /// Final once the decoder has said [`super::Event::Header`]; before that it
    /// can still change with a late Adobe marker.
    pub colour: Colour,
    /// An Adobe marker was seen: the inks of CMYK and YCCK are inverted.
    pub adobe: bool,
    components: Vec<Component>,
}

impl Header {
    /// The components, in frame order: 1, 3 or 4 of them.
    #[must_use]
    pub fn components(&self) -> &[Component] {
        &self.components
    }

    /// The largest horizontal and vertical sampling factor.
    #[must_use]
    pub fn max_sampling(&self) -> (u8, u8) {
        let h = self.components.iter().map(|c| c.h).max().unwrap_or(1);
        let v = self.components.iter().map(|c| c.v).max().unwrap_or(1);
        (h, v)
    }

    /// Reads the body of an SOF segment (T.81 B.2.2).
    pub(super) fn parse(marker: u8, body: &[u8]) -> Result<Self, Error> {
        match marker {
            0xC0..=0xC2 => {}
            0xC3 | 0xCB => return Err(Error::Unsupported(Unsupported::Lossless)),
            0xC9 | 0xCA => return Err(Error::Unsupported(Unsupported::Arithmetic)),
            _ => return Err(Error::Unsupported(Unsupported::Hierarchical)),
        }
        let (&[precision, y1, y0, x1, x0, count], rest) =
            body.split_first_chunk::<6>().ok_or(Error::BadFrame)?;
        if precision != 8 {
            return Err(Error::Unsupported(Unsupported::Precision(precision)));
        }
        let width = u32::from(u16::from_be_bytes([x1, x0]));
        let height = u32::from(u16::from_be_bytes([y1, y0]));
        if width == 0 {
            return Err(Error::BadFrame);
        }
        if height == 0 {
            return Err(Error::Unsupported(Unsupported::LateHeight));
        }
        if !matches!(count, 1 | 3 | 4) {
            return Err(Error::Unsupported(Unsupported::Components(count)));
        }
        if rest.len() != usize::from(count) * 3 {
            return Err(Error::BadSegment(marker));
        }
        let mut components = rest
            .as_chunks::<3>()
            .0
            .iter()
            .map(|&[id, sampling, quant]| {
                let (h, v) = (sampling >> 4, sampling & 15);
                let good = (1..=4).contains(&h) && (1..=4).contains(&v) && quant < 4;
                good.then_some(Component { id, h, v, quant })
            })
            .collect::<Option<Vec<_>>>()
            .ok_or(Error::BadFrame)?;
        if let [only] = components.as_mut_slice() {
            // Factors are relative to the largest, so a single component has none.
            (only.h, only.v) = (1, 1);
        }
        Ok(Self {
            width,
            height,
            progressive: marker == 0xC2,
            colour: Colour::Grey,
            adobe: false,
            components,
        })
    }

    /// Decides the colour model by the rules libjpeg established, since no
    /// standard says what a bare JPEG means: JFIF is `YCbCr`; an Adobe marker
    /// says itself; then the component identifiers; then `YCbCr` or CMYK.
    pub(super) fn decide_colour(&mut self, jfif: bool, adobe: Option<u8>) {
        self.adobe = adobe.is_some();
        let ids: [u8; 3] = std::array::from_fn(|i| self.components.get(i).map_or(0, |c| c.id));
        self.colour = match (self.components.len(), adobe) {
            (1, _) => Colour::Grey,
            (3, _) if jfif => Colour::YCbCr,
            (3, Some(0)) => Colour::Rgb,
            (3, None) if &ids == b"RGB" => Colour::Rgb,
            (3, _) => Colour::YCbCr,
            (_, Some(0) | None) => Colour::Cmyk,
            (_, Some(_)) => Colour::Ycck,
        };
    }
}
