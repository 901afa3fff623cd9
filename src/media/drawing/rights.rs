//! Whose drawing it is. `<metadata>` of the root goes with all that is in it; what it
//! says about creator, copyright, credit and licence (RDF, as Inkscape writes it with
//! Dublin Core and Creative Commons, or XMP, as Illustrator does) is written anew: as
//! text, in elements of ours, and nothing else of it.

use xml::name::OwnedName;
use xml::reader::XmlEvent as Read;
use xml::writer::XmlEvent as Write;
use xml::{attribute::OwnedAttribute, writer::events::StartElementBuilder};

use super::Writer;

/// Which facts about a drawing travel with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Metadata {
    /// None.
    None,
    /// Creator, copyright, licence and credit.
    Copyright,
    /// Its title, description, date and keywords, too.
    Keep,
}

pub const SVG: &str = "http://www.w3.org/2000/svg";
const RDF: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";
const DC: &str = "http://purl.org/dc/elements/1.1/";
const TERMS: &str = "http://purl.org/dc/terms/";
const CC: &str = "http://creativecommons.org/ns#";
/// What Creative Commons had before.
const OLD_CC: &str = "http://web.resource.org/cc/";
const XMP_RIGHTS: &str = "http://ns.adobe.com/xap/1.0/rights/";
const PHOTOSHOP: &str = "http://ns.adobe.com/photoshop/1.0/";
const PLUS: &str = "http://ns.useplus.org/ldf/xmp/1.0/";
const FOAF: &str = "http://xmlns.com/foaf/0.1/";

/// How a property is written (ISO 16684-1).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Text,
    Alternative,
    Ordered,
    Bag,
    Licensor,
}

/// A property: its name, how it is written, and under which names it is found.
type Property = (&'static str, Form, &'static [(&'static str, &'static str)]);

/// Those up to here say whose it is; the others are for `keep` alone.
const RIGHTS: usize = 6;

const PROPERTIES: [Property; 10] = [
    (
        "dc:creator",
        Form::Ordered,
        &[(DC, "creator"), (TERMS, "creator")],
    ),
    (
        "dc:rights",
        Form::Alternative,
        &[(DC, "rights"), (TERMS, "rights"), (TERMS, "rightsHolder")],
    ),
    (
        "photoshop:Credit",
        Form::Text,
        &[
            (PHOTOSHOP, "Credit"),
            (CC, "attributionName"),
            (OLD_CC, "attributionName"),
        ],
    ),
    (
        "xmpRights:WebStatement",
        Form::Text,
        &[
            (XMP_RIGHTS, "WebStatement"),
            (CC, "license"),
            (OLD_CC, "license"),
            (TERMS, "license"),
        ],
    ),
    (
        "xmpRights:UsageTerms",
        Form::Alternative,
        &[(XMP_RIGHTS, "UsageTerms")],
    ),
    ("plus:LicensorURL", Form::Licensor, &[(PLUS, "LicensorURL")]),
    ("dc:title", Form::Alternative, &[(DC, "title")]),
    ("dc:description", Form::Alternative, &[(DC, "description")]),
    (
        "photoshop:DateCreated",
        Form::Text,
        &[(PHOTOSHOP, "DateCreated"), (DC, "date")],
    ),
    ("dc:subject", Form::Bag, &[(DC, "subject")]),
];

/// As with pictures: longer texts are cut, more names and keywords are not carried.
const MAX_TEXT: usize = 2000;
const MAX_ITEMS: usize = 50;

/// What a drawing says of itself, and where in its metadata the reader is.
#[derive(Default)]
pub struct Rights {
    said: [Vec<String>; PROPERTIES.len()],
    /// How many elements deep within the metadata; 0 is outside.
    depth: usize,
    /// The depth of `rdf:RDF`.
    graph: Option<usize>,
    /// Whether the subject is a licence: who made that made no drawing.
    of_licence: bool,
    /// The property in reading, and its depth.
    property: Option<(usize, usize)>,
    text: String,
}

impl Rights {
    /// Takes what stands within the metadata of the root, and says whether it did.
    pub fn take(&mut self, event: &Read, depth: usize) -> bool {
        match event {
            Read::StartElement {
                name, attributes, ..
            } if self.depth > 0 || (depth == 1 && is(name, SVG, "metadata")) => {
                self.depth += 1;
                self.text.clear();
                self.start(name, attributes);
                true
            }
            _ if self.depth == 0 => false,
            Read::EndElement { name } => {
                self.end(name);
                self.depth -= 1;
                self.text.clear();
                true
            }
            Read::Characters(text) | Read::Whitespace(text) => {
                if self.property.is_some() && self.text.len() < 2 * MAX_TEXT {
                    self.text.push_str(text);
                }
                true
            }
            _ => true,
        }
    }

    fn start(&mut self, name: &OwnedName, attributes: &[OwnedAttribute]) {
        let within = self.graph.map_or(0, |graph| self.depth - graph);
        if let Some((property, _)) = self.property {
            let is_licence = name.local_name == "License";
            for attribute in attributes {
                if has_text(&attribute.name) || (is_licence && is(&attribute.name, RDF, "about")) {
                    self.set(property, &attribute.value);
                }
            }
        } else if self.graph.is_none() {
            self.graph = is(name, RDF, "RDF").then_some(self.depth);
        } else if within == 1 {
            self.of_licence = name.local_name == "License";
            if !self.of_licence {
                for attribute in attributes {
                    if let Some(property) = known(&attribute.name) {
                        self.set(property, &attribute.value);
                    }
                }
            }
        } else if !self.of_licence
            && let Some(property) = known(name)
            // A licensor is a structure; its address counts wherever it is nested.
            && (within == 2 || is(name, PLUS, "LicensorURL"))
        {
            self.property = Some((property, self.depth));
            let reference = |attribute: &&OwnedAttribute| is(&attribute.name, RDF, "resource");
            if let Some(reference) = attributes.iter().find(reference) {
                self.set(property, &reference.value);
            }
        }
    }

    fn end(&mut self, name: &OwnedName) {
        if let Some((property, depth)) = self.property {
            if depth == self.depth || has_text(name) {
                let text = std::mem::take(&mut self.text);
                self.set(property, &text);
            }
            if depth == self.depth {
                self.property = None;
            }
        }
        if self.graph == Some(self.depth) {
            self.graph = None;
        }
    }

    /// Takes a value. Of alternatives, the first counts.
    fn set(&mut self, property: usize, value: &str) {
        let value = tidy(value);
        let form = PROPERTIES.get(property).map(|(_, form, _)| *form);
        let most = match form {
            Some(Form::Ordered | Form::Bag) => MAX_ITEMS,
            _ => 1,
        };
        if let Some(said) = self.said.get_mut(property)
            && said.len() < most
            && !value.is_empty()
            && !said.contains(&value)
        {
            said.push(value);
        }
    }

    /// Writes what may travel.
    pub fn write(&self, metadata: Metadata, writer: &mut Writer) -> Option<()> {
        let count = match metadata {
            Metadata::None => 0,
            Metadata::Copyright => RIGHTS,
            Metadata::Keep => PROPERTIES.len(),
        };
        let said = PROPERTIES.iter().zip(&self.said).take(count);
        let said: Vec<_> = said.filter(|(_, values)| !values.is_empty()).collect();
        if said.is_empty() {
            return Some(());
        }
        let mut out = Out(writer);
        out.open(Write::start_element("metadata").default_ns(SVG))?;
        out.open(Write::start_element("rdf:RDF").ns("rdf", RDF))?;
        let about = Write::start_element("rdf:Description").attr("rdf:about", "");
        let about = about.ns("dc", DC).ns("photoshop", PHOTOSHOP);
        out.open(about.ns("plus", PLUS).ns("xmpRights", XMP_RIGHTS))?;
        for ((name, form, _), values) in said {
            out.property(name, *form, values)?;
        }
        (0..3).try_for_each(|_| out.close())
    }
}

/// A text on one line, no longer than it may be.
fn tidy(text: &str) -> String {
    let mut text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let end = (0..=MAX_TEXT.min(text.len()))
        .rev()
        .find(|&end| text.is_char_boundary(end));
    text.truncate(end.unwrap_or(0));
    text.truncate(text.trim_end().len());
    text
}

fn is(name: &OwnedName, namespace: &str, local: &str) -> bool {
    name.local_name == local && name.namespace.as_deref() == Some(namespace)
}

fn known(name: &OwnedName) -> Option<usize> {
    PROPERTIES.iter().position(|(_, _, names)| {
        let mut names = names.iter();
        names.any(|(namespace, local)| is(name, namespace, local))
    })
}

/// What holds the text of a property: members of its list, and names of whom it names.
fn has_text(name: &OwnedName) -> bool {
    const HOLDERS: [(&str, &str); 5] = [
        (RDF, "li"),
        (RDF, "value"),
        (DC, "title"),
        (TERMS, "title"),
        (FOAF, "name"),
    ];
    let mut holders = HOLDERS.iter();
    holders.any(|(namespace, local)| is(name, namespace, local))
}

/// Writes elements and text.
struct Out<'a, 'b>(&'a mut Writer<'b>);

impl Out<'_, '_> {
    fn open(&mut self, element: StartElementBuilder<'_>) -> Option<()> {
        self.0.write(element).ok()
    }

    fn close(&mut self) -> Option<()> {
        self.0.write(Write::end_element()).ok()
    }

    fn text(&mut self, element: StartElementBuilder<'_>, text: &str) -> Option<()> {
        self.open(element)?;
        self.0.write(Write::characters(text)).ok()?;
        self.close()
    }

    fn property(&mut self, name: &str, form: Form, values: &[String]) -> Option<()> {
        let list = match form {
            Form::Text => {
                let value = values.first()?;
                return self.text(Write::start_element(name), value);
            }
            Form::Alternative => "rdf:Alt",
            Form::Ordered | Form::Licensor => "rdf:Seq",
            Form::Bag => "rdf:Bag",
        };
        let outer = if form == Form::Licensor {
            "plus:Licensor"
        } else {
            name
        };
        self.open(Write::start_element(outer))?;
        self.open(Write::start_element(list))?;
        for value in values {
            let item = Write::start_element("rdf:li");
            match form {
                Form::Alternative => self.text(item.attr("xml:lang", "x-default"), value)?,
                Form::Licensor => {
                    self.open(item.attr("rdf:parseType", "Resource"))?;
                    self.text(Write::start_element(name), value)?;
                    self.close()?;
                }
                _ => self.text(item, value)?,
            }
        }
        self.close()?;
        self.close()
    }
}
