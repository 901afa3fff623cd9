//! Entry bundles: entries with their length in two bytes before each.

use super::WIDTH;
use crate::evidence::EvidenceError;

/// What two bytes of length can say.
pub const MAX_ENTRY: usize = 0xffff;

/// Joins up to 256 entries.
pub fn encode_bundle(entries: &[impl AsRef<[u8]>]) -> Result<Vec<u8>, EvidenceError> {
    let mut bundle = Vec::new();
    for entry in entries {
        let entry = entry.as_ref();
        let length = u16::try_from(entry.len()).map_err(|_| too_large())?;
        bundle.extend_from_slice(&length.to_be_bytes());
        bundle.extend_from_slice(entry);
    }
    Ok(bundle)
}

/// Takes apart a bundle of exactly `width` entries. `None` if it is not that.
#[must_use]
pub fn decode_bundle(bundle: &[u8], width: u64) -> Option<Vec<&[u8]>> {
    let (mut entries, mut rest) = (Vec::new(), bundle);
    while let Some((length, tail)) = rest.split_first_chunk::<2>() {
        let length = usize::from(u16::from_be_bytes(*length));
        let (entry, tail) = tail.split_at_checked(length)?;
        entries.push(entry);
        rest = tail;
    }
    let whole = rest.is_empty() && entries.len() as u64 == width && width <= WIDTH;
    whole.then_some(entries)
}

const fn too_large() -> EvidenceError {
    EvidenceError::TooLarge {
        what: "log entry",
        limit: MAX_ENTRY,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_come_back() {
        let entries = [b"one".as_slice(), b"", b"three"];
        let bundle = encode_bundle(&entries).unwrap();
        assert_eq!(bundle, b"\x00\x03one\x00\x00\x00\x05three");
        assert_eq!(decode_bundle(&bundle, 3).unwrap(), entries);
        assert_eq!(decode_bundle(b"", 0).unwrap(), [b""; 0]);
        for (bad, width) in [
            (&bundle[..], 2),
            (&bundle[..], 4),
            (&bundle[..9], 3),
            (&bundle[..6], 2),
        ] {
            assert_eq!(decode_bundle(bad, width), None);
        }
        assert!(encode_bundle(&[vec![0; MAX_ENTRY]]).is_ok());
        assert!(encode_bundle(&[vec![0; MAX_ENTRY + 1]]).is_err());
    }
}
