//! Why a token does or does not open a path, claim by claim.

use serde::Serialize;

use super::access::{Access, Policy};
use super::checks::CHECKS;
use super::claims::Claims;
use super::decide::Gate;
use super::error::GateError;
use super::needs::Needs;

/// What became of one step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It is as it must be.
    Pass,
    /// It keeps the file shut.
    Fail,
    /// The books decide it at the time of the request.
    AsksState,
    /// An earlier step failed, so this one means nothing.
    NotReached,
}

/// One step of the explanation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// The claim, or the part of the token.
    pub claim: &'static str,
    /// What became of it.
    pub verdict: Verdict,
    /// Why, as a sentence.
    pub sentence: String,
}

/// The steps that come before the claims; a failure in one makes the rest moot.
const TOKEN_STEPS: [(&str, &str); 6] = [
    (
        "token",
        "three parts of base64url, no longer than the bound",
    ),
    ("alg", "EdDSA or Ed25519"),
    ("crit", "no critical extension"),
    ("iss", "an issuer this edge trusts"),
    ("kid", "a key of that issuer"),
    ("signature", "the key's own"),
];

impl Gate {
    /// Walks through everything that [`Gate::decide`] looks at, without stopping
    /// at the first claim that fails. Only an authenticated token's claims are
    /// discussed, so this tells a forger nothing.
    #[must_use]
    pub fn explain(&self, token: &str, access: &Access<'_>) -> Vec<Step> {
        let grant = match self.authenticate(token, access.now) {
            Ok(grant) => grant,
            Err(error) => return up_to(&error),
        };
        let mut steps: Vec<Step> = TOKEN_STEPS
            .iter()
            .map(|(claim, good)| step(claim, Verdict::Pass, good))
            .collect();
        for (claim, check) in CHECKS {
            steps.push(match check(self, &grant.claims, access) {
                Ok(()) => step(claim, Verdict::Pass, &praise(claim, &grant.claims, access)),
                Err(error) => step(claim, Verdict::Fail, &error.to_string()),
            });
        }
        steps.extend(asked_of_state(&Needs::of(&grant.claims, access)));
        steps
    }
}

/// The steps of a token that failed before its claims could be believed.
fn up_to(error: &GateError) -> Vec<Step> {
    let failed = error.step();
    let place = TOKEN_STEPS.iter().position(|(claim, _)| *claim == failed);
    let passed = place.unwrap_or(match failed {
        // A wrong `typ` is seen right after the header was read.
        "typ" => 3,
        // A claim of the wrong type is seen after the signature was good.
        _ => TOKEN_STEPS.len(),
    });
    let before = TOKEN_STEPS.iter().take(passed);
    let after = TOKEN_STEPS
        .iter()
        .skip(place.map_or(passed, |place| place + 1));
    before
        .map(|(claim, good)| step(claim, Verdict::Pass, good))
        .chain([step(failed, Verdict::Fail, &error.to_string())])
        .chain(after.map(|(claim, _)| step(claim, Verdict::NotReached, "an earlier step failed")))
        .collect()
}

fn step(claim: &'static str, verdict: Verdict, sentence: &str) -> Step {
    Step {
        claim,
        verdict,
        sentence: sentence.to_owned(),
    }
}

/// Why a check passed.
fn praise(claim: &str, claims: &Claims, access: &Access<'_>) -> String {
    match claim {
        "exp" if access.now >= claims.exp => format!(
            "expired at {}, and still within the clock skew or the grace",
            claims.exp
        ),
        "exp" => format!(
            "good for another {} seconds",
            claims.exp.saturating_sub(access.now)
        ),
        "nbf" => told(claims.nbf, |at| format!("valid since {at}")),
        "iat" => told(claims.iat, |at| format!("minted at {at}")),
        "aud" => "names this edge".to_owned(),
        "paths" => {
            let covering = claims
                .paths
                .iter()
                .find(|pattern| pattern.covers(access.path));
            told(covering, |pattern| {
                format!("{pattern} covers {}", access.path)
            })
        }
        "tier" => match access.policy {
            Policy::Tier(needed) => format!("reaches the tier {needed:?}"),
            Policy::Public | Policy::Grant => "the file asks for no tier".to_owned(),
        },
        "net" if claims.net.is_empty() => "any network".to_owned(),
        "geo" if claims.geo.is_empty() => "any country".to_owned(),
        "colo" if claims.colo.is_empty() => "any edge location".to_owned(),
        "consent" if access.consent.is_empty() => "the drop asks for none".to_owned(),
        "consent" => "every scope the drop asks for was agreed to".to_owned(),
        _ => "the request comes from where it may".to_owned(),
    }
}

fn told<T>(value: Option<T>, tell: impl FnOnce(T) -> String) -> String {
    value.map_or_else(|| "not set".to_owned(), tell)
}

fn asked_of_state(needs: &Needs) -> Vec<Step> {
    let asks = |claim, sentence: &str| step(claim, Verdict::AsksState, sentence);
    let budget = needs.budget.map(|_| {
        asks(
            "lim",
            "what is left is counted by the coverage of earlier downloads",
        )
    });
    let once = needs
        .once
        .then(|| asks("once", "only the first device that showed it may use it"));
    let status = needs.status.as_ref().map(|at| {
        asks(
            "status",
            &format!("not revoked while bit {} of {} is clear", at.idx, at.uri),
        )
    });
    let grace = needs.begun_by.map(|by| {
        asks(
            "grace",
            &format!("only a download that began before {by} may finish"),
        )
    });
    [budget, once, status, grace]
        .into_iter()
        .flatten()
        .collect()
}
