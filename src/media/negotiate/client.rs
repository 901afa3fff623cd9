//! What the client's headers say about its screen and its connection.

use super::accept::Accept;
use crate::media::recipe::Decimal;

/// The widths of `width=auto`: steps of the unsigned ladder, so that the
/// smallest phone and the largest screen are served with seven pictures.
/// (Cloudflare has 320, 768, 960 and 1200, which is little for dense screens.)
pub const AUTO_WIDTHS: [u32; 7] = [320, 640, 960, 1280, 1920, 2560, 3840];

/// The width for a client that says nothing: a laptop's. Firefox and Safari
/// never say; we do not guess from the user agent, which is private data.
const USUAL_WIDTH: u32 = 1280;

/// The width for a client that says only that it saves data: a phone's.
const SAVING_WIDTH: u32 = 640;

/// More than three pixels where there was one cannot be seen.
const DENSEST: Decimal = Decimal::whole(3);

/// No screen is wider; a larger number is noise.
const WIDEST: u32 = 32_768;

/// What a page sends to be told about the screen with its pictures' requests.
pub const ACCEPT_CH: &str = "Sec-CH-DPR, Sec-CH-Width, Sec-CH-Viewport-Width";

/// The headers `width=auto` depends on: the client hints and, after them, the
/// names they had before they were standardised.
pub(super) const WIDTH_HEADERS: [&str; 6] = [
    "Sec-CH-DPR",
    "Sec-CH-Width",
    "Sec-CH-Viewport-Width",
    "DPR",
    "Width",
    "Viewport-Width",
];

/// The headers `slow-connection-quality` depends on, as at Cloudflare.
pub(super) const SPEED_HEADERS: [&str; 3] = ["ECT", "RTT", "Downlink"];

/// The header both depend on.
pub(super) const SAVE_DATA: &str = "Save-Data";

/// A slower answer than this, in milliseconds, is a slow connection.
const SLOW_RTT: u32 = 150;

/// A narrower line than this, in megabits a second, is a slow connection.
const SLOW_DOWNLINK: Decimal = Decimal::whole(5);

/// A client, as far as its pictures depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Client {
    accept: Accept,
    width: u32,
    slow: bool,
}

impl Client {
    /// Reads the headers, each looked up by name. Header names are not
    /// case-sensitive, and neither may be the look-up. What cannot be read is
    /// as if it were not there.
    pub fn read<T: AsRef<str>>(header: impl Fn(&str) -> Option<T>) -> Self {
        let text = |name: &str| header(name).map(|value| value.as_ref().trim().to_owned());
        let saves = text(SAVE_DATA).is_some_and(|value| is_on(&value));
        Self {
            accept: Accept::parse(text("Accept").as_deref()),
            width: width(&text, saves),
            slow: saves || is_slow(&text),
        }
    }

    /// What it takes.
    #[must_use]
    pub fn accept(self) -> Accept {
        self.accept
    }

    /// The width that suits it, one of [`AUTO_WIDTHS`].
    #[must_use]
    pub fn width(self) -> u32 {
        self.width
    }

    /// Whether it is to be spared bytes.
    #[must_use]
    pub fn is_slow(self) -> bool {
        self.slow
    }
}

/// A client without headers.
impl Default for Client {
    fn default() -> Self {
        Self::read(|_| None::<&str>)
    }
}

/// `Save-Data: on`, parameters aside.
fn is_on(value: &str) -> bool {
    let token = value.split(';').next().unwrap_or_default();
    token.trim().eq_ignore_ascii_case("on")
}

fn is_slow(text: &impl Fn(&str) -> Option<String>) -> bool {
    let number = |name| text(name).and_then(|value| Decimal::parse(&value));
    let effective = text("ECT").is_some_and(|kind| ["slow-2g", "2g", "3g"].contains(&&*kind));
    effective
        || number("RTT").is_some_and(|rtt| rtt > Decimal::whole(SLOW_RTT))
        || number("Downlink").is_some_and(|line| line < SLOW_DOWNLINK)
}

/// The pixels the picture will cover: said outright (`Width`), or the window's
/// width times its density. Who saves data gets one pixel for each of CSS's.
fn width(text: &impl Fn(&str) -> Option<String>, saves: bool) -> u32 {
    let hint = |name: &str, older: &str| {
        let value = text(name).or_else(|| text(older))?;
        Decimal::parse(&value)
    };
    let some = |number: &Decimal| *number > Decimal::ZERO;
    let density = hint("Sec-CH-DPR", "DPR")
        .filter(some)
        .unwrap_or(Decimal::ONE);
    let pixels = |name, older| {
        let pixels = hint(name, older).filter(some)?;
        Some(pixels.ceil()).filter(|&pixels| pixels <= WIDEST)
    };
    let covered =
        pixels("Sec-CH-Width", "Width").map(|wide| if saves { density.divide(wide) } else { wide });
    let window = || {
        let wide = pixels("Sec-CH-Viewport-Width", "Viewport-Width")?;
        let density = if saves {
            Decimal::ONE
        } else {
            density.min(DENSEST)
        };
        Some(density.times(wide))
    };
    let wanted = covered.or_else(window);
    let unsaid = if saves { SAVING_WIDTH } else { USUAL_WIDTH };
    let wanted = wanted.unwrap_or(unsaid);
    let [.., widest] = AUTO_WIDTHS;
    let enough = AUTO_WIDTHS.into_iter().find(|&width| width >= wanted);
    enough.unwrap_or(widest)
}
