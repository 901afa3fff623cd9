//! Receipts: what this edge did, in a few fixed lines that it signs.
//!
//! A receipt has no place for personal data: every line is a name a creator
//! chose, a number, a time, a hash, or a word of this program's own. A grant
//! appears only as an HMAC whose salt can be destroyed.

#[cfg(test)]
mod tests;
mod text;

use std::fmt;

use super::{EvidenceError, Note, Signer, Verifier, note};
use crate::gate::GrantHash;
use crate::trust::{DropPath, Name, Sha256};

/// What a receipt is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A version of a drop was accepted.
    Publish,
    /// A grant was issued.
    Grant,
    /// A code was redeemed.
    Redeem,
    /// A whole file, or an archive of several, was handed over.
    Deliver,
    /// Consent to scopes was given.
    Consent,
    /// A grant, code, consent or drop was taken back.
    Revoke,
    /// A derivative was made.
    Derive,
    /// Stored bytes did not fit their signature, and were not sent.
    Incident,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 8] = [
        Self::Publish,
        Self::Grant,
        Self::Redeem,
        Self::Deliver,
        Self::Consent,
        Self::Revoke,
        Self::Derive,
        Self::Incident,
    ];

    /// The word in a receipt's `type` line.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Publish => "publish",
            Self::Grant => "grant",
            Self::Redeem => "redeem",
            Self::Deliver => "deliver",
            Self::Consent => "consent",
            Self::Revoke => "revoke",
            Self::Derive => "derive",
            Self::Incident => "incident",
        }
    }
}

impl Receipt {
    /// What the signature on such a receipt says, and what it does not.
    #[must_use]
    pub fn statement(&self) -> &'static str {
        match self.kind {
            Kind::Publish => {
                "this edge checked the signatures on this version and accepted it; it did not judge the content"
            }
            Kind::Grant => "this edge issued this grant; it does not say who holds it",
            Kind::Redeem => "this edge took a valid code and issued this grant for it, once",
            Kind::Deliver => self.handed_over(),
            Kind::Consent => "the holder of this grant agreed to the scopes named above",
            Kind::Revoke => "from this time on this edge refuses what is named above",
            Kind::Derive => "this edge made the result from the file by the recipe named above",
            Kind::Incident => {
                "stored bytes did not fit what was signed, or were signed for a time that is over; this edge refused them"
            }
        }
    }

    fn handed_over(&self) -> &'static str {
        match (self.is_archive(), self.is_resumed()) {
            (false, false) => {
                "this edge handed every byte of this file to its network runtime under this grant; it does not say that they arrived"
            }
            (false, true) => {
                "this edge handed this file to its network runtime under this grant, in several requests: all of it, counting of a request that its reader left what was not asked for again; it does not say that it arrived"
            }
            (true, false) => {
                "this edge handed every byte of an archive of the files named above, as this manifest has them, to its network runtime under this grant; it does not say that they arrived"
            }
            (true, true) => {
                "this edge handed an archive of the files named above, as this manifest has them, to its network runtime under this grant, in several requests: all of it, counting of a request that its reader left what was not asked for again; it does not say that it arrived"
            }
        }
    }

    /// Whether it is about an archive, whose files its detail names.
    #[must_use]
    pub fn is_archive(&self) -> bool {
        self.kind == Kind::Deliver && self.file.is_none()
    }

    /// Whether what was delivered was asked for in parts.
    #[must_use]
    pub fn is_resumed(&self) -> bool {
        let detail = self.detail.as_ref().map_or("", Detail::as_str);
        detail.split(';').next() == Some(RESUMED)
    }

    /// The files in an archive; `None` is all that the manifest lists.
    #[must_use]
    pub fn archived(&self) -> Option<Vec<&str>> {
        let detail = self.detail.as_ref().map_or("", Detail::as_str);
        let files = detail.split(';').find_map(|part| {
            let files = part.strip_prefix(ARCHIVE)?;
            files.strip_prefix('=')
        });
        files.map(|files| files.split(',').collect())
    }

    /// The lines without which it would say nothing.
    fn needs(&self) -> &'static [&'static str] {
        match self.kind {
            Kind::Publish => &["drop", "version", "manifest"],
            Kind::Grant | Kind::Redeem => &["grant"],
            Kind::Deliver if self.is_archive() => {
                &["drop", "version", "manifest", "bytes", "detail"]
            }
            Kind::Deliver => &["drop", "version", "manifest", "file", "sha256", "bytes"],
            Kind::Consent => &["grant", "detail"],
            Kind::Revoke | Kind::Incident => &["detail"],
            Kind::Derive => &["drop", "file", "sha256", "bytes", "result", "detail"],
        }
    }
}

/// In the detail of a delivery: it was asked for in parts.
const RESUMED: &str = "resumed";
/// In the detail of an archive's delivery; behind it `=` and the names of its
/// files, unless all that the manifest lists are in it.
const ARCHIVE: &str = "archive";

/// A receipt's name: 16 random bytes, as 32 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReceiptId([u8; 16]);

impl ReceiptId {
    /// The id for 16 bytes that nobody can guess: who knows an id may read the
    /// receipt.
    #[must_use]
    pub const fn from_random(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Parses 32 lower-case hexadecimal digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let good = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if text.len() != 32 || !text.bytes().all(good) {
            return None;
        }
        let number = u128::from_str_radix(text, 16).ok()?;
        Some(Self(number.to_be_bytes()))
    }
}

impl fmt::Display for ReceiptId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.0))
    }
}

/// Words of this program: a recipe, scopes, a reason. There is no space, no `@`
/// and no `:` in them, so that neither a sentence nor an address fits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detail(String);

impl Detail {
    /// What an archive's receipts say: all files, or these. Names that do not
    /// fit in one detail go into several, a receipt for each.
    #[must_use]
    pub fn archive<'a>(chosen: Option<impl Iterator<Item = &'a Name>>) -> Vec<Self> {
        let Some(names) = chosen else {
            return vec![Self(ARCHIVE.to_owned())];
        };
        let mut details: Vec<Self> = Vec::new();
        for name in names.map(Name::as_str) {
            match details.last_mut() {
                Some(Self(text)) if text.len() + name.len() < Self::MOST - RESUMED.len() - 1 => {
                    text.push(',');
                    text.push_str(name);
                }
                _ => details.push(Self(format!("{ARCHIVE}={name}"))),
            }
        }
        details
    }

    /// The same of a delivery that was asked for in parts.
    #[must_use]
    pub fn resumed(of: Option<&Self>) -> Self {
        match of {
            Some(Self(detail)) => Self(format!("{RESUMED};{detail}")),
            None => Self(RESUMED.to_owned()),
        }
    }

    const MOST: usize = 512;

    /// Parses 1 to 512 of `a-z 0-9 . , = ; _ + / -`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let good =
            |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9') || b".,=;_+/-".contains(&byte);
        let fits = (1..=Self::MOST).contains(&text.len()) && text.bytes().all(good) && text != "-";
        fits.then(|| Self(text.to_owned()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// One receipt. Start from [`Receipt::new`] and fill in what is known; signing
/// refuses one that lacks what its kind needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// What it is about.
    pub kind: Kind,
    /// Its name.
    pub id: ReceiptId,
    /// When, in seconds since 1970.
    pub time: u64,
    /// The drop.
    pub drop: Option<DropPath>,
    /// The version of the drop's manifest.
    pub version: Option<u64>,
    /// The SHA-256 of the manifest's bytes.
    pub manifest: Option<Sha256>,
    /// The file's name in the drop.
    pub file: Option<Name>,
    /// The SHA-256 of the file.
    pub sha256: Option<Sha256>,
    /// How many bytes it has (`derive`: how many the result has).
    pub bytes: Option<u64>,
    /// The SHA-256 of the derivative, in `derive`.
    pub result: Option<Sha256>,
    /// The grant, unlinkable without its salt.
    pub grant: Option<GrantHash>,
    /// The earlier receipt this one speaks of, as a withdrawal does.
    pub about: Option<ReceiptId>,
    /// The recipe, the scopes or the reason.
    pub detail: Option<Detail>,
}

impl Receipt {
    /// A receipt with nothing but its kind, name and time.
    #[must_use]
    pub const fn new(kind: Kind, id: ReceiptId, time: u64) -> Self {
        Self {
            kind,
            id,
            time,
            drop: None,
            version: None,
            manifest: None,
            file: None,
            sha256: None,
            bytes: None,
            result: None,
            grant: None,
            about: None,
            detail: None,
        }
    }

    /// The signed note: what is handed out, kept, and logged byte for byte.
    pub fn sign(&self, signer: &Signer) -> Result<String, EvidenceError> {
        self.check()?;
        note::sign(&self.to_string(), &[signer], self.time)
    }

    /// The grant that a signed receipt of ours names, unchecked: for finding it.
    #[must_use]
    pub fn grant_of(note: &str) -> Option<GrantHash> {
        let line = note.lines().find_map(|line| line.strip_prefix("grant "));
        line.and_then(Sha256::from_hex).map(GrantHash)
    }

    /// Opens a signed receipt with the keys in `known`.
    pub fn open(note: &[u8], known: &[&Verifier]) -> Result<Self, EvidenceError> {
        let opened = Note::parse(note)?.open(known)?;
        Self::parse(&opened.text)
    }
}
