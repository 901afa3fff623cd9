//! Which formats answer a recipe, from the smallest to the quickest.

use super::client::Client;
use super::formats::Formats;
use crate::{
    media::recipe::{Edits, Fit, Format, Output, Recipe},
    trust::FileEntry,
};

/// What the source is, as far as the choice depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source {
    /// Its format.
    pub format: SourceFormat,
    /// Whether something shows through it.
    pub alpha: bool,
    /// Whether it has more than one frame.
    pub animated: bool,
}

/// The format of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceFormat {
    /// JPEG.
    Jpeg,
    /// PNG.
    Png,
    /// GIF.
    Gif,
    /// WebP.
    WebP,
    /// AVIF.
    Avif,
    /// JPEG XL.
    Jxl,
    /// Something that is decoded but never written.
    Other,
}

impl Source {
    /// What the manifest's media type says, before a byte of the file is read.
    /// What may have alpha is taken to have it; of the formats, only GIF is
    /// taken to have frames. Who has probed the file fills in the truth; but the
    /// same source must always be described the same way, or it has two keys.
    #[must_use]
    pub fn of_media_type(media_type: &str) -> Self {
        use SourceFormat::{Avif, Gif, Jpeg, Jxl, Other, Png, WebP};
        let essence = media_type.split(';').next().unwrap_or_default().trim();
        let (format, alpha, animated) = match essence.to_ascii_lowercase().as_str() {
            "image/jpeg" => (Jpeg, false, false),
            "image/png" => (Png, true, false),
            "image/gif" => (Gif, true, true),
            "image/webp" => (WebP, true, false),
            "image/avif" => (Avif, true, false),
            "image/jxl" => (Jxl, true, false),
            _ => (Other, true, false),
        };
        Self {
            format,
            alpha,
            animated,
        }
    }

    /// A file of a drop, whose manifest may say whether it moves.
    #[must_use]
    pub fn of_file(file: &FileEntry) -> Self {
        let said = Self::of_media_type(&file.media_type);
        Self {
            animated: file.animated.unwrap_or(said.animated),
            ..said
        }
    }
}

/// The outputs that answer a request, from the one with the fewest bytes to the
/// one made quickest; there is always one. The first that is stored is sent; if
/// none is, the quickest is made and the smallest is made after the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outputs {
    better: Vec<Output>,
    quickest: Output,
}

impl Outputs {
    fn only(output: Output) -> Self {
        Self {
            better: Vec::new(),
            quickest: output,
        }
    }

    /// From the list, its last the quickest; `fallback` if it is empty.
    fn ranked(mut outputs: Vec<Output>, fallback: Output) -> Self {
        let quickest = outputs.pop().unwrap_or(fallback);
        Self {
            better: outputs,
            quickest,
        }
    }

    /// All of them, the smallest first: the order to look them up in.
    pub fn smallest_first(&self) -> impl Iterator<Item = Output> + '_ {
        self.better.iter().copied().chain([self.quickest])
    }

    /// The one to store for the next request.
    #[must_use]
    pub fn smallest(&self) -> Output {
        self.better.first().copied().unwrap_or(self.quickest)
    }

    /// The one to make while the client waits.
    #[must_use]
    pub fn quickest(&self) -> Output {
        self.quickest
    }
}

/// From this quality on JPEG XL needs fewer bytes than AVIF at equal
/// ssimulacra2; below, AVIF does.
const JXL_LEADS_FROM: u8 = 90;

/// Picks the outputs for a recipe.
///
/// - `format=auto`: what the client takes and this deployment can write. Frames
///   need WebP or GIF; transparency rules JPEG out.
/// - A named format is written, whatever `Accept` says; one that is not deployed
///   falls back to WebP (as AVIF does at Cloudflare), then to JPEG, PNG or GIF.
/// - No format keeps the source's.
/// - `compression=fast` leaves the quickest only, over a named lossy format too.
#[must_use]
pub fn outputs(recipe: &Recipe, client: Client, source: Source, formats: Formats) -> Outputs {
    let shows = Shows::new(recipe.edits(), source);
    let chosen = match recipe.format() {
        Some(Format::Auto) => negotiated(recipe, client, shows, formats),
        Some(Format::As(output)) => Outputs::only(named(output, shows, formats)),
        None => Outputs::only(named(kept(source.format, shows), shows, formats)),
    };
    match recipe.format() {
        _ if !recipe.fast() => chosen,
        Some(Format::Auto) => Outputs::only(chosen.quickest()),
        _ => Outputs::only(quicker(chosen.quickest(), shows, formats)),
    }
}

/// What `compression=fast` writes in place of a named format.
fn quicker(output: Output, shows: Shows, formats: Formats) -> Output {
    match output {
        Output::WebP | Output::Avif | Output::Jxl if shows == Shows::STILL => Output::Jpeg,
        Output::Avif | Output::Jxl if formats.has(Output::WebP) => Output::WebP,
        other => other,
    }
}

/// What the result has to be able to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Shows {
    alpha: bool,
    frames: bool,
}

impl Shows {
    const STILL: Self = Self {
        alpha: false,
        frames: false,
    };

    /// An opaque background hides the source's transparency; a translucent
    /// background of a `pad` or a translucent border adds its own.
    fn new(edits: &Edits, source: Source) -> Self {
        let own = match edits.background {
            None => source.alpha,
            Some(color) => !color.is_opaque() && (source.alpha || edits.fit == Fit::Pad),
        };
        let border = edits.border.is_some_and(|border| !border.color.is_opaque());
        Self {
            alpha: own || border,
            frames: edits.anim && source.animated,
        }
    }
}

fn negotiated(recipe: &Recipe, client: Client, shows: Shows, formats: Formats) -> Outputs {
    use Output::{Avif, Gif, Jpeg, Jxl, Png, WebP};
    let leads = recipe.quality().is_some_and(|q| q >= JXL_LEADS_FROM);
    let ranking: &[Output] = match (shows.frames, shows.alpha, leads) {
        (true, _, _) => &[WebP, Gif],
        (false, true, true) => &[Jxl, Avif, Png, WebP],
        (false, true, false) => &[Avif, Jxl, Png, WebP],
        (false, false, true) => &[Jxl, Avif, WebP, Jpeg],
        (false, false, false) => &[Avif, Jxl, WebP, Jpeg],
    };
    let possible = |output: &Output| client.accept().takes(*output) && formats.has(*output);
    let mut chosen: Vec<Output> = ranking.iter().copied().filter(possible).collect();
    // With alpha PNG is the last resort: WebP is both smaller and no slower.
    if chosen.contains(&WebP) {
        chosen.retain(|&output| output != Png && output != Gif);
    }
    Outputs::ranked(chosen, last_resort(shows, formats, client))
}

/// What is sent when nothing that suits the picture is both welcome and
/// deployed: what can show it, or else what the client takes.
fn last_resort(shows: Shows, formats: Formats, client: Client) -> Output {
    let plain = plain(shows, formats);
    let other = match plain {
        Output::Jpeg => Output::Png,
        _ => Output::Jpeg,
    };
    let takes = |output| client.accept().takes(output);
    if !takes(plain) && takes(other) {
        other
    } else {
        plain
    }
}

/// The format everything shows that can hold what the picture shows.
fn plain(shows: Shows, formats: Formats) -> Output {
    if shows.frames && formats.has(Output::Gif) {
        Output::Gif
    } else if shows.alpha {
        Output::Png
    } else {
        Output::Jpeg
    }
}

/// A format that was named, or what stands in for it.
fn named(output: Output, shows: Shows, formats: Formats) -> Output {
    let steps = match output {
        Output::Avif | Output::Jxl => [output, Output::WebP],
        other => [other, other],
    };
    let deployed = steps.into_iter().find(|&output| formats.has(output));
    deployed.unwrap_or_else(|| plain(shows, formats))
}

/// The source's format as an output.
fn kept(format: SourceFormat, shows: Shows) -> Output {
    match format {
        SourceFormat::Png => Output::Png,
        SourceFormat::Gif => Output::Gif,
        SourceFormat::WebP => Output::WebP,
        SourceFormat::Avif => Output::Avif,
        SourceFormat::Jxl => Output::Jxl,
        SourceFormat::Jpeg | SourceFormat::Other if shows.alpha => Output::Png,
        SourceFormat::Jpeg | SourceFormat::Other => Output::Jpeg,
    }
}
