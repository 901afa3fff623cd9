//! One exact picture: a recipe with nothing left to the client.

use super::number::Decimal;
use super::turn::{Gravity, Turn};
use super::words::{Fit, Metadata, Output};
use super::{Adjust, DEFAULT_QUALITY, Edits, Recipe};
use crate::{
    media::negotiate::{Client, Source},
    trust::Preview,
};

/// What the engine makes and a cache key names: the edits with every `auto`
/// settled, and how the result is written. Two that are equal are the same
/// bytes for the same source and engine; two that differ have different keys.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Derivative {
    edits: Edits,
    output: Output,
    quality: Option<u8>,
    fast: bool,
    preview: Option<Preview>,
}

impl Derivative {
    /// The rule of the preview that it is, if it is one.
    #[must_use]
    pub fn preview(&self) -> Option<Preview> {
        self.preview
    }

    /// The preview of it that a rule allows: the whole picture within the rule's
    /// edge. A trim, a crop, a zoom or a turn is not made: parts of a picture at
    /// a larger scale can be put together, and so can what stands out in one of
    /// many ways to adjust it.
    #[must_use]
    pub fn under(self, rule: Preview) -> Self {
        let within = |edge: Option<u32>| Some(edge.unwrap_or(rule.max_edge).min(rule.max_edge));
        let Edits { width, height, .. } = self.edits;
        let edits = Edits {
            width: within(width),
            height: within(height),
            fit: Fit::ScaleDown,
            gravity: Gravity::CENTER,
            zoom: Decimal::ZERO,
            trim: None,
            turn: Turn::default(),
            background: None,
            border: None,
            adjust: Adjust::NONE,
            metadata: Metadata::Copyright,
            anim: false,
            draw: Vec::new(),
        };
        Self {
            edits,
            preview: Some(rule),
            ..self
        }
    }

    /// What changes the pixels.
    #[must_use]
    pub fn edits(&self) -> &Edits {
        &self.edits
    }

    /// What is written.
    #[must_use]
    pub fn output(&self) -> Output {
        self.output
    }

    /// The quality, 1 to 100. Lossy outputs always have one (WebP is lossless at
    /// 100); PNG has one if its colours are to be reduced to a palette; GIF and
    /// JSON have none.
    #[must_use]
    pub fn quality(&self) -> Option<u8> {
        self.quality
    }

    /// Whether the quickest encoding is wanted, with no refinement later.
    #[must_use]
    pub fn fast(&self) -> bool {
        self.fast
    }

    /// The derivative's one spelling, which is a recipe again.
    #[must_use]
    pub fn canonical(&self) -> String {
        self.to_string()
    }
}

impl Recipe {
    /// Settles what was left to the client, for an output that was negotiated
    /// ([`crate::media::negotiate::outputs`]), and drops what this output does
    /// not show.
    #[must_use]
    pub fn derive(&self, client: Client, source: Source, output: Output) -> Derivative {
        let width = if self.auto_width {
            Some(client.width())
        } else {
            self.edits.width
        };
        let frames = output.animates() || output == Output::Json;
        let metadata = match output {
            Output::Json => Metadata::Copyright,
            _ => self.edits.metadata,
        };
        let asked = match self.slow_quality {
            Some(slow) if client.is_slow() => Some(slow),
            _ => self.quality,
        };
        let quality = match output {
            Output::Png => asked,
            Output::Gif | Output::Json => None,
            _ => Some(asked.unwrap_or(DEFAULT_QUALITY)),
        };
        Derivative {
            edits: Edits {
                width,
                metadata,
                anim: self.edits.anim && source.animated && frames,
                ..self.edits.clone()
            },
            output,
            quality,
            fast: self.fast && output != Output::Json,
            preview: None,
        }
    }
}
