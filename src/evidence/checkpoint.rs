//! Checkpoints, <https://c2sp.org/tlog-checkpoint>: the size and root of a log,
//! signed.

use std::fmt;

use super::wire::{decimal, hash_from_base64, hash_to_base64};
use super::{EvidenceError, Note, Signer, Verifier, note};
use crate::trust::{Sha256, format_time};

/// Origins are names of keys too, see `key.rs`.
const MAX_ORIGIN: usize = 255;

/// 2026-01-01T00:00:00Z: no log is older than this program.
const FIRST_LOG: u64 = 1_767_225_600;

/// A hundred years of logs; a clock that is wrong asks for no more.
const MOST_LOGS: u64 = 200;

/// The name of the log `log` at the time `now`: `publish-2026h2`. Logs start
/// anew every half-year, so that none grows for ever.
#[must_use]
pub fn log_name(log: &str, now: u64) -> String {
    let date = format_time(now);
    let (year, month) = (date.get(..4), date.get(5..7));
    let half = if month.is_some_and(|month| month <= "06") {
        1
    } else {
        2
    };
    format!("{log}-{}h{half}", year.unwrap_or_default())
}

/// The names the log `log` may have had until `now`, the newest first.
#[must_use]
pub fn log_names(log: &str, now: u64) -> Vec<String> {
    // Half of a year of 366 days, so that no half-year is passed over; the last
    // days of December may be met twice.
    const STEP: u64 = 181 * 86_400;
    let times = (0..MOST_LOGS).map_while(move |n| now.checked_sub(n * STEP));
    let mut names: Vec<String> = times
        .take_while(|time| *time >= FIRST_LOG)
        .map(|time| log_name(log, time))
        .collect();
    names.dedup();
    names
}

/// The origin of the log named `name`, which is also the prefix it is served
/// at, without the scheme: `shop.example/log/publish-2026h2`.
#[must_use]
pub fn origin(host: &str, name: &str) -> String {
    format!("{host}/log/{name}")
}

/// What a checkpoint says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    origin: String,
    size: u64,
    root: Sha256,
    /// Kept, because they are under the signature, and not understood.
    extensions: Vec<String>,
}

impl Checkpoint {
    /// The checkpoint of the log `origin` at `size` entries. The origin must not
    /// be empty nor have a control character.
    pub fn new(origin: &str, size: u64, root: Sha256) -> Result<Self, EvidenceError> {
        if origin.is_empty() || origin.len() > MAX_ORIGIN || origin.chars().any(char::is_control) {
            return Err(malformed("its origin is empty or too long"));
        }
        Ok(Self {
            origin: origin.to_owned(),
            size,
            root,
            extensions: Vec::new(),
        })
    }

    /// Parses the text of a checkpoint, without its signatures.
    pub fn parse(text: &str) -> Result<Self, EvidenceError> {
        let text = text
            .strip_suffix('\n')
            .ok_or_else(|| malformed("it must end in a newline"))?;
        let mut lines = text.split('\n');
        let (Some(origin), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next())
        else {
            return Err(malformed("it has an origin, a size and a root"));
        };
        let size = decimal(size).ok_or_else(|| malformed("its size is not a number"))?;
        let root = hash_from_base64(root)
            .ok_or_else(|| malformed("its root is not 32 bytes of base64"))?;
        let extensions: Vec<String> = lines.map(str::to_owned).collect();
        if extensions.iter().any(String::is_empty) {
            return Err(malformed("a line is empty"));
        }
        let parsed = Self::new(origin, size, root)?;
        Ok(Self {
            extensions,
            ..parsed
        })
    }

    /// Opens the signed checkpoint of the log `origin`. At least one of `known`
    /// must have signed it; put the log's key there, and witnesses' next to it.
    pub fn open(note: &[u8], origin: &str, known: &[&Verifier]) -> Result<Self, EvidenceError> {
        let opened = Note::parse(note)?.open(known)?;
        Self::parse(&opened.text)?.of(origin)
    }

    /// The checkpoint, if it is of the log `origin`.
    pub(super) fn of(self, origin: &str) -> Result<Self, EvidenceError> {
        if self.origin == origin {
            return Ok(self);
        }
        Err(EvidenceError::WrongOrigin {
            wanted: origin.to_owned(),
            found: self.origin,
        })
    }

    /// The signed note to serve as `checkpoint`.
    pub fn sign(&self, log: &Signer) -> Result<String, EvidenceError> {
        note::sign(&self.to_string(), &[log], 0)
    }

    /// Which log it is of.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// How many entries the log has.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The root over them.
    #[must_use]
    pub const fn root(&self) -> &Sha256 {
        &self.root
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let root = hash_to_base64(&self.root);
        write!(f, "{}\n{}\n{root}\n", self.origin, self.size)?;
        self.extensions
            .iter()
            .try_for_each(|line| writeln!(f, "{line}"))
    }
}

const fn malformed(why: &'static str) -> EvidenceError {
    EvidenceError::Malformed {
        what: "checkpoint",
        why,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // The text of the specification's example.
    const EXAMPLE: &str =
        "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";

    #[test]
    fn the_example_comes_back() {
        let checkpoint = Checkpoint::parse(EXAMPLE).unwrap();
        assert_eq!(checkpoint.size(), 20_852_163);
        assert_eq!(checkpoint.to_string(), EXAMPLE);
        let extended = format!("{EXAMPLE}more\neven more\n");
        assert_eq!(Checkpoint::parse(&extended).unwrap().to_string(), extended);
    }

    #[test]
    fn a_text_out_of_form_is_refused() {
        for (from, to) in [
            ("example.com/behind-the-sofa", ""),
            ("\n20852163", "\n020852163"),
            ("\n20852163", "\n-1"),
            ("\n20852163", "\n0x10"),
            ("\n20852163", "\n9223372036854775808"),
            ("\n20852163", ""),
            ("q2I=", "q2I"),
            ("q2I=", "q2J="),
            ("q2I=", "q2I=AAAA"),
            ("q2I=\n", "q2I="),
            ("q2I=\n", "q2I=\n\n"),
            ("q2I=\n", "q2I=\n\nmore\n"),
            ("example.com", "example\r.com"),
        ] {
            let bad = EXAMPLE.replacen(from, to, 1);
            assert!(Checkpoint::parse(&bad).is_err(), "{from:?} -> {to:?}");
        }
        let long = format!("{}{EXAMPLE}", "a".repeat(255));
        assert!(Checkpoint::parse(&long).is_err());
    }

    #[test]
    fn every_half_year_had_a_log() {
        let names = log_names("publish", 1_859_673_600);
        let wanted = ["2028h2", "2028h1", "2027h2", "2027h1", "2026h2", "2026h1"];
        assert_eq!(names, wanted.map(|half| format!("publish-{half}")));
        assert!(log_names("publish", 0).is_empty());
        for day in 0..4000 {
            let names = log_names("p", FIRST_LOG + day * 86_400);
            let years = format_time(FIRST_LOG + day * 86_400);
            let year: usize = years.get(..4).unwrap().parse().unwrap();
            let second_half = usize::from(years.get(5..7) > Some("06"));
            assert_eq!(names.len(), (year - 2026) * 2 + 1 + second_half, "{years}");
        }
    }

    #[test]
    fn only_the_log_asked_for_opens() {
        assert_eq!(log_name("publish", 1_782_863_999), "publish-2026h1");
        let origin = origin("shop.example", &log_name("publish", 1_782_864_000));
        assert_eq!(origin, "shop.example/log/publish-2026h2");
        let log = Signer::new(&origin, [1; 32]).unwrap();
        let checkpoint = Checkpoint::new(&origin, 3, Sha256::of(b"root")).unwrap();
        let note = checkpoint.sign(&log).unwrap();
        let known = [log.verifier()];
        assert_eq!(
            Checkpoint::open(note.as_bytes(), &origin, &known),
            Ok(checkpoint)
        );
        let other = Checkpoint::open(note.as_bytes(), "shop.example/log/publish-2027h1", &known);
        assert!(matches!(other, Err(EvidenceError::WrongOrigin { .. })));
        let unsigned = Checkpoint::open(note.as_bytes(), &origin, &[]);
        assert_eq!(unsigned, Err(EvidenceError::NoKnownSignature));
    }
}
