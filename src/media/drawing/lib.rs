//! An SVG drawing without what could run or call out.
//!
//! `svg-hush` lets through a list of elements and attributes, so that scripts,
//! handlers, links, foreign content, entities and comments are gone. It makes
//! references to other hosts references to this one; what is written here goes on to
//! take out all but references within the drawing and embedded PNG, JPEG and GIF.

mod border;
mod references;
#[cfg(test)]
mod tests;

// Its allocator.
use dropgate_arena as _;
use svg_hush::{Filter, data_url_filter};
use xml::reader::XmlEvent as Read;
use xml::writer::XmlEvent as Write;
use xml::{EmitterConfig, EventWriter, ParserConfig};

/// A drawing that is larger when it is clean than this is a bomb: entities unfold.
const MOST_BYTES: usize = 16 * 1024 * 1024;

/// Elements within elements: browsers stop reading there, too, and what is deeper takes
/// time in squares.
const MOST_DEPTH: usize = 256;

/// What `svg-hush` writes between two tags unless there is text, which it would add to
/// the letters of a drawing. So there is text: a character for nobody's use.
const MARK: char = '\u{E0DD}';

/// The drawing without what could run or call out; `None` if it is no SVG, or broken.
#[must_use]
pub fn cleaned(drawing: &[u8]) -> Option<Vec<u8>> {
    let marked = rewritten(drawing, marked)?;
    let mut filter = Filter::new();
    filter.set_data_url_filter(data_url_filter::allow_standard_images);
    let mut hushed = Bounded(Vec::new());
    filter.filter(&*marked, &mut hushed).ok()?;
    rewritten(&hushed.0, strict)
}

type Writer<'a> = EventWriter<&'a mut Bounded>;

/// Reads elements and text, and has each of them written; there is nothing else in
/// what is written.
fn rewritten(
    drawing: &[u8],
    write: fn(&mut Read, &mut State, &mut Writer) -> Option<()>,
) -> Option<Vec<u8>> {
    let reader = ParserConfig::new()
        .cdata_to_characters(true)
        .ignore_comments(true)
        .max_attributes(200)
        .max_entity_expansion_depth(3)
        .max_name_length(1000)
        .create_reader(drawing);
    let mut out = Bounded(Vec::new());
    let mut writer = EmitterConfig::new().create_writer(&mut out);
    let mut state = State::default();
    for event in reader {
        write(&mut event.ok()?, &mut state, &mut writer)?;
    }
    Some(out.0)
}

/// Where in a drawing the reader is.
#[derive(Default)]
struct State {
    depth: usize,
    style: bool,
}

/// As it is, with a mark in front of every tag within the root.
fn marked(event: &mut Read, state: &mut State, writer: &mut Writer) -> Option<()> {
    match event {
        Read::StartElement { .. } => {
            if state.depth > 0 {
                writer
                    .write(Write::characters(MARK.encode_utf8(&mut [0; 4])))
                    .ok()?;
            }
            state.depth += 1;
            if state.depth > MOST_DEPTH {
                return None;
            }
        }
        Read::EndElement { .. } => {
            writer
                .write(Write::characters(MARK.encode_utf8(&mut [0; 4])))
                .ok()?;
            state.depth -= 1;
        }
        Read::StartDocument { .. } | Read::Characters(_) | Read::Whitespace(_) => {}
        _ => return Some(()),
    }
    event
        .as_writer_event()
        .map_or(Some(()), |event| writer.write(event).ok())
}

/// With references within it only, and without marks.
fn strict(event: &mut Read, state: &mut State, writer: &mut Writer) -> Option<()> {
    match event {
        Read::StartElement {
            name, attributes, ..
        } => {
            state.style = name.local_name == "style";
            attributes.retain_mut(|attribute| {
                if attribute.name.local_name == "href" {
                    return references::is_local(&attribute.value);
                }
                attribute.value = references::localised(&attribute.value);
                true
            });
        }
        Read::EndElement { .. } => state.style = false,
        Read::Characters(text) | Read::Whitespace(text) => {
            text.retain(|letter| letter != MARK);
            if state.style {
                *text = references::localised(text);
            }
        }
        _ => {}
    }
    event
        .as_writer_event()
        .map_or(Some(()), |event| writer.write(event).ok())
}

/// Bytes up to [`MOST_BYTES`].
struct Bounded(Vec<u8>);

impl std::io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.0.len() + bytes.len() > MOST_BYTES {
            return Err(std::io::ErrorKind::FileTooLarge.into());
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
