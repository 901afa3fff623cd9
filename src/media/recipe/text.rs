//! The one spelling of a recipe.

use std::fmt::{self, Display, Write};

use super::frame::{End, Length, Span, Trim};
use super::number::Decimal;
use super::turn::Gravity;
use super::words::{Fit, Metadata};
use super::{Derivative, Edits, Recipe};

impl Recipe {
    /// The recipe's one spelling: options in a fixed order, defaults left out,
    /// numbers, colours and words in one form. It parses to this recipe again.
    #[must_use]
    pub fn canonical(&self) -> String {
        self.to_string()
    }
}

impl Display for Recipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = Line::default();
        line.put_if(self.auto_width, "width", "auto");
        line.edits(&self.edits);
        line.put_some("format", self.format.map(super::Format::word));
        line.put_some("quality", self.quality);
        line.put_some("slow-connection-quality", self.slow_quality);
        line.put_if(self.fast, "compression", "fast");
        line.put_if(self.redirect, "onerror", "redirect");
        line.print(f)
    }
}

impl Display for Derivative {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = Line::default();
        line.edits(self.edits());
        line.put("format", self.output().word());
        line.put_some("quality", self.quality());
        line.put_if(self.fast(), "compression", "fast");
        line.print(f)
    }
}

/// Options, parted by commas. No value we write holds a comma or a percent sign.
#[derive(Default)]
struct Line(String);

impl Line {
    fn put(&mut self, name: &str, value: impl Display) {
        let comma = if self.0.is_empty() { "" } else { "," };
        // Writing to a String cannot fail.
        let _ = write!(self.0, "{comma}{name}={value}");
    }

    fn put_if(&mut self, given: bool, name: &str, value: impl Display) {
        if given {
            self.put(name, value);
        }
    }

    fn put_some(&mut self, name: &str, value: Option<impl Display>) {
        if let Some(value) = value {
            self.put(name, value);
        }
    }

    /// The line; a recipe that changes nothing needs one option all the same.
    fn print(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() {
            "fit=scale-down"
        } else {
            &self.0
        })
    }

    fn edits(&mut self, edits: &Edits) {
        self.put_some("width", edits.width);
        self.put_some("height", edits.height);
        self.put_if(edits.fit != Fit::ScaleDown, "fit", edits.fit.word());
        self.put_if(edits.gravity != Gravity::CENTER, "gravity", edits.gravity);
        self.put_if(edits.zoom != Decimal::ZERO, "zoom", edits.zoom);
        if let Some(trim) = edits.trim {
            self.trim(trim);
        }
        self.put_if(edits.turn.mirrored, "flip", "h");
        let degrees = u16::from(edits.turn.quarters) * 90;
        self.put_if(degrees != 0, "rotate", degrees);
        self.put_some("background", edits.background);
        if let Some(border) = edits.border {
            let super::Border {
                top,
                right,
                bottom,
                left,
                color,
            } = border;
            self.put("border", format_args!("{top};{right};{bottom};{left}"));
            self.put_if(color != super::Color::BLACK, "border.color", color);
        }
        self.adjust(edits);
        self.put_if(
            edits.metadata != Metadata::Copyright,
            "metadata",
            edits.metadata.word(),
        );
        self.put_if(!edits.anim, "anim", false);
        let names = ["draw", "draw2", "draw3", "draw4"];
        for (name, overlay) in names.into_iter().zip(&edits.draw) {
            self.put(name, overlay);
        }
    }

    fn adjust(&mut self, edits: &Edits) {
        let adjust = edits.adjust;
        for (name, amount) in [("blur", adjust.blur), ("sharpen", adjust.sharpen)] {
            self.put_if(amount != Decimal::ZERO, name, amount);
        }
        for (name, factor) in [
            ("brightness", adjust.brightness),
            ("contrast", adjust.contrast),
            ("saturation", adjust.saturation),
            ("gamma", adjust.gamma),
        ] {
            self.put_if(factor != Decimal::ONE, name, factor);
        }
    }

    fn trim(&mut self, trim: Trim) {
        match trim {
            Trim::Window { across, down } => {
                self.span(across, ["trim.left", "trim.right", "trim.width"]);
                self.span(down, ["trim.top", "trim.bottom", "trim.height"]);
            }
            Trim::Border {
                color,
                tolerance,
                keep,
            } => {
                self.put("trim", "border");
                self.put_some("trim.border.color", color);
                let usual = tolerance == Trim::TOLERANCE;
                self.put_if(!usual, "trim.border.tolerance", tolerance);
                self.put_if(keep != 0, "trim.border.keep", keep);
            }
        }
    }

    fn span(&mut self, span: Span, [near, far, size]: [&str; 3]) {
        const NONE: Length = Length::Pixels(0);
        self.put_if(span.start != NONE, near, span.start);
        match span.end {
            End::Inset(inset) => self.put_if(inset != NONE, far, inset),
            End::Size(length) => self.put(size, length),
        }
    }
}
