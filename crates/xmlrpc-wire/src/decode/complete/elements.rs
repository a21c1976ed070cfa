//! `<value>` and what it holds, in the complete reader.

use std::borrow::Cow;

use super::cursor::{Cursor, Token, append, is_blank};
use crate::decode::scalar_parser::ScalarType;
use crate::error::excerpt;
use crate::{Error, Struct, Value};

impl Cursor<'_> {
    /// A whole `<value>`, from its opening to its end; a value within no other has
    /// depth 1.
    pub(super) fn value_element(&mut self, depth: usize) -> Result<Value, Error> {
        self.expect_start("value", "<value>")?;
        self.value(depth)
    }

    /// What a `<value>` that is open holds, and its end.
    fn value(&mut self, depth: usize) -> Result<Value, Error> {
        self.count_value(depth)?;
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

    fn string(&mut self, text: Cow<'_, str>) -> Result<Value, Error> {
        self.check_string(text.len())?;
        Ok(Value::String(text.into_owned()))
    }

    /// The value of a type's element that is open, and the element's end.
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
                Some(kind) => self.scalar(kind),
                None => Err(self.unexpected("a type's element", Token::Start(tag.to_owned()))),
            },
        }
    }

    fn scalar(&mut self, kind: ScalarType) -> Result<Value, Error> {
        let text = self.read_text()?;
        if kind != ScalarType::Base64 {
            self.check_string(text.len())?;
        }
        let value = kind.parse(&text).ok_or_else(|| Error::BadScalar {
            at: self.position(),
            path: String::new(),
            type_name: kind.name(),
            text: excerpt(&text),
        })?;
        if let Value::Base64(bytes) = &value {
            self.check_string(bytes.len())?;
        }
        Ok(value)
    }

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

    /// The name and the value of a `<member>` that is open, in either order.
    fn member(&mut self, depth: usize) -> Result<(String, Value), Error> {
        let mut name: Option<String> = None;
        let mut value = None;
        let expected = "one <name> and one <value> in a member";
        while let Some(tag) = self.next_child(expected)? {
            match tag.as_str() {
                "name" if name.is_none() => name = Some(self.read_name()?),
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
