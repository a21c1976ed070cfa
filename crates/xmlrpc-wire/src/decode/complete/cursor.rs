//! The parser's events as tags and text.

use std::borrow::Cow;

use xml::common::Position as _;
use xml::reader::{ErrorKind, EventReader, ParserConfig, XmlEvent};

use crate::decode::complete::parser_input::{PLACEHOLDER, ParserInput};
use crate::decode::complete::prolog::{self, BLANKS};
use crate::error::{Error, Position, excerpt};
use crate::limits::{Limit, Limits};

/// The most bytes of an element's or attribute's name that the parser accepts. XML-RPC's
/// longest is `dateTime.iso8601`.
const MAX_TAG: usize = 256;

/// The most attributes of one element. XML-RPC has none; namespace declarations are a few.
const MAX_ATTRIBUTES: usize = 16;

/// The most bytes of one attribute.
const MAX_ATTRIBUTE: usize = 1024;

/// A tag, a text, or the document's end.
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

/// The place in the document up to which it has been read.
pub(super) struct Cursor<'s> {
    input: &'s ParserInput<'s>,
    events: EventReader<&'s [u8]>,
    /// `limits.values` less the values that have begun.
    values_left: usize,
    limits: &'s Limits,
}

impl<'s> Cursor<'s> {
    /// Creates a cursor before the document's first token.
    pub(super) fn new(input: &'s ParserInput<'s>, limits: &'s Limits) -> Self {
        let mut config = ParserConfig::new()
            .cdata_to_characters(true)
            .whitespace_to_characters(true)
            .allow_multiple_root_elements(false)
            // The input is UTF-8 whatever the document declares.
            .override_encoding(Some(xml::Encoding::Utf8))
            .ignore_invalid_encoding_declarations(true);
        config.max_name_length = MAX_TAG;
        config.max_attributes = MAX_ATTRIBUTES;
        config.max_attribute_length = MAX_ATTRIBUTE;
        config.max_data_length = input.xml().len();
        Cursor {
            input,
            events: EventReader::new_with_config(input.xml().as_bytes(), config),
            values_left: limits.values,
            limits,
        }
    }

    /// Returns the next token. Comments and processing instructions are skipped.
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
                    match self.input.run(&number) {
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

    /// Returns the next token that is not white space.
    pub(super) fn next_non_blank(&mut self) -> Result<Token<'s>, Error> {
        loop {
            match self.next()? {
                Token::Text(text) if is_blank(&text) => {}
                item => return Ok(item),
            }
        }
    }

    /// Reads the start of the element `tag`.
    pub(super) fn expect_start(&mut self, tag: &str, expected: &'static str) -> Result<(), Error> {
        match self.next_non_blank()? {
            Token::Start(found) if found == tag => Ok(()),
            other => Err(self.unexpected(expected, other)),
        }
    }

    /// Reads the start of the next child and returns its tag, or reads the end of the parent
    /// and returns `None`.
    pub(super) fn next_child(&mut self, expected: &'static str) -> Result<Option<String>, Error> {
        match self.next_non_blank()? {
            Token::Start(tag) => Ok(Some(tag)),
            Token::End => Ok(None),
            other => Err(self.unexpected(expected, other)),
        }
    }

    /// Reads the end of the open element.
    pub(super) fn expect_end(&mut self, expected: &'static str) -> Result<(), Error> {
        match self.next_non_blank()? {
            Token::End => Ok(()),
            other => Err(self.unexpected(expected, other)),
        }
    }

    /// Reads the end of the document.
    pub(super) fn expect_eof(&mut self) -> Result<(), Error> {
        match self.next_non_blank()? {
            Token::Eof => Ok(()),
            other => Err(self.unexpected("the end of the document", other)),
        }
    }

    /// Reads the text of the open element, and its end.
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

    /// Reads the text of the open element as a method's name within its limit, and its end.
    /// No method's name has white space at its ends.
    pub(super) fn read_method_name(&mut self) -> Result<String, Error> {
        let name = self.read_text()?;
        self.name(name.trim_matches(BLANKS))
    }

    /// Reads the text of the open element as a member's name within its limit, and its end.
    ///
    /// White space belongs to a name, as in Python, unless the name stands on lines of its
    /// own.
    pub(super) fn read_member_name(&mut self) -> Result<String, Error> {
        let text = self.read_text()?;
        let name = text.trim_start_matches(BLANKS);
        let before = &text[..text.len() - name.len()];
        let after = &name[name.trim_end_matches(BLANKS).len()..];
        match before.contains('\n') && after.contains('\n') {
            true => self.name(&name[..name.len() - after.len()]),
            false => self.name(&text),
        }
    }

    /// Returns a name within its limit.
    fn name(&self, name: &str) -> Result<String, Error> {
        within(Limit::Name, name.len(), self.limits.name)?;
        Ok(name.to_owned())
    }

    /// Checks the length of a string, of a number's text or of decoded base64.
    pub(super) fn check_string(&self, bytes: usize) -> Result<(), Error> {
        within(Limit::String, bytes, self.limits.string)
    }

    /// Counts a value at `depth`, and checks both limits.
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

    /// Returns the current place in the document.
    pub(super) fn position(&self) -> Position {
        let at = self.events.position();
        self.input.locate(at.row(), at.column())
    }

    /// Returns an error at the current place.
    pub(super) fn error(&self, expected: &'static str, found: String) -> Error {
        Error::Unexpected {
            at: self.position(),
            path: String::new(),
            expected,
            found,
        }
    }

    /// Returns an error about the token that was found at the current place.
    pub(super) fn unexpected(&self, expected: &'static str, found: Token<'_>) -> Error {
        let found = match found {
            Token::Start(tag) => format!("<{tag}>"),
            Token::End => "the end of the element".to_owned(),
            Token::Text(text) => format!("the text {:?}", excerpt(&text)),
            Token::Eof => "the end of the document".to_owned(),
        };
        self.error(expected, found)
    }

    /// Returns the crate's error for one of the parser's.
    fn syntax(&self, error: &xml::reader::Error) -> Error {
        let reason = match error.kind() {
            ErrorKind::Syntax(reason) => reason.to_string(),
            ErrorKind::Utf8(reason) => reason.to_string(),
            ErrorKind::UnexpectedEof => "the document ends too early".to_owned(),
            other => format!("{other:?}"),
        };
        let at = error.position();
        Error::NotWellFormed {
            at: self.input.locate(at.row(), at.column()),
            reason,
        }
    }
}

/// Checks a number against a limit.
fn within(limit: Limit, found: usize, max: usize) -> Result<(), Error> {
    if found > max {
        return Err(Error::LimitExceeded { limit, max });
    }
    Ok(())
}

/// Appends a text, without a copy if it is the first.
pub(super) fn append<'s>(all: &mut Cow<'s, str>, text: Cow<'s, str>) {
    if all.is_empty() {
        *all = text;
    } else {
        all.to_mut().push_str(&text);
    }
}

/// Replaces carriage returns by line feeds, as XML requires (XML 1.0, section 2.11).
fn with_line_feeds(run: &str) -> Cow<'_, str> {
    if run.contains('\r') {
        Cow::Owned(run.replace("\r\n", "\n").replace('\r', "\n"))
    } else {
        Cow::Borrowed(run)
    }
}

/// Returns whether the text is white space, as XML defines it.
pub(super) fn is_blank(text: &str) -> bool {
    text.bytes().all(prolog::is_blank)
}
