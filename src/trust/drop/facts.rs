//! The drop-wide facts: the signed member `x-drop`.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::is_plain_text;
use crate::trust::Name;
use crate::trust::time::{format_time, parse_time};

/// More consent scopes than this nobody reads.
const MAX_CONSENT: usize = 16;

/// What a `lite` bundle may weigh: worth beginning with, and there in seconds on
/// a phone at a market stall.
const LITE_LENGTH: RangeInclusive<u64> = 1_000_000..=3_000_000;

/// What is true of a whole drop. Members it does not know are tolerated, so
/// that a newer command line can publish to an older edge.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DropFacts {
    /// The title people see.
    pub title: String,
    /// A few sentences about it.
    pub description: Option<String>,
    /// When it opens, in unix seconds; at once when absent.
    pub not_before: Option<u64>,
    /// When this version was signed, in unix seconds. It rises with every
    /// version, by a second at least: `Last-Modified` tells it, and one date
    /// must never be that of two contents. A file's own `mtime` cannot promise that.
    pub published: Option<u64>,
    /// The licence (an SPDX identifier, a URL or a sentence) of files that name none.
    pub license: Option<String>,
    /// Where the works come from.
    pub provenance: Provenance,
    /// The consent scopes a shopper is asked for.
    pub consent: Vec<Name>,
    /// What a shopper without a grant may see; nothing when absent.
    pub preview: Option<Preview>,
    /// The drop's named recipes, a JSON object as signed. What they say is the
    /// media room's to judge: an edge that knows fewer options than the creator's
    /// command line still delivers the drop.
    pub presets: Option<String>,
    /// The version of the edge's picture engine whose pictures are kept: a newer
    /// one does not make anew what is there.
    pub engine: Option<String>,
    /// The file that is enough to begin with.
    pub lite: Option<Name>,
    /// The file that holds everything.
    pub master: Option<Name>,
}

/// Where the works of a drop come from, as the creator states it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Provenance {
    /// Who made the works.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// The credit line to show.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credit: Option<String>,
    /// Where they were first published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// What a shopper without a grant may see of a gated picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Preview {
    /// The longest edge of a preview, in pixels.
    pub max_edge: u32,
    /// Whether a watermark is drawn over it.
    #[serde(default)]
    pub watermark: bool,
}

#[derive(Serialize, Deserialize)]
struct Raw {
    title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_before: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    published: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    license: Option<String>,
    #[serde(default)]
    provenance: Provenance,
    #[serde(default)]
    consent: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    preview: Option<Preview>,
    #[serde(skip_serializing_if = "Option::is_none")]
    presets: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    engine: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lite: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    master: Option<String>,
}

impl DropFacts {
    /// Reads and checks `x-drop`; the error is a sentence.
    pub fn read(value: &Value) -> Result<Self, String> {
        let raw = Raw::deserialize(value).map_err(|error| format!("x-drop: {error}"))?;
        check_texts(&raw)?;
        if raw.consent.len() > MAX_CONSENT {
            return Err(format!("x-drop: more than {MAX_CONSENT} consent scopes"));
        }
        if raw.preview.is_some_and(|preview| preview.max_edge == 0) {
            return Err("x-drop: a preview needs a max_edge above 0".to_owned());
        }
        if raw
            .presets
            .as_ref()
            .is_some_and(|presets| !presets.is_object())
        {
            return Err("x-drop: presets is not an object".to_owned());
        }
        if raw
            .engine
            .as_deref()
            .is_some_and(|engine| !is_version(engine))
        {
            return Err("x-drop: engine is not a version such as 0.1.0".to_owned());
        }
        let time = |text: &Option<String>, wrong| {
            let parsed = text.as_deref().map(|text| parse_time(text).ok_or(wrong));
            parsed.transpose()
        };
        let name = |text: &String| Name::parse(text).map_err(|error| format!("x-drop: {error}"));
        Ok(Self {
            not_before: time(
                &raw.not_before,
                "x-drop: not_before is not YYYY-MM-DDTHH:MM:SSZ",
            )?,
            published: time(
                &raw.published,
                "x-drop: published is not YYYY-MM-DDTHH:MM:SSZ",
            )?,
            consent: raw.consent.iter().map(name).collect::<Result<_, _>>()?,
            lite: raw.lite.as_ref().map(name).transpose()?,
            master: raw.master.as_ref().map(name).transpose()?,
            title: raw.title,
            description: raw.description,
            license: raw.license,
            provenance: raw.provenance,
            preview: raw.preview,
            presets: raw.presets.map(|presets| presets.to_string()),
            engine: raw.engine,
        })
    }

    /// What a drop has to keep to when it is published, the error a sentence: its
    /// stages are files of its own, and the first is as light as promised.
    /// `length_of` is the length of a file of the drop. (A manifest that was
    /// published before this rule is still read.)
    pub fn check_stages(&self, length_of: impl Fn(&Name) -> Option<u64>) -> Result<(), String> {
        let length = |name: &Name| {
            length_of(name).ok_or_else(|| format!("{name} is named as a stage but not in the drop"))
        };
        self.master.as_ref().map(length).transpose()?;
        let Some(lite) = &self.lite else {
            return Ok(());
        };
        let (length, least, most) = (length(lite)?, LITE_LENGTH.start(), LITE_LENGTH.end());
        if self.master.as_ref() == Some(lite) {
            return Err(format!("{lite} is named as both lite and master"));
        }
        if !LITE_LENGTH.contains(&length) {
            return Err(format!(
                "the lite bundle {lite} has {length} bytes; it must have {least} to {most}"
            ));
        }
        Ok(())
    }

    /// The member `x-drop` as it is signed.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let name = |name: &Option<Name>| name.as_ref().map(Name::to_string);
        // Serialising a struct of texts and numbers cannot fail.
        serde_json::to_value(Raw {
            title: self.title.clone(),
            description: self.description.clone(),
            not_before: self.not_before.map(format_time),
            published: self.published.map(format_time),
            license: self.license.clone(),
            provenance: self.provenance.clone(),
            consent: self.consent.iter().map(Name::to_string).collect(),
            preview: self.preview,
            presets: self
                .presets
                .as_deref()
                .and_then(|presets| serde_json::from_str(presets).ok()),
            engine: self.engine.clone(),
            lite: name(&self.lite),
            master: name(&self.master),
        })
        .unwrap_or_default()
    }
}

/// Numbers and dots, and a word where one was published early.
fn is_version(text: &str) -> bool {
    let is_letter = |b: u8| b.is_ascii_alphanumeric() || b".-".contains(&b);
    text.len() <= 32
        && text.bytes().next().is_some_and(|b| b.is_ascii_digit())
        && text.bytes().all(is_letter)
}

fn check_texts(raw: &Raw) -> Result<(), &'static str> {
    let Provenance {
        author,
        credit,
        source,
    } = &raw.provenance;
    let optional = [&raw.license, author, credit, source];
    let mut texts = optional.into_iter().flatten().chain([&raw.title]);
    if raw.title.is_empty() || !texts.all(|text| is_plain_text(text)) {
        return Err("x-drop: a text is empty, too long or holds control characters");
    }
    Ok(())
}
