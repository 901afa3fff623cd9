//! Sets of outputs.

use crate::media::recipe::Output;

/// A set of outputs, a bit for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Set(u8);

impl Set {
    pub const NONE: Self = Self(0);

    /// The outputs whose condition holds.
    pub fn of<const N: usize>(members: [(Output, bool); N]) -> Self {
        let chosen = members.into_iter().filter(|&(_, chosen)| chosen);
        chosen.fold(Self::NONE, |set, (output, _)| set.with(output))
    }

    pub const fn with(self, output: Output) -> Self {
        Self(self.0 | Self::bit(output))
    }

    pub const fn without(self, output: Output) -> Self {
        Self(self.0 & !Self::bit(output))
    }

    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub const fn has(self, output: Output) -> bool {
        self.0 & Self::bit(output) != 0
    }

    const fn bit(output: Output) -> u8 {
        match output {
            Output::Jpeg => 1,
            Output::BaselineJpeg => 1 << 1,
            Output::Png => 1 << 2,
            Output::WebP => 1 << 3,
            Output::Avif => 1 << 4,
            Output::Jxl => 1 << 5,
            Output::Gif => 1 << 6,
            Output::Json => 1 << 7,
        }
    }
}

/// The formats this deployment can write. JPEG, PNG, GIF and JSON always are among
/// them; the others depend on which codec modules are deployed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Formats(Set);

impl Formats {
    /// What is always there.
    pub const BUILT_IN: Self = Self(
        Set::NONE
            .with(Output::Jpeg)
            .with(Output::BaselineJpeg)
            .with(Output::Png)
            .with(Output::Gif)
            .with(Output::Json),
    );

    /// Everything.
    pub const ALL: Self = Self::BUILT_IN
        .with(Output::WebP)
        .with(Output::Avif)
        .with(Output::Jxl);

    /// These and one more.
    #[must_use]
    pub const fn with(self, output: Output) -> Self {
        Self(self.0.with(output))
    }

    /// These but one, unless it is built in. For a result too large for a codec,
    /// such as AVIF above two megapixels.
    #[must_use]
    pub const fn without(self, output: Output) -> Self {
        if Self::BUILT_IN.has(output) {
            self
        } else {
            Self(self.0.without(output))
        }
    }

    /// What both can write.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0.and(other.0))
    }

    /// Whether it can be written.
    #[must_use]
    pub const fn has(self, output: Output) -> bool {
        self.0.has(output)
    }
}

impl Default for Formats {
    fn default() -> Self {
        Self::BUILT_IN
    }
}
