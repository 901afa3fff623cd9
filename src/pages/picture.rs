//! Pictures in pages: the edge makes the size that fits the screen.

use maud::{Markup, html};

use crate::trust::TargetPath;

/// A public picture to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// The file it is made from.
    pub path: TargetPath,
    /// What it shows, for those who do not see it.
    pub alt: String,
}

/// A shape and the widths it is made in. Both are steps of what may be asked
/// for without a signature, so that a page asks for nothing that is snapped.
pub(super) struct Frame {
    widths: &'static [u32],
    shape: (u32, u32),
    sizes: &'static str,
    lazy: bool,
}

/// In the grid of the storefront.
pub(super) const CARD: Frame = Frame {
    widths: &[320, 480, 640, 960, 1280],
    shape: (4, 3),
    sizes: "(min-width: 72rem) 33rem, (min-width: 50rem) 45vw, 92vw",
    lazy: true,
};

/// At the head of a drop's page, loaded at once.
pub(super) const HERO: Frame = Frame {
    widths: &[480, 640, 960, 1280, 1920],
    shape: (3, 2),
    sizes: "(min-width: 64rem) 36rem, 92vw",
    lazy: false,
};

/// Beside a file.
pub(super) const THUMBNAIL: Frame = Frame {
    widths: &[64, 128, 256],
    shape: (1, 1),
    sizes: "4rem",
    lazy: true,
};

impl Frame {
    const fn height(&self, width: u32) -> u32 {
        let (across, down) = self.shape;
        (width * down + across / 2) / across
    }

    fn url(&self, picture: &Picture, width: u32) -> String {
        let height = self.height(width);
        let options = format!("width={width},height={height},fit=cover,format=auto");
        format!("/img/{options}/{}", picture.path)
    }

    fn middle(&self) -> u32 {
        let middle = self.widths.get(self.widths.len() / 2);
        middle.copied().unwrap_or(640)
    }

    /// The candidate that most screens take.
    pub(super) fn usual(&self, picture: &Picture) -> String {
        self.url(picture, self.middle())
    }

    /// The `<img>` of a picture. Width and height are known before it is there,
    /// so that nothing jumps when it comes.
    pub(super) fn img(&self, picture: &Picture) -> Markup {
        let (middle, srcset) = (self.middle(), self.srcset(picture));
        html! {
            img src=(self.usual(picture)) srcset=(srcset) sizes=(self.sizes)
                width=(middle) height=(self.height(middle)) alt=(picture.alt)
                loading=[self.lazy.then_some("lazy")] decoding="async";
        }
    }

    /// The same for a picture that a script finds in the drop's catalogue; it is
    /// loaded by itself where there is no script.
    pub(super) fn packed(&self, picture: &Picture, member: &str) -> Markup {
        let (middle, srcset) = (self.middle(), self.srcset(picture));
        let drop = &picture.path.drop.drop;
        html! {
            img data-src=(self.usual(picture)) data-srcset=(srcset) sizes=(self.sizes)
                data-member={ (drop) "/" (member) }
                width=(middle) height=(self.height(middle)) alt=(picture.alt) decoding="async";
            noscript { (self.img(picture)) }
        }
    }

    fn srcset(&self, picture: &Picture) -> String {
        let candidates = self
            .widths
            .iter()
            .map(|&width| format!("{} {width}w", self.url(picture, width)));
        candidates.collect::<Vec<_>>().join(", ")
    }
}
