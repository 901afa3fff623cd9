//! `Accept`, reduced to the formats worth choosing between.

use super::formats::Set;
use crate::media::recipe::{Decimal, Output};

/// No browser sends more; the rest is not read.
const MOST_MEMBERS: usize = 64;

/// Which of the formats we can write are welcome: RFC 9110, section 12.5.1,
/// boiled down to one of at most 32 tokens.
///
/// 1. A media range may be `*/*`, `image/*` or a type; the most specific that
///    matches a type counts, whatever the order.
/// 2. `q` weighs it, 0 to 1, absent is 1; 0 is "not acceptable".
/// 3. No header, or one that says nothing readable, is `*/*`.
///
/// Two things we add, as every image server does. WebP, AVIF and JPEG XL are
/// sent only to who names them: clients that cannot show them send `*/*` all
/// the same. And of those named, only the best liked are taken, if liked as
/// well as JPEG; between JPEG and PNG the picture decides, not the client,
/// since a photograph as PNG helps nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Accept(Set);

impl Accept {
    /// What a client takes that does not say: the formats everything shows.
    pub const ANY: Self = Self(Set::NONE.with(Output::Jpeg).with(Output::Png));

    /// Reads the header. One that accepts no picture at all is taken for
    /// [`Accept::ANY`]: RFC 9110 lets a server disregard it, and a picture that
    /// may not be shown is better than none.
    #[must_use]
    pub fn parse(header: Option<&str>) -> Self {
        let Some(header) = header else {
            return Self::ANY;
        };
        let ranges: Vec<Range> = header
            .split(',')
            .take(MOST_MEMBERS)
            .filter_map(Range::parse)
            .collect();
        if ranges.is_empty() {
            return Self::ANY;
        }
        let weight = |kind| weight(&ranges, &["*/*", "image/*", kind]);
        let named = |kind| weight_of(&ranges, kind).unwrap_or(Decimal::ZERO);
        let (webp, avif, jxl) = (named("image/webp"), named("image/avif"), named("image/jxl"));
        let (jpeg, png) = (weight("image/jpeg"), weight("image/png"));
        let best = webp.max(avif).max(jxl);
        let welcome = |liked: Decimal| liked > Decimal::ZERO && liked == best && liked >= jpeg;
        let accepted = Set::of([
            (Output::WebP, welcome(webp)),
            (Output::Avif, welcome(avif)),
            (Output::Jxl, welcome(jxl)),
            (Output::Jpeg, jpeg > Decimal::ZERO),
            (Output::Png, png > Decimal::ZERO),
        ]);
        if accepted == Set::NONE {
            Self::ANY
        } else {
            Self(accepted)
        }
    }

    /// Whether an output is welcome. GIF is what still stands in for animation,
    /// and goes with PNG; JSON is not a picture and is never negotiated.
    #[must_use]
    pub fn takes(self, output: Output) -> bool {
        match output {
            Output::BaselineJpeg => self.0.has(Output::Jpeg),
            Output::Gif => self.0.has(Output::Png),
            other => self.0.has(other),
        }
    }

    /// The token: the formats that are welcome, as `jxl+avif+webp+jpeg+png`.
    #[must_use]
    pub fn token(self) -> String {
        let order = [
            Output::Jxl,
            Output::Avif,
            Output::WebP,
            Output::Jpeg,
            Output::Png,
        ];
        let welcome = order.into_iter().filter(|&output| self.0.has(output));
        welcome.map(Output::word).collect::<Vec<_>>().join("+")
    }
}

/// One member of the header.
struct Range {
    kind: String,
    weight: Decimal,
}

impl Range {
    /// `type/subtype;parameter=value;q=0.8`. A member with a weight that is no
    /// weight says nothing. Other parameters narrow the range to pictures we do
    /// not write; they are passed over, as browsers mean them to be.
    fn parse(member: &str) -> Option<Self> {
        let mut parts = member.split(';').map(str::trim);
        let kind = parts.next()?.to_ascii_lowercase();
        let (left, right) = kind.split_once('/')?;
        if left.is_empty() || right.is_empty() {
            return None;
        }
        let weight = parts
            .filter_map(|parameter| parameter.split_once('='))
            .find(|(name, _)| name.trim().eq_ignore_ascii_case("q"))
            .map_or(Some(Decimal::ONE), |(_, weight)| {
                weight_value(weight.trim())
            })?;
        Some(Self { kind, weight })
    }
}

/// `weight` of RFC 9110, section 12.4.2: at most three decimals, at most 1.
fn weight_value(text: &str) -> Option<Decimal> {
    // The grammar allows "1." and "0.", which our numbers do not.
    let text = text.strip_suffix('.').unwrap_or(text);
    let starts_well = text.starts_with(['0', '1']) && text.len() <= 5;
    let range = (Decimal::ZERO, Decimal::ONE);
    starts_well
        .then(|| Decimal::within(text, range.0, range.1))
        .flatten()
}

/// The weight of the last of the ranges, which are given from the least to the
/// most specific.
fn weight(ranges: &[Range], kinds: &[&str]) -> Decimal {
    let found = kinds.iter().rev().find_map(|kind| weight_of(ranges, kind));
    found.unwrap_or(Decimal::ZERO)
}

/// The weight a range is given; the higher, if it is given twice.
fn weight_of(ranges: &[Range], kind: &str) -> Option<Decimal> {
    let same = ranges.iter().filter(|range| range.kind == kind);
    same.map(|range| range.weight).max()
}
