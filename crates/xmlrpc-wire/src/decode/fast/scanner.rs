//! The scanner of the fast reader, which goes through a document byte by byte.
//!
//! Every method returns `None` for anything wrong, and for anything that is only rare: a
//! comment, CDATA, an attribute, a prefix, a carriage return in a text. The complete reader
//! then reads the document from its beginning, and reports the error if there is one. Only
//! the content of values is allocated.

use std::borrow::Cow;

use crate::decode::fast::char_data;
use crate::decode::scalar_parser::ScalarType;
use crate::limits::Limits;
use crate::value::Value;

/// The place in a document up to which it has been read.
#[derive(Debug)]
pub(crate) struct Scanner<'d> {
    text: &'d str,
    /// The part that has not been read yet. It is a suffix of `text`.
    rest: &'d [u8],
    /// `limits.values` less the values that have begun.
    values_left: usize,
    limits: &'d Limits,
}

/// The beginning of a `<value>`. Texts, scalars and empty containers have been read to their
/// `</value>`.
#[derive(Debug)]
pub(crate) enum ValueStart<'d> {
    /// A string.
    Text(Cow<'d, str>),
    /// A value that is not a string, an array or a struct.
    Scalar(Value),
    /// An array, whose items [`Scanner::next_item`] reads.
    Array,
    /// An array without items.
    EmptyArray,
    /// A struct, whose members [`Scanner::next_member`] reads.
    Struct,
    /// A struct without members.
    EmptyStruct,
}

impl<'d> Scanner<'d> {
    /// Creates a scanner, and reads the XML declaration if there is one.
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
        scanner.skip_blanks();
        if scanner.rest.starts_with(b"<?") {
            scanner.declaration()?;
        }
        Some(scanner)
    }

    /// Reads `<?xml version="1.0"?>`, with either quote, and with an encoding under which the
    /// document is UTF-8.
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
        let _ = self.eat(b" "); // Ruby writes this space.
        self.eat(b"?>")
    }

    /// Reads exactly these bytes.
    #[inline]
    fn eat(&mut self, tag: &[u8]) -> Option<()> {
        self.rest = self.rest.strip_prefix(tag)?;
        Some(())
    }

    /// Reads white space, if there is any.
    fn skip_blanks(&mut self) {
        while let [b' ' | b'\t' | b'\r' | b'\n', rest @ ..] = self.rest {
            self.rest = rest;
        }
    }

    /// Reads a tag, after white space if there is any.
    pub(crate) fn tag(&mut self, tag: &[u8]) -> Option<()> {
        self.skip_blanks();
        self.eat(tag)
    }

    /// Reads white space up to the end of the document.
    pub(crate) fn end_of_document(&mut self) -> Option<()> {
        self.skip_blanks();
        self.rest.is_empty().then_some(())
    }

    /// Reads the next `bytes` bytes.
    fn take(&mut self, bytes: usize) -> Option<&'d str> {
        // `rest` is a suffix of `text`, so the lengths give its offset.
        let from = self.text.len() - self.rest.len();
        self.rest = self.rest.get(bytes..)?;
        self.text.get(from..from + bytes)
    }

    /// Reads character data up to the next tag.
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

    /// Reads a name within its limit, and its closing tag. Declines white space at its ends.
    pub(crate) fn name(&mut self, close: &[u8]) -> Option<Cow<'d, str>> {
        let name = self.characters()?;
        self.eat(close)?;
        if let [b'\0'..=b' ', ..] | [.., b'\0'..=b' '] = name.as_bytes() {
            return None;
        }
        (name.len() <= self.limits.name).then_some(name)
    }

    /// Reads a string within its limit, and its closing tag.
    fn string(&mut self, close: &[u8]) -> Option<ValueStart<'d>> {
        let text = self.characters()?;
        self.eat(close)?;
        (text.len() <= self.limits.string).then_some(ValueStart::Text(text))
    }

    /// Reads the beginning of the contents of a `<value>`, at `depth`.
    pub(crate) fn value_start(&mut self, depth: usize) -> Option<ValueStart<'d>> {
        self.values_left = self.values_left.checked_sub(1)?;
        if depth > self.limits.effective_depth() {
            return None;
        }
        // White space before a type's element is ignored, but before `</value>` or text it is
        // part of an untyped string: then the scanner goes back to it.
        let before = self.rest;
        self.skip_blanks();
        let [b'<', name @ ..] = self.rest else {
            self.rest = before;
            return self.string(b"</value>");
        };
        let start = match name {
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
        Some(start)
    }

    /// Reads a scalar's whole element. `name` is the rest of the document after the element's
    /// `<`.
    fn scalar(&mut self, name: &'d [u8]) -> Option<Value> {
        let length = name.iter().take(20).position(|b| *b == b'>')?;
        let from = self.text.len() - name.len();
        let tag = self.text.get(from..from + length)?;
        let scalar = ScalarType::from_tag(tag)?;
        self.rest = &name[length + 1..];
        let from = self.text.len() - self.rest.len();
        let bytes = match scalar {
            ScalarType::Base64 => self.text.get(from..)?.find('<')?,
            _ => self.rest.iter().position(|b| *b == b'<')?,
        };
        let text = self.take(bytes)?;
        let value = scalar.parse(text)?;
        // As in the complete reader, the limit is on the text, but for base64 on its bytes.
        let length = match &value {
            Value::Base64(decoded) => decoded.len(),
            _ => text.len(),
        };
        self.eat(b"</")?;
        self.eat(tag.as_bytes())?;
        self.eat(b">")?;
        (length <= self.limits.string).then_some(value)
    }

    /// Returns whether the array has another item.
    ///
    /// If so, its `<value>` has been read; else the array has been read to its `</value>`.
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

    /// Returns the name of the struct's next member, or `Some(None)` if there is none.
    ///
    /// In the first case the member's `<value>` has been read; in the second the struct has
    /// been read to its `</value>`.
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

    /// Reads the tag after a member's value.
    pub(crate) fn member_end(&mut self) -> Option<()> {
        self.tag(b"</member>")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_declaration_of_utf_8_is_read_and_any_other_declined() {
        for (declaration, text, is_read) in [
            ("", "é", true),
            ("<?xml version=\"1.0\"?>", "é", true),
            ("<?xml version='1.0' ?>", "é", true),
            ("<?xml version=\"1.0\" encoding=\"UTF-8\"?>", "é", true),
            ("<?xml version='1.0' encoding='utf-8' ?>", "é", true),
            ("<?xml version='1.0' encoding='US-ASCII'?>", "e", true),
            ("<?xml version='1.0' encoding='us-ascii'?>", "é", false),
            ("<?xml version='1.0' encoding='iso-8859-1'?>", "e", false),
            ("<?xml version='1.0' encoding=xutf-8x?>", "e", false),
            ("<?xml version='1.0' encoding='utf-8\"?>", "e", false),
            ("<?xml version='1.1'?>", "e", false),
            ("<?p i?>", "e", false),
        ] {
            let document = format!("{declaration}<a>{text}</a>");
            let limits = Limits::default();
            let scanner = Scanner::new(document.as_bytes(), &limits);
            let rest = scanner.map(|scanner| scanner.rest);
            let root = &document.as_bytes()[declaration.len()..];
            assert_eq!(rest, is_read.then_some(root), "{document}");
        }
    }

    #[test]
    fn only_a_text_with_references_is_copied() {
        let limits = Limits::default();
        for (document, text, is_borrowed) in [("plain<", "plain", true), ("a&lt;b<", "a<b", false)]
        {
            let mut scanner = Scanner::new(document.as_bytes(), &limits).unwrap();
            let read = scanner.characters().unwrap();
            assert_eq!(read, text);
            assert_eq!(matches!(read, Cow::Borrowed(_)), is_borrowed, "{document}");
        }
    }
}
