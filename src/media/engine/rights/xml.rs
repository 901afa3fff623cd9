//! As much of XML as an XMP packet needs: tags, attributes and texts in a row.

/// A piece of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// A start tag with its attributes; an empty element is followed by its end.
    Start(&'a str, Vec<(&'a str, String)>),
    /// An end tag.
    End(&'a str),
    /// What stands between tags.
    Text(String),
}

/// Cuts a document into pieces until its end or its first mistake.
pub(super) fn pieces(document: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = document;
    while let Some((before, from)) = rest.split_once('<') {
        if !before.trim().is_empty() {
            pieces.push(Piece::Text(unescape(before)));
        }
        let skipped = if from.starts_with("!--") { "-->" } else { ">" };
        let Some((tag, after)) = split_tag(from, skipped) else {
            break;
        };
        rest = after;
        if tag.starts_with(['!', '?']) {
            continue;
        }
        if let Some(name) = tag.strip_prefix('/') {
            pieces.push(Piece::End(name.trim()));
            continue;
        }
        let (tag, empty) = tag
            .strip_suffix('/')
            .map_or((tag, false), |tag| (tag, true));
        let (name, attributes) = tag.split_once(char::is_whitespace).unwrap_or((tag, ""));
        pieces.push(Piece::Start(name, read_attributes(attributes)));
        if empty {
            pieces.push(Piece::End(name));
        }
    }
    pieces
}

/// The inside of a tag, and what follows it. A `>` in a quoted value does not end it.
fn split_tag<'a>(from: &'a str, end: &str) -> Option<(&'a str, &'a str)> {
    if end != ">" {
        return from.split_once(end).map(|(_, after)| ("!", after));
    }
    let mut quote = None;
    for (place, character) in from.char_indices() {
        match (quote, character) {
            (None, '>') => {
                let (tag, after) = from.split_at_checked(place)?;
                return Some((tag, after.strip_prefix('>')?));
            }
            (None, '"' | '\'') => quote = Some(character),
            (Some(open), close) if open == close => quote = None,
            _ => {}
        }
    }
    None
}

fn read_attributes(mut rest: &str) -> Vec<(&str, String)> {
    let mut attributes = Vec::new();
    while let Some((name, from)) = rest.split_once('=') {
        let from = from.trim_start();
        let Some(quote) = from.chars().next().filter(|c| matches!(c, '"' | '\'')) else {
            break;
        };
        let Some((value, after)) = from
            .strip_prefix(quote)
            .and_then(|from| from.split_once(quote))
        else {
            break;
        };
        attributes.push((name.trim(), unescape(value)));
        rest = after;
    }
    attributes
}

/// The five entities of XML and numbered characters.
fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, from)) = rest.split_once('&') {
        out.push_str(before);
        let Some((entity, after)) = from.split_once(';').filter(|(entity, _)| entity.len() <= 8)
        else {
            out.push('&');
            rest = from;
            continue;
        };
        let number = entity
            .strip_prefix('#')
            .and_then(|number| match number.strip_prefix('x') {
                Some(hex) => u32::from_str_radix(hex, 16).ok(),
                None => number.parse().ok(),
            });
        match entity {
            "amp" => out.push('&'),
            "lt" => out.push('<'),
            "gt" => out.push('>'),
            "quot" => out.push('"'),
            "apos" => out.push('\''),
            _ => out.extend(number.and_then(char::from_u32)),
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

/// A text that can stand between tags or in a quoted value.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            // XML 1.0, 2.2: no other control character is allowed.
            '\t' | '\n' | '\r' => out.push(character),
            control if control < ' ' => {}
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_attributes_and_texts() {
        let found =
            pieces("<?xml?><!-- <no> --><a b='1 > 0' c=\"&lt;&#x41;&#66;\">x &amp; y<d/></a>");
        let attributes = vec![("b", "1 > 0".to_owned()), ("c", "<AB".to_owned())];
        let expected = [
            Piece::Start("a", attributes),
            Piece::Text("x & y".to_owned()),
            Piece::Start("d", vec![]),
            Piece::End("d"),
            Piece::End("a"),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn mistakes_end_the_reading() {
        for broken in [
            "<",
            "<a",
            "<a b=",
            "<a b='",
            "<!--",
            "&",
            "<a b=1>&;",
            "<a>&#xFFFFFF;&verylongentity;",
        ] {
            assert!(pieces(broken).len() <= 2, "{broken}");
        }
    }

    #[test]
    fn what_is_escaped_comes_back() {
        let text = "a<b>&\"c'\n é";
        assert_eq!(unescape(&escape(text)), text);
        assert_eq!(escape("\u{1}"), "");
    }
}
