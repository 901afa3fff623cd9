//! A request on a picture whose size is known: which pixels become how many.

use super::region::Window;
use super::{Format, IiifError, ImageRequest, Pyramid, Quality, Size};
use crate::media::recipe::{
    Adjust, Decimal, Edits, End, Fit, Gravity, Length, Metadata, Output, Recipe, Span, Trim, Turn,
};

/// So hard a contrast leaves black and white, and no level between.
const BITONAL: Decimal = Decimal::whole(512);

/// A picture that can be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Planned {
    request: ImageRequest,
    full: (u32, u32),
    window: Window,
    /// Before it is turned.
    size: (u32, u32),
}

impl ImageRequest {
    /// What it comes to on a picture of this size, upright.
    pub fn on(self, full: (u32, u32)) -> Result<Planned, IiifError> {
        let window = self.region.of(full)?;
        let size = self.size.of(window)?;
        Ok(Planned {
            request: self,
            full,
            window,
            size,
        })
    }
}

impl Planned {
    fn is_whole(&self) -> bool {
        (self.window.width, self.window.height) == self.full
    }

    fn is_max(&self) -> bool {
        Size::Max.of(self.window) == Ok(self.size)
    }

    /// Whether `info.json` announces it.
    #[must_use]
    pub fn is_announced(&self) -> bool {
        let request = &self.request;
        let plain = (request.mirrored, request.quarters) == (false, 0)
            && (request.quality, request.format) == (Quality::Default, Format::Jpg);
        plain && Pyramid::of(self.full).announces(self.window, self.size, self.is_max())
    }

    /// The canonical form of the last four segments.
    #[must_use]
    pub fn canonical(&self) -> String {
        let Window {
            x,
            y,
            width,
            height,
        } = self.window;
        let region = if self.is_whole() {
            "full".to_owned()
        } else {
            format!("{x},{y},{width},{height}")
        };
        let size = if self.is_max() {
            "max".to_owned()
        } else {
            format!("{},{}", self.size.0, self.size.1)
        };
        let mirrored = if self.request.mirrored { "!" } else { "" };
        let degrees = u16::from(self.request.quarters) * 90;
        let quality = self.request.quality.word();
        let format = match self.request.format {
            Format::Jpg => "jpg",
            Format::Png => "png",
        };
        format!("{region}/{size}/{mirrored}{degrees}/{quality}.{format}")
    }

    /// What the engine is to do. The steps of the two grammars are the same, and
    /// in the same order: region, size, mirror, turn, colours.
    #[must_use]
    pub fn recipe(&self) -> Recipe {
        let span = |start: u32, length: u32| Span {
            start: Length::Pixels(start),
            end: End::Size(Length::Pixels(length)),
        };
        let window = self.window;
        let turn = Turn {
            mirrored: self.request.mirrored,
            quarters: self.request.quarters,
        };
        let (width, height) = if turn.swaps_edges() {
            (self.size.1, self.size.0)
        } else {
            self.size
        };
        let edits = Edits {
            width: Some(width),
            height: Some(height),
            fit: Fit::Squeeze,
            gravity: Gravity::CENTER,
            zoom: Decimal::ZERO,
            trim: (!self.is_whole()).then(|| Trim::Window {
                across: span(window.x, window.width),
                down: span(window.y, window.height),
            }),
            turn,
            background: None,
            border: None,
            adjust: match self.request.quality {
                Quality::Default | Quality::Color => Adjust::NONE,
                Quality::Gray => Adjust {
                    saturation: Decimal::ZERO,
                    ..Adjust::NONE
                },
                Quality::Bitonal => Adjust {
                    saturation: Decimal::ZERO,
                    contrast: BITONAL,
                    ..Adjust::NONE
                },
            },
            metadata: Metadata::Copyright,
            anim: false,
            draw: Vec::new(),
        };
        Recipe::exact(edits, self.output())
    }

    /// What is written.
    #[must_use]
    pub fn output(&self) -> Output {
        match self.request.format {
            Format::Jpg => Output::Jpeg,
            Format::Png => Output::Png,
        }
    }
}
