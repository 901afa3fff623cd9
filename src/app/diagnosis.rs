//! The short code on every problem: which problem, on which kind of request,
//! in which minute. It holds nothing about a person, and is read without asking
//! the worker: `dropgate explain CODE`.

use std::cell::Cell;

/// Every problem there is, by the end of its `type`. A code holds the place in
/// this list: new ones are added at the end, and none is ever taken out.
pub const SLUGS: &[&str] = &[
    "other",
    "bad-request",
    "not-found",
    "content-too-large",
    "content-mismatch",
    "storage-unavailable",
    "misconfigured",
    "method-not-allowed",
    "headers-too-large",
    "no-marketplace",
    "metadata-expired",
    "drop-ended",
    "drop-not-open",
    "not-a-picture",
    "picture-too-large",
    "picture-damaged",
    "picture-impossible",
    "engine-failed",
    "grant-missing",
    "grant-malformed",
    "grant-encrypted",
    "grant-algorithm",
    "grant-critical-extension",
    "grant-other-purpose",
    "grant-claim",
    "grant-unknown-issuer",
    "issuer-keys-unavailable",
    "grant-unknown-key",
    "grant-bad-signature",
    "grant-expired",
    "grant-not-yet-valid",
    "grant-wrong-audience",
    "grant-other-path",
    "grant-tier-too-low",
    "grant-outside-net",
    "grant-outside-geo",
    "grant-outside-colo",
    "grant-revoked",
    "grant-suspended",
    "consent-withdrawn",
    "status-list-unavailable",
    "grant-other-device",
    "consent-required",
    "grant-used-up",
    "grant-not-revocable",
    "url-signature",
    "bad-options",
    "precondition-failed",
    "range-not-satisfiable",
    "code-malformed",
    "code-unknown",
    "code-spent",
    "code-held",
    "code-revoked",
    "code-too-early",
    "code-too-late",
    "code-device-limit",
    "too-many-tries",
    "link-unknown",
    "link-revoked",
    "link-expired",
    "link-spent",
    "link-nonce",
    "order-unknown",
    "order-over",
    "stripe-signature",
    "stripe-metadata",
    "not-authorised",
    "length-required",
    "upload-mismatch",
    "crashed",
    "file-not-uploaded",
    "metadata-refused",
    "publish-unavailable",
    "version-conflict",
    "check-malformed",
    "archive-impossible",
    "consent-nonce",
    "consent-incomplete",
    "parts-missing",
    "upload-lost",
    "drop-presets",
    "bad-iiif",
    "busy",
];

/// Every kind of request, as metrics and codes name it; added to at the end.
pub const ROUTES: &[&str] = &[
    "unknown",
    "storefront",
    "asset",
    "image",
    "download",
    "archive",
    "metalink",
    "check",
    "drop_page",
    "metadata",
    "target",
    "redeem",
    "jwks",
    "receipt",
    "log",
    "health",
    "upload",
    "publish",
    "admin",
    "stripe",
    "order",
    "link",
    "status_list",
    "metrics",
    "dashboard",
    "known",
    "consent",
    "iiif",
];

/// Crockford's base 32.
const SYMBOLS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Data symbols: 45 bits, and one more symbol checks them.
const DATA: u32 = 9;

/// 2026-01-01T00:00:00Z: minutes are counted from here, 31 years of them.
const FIRST: u64 = 1_767_225_600;

/// Prime, so that one wrong symbol or two swapped ones are seen.
const CHECK: u64 = 31;

thread_local! {
    /// Tells problems of one minute apart.
    static NEXT: Cell<u64> = const { Cell::new(0) };
}

/// What a code says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Diagnosis {
    /// The end of the problem's `type`.
    pub slug: &'static str,
    /// The kind of request.
    pub route: &'static str,
    /// The minute, in seconds since 1970.
    pub time: u64,
}

/// A code for a problem: `K7Q29-F3MAX`.
#[must_use]
pub fn code(slug: &str, route: &str, now: u64) -> String {
    let place = |list: &[&str], wanted: &str| {
        let found = list.iter().position(|known| *known == wanted);
        found.unwrap_or(0) as u64
    };
    let minute = (now.saturating_sub(FIRST) / 60) & 0x00ff_ffff;
    let serial = NEXT.get();
    NEXT.set((serial + 1) & 0x7f);
    let bits = place(SLUGS, slug) << 37 | place(ROUTES, route) << 31 | minute << 7 | serial;
    spell(bits)
}

fn spell(bits: u64) -> String {
    let mut text = String::with_capacity(11);
    for at in 0..DATA {
        if at == 5 {
            text.push('-');
        }
        text.push(symbol(bits >> (5 * (DATA - 1 - at)) & 31));
    }
    text.push(symbol(check(bits)));
    text
}

fn symbol(value: u64) -> char {
    let at = usize::try_from(value).unwrap_or(0);
    SYMBOLS.get(at).map_or('0', |byte| char::from(*byte))
}

/// Symbols are weighed by their place.
fn check(bits: u64) -> u64 {
    (0..DATA)
        .map(|at| u64::from(at + 1) * (bits >> (5 * at) & 31))
        .sum::<u64>()
        % CHECK
}

impl Diagnosis {
    /// Reads a code as people type it: any case, hyphens and spaces anywhere,
    /// O for 0, I and L for 1.
    #[must_use]
    pub fn read(typed: &str) -> Option<Self> {
        let mut values = Vec::new();
        for c in typed.chars().filter(|c| !matches!(c, '-' | ' ')) {
            let c = match c.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                c => c,
            };
            let value = SYMBOLS.iter().position(|byte| char::from(*byte) == c)?;
            values.push(value as u64);
        }
        let (last, data) = values.split_last()?;
        if data.len() != DATA as usize {
            return None;
        }
        let bits = data.iter().fold(0, |bits, value| bits << 5 | value);
        if check(bits) != *last {
            return None;
        }
        let of =
            |list: &[&'static str], place: u64| list.get(usize::try_from(place).ok()?).copied();
        Some(Self {
            slug: of(SLUGS, bits >> 37)?,
            route: of(ROUTES, bits >> 31 & 0x3f)?,
            time: FIRST + (bits >> 7 & 0x00ff_ffff) * 60,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::*;

    #[test]
    fn a_code_says_what_where_and_when() {
        let now = FIRST + 330 * 86_400 + 59;
        for slug in SLUGS {
            let text = code(slug, "image", now);
            assert_eq!(text.len(), 11, "{text}");
            let read = Diagnosis::read(&text.to_lowercase().replace('0', "o")).unwrap();
            assert_eq!((read.slug, read.route), (*slug, "image"));
            assert_eq!(read.time, now - 59);
        }
        assert_ne!(code("other", "image", now), code("other", "image", now));
        assert_eq!(
            Diagnosis::read(&code("no such", "nor such", 0))
                .unwrap()
                .slug,
            "other"
        );
    }

    #[test]
    fn a_mistyped_code_is_seen() {
        let text = code("link-spent", "link", FIRST + 1_000_000);
        for at in (0..text.len()).filter(|at| *at != 5) {
            let mut bytes = text.clone().into_bytes();
            bytes[at] = if bytes[at] == b'7' { b'8' } else { b'7' };
            assert_eq!(Diagnosis::read(std::str::from_utf8(&bytes).unwrap()), None);
        }
        for text in ["", "K7Q29", "not-found", "K7Q29-F3MAXX", "U7Q29-F3MAX"] {
            assert_eq!(Diagnosis::read(text), None, "{text}");
        }
    }

    /// Reads the sources: a problem that is not in the list would be `other`.
    #[test]
    fn every_problem_and_route_has_a_place() {
        let mut found = 0;
        let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        for room in ["app", "edge"] {
            for file in fs::read_dir(src.join(room)).unwrap() {
                let path = file.unwrap().path();
                let Ok(text) = fs::read_to_string(&path) else {
                    continue;
                };
                for part in text
                    .split("Problem::new(")
                    .chain(text.split("Self::new("))
                    .skip(1)
                {
                    let head: String = part.chars().take(120).collect();
                    let mut words = head.split('"');
                    let number = words.next().unwrap_or_default().trim();
                    let is_status = number.trim_end_matches(',').parse::<u16>().is_ok();
                    if let (true, Some(slug)) = (is_status, words.next()) {
                        assert!(SLUGS.contains(&slug), "{slug} of {}", path.display());
                        found += 1;
                    }
                }
            }
        }
        assert!(found > 25, "{found}");
        let mut unique = SLUGS.to_vec();
        unique.sort_unstable();
        unique.dedup();
        assert_eq!(unique.len(), SLUGS.len());
        assert!(SLUGS.len() < 256 && ROUTES.len() < 64);
    }
}
