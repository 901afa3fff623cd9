//! One exact picture: a recipe with nothing left to the client.

use super::words::{Metadata, Output};
use super::{DEFAULT_QUALITY, Edits, Recipe};
use crate::media::negotiate::{Client, Source};

/// What the engine makes and a cache key names: the edits with every `auto`
/// settled, and how the result is written. Two that are equal are the same
/// bytes for the same source and engine; two that differ have different keys.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Derivative {
    edits: Edits,
    output: Output,
    quality: Option<u8>,
    fast: bool,
}

impl Derivative {
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
        }
    }
}
