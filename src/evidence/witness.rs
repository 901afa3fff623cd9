//! Asking witnesses to countersign checkpoints, <https://c2sp.org/tlog-witness>.
//! A witness signs only what continues what it signed before, so that a log
//! that shows different people different trees is found out.

use std::fmt::Write;

use super::wire::{decimal, hash_to_base64};
use super::{EvidenceError, Note, Verifier};
use crate::trust::Sha256;

/// As many as one log is shown to; each is one request for each checkpoint.
const MOST: usize = 8;

/// A witness: its key, and where it takes checkpoints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witness {
    /// The key it signs with.
    pub key: Verifier,
    /// The URL of its `add-checkpoint`.
    pub url: String,
}

impl Witness {
    /// Reads the setting `WITNESSES`: `VKEY URL`, several of them parted by commas.
    pub fn parse_all(text: &str) -> Result<Vec<Self>, EvidenceError> {
        let malformed = |why| EvidenceError::Malformed {
            what: "list of witnesses",
            why,
        };
        let entries = text
            .split(',')
            .map(str::trim)
            .filter(|text| !text.is_empty());
        let witnesses = entries.map(|entry| {
            let (key, url) = entry
                .split_once(' ')
                .ok_or_else(|| malformed("each has a vkey, a space and a URL"))?;
            if !url.starts_with("https://") && !url.starts_with("http://127.0.0.1:") {
                return Err(malformed("a URL begins with https://"));
            }
            Ok(Self {
                key: Verifier::parse(key)?,
                url: url.trim().to_owned(),
            })
        });
        let witnesses = witnesses.collect::<Result<Vec<_>, _>>()?;
        if witnesses.len() > MOST {
            return Err(malformed("it has more than eight"));
        }
        Ok(witnesses)
    }
}

/// The body of a request: what the witness is thought to have seen last, the
/// proof that this checkpoint continues it, the checkpoint.
#[must_use]
pub fn request(old: u64, proof: &[Sha256], checkpoint: &str) -> String {
    let mut body = format!("old {old}\n");
    for hash in proof {
        let _ = writeln!(body, "{}", hash_to_base64(hash));
    }
    body.push('\n');
    body.push_str(checkpoint);
    body
}

/// What a witness answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It has signed: the checkpoint with its signature.
    Signed(String),
    /// It has seen another size: ask again from there.
    Seen(u64),
}

/// Reads a witness's answer to `checkpoint`. Only a signature by its own key
/// that fits is taken over; what else it may have sent is not.
pub fn answer(
    witness: &Witness,
    checkpoint: &str,
    (status, body): (u16, &[u8]),
) -> Result<Answer, EvidenceError> {
    let malformed = |why| EvidenceError::Malformed {
        what: "answer of a witness",
        why,
    };
    let text = std::str::from_utf8(body).map_err(|_| malformed("it is not UTF-8"))?;
    match status {
        200 => {
            for line in text.split_inclusive('\n') {
                let signed = format!("{checkpoint}{line}");
                let opened = Note::parse(signed.as_bytes())
                    .and_then(|note| note.open(&[&witness.key]).map(|_| ()));
                if opened.is_ok() {
                    return Ok(Answer::Signed(signed));
                }
            }
            Err(malformed("none of its signatures is by its key"))
        }
        409 => {
            let size = decimal(text.trim_end_matches('\n'));
            size.map(Answer::Seen)
                .ok_or_else(|| malformed("a conflict names the size that was seen"))
        }
        _ => Err(malformed("its status is neither 200 nor 409")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::{Checkpoint, Signer, note};

    fn checkpoint() -> String {
        let log = Signer::new("edge/log/publish-2026h2", [1; 32]).unwrap();
        let checkpoint = Checkpoint::new("edge/log/publish-2026h2", 3, Sha256::of(b"root"));
        checkpoint.unwrap().sign(&log).unwrap()
    }

    fn witness(seed: u8) -> (Signer, Witness) {
        let signer = Signer::witness("witness.example", [seed; 32]).unwrap();
        let setting = format!(
            "{} https://witness.example/add-checkpoint",
            signer.verifier()
        );
        let witness = Witness::parse_all(&setting).unwrap().pop().unwrap();
        (signer, witness)
    }

    #[test]
    fn the_request_is_as_specified() {
        let text = request(2, &[Sha256::of(b"a")], "note\n");
        assert_eq!(
            text,
            "old 2\nypeBEsobvcr6wjGzmiPcTaeG7/gUfE5yuYB3ha/uSLs=\n\nnote\n"
        );
        assert_eq!(request(0, &[], "note\n"), "old 0\n\nnote\n");
    }

    #[test]
    fn only_its_own_signature_is_taken_over() {
        let (note, (signer, known)) = (checkpoint(), witness(7));
        let cosigned = note::cosign(&note, &signer, 1_800_000_000).unwrap();
        let line = cosigned.strip_prefix(&note).unwrap();
        let got = |status, body: &str| answer(&known, &note, (status, body.as_bytes()));
        assert_eq!(got(200, line), Ok(Answer::Signed(cosigned.clone())));
        let (stranger, _) = witness(8);
        let other = note::cosign(&note, &stranger, 1).unwrap();
        let other = other.strip_prefix(&note).unwrap();
        assert!(got(200, other).is_err());
        assert_eq!(
            got(200, &format!("{other}{line}")),
            Ok(Answer::Signed(cosigned))
        );
        assert_eq!(got(409, "17\n"), Ok(Answer::Seen(17)));
        for (status, body) in [
            (200, ""),
            (200, "nonsense\n"),
            (409, "x"),
            (404, ""),
            (422, ""),
        ] {
            assert!(got(status, body).is_err(), "{status} {body:?}");
        }
    }

    #[test]
    fn settings_are_read() {
        assert_eq!(Witness::parse_all(" "), Ok(Vec::new()));
        let (signer, _) = witness(7);
        let key = signer.verifier();
        for bad in [
            format!("{key}"),
            format!("{key} ftp://x"),
            "x https://y".to_owned(),
        ] {
            assert!(Witness::parse_all(&bad).is_err(), "{bad}");
        }
        let two = format!("{key} https://a/add-checkpoint, {key} http://127.0.0.1:1/x");
        assert_eq!(Witness::parse_all(&two).unwrap().len(), 2);
    }
}
