//! A view of the XML parser's events that knows only elements and text.

use std::borrow::Cow;

use xml::common::Position as _;
use xml::reader::{ErrorKind, EventReader, ParserConfig, XmlEvent};

use super::parser_input::{PLACEHOLDER, ParserInput};
use crate::error::excerpt;
use crate::limits::{Limit, Limits};
use crate::{Error, Position};

/// Bytes of an element's or attribute's name that the parser accepts; the longest of
/// XML-RPC's own is `dateTime.iso8601`.
const MAX_TAG: usize = 256;

/// Attributes of one element; XML-RPC has none, namespace declarations are a few.
const MAX_ATTRIBUTES: usize = 16;

/// Bytes of one attribute.
const MAX_ATTRIBUTE: usize = 1024;

/// One thing in the document.
pub(super) enum Token<'s> {
    /// `<tag>`, without its prefix.
    Start(String),
    /// `</tag>`.
    End,
    /// Character data.
    Text(Cow<'s, str>),
    /// The end of the document.
    Eof,
}

pub(super) struct Cursor<'s> {
    source: &'s ParserInput<'s>,
    events: EventReader<&'s [u8]>,
    values_left: usize,
    limits: &'s Limits,
}

impl<'s> Cursor<'s> {
    pub(super) fn new(source: &'s ParserInput<'s>, limits: &'s Limits) -> Self {
        let mut config = ParserConfig::new()
            .cdata_to_characters(true)
            .whitespace_to_characters(true)
            .allow_multiple_root_elements(false)
            // Whatever it declares, the source has made it UTF-8.
            .override_encoding(Some(xml::Encoding::Utf8))
            .ignore_invalid_encoding_declarations(true);
        config.max_name_length = MAX_TAG;
        config.max_attributes = MAX_ATTRIBUTES;
        config.max_attribute_length = MAX_ATTRIBUTE;
        config.max_data_length = source.xml().len();
        Cursor {
            source,
            events: EventReader::new_with_config(source.xml().as_bytes(), config),
            values_left: limits.values,
            limits,
        }
    }

    /// The next item; comments and processing instructions are passed over.
    pub(super) fn next(&mut self) -> Result<Token<'s>, Error> {
        loop {
            let event = match self.events.next() {
                Ok(event) => event,
                Err(error) => return Err(self.syntax(&error)),
            };
            return Ok(match event {
                XmlEvent::StartElement { name, .. } => Token::Start(name.local_name),
                XmlEvent::EndElement { .. } => Token::End,
                XmlEvent::Characters(text) | XmlEvent::CData(text) | XmlEvent::Whitespace(text) => {
                    Token::Text(Cow::Owned(text))
                }
                XmlEvent::EndDocument => Token::Eof,
                XmlEvent::Doctype { .. } => return Err(Error::Doctype),
                XmlEvent::ProcessingInstruction { name, data } if name == PLACEHOLDER => {
                    let number = data.unwrap_or_default();
                    match self.source.run(&number) {
                        Some(run) => Token::Text(with_line_feeds(run)),
                        None => continue,
                    }
                }
                XmlEvent::StartDocument { .. }
                | XmlEvent::ProcessingInstruction { .. }
                | XmlEvent::Comment(_) => continue,
            });
        }
    }

    /// The next item but white space.
    pub(super) fn next_non_blank(&mut self) -> Result<Token<'s>, Error> {
        loop {
            match self.next()? {
                Token::Text(text) if is_blank(&text) => {}
                item => return Ok(item),
            }
        }
    }

    /// The opening of one given child.
    pub(super) fn expect_start(&mut self, tag: &str, expected: &'static str) -> Result<(), Error> {
        match self.next_non_blank()? {
            Token::Start(found) if found == tag => Ok(()),
            other => Err(self.unexpected(expected, other)),
        }
    }

    /// The next child's tag, or `None` at the end of the parent.
    pub(super) fn next_child(&mut self, expected: &'static str) -> Result<Option<String>, Error> {
        match self.next_non_blank()? {
            Token::Start(tag) => Ok(Some(tag)),
            Token::End => Ok(None),
            other => Err(self.unexpected(expected, other)),
        }
    }

    /// The end of the element that is open.
    pub(super) fn expect_end(&mut self, expected: &'static str) -> Result<(), Error> {
        match self.next_non_blank()? {
            Token::End => Ok(()),
            other => Err(self.unexpected(expected, other)),
        }
    }

    /// The end of the document.
    pub(super) fn expect_eof(&mut self) -> Result<(), Error> {
        match self.next_non_blank()? {
            Token::Eof => Ok(()),
            other => Err(self.unexpected("the end of the document", other)),
        }
    }

    /// The text of the element that is open, and its end.
    pub(super) fn read_text(&mut self) -> Result<Cow<'s, str>, Error> {
        let mut all = Cow::Borrowed("");
        loop {
            match self.next()? {
                Token::Text(text) => append(&mut all, text),
                Token::End => return Ok(all),
                other => return Err(self.unexpected("text", other)),
            }
        }
    }

    /// The text of the element that is open, as a name within its limit.
    pub(super) fn read_name(&mut self) -> Result<String, Error> {
        let name = self.read_text()?;
        within(Limit::Name, name.len(), self.limits.name)?;
        Ok(name.into_owned())
    }

    /// Checks the length of a string, or of what a scalar's text gave.
    pub(super) fn check_string(&self, bytes: usize) -> Result<(), Error> {
        within(Limit::String, bytes, self.limits.string)
    }

    /// Counts a value at `depth`.
    pub(super) fn count_value(&mut self, depth: usize) -> Result<(), Error> {
        within(Limit::Depth, depth, self.limits.effective_depth())?;
        self.values_left = self
            .values_left
            .checked_sub(1)
            .ok_or(Error::LimitExceeded {
                limit: Limit::Values,
                max: self.limits.values,
            })?;
        Ok(())
    }

    pub(super) fn position(&self) -> Position {
        let at = self.events.position();
        self.source.locate(at.row(), at.column())
    }

    pub(super) fn error(&self, expected: &'static str, found: String) -> Error {
        Error::Unexpected {
            at: self.position(),
            path: String::new(),
            expected,
            found,
        }
    }

    pub(super) fn unexpected(&self, expected: &'static str, found: Token<'_>) -> Error {
        let found = match found {
            Token::Start(tag) => format!("<{tag}>"),
            Token::End => "the end of the element".to_owned(),
            Token::Text(text) => format!("the text {:?}", excerpt(&text)),
            Token::Eof => "the end of the document".to_owned(),
        };
        self.error(expected, found)
    }

    fn syntax(&self, error: &xml::reader::Error) -> Error {
        let reason = match error.kind() {
            ErrorKind::Syntax(reason) => reason.to_string(),
            ErrorKind::Utf8(reason) => reason.to_string(),
            ErrorKind::UnexpectedEof => "the document ends too early".to_owned(),
            other => format!("{other:?}"),
        };
        let at = error.position();
        Error::NotWellFormed {
            at: self.source.locate(at.row(), at.column()),
            reason,
        }
    }
}

fn within(limit: Limit, found: usize, max: usize) -> Result<(), Error> {
    if found > max {
        return Err(Error::LimitExceeded { limit, max });
    }
    Ok(())
}

/// Appends without a copy where there was nothing yet.
pub(super) fn append<'s>(all: &mut Cow<'s, str>, text: Cow<'s, str>) {
    if all.is_empty() {
        *all = text;
    } else {
        all.to_mut().push_str(&text);
    }
}

/// Lines end with a line feed, whatever they ended with (XML 1.0, section 2.11).
fn with_line_feeds(run: &str) -> Cow<'_, str> {
    if run.contains('\r') {
        Cow::Owned(run.replace("\r\n", "\n").replace('\r', "\n"))
    } else {
        Cow::Borrowed(run)
    }
}

/// White space as XML has it.
pub(super) fn is_blank(text: &str) -> bool {
    text.bytes()
        .all(|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n'))
}
