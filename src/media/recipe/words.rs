//! The options whose value is one word of a few.

/// An enumeration and the word that spells each of its values.
macro_rules! words {
    ($(#[$about:meta])* $name:ident {
        $($(#[$meaning:meta])* $variant:ident = $word:literal),+ $(,)?
    }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$meaning])* $variant),+
        }

        impl $name {
            /// Every value, in the order of the definition.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The value a word spells.
            #[must_use]
            pub fn parse(word: &str) -> Option<Self> {
                match word {
                    $($word => Some(Self::$variant),)+
                    _ => None,
                }
            }

            /// The word that spells the value.
            #[must_use]
            pub fn word(self) -> &'static str {
                match self {
                    $(Self::$variant => $word),+
                }
            }
        }
    };
}

words! {
    /// How the picture meets the box of `width` and `height`.
    Fit {
        /// Inside the box, never enlarged. The default.
        ScaleDown = "scale-down",
        /// Inside the box, enlarged if need be.
        Contain = "contain",
        /// Fills the box; what hangs over is cropped; enlarged if need be.
        Cover = "cover",
        /// As `cover` for a larger picture, as `scale-down` for a smaller one.
        Crop = "crop",
        /// Cropped to the box's shape, never enlarged.
        AspectCrop = "aspect-crop",
        /// As `contain`, and the rest of the box is filled with the background.
        Pad = "pad",
        /// Exactly the box, distorted if need be.
        Squeeze = "squeeze",
    }
}

impl Fit {
    /// The mode that gives the same pixels when the box lacks an edge: with one
    /// edge nothing can be cropped, padded or distorted, and only the leave to
    /// enlarge is left; with none the picture keeps its size.
    pub(crate) fn within(self, width: bool, height: bool) -> Self {
        match self {
            any if width && height => any,
            Self::Contain | Self::Cover | Self::Pad | Self::Squeeze if width || height => {
                Self::Contain
            }
            _ => Self::ScaleDown,
        }
    }

    /// Whether a part of the picture may be cut away.
    #[must_use]
    pub fn crops(self) -> bool {
        matches!(self, Self::Cover | Self::Crop | Self::AspectCrop)
    }
}

words! {
    /// Which facts about the picture stay in the derivative.
    Metadata {
        /// Creator, copyright, licence and credit. The default.
        Copyright = "copyright",
        /// All but position, serial numbers and embedded previews.
        Keep = "keep",
        /// Nothing.
        None = "none",
    }
}

words! {
    /// What is written.
    Output {
        /// JPEG, progressive.
        Jpeg = "jpeg",
        /// JPEG, baseline sequential, for devices that know no other.
        BaselineJpeg = "baseline-jpeg",
        /// PNG; with a quality its colours are reduced to a palette.
        Png = "png",
        /// WebP; lossless at quality 100.
        WebP = "webp",
        /// AVIF.
        Avif = "avif",
        /// JPEG XL.
        Jxl = "jxl",
        /// GIF.
        Gif = "gif",
        /// Facts about the picture in place of it.
        Json = "json",
    }
}

impl Output {
    /// The media type it is sent as.
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg | Self::BaselineJpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::WebP => "image/webp",
            Self::Avif => "image/avif",
            Self::Jxl => "image/jxl",
            Self::Gif => "image/gif",
            Self::Json => "application/json",
        }
    }

    /// The ending of its file name.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Jpeg | Self::BaselineJpeg => "jpg",
            other => other.word(),
        }
    }

    /// Whether a quality trades bytes for likeness.
    #[must_use]
    pub fn is_lossy(self) -> bool {
        matches!(
            self,
            Self::Jpeg | Self::BaselineJpeg | Self::WebP | Self::Avif | Self::Jxl
        )
    }

    /// Whether it can hold transparency. GIF's single transparent colour counts.
    #[must_use]
    pub fn has_alpha(self) -> bool {
        !matches!(self, Self::Jpeg | Self::BaselineJpeg)
    }

    /// Whether we write more than one frame into it.
    #[must_use]
    pub fn animates(self) -> bool {
        matches!(self, Self::WebP | Self::Gif)
    }
}

/// What `format` asks for. Without it the source's own format is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// The best the client takes.
    Auto,
    /// This one.
    As(Output),
}

impl Format {
    pub(crate) fn parse(word: &str) -> Option<Self> {
        match word {
            "auto" => Some(Self::Auto),
            "jpg" => Some(Self::As(Output::Jpeg)),
            other => Output::parse(other).map(Self::As),
        }
    }

    /// The word that spells it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::As(output) => output.word(),
        }
    }
}

words! {
    /// The values of `flip`.
    Flip {
        /// Left to right.
        Horizontal = "h",
        /// Top to bottom.
        Vertical = "v",
        /// Both, which is half a turn.
        Both = "hv",
    }
}

/// Parses a quality: a number, or one of the four levels. Cloudflare measures
/// likeness for its levels; ours are fixed numbers, so that one recipe is one
/// set of pixels.
pub(crate) fn quality(text: &str) -> Option<u8> {
    match text {
        "high" => Some(85),
        "medium-high" => Some(75),
        "medium-low" => Some(60),
        "low" => Some(45),
        number => {
            let number = super::number::integer_within(number, 1, 100)?;
            u8::try_from(number).ok()
        }
    }
}
