//! Where a serializer's values go: onto the wire, or into a tree.

use crate::encode::writer::{EncodeError, Writer};
use crate::{Error, Value};

/// What takes values in the order of the document.
pub(super) trait Sink {
    /// A value that is no string, bytes, array or struct.
    fn scalar(&mut self, value: Value) -> Result<(), Error>;
    fn text(&mut self, text: &str) -> Result<(), Error>;
    fn bytes(&mut self, bytes: &[u8]) -> Result<(), Error>;
    fn array(&mut self) -> Result<(), Error>;
    fn item(&mut self) {}
    fn end_item(&mut self) {}
    fn end_array(&mut self);
    fn structure(&mut self) -> Result<(), Error>;
    fn member(&mut self, name: &str) -> Result<(), Error>;
    fn end_member(&mut self);
    fn end_structure(&mut self);
}

#[allow(clippy::boxed_local, reason = "a writer's failures are boxed")]
fn unplaced(failure: Box<EncodeError>) -> Error {
    failure.rooted_at("")
}

impl Sink for Writer<'_> {
    fn scalar(&mut self, value: Value) -> Result<(), Error> {
        self.value(&value).map_err(unplaced)
    }

    fn text(&mut self, text: &str) -> Result<(), Error> {
        self.string(text).map_err(unplaced)
    }

    fn bytes(&mut self, bytes: &[u8]) -> Result<(), Error> {
        Writer::bytes(self, bytes);
        Ok(())
    }

    fn array(&mut self) -> Result<(), Error> {
        self.markup("<value><array><data>");
        Ok(())
    }

    fn end_array(&mut self) {
        self.markup("</data></array></value>");
    }

    fn structure(&mut self) -> Result<(), Error> {
        self.markup("<value><struct>");
        Ok(())
    }

    fn member(&mut self, name: &str) -> Result<(), Error> {
        Writer::member(self, name).map_err(unplaced)
    }

    fn end_member(&mut self) {
        self.markup("</member>");
    }

    fn end_structure(&mut self) {
        self.markup("</struct></value>");
    }
}

/// Writes the outermost array as the parameters of a call.
pub(super) struct ParamsSink<'d> {
    writer: Writer<'d>,
    /// How many arrays and structs are open.
    open: usize,
}

impl<'d> ParamsSink<'d> {
    pub(super) fn new(writer: Writer<'d>) -> Self {
        ParamsSink { writer, open: 0 }
    }

    pub(super) fn done(self) -> Writer<'d> {
        self.writer
    }

    /// Refuses what would stand where the parameter list does.
    fn inside(&self) -> Result<(), Error> {
        if self.open == 0 {
            return Err(Error::Custom {
                path: String::new(),
                message: "the parameters of a call are a tuple or another sequence".to_owned(),
            });
        }
        Ok(())
    }
}

impl Sink for ParamsSink<'_> {
    fn scalar(&mut self, value: Value) -> Result<(), Error> {
        if self.open == 0 && value == Value::Nil {
            return Ok(()); // `()` is no parameters.
        }
        self.inside()?;
        self.writer.scalar(value)
    }

    fn text(&mut self, text: &str) -> Result<(), Error> {
        self.inside()?;
        Sink::text(&mut self.writer, text)
    }

    fn bytes(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.inside()?;
        Sink::bytes(&mut self.writer, bytes)
    }

    fn array(&mut self) -> Result<(), Error> {
        self.open += 1;
        if self.open > 1 {
            self.writer.array()?;
        }
        Ok(())
    }

    fn item(&mut self) {
        if self.open == 1 {
            self.writer.markup("<param>");
        }
    }

    fn end_item(&mut self) {
        if self.open == 1 {
            self.writer.markup("</param>");
        }
    }

    fn end_array(&mut self) {
        if self.open > 1 {
            self.writer.end_array();
        }
        self.open -= 1;
    }

    fn structure(&mut self) -> Result<(), Error> {
        self.inside()?;
        self.open += 1;
        self.writer.structure()
    }

    fn member(&mut self, name: &str) -> Result<(), Error> {
        Sink::member(&mut self.writer, name)
    }

    fn end_member(&mut self) {
        self.writer.end_member();
    }

    fn end_structure(&mut self) {
        self.open -= 1;
        self.writer.end_structure();
    }
}

/// Builds a [`Value`].
#[derive(Default)]
pub(super) struct ValueSink {
    open: Vec<Open>,
    done: Option<Value>,
}

enum Open {
    Array(Vec<Value>),
    Struct(Vec<(String, Value)>, String),
}

impl ValueSink {
    pub(super) fn done(self) -> Value {
        self.done.unwrap_or(Value::Nil)
    }

    fn put(&mut self, value: Value) {
        match self.open.last_mut() {
            None => self.done = Some(value),
            Some(Open::Array(items)) => items.push(value),
            Some(Open::Struct(members, name)) => members.push((std::mem::take(name), value)),
        }
    }

    fn close(&mut self) {
        match self.open.pop() {
            Some(Open::Array(items)) => self.put(Value::Array(items)),
            Some(Open::Struct(members, _)) => {
                self.put(Value::Struct(members.into_iter().collect()));
            }
            None => {}
        }
    }
}

impl Sink for ValueSink {
    fn scalar(&mut self, value: Value) -> Result<(), Error> {
        self.put(value);
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), Error> {
        self.scalar(Value::String(text.to_owned()))
    }

    fn bytes(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.scalar(Value::Base64(bytes.to_vec()))
    }

    fn array(&mut self) -> Result<(), Error> {
        self.open.push(Open::Array(Vec::new()));
        Ok(())
    }

    fn end_array(&mut self) {
        self.close();
    }

    fn structure(&mut self) -> Result<(), Error> {
        self.open.push(Open::Struct(Vec::new(), String::new()));
        Ok(())
    }

    fn member(&mut self, name: &str) -> Result<(), Error> {
        if let Some(Open::Struct(_, next)) = self.open.last_mut() {
            name.clone_into(next);
        }
        Ok(())
    }

    fn end_member(&mut self) {}

    fn end_structure(&mut self) {
        self.close();
    }
}
