//! An SVG drawing without what could run or call out.
//!
//! `svg-hush` lets through a list of elements and attributes, so that scripts,
//! handlers, links, foreign content, entities and comments are gone. It makes
//! references to other hosts references to this one; what is written here goes on to
//! take out all but references within the drawing and embedded PNG, JPEG and GIF.
//! What the drawing says about its rights is carried as text (`rights.rs`).

mod border;
mod references;
mod rights;
#[cfg(test)]
mod tests;

// Its allocator.
use dropgate_arena as _;
pub use rights::Metadata;
use rights::Rights;
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
pub fn cleaned(drawing: &[u8], metadata: Metadata) -> Option<Vec<u8>> {
    let mut state = State::new(metadata);
    let marked = rewritten(drawing, &mut state, marked)?;
    let mut filter = Filter::new();
    filter.set_data_url_filter(data_url_filter::allow_standard_images);
    let mut hushed = Bounded(Vec::new());
    filter.filter(&*marked, &mut hushed).ok()?;
    rewritten(&hushed.0, &mut state, strict)
}

type Writer<'a> = EventWriter<&'a mut Bounded>;

/// Reads elements and text, and has each of them written; there is nothing else in
/// what is written.
fn rewritten(
    drawing: &[u8],
    state: &mut State,
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
    let mut writer = EmitterConfig::new()
        .normalize_empty_elements(false)
        .create_writer(&mut out);
    for event in reader {
        write(&mut event.ok()?, state, &mut writer)?;
    }
    Some(out.0)
}

/// Where in a drawing the reader is, and what it has learned.
struct State {
    depth: usize,
    style: bool,
    rights: Rights,
    metadata: Metadata,
}

impl State {
    fn new(metadata: Metadata) -> Self {
        Self {
            depth: 0,
            style: false,
            rights: Rights::default(),
            metadata,
        }
    }
}

/// As it is but for its metadata, with SVG's elements in the namespace that needs no
/// prefix, and with a mark in front of every tag within the root.
fn marked(event: &mut Read, state: &mut State, writer: &mut Writer) -> Option<()> {
    let depth = state.depth;
    match event {
        Read::StartElement { .. } => state.depth += 1,
        Read::EndElement { .. } => state.depth -= 1,
        _ => {}
    }
    if state.depth > MOST_DEPTH {
        return None;
    }
    if state.rights.take(event, depth) {
        return Some(());
    }
    plain(event);
    match event {
        Read::StartElement { .. } if depth == 0 => {}
        Read::StartElement { .. } | Read::EndElement { .. } => writer
            .write(Write::characters(MARK.encode_utf8(&mut [0; 4])))
            .ok()?,
        Read::StartDocument { .. } | Read::Characters(_) | Read::Whitespace(_) => {}
        _ => return Some(()),
    }
    event
        .as_writer_event()
        .map_or(Some(()), |event| writer.write(event).ok())
}

/// Without its prefix, if it is of SVG: `svg-hush` takes that away, and the namespace
/// with it.
fn plain(event: &mut Read) {
    let (Read::StartElement { name, .. } | Read::EndElement { name }) = event else {
        return;
    };
    if name.namespace.as_deref() == Some(rights::SVG) {
        name.prefix = None;
        if let Read::StartElement { namespace, .. } = event {
            namespace.force_put("", rights::SVG);
        }
    }
}

/// With references within it only, and without marks; what it may say of itself comes
/// first.
fn strict(event: &mut Read, state: &mut State, writer: &mut Writer) -> Option<()> {
    let mut is_root = false;
    match event {
        Read::StartElement {
            name, attributes, ..
        } => {
            is_root = state.depth == 0;
            state.depth += 1;
            state.style = name.local_name == "style";
            attributes.retain_mut(|attribute| {
                if attribute.name.local_name == "href" {
                    return references::is_local(&attribute.value);
                }
                attribute.value = references::localised(attribute.value.trim());
                true
            });
        }
        Read::EndElement { .. } => {
            state.depth -= 1;
            state.style = false;
        }
        Read::Characters(text) | Read::Whitespace(text) => {
            text.retain(|letter| letter != MARK);
            if state.style {
                *text = references::localised(text);
            }
        }
        _ => {}
    }
    if let Some(event) = event.as_writer_event() {
        writer.write(event).ok()?;
    }
    if is_root {
        state.rights.write(state.metadata, writer)?;
    }
    Some(())
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
