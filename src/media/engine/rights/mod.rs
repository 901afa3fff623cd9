//! Whose picture it is: facts that travel with every derivative, and facts that must not.
//!
//! Creator, copyright, credit and licence are read wherever the file has them
//! (XMP, then IPTC-IIM, then EXIF, as the IPTC advises) and written everywhere the
//! output has a place. Position, serial numbers, maker notes and embedded previews
//! are never written: EXIF is not filtered but built anew from a list of what may
//! stay.

pub mod embed;
pub(super) mod exif;
mod iptc;
#[cfg(test)]
mod tests;
mod xml;
mod xmp;

use serde::{Deserialize, Serialize};

use super::job::Metadata;
use super::source::Facts;

/// Metadata ready to be put into a file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Packets {
    /// A TIFF structure, as EXIF has it.
    pub exif: Option<Vec<u8>>,
    /// An XMP packet.
    pub xmp: Option<Vec<u8>>,
    /// Photoshop's image resources with an IPTC-IIM record; JPEG alone has a place for it.
    pub photoshop: Option<Vec<u8>>,
}

/// What may be said about a picture.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Statement {
    /// Who made it.
    pub creators: Vec<String>,
    /// The copyright notice.
    pub copyright: Option<String>,
    /// Who is to be named.
    pub credit: Option<String>,
    /// Where the licence can be read.
    pub licence: Option<String>,
    /// What may be done with it, in words.
    pub terms: Option<String>,
    /// Where a licence can be had.
    pub licensor: Option<String>,
    /// What it is called; only `keep` carries this and what follows.
    pub title: Option<String>,
    /// What it shows.
    pub description: Option<String>,
    /// When it was made.
    pub created: Option<String>,
    /// What it is about.
    pub keywords: Vec<String>,
}

/// A text of a file is carried up to this length: notices are short, and a
/// derivative must stay smaller than its source.
const MAX_TEXT: usize = 2000;

/// More names and keywords than this are not carried.
const MAX_ITEMS: usize = 50;

/// Reads what the file says and writes what may travel.
pub(super) fn carry(facts: &Facts, metadata: Metadata) -> Packets {
    if metadata == Metadata::None {
        return Packets::default();
    }
    let sources = [
        facts.xmp.as_deref().map(xmp::read),
        facts.photoshop.as_deref().map(iptc::read),
        facts.exif.as_deref().map(exif::read),
    ];
    let mut statement = sources
        .into_iter()
        .flatten()
        .fold(Statement::default(), Statement::or);
    let keep = metadata == Metadata::Keep;
    if !keep {
        statement = Statement {
            title: None,
            description: None,
            created: None,
            keywords: Vec::new(),
            ..statement
        };
    }
    statement.shorten();
    Packets {
        exif: exif::write(&statement, facts.exif.as_deref().filter(|_| keep)),
        xmp: xmp::write(&statement),
        photoshop: iptc::write(&statement),
    }
}

impl Statement {
    /// What this one does not say, `other` may.
    fn or(self, other: Self) -> Self {
        let list =
            |mine: Vec<String>, theirs: Vec<String>| if mine.is_empty() { theirs } else { mine };
        Self {
            creators: list(self.creators, other.creators),
            copyright: self.copyright.or(other.copyright),
            credit: self.credit.or(other.credit),
            licence: self.licence.or(other.licence),
            terms: self.terms.or(other.terms),
            licensor: self.licensor.or(other.licensor),
            title: self.title.or(other.title),
            description: self.description.or(other.description),
            created: self.created.or(other.created),
            keywords: list(self.keywords, other.keywords),
        }
    }

    fn shorten(&mut self) {
        let cut = |text: &mut String| {
            let end = (0..=MAX_TEXT.min(text.len()))
                .rev()
                .find(|&end| text.is_char_boundary(end));
            text.truncate(end.unwrap_or(0));
        };
        for list in [&mut self.creators, &mut self.keywords] {
            list.truncate(MAX_ITEMS);
            list.iter_mut().for_each(cut);
        }
        let texts = [
            &mut self.copyright,
            &mut self.credit,
            &mut self.licence,
            &mut self.terms,
            &mut self.licensor,
            &mut self.title,
            &mut self.description,
            &mut self.created,
        ];
        texts.into_iter().flatten().for_each(cut);
    }
}

/// A text without what surrounds it, if there is any left.
fn text(bytes: &[u8]) -> Option<String> {
    let decoded = match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        // What is not UTF-8 is Latin-1 more often than anything else.
        Err(_) => bytes.iter().copied().map(char::from).collect(),
    };
    let trimmed = decoded.trim_matches(|c: char| c.is_whitespace() || c == '\0');
    (!trimmed.is_empty()).then(|| trimmed.to_owned())
}
