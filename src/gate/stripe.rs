//! The signature of Stripe's webhooks: `Stripe-Signature: t=...,v1=...`.
//!
//! HMAC-SHA256 over `{t}.{body}` with the endpoint's secret. While a secret is
//! being rolled there are two of them, and the header carries a `v1` for each.

use std::fmt;

use hmac_sha256::HMAC;

use crate::trust::Sha256;

/// How old an event may be, and how far ahead its clock: Stripe's own libraries
/// say five minutes. A retry is signed anew, so nothing good is older.
pub const TOLERANCE: u64 = 300;

/// The header is one line with a handful of signatures.
const MAX_HEADER: usize = 4096;

/// Stripe sends one `v1` for each live secret; each is compared with each.
const MAX_SIGNATURES: usize = 8;

/// Why an event is not believed. Fit for a problem's `detail`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StripeError {
    /// The header is too long or has not exactly one `t`.
    Header,
    /// The header has no well-formed `v1`.
    NoSignature,
    /// It was signed too long ago (a replay) or in the future.
    Time(u64),
    /// No signature is of any of the secrets.
    Mismatch,
}

impl fmt::Display for StripeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header => f.write_str("the Stripe-Signature header is not t=...,v1=..."),
            Self::NoSignature => f.write_str("the Stripe-Signature header has no v1 signature"),
            Self::Time(at) => write!(
                f,
                "the event was signed at {at} (seconds since 1970), not within {TOLERANCE} seconds of now"
            ),
            Self::Mismatch => f.write_str("the event's signature does not match its body"),
        }
    }
}

impl std::error::Error for StripeError {}

/// Checks that one of the secrets signed this body just now, and returns when.
/// Every secret is tried on every signature in constant time.
pub fn verify(header: &str, body: &[u8], secrets: &[&str], now: u64) -> Result<u64, StripeError> {
    if header.len() > MAX_HEADER {
        return Err(StripeError::Header);
    }
    let items = || {
        header
            .split(',')
            .filter_map(|item| item.trim().split_once('='))
    };
    let mut times = items()
        .filter(|(name, _)| *name == "t")
        .map(|(_, value)| value);
    let (Some(time), None) = (times.next(), times.next()) else {
        return Err(StripeError::Header);
    };
    let at = seconds(time).ok_or(StripeError::Header)?;
    let signatures: Vec<Sha256> = items()
        .filter(|(name, _)| *name == "v1")
        .filter_map(|(_, value)| Sha256::from_hex(value))
        .take(MAX_SIGNATURES)
        .collect();
    if signatures.is_empty() {
        return Err(StripeError::NoSignature);
    }
    let signed = [time.as_bytes(), b".", body].concat();
    let genuine = secrets
        .iter()
        .filter(|secret| !secret.is_empty())
        .flat_map(|secret| signatures.iter().map(move |signature| (secret, signature)))
        .fold(false, |found, (secret, signature)| {
            found | HMAC::verify(&signed, secret, &signature.0)
        });
    if !genuine {
        return Err(StripeError::Mismatch);
    }
    if at.abs_diff(now) > TOLERANCE {
        return Err(StripeError::Time(at));
    }
    Ok(at)
}

/// Decimal digits only; `parse` alone would take a sign.
fn seconds(text: &str) -> Option<u64> {
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made by npm `stripe` 17.7.0, `webhooks.generateTestHeaderString`.
    const BODY: &[u8] = br#"{"id":"evt_1","object":"event","type":"charge.refunded"}"#;
    const SECRET: &str = "whsec_test_secret";
    const V1: &str = "f10497da6fdcc31d9fb6c31b5df824750be8660307b5bacde592cf1dce4ca4fc";
    const AT: u64 = 1_800_000_000;

    fn check(header: &str) -> Result<u64, StripeError> {
        verify(header, BODY, &["whsec_new", SECRET], AT)
    }

    #[test]
    fn stripes_own_header_is_taken_also_while_secrets_roll() {
        let other = "0".repeat(64);
        for header in [
            format!("t={AT},v1={V1}"),
            format!("t={AT},v1={other},v1={V1},v0={other}"),
            format!("v1={V1}, t={AT}"),
            format!("t={AT},v1=short,v1={V1},x,="),
        ] {
            assert_eq!(check(&header), Ok(AT), "{header}");
        }
        let header = format!("t={AT},v1={V1}");
        for (now, good) in [
            (AT + 300, true),
            (AT - 300, true),
            (AT + 301, false),
            (AT - 301, false),
        ] {
            assert_eq!(verify(&header, BODY, &[SECRET], now).is_ok(), good, "{now}");
        }
    }

    #[test]
    fn what_is_not_stripes_says_why() {
        let upper = V1.to_uppercase();
        for (header, reason) in [
            (String::new(), StripeError::Header),
            (format!("v1={V1}"), StripeError::Header),
            (format!("t=,v1={V1}"), StripeError::Header),
            (format!("t=+{AT},v1={V1}"), StripeError::Header),
            (format!("t={AT},t={AT},v1={V1}"), StripeError::Header),
            (format!("t={AT}{}", ",x".repeat(3000)), StripeError::Header),
            (format!("t={AT}"), StripeError::NoSignature),
            (format!("t={AT},v0={V1}"), StripeError::NoSignature),
            (format!("t={AT},v1={upper}"), StripeError::NoSignature),
            (format!("t={},v1={V1}", AT + 1), StripeError::Mismatch),
            (format!("t=0{AT},v1={V1}"), StripeError::Mismatch),
        ] {
            assert_eq!(check(&header), Err(reason), "{header:.90}");
        }
        let header = format!("t={AT},v1={V1}");
        assert_eq!(
            verify(&header, b"{}", &[SECRET], AT),
            Err(StripeError::Mismatch)
        );
        assert_eq!(verify(&header, BODY, &[], AT), Err(StripeError::Mismatch));
        assert_eq!(verify(&header, BODY, &[""], AT), Err(StripeError::Mismatch));
    }
}
