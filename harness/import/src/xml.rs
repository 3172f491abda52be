//! XML without document types, within limits: elements, their text, and where they begin.

use std::sync::Arc;

use fixgate_core::problem::{Problem, Source};
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use crate::lines::problem;

/// The most elements around another.
const DEEPEST: usize = 64;
/// The most attributes of an element.
const MOST_ATTRIBUTES: usize = 100;

/// The beginning of an element.
#[derive(Debug)]
pub(crate) struct Element {
    pub(crate) name: String,
    attributes: Vec<(String, String)>,
    /// The byte at which it begins.
    pub(crate) at: usize,
}

impl Element {
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// An attribute's value; empty where it has none.
    pub(crate) fn text(&self, name: &str) -> String {
        self.get(name).unwrap_or_default().to_owned()
    }

    /// A number; none where there is no sensible one.
    pub(crate) fn number(&self, name: &str) -> Option<u64> {
        self.get(name)?.trim().parse().ok()
    }
}

/// What comes next.
#[derive(Debug)]
pub(crate) enum Node {
    Open(Element),
    Text(String),
    Close,
}

/// A document, read from its beginning to its end.
pub(crate) struct Xml<'s> {
    source: &'s Arc<Source>,
    reader: Reader<&'s [u8]>,
    depth: usize,
}

impl<'s> Xml<'s> {
    /// The document's root element.
    pub(crate) fn open(source: &'s Arc<Source>) -> Result<(Self, Element), Problem> {
        if let Some(at) = source.text.find(is_forbidden) {
            let letter = u32::from(source.text[at..].chars().next().unwrap_or_default());
            let message =
                format!("the character U+{letter:04X} is not allowed in XML, so no reader can tell what this file says");
            return Err(problem(source, at, message).help("let the program that writes it leave such characters out"));
        }
        let mut reader = Reader::from_str(&source.text);
        let config = reader.config_mut();
        config.expand_empty_elements = true;
        config.check_comments = true;
        let mut xml = Self { source, reader, depth: 0 };
        match xml.next()? {
            Some(Node::Open(root)) => Ok((xml, root)),
            _ => Err(problem(source, 0, "there is no element in it")),
        }
    }

    pub(crate) fn source(&self) -> &'s Arc<Source> {
        self.source
    }

    /// What comes next; none after the root element, when nothing follows it that may not.
    pub(crate) fn next(&mut self) -> Result<Option<Node>, Problem> {
        loop {
            let at = self.reader.buffer_position() as usize;
            let source = self.source;
            let event = self.reader.read_event().map_err(|reason| {
                let at = self.reader.error_position() as usize;
                problem(source, at, format!("this is not well-formed XML: {reason}")).help(CUT_OFF)
            })?;
            match event {
                Event::Start(start) => {
                    self.depth += 1;
                    if self.depth > DEEPEST {
                        return Err(problem(source, at, format!("more than {DEEPEST} elements stand one in another")));
                    }
                    return self.element(&start, at).map(|element| Some(Node::Open(element)));
                }
                Event::End(_) => {
                    self.depth -= 1;
                    if self.depth == 0 {
                        self.end()?;
                    }
                    return Ok(Some(Node::Close));
                }
                Event::Text(text) if self.depth > 0 => return Ok(Some(Node::Text(text.xml10_content().into_owned()))),
                Event::CData(text) if self.depth > 0 => return Ok(Some(Node::Text(text.xml10_content().into_owned()))),
                Event::GeneralRef(reference) if self.depth > 0 => {
                    let named = resolve_predefined_entity(&reference).map(str::to_owned);
                    let numbered = reference.resolve_char_ref().ok().flatten().filter(|letter| !is_forbidden(*letter));
                    match named.or_else(|| numbered.map(String::from)) {
                        Some(text) => return Ok(Some(Node::Text(text))),
                        None => return Err(unresolved(source, at)),
                    }
                }
                Event::Text(text) if text.trim().is_empty() => {}
                Event::DocType(_) => {
                    let message = "a document type is not read: it can make any text of any other";
                    return Err(problem(source, at, message).help("write the file without <!DOCTYPE …>"));
                }
                Event::Text(_) | Event::CData(_) | Event::GeneralRef(_) => {
                    let rest = &source.text[at..];
                    let at = at + rest.len() - rest.trim_start().len();
                    return Err(problem(source, at, "there is text outside of the root element"));
                }
                Event::Eof if self.depth > 0 => {
                    return Err(problem(source, at, "the file ends within an element: it was cut off").help(CUT_OFF));
                }
                Event::Eof => return Ok(None),
                Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            }
        }
    }

    /// Nothing but comments follows the root element.
    fn end(&mut self) -> Result<(), Problem> {
        let at = self.reader.buffer_position() as usize;
        match self.next()? {
            None => Ok(()),
            Some(_) => Err(problem(self.source, at, "another element follows the root element")
                .help("several reports were written into one file: give each a file of its own")),
        }
    }

    /// The text of the element that was just opened, with that of the elements in it.
    pub(crate) fn content(&mut self) -> Result<String, Problem> {
        let (mut text, mut depth) = (String::new(), 1);
        while depth > 0 {
            match self.next()? {
                Some(Node::Open(_)) => depth += 1,
                Some(Node::Text(part)) => text.push_str(&part),
                Some(Node::Close) => depth -= 1,
                None => break,
            }
        }
        Ok(text)
    }

    fn element(&self, start: &BytesStart<'_>, at: usize) -> Result<Element, Problem> {
        let refused =
            |reason: &dyn std::fmt::Display| problem(self.source, at, format!("this element is not well-formed: {reason}"));
        let mut attributes = Vec::new();
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|reason| refused(&reason))?;
            if attributes.len() == MOST_ATTRIBUTES {
                return Err(problem(self.source, at, format!("this element has more than {MOST_ATTRIBUTES} attributes")));
            }
            let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|reason| refused(&reason))?;
            if value.contains(is_forbidden) {
                return Err(unresolved(self.source, at));
            }
            attributes.push((local(attribute.key.as_ref()).to_owned(), value.into_owned()));
        }
        Ok(Element { name: local(start.name().as_ref()).to_owned(), attributes, at })
    }
}

const CUT_OFF: &str = "the program that writes it did not come to its end, or wrote into it what is no XML";

fn unresolved(source: &Arc<Source>, at: usize) -> Problem {
    problem(source, at, "this refers to an entity that is not there, or to a character that XML does not allow")
}

/// The characters that no XML document may have.
fn is_forbidden(letter: char) -> bool {
    matches!(letter, '\0'..='\u{8}' | '\u{B}' | '\u{C}' | '\u{E}'..='\u{1F}' | '\u{FFFE}' | '\u{FFFF}')
}

/// A name without its prefix.
fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

/// The name of the first element, as far as a glance tells.
pub(crate) fn root(text: &str) -> Option<&str> {
    let mut rest = text;
    loop {
        rest = rest[rest.find('<')?..].strip_prefix('<')?;
        if !rest.starts_with(['?', '!']) {
            let end = rest.find(|letter: char| letter.is_whitespace() || matches!(letter, '>' | '/')).unwrap_or(rest.len());
            return Some(local(&rest[..end]));
        }
    }
}
