//! From the options as given to the one form of what they mean.

use super::error::RecipeError;
use super::frame::{Border, End, LONGEST_CUT, Length, Span, Trim, WIDEST_BORDER};
use super::number::Decimal;
use super::overlay::Overlay;
use super::policy::Policy;
use super::raw::{RawBorder, RawRecipe, RawTrim, TrimValue, Width};
use super::turn::{Gravity, Turn};
use super::words::{Fit, Metadata};
use super::{Adjust, Edits, LONGEST_EDGE, Recipe, scaled};
use crate::media::preset::PresetBook;

impl RawRecipe {
    /// Looks up the preset, puts the options that are given over those of the
    /// preset, applies the policy, and reduces what is left to its one form.
    pub fn resolve(&self, presets: &PresetBook, policy: Policy) -> Result<Recipe, RecipeError> {
        let Some(name) = &self.preset else {
            return policy.snap(self.normal(policy.density(self.dpr))?);
        };
        policy.admit_beside_preset(self)?;
        let preset = presets.get(name).ok_or_else(|| RecipeError::Preset {
            given: name.to_string(),
        })?;
        let whole = self.over(preset);
        let density = if self.dpr.is_some() {
            policy.density(self.dpr)
        } else {
            whole.density()
        };
        whole.normal(density)
    }

    pub(super) fn density(&self) -> Decimal {
        self.dpr.unwrap_or(Decimal::ONE)
    }

    /// These options, and where they are silent those of `base`. The options
    /// of `trim`, of `border` and of `draw` are each taken together.
    fn over(&self, base: &Self) -> Self {
        let group = |given: bool| if given { self } else { base };
        Self {
            preset: None,
            width: self.width.or(base.width),
            height: self.height.or(base.height),
            dpr: self.dpr.or(base.dpr),
            fit: self.fit.or(base.fit),
            gravity: self.gravity.or(base.gravity),
            zoom: self.zoom.or(base.zoom),
            quality: self.quality.or(base.quality),
            slow_quality: self.slow_quality.or(base.slow_quality),
            format: self.format.or(base.format),
            fast: self.fast.or(base.fast),
            redirect: self.redirect.or(base.redirect),
            metadata: self.metadata.or(base.metadata),
            anim: self.anim.or(base.anim),
            rotate: self.rotate.or(base.rotate),
            flip: self.flip.or(base.flip),
            background: self.background.or(base.background),
            blur: self.blur.or(base.blur),
            sharpen: self.sharpen.or(base.sharpen),
            brightness: self.brightness.or(base.brightness),
            contrast: self.contrast.or(base.contrast),
            saturation: self.saturation.or(base.saturation),
            gamma: self.gamma.or(base.gamma),
            trim: group(self.trim != RawTrim::default()).trim.clone(),
            border: group(self.border != RawBorder::default()).border.clone(),
            draw: group(self.draw.iter().any(Option::is_some)).draw.clone(),
        }
    }

    /// Drops what changes no pixel and folds the device pixel ratio in.
    fn normal(&self, dpr: Decimal) -> Result<Recipe, RecipeError> {
        let auto_width = self.width == Some(Width::Auto);
        if auto_width && dpr != Decimal::ONE {
            return Err(RecipeError::Conflict {
                option: "width=auto",
                other: "dpr",
                instead: "drop dpr, since the client's own is taken",
            });
        }
        let edge = |option, pixels| scale(option, pixels, dpr, 1, LONGEST_EDGE);
        let width = match self.width {
            Some(Width::Pixels(pixels)) => Some(edge("width", pixels)?),
            Some(Width::Auto) | None => None,
        };
        let height = self
            .height
            .map(|pixels| edge("height", pixels))
            .transpose()?;
        let edits = Edits {
            width,
            height,
            fit: self.fit.unwrap_or(Fit::ScaleDown),
            gravity: self.gravity.unwrap_or(Gravity::CENTER),
            zoom: self.zoom.unwrap_or(Decimal::ZERO),
            trim: self.trim.normal(dpr)?,
            turn: Turn::new(self.flip, self.rotate),
            background: self.background,
            border: self.border.normal(dpr)?,
            adjust: self.adjust(),
            metadata: self.metadata.unwrap_or(Metadata::Copyright),
            anim: self.anim.unwrap_or(true),
            draw: self.overlays(dpr)?,
        };
        Ok(Recipe {
            auto_width,
            format: self.format,
            quality: self.quality,
            slow_quality: self
                .slow_quality
                .filter(|_| self.slow_quality != self.quality),
            fast: self.fast.is_some(),
            redirect: self.redirect.is_some(),
            edits: edits.normal(auto_width),
        })
    }

    /// Zero is Cloudflare's other spelling of "no change" for all factors but
    /// the saturation, where it is grey.
    fn adjust(&self) -> Adjust {
        let factor = |given: Option<Decimal>| {
            given
                .filter(|&factor| factor != Decimal::ZERO)
                .unwrap_or(Decimal::ONE)
        };
        Adjust {
            blur: self.blur.unwrap_or(Decimal::ZERO),
            sharpen: self.sharpen.unwrap_or(Decimal::ZERO),
            brightness: factor(self.brightness),
            contrast: factor(self.contrast),
            saturation: self.saturation.unwrap_or(Decimal::ONE),
            gamma: factor(self.gamma),
        }
    }

    /// The overlays that can be seen, lowest first.
    fn overlays(&self, dpr: Decimal) -> Result<Vec<Overlay>, RecipeError> {
        let too_large = || RecipeError::Scaled {
            option: "draw",
            most: LONGEST_EDGE,
        };
        self.draw
            .iter()
            .flatten()
            .filter(|overlay| overlay.opacity > Decimal::ZERO)
            .map(|overlay| overlay.scaled(dpr).ok_or_else(too_large))
            .collect()
    }
}

impl Edits {
    /// The fit, the gravity, the zoom and the background count only where they
    /// change something.
    pub(super) fn normal(mut self, auto_width: bool) -> Self {
        let has_width = auto_width || self.width.is_some();
        self.fit = self.fit.within(has_width, self.height.is_some());
        if !self.fit.crops() {
            self.gravity = Gravity::CENTER;
        }
        if self.gravity != Gravity::Face {
            self.zoom = Decimal::ZERO;
        }
        let pads = self.fit == Fit::Pad;
        self.background = self.background.filter(|color| pads || color.alpha > 0);
        self
    }
}

impl RawTrim {
    fn normal(&self, dpr: Decimal) -> Result<Option<Trim>, RecipeError> {
        let of_border = self.color.is_some() || self.tolerance.is_some() || self.keep.is_some();
        let [top, right, bottom, left] = self.sides()?;
        let window = [top, right, bottom, left, self.width, self.height];
        if of_border || self.value == Some(TrimValue::Border) {
            if window.iter().any(Option::is_some) {
                return Err(RecipeError::Conflict {
                    option: "trim=border",
                    other: "a trim of pixels",
                    instead: "write one of them",
                });
            }
            let keep = scale(
                "trim.border.keep",
                self.keep.unwrap_or(0),
                dpr,
                0,
                LONGEST_CUT,
            )?;
            return Ok(Some(Trim::Border {
                color: self.color,
                tolerance: self.tolerance.unwrap_or(Trim::TOLERANCE),
                keep,
            }));
        }
        let across = span(
            ["trim.left", "trim.right", "trim.width"],
            [left, right, self.width],
            dpr,
        )?;
        let down = span(
            ["trim.top", "trim.bottom", "trim.height"],
            [top, bottom, self.height],
            dpr,
        )?;
        let trims = across != Span::WHOLE || down != Span::WHOLE;
        Ok(trims.then_some(Trim::Window { across, down }))
    }

    /// Top, right, bottom and left, given together or one by one.
    fn sides(&self) -> Result<[Option<Length>; 4], RecipeError> {
        let single = [self.top, self.right, self.bottom, self.left];
        match self.value {
            Some(TrimValue::Sides(_)) if single.iter().any(Option::is_some) => {
                Err(RecipeError::Conflict {
                    option: "trim=top;right;bottom;left",
                    other: "the trim of one side",
                    instead: "write one of them",
                })
            }
            Some(TrimValue::Sides(sides)) => Ok(sides.map(Some)),
            Some(TrimValue::Border) | None => Ok(single),
        }
    }
}

/// The kept part of one axis, from its near edge, its far edge and its size.
fn span(
    [near_name, far_name, size_name]: [&'static str; 3],
    [near, far, size]: [Option<Length>; 3],
    dpr: Decimal,
) -> Result<Span, RecipeError> {
    let length = |option, length: Option<Length>| match length {
        Some(Length::Pixels(pixels)) => {
            scale(option, pixels, dpr, 0, LONGEST_CUT).map(Length::Pixels)
        }
        Some(part @ Length::Part(_)) => Ok(part),
        None => Ok(Length::Pixels(0)),
    };
    let conflict = |other, instead| RecipeError::Conflict {
        option: far_name,
        other,
        instead,
    };
    // trim=0;0;0;0 gives every side, and none of them says anything.
    let far = far.filter(|&far| far != Length::Pixels(0));
    if far.is_some() && size.is_some() {
        return Err(conflict(
            size_name,
            "write where it ends or how large it is",
        ));
    }
    let end = match size {
        None => End::Inset(length(far_name, far)?),
        Some(Length::Pixels(pixels)) => End::Size(Length::Pixels(scale(
            size_name,
            pixels,
            dpr,
            1,
            LONGEST_CUT,
        )?)),
        Some(part) => End::Size(part),
    };
    let span = Span {
        start: length(near_name, near)?,
        end,
    };
    if span.leaves_something() {
        Ok(span)
    } else {
        Err(conflict(
            near_name,
            "write parts that leave some of the picture",
        ))
    }
}

impl RawBorder {
    /// One side overrides all sides.
    fn normal(&self, dpr: Decimal) -> Result<Option<Border>, RecipeError> {
        let [top, right, bottom, left] = self.sides.unwrap_or_default();
        let side = |option, own: Option<u32>, all| {
            scale(option, own.unwrap_or(all), dpr, 0, WIDEST_BORDER)
        };
        let border = Border {
            top: side("border.top", self.top, top)?,
            right: side("border.right", self.right, right)?,
            bottom: side("border.bottom", self.bottom, bottom)?,
            left: side("border.left", self.left, left)?,
            color: self.color.unwrap_or(super::color::Color::BLACK),
        };
        let sides = [border.top, border.right, border.bottom, border.left];
        Ok(sides.iter().any(|&side| side > 0).then_some(border))
    }
}

/// So many pixels at a device pixel ratio, within the option's limit.
fn scale(
    option: &'static str,
    pixels: u32,
    dpr: Decimal,
    least: u32,
    most: u32,
) -> Result<u32, RecipeError> {
    scaled(pixels, dpr, least, most).ok_or(RecipeError::Scaled { option, most })
}
