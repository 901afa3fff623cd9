//! Metalink 4 (RFC 5854): what a download manager needs to fetch a file in
//! pieces, check each, and repair what is wrong; and the `Link` field that
//! tells it where that is written (RFC 6249).

use std::fmt::Write as _;

use super::chunks::Chunks;
use super::date::Civil;
use crate::trust::Sha256;

/// The media type of a Metalink document.
pub const MEDIA_TYPE: &str = "application/metalink4+xml";

/// A file as a Metalink describes it.
#[derive(Debug, Clone)]
pub struct File<'a> {
    /// Its name, or a relative path with `/` between folders.
    pub name: &'a str,
    /// A line about it, for a person.
    pub description: Option<&'a str>,
    /// Its SHA-256.
    pub sha256: Sha256,
    /// Its length and the digests of its pieces.
    pub chunks: &'a Chunks,
    /// Where it can be had, the best first, at least one. A client may use all
    /// at once.
    pub urls: &'a [String],
}

/// Writes a Metalink document for `files`, published at `published`.
///
/// What RFC 5854 asks of a document:
///
/// 1. `metalink` holds one or more `file` elements (section 4.1.1); the caller
///    passes at least one.
/// 2. A file's `name` MUST NOT lead out of the folder it is saved in (4.1.2.1):
///    the parts of a name that would are left out.
/// 3. `size` is the length in bytes.
/// 4. A `hash` outside `pieces` has a `type` and covers the whole file (4.2.4).
/// 5. `pieces` has a `length`, and a hash for every piece in order; all but the
///    last piece have that length (4.1.3). A file without bytes has no pieces,
///    so it gets no such element.
/// 6. A file has at least one `url`; its `priority` counts from 1, the lowest
///    number first.
/// 7. `published` is an RFC 3339 date.
#[must_use]
pub fn document(files: &[File], published: u64) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    out.push_str("<metalink xmlns=\"urn:ietf:params:xml:ns:metalink\">\n");
    element(&mut out, "  ", "generator", "dropgate");
    // (7)
    let published = Civil::from_unix(published).to_rfc3339();
    element(&mut out, "  ", "published", &published);
    // (1)
    for file in files {
        write_file(&mut out, file);
    }
    out.push_str("</metalink>\n");
    out
}

fn write_file(out: &mut String, file: &File) {
    // (2)
    let name: Vec<&str> = file
        .name
        .split(['/', '\\'])
        .filter(|part| !matches!(*part, "" | "." | ".."))
        .collect();
    tag(
        out,
        format_args!("  <file name=\"{}\">\n", escape(&name.join("/"))),
    );
    if let Some(description) = file.description {
        element(out, "    ", "description", description);
    }
    // (3)
    element(out, "    ", "size", &file.chunks.length().to_string());
    // (4)
    tag(
        out,
        format_args!("    <hash type=\"sha-256\">{}</hash>\n", file.sha256),
    );
    // (5)
    if !file.chunks.digests().is_empty() {
        let length = file.chunks.size();
        tag(
            out,
            format_args!("    <pieces length=\"{length}\" type=\"sha-256\">\n"),
        );
        for digest in file.chunks.digests() {
            tag(out, format_args!("      <hash>{digest}</hash>\n"));
        }
        out.push_str("    </pieces>\n");
    }
    // (6)
    for (priority, url) in (1_u32..).zip(file.urls) {
        let url = escape(url);
        tag(
            out,
            format_args!("    <url priority=\"{priority}\">{url}</url>\n"),
        );
    }
    out.push_str("  </file>\n");
}

fn element(out: &mut String, indent: &str, name: &str, text: &str) {
    let text = escape(text);
    tag(out, format_args!("{indent}<{name}>{text}</{name}>\n"));
}

fn tag(out: &mut String, arguments: std::fmt::Arguments) {
    // Writing to a `String` cannot fail.
    let _ = out.write_fmt(arguments);
}

/// Text for an element or a quoted attribute of XML 1.0.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            // Left as they are, a reader makes spaces or line feeds of them.
            '\t' | '\n' | '\r' => tag(&mut out, format_args!("&#{};", u32::from(c))),
            // XML 1.0 has no way to write these (section 2.2, `Char`).
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

/// The value of a `Link` field that points from a file to its Metalink
/// (RFC 6249): a download manager then finds the pieces by itself.
#[must_use]
pub fn described_by(url: &str) -> String {
    format!(
        "<{}>; rel=describedby; type=\"{MEDIA_TYPE}\"",
        link_target(url)
    )
}

/// A URL that cannot end its angle brackets or its line.
fn link_target(url: &str) -> String {
    let mut out = String::with_capacity(url.len());
    for byte in url.bytes() {
        if matches!(byte, b'!'..=b'~') && !b"<>\"".contains(&byte) {
            out.push(char::from(byte));
        } else {
            tag(&mut out, format_args!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunks(bytes: &[u8]) -> Chunks {
        Chunks::new(
            bytes.len() as u64,
            4,
            bytes.chunks(4).map(Sha256::of).collect(),
        )
        .unwrap()
    }

    #[test]
    fn a_file_in_pieces() {
        let chunks = chunks(b"abcdef");
        let urls = [
            "https://a.example/x?grant=1&y".to_owned(),
            "https://b.example/".to_owned(),
        ];
        let file = File {
            name: "drop-7/x.bin",
            description: Some("CC BY 4.0 <& more>"),
            sha256: Sha256::of(b"abcdef"),
            chunks: &chunks,
            urls: &urls,
        };
        let (whole, first, last) = (
            Sha256::of(b"abcdef"),
            Sha256::of(b"abcd"),
            Sha256::of(b"ef"),
        );
        let want = format!(
            r#"<?xml version="1.0" encoding="UTF-8"?>
<metalink xmlns="urn:ietf:params:xml:ns:metalink">
  <generator>dropgate</generator>
  <published>1994-11-06T08:49:37Z</published>
  <file name="drop-7/x.bin">
    <description>CC BY 4.0 &lt;&amp; more&gt;</description>
    <size>6</size>
    <hash type="sha-256">{whole}</hash>
    <pieces length="4" type="sha-256">
      <hash>{first}</hash>
      <hash>{last}</hash>
    </pieces>
    <url priority="1">https://a.example/x?grant=1&amp;y</url>
    <url priority="2">https://b.example/</url>
  </file>
</metalink>
"#
        );
        assert_eq!(document(&[file], 784_111_777), want);
    }

    #[test]
    fn names_cannot_lead_out_of_the_folder_or_out_of_the_attribute() {
        let chunks = chunks(b"");
        let named = |name| {
            let file = File {
                name,
                description: None,
                sha256: Sha256::of(b""),
                chunks: &chunks,
                urls: &[],
            };
            document(&[file], 0)
        };
        for (name, want) in [
            ("../../etc/passwd", "etc/passwd"),
            ("/a/./b", "a/b"),
            ("..\\a", "a"),
            ("a\"b'<", "a&quot;b&apos;&lt;"),
            ("a\n\u{1}b", "a&#10;\u{fffd}b"),
        ] {
            assert!(
                named(name).contains(&format!("<file name=\"{want}\">")),
                "{name}"
            );
        }
        assert!(!named("empty").contains("pieces"));
    }

    #[test]
    fn a_link_points_from_a_file_to_its_metalink() {
        assert_eq!(
            described_by("http://example.com/example.ext.meta4"),
            "<http://example.com/example.ext.meta4>; rel=describedby; type=\"application/metalink4+xml\""
        );
        assert_eq!(
            described_by("http://a/>\r\nX: \"\u{e9}"),
            "<http://a/%3E%0D%0AX:%20%22%C3%A9>; rel=describedby; type=\"application/metalink4+xml\""
        );
    }
}
