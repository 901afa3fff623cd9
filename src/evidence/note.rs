//! Signed notes, <https://c2sp.org/signed-note>: a text, an empty line, and one
//! line per signature.

use super::key::is_key_name;
use super::wire::from_base64;
use super::{EvidenceError, Signer, Verifier};

/// The specification asks for 16 signatures at least; each one we know costs a
/// verification, so this bounds the work of one note.
const MAX_SIGNATURES: usize = 64;

/// Room for 16 post-quantum signatures of 5 kB that we ignore, and a long text.
pub const MAX_BYTES: usize = 256 * 1024;

/// One signature line, not yet checked.
#[derive(Debug, Clone, PartialEq, Eq)]
struct SignatureLine {
    name: String,
    id: [u8; 4],
    signature: Vec<u8>,
}

/// A note whose form is right and whose signatures have not been checked: its
/// text comes out of [`Note::open`] only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<SignatureLine>,
}

/// A note's text with those who have signed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened<'v> {
    /// The text, with its last newline.
    pub text: String,
    /// The keys whose signatures fit, each once, in the order of the note, with
    /// the time for a witness's (0 otherwise).
    pub signed_by: Vec<(&'v Verifier, u64)>,
}

/// Signs `text`, which must end in a newline and hold no other control
/// character. `now` goes into the signatures of witnesses only.
pub fn sign(text: &str, signers: &[&Signer], now: u64) -> Result<String, EvidenceError> {
    check_text(text)?;
    if signers.is_empty() {
        return Err(malformed("it needs a signature"));
    }
    let mut note = format!("{text}\n");
    for signer in signers {
        note.push_str(&signer.line(text, now));
    }
    Ok(note)
}

/// Adds a signature, such as a witness's, to a note. Signatures that are there
/// already are kept and not checked.
pub fn cosign(note: &str, signer: &Signer, now: u64) -> Result<String, EvidenceError> {
    let parsed = Note::parse(note.as_bytes())?;
    Ok(format!("{note}{}", signer.line(&parsed.text, now)))
}

impl Note {
    /// Parses a note without trusting it.
    pub fn parse(bytes: &[u8]) -> Result<Self, EvidenceError> {
        if bytes.len() > MAX_BYTES {
            return Err(EvidenceError::TooLarge {
                what: "note",
                limit: MAX_BYTES,
            });
        }
        let note = std::str::from_utf8(bytes).map_err(|_| malformed("it is not UTF-8"))?;
        // The last empty line parts the text from the signatures: a text may
        // hold empty lines, a signature line cannot be one.
        let (text, lines) = note
            .rsplit_once("\n\n")
            .ok_or_else(|| malformed("no empty line sets off the signatures"))?;
        let text = format!("{text}\n");
        check_text(&text)?;
        let lines = lines
            .strip_suffix('\n')
            .ok_or_else(|| malformed("it must end with a signature line and a newline"))?;
        if lines.split('\n').count() > MAX_SIGNATURES {
            return Err(malformed("it has more than 64 signatures"));
        }
        let signatures = lines.split('\n').map(SignatureLine::parse);
        Ok(Self {
            text,
            signatures: signatures.collect::<Result<_, _>>()?,
        })
    }

    /// Checks the note against the keys in `known` and gives its text away only
    /// if one of them has signed it. Signatures by other keys are ignored, as
    /// the specification asks; one by a known key that does not fit spoils the
    /// note.
    pub fn open<'v>(self, known: &[&'v Verifier]) -> Result<Opened<'v>, EvidenceError> {
        let mut signed_by: Vec<(&Verifier, u64)> = Vec::new();
        for line in &self.signatures {
            let matching = known.iter().find(|key| key.is(&line.name, line.id));
            let Some(&key) = matching else { continue };
            let time = key
                .check(&self.text, &line.signature)
                .ok_or_else(|| EvidenceError::BadSignature(line.name.clone()))?;
            if !signed_by.iter().any(|(seen, _)| *seen == key) {
                signed_by.push((key, time));
            }
        }
        if signed_by.is_empty() {
            return Err(EvidenceError::NoKnownSignature);
        }
        Ok(Opened {
            text: self.text,
            signed_by,
        })
    }
}

impl SignatureLine {
    fn parse(line: &str) -> Result<Self, EvidenceError> {
        let line = line
            .strip_prefix("\u{2014} ")
            .ok_or_else(|| malformed("a signature line starts with an em dash and a space"))?;
        let (name, base64) = line
            .split_once(' ')
            .ok_or_else(|| malformed("a signature line has a name and a signature"))?;
        if !is_key_name(name) {
            return Err(malformed("the name of a key has no space and no plus"));
        }
        let bytes = from_base64(base64).ok_or_else(|| malformed("a signature is base64"))?;
        match bytes.split_first_chunk::<4>() {
            Some((id, signature)) if !signature.is_empty() => Ok(Self {
                name: name.to_owned(),
                id: *id,
                signature: signature.to_owned(),
            }),
            _ => Err(malformed("a signature has more than four bytes")),
        }
    }
}

fn check_text(text: &str) -> Result<(), EvidenceError> {
    if !text.ends_with('\n') {
        return Err(malformed("its text must end in a newline"));
    }
    if text.bytes().any(|byte| byte < 0x20 && byte != b'\n') {
        return Err(malformed("its text has a control character"));
    }
    Ok(())
}

const fn malformed(why: &'static str) -> EvidenceError {
    EvidenceError::Malformed {
        what: "signed note",
        why,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::wire::from_base64;

    // Keys, text and signatures from golang.org/x/mod/sumdb/note (note_test.go).
    const PETER: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    const PETER_SECRET: &str = "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
    const ENOCH: &str = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop";
    const TEXT: &str = "If you think cryptography is the answer to your problem,\n\
                        then you don't know what your problem is.\n";
    const PETER_LINE: &str = "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
    const ENOCH_LINE: &str = "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n";

    fn open(note: &str, known: &[&Verifier]) -> Result<usize, EvidenceError> {
        let opened = Note::parse(note.as_bytes())?.open(known)?;
        assert_eq!(opened.text, TEXT);
        Ok(opened.signed_by.len())
    }

    #[test]
    fn gos_note_is_signed_the_same() {
        let seed: [u8; 32] = from_base64(PETER_SECRET).unwrap()[1..].try_into().unwrap();
        let peter = Signer::new("PeterNeumann", seed).unwrap();
        assert_eq!(peter.verifier().to_string(), PETER);
        let note = sign(TEXT, &[&peter], 0).unwrap();
        assert_eq!(note, format!("{TEXT}\n{PETER_LINE}"));
    }

    #[test]
    fn gos_notes_are_opened() {
        let (peter, enoch) = (
            Verifier::parse(PETER).unwrap(),
            Verifier::parse(ENOCH).unwrap(),
        );
        let both = format!("{TEXT}\n{PETER_LINE}{ENOCH_LINE}");
        assert_eq!(open(&both, &[&peter]), Ok(1));
        assert_eq!(open(&both, &[&peter, &enoch]), Ok(2));
        assert_eq!(open(&both, &[]), Err(EvidenceError::NoKnownSignature));
        let twice = format!("{TEXT}\n{PETER_LINE}{PETER_LINE}{ENOCH_LINE}");
        assert_eq!(open(&twice, &[&peter]), Ok(1));
        let unknown_type = Signer::witness("PeterNeumann", [1; 32]).unwrap();
        let with_unknown = cosign(&both, &unknown_type, 7).unwrap();
        assert_eq!(open(&with_unknown, &[&peter]), Ok(1));
    }

    #[test]
    fn the_example_of_the_specification_opens() {
        let key = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
        let key = Verifier::parse(key).unwrap();
        let note = "This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";
        let opened = Note::parse(note.as_bytes()).unwrap().open(&[&key]).unwrap();
        assert_eq!(opened.text, "This is an example message.\n");
    }

    #[test]
    fn a_known_key_with_a_bad_signature_spoils_the_note() {
        let peter = Verifier::parse(PETER).unwrap();
        let bad = PETER_LINE.replace("ZJkuBS", "ZJkuBT");
        let note = format!("{TEXT}\n{bad}{PETER_LINE}");
        let refused = EvidenceError::BadSignature("PeterNeumann".to_owned());
        assert_eq!(open(&note, &[&peter]), Err(refused));
        let other_text = format!("{TEXT}\n{PETER_LINE}").replace("don't", "do");
        assert!(
            Note::parse(other_text.as_bytes())
                .unwrap()
                .open(&[&peter])
                .is_err()
        );
    }

    #[test]
    fn a_witness_signs_the_time_too() {
        let witness = Signer::witness("witness.example/w1", [9; 32]).unwrap();
        let log = Signer::new("log.example", [8; 32]).unwrap();
        let note = sign(TEXT, &[&log], 0).unwrap();
        let note = cosign(&note, &witness, 1_679_315_147).unwrap();
        let parsed = Note::parse(note.as_bytes()).unwrap();
        let keys = [log.verifier(), witness.verifier()];
        let opened = parsed.open(&keys).unwrap();
        assert_eq!(opened.signed_by, [(keys[0], 0), (keys[1], 1_679_315_147)]);
    }

    #[test]
    fn a_note_out_of_form_is_refused() {
        let no_newline = PETER_LINE.trim_end();
        let many = PETER_LINE.repeat(65);
        for bad in [
            String::new(),
            "\n\n".to_owned(),
            TEXT.to_owned(),
            format!("{TEXT}\n"),
            format!("{TEXT}\n{no_newline}"),
            format!("\u{1}{TEXT}\n{PETER_LINE}"),
            format!("\t{TEXT}\n{PETER_LINE}"),
            format!("{TEXT}\r\n{PETER_LINE}"),
            format!("{TEXT}\n— Bad Name x08go/ZJkuBS9UG/SffcvIAQxVBt\n"),
            format!("{TEXT}\n{PETER_LINE}Unexpected line.\n"),
            format!("{TEXT}\n- PeterNeumann x08go/ZJ\n"),
            format!("{TEXT}\n— PeterNeumann x08gow==\n"),
            format!("{TEXT}\n— PeterNeumann \n"),
            format!("{TEXT}\n—  x08go/ZJ\n"),
            format!("{TEXT}\n{many}"),
            "a".repeat(MAX_BYTES + 1),
        ] {
            assert!(Note::parse(bad.as_bytes()).is_err(), "{bad:.99?}");
        }
        assert!(Note::parse(b"\xff\n\n").is_err());
        let peter = Signer::new("p", [1; 32]).unwrap();
        assert!(sign("abc", &[&peter], 0).is_err());
        assert!(sign("a\tc\n", &[&peter], 0).is_err());
        assert!(sign("abc\n", &[], 0).is_err());
    }
}
