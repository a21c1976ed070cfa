//! The `<value>` element and its contents, in the complete reader.

use std::borrow::Cow;

use crate::decode::complete::cursor::{Cursor, Token, append, is_blank};
use crate::decode::complete::prolog::BLANKS;
use crate::decode::scalar_parser::ScalarType;
use crate::error::{Error, excerpt};
use crate::value::{Struct, Value};

impl Cursor<'_> {
    /// Reads a whole `<value>` element. The outermost value has depth 1.
    pub(super) fn value_element(&mut self, depth: usize) -> Result<Value, Error> {
        self.expect_start("value", "<value>")?;
        self.value(depth)
    }

    /// Reads the contents of an open `<param>` of a result, and its end. Without a value it is
    /// nil.
    pub(super) fn optional_value(&mut self) -> Result<Value, Error> {
        let expected = "<value>";
        let value = match self.next_child(expected)?.as_deref() {
            Some("value") => self.value(1)?,
            Some(tag) => return Err(self.unexpected(expected, Token::Start(tag.to_owned()))),
            None => return Ok(Value::Nil),
        };
        self.expect_end("</param>")?;
        Ok(value)
    }

    /// Reads the `<value>` of a fault. rTorrent leaves the element out, and has its `<struct>`
    /// alone.
    pub(super) fn fault_value(&mut self) -> Result<Value, Error> {
        let expected = "<value>";
        match self.next_child(expected)?.as_deref() {
            Some("value") => self.value(1),
            Some("struct") => {
                self.count_value(1)?;
                self.structure(1)
            }
            Some(tag) => Err(self.unexpected(expected, Token::Start(tag.to_owned()))),
            None => Err(self.unexpected(expected, Token::End)),
        }
    }

    /// Reads the contents of an open `<value>`, and its end.
    fn value(&mut self, depth: usize) -> Result<Value, Error> {
        self.count_value(depth)?;
        // White space before a type's element is dropped with it. Without an element, all of
        // the text is a string.
        let mut untyped = Cow::Borrowed("");
        loop {
            match self.next()? {
                Token::Text(text) => append(&mut untyped, text),
                Token::End => return self.string(untyped),
                Token::Start(tag) if is_blank(&untyped) => {
                    let value = self.typed(&tag, depth)?;
                    self.expect_end("</value>")?;
                    return Ok(value);
                }
                other => return Err(self.unexpected("</value>", other)),
            }
        }
    }

    /// Returns a string within its limit.
    fn string(&mut self, text: Cow<'_, str>) -> Result<Value, Error> {
        self.check_string(text.len())?;
        Ok(Value::String(text.into_owned()))
    }

    /// Reads the contents of an open element of a type, and its end.
    fn typed(&mut self, tag: &str, depth: usize) -> Result<Value, Error> {
        match tag {
            "array" => self.array(depth),
            "struct" => self.structure(depth),
            "string" => {
                let text = self.read_text()?;
                self.string(text)
            }
            "nil" => {
                self.expect_end("</nil>")?;
                Ok(Value::Nil)
            }
            _ => match ScalarType::from_tag(tag) {
                Some(scalar) => self.scalar(scalar),
                None => Err(self.unexpected("a type's element", Token::Start(tag.to_owned()))),
            },
        }
    }

    /// Reads the text of an open scalar, and its end.
    fn scalar(&mut self, scalar: ScalarType) -> Result<Value, Error> {
        let text = self.read_text()?;
        if scalar != ScalarType::Base64 {
            self.check_string(text.len())?;
        }
        let value = match scalar.parse(&text) {
            Some(value) => value,
            // A date that was never set. It leaves the rest of the document readable.
            None if scalar == ScalarType::DateTime => {
                Value::InvalidDateTime(text.trim_matches(BLANKS).to_owned())
            }
            None => {
                return Err(Error::BadScalar {
                    at: self.position(),
                    path: String::new(),
                    type_name: scalar.name(),
                    text: excerpt(&text),
                });
            }
        };
        if let Value::Base64(bytes) = &value {
            self.check_string(bytes.len())?;
        }
        Ok(value)
    }

    /// Reads the contents of an open `<array>`, and its end.
    fn array(&mut self, depth: usize) -> Result<Value, Error> {
        let mut items = Vec::new();
        match self.next_child("<data>")?.as_deref() {
            Some("data") => {}
            Some(tag) => return Err(self.unexpected("<data>", Token::Start(tag.to_owned()))),
            None => return Ok(Value::Array(items)),
        }
        let expected = "<value> or </data>";
        while let Some(tag) = self.next_child(expected)? {
            if tag != "value" {
                return Err(self.unexpected(expected, Token::Start(tag)));
            }
            let item = self.value(depth + 1);
            items.push(item.map_err(|e| e.within(format_args!("[{}]", items.len())))?);
        }
        self.expect_end("</array>")?;
        Ok(Value::Array(items))
    }

    /// Reads the contents of an open `<struct>`, and its end.
    fn structure(&mut self, depth: usize) -> Result<Value, Error> {
        let mut members = Vec::new();
        let expected = "<member> or </struct>";
        while let Some(tag) = self.next_child(expected)? {
            if tag != "member" {
                return Err(self.unexpected(expected, Token::Start(tag)));
            }
            members.push(self.member(depth)?);
        }
        Ok(Value::Struct(members.into_iter().collect::<Struct>()))
    }

    /// Reads the name and the value of an open `<member>`, in either order, and its end.
    fn member(&mut self, depth: usize) -> Result<(String, Value), Error> {
        let mut name: Option<String> = None;
        let mut value = None;
        let expected = "one <name> and one <value> in a member";
        while let Some(tag) = self.next_child(expected)? {
            match tag.as_str() {
                "name" if name.is_none() => name = Some(self.read_member_name()?),
                "value" if value.is_none() => {
                    let read = self.value(depth + 1);
                    value = Some(read.map_err(|e| {
                        // A value may come before its name.
                        e.within(format_args!(".{}", name.as_deref().unwrap_or("?")))
                    })?);
                }
                _ => return Err(self.unexpected(expected, Token::Start(tag))),
            }
        }
        name.zip(value)
            .ok_or_else(|| self.unexpected(expected, Token::End))
    }
}
