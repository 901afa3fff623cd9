//! XMP (ISO 16684-1): the properties that say whose picture it is.

use std::fmt::Write as _;

use super::Statement;
use super::xml::{Piece, escape, pieces};

/// Reads the properties, as elements or as attributes of a description. Their usual
/// prefixes are taken for their namespaces, as every writer uses them.
pub(super) fn read(packet: &[u8]) -> Statement {
    let document = String::from_utf8_lossy(packet);
    let mut statement = Statement::default();
    let mut property: Option<&str> = None;
    let mut depth = 0_usize;
    for piece in pieces(&document) {
        match piece {
            Piece::Start("rdf:Description", attributes) if depth == 0 => {
                for (name, value) in &attributes {
                    statement.set(name, value);
                }
            }
            Piece::Start(name, attributes) => {
                if depth == 0 && is_known(name) {
                    property = Some(name);
                } else if property.is_none() {
                    // A licensor is a structure; its fields count wherever it is nested.
                    attributes
                        .iter()
                        .filter(|(name, _)| *name == LICENSOR_URL)
                        .for_each(|(name, value)| {
                            statement.set(name, value);
                        });
                }
                depth += usize::from(property.is_some());
            }
            Piece::End(_) => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    property = None;
                }
            }
            Piece::Text(value) => {
                if let Some(property) = property {
                    statement.set(property, &value);
                }
            }
        }
    }
    statement
}

const LICENSOR_URL: &str = "plus:LicensorURL";

fn is_known(name: &str) -> bool {
    matches!(
        name,
        "dc:creator"
            | "dc:rights"
            | "dc:title"
            | "dc:description"
            | "dc:subject"
            | "photoshop:Credit"
            | "photoshop:DateCreated"
            | "xmpRights:WebStatement"
            | "xmpRights:UsageTerms"
            | "cc:license"
            | LICENSOR_URL
    )
}

impl Statement {
    /// Takes a property. Of alternatives, the first language counts.
    fn set(&mut self, name: &str, value: &str) {
        let value = value.trim();
        if value.is_empty() {
            return;
        }
        let place = match name {
            "dc:creator" => return self.creators.push(value.to_owned()),
            "dc:subject" => return self.keywords.push(value.to_owned()),
            "dc:rights" => &mut self.copyright,
            "dc:title" => &mut self.title,
            "dc:description" => &mut self.description,
            "photoshop:Credit" => &mut self.credit,
            "photoshop:DateCreated" => &mut self.created,
            "xmpRights:WebStatement" | "cc:license" => &mut self.licence,
            "xmpRights:UsageTerms" => &mut self.terms,
            LICENSOR_URL => &mut self.licensor,
            _ => return,
        };
        if place.is_none() {
            *place = Some(value.to_owned());
        }
    }
}

/// A packet; nothing when there is nothing to say.
pub(super) fn write(statement: &Statement) -> Option<Vec<u8>> {
    if *statement == Statement::default() {
        return None;
    }
    let mut out = String::from(concat!(
        "<?xpacket begin=\"\u{feff}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>",
        "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">",
        "<rdf:Description rdf:about=\"\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\"",
        " xmlns:photoshop=\"http://ns.adobe.com/photoshop/1.0/\"",
        " xmlns:xmpRights=\"http://ns.adobe.com/xap/1.0/rights/\"",
        " xmlns:plus=\"http://ns.useplus.org/ldf/xmp/1.0/\">",
    ));
    list(&mut out, "dc:creator", "Seq", &statement.creators);
    alternative(&mut out, "dc:rights", statement.copyright.as_deref());
    alternative(&mut out, "dc:title", statement.title.as_deref());
    alternative(&mut out, "dc:description", statement.description.as_deref());
    list(&mut out, "dc:subject", "Bag", &statement.keywords);
    simple(&mut out, "photoshop:Credit", statement.credit.as_deref());
    simple(
        &mut out,
        "photoshop:DateCreated",
        statement.created.as_deref(),
    );
    simple(
        &mut out,
        "xmpRights:WebStatement",
        statement.licence.as_deref(),
    );
    alternative(&mut out, "xmpRights:UsageTerms", statement.terms.as_deref());
    if let Some(url) = &statement.licensor {
        out.push_str("<plus:Licensor><rdf:Seq><rdf:li rdf:parseType=\"Resource\">");
        simple(&mut out, LICENSOR_URL, Some(url));
        out.push_str("</rdf:li></rdf:Seq></plus:Licensor>");
    }
    out.push_str("</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end=\"r\"?>");
    Some(out.into_bytes())
}

fn simple(out: &mut String, name: &str, value: Option<&str>) {
    if let Some(value) = value {
        let _ = write!(out, "<{name}>{}</{name}>", escape(value));
    }
}

fn alternative(out: &mut String, name: &str, value: Option<&str>) {
    if let Some(value) = value {
        let value = escape(value);
        let _ = write!(
            out,
            "<{name}><rdf:Alt><rdf:li xml:lang=\"x-default\">{value}</rdf:li></rdf:Alt></{name}>"
        );
    }
}

fn list(out: &mut String, name: &str, kind: &str, values: &[String]) {
    if !values.is_empty() {
        let _ = write!(out, "<{name}><rdf:{kind}>");
        for value in values {
            simple(out, "rdf:li", Some(value));
        }
        let _ = write!(out, "</rdf:{kind}></{name}>");
    }
}
