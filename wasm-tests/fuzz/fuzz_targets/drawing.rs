//! Any bytes as an SVG drawing: no panic, nothing endless, and what comes out is clean:
//! cleaned again it stays as it is, and has nothing that runs or calls out.
#![no_main]

use dropgate_drawing::{Metadata, cleaned};
use libfuzzer_sys::fuzz_target;
use xml::reader::{EventReader, XmlEvent};

const SVG: &str = "http://www.w3.org/2000/svg";
const RDF: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";

fuzz_target!(|data: &[u8]| {
    let Some(clean) = cleaned(data, Metadata::Keep) else {
        return;
    };
    let text = std::str::from_utf8(&clean).unwrap();
    assert_eq!(
        cleaned(&clean, Metadata::Keep).as_deref(),
        Some(&*clean),
        "{text}"
    );
    let mut is_metadata = false;
    for event in EventReader::new(&*clean) {
        match event.unwrap() {
            XmlEvent::StartElement {
                name, attributes, ..
            } => {
                is_metadata |= name.local_name == "metadata";
                assert!(
                    is_metadata || name.namespace.is_none_or(|namespace| namespace == SVG),
                    "{text}"
                );
                for word in [
                    "script",
                    "foreignobject",
                    "iframe",
                    "object",
                    "embed",
                    "handler",
                    "listener",
                ] {
                    assert!(!name.local_name.eq_ignore_ascii_case(word), "{text}");
                }
                for attribute in attributes {
                    let local = attribute.name.local_name.to_ascii_lowercase();
                    let value = attribute.value.trim();
                    assert!(!local.starts_with("on"), "{text}");
                    assert!(local != "href" || value.starts_with(['#', 'd']), "{text}");
                    match attribute.name.namespace.as_deref() {
                        None => assert!(!is_metadata, "{text}"),
                        Some(RDF) => {
                            assert!(is_metadata && ["", "Resource"].contains(&value), "{text}")
                        }
                        Some(_) => assert!(is_metadata && value == "x-default", "{text}"),
                    }
                }
            }
            XmlEvent::EndElement { name } => is_metadata &= name.local_name != "metadata",
            XmlEvent::StartDocument { .. }
            | XmlEvent::EndDocument
            | XmlEvent::Characters(_)
            | XmlEvent::Whitespace(_) => {}
            other => panic!("{other:?}: {text}"),
        }
    }
});
