//! The text of a receipt: the same lines in the same order for every kind,
//! `-` where a line does not apply, and at the end what the signature says.

use std::fmt;

use super::{Detail, Kind, Receipt, ReceiptId};
use crate::evidence::EvidenceError;
use crate::evidence::wire::decimal;
use crate::gate::GrantHash;
use crate::trust::{DropPath, Name, Sha256, format_time, parse_time};

/// The first line; a change of the lines is a new version.
const TITLE: &str = "dropgate receipt v1";

/// Fifteen lines of known length; the longest, `detail`, has 512.
const MAX_BYTES: usize = 4096;

impl Receipt {
    /// The lines between the title and the statement.
    fn lines(&self) -> [(&'static str, Option<String>); 13] {
        [
            ("type", Some(self.kind.word().to_owned())),
            ("id", Some(self.id.to_string())),
            ("time", Some(format_time(self.time))),
            ("drop", self.drop.as_ref().map(DropPath::to_string)),
            ("version", self.version.map(|version| version.to_string())),
            ("manifest", self.manifest.map(Sha256::to_hex)),
            ("file", self.file.as_ref().map(Name::to_string)),
            ("sha256", self.sha256.map(Sha256::to_hex)),
            ("bytes", self.bytes.map(|bytes| bytes.to_string())),
            ("result", self.result.map(Sha256::to_hex)),
            ("grant", self.grant.map(|grant| grant.0.to_hex())),
            ("about", self.about.map(|id| id.to_string())),
            (
                "detail",
                self.detail.as_ref().map(|d| d.as_str().to_owned()),
            ),
        ]
    }

    /// Whether it says all that its kind needs.
    pub(super) fn check(&self) -> Result<(), EvidenceError> {
        let lines = self.lines();
        let has = |need: &&str| {
            lines
                .iter()
                .any(|(name, text)| name == need && text.is_some())
        };
        if !self.needs().iter().all(has) {
            return Err(malformed("a line that its type needs is empty"));
        }
        // What is written must be what is read back.
        if Self::parse_unchecked(&self.to_string())? != *self {
            return Err(malformed("a number or its time is out of range"));
        }
        Ok(())
    }

    /// Parses the text of a receipt; it has one spelling.
    pub fn parse(text: &str) -> Result<Self, EvidenceError> {
        let receipt = Self::parse_unchecked(text)?;
        receipt.check()?;
        if receipt.to_string() != text {
            return Err(malformed("its last line is not the statement of its type"));
        }
        Ok(receipt)
    }

    fn parse_unchecked(text: &str) -> Result<Self, EvidenceError> {
        if text.len() > MAX_BYTES {
            return Err(EvidenceError::TooLarge {
                what: "receipt",
                limit: MAX_BYTES,
            });
        }
        let mut lines = Lines(text.split('\n'));
        if lines.0.next() != Some(TITLE) {
            return Err(malformed("its first line is not \"dropgate receipt v1\""));
        }
        let kind = lines.must("type", |word| {
            Kind::ALL.into_iter().find(|kind| kind.word() == word)
        })?;
        let id = lines.must("id", ReceiptId::parse)?;
        let time = lines.must("time", parse_time)?;
        Ok(Self {
            kind,
            id,
            time,
            drop: lines.may("drop", |drop| DropPath::parse(drop).ok())?,
            version: lines.may("version", decimal)?,
            manifest: lines.may("manifest", Sha256::from_hex)?,
            file: lines.may("file", |file| Name::parse(file).ok())?,
            sha256: lines.may("sha256", Sha256::from_hex)?,
            bytes: lines.may("bytes", decimal)?,
            result: lines.may("result", Sha256::from_hex)?,
            grant: lines.may("grant", |hex| Sha256::from_hex(hex).map(GrantHash))?,
            about: lines.may("about", ReceiptId::parse)?,
            detail: lines.may("detail", Detail::parse)?,
        })
    }
}

impl fmt::Display for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{TITLE}")?;
        for (name, text) in self.lines() {
            writeln!(f, "{name} {}", text.as_deref().unwrap_or("-"))?;
        }
        writeln!(f, "statement {}", self.statement())
    }
}

struct Lines<'a>(std::str::Split<'a, char>);

impl<'a> Lines<'a> {
    fn next(&mut self, name: &'static str) -> Result<&'a str, EvidenceError> {
        let line = self.0.next().and_then(|line| line.strip_prefix(name));
        let value = line.and_then(|rest| rest.strip_prefix(' '));
        value.ok_or_else(|| malformed("its lines are not those of a receipt, in their order"))
    }

    fn must<T>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, EvidenceError> {
        self.may(name, parse)?
            .ok_or_else(|| malformed("its type, id or time is empty"))
    }

    fn may<T>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, EvidenceError> {
        match self.next(name)? {
            "-" => Ok(None),
            text => match parse(text) {
                Some(value) => Ok(Some(value)),
                None => Err(malformed("a line does not hold what its name says")),
            },
        }
    }
}

const fn malformed(why: &'static str) -> EvidenceError {
    EvidenceError::Malformed {
        what: "receipt",
        why,
    }
}
