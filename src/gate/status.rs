//! Revocation as a Token Status List (draft-ietf-oauth-status-list): one status
//! for each grant, packed, compressed, signed, and readable by anyone.

use std::fmt;

use miniz_oxide::deflate::compress_to_vec_zlib;
use miniz_oxide::inflate::decompress_to_vec_zlib_with_limit;
use serde_json::{Map, Value, json};

use super::base64url;
use super::checks::SKEW;
use super::claim_reader::Reader;
use super::jwks::Jwks;
use super::jws::{self, Jws, STATUS_TYPE};
use super::keys::SigningKey;

/// A megabyte of one-bit statuses is eight million grants; a list that inflates
/// to more is refused before it is.
pub const MAX_LIST_BYTES: usize = 1 << 20;

/// A list that does not compress at all is base64 twice over in its token: once
/// as `lst`, once as the payload, 16/9 of its bytes. Fetchers must stop here too.
pub const MAX_TOKEN_BYTES: usize = 2 * MAX_LIST_BYTES;

/// Deflate's best level: the draft (§4.2) asks for it, and a list is encoded
/// once a minute at most.
const LEVEL: u8 = 9;

/// The status "valid" (§7.1).
pub const VALID: u8 = 0;
/// The status "invalid": revoked for good.
pub const INVALID: u8 = 1;
/// A status of our own (§7.1 keeps 3 for applications): consent was withdrawn.
pub const WITHDRAWN: u8 = 3;
/// The status "suspended": a dispute is open. Needs a list of two bits or more.
pub const SUSPENDED: u8 = 2;

/// Why a list or a place in it is not usable. Fit for a problem's `detail`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatusError {
    /// A status has 1, 2, 4 or 8 bits.
    Bits(u64),
    /// The status does not fit into the list's bits.
    Status(u8),
    /// The place is beyond the list's end.
    Place(u64),
    /// The list is larger than the bound.
    TooLarge,
    /// `lst` is not base64url of zlib data within the bound.
    Encoding,
    /// The token is not a status list token for this URL signed by this issuer.
    Token,
    /// The token has expired.
    Expired(u64),
}

impl fmt::Display for StatusError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bits(found) => write!(f, "a status has 1, 2, 4 or 8 bits, not {found}"),
            Self::Status(status) => write!(f, "the status {status} does not fit into the list"),
            Self::Place(place) => write!(f, "the status list has no place {place}"),
            Self::TooLarge => write!(f, "a status list has at most {MAX_LIST_BYTES} bytes"),
            Self::Encoding => f.write_str("the status list is not zlib data in base64url"),
            Self::Token => {
                f.write_str("the status list is not signed by the grant's issuer for this URL")
            }
            Self::Expired(at) => write!(f, "the status list expired at {at} (seconds since 1970)"),
        }
    }
}

impl std::error::Error for StatusError {}

/// A packed array of statuses, the lowest bits of each byte first (§4.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusList {
    bits: u8,
    bytes: Vec<u8>,
}

impl StatusList {
    /// A list with room for `places` statuses, all valid.
    pub fn new(bits: u8, places: u64) -> Result<Self, StatusError> {
        let bits = width(u64::from(bits))?;
        let bytes = places.div_ceil(u64::from(8 / bits));
        let bytes = usize::try_from(bytes).map_err(|_| StatusError::TooLarge)?;
        if bytes > MAX_LIST_BYTES {
            return Err(StatusError::TooLarge);
        }
        Ok(Self {
            bits,
            bytes: vec![0; bytes],
        })
    }

    /// The status at a place.
    pub fn get(&self, place: u64) -> Result<u8, StatusError> {
        let (byte, shift) = self.locate(place);
        let byte = byte
            .and_then(|at| self.bytes.get(at))
            .ok_or(StatusError::Place(place))?;
        Ok(byte >> shift & self.mask())
    }

    /// Sets the status at a place.
    pub fn set(&mut self, place: u64, status: u8) -> Result<(), StatusError> {
        let mask = self.mask();
        if status > mask {
            return Err(StatusError::Status(status));
        }
        let (byte, shift) = self.locate(place);
        let byte = byte
            .and_then(|at| self.bytes.get_mut(at))
            .ok_or(StatusError::Place(place))?;
        *byte = *byte & !(mask << shift) | status << shift;
        Ok(())
    }

    /// The member `status_list`: `{"bits", "lst"}`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let lst = base64url::encode(compress_to_vec_zlib(&self.bytes, LEVEL));
        json!({"bits": self.bits, "lst": lst})
    }

    /// Reads the member `status_list`.
    pub fn from_json(value: &Value) -> Result<Self, StatusError> {
        let bits = value.get("bits").and_then(Value::as_u64).unwrap_or(0);
        let bits = width(bits)?;
        let packed = value
            .get("lst")
            .and_then(Value::as_str)
            .and_then(base64url::decode);
        let bytes = decompress_to_vec_zlib_with_limit(
            &packed.ok_or(StatusError::Encoding)?,
            MAX_LIST_BYTES,
        )
        .map_err(|_| StatusError::Encoding)?;
        Ok(Self { bits, bytes })
    }

    /// The signed list as it is served at `uri` (`application/statuslist+jwt`):
    /// good until `now + ttl`, so that a revocation is seen everywhere by then.
    #[must_use]
    pub fn token(
        &self,
        issuer: &str,
        uri: &str,
        now: u64,
        ttl: u64,
        key: &SigningKey,
        kid: &str,
    ) -> String {
        let claims = [
            ("iss", json!(issuer)),
            ("sub", json!(uri)),
            ("iat", json!(now)),
            ("exp", json!(now.saturating_add(ttl))),
            ("ttl", json!(ttl)),
            ("status_list", self.to_json()),
        ];
        let claims: Map<String, Value> = claims
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        jws::sign(STATUS_TYPE, kid, &claims, key)
    }

    /// Reads a status list token that was fetched from `uri`, of the issuer whose
    /// keys these are (§8.3).
    pub fn from_token(token: &str, uri: &str, keys: &Jwks, now: u64) -> Result<Self, StatusError> {
        let jws = Jws::parse_within(token, MAX_TOKEN_BYTES).map_err(|_| StatusError::Token)?;
        let signed = match &jws.kid {
            Some(kid) => keys.named(kid).any(|key| jws.signed_by(key)),
            None => keys.only().is_some_and(|key| jws.signed_by(key)),
        };
        let read = Reader(&jws.payload);
        let subject = read.text("sub").map_err(|_| StatusError::Token)?;
        if !signed || jws.typ.as_deref() != Some(STATUS_TYPE) || subject.as_deref() != Some(uri) {
            return Err(StatusError::Token);
        }
        match read.date("exp").map_err(|_| StatusError::Token)? {
            Some(exp) if now >= exp.saturating_add(SKEW) => Err(StatusError::Expired(exp)),
            _ => Self::from_json(jws.payload.get("status_list").unwrap_or(&Value::Null)),
        }
    }

    /// The byte that holds a place, and how far its bits are shifted.
    fn locate(&self, place: u64) -> (Option<usize>, u32) {
        let in_byte = u64::from(8 / self.bits);
        let shift = place % in_byte * u64::from(self.bits);
        let byte = usize::try_from(place / in_byte).ok();
        (byte, u32::try_from(shift).unwrap_or(0))
    }

    /// The bits of one status.
    fn mask(&self) -> u8 {
        u8::MAX >> (8 - self.bits)
    }
}

fn width(bits: u64) -> Result<u8, StatusError> {
    match bits {
        1 => Ok(1),
        2 => Ok(2),
        4 => Ok(4),
        8 => Ok(8),
        other => Err(StatusError::Bits(other)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const URI: &str = "https://edge.example/status/1";
    const NOW: u64 = 1_800_000_000;

    /// The two examples of the draft, §4.1 and §4.2.
    #[test]
    fn the_drafts_lists_are_read_and_made() {
        for (bits, lst, statuses, bytes) in [
            (
                1,
                "eNrbuRgAAhcBXQ",
                &[1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1][..],
                &[0xb9, 0xa3][..],
            ),
            (
                2,
                "eNo76fITAAPfAgc",
                &[1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3],
                &[0xc9, 0x44, 0xf9],
            ),
        ] {
            let read = StatusList::from_json(&json!({"bits": bits, "lst": lst})).unwrap();
            let mut made = StatusList::new(bits, statuses.len() as u64).unwrap();
            for (place, status) in (0..).zip(statuses) {
                assert_eq!(read.get(place), Ok(*status));
                made.set(place, *status).unwrap();
            }
            assert_eq!(made, read);
            assert_eq!(made.bytes, bytes);
            assert_eq!(StatusList::from_json(&made.to_json()), Ok(made));
            let end = statuses.len() as u64;
            assert_eq!(read.get(end), Err(StatusError::Place(end)));
        }
    }

    #[test]
    fn a_list_that_is_none_says_why() {
        let bomb = base64url::encode(compress_to_vec_zlib(&vec![0; MAX_LIST_BYTES + 1], LEVEL));
        for (value, reason) in [
            (json!({}), StatusError::Bits(0)),
            (json!({"bits": 3, "lst": ""}), StatusError::Bits(3)),
            (json!({"bits": 1}), StatusError::Encoding),
            (
                json!({"bits": 1, "lst": "eNrbuRgAAhcBXQ=="}),
                StatusError::Encoding,
            ),
            (json!({"bits": 1, "lst": "AAAA"}), StatusError::Encoding),
            (json!({"bits": 1, "lst": bomb}), StatusError::Encoding),
        ] {
            assert_eq!(StatusList::from_json(&value), Err(reason));
        }
        assert_eq!(StatusList::new(16, 1).err(), Some(StatusError::Bits(16)));
        assert_eq!(
            StatusList::new(1, u64::MAX).err(),
            Some(StatusError::TooLarge)
        );
        let mut list = StatusList::new(1, 8).unwrap();
        assert_eq!(list.set(0, SUSPENDED), Err(StatusError::Status(2)));
        assert_eq!(list.set(8, INVALID), Err(StatusError::Place(8)));
    }

    #[test]
    fn a_signed_list_is_read_by_those_it_is_for() {
        let key = SigningKey::from_seed([1; 32]).unwrap();
        let keys = Jwks::of(key.public());
        let mut list = StatusList::new(1, 1000).unwrap();
        list.set(7, INVALID).unwrap();
        let token = list.token("edge", URI, NOW, 60, &key, &key.public().thumbprint());
        let read = |token: &str, uri: &str, now| StatusList::from_token(token, uri, &keys, now);
        assert_eq!(read(&token, URI, NOW + 89).as_ref(), Ok(&list));
        assert_eq!(
            read(&token, URI, NOW + 90),
            Err(StatusError::Expired(NOW + 60))
        );
        assert_eq!(
            read(&token, "https://edge.example/status/2", NOW),
            Err(StatusError::Token)
        );
        assert_eq!(
            read(&token.replace('.', ""), URI, NOW),
            Err(StatusError::Token)
        );
        let mut noisy = StatusList::new(8, 100_000).unwrap();
        for place in 0..100_000 {
            noisy
                .set(place, crate::trust::Sha256::of(&place.to_be_bytes()).0[0])
                .unwrap();
        }
        let large = noisy.token("edge", URI, NOW, 60, &key, &key.public().thumbprint());
        assert_eq!(
            read(&large, URI, NOW).as_ref(),
            Ok(&noisy),
            "no header has to carry it"
        );
        let other = SigningKey::from_seed([2; 32]).unwrap();
        let forged = list.token("edge", URI, NOW, 60, &other, &key.public().thumbprint());
        assert_eq!(read(&forged, URI, NOW), Err(StatusError::Token));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn what_is_set_is_got(bits in prop::sample::select(vec![1_u8, 2, 4, 8]), sets: Vec<(u8, u8)>) {
            let mut list = StatusList::new(bits, 256).unwrap();
            let mut model = [0; 256];
            for (place, status) in sets {
                let status = status & list.mask();
                list.set(u64::from(place), status).unwrap();
                model[usize::from(place)] = status;
            }
            let list = StatusList::from_json(&list.to_json()).unwrap();
            for (place, status) in (0..).zip(model) {
                prop_assert_eq!(list.get(place), Ok(status));
            }
        }
    }
}
