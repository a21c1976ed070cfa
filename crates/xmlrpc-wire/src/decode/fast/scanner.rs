//! The fast reader's scanner: the documents that peers really write, byte by byte.
//!
//! Every method gives `None` where the document has anything unusual in it, whether wrong
//! or only rare: a comment, CDATA, an attribute, a prefix, a carriage return in a text,
//! the end. The complete reader then reads the document from its beginning and says what
//! is wrong with it, if anything is. Nothing is allocated but what a value keeps.

use std::borrow::Cow;

use super::char_data;
use crate::decode::scalar_parser::ScalarType;
use crate::{Limits, Value};

#[derive(Debug)]
pub(crate) struct Scanner<'d> {
    text: &'d str,
    /// What has not been read yet: the end of `text`.
    rest: &'d [u8],
    values_left: usize,
    limits: &'d Limits,
}

/// How a `<value>` begins; text, scalars and empty ones have been read to `</value>`.
#[derive(Debug)]
pub(crate) enum ValueStart<'d> {
    Text(Cow<'d, str>),
    /// Any value but a string, an array or a struct.
    Scalar(Value),
    /// An array whose items are to be read with [`Scanner::next_item`].
    Array,
    EmptyArray,
    /// A struct whose members are to be read with [`Scanner::next_member`].
    Struct,
    EmptyStruct,
}

impl<'d> Scanner<'d> {
    /// The scanner, behind the XML declaration where there is one.
    pub(crate) fn new(document: &'d [u8], limits: &'d Limits) -> Option<Self> {
        if document.len() > limits.bytes {
            return None;
        }
        let text = std::str::from_utf8(document).ok()?;
        let mut scanner = Scanner {
            text,
            rest: document,
            values_left: limits.values,
            limits,
        };
        if document.starts_with(b"<?") {
            scanner.declaration()?;
        }
        Some(scanner)
    }

    /// `<?xml version="1.0"?>`, with either quote, and with an encoding that is UTF-8 in
    /// fact.
    fn declaration(&mut self) -> Option<()> {
        self.eat(b"<?xml version=")?;
        if self.eat(b"\"1.0\"").is_none() {
            self.eat(b"'1.0'")?;
        }
        if self.eat(b" encoding=").is_some() {
            let (quote, after) = self.rest.split_first()?;
            let name = &after[..after.iter().take(16).position(|b| b == quote)?];
            let plain = matches!(quote, b'"' | b'\'')
                && (name.eq_ignore_ascii_case(b"utf-8")
                    || (name.eq_ignore_ascii_case(b"us-ascii") && self.text.is_ascii()));
            self.rest = plain.then_some(&after[name.len() + 1..])?;
        }
        let _ = self.eat(b" "); // as Ruby has it
        self.eat(b"?>")
    }

    fn eat(&mut self, tag: &[u8]) -> Option<()> {
        self.rest = self.rest.strip_prefix(tag)?;
        Some(())
    }

    fn skip_blanks(&mut self) {
        while let [b' ' | b'\t' | b'\r' | b'\n', rest @ ..] = self.rest {
            self.rest = rest;
        }
    }

    /// A tag, with white space before it or none.
    pub(crate) fn tag(&mut self, tag: &[u8]) -> Option<()> {
        self.skip_blanks();
        self.eat(tag)
    }

    /// White space to the end of the document.
    pub(crate) fn end(&mut self) -> Option<()> {
        self.skip_blanks();
        self.rest.is_empty().then_some(())
    }

    /// The first `bytes` of what is left.
    fn take(&mut self, bytes: usize) -> Option<&'d str> {
        let from = self.text.len() - self.rest.len();
        self.rest = self.rest.get(bytes..)?;
        self.text.get(from..from + bytes)
    }

    /// Character data up to the next tag.
    fn characters(&mut self) -> Option<Cow<'d, str>> {
        let plain = char_data::plain_prefix(self.rest)?;
        match self.rest.get(plain)? {
            b'<' => self.take(plain).map(Cow::Borrowed),
            _ => {
                let (text, rest) = char_data::resolve_references(self.rest, self.text)?;
                self.rest = rest;
                Some(Cow::Owned(text))
            }
        }
    }

    /// A name within its limit, and what closes it.
    pub(crate) fn name(&mut self, close: &[u8]) -> Option<Cow<'d, str>> {
        let name = self.characters()?;
        self.eat(close)?;
        (name.len() <= self.limits.name).then_some(name)
    }

    /// A string within its limit, and what closes it.
    fn string(&mut self, close: &[u8]) -> Option<ValueStart<'d>> {
        let text = self.characters()?;
        self.eat(close)?;
        (text.len() <= self.limits.string).then_some(ValueStart::Text(text))
    }

    /// What follows `<value>`, at `depth`.
    pub(crate) fn value_start(&mut self, depth: usize) -> Option<ValueStart<'d>> {
        self.values_left = self.values_left.checked_sub(1)?;
        if depth > self.limits.effective_depth() {
            return None;
        }
        let before = self.rest;
        self.skip_blanks();
        let [b'<', name @ ..] = self.rest else {
            self.rest = before;
            return self.string(b"</value>");
        };
        let head = match name {
            [b'/', ..] => {
                self.rest = before;
                return self.string(b"</value>");
            }
            [b's', b't', b'r', b'i', b'n', b'g', rest @ ..] => {
                self.rest = rest;
                match self.eat(b">") {
                    Some(()) => self.string(b"</string>")?,
                    None => {
                        self.eat(b"/>")?;
                        ValueStart::Text(Cow::Borrowed(""))
                    }
                }
            }
            [b's', ..] => {
                self.eat(b"<struct")?;
                match self.eat(b">") {
                    Some(()) => return Some(ValueStart::Struct),
                    None => self.eat(b"/>").map(|()| ValueStart::EmptyStruct)?,
                }
            }
            [b'a', ..] => {
                if self.eat(b"<array/>").is_some() {
                    ValueStart::EmptyArray
                } else {
                    self.eat(b"<array>")?;
                    self.skip_blanks();
                    if self.eat(b"<data>").is_some() {
                        return Some(ValueStart::Array);
                    }
                    self.eat(b"<data/>")?;
                    self.tag(b"</array>")?;
                    ValueStart::EmptyArray
                }
            }
            [b'n', ..] => {
                if self.eat(b"<nil/>").is_none() {
                    self.eat(b"<nil></nil>")?;
                }
                ValueStart::Scalar(Value::Nil)
            }
            _ => ValueStart::Scalar(self.scalar(name)?),
        };
        self.tag(b"</value>")?;
        Some(head)
    }

    /// A scalar's whole element, of which `name` and what follows is what comes after
    /// its `<`.
    fn scalar(&mut self, name: &'d [u8]) -> Option<Value> {
        let length = name.iter().take(20).position(|b| *b == b'>')?;
        let from = self.text.len() - name.len();
        let tag = self.text.get(from..from + length)?;
        let kind = ScalarType::from_tag(tag)?;
        self.rest = &name[length + 1..];
        let from = self.text.len() - self.rest.len();
        let bytes = match kind {
            ScalarType::Base64 => self.text.get(from..)?.find('<')?,
            _ => self.rest.iter().position(|b| *b == b'<')?,
        };
        let text = self.take(bytes)?;
        let value = kind.parse(text)?;
        let length = match &value {
            Value::Base64(decoded) => decoded.len(),
            _ => text.len(),
        };
        self.eat(b"</")?;
        self.eat(tag.as_bytes())?;
        self.eat(b">")?;
        (length <= self.limits.string).then_some(value)
    }

    /// Whether the array has another item, of which `<value>` has then been read; else
    /// the array has been read to its `</value>`.
    pub(crate) fn next_item(&mut self) -> Option<bool> {
        self.skip_blanks();
        if self.eat(b"<value>").is_some() {
            return Some(true);
        }
        self.eat(b"</data>")?;
        self.tag(b"</array>")?;
        self.tag(b"</value>")?;
        Some(false)
    }

    /// The name of the struct's next member, of which `<value>` has then been read; at
    /// the struct's end `Some(None)`, and it has been read to its `</value>`.
    pub(crate) fn next_member(&mut self) -> Option<Option<Cow<'d, str>>> {
        self.skip_blanks();
        if self.eat(b"<member>").is_none() {
            self.eat(b"</struct>")?;
            self.tag(b"</value>")?;
            return Some(None);
        }
        self.tag(b"<name>")?;
        let name = self.name(b"</name>")?;
        self.tag(b"<value>")?;
        Some(Some(name))
    }

    /// What follows a member's value.
    pub(crate) fn member_end(&mut self) -> Option<()> {
        self.tag(b"</member>")
    }
}
