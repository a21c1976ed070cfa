//! A view of the XML parser's events that knows only elements and text.

use xml::common::Position as _;
use xml::reader::{ErrorKind, EventReader, ParserConfig, XmlEvent};

use super::prolog;
use crate::{Error, Limits, Position};

/// Bytes of an element's or attribute's name that the parser accepts; the longest of
/// XML-RPC's own is `dateTime.iso8601`.
const MAX_TAG: usize = 256;

/// Attributes of one element; XML-RPC has none, namespace declarations are a few.
const MAX_ATTRIBUTES: usize = 16;

/// Bytes of one attribute.
const MAX_ATTRIBUTE: usize = 1024;

/// One thing in the document.
pub(super) enum Item {
    /// `<tag>`, without its prefix.
    Open(String),
    /// `</tag>`.
    Close,
    /// Character data.
    Text(String),
    /// The end of the document.
    End,
}

pub(super) struct Cursor<'d> {
    events: EventReader<&'d [u8]>,
    values_left: usize,
    limits: &'d Limits,
}

impl<'d> Cursor<'d> {
    pub(super) fn new(document: &'d [u8], limits: &'d Limits) -> Result<Self, Error> {
        if document.len() > limits.bytes {
            return Err(Error::TooMuch {
                limit: "bytes",
                max: limits.bytes,
            });
        }
        if prolog::has_doctype(document) {
            return Err(Error::Doctype);
        }
        let mut config = ParserConfig::new()
            .cdata_to_characters(true)
            .whitespace_to_characters(true)
            .allow_multiple_root_elements(false);
        config.max_name_length = MAX_TAG;
        config.max_attributes = MAX_ATTRIBUTES;
        config.max_attribute_length = MAX_ATTRIBUTE;
        // UTF-16 and ISO-8859-1 grow when they become UTF-8, to no more than double.
        config.max_data_length = limits.bytes.saturating_mul(2);
        Ok(Cursor {
            events: EventReader::new_with_config(document, config),
            values_left: limits.values,
            limits,
        })
    }

    /// The next item; comments and processing instructions are passed over.
    pub(super) fn next(&mut self) -> Result<Item, Error> {
        loop {
            return Ok(match self.events.next().map_err(syntax)? {
                XmlEvent::StartElement { name, .. } => Item::Open(name.local_name),
                XmlEvent::EndElement { .. } => Item::Close,
                XmlEvent::Characters(text) | XmlEvent::CData(text) | XmlEvent::Whitespace(text) => {
                    Item::Text(text)
                }
                XmlEvent::EndDocument => Item::End,
                XmlEvent::Doctype { .. } => return Err(Error::Doctype),
                XmlEvent::StartDocument { .. }
                | XmlEvent::ProcessingInstruction { .. }
                | XmlEvent::Comment(_) => continue,
            });
        }
    }

    /// The next item but white space.
    pub(super) fn solid(&mut self) -> Result<Item, Error> {
        loop {
            match self.next()? {
                Item::Text(text) if is_blank(&text) => {}
                item => return Ok(item),
            }
        }
    }

    /// The opening of one given child.
    pub(super) fn open(&mut self, tag: &str, expected: &'static str) -> Result<(), Error> {
        match self.solid()? {
            Item::Open(found) if found == tag => Ok(()),
            other => Err(self.unexpected(expected, other)),
        }
    }

    /// The next child's tag, or `None` at the end of the parent.
    pub(super) fn child(&mut self, expected: &'static str) -> Result<Option<String>, Error> {
        match self.solid()? {
            Item::Open(tag) => Ok(Some(tag)),
            Item::Close => Ok(None),
            other => Err(self.unexpected(expected, other)),
        }
    }

    /// The end of the element that is open.
    pub(super) fn close(&mut self, expected: &'static str) -> Result<(), Error> {
        match self.solid()? {
            Item::Close => Ok(()),
            other => Err(self.unexpected(expected, other)),
        }
    }

    /// The end of the document.
    pub(super) fn end(&mut self) -> Result<(), Error> {
        match self.solid()? {
            Item::End => Ok(()),
            other => Err(self.unexpected("the end of the document", other)),
        }
    }

    /// The text of the element that is open, and its end.
    pub(super) fn text(&mut self) -> Result<String, Error> {
        let mut all = String::new();
        loop {
            match self.next()? {
                Item::Text(text) if all.is_empty() => all = text,
                Item::Text(text) => all.push_str(&text),
                Item::Close => return Ok(all),
                other => return Err(self.unexpected("text", other)),
            }
        }
    }

    /// The text of the element that is open, as a name within its limit.
    pub(super) fn name(&mut self) -> Result<String, Error> {
        let name = self.text()?;
        if name.len() > self.limits.name {
            return Err(Error::TooMuch {
                limit: "name",
                max: self.limits.name,
            });
        }
        Ok(name)
    }

    /// Counts a value at `depth`.
    pub(super) fn count_value(&mut self, depth: usize) -> Result<(), Error> {
        if depth > self.limits.depth {
            return Err(Error::TooMuch {
                limit: "depth",
                max: self.limits.depth,
            });
        }
        match self.values_left.checked_sub(1) {
            Some(left) => self.values_left = left,
            None => {
                return Err(Error::TooMuch {
                    limit: "values",
                    max: self.limits.values,
                });
            }
        }
        Ok(())
    }

    pub(super) fn position(&self) -> Position {
        let at = self.events.position();
        Position::new(at.row() + 1, at.column() + 1)
    }

    pub(super) fn error(&self, expected: &'static str, found: String) -> Error {
        Error::Unexpected {
            at: self.position(),
            expected,
            found,
        }
    }

    pub(super) fn unexpected(&self, expected: &'static str, found: Item) -> Error {
        let found = match found {
            Item::Open(tag) => format!("<{tag}>"),
            Item::Close => "the end of the element".to_owned(),
            Item::Text(text) => format!("the text {:?}", beginning(&text)),
            Item::End => "the end of the document".to_owned(),
        };
        self.error(expected, found)
    }
}

/// White space as XML has it.
pub(super) fn is_blank(text: &str) -> bool {
    text.bytes()
        .all(|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n'))
}

/// The first 40 characters, for an error.
pub(super) fn beginning(text: &str) -> String {
    let mut chars = text.chars();
    let mut cut: String = chars.by_ref().take(40).collect();
    if chars.next().is_some() {
        cut.push('…');
    }
    cut
}

fn syntax(error: xml::reader::Error) -> Error {
    if let ErrorKind::Syntax(reason) = error.kind()
        && let Some(name) = reason.strip_prefix("Unsupported encoding: ")
    {
        return Error::UnsupportedEncoding {
            name: beginning(name),
        };
    }
    let reason = match error.kind() {
        ErrorKind::Syntax(reason) => reason.to_string(),
        ErrorKind::Utf8(reason) => reason.to_string(),
        ErrorKind::UnexpectedEof => "the document ends too early".to_owned(),
        other => format!("{other:?}"),
    };
    let at = error.position();
    Error::NotWellFormed {
        at: Position::new(at.row() + 1, at.column() + 1),
        reason,
    }
}
