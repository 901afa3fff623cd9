//! What is asked of the gate: a file, what its manifest wants, and from where.

use std::net::IpAddr;

use crate::trust::TargetPath;

/// What the manifest's `access` asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Policy {
    /// Anyone may have it.
    Public,
    /// Any grant that covers its path.
    Grant,
    /// A grant of this tier or a higher one.
    Tier(String),
}

impl Policy {
    /// Parses `access`: `public`, `grant`, or else the name of a tier.
    #[must_use]
    pub fn parse(access: &str) -> Self {
        match access {
            "public" => Self::Public,
            "grant" => Self::Grant,
            tier => Self::Tier(tier.to_owned()),
        }
    }
}

/// The marketplace's tiers from the lowest to the highest. A tier opens itself
/// and what is below; one that is not listed opens only itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tiers(Vec<String>);

impl Tiers {
    /// Parses the config value: names joined by commas, lowest first.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let names = text
            .split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty());
        Self(names.map(str::to_owned).collect())
    }

    /// Whether a grant of what `held` asks for opens what `needed` asks for.
    #[must_use]
    pub fn opens(&self, held: &Policy, needed: &Policy) -> bool {
        match (held, needed) {
            (_, Policy::Public) => true,
            (Policy::Public, _) | (Policy::Grant, Policy::Tier(_)) => false,
            (_, Policy::Grant) => true,
            (Policy::Tier(held), Policy::Tier(needed)) => self.reaches(held, needed),
        }
    }

    /// Whether the tier held opens the tier needed.
    pub(super) fn reaches(&self, held: &str, needed: &str) -> bool {
        let rank = |tier: &str| self.0.iter().position(|name| name == tier);
        held == needed
            || rank(held)
                .zip(rank(needed))
                .is_some_and(|(held, needed)| held >= needed)
    }
}

/// What is asked, by whom and when.
#[derive(Debug, Clone, Copy)]
pub struct Access<'a> {
    /// The file.
    pub path: &'a TargetPath,
    /// What its manifest asks for.
    pub policy: &'a Policy,
    /// The scopes the drop asks consent to; usually none.
    pub consent: &'a [String],
    /// Seconds since 1970.
    pub now: u64,
    /// Where the request comes from.
    pub address: Option<IpAddr>,
    /// Its country (ISO 3166-1 alpha-2).
    pub country: Option<&'a str>,
    /// The edge location that answers (IATA code).
    pub colo: Option<&'a str>,
}

impl Access<'_> {
    /// Whether no grant is needed at all.
    pub(super) fn is_open(&self) -> bool {
        *self.policy == Policy::Public && self.consent.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tier_opens_itself_and_what_is_below() {
        let tiers = Tiers::parse("silver, gold");
        let opened = |held| {
            let all = ["public", "grant", "silver", "gold", "other"];
            let opens = |needed: &&str| tiers.opens(&Policy::parse(held), &Policy::parse(needed));
            all.into_iter().filter(opens).collect::<Vec<_>>()
        };
        assert_eq!(opened("public"), ["public"]);
        assert_eq!(opened("grant"), ["public", "grant"]);
        assert_eq!(opened("silver"), ["public", "grant", "silver"]);
        assert_eq!(opened("gold"), ["public", "grant", "silver", "gold"]);
        assert_eq!(opened("other"), ["public", "grant", "other"]);
    }
}
