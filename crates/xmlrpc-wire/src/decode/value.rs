//! `<value>` and what it holds.

use super::cursor::{Cursor, Item, is_blank};
use super::scalar;
use crate::{Error, Struct, Value};

impl Cursor<'_> {
    /// A whole `<value>`, from its opening to its end; a value within no other has
    /// depth 1.
    pub(super) fn value_element(&mut self, depth: usize) -> Result<Value, Error> {
        self.open("value", "<value>")?;
        self.value(depth)
    }

    /// What a `<value>` that is open holds, and its end.
    fn value(&mut self, depth: usize) -> Result<Value, Error> {
        self.count_value(depth)?;
        let mut untyped = String::new();
        loop {
            match self.next()? {
                Item::Text(text) if untyped.is_empty() => untyped = text,
                Item::Text(text) => untyped.push_str(&text),
                Item::Close => return Ok(Value::String(untyped)),
                Item::Open(tag) if is_blank(&untyped) => {
                    let value = self.typed(&tag, depth)?;
                    self.close("</value>")?;
                    return Ok(value);
                }
                other => return Err(self.unexpected("</value>", other)),
            }
        }
    }

    /// The value of a type's element that is open, and the element's end.
    fn typed(&mut self, tag: &str, depth: usize) -> Result<Value, Error> {
        match tag {
            "array" => self.array(depth),
            "struct" => self.structure(depth),
            "string" => Ok(Value::String(self.text()?)),
            "nil" => {
                self.close("</nil>")?;
                Ok(Value::Nil)
            }
            _ => {
                let Some((type_name, parse)) = scalar::reader(tag) else {
                    return Err(self.unexpected("a type's element", Item::Open(tag.to_owned())));
                };
                let text = self.text()?;
                parse(&text).ok_or_else(|| Error::BadScalar {
                    at: self.position(),
                    type_name,
                    text: super::cursor::beginning(&text),
                })
            }
        }
    }

    fn array(&mut self, depth: usize) -> Result<Value, Error> {
        let mut items = Vec::new();
        match self.child("<data>")?.as_deref() {
            Some("data") => {}
            Some(tag) => return Err(self.unexpected("<data>", Item::Open(tag.to_owned()))),
            None => return Ok(Value::Array(items)),
        }
        let expected = "<value> or </data>";
        while let Some(tag) = self.child(expected)? {
            if tag != "value" {
                return Err(self.unexpected(expected, Item::Open(tag)));
            }
            items.push(self.value(depth + 1)?);
        }
        self.close("</array>")?;
        Ok(Value::Array(items))
    }

    fn structure(&mut self, depth: usize) -> Result<Value, Error> {
        let mut members = Vec::new();
        let expected = "<member> or </struct>";
        while let Some(tag) = self.child(expected)? {
            if tag != "member" {
                return Err(self.unexpected(expected, Item::Open(tag)));
            }
            members.push(self.member(depth)?);
        }
        Ok(Value::Struct(members.into_iter().collect::<Struct>()))
    }

    /// The name and the value of a `<member>` that is open, in either order.
    fn member(&mut self, depth: usize) -> Result<(String, Value), Error> {
        let mut name = None;
        let mut value = None;
        let expected = "one <name> and one <value> in a member";
        while let Some(tag) = self.child(expected)? {
            match tag.as_str() {
                "name" if name.is_none() => name = Some(self.name()?),
                "value" if value.is_none() => value = Some(self.value(depth + 1)?),
                _ => return Err(self.unexpected(expected, Item::Open(tag))),
            }
        }
        name.zip(value)
            .ok_or_else(|| self.unexpected(expected, Item::Close))
    }
}
