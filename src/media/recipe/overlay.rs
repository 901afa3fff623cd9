//! Pictures drawn on top (`draw`, `draw2`, `draw3`, `draw4`).

use std::fmt;

use super::LONGEST_EDGE;
use super::color::Color;
use super::number::{Decimal, integer_within};
use super::turn::{Gravity, Rotate};
use super::words::Fit;
use crate::trust::TargetPath;

/// What to write for an overlay, in the words of an error.
pub(crate) const OVERLAY: &str = "creator~drop~file and then any of ;width:100;height:50;fit:contain;gravity:auto;opacity:0.5;repeat:true|x|y;top:5|bottom:5;left:5|right:5;background:ffffff;rotate:90";

/// Where an overlay lies on one axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Place {
    /// In the middle.
    #[default]
    Middle,
    /// So many pixels from the left or the top.
    Near(u32),
    /// So many pixels from the right or the bottom.
    Far(u32),
}

/// In which directions an overlay is repeated until the edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Repeat {
    /// It is drawn once.
    #[default]
    Once,
    /// Over the whole picture.
    Both,
    /// In a row.
    X,
    /// In a column.
    Y,
}

/// A picture drawn on top of the finished one. Cloudflare takes these from
/// Workers only and from any address; ours can be written in a URL, and are
/// files of this marketplace, so that they are verified like everything else.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Overlay {
    /// The file that is drawn.
    pub file: TargetPath,
    /// The most pixels it may be wide.
    pub width: Option<u32>,
    /// The most pixels it may be high.
    pub height: Option<u32>,
    /// How it meets that box.
    pub fit: Fit,
    /// Which part of it is kept if it is cropped.
    pub gravity: Gravity,
    /// 0 is not there, 1 lets nothing through.
    pub opacity: Decimal,
    /// Whether it is tiled.
    pub repeat: Repeat,
    /// Where it lies from left to right.
    pub across: Place,
    /// Where it lies from top to bottom.
    pub down: Place,
    /// What lies under it.
    pub background: Option<Color>,
    /// How it is turned.
    pub rotate: Rotate,
}

impl Overlay {
    fn new(file: TargetPath) -> Self {
        Self {
            file,
            width: None,
            height: None,
            fit: Fit::ScaleDown,
            gravity: Gravity::CENTER,
            opacity: Decimal::ONE,
            repeat: Repeat::Once,
            across: Place::Middle,
            down: Place::Middle,
            background: None,
            rotate: Rotate::default(),
        }
    }

    /// Parses `creator~drop~file;key:value;...`; a key given twice, and two
    /// opposite edges, are refused.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(';');
        let file = parts.next()?;
        if file.contains('/') {
            return None;
        }
        let mut overlay = Self::new(TargetPath::parse(&file.replace('~', "/")).ok()?);
        let mut seen = Vec::new();
        for part in parts {
            let (key, value) = part.split_once(':')?;
            if seen.contains(&key) {
                return None;
            }
            seen.push(key);
            overlay.take(key, value)?;
        }
        Some(overlay.normal())
    }

    fn take(&mut self, key: &str, value: &str) -> Option<()> {
        match key {
            "width" => self.width = Some(integer_within(value, 1, LONGEST_EDGE)?),
            "height" => self.height = Some(integer_within(value, 1, LONGEST_EDGE)?),
            "fit" => self.fit = Fit::parse(value)?,
            "gravity" => self.gravity = Gravity::parse(value)?,
            "opacity" => self.opacity = Decimal::within(value, Decimal::ZERO, Decimal::ONE)?,
            "repeat" => {
                self.repeat = match value {
                    "true" => Repeat::Both,
                    "x" => Repeat::X,
                    "y" => Repeat::Y,
                    _ => return None,
                }
            }
            "left" => self.across.set(Place::Near(offset(value)?))?,
            "right" => self.across.set(Place::Far(offset(value)?))?,
            "top" => self.down.set(Place::Near(offset(value)?))?,
            "bottom" => self.down.set(Place::Far(offset(value)?))?,
            "background" => self.background = Some(Color::parse(value)?),
            "rotate" => self.rotate = Rotate::parse(value)?,
            _ => return None,
        }
        Some(())
    }

    /// Drops what changes no pixel.
    fn normal(mut self) -> Self {
        self.fit = self.fit.within(self.width.is_some(), self.height.is_some());
        if !self.fit.crops() {
            self.gravity = Gravity::CENTER;
        }
        let pads = self.fit == Fit::Pad;
        self.background = self.background.filter(|color| pads || color.alpha > 0);
        self
    }

    /// The overlay on a picture with `dpr` times the pixels.
    pub(crate) fn scaled(&self, dpr: Decimal) -> Option<Self> {
        let edge = |pixels| super::scaled(pixels, dpr, 1, LONGEST_EDGE);
        let place = |place| {
            Some(match place {
                Place::Middle => Place::Middle,
                Place::Near(offset) => Place::Near(super::scaled(offset, dpr, 0, LONGEST_EDGE)?),
                Place::Far(offset) => Place::Far(super::scaled(offset, dpr, 0, LONGEST_EDGE)?),
            })
        };
        let mut scaled = self.clone();
        if let Some(width) = self.width {
            scaled.width = Some(edge(width)?);
        }
        if let Some(height) = self.height {
            scaled.height = Some(edge(height)?);
        }
        scaled.across = place(self.across)?;
        scaled.down = place(self.down)?;
        Some(scaled)
    }
}

impl Place {
    /// One edge only: the second is refused.
    fn set(&mut self, place: Self) -> Option<()> {
        if *self != Self::Middle {
            return None;
        }
        *self = place;
        Some(())
    }
}

fn offset(text: &str) -> Option<u32> {
    integer_within(text, 0, LONGEST_EDGE)
}

/// The one spelling of an overlay.
impl fmt::Display for Overlay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let drop = &self.file.drop;
        write!(f, "{}~{}~{}", drop.creator, drop.drop, self.file.file)?;
        if let Some(width) = self.width {
            write!(f, ";width:{width}")?;
        }
        if let Some(height) = self.height {
            write!(f, ";height:{height}")?;
        }
        if self.fit != Fit::ScaleDown {
            write!(f, ";fit:{}", self.fit.word())?;
        }
        if self.gravity != Gravity::CENTER {
            write!(f, ";gravity:{}", self.gravity)?;
        }
        if self.opacity != Decimal::ONE {
            write!(f, ";opacity:{}", self.opacity)?;
        }
        match self.repeat {
            Repeat::Once => Ok(()),
            Repeat::Both => f.write_str(";repeat:true"),
            Repeat::X => f.write_str(";repeat:x"),
            Repeat::Y => f.write_str(";repeat:y"),
        }?;
        match self.across {
            Place::Middle => Ok(()),
            Place::Near(left) => write!(f, ";left:{left}"),
            Place::Far(right) => write!(f, ";right:{right}"),
        }?;
        match self.down {
            Place::Middle => Ok(()),
            Place::Near(top) => write!(f, ";top:{top}"),
            Place::Far(bottom) => write!(f, ";bottom:{bottom}"),
        }?;
        if let Some(background) = self.background {
            write!(f, ";background:{background}")?;
        }
        match self.rotate.degrees() {
            0 => Ok(()),
            degrees => write!(f, ";rotate:{degrees}"),
        }
    }
}
