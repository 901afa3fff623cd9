//! How a browser is told to treat a file: shown in place or saved, under which
//! name and as which type (RFC 6266, RFC 8187, RFC 9110 section 8.3).

use std::fmt::Write as _;

/// What a file may be shown as in the marketplace's own origin. Everything
/// else is saved. Left out on purpose: SVG, HTML and every XML type, because
/// they run scripts; PDF, because its scripts and links run in viewers we do
/// not control, and a shopper wants the file anyway; JavaScript, CSS and
/// fonts, because nobody needs to load them from a shop.
const INLINE_TYPES: [&str; 17] = [
    "image/avif",
    "image/bmp",
    "image/gif",
    "image/jpeg",
    "image/jxl",
    "image/png",
    "image/webp",
    "audio/aac",
    "audio/flac",
    "audio/mp4",
    "audio/mpeg",
    "audio/ogg",
    "audio/wav",
    "audio/webm",
    "video/mp4",
    "video/webm",
    "text/plain",
];

/// File systems take names of up to 255 bytes; browsers cut longer ones
/// anywhere, also in the extension.
const MAX_NAME_BYTES: usize = 200;

/// The media type of bytes nothing is known about.
const UNKNOWN_TYPE: &str = "application/octet-stream";

/// Whether a browser shows a file or saves it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disposition {
    /// Shown in place.
    Inline,
    /// Saved to disk.
    Attachment,
}

impl Disposition {
    /// What `media_type` allows: `Inline` for the pictures, sounds, films and
    /// plain text that cannot run a script.
    #[must_use]
    pub fn for_media_type(media_type: &str) -> Self {
        let essence = media_type
            .split_once(';')
            .map_or(media_type, |(essence, _)| essence)
            .trim();
        let inline = INLINE_TYPES
            .iter()
            .any(|known| known.eq_ignore_ascii_case(essence));
        if inline {
            Self::Inline
        } else {
            Self::Attachment
        }
    }

    /// The value of `Content-Disposition` for a file called `name`.
    ///
    /// `filename` is for everyone; `filename*`, in UTF-8, is added only if the
    /// name has characters that `filename` cannot hold, and comes second,
    /// because some old recipients take the first they see (RFC 6266 appendix D).
    #[must_use]
    pub fn header(self, name: &str) -> String {
        let kind = match self {
            Self::Inline => "inline",
            Self::Attachment => "attachment",
        };
        let name = safe_name(name);
        let ascii: String = name
            .chars()
            .map(|c| if is_plain(c) { c } else { '_' })
            .collect();
        let mut value = format!("{kind}; filename=\"{ascii}\"");
        if ascii != name {
            value.push_str("; filename*=UTF-8''");
            value.push_str(&percent_encode(&name));
        }
        value
    }
}

/// A media type that may stand in `Content-Type`: `media_type` if it is
/// `type/subtype` with optional parameters in plain ASCII, otherwise
/// `application/octet-stream`. A manifest cannot smuggle in a header line.
#[must_use]
pub fn content_type(media_type: &str) -> &str {
    let (essence, parameters) = media_type.split_once(';').unwrap_or((media_type, ""));
    let is_token = |text: &str| {
        let token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
        !text.is_empty() && text.bytes().all(token)
    };
    let good_essence = essence
        .trim_end_matches(' ')
        .split_once('/')
        .is_some_and(|(kind, subtype)| is_token(kind) && is_token(subtype));
    let good_parameters = parameters.bytes().all(|b| (b' '..=b'~').contains(&b));
    if good_essence && good_parameters {
        media_type
    } else {
        UNKNOWN_TYPE
    }
}

/// `name` as a plain file name: no folders, no device or drive names' colons,
/// no control or direction-changing characters, not hidden, not empty, and not
/// too long, with its extension kept.
fn safe_name(name: &str) -> String {
    let cleaned: String = name
        .chars()
        .filter(|c| !is_invisible(*c))
        .map(|c| if "/\\:*?\"<>|".contains(c) { '_' } else { c })
        .collect();
    // A leading dot hides a file; a trailing dot or space is lost on Windows.
    let trimmed = cleaned
        .trim_start_matches(['.', ' '])
        .trim_end_matches(['.', ' ']);
    if trimmed.is_empty() {
        return "download".to_owned();
    }
    let (stem, extension) = match trimmed.rsplit_once('.') {
        Some((stem, extension)) if extension.len() <= 16 => (stem, format!(".{extension}")),
        _ => (trimmed, String::new()),
    };
    let mut kept = String::new();
    for c in stem.chars() {
        if kept.len() + c.len_utf8() + extension.len() > MAX_NAME_BYTES {
            break;
        }
        kept.push(c);
    }
    kept + &extension
}

/// Control characters, and those that make a name read differently from what
/// it is (`exe.gpj` as `jpg.exe`).
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// What every recipient reads alike inside a quoted `filename`. Not `%`, which
/// some decode (RFC 6266 appendix D).
fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || " !#$&'()+,-.;=@[]^_`{}~".contains(c)
}

/// `value-chars` of RFC 8187: `attr-char` as it is, everything else in percents.
fn percent_encode(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a `String` cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_what_cannot_run_a_script_is_shown_in_place() {
        for media_type in [
            "image/jpeg",
            "IMAGE/PNG",
            "video/mp4; codecs=avc1",
            "text/plain;charset=utf-8",
        ] {
            assert_eq!(
                Disposition::for_media_type(media_type),
                Disposition::Inline,
                "{media_type}"
            );
        }
        for media_type in [
            "image/svg+xml",
            "text/html",
            "application/xhtml+xml",
            "text/xml",
            "application/xml",
            "application/pdf",
            "text/javascript",
            "text/css",
            "application/zip",
            "",
            "image",
            "image/jpegx",
            "x;image/jpeg",
            "application/octet-stream",
            "multipart/x-mixed-replace",
        ] {
            assert_eq!(
                Disposition::for_media_type(media_type),
                Disposition::Attachment,
                "{media_type}"
            );
        }
    }

    #[test]
    fn names_survive_and_cannot_escape() {
        for (name, want) in [
            ("cover.jpg", "attachment; filename=\"cover.jpg\""),
            ("foo bar.zip", "attachment; filename=\"foo bar.zip\""),
            // The name of RFC 8187 section 3.2.2, as a file name.
            (
                "\u{a3} and \u{20ac} rates",
                "attachment; filename=\"_ and _ rates\"; filename*=UTF-8''%C2%A3%20and%20%E2%82%AC%20rates",
            ),
            (
                "na\u{ef}ve.zip",
                "attachment; filename=\"na_ve.zip\"; filename*=UTF-8''na%C3%AFve.zip",
            ),
            (
                "100%25.zip",
                "attachment; filename=\"100_25.zip\"; filename*=UTF-8''100%2525.zip",
            ),
            (
                "../../etc/passwd",
                "attachment; filename=\"_.._etc_passwd\"",
            ),
            (
                "a\"; x=\"b\r\nSet-Cookie: c",
                "attachment; filename=\"a_; x=_bSet-Cookie_ c\"",
            ),
            ("gpj.\u{202e}exe", "attachment; filename=\"gpj.exe\""),
            (".htaccess", "attachment; filename=\"htaccess\""),
            ("", "attachment; filename=\"download\""),
            ("...", "attachment; filename=\"download\""),
        ] {
            assert_eq!(Disposition::Attachment.header(name), want, "{name}");
        }
        assert_eq!(
            Disposition::Inline.header("a.png"),
            "inline; filename=\"a.png\""
        );
        let long = Disposition::Attachment.header(&("x".repeat(400) + ".tar"));
        assert!(long.ends_with("xx.tar\"") && long.len() < 240);
    }

    #[test]
    fn a_media_type_is_one_or_is_unknown() {
        for good in [
            "image/jpeg",
            "text/plain; charset=utf-8",
            "application/vnd.a+json;v=\"1\"",
        ] {
            assert_eq!(content_type(good), good);
        }
        for bad in [
            "",
            "image",
            "/",
            "image/",
            "a b/c",
            "image/jpeg\r\nX: y",
            "text/plain; a=\n",
            "te\u{445}t/html",
            "a/b/c",
        ] {
            assert_eq!(content_type(bad), UNKNOWN_TYPE, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn any_name_makes_one_clean_line(name in "\\PC{0,300}|[\\x00-\\x7f]{0,30}") {
            let value = Disposition::Attachment.header(&name);
            prop_assert!(value.bytes().all(|b| (b' '..=b'~').contains(&b)));
            prop_assert_eq!(value.matches('"').count(), 2);
            prop_assert!(!value.contains(['/', '\\']));
        }
    }
}
