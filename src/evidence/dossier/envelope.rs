//! The file: a MIME message (RFC 2046) with the letter as its first part and
//! every attachment in base64, so that no mail program changes a byte of it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{Dossier, DossierError, MAX_BYTES, Subject};
use crate::evidence::wire::{from_base64, to_base64};
use crate::trust::{format_time, parse_time};

/// Neither base64 nor a line of the letter begins with two hyphens.
const BOUNDARY: &str = "dropgate-evidence-v1";
/// RFC 2045 section 6.8.
const LINE: usize = 76;

impl Dossier {
    /// The file with `letter` in front.
    pub(super) fn with_letter(&self, letter: &str) -> String {
        let mut file = format!(
            "MIME-Version: 1.0\n\
             Subject: Evidence about {}\n\
             X-Dropgate-Collected: {}\n\
             Content-Type: multipart/mixed; boundary=\"{BOUNDARY}\"\n\n\
             --{BOUNDARY}\n\
             Content-Type: text/plain; charset=utf-8\n\
             Content-Transfer-Encoding: 8bit\n\n\
             {letter}",
            self.subject,
            format_time(self.collected),
        );
        for (name, bytes) in &self.files {
            let _ = write!(
                file,
                "\n--{BOUNDARY}\n\
                 Content-Type: {}; name=\"{name}\"\n\
                 Content-Disposition: attachment; filename=\"{name}\"\n\
                 Content-Transfer-Encoding: base64\n\n",
                media_type(name),
            );
            let text = to_base64(bytes);
            let mut rest = text.as_str();
            while let Some((line, tail)) = rest.split_at_checked(LINE) {
                file.push_str(line);
                file.push('\n');
                rest = tail;
            }
            file.push_str(rest);
        }
        let _ = writeln!(file, "\n--{BOUNDARY}--");
        file
    }

    /// The dossier and its letter, nothing of it checked.
    pub fn parse(file: &str) -> Result<(Self, String), DossierError> {
        if file.len() > MAX_BYTES {
            return Err(DossierError::Form("it is larger than 64 MiB"));
        }
        // A mail program may have turned the ends of lines into CRLF.
        let file = file.replace("\r\n", "\n");
        let (head, rest) = file
            .split_once("\n\n")
            .ok_or(DossierError::Form("it has no header"))?;
        let field = |name: &str| head.lines().find_map(|line| line.strip_prefix(name));
        let subject = field("Subject: Evidence about ").and_then(Subject::parse);
        let subject = subject.ok_or(DossierError::Form("its subject is not one of ours"))?;
        let collected = field("X-Dropgate-Collected: ").and_then(parse_time);
        let collected =
            collected.ok_or(DossierError::Form("it does not say when it was collected"))?;
        let body = rest
            .strip_prefix(&format!("--{BOUNDARY}\n"))
            .ok_or(DossierError::Form("its first part is missing"))?;
        let (body, after) = body
            .split_once(&format!("\n--{BOUNDARY}--"))
            .ok_or(DossierError::Form("its end is missing: it was cut short"))?;
        if !after.trim().is_empty() {
            return Err(DossierError::Form("something follows its end"));
        }
        let separator = format!("\n--{BOUNDARY}\n");
        let mut parts = body.split(separator.as_str());
        let letter = parts.next().and_then(|part| part.split_once("\n\n"));
        let (_, letter) = letter.ok_or(DossierError::Form("it has no letter"))?;
        let mut files = BTreeMap::new();
        for part in parts {
            let (name, bytes) =
                attachment(part).ok_or(DossierError::Form("an attachment is damaged"))?;
            if files.insert(name, bytes).is_some() {
                return Err(DossierError::Form("two attachments have one name"));
            }
        }
        let dossier = Self {
            subject,
            collected,
            files,
        };
        Ok((dossier, letter.to_owned()))
    }
}

fn attachment(part: &str) -> Option<(String, Vec<u8>)> {
    let (head, body) = part.split_once("\n\n")?;
    let name = head
        .lines()
        .find_map(|line| line.strip_prefix("Content-Disposition: attachment; filename=\""))?
        .strip_suffix('"')?;
    let base64: String = body.lines().collect();
    Some((name.to_owned(), from_base64(&base64)?))
}

fn media_type(name: &str) -> &'static str {
    if name.starts_with("metadata/") {
        "application/json"
    } else {
        "text/plain"
    }
}
