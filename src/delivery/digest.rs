//! Digest fields (RFC 9530): the checksum of the whole file on every answer,
//! so that a client can check what it put together from parts.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::structured::{self, Value};
use crate::trust::Sha256;

/// The name of SHA-256 in the IANA registry of hash algorithms for digest fields.
const ALGORITHM: &str = "sha-256";

/// The value of `Repr-Digest`: `sha-256=:base64:`.
#[must_use]
pub fn repr_digest(digest: &Sha256) -> String {
    format!("{ALGORITHM}=:{}:", STANDARD.encode(digest.0))
}

/// Whether an answer to a request with this `Want-Repr-Digest` field carries
/// `Repr-Digest`.
///
/// SHA-256 is the only digest the manifest signs, so it is sent to everyone,
/// also to a client that would rather have another algorithm (RFC 9530 section
/// 4 lets a server choose). Only `sha-256=0`, "not acceptable", stops it. A
/// field that is malformed, or has a preference outside 0 to 10, says nothing.
#[must_use]
pub fn is_wanted(want_repr_digest: Option<&str>) -> bool {
    let refused = want_repr_digest
        .and_then(structured::dictionary)
        .is_some_and(|members| members.contains(&(ALGORITHM, Value::Integer(0))));
    !refused
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 9530 appendix A gives this digest for `{"hello": "world"}` and a
    /// line feed.
    #[test]
    fn the_example_of_rfc_9530() {
        let digest = Sha256::of(b"{\"hello\": \"world\"}\n");
        assert_eq!(
            repr_digest(&digest),
            "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:"
        );
    }

    #[test]
    fn only_a_well_formed_refusal_is_heeded() {
        for field in [
            None,
            Some(""),
            Some("sha-256=10"),
            Some("sha-256=1, sha-512=3"),
            Some("sha-512=3, sha-256=10, unixsum=0"),
            Some("md5=9"),
            Some("sha-256=0, oops="),
            Some("sha-256=11"),
            Some("sha-256=0.0"),
            Some("sha-256"),
            Some("SHA-256=0"),
            Some("sha-256=0, sha-256=5"),
        ] {
            assert!(is_wanted(field), "{field:?}");
        }
        for field in [
            "sha-256=0",
            "sha-512=10, sha-256=0",
            "sha-256=0;q=1",
            "sha-256=3,sha-256=0",
        ] {
            assert!(!is_wanted(Some(field)), "{field}");
        }
    }
}
